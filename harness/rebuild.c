/* SPDX-License-Identifier: Apache-2.0 */
#include "rebuild.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "checkout.h"
#include "lbench/fs.h"
#include "lbench/tree.h"
#include "quiet_run.h"
#include "report/data.h"

struct rebuilding {
	const struct report *head, *base;
	struct rebuild *out;
	char *path;      /* the scenario of head, in the work tree */
	char *base_path; /* as it was, below scratch */
	struct run_options head_options, base_options;
	struct quiet_run *head_run, *base_run;
};

static void release(struct rebuilding *x)
{
	quiet_free(x->head_run);
	quiet_free(x->base_run);
	run_options_release(&x->head_options);
	run_options_release(&x->base_options);
	free(x->path);
	free(x->base_path);
}

static void add_names(const json_t *list, const char *member, struct lb_strv *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		lb_strv_add(out, member ? report_member(item, member) : json_string_value(item));
	}
}

/* As head was run, as often as tells something. Only head is held to its variants and edits: the base may have others. */
static int resolve(const struct rebuilding *x, struct run_options *o, bool names, struct lb_err *err)
{
	const json_t *run = x->head->run, *options = json_object_get(run, "options");
	o->run_mode = "exec";
	o->compression = report_member(options, "compression");
	o->repeat = x->out->repeats;
	add_names(json_object_get(options, "policies"), "name", &o->policies);
	add_names(json_object_get(options, "builders"), NULL, &o->builders);
	if (names) {
		add_names(json_object_get(run, "variants"), "name", &o->variants);
		add_names(json_object_get(run, "edits"), "name", &o->edits);
	}
	return run_options_resolve(o, err);
}

static int find_scenario(struct rebuilding *x, struct lb_err *err)
{
	const json_t *command = json_object_get(x->head->run, "command");
	const char *operand = report_member(command, "scenario"), *directory = report_member(command, "directory");
	if (strcmp(x->head->run_mode, "exec") != 0)
		return lb_fail(err, LB_USAGE, "--rebuild-base measures times; %s is of --run %s, which measures none", x->head->dir,
			       x->head->run_mode);
	x->path = *operand == '/' ? lb_strdup(operand) : lb_path_join(directory, operand);
	if (!*operand || !lb_fs_is_dir(AT_FDCWD, x->path))
		return lb_fail(err, LB_UNAVAILABLE, "--rebuild-base: the scenario of %s, %s, is not here", x->head->dir, x->path);
	return 0;
}

static int check_out(struct rebuilding *x, struct lb_err *err)
{
	const char *commit = report_member(json_object_get(x->base->run, "project"), "commit"), *tmp = getenv("TMPDIR");
	lb_autofree char *hex = NULL, *work_tree = NULL, *prefix = NULL;
	if (!*commit)
		return lb_fail(err, LB_UNAVAILABLE,
			       "--rebuild-base: the baseline %s names no commit (its scenario lay in no git work tree), so it cannot be built again",
			       x->base->dir);
	int rc = lb_git_merge_base(x->path, commit, &hex, &work_tree, err);
	if (rc == LB_NOT_FOUND)
		return lb_fail(err, LB_UNAVAILABLE,
			       "--rebuild-base: this clone has no commit %.12s, which the baseline %s was made of; fetch it (in CI: fetch-depth: 0)",
			       commit, x->base->dir);
	if (!rc)
		rc = checkout_prefix(x->path, work_tree, &prefix, err);
	if (!rc)
		rc = lb_fs_mkdtemp(tmp && *tmp ? tmp : "/tmp", "lbench-", &x->out->scratch, err);
	if (rc)
		return rc;
	lb_autofree char *real = realpath(x->path, NULL);
	x->base_path = lb_format("%s/tree/%s", x->out->scratch, lb_path_base(real ? real : x->path));
	rc = checkout_tree(x->path, commit, prefix, x->base_path, err);
	if (rc == LB_NOT_FOUND)
		return lb_recode(err, LB_UNAVAILABLE);
	return rc ? rc : checkout_carry_edits(x->path, x->base_path, err);
}

static int begin(struct rebuilding *x, struct lb_err *err)
{
	char digest[LB_DIGEST_TEXT];
	const char *scratch = x->out->scratch;
	lb_autofree char *heads = lb_path_join(scratch, "head"), *bases = lb_path_join(scratch, "base");
	lb_autofree char *head_store = lb_path_join(scratch, "head.store"), *base_store = lb_path_join(scratch, "base.store");
	int rc = resolve(x, &x->head_options, true, err);
	if (!rc)
		rc = resolve(x, &x->base_options, false, err);
	if (!rc)
		rc = quiet_begin(&x->head_options, x->path, heads, head_store, &x->head_run, err);
	if (!rc && strcmp(quiet_digest(x->head_run, digest), x->head->digest) != 0)
		rc = lb_fail(err, LB_INVALID, "--rebuild-base: %s is no longer what %s was made of; run it anew", x->path, x->head->dir);
	return rc ? rc : quiet_begin(&x->base_options, x->base_path, bases, base_store, &x->base_run, err);
}

static int take_turns(struct rebuilding *x, struct lb_err *err)
{
	lb_autofree char *head = NULL, *base = NULL;
	for (unsigned k = 0; k < x->out->repeats; k++) {
		quiet_repeat(k % 2 ? x->head_run : x->base_run, k);
		quiet_repeat(k % 2 ? x->base_run : x->head_run, k);
	}
	int rc = quiet_end(x->head_run, &head, err);
	x->head_run = NULL;
	if (!rc) {
		rc = quiet_end(x->base_run, &base, err);
		x->base_run = NULL;
	}
	if (!rc)
		rc = report_load(head, &x->out->head, err);
	return rc ? rc : report_load(base, &x->out->base, err);
}

int rebuild_run(const struct report *head, const struct report *base, struct rebuild *out, struct lb_err *err)
{
	struct rebuilding x = { .head = head, .base = base, .out = out };
	*out = (struct rebuild){ .repeats = head->repeat > REBUILD_LEAST ? (unsigned)head->repeat : REBUILD_LEAST };
	int rc = find_scenario(&x, err);
	if (!rc)
		rc = check_out(&x, err);
	if (!rc)
		rc = begin(&x, err);
	if (!rc)
		rc = take_turns(&x, err);
	release(&x);
	return rc;
}

void rebuild_release(struct rebuild *r)
{
	report_free(r->head);
	report_free(r->base);
	if (r->scratch)
		lb_fs_remove(AT_FDCWD, r->scratch, NULL);
	free(r->scratch);
	*r = (struct rebuild){ 0 };
}
