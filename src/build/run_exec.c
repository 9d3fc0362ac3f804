/* SPDX-License-Identifier: Apache-2.0
 *
 * A RUN that is really carried out: the step as the executor wants it, and what came of it as a result.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "build/internal.h"

struct running {
	struct build *b;
	struct stage_run *st;
	struct step_run *sr;
	struct lb_node **layers;
	struct lb_digest *ids;
	size_t layers_count, layers_cap, ids_cap;
	struct lb_strv env;
	struct lb_exec_mount *mounts;
	size_t mounts_count;
	struct lb_strv caches; /* names of cache directories, borrowed by mounts */
};

static void running_release(struct running *r)
{
	free(r->layers);
	free(r->ids);
	free(r->mounts);
	lb_strv_release(&r->env);
	lb_strv_release(&r->caches);
}

static int refuse(const struct running *r, struct lb_err *err, const char *text)
{
	lb_fail_at(err, step_pos(r->b, r->sr), "%s", text);
	return lb_recode(err, LB_FAILED);
}

/* ---- layers ---- */

static void add_layer(struct running *r, struct lb_node *layer, const struct lb_digest *id)
{
	static const struct lb_digest by_content;
	size_t count = r->layers_count;
	r->layers = lb_grow(r->layers, count, &r->layers_cap, sizeof(*r->layers));
	r->ids = lb_grow(r->ids, count, &r->ids_cap, sizeof(*r->ids));
	r->layers[count] = layer;
	r->ids[count] = id ? *id : by_content;
	r->layers_count++;
}

/* All that stage_root brings together, lowest first. Steps have their layers: stage_root was asked before. */
static void add_stage(struct running *r, const struct stage_run *st, size_t upto)
{
	if (st->base_stage)
		add_stage(r, st->base_stage, st->base_stage->steps_count);
	for (size_t i = 0; st->base && i < st->base->layers_count; i++)
		add_layer(r, st->base->layers[i], &st->base->layer_ids[i]);
	for (size_t i = 0; i < upto && i < st->steps_count; i++) {
		const struct result *made = st->steps[i].result;
		struct lb_node *layer = result_layer(r->b, made);
		if (layer && (layer->entries_count || layer->attr.opaque))
			add_layer(r, layer, made->info_known ? &made->info.diff_id : NULL);
	}
}

/* ---- environment ---- */

static void add_env(struct running *r)
{
	const struct lb_pairs *env = &r->sr->step->env;
	for (size_t i = 0; i < env->count; i++)
		if (env->items[i].value)
			lb_strv_take(&r->env, lb_format("%s=%s", env->items[i].name, env->items[i].value));
}

/* A proxy is a matter of where a build runs: docker and buildah hand these arguments to every RUN without an ARG, and
 * leave them out of keys and images. BuildKit takes a name in either case and sets both. */
static void add_proxy(struct running *r)
{
	static const char *const names[][2] = { { "HTTP_PROXY", "http_proxy" },
						{ "HTTPS_PROXY", "https_proxy" },
						{ "FTP_PROXY", "ftp_proxy" },
						{ "NO_PROXY", "no_proxy" },
						{ "ALL_PROXY", "all_proxy" } };
	const struct lb_pairs *args = r->b->o->build_args;
	bool both = strcmp(r->b->o->policy->engine, "buildkit") == 0;
	for (size_t i = 0; args && i < args->count; i++)
		for (size_t k = 0; args->items[i].value && k < LB_COUNT(names); k++)
			for (size_t side = 0; side < 2; side++) {
				bool given = !strcmp(args->items[i].name, names[k][side]);
				if (given || (both && !strcasecmp(args->items[i].name, names[k][side])))
					lb_strv_take(&r->env, lb_format("%s=%s", names[k][side], args->items[i].value));
			}
}

/* ---- mounts ---- */

static struct lb_exec_mount *add_mount(struct running *r, enum lb_exec_mount_type type, const char *target)
{
	struct lb_exec_mount *m = &r->mounts[r->mounts_count++];
	*m = (struct lb_exec_mount){ .type = type, .target = target };
	return m;
}

static int add_bind(struct running *r, const struct lb_mount *m, size_t bind, struct lb_err *err)
{
	const struct lb_source *source = bind < r->sr->in.sources_count ? &r->sr->sources[bind] : NULL;
	if (!source || !source->known)
		return refuse(r, err, "RUN --mount=type=bind: what its source holds is not known");
	if (source->items_count != 1)
		return refuse(r, err, "RUN --mount=type=bind: its source is not one file or directory");
	struct lb_exec_mount *mount = add_mount(r, LB_EXEC_BIND, m->target);
	mount->tree = source->items[0].node;
	mount->writable = !m->readonly;
	return 0;
}

static struct lb_digest cache_key(const struct lb_mount *m)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "cache directory");
	lb_sha256_adds(&h, m->id ? m->id : m->target);
	return lb_sha256_done(&h);
}

