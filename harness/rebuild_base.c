/* SPDX-License-Identifier: Apache-2.0 */
#include "rebuild_base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "checkout.h"
#include "lbench/fs.h"
#include "lbench/tree.h"
#include "lbench/tree_source.h"
#include "report/data.h"

/* ---- the options again ---- */

static char *absolute(const struct report *r, const char *path)
{
	const char *directory = report_member(json_object_get(r->run, "command"), "directory");
	lb_autofree char *full = *path == '/' ? lb_strdup(path) : lb_path_join(directory, path);
	return lb_path_clean(full);
}

char *rebuild_scenario(const struct report *result)
{
	return absolute(result, report_member(json_object_get(result->run, "command"), "scenario"));
}

/* Where path, as the command named it, lies in the scenario; NULL: outside. Borrowed from *full, the caller's. */
static const char *inside(const struct report *r, const char *path, char **full)
{
	lb_autofree char *scenario = rebuild_scenario(r);
	size_t n = strlen(scenario);
	*full = absolute(r, path);
	return strncmp(*full, scenario, n) == 0 && (*full)[n] == '/' ? *full + n + 1 : NULL;
}

static char *placed(const struct report *r, const char *path, const char *place)
{
	char *full;
	const char *rest = inside(r, path, &full);
	if (!rest)
		return full;
	char *there = lb_path_join(place, rest);
	free(full);
	return there;
}

static void place_paths(const struct report *r, const char *place, struct run_options *o)
{
	for (size_t i = 0; i < o->dockerfiles.count; i++) {
		char *there = placed(r, o->dockerfiles.items[i], place);
		free(o->dockerfiles.items[i]);
		o->dockerfiles.items[i] = there;
	}
	for (size_t i = 0; i < o->contexts.pairs.count; i++) {
		const char *value = o->contexts.pairs.items[i].value;
		if (!value || strstr(value, "://"))
			continue;
		lb_autofree char *there = placed(r, value, place);
		o->contexts.pairs.items[i].value = lb_arena_strdup(&o->contexts.arena, there);
	}
}

static int parse(const struct report *r, struct run_options *o, struct lb_err *err)
{
	const json_t *list = json_object_get(json_object_get(r->run, "command"), "arguments");
	struct option table[RUN_OPTIONS_ALL];
	const struct usage u = { .command = "run", .options = table, .count = run_options_all(o, table) };
	lb_autofree char **argv = lb_calloc(json_array_size(list) + 2, sizeof(*argv));
	lb_autostrv struct lb_strv operands = { 0 };
	char name[] = "run";
	int argc = 0;
	bool help;
	argv[argc++] = name;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_string(json_array_get(list, i)))
			argv[argc++] = (char *)json_string_value(json_array_get(list, i));
	return options_parse(&u, argc, argv, &operands, &help, err);
}

static void take_names(const json_t *list, const char *member, struct lb_strv *out)
{
	lb_strv_release(out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		lb_strv_add(out, member ? report_member(item, member) : json_string_value(item));
	}
}

int rebuild_options(const struct report *result, const char *place, bool names, struct run_options *o, struct lb_err *err)
{
	const json_t *run = result->run, *options = json_object_get(run, "options");
	int rc = parse(result, o, err);
	if (rc)
		return rc;
	lb_strv_release(&o->on);
	o->until_stable = o->resume = o->out = o->store = o->remote = NULL;
	o->warmup = 0;
	o->run_mode = result->run_mode;
	place_paths(result, place, o);
	take_names(json_object_get(options, "policies"), "name", &o->policies);
	take_names(json_object_get(options, "builders"), NULL, &o->builders);
	take_names(names ? json_object_get(run, "variants") : NULL, "name", &o->variants);
	take_names(names ? json_object_get(run, "edits") : NULL, "name", &o->edits);
	return 0;
}

/* ---- the scenario again ---- */

struct finding_base {
	const struct report *head, *base;
	const char *head_path;
};

static bool is_the_base(const struct finding_base *f, const char *path)
{
	struct run_options o = { 0 };
	struct scenario *s = NULL;
	struct lb_err err;
	char digest[LB_DIGEST_TEXT] = "";
	int rc = rebuild_options(f->head, path, false, &o, &err);
	if (!rc)
		rc = run_options_resolve(&o, &err);
	if (!rc)
		rc = run_options_load(&o, path, &s, &err);
	if (!rc)
		lb_digest_text(&s->digest, digest);
	scenario_free(s);
	run_options_release(&o);
	return !rc && strcmp(digest, f->base->digest) == 0;
}

