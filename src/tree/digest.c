/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests are remembered in the node that they are of: a list that only grows, published by a
 * compare-and-exchange, so that readers take no lock. The three flavours of this file sum up a directory
 * from its entries' names with, for a directory, its digest and, for anything else, its attributes and
 * content digest themselves: a leaf gets a memo only when somebody asks for itself.
 */
#include "tree/node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/buf.h"
#include "lbench/mem.h"

struct memo {
	struct memo *next;
	enum lb_flavour flavour;
	struct lb_digest digest;
};

void lb_memo_free(void *memo)
{
	for (struct memo *m = memo; m;) {
		struct memo *next = m->next;
		free(m);
		m = next;
	}
}

static const struct memo *find(const struct memo *m, enum lb_flavour flavour)
{
	while (m && m->flavour != flavour)
		m = m->next;
	return m;
}

void lb_node_remember(struct lb_node *n, enum lb_flavour flavour, const struct lb_digest *digest)
{
	struct memo *m = lb_malloc(sizeof(*m));
	*m = (struct memo){ .flavour = flavour, .digest = *digest };
	void *head = atomic_load_explicit(&n->memo, memory_order_acquire);
	do {
		if (find(head, flavour)) {
			free(m);
			return;
		}
		m->next = head;
	} while (!atomic_compare_exchange_weak_explicit(&n->memo, &head, m, memory_order_release, memory_order_acquire));
}

size_t lb_node_sums(const struct lb_node *n, struct lb_sum out[LB_FLAVOUR_COUNT])
{
	size_t count = 0;
	for (const struct memo *m = atomic_load_explicit(&n->memo, memory_order_acquire); m; m = m->next)
		out[count++] = (struct lb_sum){ m->flavour, m->digest };
	return count;
}

bool lb_node_digest_known(const struct lb_node *n, enum lb_flavour flavour, struct lb_digest *out)
{
	const struct memo *m = find(atomic_load_explicit(&n->memo, memory_order_acquire), flavour);
	if (m)
		*out = m->digest;
	return m != NULL;
}

int lb_node_digest_by(struct lb_node *n, enum lb_flavour flavour, lb_digest_fn *compute, void *arg, struct lb_digest *out,
		      struct lb_err *err)
{
	if (lb_node_digest_known(n, flavour, out))
		return 0;
	int rc = compute(n, arg, out, err);
	if (!rc)
		lb_node_remember(n, flavour, out);
	return rc;
}

/* ---- the flavours of this module ----
 * What is hashed is gathered in a small buffer: a handful of calls into the hash for each field would cost
 * more than the hash. */

struct sum {
	struct lb_sha256 hash;
	enum lb_flavour flavour;
	size_t used;
	unsigned char pending[1024];
};

static void flush(struct sum *s)
{
	lb_sha256_add(&s->hash, s->pending, s->used);
	s->used = 0;
}

static void add(struct sum *s, const void *data, size_t len)
{
	if (len > sizeof(s->pending) - s->used)
		flush(s);
	if (len > sizeof(s->pending)) {
		lb_sha256_add(&s->hash, data, len);
		return;
	}
	memcpy(s->pending + s->used, data, len);
	s->used += len;
}

static void add_number(struct sum *s, uint64_t n)
{
	unsigned char b[8];
	lb_put64(b, n);
	add(s, b, sizeof(b));
}

static void add_sized(struct sum *s, const void *data, size_t len)
{
	add_number(s, len);
	if (len)
		add(s, data, len);
}