/* Every execution has a directory of its own, which starts as a copy of the one that the scope had before: a
 * fork of the scope, or another scope, must not see what is written now. A kept scope is never forked. */
static int add_cache(struct running *r, const struct lb_mount *m, struct lb_err *err)
{
	if (m->from)
		return refuse(r, err, "RUN --mount=type=cache,from=…: a cache that begins with files is not offered");
	struct lb_exec_mount *mount = add_mount(r, LB_EXEC_CACHE, m->target);
	mount->writable = !m->readonly;
	mount->uid = m->uid;
	mount->gid = m->gid;
	mount->mode = m->mode_given ? m->mode : 0755;
	mount->kept = r->b->o->keeps_results;
	if (mount->kept) {
		mount->id = m->id ? m->id : m->target;
		return 0;
	}
	struct lb_digest key = cache_key(m);
	struct lb_record before;
	bool keeps = r->b->o->keeps_mounts && r->b->o->scope;
	lb_strv_take(&r->caches, lb_format("%llu", (unsigned long long)lb_exec_serial(r->b->o->exec)));
	mount->id = r->caches.items[r->caches.count - 1];
	if (keeps && lb_scope_get(r->b->o->scope, &key, 0, &before, NULL) == 0) {
		lb_strv_addn(&r->caches, before.data, before.len);
		mount->from = r->caches.items[r->caches.count - 1];
	}
	return 0;
}

/* After a RUN that succeeded: later ones of the scope go on from here. */
static int keep_caches(struct running *r, struct lb_err *err)
{
	int rc = 0;
	size_t at = 0;
	for (size_t i = 0; !rc && i < r->sr->step->mounts_count; i++) {
		const struct lb_mount *m = &r->sr->step->mounts[i];
		if (m->type != LB_MOUNT_CACHE || r->b->o->keeps_results || !r->b->o->keeps_mounts || !r->b->o->scope)
			continue;
		while (r->mounts[at].type != LB_EXEC_CACHE)
			at++;
		struct lb_digest key = cache_key(m);
		const char *id = r->mounts[at++].id;
		rc = lb_scope_put(r->b->o->scope, &key, id, strlen(id), err);
	}
	return rc;
}

static int add_secret(struct running *r, const struct lb_mount *m, struct lb_err *err)
{
	const char *value = r->b->o->secrets && m->id ? lb_pairs_get(r->b->o->secrets, m->id) : NULL;
	if (!value && m->required) {
		lb_fail_at(err, step_pos(r->b, r->sr), "RUN --mount=type=secret: the secret '%s' was not given", m->id ? m->id : "");
		return lb_recode(err, LB_FAILED);
	}
	if (!value)
		return 0;
	if (m->env)
		lb_strv_take(&r->env, lb_format("%s=%s", m->env, value));
	if (!*m->target)
		return 0;
	struct lb_exec_mount *mount = add_mount(r, LB_EXEC_FILE, m->target);
	mount->data = value;
	mount->len = strlen(value);
	mount->uid = m->uid;
	mount->gid = m->gid;
	mount->mode = m->mode_given ? m->mode : 0400;
	return 0;
}

static int add_mounts(struct running *r, struct lb_err *err)
{
	const struct lb_step *s = r->sr->step;
	size_t binds = 0;
	int rc = 0;
	r->mounts = lb_calloc(s->mounts_count + 1, sizeof(*r->mounts));
	for (size_t i = 0; !rc && i < s->mounts_count; i++) {
		const struct lb_mount *m = &s->mounts[i];
		if (m->type == LB_MOUNT_BIND)
			rc = add_bind(r, m, binds++, err);
		else if (m->type == LB_MOUNT_CACHE)
			rc = add_cache(r, m, err);
		else if (m->type == LB_MOUNT_SECRET)
			rc = add_secret(r, m, err);
		else if (m->type == LB_MOUNT_TMPFS)
			add_mount(r, LB_EXEC_TMPFS, m->target)->size_bytes = m->size_bytes;
		else if (m->required)
			rc = refuse(r, err, "RUN --mount=type=ssh: an agent's socket is not handed to a RUN");
	}
	if (rc || !s->script)
		return rc;
	struct lb_exec_mount *script = add_mount(r, LB_EXEC_FILE, s->command);
	script->data = s->script;
	script->len = strlen(s->script);
	script->mode = 0755;
	return 0;
}

/* ---- the command ---- */

static void on_begin(void *arg)
{
	const struct running *r = arg;
	const struct lb_events *e = &r->b->o->events;
	if (e->run_begin)
		e->run_begin(e->arg, r->st->index, (int)(r->sr - r->st->steps));
}

static void on_end(void *arg, const struct lb_exec_result *used)
{
	struct running *r = arg;
	const struct lb_events *e = &r->b->o->events;
	if (!e->run_end)
		return;
	r->sr->run_ns = e->run_end(e->arg, r->st->index, (int)(r->sr - r->st->steps), used);
	r->sr->run_known = true;
}

enum { TAIL_LINES = 8, TAIL_BYTES = 800 };

