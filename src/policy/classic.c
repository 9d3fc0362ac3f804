/* SPDX-License-Identifier: Apache-2.0
 *
 * docker's legacy builder (builder/dockerfile, builder/remotecontext, image/cache). A step looks among the children
 * of the image below it for the newest whose container configuration is the one that it would have; after the
 * first miss of a stage it looks no more until the next FROM. So every instruction is a link of the chain, also
 * those that make no layer, and base and all that stands above count through the image below.
 *
 *   instruction   in its own key                                  not in it
 *   RUN           shell and text; arguments in effect, sorted,    ENTRYPOINT, HEALTHCHECK; which of them stands
 *                 but those that ENV overrides; proxies only      above counts through the image below
 *                 where an ARG names them
 *   COPY, ADD     --chown and destination as written, after       names of sources as written; the directory that
 *                 expansion; sum of the sources (classic_sum.c)   the destination is relative to (chain)
 *   ARG           name and default (not the value given)          the value: it counts in RUN
 *   ENV LABEL …   what they set, quotes and form aside            -
 *   WORKDIR       the directory, in 20.10 as it is spelled when   -
 *                 it is absolute (/etc/ is another than /etc;
 *                 observed), cleaned from 26.1 on
 *   configuration Env, Labels, User, Entrypoint, ports, volumes;  20.10 does not compare the directory, HEALTHCHECK,
 *                 since 24.0.9 and 25.0.2 (moby 593b754) all      ONBUILD, SHELL, STOPSIGNAL
 *
 * There is no link between equal contents: an edit that is undone hits because the old images are still there. The
 * client sends files with owner 0:0. Observed on 20.10, 26.1 and 28.5 (truth/).
 */
#include "policy/classic.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "policy/chain.h"

struct state {
	struct lb_node *disk;    /* the context of this build … */
	struct lb_node *context; /* … and what the client sent of it */
};

static void *state_new(struct lb_cache *c)
{
	(void)c;
	return lb_calloc(1, sizeof(struct state));
}

static void *state_fork(const void *p)
{
	const struct state *s = p;
	struct state *copy = lb_calloc(1, sizeof(*copy));
	copy->disk = lb_node_ref(s->disk);
	copy->context = lb_node_ref(s->context);
	return copy;
}

static void state_free(void *p)
{
	struct state *s = p;
	lb_node_unref(s->disk);
	lb_node_unref(s->context);
	free(s);
}

static int receive(struct lb_cache *c, const char *name, struct lb_node *disk, struct lb_node **seen, struct lb_err *err)
{
	(void)err;
	struct state *s = c->state;
	if (*name) {
		*seen = lb_receive_as_root(disk, NULL, NULL);
		return 0;
	}
	*seen = lb_receive_as_root(disk, s->disk, s->context);
	lb_node_unref(s->disk);
	lb_node_unref(s->context);
	s->disk = lb_node_ref(disk);
	s->context = lb_node_ref(*seen);
	return 0;
}

/* ---- the command that the image would be made by ---- */

/* NAME or NAME=DEFAULT with the default expanded; a value that was passed does not show. */
static void add_arg(const struct lb_inputs *in, const char *written, struct lb_sha256 *h)
{
	const char *equals = strchr(written, '=');
	lb_autofree char *value = NULL;
	if (equals && lb_inputs_expand(in, equals + 1, &value)) {
		lb_sha256_add(h, written, (size_t)(equals - written) + 1);
		lb_sha256_adds(h, value);
		return;
	}
	lb_sha256_adds(h, written);
}

static void add_args(const struct lb_inputs *in, struct lb_sha256 *h)
{
	const struct lb_instruction *i = in->step->in;
	for (size_t k = 0; i && k < i->args_count; k++)
		add_arg(in, i->args[k], h);
}

static void add_run(const struct lb_step *s, struct lb_sha256 *h)
{
	lb_sha256_addu(h, s->run_args.count);
	for (size_t i = 0; i < s->run_args.count; i++) {
		lb_sha256_adds(h, s->run_args.items[i].name);
		lb_sha256_adds(h, s->run_args.items[i].value ? s->run_args.items[i].value : "");
	}
	for (size_t i = 0; i < s->argv_count; i++)
		lb_sha256_adds(h, s->argv[i]);
}

