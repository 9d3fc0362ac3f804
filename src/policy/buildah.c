/* SPDX-License-Identifier: Apache-2.0
 *
 * buildah build --layers, and podman build (imagebuildah/stage_executor.go, add.go, digester.go). A step looks for
 * an image in the store that is the one below it and one history entry more, with the same text: layers, history
 * and its times have to be the same, the configuration is not compared. After the first miss of a stage it looks
 * no more.
 *
 *   instruction   its text                                        not in it
 *   RUN           arguments in effect, sorted, ENV's value        SHELL (it has an entry of its own); in 1.28 what
 *                 before ARG's; flags and command as spelled      binds show and heredocs hold: stale hits
 *                 behind the keyword; heredocs from 1.35
 *                 (339839d); content of binds from 1.39
 *                 (4383e34), times of the files too before 1.43;
 *                 a bind of a stage by the stage's image
 *   COPY, ADD     sum of what goes into the layer                 names of sources, --chown and --chmod (they act
 *                 (buildah_sum.c), destination after expansion,   through the sum), the directory that the
 *                 --exclude, --link (from 1.41)                   destination is relative to
 *   ARG           names of the arguments that have a value        values and defaults
 *   all others    the line as written, not expanded: a WORKDIR    the values of variables
 *                 or ENV with a variable is a stale hit when
 *                 the value changes
 *   FROM          layers and history                              configuration: another ENV of the base is a stale
 *                                                                 hit
 *
 * Owners on the disk count before 1.43, mode of a copied directory itself never. COPY --link and --parents are
 * refused when they are reached, before 1.43. Observed on 1.28, 1.39 and 1.43 (truth/).
 */
#include "policy/buildah.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "policy/chain.h"

static int from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link **out, struct lb_err *err)
{
	static const struct lb_digest scratch;
	(void)c;
	(void)in;
	(void)err;
	if (base)
		*out = lb_chain_link(lb_digest_is_zero(&base->chain_id) ? &base->manifest : &base->chain_id);
	else
		*out = lb_chain_link(&scratch);
	return 0;
}

static int refuse(const struct lb_inputs *in, const char *what, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	struct lb_pos pos = { 0 };
	if (in->before->plan && s->in)
		pos = lb_instruction_pos(in->before->plan->df, s->in);
	lb_fail_at(err, pos, "%s %s is not supported by this version of buildah", lb_keyword_name(s->keyword), what);
	return lb_recode(err, LB_FAILED);
}

static int check_mounts(const struct lb_inputs *in, struct lb_err *err)
{
	for (size_t i = 0; i < in->step->mounts_count; i++) {
		const struct lb_mount *m = &in->step->mounts[i];
		if (m->type == LB_MOUNT_CACHE && m->sharing_given && strcmp(m->sharing, "private") == 0)
			return refuse(in, "--mount=type=cache,sharing=private", err);
		if (m->type == LB_MOUNT_SECRET && m->env)
			return refuse(in, "--mount=type=secret,env=…", err);
	}
	return 0;
}

static int check(const struct lb_buildah_rules *rules, const struct lb_inputs *in, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	if (s->op == LB_OP_RUN)
		return check_mounts(in, err);
	if (s->link && !rules->link)
		return refuse(in, "--link", err);
	if (s->parents && !rules->parents)
		return refuse(in, "--parents", err);
	return 0;
}

/* ---- texts ---- */

/* What follows the keyword and one blank. */
static const char *behind_keyword(const struct lb_instruction *in)
{
	const char *word = in->word ? in->word : "";
	const char *text = in->original ? in->original : "";
	size_t len = strlen(word);
	return strlen(text) > len ? text + len + 1 : "";
}

static void add_line(const struct lb_step *s, struct lb_sha256 *h)
{
	const char *text = s->in ? behind_keyword(s->in) : s->text ? s->text : "";
	lb_sha256_adds(h, text);
}

static const char *in_image(const struct lb_inputs *in, const struct lb_arg *arg)
{
	const char *env = lb_pairs_get(&in->before->config.env, arg->name);
	return env ? env : arg->value;
}