/* The last lines of what it wrote, in one line. */
static char *tail_of(const struct lb_exec_result *r)
{
	const char *text = r->output.len ? r->output.data : "";
	size_t end = r->output.len, lines = 0;
	while (end && (text[end - 1] == '\n' || text[end - 1] == '\r'))
		end--;
	size_t begin = end;
	while (begin && end - begin < TAIL_BYTES && !(text[begin - 1] == '\n' && ++lines == TAIL_LINES))
		begin--;
	struct lb_buf out = { 0 };
	for (size_t i = begin; i < end; i++) {
		if (text[i] == '\n')
			lb_buf_adds(&out, " | ");
		else
			lb_buf_addc(&out, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i]);
	}
	return lb_buf_steal(&out);
}

static int failed(const struct running *r, const struct lb_exec_result *made, struct lb_err *err)
{
	lb_autofree char *tail = tail_of(made);
	lb_fail_at(err, step_pos(r->b, r->sr), "%s exited with %d%s%s", r->sr->text, made->exit_code, *tail ? ": " : "", tail);
	return lb_recode(err, LB_FAILED);
}

/* What the executor says of the step gets the step's place; what it says of the machine stays as it is. */
static int place_error(const struct running *r, int rc, struct lb_err *err)
{
	if (rc != LB_FAILED && rc != LB_UNSUPPORTED)
		return rc;
	lb_autofree char *text = lb_strdup(err->text);
	lb_fail_at(err, step_pos(r->b, r->sr), "%s: %s", r->sr->text, text);
	return lb_recode(err, LB_FAILED);
}

static int check_step(const struct running *r, const struct lb_node *root, struct lb_err *err)
{
	if (lb_node_holds_unknown(root))
		return refuse(r, err, "RUN cannot be carried out: not all files of its root file system are known");
	if (strcmp(r->sr->step->security, "sandbox") != 0)
		return refuse(r, err, "RUN --security=insecure is not offered");
	return 0;
}

static int carry_out(struct running *r, struct lb_node *root, struct lb_exec_result *made, struct lb_err *err)
{
	const struct lb_build_options *o = r->b->o;
	const struct lb_step *s = r->sr->step;
	const struct lb_exec_run run = { .layers = r->layers,
					 .layer_ids = r->ids,
					 .layers_count = r->layers_count,
					 .root = root,
					 .argv = s->argv,
					 .argv_count = s->argv_count,
					 .env = (const char *const *)r->env.items,
					 .env_count = r->env.count,
					 .cwd = s->cwd,
					 .user = s->user,
					 .mounts = r->mounts,
					 .mounts_count = r->mounts_count,
					 .network = strcmp(s->network, "host") == 0,
					 .lists_etc = shape_lists_etc(r->b, r->st, r->sr),
					 .keep_times = o->keep_times,
					 .stamp = build_stamp(r->b),
					 .cancel = o->cancel,
					 .begin = on_begin,
					 .end = on_end,
					 .arg = r };
	int rc = lb_exec_run(o->exec, &run, made, err);
	if (rc)
		return place_error(r, rc, err);
	if (made->exit_code)
		rc = failed(r, made, err);
	return rc ? rc : keep_caches(r, err);
}

/* The directory that the command begins in, made where it is missing: a layer above the others. */
static int make_cwd(struct running *r, struct lb_node **root, struct lb_node **made, struct lb_err *err)
{
	bool exists = false;
	int rc = workdir_layer(r->b, r->sr, *root, r->sr->step->cwd, made, &exists, err);
	if (rc || exists)
		return rc;
	add_layer(r, *made, NULL);
	struct lb_node *with = lb_tree_apply(*root, *made);
	lb_node_unref(*root);
	*root = with;
	return 0;
}

static int take_layer(struct lb_node *made, struct lb_node *cwd, struct lb_node **out, struct lb_err *err)
{
	*out = lb_node_ref(made);
	if (!cwd->entries_count)
		return 0;
	if (!*out)
		*out = lb_tree_empty();
	return shape_add_directories(cwd, out, err);
}

int run_exec(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct result *out, struct lb_err *err)
{
	__attribute__((cleanup(running_release))) struct running r = { .b = b, .st = st, .sr = sr };
	struct lb_exec_result made = { 0 };
	lb_autonode struct lb_node *seen = lb_node_ref(root);
	lb_autonode struct lb_node *cwd = NULL;
	int rc = check_step(&r, root, err);
	if (rc)
		return rc;
	add_stage(&r, st, (size_t)(sr - st->steps));
	add_env(&r);
	add_proxy(&r);
	rc = add_mounts(&r, err);
	if (!rc)
		rc = make_cwd(&r, &seen, &cwd, err);
	if (!rc)
		rc = carry_out(&r, seen, &made, err);
	out->world = sr->world;
	if (!rc)
		rc = take_layer(made.layer, cwd, &out->layer, err);
	lb_exec_result_release(&made);
	return rc;
}
