/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/ahead.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lbench/mem.h"

enum { DIRS_LEAST = 16, ENTRIES_LEAST = 4096 };

/* Who has a directory. WALK: its scan is the walk's; WALK_SEEN: and this thread has been there. */
enum { FREE, WALK, WALK_SEEN, AHEAD, READY };

struct slot {
	atomic_int state;
	struct lb_source_dir *dir; /* READY */
};

struct lb_ahead {
	struct lb_source *source;
	const struct lb_dir_memo *memo;
	pthread_t thread;
	atomic_bool stop;
	struct lb_buf path;
	uint32_t finger;
	struct slot slots[];
};

static bool claim(struct slot *s, int from, int to)
{
	return atomic_compare_exchange_strong_explicit(&s->state, &from, to, memory_order_acq_rel, memory_order_acquire);
}

/* One that cannot be read stays AHEAD: the walk will meet it too. */
static void scan(struct lb_ahead *a, struct slot *s)
{
	struct lb_source_dir *d = NULL;
	if (lb_source_scan(a->source, lb_buf_str(&a->path), a->memo, &a->finger, &d))
		return;
	s->dir = d;
	atomic_store_explicit(&s->state, READY, memory_order_release);
}

static void visit(struct lb_ahead *a, uint32_t number, unsigned depth)
{
	struct slot *s = &a->slots[number];
	struct lb_memo_view v;
	if (depth == LB_TREE_DEPTH_MAX || !lb_dir_memo_at(a->memo, number, &v))
		return;
	if (claim(s, FREE, AHEAD))
		scan(a, s);
	else if (!claim(s, WALK, WALK_SEEN))
		return;
	size_t len = a->path.len;
	for (uint32_t i = v.dir->entries; i-- && !atomic_load_explicit(&a->stop, memory_order_relaxed);) {
		const struct lb_memo_entry *e = &v.entries[i];
		const char *name = S_ISDIR(e->mode) && e->dir != UINT32_MAX ? lb_dir_memo_name(a->memo, e) : NULL;
		if (!name || e->dir <= number || e->dir >= lb_dir_memo_head(a->memo)->dirs)
			continue;
		if (len)
			lb_buf_addc(&a->path, '/');
		lb_buf_add(&a->path, name, e->name_len);
		visit(a, e->dir, depth + 1);
		a->path.len = len;
		a->path.data[len] = '\0';
	}
}

static void *work(void *arg)
{
	visit(arg, 0, 0);
	return NULL;
}

static bool has_processors(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

struct lb_ahead *lb_ahead_start(struct lb_source *s, const struct lb_dir_memo *m)
{
	const struct lb_memo_head *h = m ? lb_dir_memo_head(m) : NULL;
	if (!h || h->dirs < DIRS_LEAST || h->entries < ENTRIES_LEAST || !has_processors())
		return NULL;
	struct lb_ahead *a = lb_calloc(1, sizeof(*a) + h->dirs * sizeof(a->slots[0]));
	a->source = s;
	a->memo = m;
	a->slots[0].state = WALK;
	if (pthread_create(&a->thread, NULL, work, a) == 0)
		return a;
	free(a);
	return NULL;
}

struct lb_source_dir *lb_ahead_take(struct lb_ahead *a, uint32_t i)
{
	if (!a || i >= lb_dir_memo_head(a->memo)->dirs || claim(&a->slots[i], FREE, WALK))
		return NULL;
	if (atomic_load_explicit(&a->slots[i].state, memory_order_acquire) != READY)
		return NULL;
	return lb_steal(&a->slots[i].dir);
}

void lb_ahead_stop(struct lb_ahead *a)
{
	if (!a)
		return;
	atomic_store_explicit(&a->stop, true, memory_order_relaxed);
	pthread_join(a->thread, NULL);
	for (uint64_t i = 0; i < lb_dir_memo_head(a->memo)->dirs; i++)
		if (a->slots[i].dir)
			lb_source_dir_discard(a->slots[i].dir, 0);
	lb_buf_release(&a->path);
	free(a);
}
