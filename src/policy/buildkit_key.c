/* SPDX-License-Identifier: Apache-2.0
 *
 * The operation digests of BuildKit's steps. What enters them is in the table of buildkit.c.
 */
#include "policy/buildkit.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static const char *build_arg(const struct lb_inputs *in, const char *name)
{
	const struct lb_build_plan *plan = in->before->plan;
	const struct lb_pairs *args = plan ? plan->options.build_args : NULL;
	return args ? lb_pairs_get(args, name) : NULL;
}

static const char *platform_of(const struct lb_inputs *in)
{
	const struct lb_build_plan *plan = in->before->plan;
	return plan && (size_t)in->stage < plan->stages_count ? or_empty(plan->stages[in->stage].platform) : "";
}

static struct lb_digest selector_of(const char *path)
{
	lb_autofree char *clean = lb_path_clean_rooted(path);
	return lb_digest_of(clean, strlen(clean));
}

static struct lb_bk_dep *add_dep(struct lb_bk_op *op, struct lb_link *link)
{
	struct lb_bk_dep *d = &op->deps[op->deps_count++];
	*d = (struct lb_bk_dep){ .link = link };
	d->unknown = link && link->unknown;
	return d;
}

/* A stage that begins on scratch has no root to depend on. */
static void add_root(struct lb_bk_op *op, struct lb_link *parent)
{
	if (parent && (parent->keys_count || parent->unknown))
		add_dep(op, parent);
}

static int add_content(struct lb_bk_dep *d, const struct lb_source *src, bool excludes, struct lb_err *err)
{
	d->has_content = src->known;
	d->unknown = !src->known;
	return src->known ? lb_bk_content(src, excludes, &d->content, err) : 0;
}

/* ---- RUN ---- */

static bool default_cache(const struct lb_inputs *in, const struct lb_mount *m)
{
	bool id = !m->id_given || strcmp(or_empty(m->id), m->target) == 0;
	bool sharing = !m->sharing_given || strcmp(or_empty(m->sharing), "shared") == 0;
	return id && sharing && !build_arg(in, "BUILDKIT_CACHE_MOUNT_NS");
}

static void add_mount(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, const struct lb_mount *m, struct lb_sha256 *h)
{
	lb_sha256_addu(h, m->type);
	lb_sha256_adds(h, or_empty(m->target));
	lb_sha256_addu(h, m->readonly);
	if (m->type == LB_MOUNT_BIND)
		return;
	lb_sha256_addu(h, (uint64_t)m->uid << 32 | m->gid);
	lb_sha256_addu(h, (uint64_t)m->mode << 1 | m->mode_given);
	lb_sha256_addu(h, m->size_bytes);
	if (m->type == LB_MOUNT_CACHE && !rules->cache_id_counts) {
		lb_sha256_addu(h, default_cache(in, m));
		return;
	}
	lb_sha256_adds(h, m->id_given || m->type != LB_MOUNT_CACHE ? or_empty(m->id) : m->target);
	lb_sha256_adds(h, m->sharing_given ? or_empty(m->sharing) : "shared");
	lb_sha256_adds(h, or_empty(m->env));
	lb_sha256_addu(h, m->required);
}

/* Mounts stand in the order of their targets, whatever the file says. */
static int by_target(const void *a, const void *b)
{
	const struct lb_mount *const *x = a, *const *y = b;
	int c = strcmp((*x)->target, (*y)->target);
	return c ? c : (*x > *y) - (*x < *y);
}

