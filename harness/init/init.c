/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"

/* What lbench itself writes beside a project is never part of its context. */
static enum lb_keep keep_project(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	(void)node;
	(void)arg;
	return len == 7 && memcmp(path, ".lbench", 7) == 0 ? LB_DROP : LB_KEEP;
}

static void count_runs(struct init *in)
{
	for (size_t i = 0; i < in->dockerfiles_count; i++) {
		const struct init_dockerfile *d = &in->dockerfiles[i];
		for (size_t k = 0; k < d->catalog->count; k++) {
			const struct catalog_run *r = &d->catalog->runs[k];
			in->runs++;
			in->runs_known += r->known;
			if (!r->known)
				lb_strv_take(&in->unknown,
					     lb_format("%s:%u `%.60s`: %s", d->path, r->in->first_line, r->in->original, r->why));
		}
	}
}

int init_make(const char *dir, struct init **out, struct lb_err *err)
{
	init_auto struct init *in = lb_calloc(1, sizeof(*in));
	struct lb_dir_options o = { .canonical = true, .keep = keep_project };
	lb_autofree char *clean = lb_path_clean(dir);
	in->dir = lb_arena_strdup(&in->arena, clean);
	if (!lb_fs_is_dir(AT_FDCWD, dir))
		return lb_fail(err, LB_INVALID, "%s: %s; expected the directory of a project with a Dockerfile", dir,
			       lb_fs_exists(AT_FDCWD, dir) ? "not a directory" : "not there");
	int rc = lb_tree_from_dir(dir, &o, &in->context, err);
	if (!rc)
		rc = init_find_dockerfiles(in, err);
	if (!rc)
		rc = init_count_edits(in, err);
	if (rc)
		return rc;
	count_runs(in);
	init_write_text(in);
	*out = lb_steal(&in);
	return 0;
}

void init_free(struct init *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->dockerfiles_count; i++) {
		struct init_dockerfile *d = &in->dockerfiles[i];
		catalog_free(d->catalog);
		lb_build_plan_free(d->plan);
		lb_dockerfile_free(d->df);
		free(d->text);
	}
	history_free(in->history);
	lb_node_unref(in->context);
	lb_strv_release(&in->left_out);
	lb_strv_release(&in->unknown);
	lb_buf_release(&in->text);
	lb_arena_release(&in->arena);
	free(in);
}

void init_cleanup(struct init **in)
{
	init_free(*in);
	*in = NULL;
}