static int replace(const struct finding_base *f, const char *input, const char *rest, const char *to, struct lb_err *err)
{
	lb_autofree char *from = lb_path_join(f->base->dir, input), *path = lb_path_join(to, rest);
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, from, &text, err);
	return rc ? rc : lb_fs_write(AT_FDCWD, path, lb_buf_str(&text), text.len, err);
}

static int replace_inputs(const struct finding_base *f, const char *to, struct lb_err *err)
{
	const struct report *b = f->base;
	const char *file = report_member(json_object_get(b->run, "scenario"), "file");
	lb_autofree char *input = lb_format("inputs/%s", lb_path_base(file));
	int rc = *file ? replace(f, input, lb_path_base(file), to, err) : 0;
	for (size_t i = 0; i < b->variants_count && !rc; i++) {
		lb_autofree char *full = NULL;
		const char *rest = inside(b, b->variants[i].from, &full);
		if (rest)
			rc = replace(f, b->variants[i].dockerfile, rest, to, err);
	}
	return rc;
}

/* LB_NOT_FOUND: there are none, or something else than they changed too. */
static int from_inputs(const struct finding_base *f, const char *to, struct lb_err *err)
{
	lb_autofree char *inputs = lb_path_join(f->base->dir, "inputs");
	struct lb_err ignored;
	if (!lb_fs_is_dir(AT_FDCWD, inputs))
		return LB_NOT_FOUND;
	int rc = checkout_copy(f->head_path, to, err);
	if (rc)
		return rc;
	if (replace_inputs(f, to, &ignored) || !is_the_base(f, to)) {
		rc = lb_fs_remove(AT_FDCWD, to, err);
		return rc ? rc : LB_NOT_FOUND;
	}
	return 0;
}

static int no_commit(const struct finding_base *f, const char *why, struct lb_err *err)
{
	lb_autofree char *inputs = lb_path_join(f->base->dir, "inputs");
	return lb_fail(err, LB_UNAVAILABLE, "--rebuild-base: %s%s, so the baseline %s cannot be built again%s", why,
		       lb_fs_is_dir(AT_FDCWD, inputs) ? ", and more than its inputs/ changed since" : "", f->base->dir,
		       strstr(why, "this clone") ? "; fetch it (in CI: fetch-depth: 0)" : "");
}

/* All of the work tree: scenarios name what lies beside them. */
static int from_commit(const struct finding_base *f, const char *to, char **path, struct lb_err *err)
{
	const char *commit = report_member(json_object_get(f->base->run, "project"), "commit");
	lb_autofree char *hex = NULL, *work_tree = NULL, *prefix = NULL;
	if (!*commit)
		return no_commit(f, "its run.json names no commit (the scenario lay in no git work tree)", err);
	int rc = lb_git_merge_base(f->head_path, commit, &hex, &work_tree, err);
	if (rc == LB_NOT_FOUND || rc == LB_UNAVAILABLE) {
		lb_autofree char *why = lb_format("this clone has no commit %.12s", commit);
		return no_commit(f, why, err);
	}
	if (!rc)
		rc = checkout_prefix(f->head_path, work_tree, &prefix, err);
	if (!rc)
		rc = checkout_tree(f->head_path, commit, "", to, err);
	if (rc)
		return rc;
	*path = *prefix ? lb_path_join(to, prefix) : lb_strdup(to);
	if (lb_fs_is_dir(AT_FDCWD, *path))
		return 0;
	return lb_fail(err, LB_UNAVAILABLE, "--rebuild-base: commit %.12s, which the baseline %s names, has no %s", commit, f->base->dir,
		       prefix);
}

int rebuild_find_base(const struct report *head, const struct report *base, const char *head_path, const char *scratch, char **path,
		      struct lb_strv *notes, struct lb_err *err)
{
	lb_autofree char *real = realpath(head_path, NULL);
	const char *name = lb_path_base(real ? real : head_path);
	const struct finding_base f = { .head = head, .base = base, .head_path = head_path };
	lb_autofree char *to = lb_format("%s/inputs/%s", scratch, name), *tree = lb_format("%s/tree/%s", scratch, name);
	int rc = from_inputs(&f, to, err);
	if (!rc)
		*path = lb_steal(&to);
	if (rc == LB_NOT_FOUND) {
		rc = from_commit(&f, tree, path, err);
		if (!rc && !is_the_base(&f, *path))
			lb_strv_take(notes,
				     lb_strdup("The baseline was not made of just what its commit has (changes that were not committed, "
					       "other options, another lbench); the commit was built."));
	}
	return rc ? rc : checkout_carry_edits(head_path, *path, err);
}