static int add_mounts(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_bk_op *op,
		      struct lb_err *err)
{
	const struct lb_step *s = in->step;
	if (s->mounts_count + 1 > LB_BK_DEPS_MAX)
		return lb_fail(err, LB_UNSUPPORTED, "a RUN has %zu mounts, at most %d are understood", s->mounts_count, LB_BK_DEPS_MAX - 1);
	const struct lb_mount *sorted[LB_BK_DEPS_MAX];
	for (size_t i = 0; i < s->mounts_count; i++)
		sorted[i] = &s->mounts[i];
	qsort(sorted, s->mounts_count, sizeof(sorted[0]), by_target);
	for (size_t i = 0; i < s->mounts_count; i++) {
		const struct lb_mount *m = sorted[i];
		add_mount(rules, in, m, h);
		if (m->type != LB_MOUNT_BIND)
			continue;
		size_t nth = 0;
		for (const struct lb_mount *before = s->mounts; before < m; before++)
			nth += before->type == LB_MOUNT_BIND;
		if (nth >= in->sources_count)
			continue;
		const struct lb_source *src = &in->sources[nth];
		struct lb_bk_dep *d = add_dep(op, src->from);
		d->selector = selector_of(or_empty(m->source));
		op->binds |= !src->from && src->known;
		int rc = add_content(d, src, false, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int run_op(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_bk_op *op,
		  struct lb_err *err)
{
	const struct lb_step *s = in->step;
	lb_sha256_addu(h, s->argv_count);
	for (size_t i = 0; i < s->argv_count; i++)
		lb_sha256_adds(h, s->argv[i]);
	lb_sha256_adds(h, or_empty(s->script));
	lb_sha256_addu(h, s->env.count);
	for (size_t i = 0; i < s->env.count; i++) {
		lb_sha256_adds(h, s->env.items[i].name);
		lb_sha256_adds(h, or_empty(s->env.items[i].value));
	}
	/* an absolute directory goes to the executor as it was written: /etc and /etc/ are two */
	if (in->parent && !lb_digest_is_zero(&in->parent->spelled))
		lb_sha256_addd(h, &in->parent->spelled);
	else
		lb_sha256_adds(h, or_empty(s->cwd));
	lb_sha256_adds(h, or_empty(s->user));
	lb_sha256_adds(h, or_empty(s->network));
	lb_sha256_adds(h, or_empty(s->security));
	lb_sha256_adds(h, or_empty(build_arg(in, "BUILDKIT_SANDBOX_HOSTNAME")));
	lb_sha256_adds(h, platform_of(in));
	add_root(op, in->parent);
	return add_mounts(rules, in, h, op, err);
}

/* ---- COPY, ADD ---- */

/* The last part of a source; a trailing slash is none. */
static void add_base_name(struct lb_sha256 *h, const char *written)
{
	lb_autofree char *clean = lb_path_clean_rooted(written);
	lb_sha256_adds(h, lb_path_base(clean));
}

static void add_dest(struct lb_sha256 *h, const struct lb_step *s)
{
	size_t len = strlen(s->dest_abs);
	bool dot = strcmp(or_empty(s->dest), ".") == 0 || !*or_empty(s->dest);
	lb_sha256_add(h, s->dest_abs, len);
	lb_sha256_adds(h, dot && (!len || s->dest_abs[len - 1] != '/') ? "/" : "");
}

/* An octal mode by its value, a symbolic one by its text. */
static void add_chmod(struct lb_sha256 *h, const char *chmod)
{
	char *end;
	unsigned long mode = strtoul(or_empty(chmod), &end, 8);
	lb_sha256_addu(h, chmod ? mode + 1 : 0);
	lb_sha256_adds(h, end);
}

static int copy_sources(const struct lb_inputs *in, struct lb_sha256 *h, struct lb_bk_op *op, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	for (size_t i = 0; i < s->sources_count; i++) {
		if (!s->sources[i].content)
			continue;
		lb_sha256_adds(h, s->sources[i].name);
		lb_sha256_addu(h, s->sources[i].content_len);
		lb_sha256_add(h, s->sources[i].content, s->sources[i].content_len);
	}
	if (!in->sources_count)
		return 0;
	struct lb_bk_dep *d = add_dep(op, in->sources[0].from);
	struct lb_sha256 content, selector;
	lb_sha256_init(&content);
	lb_sha256_init(&selector);
	for (size_t i = 0; i < in->sources_count; i++) {
		const struct lb_source *src = &in->sources[i];
		struct lb_bk_dep one = { 0 };
		add_base_name(h, src->written);
		int rc = add_content(&one, src, s->excludes_count > 0, err);
		if (rc)
			return rc;
		d->unknown |= one.unknown;
		lb_sha256_addd(&content, &one.content);
		one.selector = selector_of(src->written);
		lb_sha256_addd(&selector, &one.selector);
	}
	d->has_content = !d->unknown;
	d->content = lb_sha256_done(&content);
	d->selector = lb_sha256_done(&selector);
	return 0;
}

static int copy_op(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, bool merge, struct lb_sha256 *h, struct lb_bk_op *op,
		   struct lb_err *err)
{
	const struct lb_step *s = in->step;
	add_dest(h, s);
	lb_sha256_adds(h, or_empty(s->chown));
	add_chmod(h, s->chmod);
	lb_sha256_adds(h, or_empty(s->checksum));
	lb_sha256_addu(h, s->excludes_count);
	for (size_t i = 0; i < s->excludes_count; i++)
		lb_sha256_adds(h, s->excludes[i]);
	lb_sha256_addu(h, (uint64_t)s->parents | (uint64_t)s->unpack_given << 1 | (uint64_t)s->unpack << 2 | (uint64_t)merge << 3);
	if (rules->epoch_counts)
		lb_sha256_adds(h, or_empty(lb_stage_epoch(in->before)));
	/* the owner's name is looked up in what lies below, which a linked copy does not stand on */
	if (merge && s->chown && in->owner_known)
		lb_sha256_addu(h, (uint64_t)in->uid << 32 | in->gid);
	if (!merge)
		add_root(op, in->parent);
	return copy_sources(in, h, op, err);
}

struct lb_digest lb_bk_spelled(const struct lb_inputs *in)
{
	lb_autofree char *written = lb_inputs_workdir_spelled(in);
	return written ? lb_digest_of(written, strlen(written)) : (struct lb_digest){ 0 };
}

static void workdir_op(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_bk_op *op)
{
	lb_sha256_adds(h, or_empty(in->step->path));
	lb_sha256_adds(h, or_empty(in->step->user));
	if (rules->epoch_counts)
		lb_sha256_adds(h, or_empty(lb_stage_epoch(in->before)));
	add_root(op, in->parent);
}

int lb_bk_op_of(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, bool merge, struct lb_bk_op *out, struct lb_err *err)
{
	struct lb_sha256 h;
	int rc = 0;
	out->deps_count = 0;
	out->binds = false;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, in->step->op);
	if (in->step->op == LB_OP_RUN)
		rc = run_op(rules, in, &h, out, err);
	else if (in->step->op == LB_OP_WORKDIR)
		workdir_op(rules, in, &h, out);
	else
		rc = copy_op(rules, in, merge, &h, out, err);
	out->digest = lb_sha256_done(&h);
	return rc;
}
