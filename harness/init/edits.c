/* SPDX-License-Identifier: Apache-2.0
 *
 * Which kinds of files commits touch together, and how often: each commit counts once, under the set of kinds that it
 * touches. A kind that has no file here any more is left out of the set.
 */
#include "init/init.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

enum { COMMITS_MAX = 1000, COMMITS_LEAST = 8, EDITS_MAX = 9, SETS = 1 << INIT_CLASSES };

/* ---- which file stands for a kind ---- */

struct choosing {
	struct init *in;
	struct lb_map *commits; /* path -> struct history_file */
	size_t files[INIT_CLASSES];
};

static size_t commits_of(const struct choosing *c, const char *path)
{
	const struct history_file *f = c->commits ? lb_map_get(c->commits, path) : NULL;
	return f ? f->commits : 0;
}

static bool is_foreign(const char *base)
{
	static const char *const dirs[] = { "node_modules", "vendor",      "dist",        "target", "venv",
					    ".venv",        "__pycache__", "third_party", ".git",   ".lbench" };
	for (size_t i = 0; i < LB_COUNT(dirs); i++)
		if (strcmp(dirs[i], base) == 0)
			return true;
	return false;
}

/* Of files that were touched as often the one that lies deeper: top-level sources are often settings. Manifests and
 * documents count at the top. */
static bool is_better(const struct choosing *c, enum init_class kind, const char *path, size_t commits)
{
	const char *best = c->in->chosen[kind];
	if (!best || commits != c->in->chosen_commits[kind])
		return !best || commits > c->in->chosen_commits[kind];
	size_t deep = 0, best_deep = 0;
	for (const char *p = path; *p; p++)
		deep += *p == '/';
	for (const char *p = best; *p; p++)
		best_deep += *p == '/';
	bool deeper = kind == INIT_SOURCE || kind == INIT_TESTS;
	return deep != best_deep && (deep > best_deep) == deeper;
}

static int choose(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct choosing *c = arg;
	lb_autofree char *name = lb_strndup(path, len);
	if (node->attr.kind == LB_DIR)
		return is_foreign(lb_path_base(name)) ? LB_WALK_SKIP : 0;
	enum init_class kind = init_classify(name);
	if (node->attr.kind != LB_FILE || kind == INIT_CLASSES || lb_glob_has_magic(name) || strchr(name, '\n'))
		return 0;
	size_t commits = commits_of(c, name);
	c->files[kind]++;
	if (is_better(c, kind, name, commits)) {
		c->in->chosen[kind] = lb_arena_strdup(&c->in->arena, name);
		c->in->chosen_commits[kind] = commits;
	}
	return 0;
}

static void choose_files(struct init *in)
{
	lb_automap struct lb_map *commits = lb_map_new(NULL);
	struct choosing c = { .in = in, .commits = commits };
	for (size_t i = 0; in->history && i < in->history->files_count; i++)
		lb_map_set(commits, in->history->files[i].path, (void *)(uintptr_t)&in->history->files[i]);
	lb_tree_walk(in->context, choose, &c);
	if (!in->chosen[INIT_DOCKERFILE])
		in->chosen[INIT_DOCKERFILE] = in->dockerfiles[0].path;
}

/* ---- weights ---- */

static unsigned kinds_of(const struct init *in, const struct history_commit *commit)
{
	unsigned kinds = 0;
	for (size_t i = 0; i < commit->count; i++) {
		enum init_class kind = init_classify(commit->paths[i]);
		if (kind != INIT_CLASSES && in->chosen[kind])
			kinds |= 1u << kind;
	}
	return kinds;
}

static int by_commits(const void *a, const void *b)
{
	const struct init_edit *x = a, *y = b;
	if (x->commits != y->commits)
		return x->commits < y->commits ? 1 : -1;
	return x->kinds < y->kinds ? -1 : x->kinds > y->kinds;
}

static void add_edit(struct init *in, unsigned kinds, size_t commits, double weight)
{
	in->edits[in->edits_count++] = (struct init_edit){ kinds, commits, weight };
}

static void count(struct init *in)
{
	lb_autofree struct init_edit *sets = lb_calloc(SETS, sizeof(*sets));
	for (unsigned i = 0; i < SETS; i++)
		sets[i].kinds = i;
	for (size_t i = 0; i < in->history->commits_count; i++)
		sets[kinds_of(in, &in->history->commits[i])].commits++;
	in->rare_commits = sets[0].commits; /* of files that are gone */
	sets[0].commits = 0;
	qsort(sets, SETS, sizeof(*sets), by_commits);
	for (size_t i = 0; i < SETS && sets[i].commits; i++) {
		if (in->edits_count < EDITS_MAX) {
			add_edit(in, sets[i].kinds, sets[i].commits, (double)sets[i].commits);
		} else {
			in->rare_commits += sets[i].commits;
			in->rare_kinds++;
		}
	}
}

/* What a service sees, as one guesses: said so in the file. */
static void assume(struct init *in)
{
	static const struct {
		unsigned kinds;
		double weight;
	} usual[] = {
		{ 1 << INIT_SOURCE, 60 }, { 1 << INIT_TESTS, 12 }, { 1 << INIT_DEPENDENCIES | 1 << INIT_LOCK, 8 },
		{ 1 << INIT_DOCS, 8 },    { 1 << INIT_CI, 4 },     { 1 << INIT_DOCKERFILE, 2 },
		{ 1 << INIT_OTHER, 6 },
	};
	for (size_t i = 0; i < LB_COUNT(usual); i++) {
		unsigned kinds = usual[i].kinds;
		for (unsigned k = 0; k < INIT_CLASSES; k++)
			kinds &= in->chosen[k] ? ~0u : ~(1u << k);
		if (kinds)
			add_edit(in, kinds, 0, usual[i].weight);
	}
}

/* A kind that is in no edit by itself or with others stands there without a weight: in the matrix, not in the mean. */
static void add_unseen(struct init *in)
{
	unsigned seen = 0;
	for (size_t i = 0; i < in->edits_count; i++)
		seen |= in->edits[i].kinds;
	for (unsigned k = 0; k < INIT_CLASSES; k++)
		if (in->chosen[k] && !(seen & 1u << k))
			add_edit(in, 1u << k, 0, 0);
}

int init_count_edits(struct init *in, struct lb_err *err)
{
	int rc = history_read(in->dir, COMMITS_MAX, &in->history, err);
	if (rc)
		return rc;
	in->edits = lb_arena_alloc(&in->arena, (EDITS_MAX + INIT_CLASSES + 1) * sizeof(*in->edits));
	choose_files(in);
	in->counted = in->history && in->history->commits_count >= COMMITS_LEAST;
	if (in->counted)
		count(in);
	else
		assume(in);
	add_unseen(in);
	return 0;
}