static int add_copy(const struct lb_cache *c, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	const struct state *state = c->state;
	struct lb_digest sum;
	int rc = lb_classic_sum(c->policy->rules, in, state->context, &sum, err);
	lb_sha256_adds(h, s->chown ? s->chown : "");
	lb_sha256_addd(h, &sum);
	lb_sha256_adds(h, s->dest);
	return rc;
}

static void add_workdir(const struct lb_classic_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h)
{
	lb_autofree char *written = rules->workdir_as_spelled ? lb_inputs_workdir_spelled(in) : NULL;
	lb_sha256_adds(h, written ? written : in->step->path);
}

static int add_command(const struct lb_cache *c, const struct lb_inputs *in, struct lb_sha256 *h, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	lb_sha256_addu(h, s->keyword);
	switch (s->op) {
	case LB_OP_RUN:
		add_run(s, h);
		return 0;
	case LB_OP_COPY:
	case LB_OP_ADD:
		return lb_chain_blind(in) ? 0 : add_copy(c, in, h, err);
	case LB_OP_WORKDIR:
		add_workdir(c->policy->rules, in, h);
		return 0;
	default:
		if (s->keyword == LB_KW_ARG)
			add_args(in, h);
		else
			lb_sha256_adds(h, s->text ? s->text : "");
		return 0;
	}
}

/* ---- the configuration that it would have ---- */

static void add_list(struct lb_sha256 *h, char *const *items, size_t count)
{
	lb_sha256_addu(h, count);
	for (size_t i = 0; i < count; i++)
		lb_sha256_adds(h, items[i]);
}

static void add_pairs(struct lb_sha256 *h, const struct lb_pairs *p)
{
	lb_sha256_addu(h, p->count);
	for (size_t i = 0; i < p->count; i++) {
		lb_sha256_adds(h, p->items[i].name);
		lb_sha256_adds(h, p->items[i].value ? p->items[i].value : "");
	}
}

static void add_config(const struct lb_classic_rules *rules, const struct lb_inputs *in, struct lb_sha256 *h)
{
	const struct lb_image_config *x = &in->after->config;
	add_pairs(h, &x->env);
	add_pairs(h, &x->labels);
	lb_sha256_adds(h, x->user ? x->user : "");
	if (in->step->op != LB_OP_RUN)
		add_list(h, x->entrypoint, x->entrypoint_count);
	add_list(h, x->exposed, x->exposed_count);
	add_list(h, x->volumes, x->volumes_count);
	if (!rules->whole_config)
		return;
	lb_sha256_adds(h, x->workdir ? x->workdir : "");
	lb_sha256_adds(h, x->stop_signal ? x->stop_signal : "");
	add_list(h, x->shell, x->shell_count);
	add_list(h, x->onbuild, x->onbuild_count);
}

static int lookup(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *inputs, struct lb_found *f, struct lb_err *err)
{
	struct lb_sha256 h;
	struct lb_chain_options o = { .unknown = lb_chain_blind(in) };
	(void)inputs;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "classic");
	lb_sha256_addd(&h, &in->parent->image);
	int rc = add_command(c, in, &h, err);
	if (rc)
		return rc;
	add_config(c->policy->rules, in, &h);
	struct lb_digest key = lb_sha256_done(&h);
	return lb_chain_decide(c, in, &key, &o, f, err);
}

static unsigned counts(const struct lb_cache *c, const struct lb_inputs *in)
{
	(void)c;
	unsigned n = LB_COUNT_MODE | LB_COUNT_DIR_MODE | LB_COUNT_TOP_MODE | LB_COUNT_NAME | LB_COUNT_ARG | LB_COUNT_SOURCE;
	return in->step->from ? n | LB_COUNT_OWNER : n;
}

const struct lb_policy_ops lb_classic_ops = {
	.state_new = state_new,
	.state_fork = state_fork,
	.state_free = state_free,
	.receive = receive,
	.from = lb_chain_from,
	.from_stage = lb_chain_from_stage,
	.lookup = lookup,
	.record = lb_chain_record,
	.counts = counts,
};