/* Every field stands at a fixed place or is preceded by its length, so that no two nodes sum up alike. */
static void add_attr(struct sum *s, const struct lb_node *n)
{
	const struct lb_attr *a = &n->attr;
	bool time = s->flavour != LB_FLAVOUR_NO_TIME;
	bool device = a->kind == LB_CHAR || a->kind == LB_BLOCK;
	add_number(s, (uint64_t)a->kind | (uint64_t)a->opaque << 8 | (uint64_t)a->implied << 9 | (uint64_t)n->unknown << 10 |
			      (uint64_t)time << 11 | (uint64_t)(a->link_group != 0) << 12 | (uint64_t)(a->xattrs_count != 0) << 13 |
			      (uint64_t)a->mode << 32);
	add_number(s, (uint64_t)a->uid | (uint64_t)a->gid << 32);
	if (time) {
		add_number(s, (uint64_t)a->mtime.sec);
		add_number(s, a->mtime.nsec);
	}
	if (device)
		add_number(s, (uint64_t)a->rdev_major | (uint64_t)a->rdev_minor << 32);
	if (a->link_group)
		add_number(s, a->link_group);
	if (a->kind == LB_SYMLINK)
		add_sized(s, a->target, strlen(a->target));
	if (!a->xattrs_count)
		return;
	add_number(s, a->xattrs_count);
	for (size_t i = 0; i < a->xattrs_count; i++) {
		add_sized(s, a->xattrs[i].name, strlen(a->xattrs[i].name));
		add_sized(s, a->xattrs[i].value, a->xattrs[i].value_len);
	}
}

static int add_leaf(struct sum *s, const struct lb_node *n, struct lb_err *err)
{
	add_attr(s, n);
	if (n->attr.kind != LB_FILE)
		return 0;
	add_number(s, lb_node_size(n));
	if (s->flavour == LB_FLAVOUR_SHAPE)
		return 0;
	struct lb_digest d;
	int rc = lb_content_digest(n->content, &d, err);
	if (!rc)
		add(s, d.bytes, sizeof(d.bytes));
	return rc;
}

static void begin(struct sum *s, enum lb_flavour flavour)
{
	lb_sha256_init(&s->hash);
	s->flavour = flavour;
	s->used = 0;
}

static struct lb_digest done(struct sum *s)
{
	flush(s);
	return lb_sha256_done(&s->hash);
}

static int remembered(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	(void)n, (void)arg, (void)out;
	return lb_fail(err, LB_BUG, "a directory's digest is not there");
}

/* Kept out of the recursion of sum_dir, whose frames must stay small. */
__attribute__((noinline)) static int sum_entries(struct lb_node *n, enum lb_flavour flavour, struct lb_digest *out, struct lb_err *err)
{
	struct sum s;
	begin(&s, flavour);
	add_attr(&s, n);
	add_number(&s, n->entries_count);
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		add_sized(&s, e->name, e->name_len);
		struct lb_digest d;
		bool dir = e->node->attr.kind == LB_DIR;
		int rc = dir ? lb_node_digest_by(e->node, flavour, remembered, NULL, &d, err) : add_leaf(&s, e->node, err);
		if (rc)
			return rc;
		if (dir)
			add(&s, d.bytes, sizeof(d.bytes));
	}
	*out = done(&s);
	return 0;
}

static int sum_dir(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	enum lb_flavour flavour = *(enum lb_flavour *)arg;
	/* directories first, so that no sum is open while deeper ones are made */
	struct lb_digest d;
	for (size_t i = 0; i < n->entries_count; i++) {
		struct lb_node *child = n->entries[i].node;
		int rc = child->attr.kind == LB_DIR ? lb_node_digest_by(child, flavour, sum_dir, arg, &d, err) : 0;
		if (rc)
			return rc;
	}
	return sum_entries(n, flavour, out, err);
}

static int sum_leaf(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	struct sum s;
	begin(&s, *(enum lb_flavour *)arg);
	int rc = add_leaf(&s, n, err);
	*out = done(&s);
	return rc;
}

int lb_node_digest(struct lb_node *n, enum lb_flavour flavour, struct lb_digest *out, struct lb_err *err)
{
	assert(flavour < LB_FLAVOUR_POLICY_0);
	return lb_node_digest_by(n, flavour, n->attr.kind == LB_DIR ? sum_dir : sum_leaf, &flavour, out, err);
}
