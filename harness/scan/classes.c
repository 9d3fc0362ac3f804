/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/classes.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "whatif/touch.h"

enum { BIG_BYTES = 1 << 20 };
static const char git_file[] = ".git/HEAD";

struct group {
	const char *path; /* that stands for all of it; NULL: none can be changed */
	unsigned rank;    /* how well it does */
	size_t commits;
	size_t number;
};
struct cls {
	size_t commits;
	struct lb_buf numbers; /* size_t, sorted, each once */
};

struct grouping {
	const struct scenario *s;
	size_t variant;
	const struct front *f;
	struct lb_ignore **patterns;
	size_t patterns_count, patterns_cap;
	struct lb_map *seen;   /* patterns */
	struct lb_map *groups; /* signature -> struct group */
	struct lb_map *by_path;
	struct group **list; /* by number */
	size_t list_cap;
	bool exact; /* a pattern cannot be read: each file is a group */
	struct lb_arena *arena;
};

/* ---- what tells files apart ---- */

static void add_pattern(struct grouping *g, const char *pattern)
{
	struct lb_ignore *compiled = NULL;
	if (!*pattern || lb_map_get(g->seen, pattern))
		return;
	lb_map_set(g->seen, pattern, g);
	if (*pattern == '!' || lb_ignore_compile((char *[]){ (char *)pattern }, 1, &compiled, NULL) != 0) {
		g->exact = true;
		return;
	}
	g->patterns = lb_grow(g->patterns, g->patterns_count, &g->patterns_cap, sizeof(*g->patterns));
	g->patterns[g->patterns_count++] = compiled;
}

static void add_patterns(struct grouping *g)
{
	const struct front *f = g->f;
	g->exact = f->unclear;
	for (size_t i = 0; i < f->steps_count; i++) {
		for (size_t k = 0; k < f->steps[i].patterns_count; k++)
			add_pattern(g, f->steps[i].patterns[k]);
		for (size_t k = 0; k < f->steps[i].excludes_count; k++)
			add_pattern(g, f->steps[i].excludes[k]);
	}
	for (size_t i = 0; i < f->models_count; i++)
		for (size_t k = 0; k < f->models[i].depends_count; k++)
			if (strncmp(f->models[i].depends[k], "world:", 6) != 0)
				add_pattern(g, f->models[i].depends[k]);
}

static bool is_ignored(const struct lb_ignore *ignore, const char *path)
{
	return ignore && lb_ignore_matches(ignore, path, strlen(path));
}

/* The Dockerfile and .dockerignore are groups of their own: an edit of them is another one. */
static void signature(const struct grouping *g, const char *path, struct lb_buf *out)
{
	const char *place = g->s->variants[g->variant].place;
	size_t len = strlen(path);
	bool own = (place && strcmp(place, path) == 0) || strcmp(path, ".dockerignore") == 0;
	if (own || g->exact)
		lb_buf_adds(out, path);
	lb_buf_addc(out, is_ignored(g->f->ignore, path) ? 'i' : '-');
	lb_buf_addc(out, is_ignored(g->f->shared, path) ? 'i' : '-');
	for (size_t i = 0; i < g->patterns_count; i++)
		lb_buf_addc(out, lb_ignore_matches(g->patterns[i], path, len) ? '1' : '0');
}

/* ---- which file stands for a group ---- */

static bool has_room(const struct lb_node *context, const char *path)
{
	lb_autofree char *dir = lb_path_dir(path);
	while (strcmp(dir, ".") != 0) {
		const struct lb_node *n = lb_tree_get(context, dir);
		char *up = lb_path_dir(dir);
		if (n)
			return free(up), n->attr.kind == LB_DIR;
		free(dir);
		dir = up;
	}
	return true;
}

static int first_file(const char *path, size_t len, struct lb_node *node, void *arg)
{
	char **out = arg;
	if (node->attr.kind != LB_FILE)
		return 0;
	*out = lb_strndup(path, len);
	return 2;
}

/* A path that can be changed in place of `path`: a file that is there serves best, one that is gone is made anew, of a
 * submodule's directory one that it holds. 0: none. */
static unsigned stand_in(const struct grouping *g, const char *path, const char **out)
{
	struct lb_node *n = lb_tree_get(g->f->context, path);
	*out = path;
	if (!n)
		return has_room(g->f->context, path) ? 2 : 0;
	if (n->attr.kind == LB_FILE)
		return lb_node_size(n) <= BIG_BYTES ? 4 : 3;
	if (n->attr.kind != LB_DIR)
		return n->attr.kind == LB_SYMLINK;
	lb_autofree char *found = NULL;
	lb_tree_walk(n, first_file, &found);
	lb_autofree char *below = lb_path_join(path, found ? found : "lbench-new");
	*out = lb_arena_strdup(g->arena, below);
	return 1;
}