static int by_name(const void *a, const void *b)
{
	const struct lb_arg *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

/* The arguments that have a value, sorted; with their values for RUN. */
static void add_args(const struct lb_inputs *in, const struct lb_stage_state *state, bool values, struct lb_sha256 *h)
{
	const struct lb_arg **sorted = lb_calloc(state->args_count, sizeof(*sorted));
	size_t count = 0;
	for (size_t i = 0; i < state->args_count; i++)
		if (state->args[i].value)
			sorted[count++] = &state->args[i];
	qsort(sorted, count, sizeof(*sorted), by_name);
	lb_sha256_addu(h, count);
	for (size_t i = 0; i < count; i++) {
		lb_sha256_adds(h, sorted[i]->name);
		if (values)
			lb_sha256_adds(h, in_image(in, sorted[i]));
	}
	free(sorted);
}

static int add_binds(const struct lb_buildah_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	if (rules->bind == LB_BUILDAH_BIND_NOT)
		return 0;
	for (size_t i = 0; i < in->sources_count; i++) {
		const struct lb_source *src = &in->sources[i];
		if (src->from) {
			lb_sha256_addd(h, &src->from->image);
			continue;
		}
		struct lb_digest d;
		int rc = lb_buildah_bind_sum(src, rules->bind == LB_BUILDAH_BIND_TIMES, &d, err);
		if (rc)
			return rc;
		lb_sha256_addd(h, &d);
	}
	return 0;
}

static int add_run(const struct lb_buildah_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	const struct lb_instruction *i = in->step->in;
	add_args(in, in->before, true, h);
	add_line(in->step, h);
	for (size_t k = 0; rules->heredocs && i && k < i->heredocs_count; k++)
		lb_sha256_adds(h, i->heredocs[k].content);
	return add_binds(rules, in, h, err);
}

static int add_copy(const struct lb_buildah_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	struct lb_digest sum;
	if (lb_chain_blind(in))
		return 0;
	int rc = lb_buildah_copy_sum(in, rules->owner_counts, &sum, err);
	lb_sha256_addd(h, &sum);
	lb_sha256_adds(h, s->dest);
	lb_sha256_addu(h, (uint64_t)s->link | (uint64_t)(rules->stages_apart && s->from) << 1);
	for (size_t i = 0; i < s->excludes_count; i++)
		lb_sha256_adds(h, s->excludes[i]);
	return rc;
}

static int add_text(const struct lb_buildah_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	lb_sha256_addu(h, s->keyword);
	switch (s->op) {
	case LB_OP_RUN:
		return add_run(rules, in, h, err);
	case LB_OP_COPY:
	case LB_OP_ADD:
		return add_copy(rules, in, h, err);
	default:
		if (s->keyword == LB_KW_ARG)
			add_args(in, in->after, false, h);
		else
			add_line(s, h);
		return 0;
	}
}

/* A bind of a stage counts by the stage's image: what it shows need not be read. */
static bool blind(const struct lb_buildah_rules *rules, const struct lb_inputs *in)
{
	if (in->step->op != LB_OP_RUN)
		return lb_chain_blind(in);
	for (size_t i = 0; i < in->sources_count; i++)
		if (!in->sources[i].known && !in->sources[i].from && rules->bind != LB_BUILDAH_BIND_NOT)
			return true;
	return false;
}

static int lookup(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *inputs, struct lb_found *f, struct lb_err *err)
{
	const struct lb_buildah_rules *rules = c->policy->rules;
	struct lb_chain_options o = { .oldest = !rules->newest, .unknown = blind(rules, in) };
	struct lb_sha256 h;
	(void)inputs;
	int rc = check(rules, in, err);
	if (rc)
		return rc;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "buildah");
	lb_sha256_addd(&h, &in->parent->image);
	rc = add_text(rules, in, &h, err);
	if (rc)
		return rc;
	struct lb_digest key = lb_sha256_done(&h);
	return lb_chain_decide(c, in, &key, &o, f, err);
}

static unsigned counts(const struct lb_cache *c, const struct lb_inputs *in)
{
	const struct lb_buildah_rules *rules = c->policy->rules;
	unsigned n = LB_COUNT_MODE | LB_COUNT_DIR_MODE | LB_COUNT_NAME | LB_COUNT_XATTR | LB_COUNT_ARG;
	if (rules->owner_counts || in->step->from)
		n |= LB_COUNT_OWNER;
	if (rules->bind != LB_BUILDAH_BIND_NOT)
		n |= LB_COUNT_BIND;
	if (in->step->op == LB_OP_RUN && rules->bind == LB_BUILDAH_BIND_TIMES)
		n |= LB_COUNT_TIME;
	if (in->step->op != LB_OP_COPY && in->step->op != LB_OP_ADD)
		n |= LB_COUNT_SPELLING;
	return n;
}

const struct lb_policy_ops lb_buildah_ops = {
	.from = from,
	.from_stage = lb_chain_from_stage,
	.lookup = lookup,
	.record = lb_chain_record,
	.counts = counts,
};
