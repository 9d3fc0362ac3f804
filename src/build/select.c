/* SPDX-License-Identifier: Apache-2.0
 *
 * What a source of COPY, ADD or a bind mount selects: a path inside the tree ('/' and ".." stay inside, links
 * on the way are followed), or, with wildcards, every path whose parts match (Go's filepath.Match, part by
 * part, sorted).
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"

struct matches {
	struct build *b;
	const struct selection_query *q;
	struct lb_selected *items;
	size_t count, cap;
	int bad_pattern;
};

struct lb_pos step_pos(const struct build *b, const struct step_run *sr)
{
	return lb_instruction_pos(b->plan->df, sr->instruction);
}

static enum lb_keep keep_unless_excluded(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	(void)node;
	return !lb_ignore_matches(arg, path, len) ? LB_KEEP : lb_ignore_has_exceptions(arg) ? LB_DROP_BUT_ENTER : LB_DROP;
}

/* The node without what --exclude drops below it; the item holds the reference until the build ends. */
static struct lb_node *without_excluded(const struct selection_query *q, struct lb_node *node, const char *base)
{
	if (!q->excludes)
		return lb_node_ref(node);
	if (node->attr.kind != LB_DIR)
		return lb_ignore_matches(q->excludes, base, strlen(base)) ? NULL : lb_node_ref(node);
	return lb_tree_filter(node, keep_unless_excluded, (void *)q->excludes, NULL, NULL);
}

static void add(struct matches *m, const char *path, const char *base, struct lb_node *node, bool wildcard)
{
	struct lb_node *kept = without_excluded(m->q, node, base);
	if (!kept)
		return;
	if (m->count == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 4;
		struct lb_selected *grown = lb_arena_alloc(&m->b->arena, cap * sizeof(*grown));
		if (m->count)
			memcpy(grown, m->items, m->count * sizeof(*grown));
		m->items = grown;
		m->cap = cap;
	}
	m->items[m->count++] =
		(struct lb_selected){ lb_arena_strdup(&m->b->arena, path), lb_arena_strdup(&m->b->arena, base), kept, wildcard };
}

/* The directory that `path` leads to, links followed; NULL when it is none. */
static struct lb_node *directory_at(const struct matches *m, const char *path)
{
	struct lb_node *n = NULL;
	if (lb_tree_resolve(m->q->tree, path, true, &n, NULL, NULL) || n->attr.kind != LB_DIR)
		return NULL;
	return n;
}

static void match_below(struct matches *m, const char *dir_path, const char *pattern);

static void match_entry(struct matches *m, const char *dir_path, const struct lb_entry *e, const char *rest)
{
	lb_autofree char *path = *dir_path ? lb_format("%s/%s", dir_path, e->name) : lb_strdup(e->name);
	if (rest) {
		match_below(m, path, rest);
		return;
	}
	struct lb_node *n = e->node;
	if (m->q->follow && n->attr.kind == LB_SYMLINK && lb_tree_resolve(m->q->tree, path, true, &n, NULL, NULL))
		return;
	add(m, path, e->name, n, true);
}

static void match_below(struct matches *m, const char *dir_path, const char *pattern)
{
	struct lb_node *dir = directory_at(m, dir_path);
	if (!dir)
		return;
	size_t len = strcspn(pattern, "/");
	lb_autofree char *part = lb_strndup(pattern, len);
	const char *rest = pattern[len] ? pattern + len + 1 : NULL;
	for (size_t i = 0; i < dir->entries_count; i++) {
		int rc = lb_glob_match(part, dir->entries[i].name);
		if (rc < 0)
			m->bad_pattern = rc;
		if (rc == 1)
			match_entry(m, dir_path, &dir->entries[i], rest);
	}
}

static int select_plain(struct matches *m, const char *clean, const struct step_run *sr, struct lb_source *out, struct lb_err *err)
{
	struct lb_node *n = NULL;
	lb_autofree char *real = NULL;
	int rc = lb_tree_resolve(m->q->tree, clean, m->q->follow, &n, &real, err);
	if (rc == LB_UNSUPPORTED) {
		out->known = false;
		return 0;
	}
	if (rc) {
		lb_fail_at(err, step_pos(m->b, sr), "%s %s: not in %s%s", lb_keyword_name(sr->step->keyword), out->written, m->q->where,
			   m->q->tree == m->b->context ? " (or .dockerignore leaves it out)" : "");
		return lb_recode(err, LB_FAILED);
	}
	if (n->unknown) {
		out->known = false;
		return 0;
	}
	add(m, real, strcmp(clean, "") == 0 ? "" : lb_path_base(clean), n, false);
	return 0;
}

int select_source(struct build *b, const struct selection_query *q, const struct step_run *sr, struct lb_source *out, struct lb_err *err)
{
	struct matches m = { .b = b, .q = q };
	lb_autofree char *clean = lb_path_clean_rooted(q->path);
	const char *path = clean + 1;
	int rc = 0;
	out->known = true;
	if (lb_glob_has_magic(path) && !lb_tree_get(q->tree, path)) {
		if (q->tree->unknown)
			out->known = false;
		else
			match_below(&m, "", path);
		if (m.bad_pattern) {
			lb_fail_at(err, step_pos(b, sr), "'%s' is not a valid pattern", out->written);
			return lb_recode(err, LB_FAILED);
		}
		if (out->known && !m.count && b->shape.wildcard_must_match) {
			lb_fail_at(err, step_pos(b, sr), "%s %s: matches nothing in %s", lb_keyword_name(sr->step->keyword), out->written,
				   q->where);
			return lb_recode(err, LB_FAILED);
		}
	} else {
		rc = select_plain(&m, path, sr, out, err);
	}
	out->items = m.items;
	out->items_count = m.count;
	return rc;
}