static struct group *group_of(struct grouping *g, const char *path)
{
	struct group *known = lb_map_get(g->by_path, path);
	if (known)
		return known;
	lb_autobuf struct lb_buf key = { 0 };
	signature(g, path, &key);
	known = lb_map_getn(g->groups, key.data, key.len);
	if (!known) {
		known = lb_arena_alloc(g->arena, sizeof(*known));
		known->number = lb_map_count(g->groups);
		g->list = lb_grow(g->list, known->number, &g->list_cap, sizeof(struct group *));
		g->list[known->number] = known;
		lb_map_setn(g->groups, key.data, key.len, known);
	}
	lb_map_set(g->by_path, path, known);
	return known;
}

static void choose(struct grouping *g, const char *path, size_t commits)
{
	struct group *group = group_of(g, path);
	const char *stand;
	unsigned rank = stand_in(g, path, &stand);
	if (rank > group->rank || (rank && rank == group->rank && commits > group->commits)) {
		group->path = stand;
		group->rank = rank;
		group->commits = commits;
	}
}

/* ---- classes ---- */

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

static void add_commit(struct grouping *g, struct lb_map *classes, const struct history_commit *c, bool git_too)
{
	size_t n = c->count + git_too, unique = 0;
	lb_autofree size_t *numbers = lb_calloc(n + 1, sizeof(*numbers));
	for (size_t i = 0; i < c->count; i++)
		numbers[i] = group_of(g, c->paths[i])->number;
	if (git_too)
		numbers[c->count] = group_of(g, git_file)->number;
	qsort(numbers, n, sizeof(*numbers), by_number);
	for (size_t i = 0; i < n; i++)
		if (!i || numbers[i] != numbers[i - 1])
			numbers[unique++] = numbers[i];
	struct cls *k = lb_map_getn(classes, numbers, unique * sizeof(*numbers));
	if (!k) {
		k = lb_calloc(1, sizeof(*k));
		lb_buf_add(&k->numbers, numbers, unique * sizeof(*numbers));
		lb_map_setn(classes, numbers, unique * sizeof(*numbers), k);
	}
	k->commits++;
}

static void free_class(void *p)
{
	struct cls *k = p;
	lb_buf_release(&k->numbers);
	free(k);
}

struct writing {
	struct grouping *g;
	struct classes *out;
	size_t examined;
};

static int write_class(const void *key, size_t len, void *value, void *arg)
{
	(void)key, (void)len;
	const struct writing *w = arg;
	const struct cls *k = value;
	const size_t *numbers = (const void *)k->numbers.data;
	size_t n = k->numbers.len / sizeof(*numbers);
	struct scn_edit *e = &w->out->edits[w->out->count];
	lb_autofree char *name = lb_format("commits-%zu", w->out->count + 1);
	e->name = lb_arena_strdup(&w->out->arena, name);
	e->changes = lb_arena_alloc(&w->out->arena, (n + 1) * sizeof(*e->changes));
	for (size_t i = 0; i < n; i++) {
		const struct group *group = w->g->list[numbers[i]];
		if (group->path)
			touch_change(w->g->s, w->g->variant, w->g->f->context, group->path, &w->out->arena,
				     &e->changes[e->changes_count++]);
	}
	e->no_change = !e->changes_count;
	w->out->shares[w->out->count++] = (double)k->commits / (double)w->examined;
	return 0;
}

static void release_grouping(struct grouping *g)
{
	for (size_t i = 0; i < g->patterns_count; i++)
		lb_ignore_free(g->patterns[i]);
	free(g->patterns);
	free(g->list);
	lb_map_free(g->seen);
	lb_map_free(g->groups);
	lb_map_free(g->by_path);
}

static void reserve(struct classes *out, size_t count)
{
	out->edits = lb_arena_alloc(&out->arena, (count + 1) * sizeof(*out->edits));
	out->shares = lb_arena_alloc(&out->arena, (count + 1) * sizeof(*out->shares));
}

