/* SPDX-License-Identifier: Apache-2.0 */
#include "against.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/units.h"
#include "checkout.h"
#include "quiet_run.h"
#include "lbench/fs.h"
#include "lbench/tree.h"
#include "lbench/tree_source.h"

struct comparing {
	struct against *out;
	const struct lb_strv *policies;
	const char *head_root; /* as given */
	char *base_root;       /* the same directory at the base, written below scratch */
	char *name;            /* of the root: basename */
	size_t number;
};

/* ---- one unit ---- */

static void note(struct comparing *c, char *text)
{
	lb_strv_take(&c->out->notes, text);
}

static char *place(const char *root, const char *below)
{
	return *below ? lb_path_join(root, below) : lb_strdup(root);
}

static int side(const struct comparing *c, const struct check_unit *u, const char *dir, const char *root, const char *what,
		struct report **out, struct lb_err *err)
{
	struct run_options o = { .run_mode = "dry", .without_git = true };
	lb_autofree char *path = place(root, dir), *result = NULL;
	lb_autofree char *results = lb_format("%s/%s/%zu", c->out->scratch, what, c->number);
	lb_strv_copy(&o.policies, c->policies);
	lb_strv_add(&o.builders, "warm");
	if (u->dockerfile) {
		lb_autofree char *file = lb_path_join(root, u->dockerfile), *name = NULL;
		name = lb_format("%s%s%s", *dir ? dir : c->name, u->target ? "-" : "", u->target ? u->target : "");
		for (char *p = name; *p; p++)
			*p = *p == '/' || *p == ' ' ? '-' : *p;
		char *clean = lb_path_clean(file);
		lb_strv_take(&o.dockerfiles, clean);
		o.target = u->target;
		for (size_t i = 0; i < u->args.count; i++) {
			o.build_args.pairs.items = lb_grow(o.build_args.pairs.items, o.build_args.pairs.count, &o.build_args.pairs.cap,
							   sizeof(struct lb_pair));
			o.build_args.pairs.items[o.build_args.pairs.count++] = u->args.items[i];
		}
		o.set.pairs.items = lb_grow(o.set.pairs.items, 0, &o.set.pairs.cap, sizeof(struct lb_pair));
		o.set.pairs.items[o.set.pairs.count++] = (struct lb_pair){ "name", lb_arena_strdup(&o.set.arena, name) };
	}
	int rc = run_options_resolve(&o, err);
	if (!rc)
		rc = dry_run(&o, path, results, &result, err);
	if (!rc)
		rc = report_load(result, out, err);
	run_options_release(&o);
	return rc;
}

static int carry_edits(const struct comparing *c, const char *dir, struct lb_err *err)
{
	lb_autofree char *head = place(c->head_root, dir), *base = place(c->base_root, dir);
	return checkout_carry_edits(head, base, err);
}

/* The base lies where nobody looks: its files are called as they are in the repository. */
static void note_unread(struct comparing *c, const char *what, const char *why)
{
	size_t n = strlen(c->base_root);
	bool of_base = strncmp(why, c->base_root, n) == 0 && why[n] == '/';
	note(c, lb_format("%s was not checked: %s%s", what, of_base ? "before this change, " : "", of_base ? why + n + 1 : why));
}

static bool is_ours(int rc)
{
	return rc == LB_INTERRUPTED || rc == LB_USAGE || rc == LB_CANTCREAT;
}

