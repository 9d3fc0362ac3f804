/* SPDX-License-Identifier: Apache-2.0
 *
 * States. A state shares its context's nodes with the state it came from and copies the little rest, so that
 * it stands alone: the state before may be freed first. Whether an edit took effect is asked of the parts
 * themselves: the difference of the two trees (shared nodes are equal without a look), the texts, the pairs.
 */
#include "scenario/state.h"

#include <string.h>

static void copy_pairs(struct lb_arena *arena, const struct lb_pairs *from, struct lb_pairs *to)
{
	*to = (struct lb_pairs){ 0 };
	for (size_t i = 0; i < from->count; i++)
		scn_pairs_set(arena, to, from->items[i].name, from->items[i].value);
}

void scn_pairs_set(struct lb_arena *arena, struct lb_pairs *pairs, const char *name, const char *value)
{
	const char *copy = value ? lb_arena_strdup(arena, value) : NULL;
	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->items[i].name, name) == 0) {
			pairs->items[i].value = copy;
			return;
		}
	}
	if (pairs->count == pairs->cap) {
		size_t cap = pairs->cap ? pairs->cap * 2 : 4;
		struct lb_pair *more = lb_arena_alloc(arena, cap * sizeof(*more));
		if (pairs->count)
			memcpy(more, pairs->items, pairs->count * sizeof(*more));
		pairs->items = more;
		pairs->cap = cap;
	}
	pairs->items[pairs->count++] = (struct lb_pair){ lb_arena_strdup(arena, name), copy };
}

static struct scn_state *new_state(const struct scenario *s)
{
	struct scn_state *st = lb_calloc(1, sizeof(*st));
	st->scenario = s;
	st->dockerfile_attr = (struct lb_attr){ .kind = LB_FILE, .mode = 0644, .mtime.sec = LB_CONTEXT_TIME };
	st->dockerfiles = lb_arena_alloc(&st->arena, s->variants_count * sizeof(*st->dockerfiles) + 1);
	st->dockerfile_times = lb_arena_alloc(&st->arena, s->variants_count * sizeof(*st->dockerfile_times) + 1);
	st->args = lb_arena_alloc(&st->arena, s->variants_count * sizeof(*st->args) + 1);
	st->bases = lb_arena_alloc(&st->arena, s->bases_count * sizeof(*st->bases) + 1);
	return st;
}

static void state_cleanup(struct scn_state **st)
{
	scn_state_free(*st);
}

