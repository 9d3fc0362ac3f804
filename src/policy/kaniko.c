/* SPDX-License-Identifier: Apache-2.0
 *
 * kaniko, from source (pkg/executor/{composite_cache,build}.go, pkg/util, commit 236ba56, archived June 2025): not
 * observed. The key is a digest over a list that begins with the base's digest, or with the last key of the stage
 * that FROM names, and grows by every instruction; a layer is found by it in a registry. After the first miss of a
 * stage nothing is looked up.
 *
 *   instruction   grows the list by                               not in it
 *   RUN           arguments and environment, sorted; the line     -
 *   COPY, ADD     the line as written; of each file that is       names of files: a rename that keeps the order is a
 *                 copied mode, owner, content and link target;    stale hit (issues 1678, 2241); values of variables
 *                 of a directory the same of all below, in order  in the line; times; xattrs
 *   all others    the line as written                             values of variables
 *
 * Taken as run with --cache and --cache-copy-layers: without the second it looks for the layers of RUN only. A
 * WORKDIR is never stored, costs nothing and counts as there when its key is.
 */
#include "policy/chain.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

static int file_sum(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	const struct lb_attr *a = &n->attr;
	struct lb_sha256 h;
	struct lb_digest d;
	int rc = 0;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, (uint64_t)a->kind << 32 | a->mode);
	lb_sha256_addu(&h, (uint64_t)a->uid << 32 | a->gid);
	if (a->kind == LB_SYMLINK)
		lb_sha256_adds(&h, a->target);
	if (a->kind == LB_FILE && !(rc = lb_content_digest(n->content, &d, err)))
		lb_sha256_addd(&h, &d);
	for (size_t i = 0; !rc && i < n->entries_count; i++) {
		rc = lb_node_digest_by(n->entries[i].node, LB_FLAVOUR_KANIKO, file_sum, arg, &d, err);
		lb_sha256_addd(&h, &d);
	}
	*out = lb_sha256_done(&h);
	return rc;
}

static int add_files(const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < in->sources_count; i++)
		for (size_t k = 0; !rc && k < in->sources[i].items_count; k++) {
			struct lb_digest d;
			rc = lb_node_digest_by(in->sources[i].items[k].node, LB_FLAVOUR_KANIKO, file_sum, NULL, &d, err);
			lb_sha256_addd(h, &d);
		}
	return rc;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Arguments and environment of a RUN, sorted as NAME=VALUE. */
static void add_environment(const struct lb_step *s, struct lb_sha256 *h)
{
	lb_autostrv struct lb_strv all = { 0 };
	for (size_t i = 0; i < s->env.count; i++)
		lb_strv_take(&all, lb_format("%s=%s", s->env.items[i].name, s->env.items[i].value ? s->env.items[i].value : ""));
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), by_text);
	for (size_t i = 0; i < all.count; i++)
		lb_sha256_adds(h, all.items[i]);
}

static int lookup(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *inputs, struct lb_found *f, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	bool copies = s->op == LB_OP_COPY || s->op == LB_OP_ADD;
	struct lb_chain_options o = { .by_key = true, .unknown = copies && lb_chain_blind(in) };
	struct lb_sha256 h;
	(void)inputs;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "kaniko");
	lb_sha256_addd(&h, &in->parent->image);
	if (s->op == LB_OP_RUN)
		add_environment(s, &h);
	lb_sha256_adds(&h, s->in && s->in->original ? s->in->original : "");
	for (size_t i = 0; s->in && i < s->in->heredocs_count; i++)
		lb_sha256_adds(&h, s->in->heredocs[i].content);
	int rc = copies && !o.unknown ? add_files(in, &h, err) : 0;
	if (rc)
		return rc;
	struct lb_digest key = lb_sha256_done(&h);
	return lb_chain_decide(c, in, &key, &o, f, err);
}

static unsigned counts(const struct lb_cache *c, const struct lb_inputs *in)
{
	(void)c;
	(void)in;
	return LB_COUNT_MODE | LB_COUNT_DIR_MODE | LB_COUNT_TOP_MODE | LB_COUNT_OWNER | LB_COUNT_ARG | LB_COUNT_ENV | LB_COUNT_SPELLING |
	       LB_COUNT_SOURCE | LB_COUNT_NAME;
}

const struct lb_policy_ops lb_kaniko_ops = {
	.from = lb_chain_from,
	.from_stage = lb_chain_from_stage,
	.lookup = lookup,
	.record = lb_chain_record,
	.counts = counts,
};