static int compare_unit(struct comparing *c, const struct check_unit *u, struct lb_err *err)
{
	const char *dir = u->dir, *what = u->dockerfile ? u->dockerfile : *u->dir ? u->dir : c->name;
	struct report *head = NULL, *base = NULL;
	lb_autofree char *there = u->dockerfile ? lb_path_join(c->base_root, u->dockerfile) : place(c->base_root, u->dir);
	c->number++;
	if (!lb_fs_exists(AT_FDCWD, there)) {
		note(c, lb_format("%s is new; there is nothing to hold it against.", what));
		return 0;
	}
	int rc = side(c, u, dir, c->head_root, "head", &head, err);
	/* Dockerfiles in a directory of their own are often built from the root */
	if (rc == LB_INVALID && u->dockerfile && !u->declared && *dir) {
		lb_autofree char *results = lb_format("%s/head/%zu", c->out->scratch, c->number);
		struct lb_err second;
		lb_fs_remove(AT_FDCWD, results, NULL);
		if (side(c, u, "", c->head_root, "head", &head, &second) == 0) {
			dir = "";
			rc = 0;
		}
	}
	if (!rc && u->dockerfile)
		rc = carry_edits(c, dir, err);
	if (!rc)
		rc = side(c, u, dir, c->base_root, "base", &base, err);
	if (rc) {
		report_free(head);
		if (is_ours(rc))
			return rc;
		note_unread(c, what, err->text);
		return 0;
	}
	struct against *a = c->out;
	a->pairs = lb_grow(a->pairs, a->count, &a->cap, sizeof(*a->pairs));
	a->pairs[a->count++] = (struct against_pair){ head, base };
	return 0;
}

/* ---- all ---- */

static int prepare(struct comparing *c, const char *rev, char **prefix, struct lb_err *err)
{
	lb_autofree char *hex = NULL, *work_tree = NULL, *real = realpath(c->head_root, NULL);
	if (!real || !lb_fs_is_dir(AT_FDCWD, real))
		return lb_fail(err, LB_INVALID, "%s: not a directory; --against takes a scenario or a project", c->head_root);
	int rc = lb_git_merge_base(c->head_root, rev, &hex, &work_tree, err);
	if (rc == LB_NOT_FOUND)
		return lb_recode(err, LB_INVALID);
	if (rc || (rc = checkout_prefix(c->head_root, work_tree, prefix, err)))
		return rc;
	c->name = lb_strdup(lb_path_base(real));
	if ((rc = lb_fs_mkdtemp(NULL, "lbench-", &c->out->scratch, err)))
		return rc;
	c->out->label = lb_format("%.10s (where HEAD left %s)", hex, rev);
	c->base_root = lb_format("%s/tree/%s", c->out->scratch, c->name);
	rc = checkout_tree(c->head_root, hex, *prefix, c->base_root, err);
	if (rc == LB_NOT_FOUND)
		note(c, lb_format("%s is new; there is nothing to hold it against.", c->head_root));
	return rc;
}

static void note_removed(struct comparing *c, const struct check_units *head)
{
	struct check_units base;
	lb_autostrv struct lb_strv unused = { 0 };
	if (check_units_find(c->base_root, &base, &unused, NULL) == 0)
		for (size_t i = 0; i < base.count; i++) {
			const char *file = base.items[i].dockerfile;
			bool there = !file;
			for (size_t k = 0; k < head->count && !there; k++)
				there = head->items[k].dockerfile && strcmp(head->items[k].dockerfile, file) == 0;
			if (!there)
				note(c, lb_format("%s is no longer there.", file));
		}
	check_units_release(&base);
}

int against_run(const char *path, const char *rev, const struct lb_strv *policies, struct against *out, struct lb_err *err)
{
	struct comparing c = { .out = out, .policies = policies, .head_root = path };
	struct check_units units = { 0 };
	lb_autofree char *prefix = NULL;
	int rc = prepare(&c, rev, &prefix, err);
	bool fresh = rc == LB_NOT_FOUND;
	if (!rc)
		rc = check_units_find(path, &units, &out->notes, err);
	for (size_t i = 0; i < units.count && !rc; i++)
		rc = compare_unit(&c, &units.items[i], err);
	if (!rc)
		note_removed(&c, &units);
	check_units_release(&units);
	free(c.base_root);
	free(c.name);
	return fresh ? 0 : rc;
}

void against_release(struct against *a)
{
	for (size_t i = 0; i < a->count; i++) {
		report_free(a->pairs[i].head);
		report_free(a->pairs[i].base);
	}
	free(a->pairs);
	free(a->label);
	lb_strv_release(&a->notes);
	if (a->scratch)
		lb_fs_remove(AT_FDCWD, a->scratch, NULL);
	free(a->scratch);
	*a = (struct against){ 0 };
}