static int apply_changes(struct scn_state *st, const struct scn_change *changes, size_t count, struct lb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		int rc = scn_change_apply(st, &changes[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int scn_state_first(const struct scenario *s, struct scn_state **out, struct lb_err *err)
{
	__attribute__((cleanup(state_cleanup))) struct scn_state *st = new_state(s);
	st->context = lb_node_ref(s->context);
	for (size_t v = 0; v < s->variants_count; v++) {
		st->dockerfiles[v] = lb_arena_strdup(&st->arena, s->variants[v].dockerfile);
		st->dockerfile_times[v] = LB_CONTEXT_TIME;
		copy_pairs(&st->arena, &s->variants[v].args, &st->args[v]);
	}
	for (size_t b = 0; b < s->bases_count; b++)
		st->bases[b] = &s->bases[b];
	int rc = apply_changes(st, s->every_edit, s->every_edit_count, err);
	if (rc == 0)
		*out = lb_steal(&st);
	return rc;
}

static struct scn_state *copy_state(const struct scn_state *from, uint64_t seq)
{
	const struct scenario *s = from->scenario;
	struct scn_state *st = new_state(s);
	st->context = lb_node_ref(from->context);
	for (size_t v = 0; v < s->variants_count; v++) {
		st->dockerfiles[v] = lb_arena_strdup(&st->arena, from->dockerfiles[v]);
		st->dockerfile_times[v] = from->dockerfile_times[v];
		copy_pairs(&st->arena, &from->args[v], &st->args[v]);
	}
	for (size_t b = 0; b < s->bases_count; b++)
		st->bases[b] = from->bases[b];
	st->dockerfile_attr = from->dockerfile_attr;
	copy_pairs(&st->arena, &from->world, &st->world);
	st->seq = seq;
	return st;
}

/* ---- did it take effect? ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_pairs(const struct lb_pairs *a, const struct lb_pairs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i].name, b->items[i].name) != 0 || !same_text(a->items[i].value, b->items[i].value))
			return false;
	return true;
}

static bool same_base(const struct scn_base *a, const struct scn_base *b)
{
	if (a == b)
		return true;
	struct lb_sha256 ha, hb;
	lb_sha256_init(&ha);
	lb_sha256_init(&hb);
	scn_base_sum(a, &ha);
	scn_base_sum(b, &hb);
	struct lb_digest da = lb_sha256_done(&ha), db = lb_sha256_done(&hb);
	return lb_digest_equal(&da, &db);
}

static bool same_context(struct lb_node *a, struct lb_node *b)
{
	if (a == b)
		return true;
	lb_autonode struct lb_node *difference = lb_tree_diff(a, b);
	return !difference;
}

static bool same_state(const struct scn_state *a, const struct scn_state *b)
{
	const struct scenario *s = a->scenario;
	for (size_t v = 0; v < s->variants_count; v++)
		if (strcmp(a->dockerfiles[v], b->dockerfiles[v]) != 0 || !same_pairs(&a->args[v], &b->args[v]))
			return false;
	for (size_t i = 0; i < s->bases_count; i++)
		if (!same_base(a->bases[i], b->bases[i]))
			return false;
	return same_pairs(&a->world, &b->world) && same_context(a->context, b->context);
}

int scn_state_apply(const struct scn_state *from, const struct scn_edit *edit, uint64_t seq, struct scn_state **out, bool *no_effect,
		    struct lb_err *err)
{
	__attribute__((cleanup(state_cleanup))) struct scn_state *before = copy_state(from, seq);
	const struct scenario *s = from->scenario;
	int rc = apply_changes(before, s->every_edit, s->every_edit_count, err);
	if (rc < 0)
		return rc;
	__attribute__((cleanup(state_cleanup))) struct scn_state *after = copy_state(before, seq);
	rc = apply_changes(after, edit->changes, edit->changes_count, err);
	if (rc < 0)
		return rc;
	if (no_effect)
		*no_effect = same_state(before, after);
	*out = lb_steal(&after);
	return 0;
}

void scn_state_free(struct scn_state *st)
{
	if (!st)
		return;
	lb_node_unref(st->context);
	lb_arena_release(&st->arena);
	free(st);
}

/* ---- what a build gets ---- */

static int put_text(const struct scn_state *st, struct lb_node **root, const char *path, const char *text, int64_t time, struct lb_err *err)
{
	struct lb_attr attr = st->dockerfile_attr;
	attr.mtime.sec = time;
	struct lb_attr parent = { .kind = LB_DIR, .mode = 0755, .mtime.sec = LB_CONTEXT_TIME };
	lb_autonode struct lb_node *node = lb_node_new(&attr, lb_content_text(text));
	struct lb_node *with = NULL;
	int rc = lb_tree_put(*root, path, node, &parent, false, &with, err);
	if (rc < 0)
		return rc;
	lb_steal(&node);
	lb_node_unref(*root);
	*root = with;
	return 0;
}

/* A project's context holds its Dockerfile and .dockerignore as they are; only another text is put there. */
static bool holds_text(const struct scn_state *st, const char *path, const char *text, struct lb_err *err)
{
	const struct lb_node *n = lb_tree_get(st->context, path);
	struct lb_digest is, wanted = lb_digest_of(text, strlen(text));
	return n && n->attr.kind == LB_FILE && lb_content_digest(n->content, &is, err) == 0 && lb_digest_equal(&is, &wanted);
}

int scn_state_context(const struct scn_state *st, size_t v, struct lb_node **out, struct lb_err *err)
{
	const struct scenario *s = st->scenario;
	const struct scn_variant *variant = &s->variants[v];
	lb_autonode struct lb_node *root = lb_node_ref(st->context);
	int rc = 0;
	if (variant->place && !(s->implicit && holds_text(st, variant->place, st->dockerfiles[v], err)))
		rc = put_text(st, &root, variant->place, st->dockerfiles[v], st->dockerfile_times[v], err);
	if (rc == 0 && variant->ignore_text && !s->implicit)
		rc = put_text(st, &root, ".dockerignore", variant->ignore_text, st->dockerfile_attr.mtime.sec, err);
	if (rc == 0)
		*out = lb_steal(&root);
	return rc;
}

int scn_state_ignore(const struct scn_state *st, size_t v, struct lb_ignore **out, struct lb_err *err)
{
	const char *own = st->scenario->variants[v].ignore_text;
	*out = NULL;
	if (own)
		return lb_ignore_parse(".dockerignore", own, strlen(own), out, err);
	const struct lb_node *file = lb_tree_get(st->context, ".dockerignore");
	if (!file || file->attr.kind != LB_FILE || !file->content)
		return 0;
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_content_load(file->content, &text, err);
	return rc < 0 ? rc : lb_ignore_parse(".dockerignore", lb_buf_str(&text), text.len, out, err);
}
