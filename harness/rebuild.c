/* SPDX-License-Identifier: Apache-2.0 */
#include "rebuild.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "quiet_run.h"
#include "rebuild_base.h"
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

static int find_scenario(struct rebuilding *x, struct lb_err *err)
{
	const struct report *head = x->head;
	const json_t *subjects = json_object_get(json_object_get(head->run, "options"), "subjects");
	const char *subject = json_string_value(json_array_get(subjects, 0));
	if (strcmp(head->run_mode, "exec") != 0)
		return lb_fail(err, LB_USAGE, "--rebuild-base measures times; %s is of --run %s, which measures none", head->dir,
			       head->run_mode);
	for (size_t i = 1; i < json_array_size(subjects); i++)
		subject = json_string_value(json_array_get(subjects, i));
	if (subject && strcmp(subject, "builtin") != 0)
		return lb_fail(err, LB_USAGE, "--rebuild-base measures builds; %s is of --on %s", head->dir, subject);
	x->path = rebuild_scenario(head);
	if (!lb_fs_is_dir(AT_FDCWD, x->path))
		return lb_fail(err, LB_UNAVAILABLE, "--rebuild-base: the scenario of %s, %s, is not here", head->dir, x->path);
	return lb_fs_mkdtemp(NULL, "lbench-", &x->out->scratch, err);
}

/* As head was run, as often as tells something. Only head is held to its variants and edits: the base may have others. */
static int resolve(const struct rebuilding *x, const char *place, bool names, struct run_options *o, struct lb_err *err)
{
	int rc = rebuild_options(x->head, place, names, o, err);
	o->repeat = x->out->repeats;
	return rc ? rc : run_options_resolve(o, err);
}

static int begin(struct rebuilding *x, struct lb_err *err)
{
	char digest[LB_DIGEST_TEXT];
	const char *scratch = x->out->scratch;
	lb_autofree char *heads = lb_path_join(scratch, "head"), *bases = lb_path_join(scratch, "base");
	lb_autofree char *head_store = lb_path_join(scratch, "head.store"), *base_store = lb_path_join(scratch, "base.store");
	int rc = resolve(x, x->path, true, &x->head_options, err);
	if (!rc)
		rc = resolve(x, x->base_path, false, &x->base_options, err);
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
		rc = rebuild_find_base(head, base, x.path, out->scratch, &x.base_path, &out->notes, err);
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
	lb_strv_release(&r->notes);
	*r = (struct rebuild){ 0 };
}
