/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include <pthread.h>
#include <stdlib.h>

#include "lbench/mem.h"

enum { THREADS_MAX = 64 };

struct load {
	struct lb_content **items; /* borrowed: the tree has them */
	size_t count, cap;
	atomic_size_t next;
};

static void load_release(struct load *l)
{
	free(l->items);
}

/* One thread's share, and the first failure in it. */
struct worker {
	struct load *load;
	pthread_t thread;
	size_t failed_at;
	struct lb_err err;
};

static int collect(const char *path, size_t len, struct lb_node *n, void *arg)
{
	(void)path, (void)len;
	struct load *l = arg;
	struct lb_digest d;
	if (n->content && !lb_content_digest_known(n->content, &d)) {
		l->items = lb_grow(l->items, l->count, &l->cap, sizeof(struct lb_content *));
		l->items[l->count++] = n->content;
	}
	return 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	for (;;) {
		size_t i = atomic_fetch_add_explicit(&w->load->next, 1, memory_order_relaxed);
		if (i >= w->load->count)
			return NULL;
		struct lb_digest d;
		if (lb_content_digest(w->load->items[i], &d, &w->err)) {
			w->failed_at = i;
			return NULL;
		}
	}
}

/* Numbers are given out in order, and a thread ends at its first failure: the lowest of the failures is the
 * first of all, since whatever lies before it has been tried. */
static const struct worker *first_failed(const struct worker *workers, size_t count)
{
	const struct worker *first = &workers[0];
	for (size_t i = 1; i < count; i++)
		if (workers[i].failed_at < first->failed_at)
			first = &workers[i];
	return first;
}

int lb_tree_load_digests(struct lb_node *root, unsigned threads, struct lb_err *err)
{
	__attribute__((cleanup(load_release))) struct load l = { 0 };
	lb_tree_walk(root, collect, &l);
	size_t count = threads > THREADS_MAX ? THREADS_MAX : threads ? threads : 1, started = 1;
	lb_autofree struct worker *workers = lb_calloc(count, sizeof(*workers));
	for (size_t i = 0; i < count; i++)
		workers[i] = (struct worker){ .load = &l, .failed_at = SIZE_MAX };
	while (started < count && started < l.count && !pthread_create(&workers[started].thread, NULL, work, &workers[started]))
		started++;
	work(&workers[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	const struct worker *w = first_failed(workers, started);
	return w->failed_at == SIZE_MAX ? 0 : lb_fail(err, w->err.code, "%s", w->err.text);
}