void classes_from_history(const struct scenario *s, size_t variant, const struct front *f, const struct history *h, struct classes *out)
{
	*out = (struct classes){ 0 };
	const struct lb_node *git = lb_tree_get(f->sent, git_file);
	struct grouping g = { .s = s,
			      .variant = variant,
			      .f = f,
			      .seen = lb_map_new(NULL),
			      .groups = lb_map_new(NULL),
			      .by_path = lb_map_new(NULL),
			      .arena = &out->arena };
	struct lb_map *classes = lb_map_new(free_class);
	out->git_too = git && git->attr.kind == LB_FILE;
	add_patterns(&g);
	for (size_t i = 0; i < h->files_count; i++)
		choose(&g, h->files[i].path, h->files[i].commits);
	if (out->git_too)
		choose(&g, git_file, h->commits_count);
	for (size_t i = 0; i < h->commits_count; i++)
		add_commit(&g, classes, &h->commits[i], out->git_too);
	reserve(out, lb_map_count(classes));
	struct writing w = { &g, out, h->examined };
	lb_map_each(classes, write_class, &w);
	lb_map_free(classes);
	release_grouping(&g);
}

void classes_release(struct classes *c)
{
	lb_arena_release(&c->arena);
	*c = (struct classes){ 0 };
}

/* ---- without a history ---- */

static void add_share(struct classes *out, const struct scn_edit *e, double share)
{
	out->edits[out->count] = *e;
	out->shares[out->count++] = share;
}

static void normalise(struct classes *out)
{
	double sum = 0;
	for (size_t i = 0; i < out->count; i++)
		sum += out->shares[i];
	for (size_t i = 0; i < out->count; i++)
		out->shares[i] /= sum;
}

bool classes_from_weights(const struct scenario *s, struct classes *out)
{
	*out = (struct classes){ 0 };
	reserve(out, s->edits_count);
	for (size_t i = 0; i < s->edits_count; i++)
		if (s->edits[i].has_weight && s->edits[i].weight > 0)
			add_share(out, &s->edits[i], s->edits[i].weight);
	normalise(out);
	return out->count;
}

/* Of edits that lbench.yaml has, without weights, each is as likely. Else three of four commits change sources alone, one in ten a manifest
 * or a lock file, the rest the README; -1: another edit, which is a manifest's. */
static double assumed_share(const struct scn_edit *e)
{
	static const struct {
		const char *name;
		double share;
	} known[] = { { "source", 0.70 }, { "new-file", 0.05 }, { "readme", 0.15 }, { "ci-checkout", 0 } };
	for (size_t i = 0; i < LB_COUNT(known); i++)
		if (strcmp(e->name, known[i].name) == 0)
			return known[i].share;
	return -1;
}

static size_t manifests(const struct scenario *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->edits_count; i++)
		n += assumed_share(&s->edits[i]) < 0;
	return n;
}

struct seeking {
	const struct front *f;
	char *found;
};

/* The first file that a step brings. */
static int seek_brought(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct seeking *s = arg;
	if (node->attr.kind != LB_FILE)
		return 0;
	lb_autofree char *name = lb_strndup(path, len);
	for (size_t i = 0; i < s->f->steps_count; i++) {
		if (!s->f->steps[i].needed || !front_brings_path(s->f, s->f->steps[i].in->first_line, name))
			continue;
		s->found = lb_steal(&name);
		return 2;
	}
	return 0;
}

/* Where the tree suggests nothing: whatever is brought, else whatever is there. */
static char *any_file(const struct front *f)
{
	struct seeking s = { .f = f };
	lb_tree_walk(f->sent, seek_brought, &s);
	if (!s.found)
		lb_tree_walk(f->sent, first_file, &s.found);
	return s.found;
}

bool classes_assumed(const struct scenario *s, size_t variant, const struct front *f, struct classes *out)
{
	*out = (struct classes){ 0 };
	reserve(out, s->edits_count + 1);
	size_t others = manifests(s);
	for (size_t i = 0; i < s->edits_count; i++) {
		double named = assumed_share(&s->edits[i]), share = s->edits[i].pos.line ? 1 : named < 0 ? 0.10 / (double)others : named;
		if (share > 0)
			add_share(out, &s->edits[i], share);
	}
	lb_autofree char *any = out->count ? NULL : any_file(f);
	if (any) {
		struct scn_edit *e = &out->edits[out->count];
		*e = (struct scn_edit){ .name = lb_arena_strdup(&out->arena, "any-file"), .changes_count = 1 };
		e->changes = lb_arena_alloc(&out->arena, sizeof(*e->changes));
		touch_change(s, variant, f->context, any, &out->arena, e->changes);
		out->shares[out->count++] = 1;
	}
	normalise(out);
	return out->count;
}
