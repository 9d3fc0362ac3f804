/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/play.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/ignore.h"

/* ---- what a key names ---- */

int verify_key_parse(const char *key, const struct lb_policy **policy, enum lb_builder_kind *builder, struct lb_err *err)
{
	size_t len = strcspn(key, "+");
	lb_autofree char *name = lb_strndup(key, len);
	*builder = LB_BUILDER_WARM;
	int rc = lb_policy_find(name, policy, err);
	if (!rc && key[len])
		rc = lb_builder_parse(key + len + 1, builder, err);
	return rc ? lb_recode(err, LB_NOT_FOUND) : 0;
}

/* ---- one build ---- */

struct player {
	struct verify_world *w;
	const struct verify_case *c;
	const struct verify_scene *scene; /* of the state at hand */
	const struct lb_policy *policy;
	enum lb_builder_kind builder;
	struct lb_scope *scope;
	struct lb_cache *cache;
	const struct lb_dockerfile *df; /* of the state at hand */
	struct verify_played *played;   /* likewise */
	uint64_t serial;
};

static void note_reason(const struct lb_step_row *row, struct lb_buf *out)
{
	if (row->message) {
		lb_buf_adds(out, row->message);
	} else if (row->decision) {
		lb_buf_adds(out, lb_reason_name(row->reason));
		lb_autobuf struct lb_buf evidence = { 0 };
		lb_evidence_json(&row->decision->evidence, &evidence);
		if (evidence.len && strcmp(lb_buf_str(&evidence), "{}") != 0)
			lb_buf_addf(out, " %s", lb_buf_str(&evidence));
	}
}

static void on_row(void *arg, const struct lb_step_row *row)
{
	struct player *p = arg;
	struct verify_played *d = p->played;
	lb_autobuf struct lb_buf why = { 0 };
	struct verify_played_step *step;
	if (row->trigger) {
		d->triggers = lb_realloc(d->triggers, d->triggers_count + 1, sizeof(*d->triggers));
		step = &d->triggers[d->triggers_count++];
		*step = (struct verify_played_step){ 0 };
	} else {
		step = &d->steps[row->in - p->df->instructions];
	}
	note_reason(row, &why);
	free(step->text);
	free(step->why);
	*step = (struct verify_played_step){ row->in->keyword, row->outcome, lb_strdup(row->text), lb_buf_steal(&why) };
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	const char *longer = n > m ? a : b;
	size_t len = n > m ? m : n;
	return strncmp(a, b, len) == 0 && (!longer[len] || strcmp(longer + len, ":latest") == 0);
}

static struct lb_base_image *find_base(void *arg, const char *name, const char *platform)
{
	(void)platform;
	const struct player *p = arg;
	const struct lb_pairs *bases = &p->scene->bases;
	for (size_t i = 0; i < bases->count; i++)
		if (same_name(bases->items[i].name, name))
			return verify_bases_find(p->w->bases, bases->items[i].value);
	return NULL;
}

static int parse_ignore(struct verify_world *w, const char *name, struct lb_buf *text, const struct lb_ignore **out, struct lb_err *err)
{
	lb_autofree char *key = lb_format("%s\n%s", name, lb_buf_str(text));
	struct lb_ignore *made = lb_map_get(w->ignores, key);
	int rc = made ? 0 : lb_ignore_parse(name, text->data, text->len, &made, err);
	if (!rc && !lb_map_get(w->ignores, key))
		lb_map_set(w->ignores, key, made);
	*out = made;
	return rc;
}

static int read_ignore(const struct player *p, const struct lb_ignore **out, struct lb_err *err)
{
	const char *own = "Dockerfile.dockerignore", *name = ".dockerignore";
	if ((p->policy->dialect & LB_DIALECT_OWN_IGNORE) && lb_tree_get(p->scene->context, own))
		name = own;
	const struct lb_node *n = lb_tree_get(p->scene->context, name);
	lb_autobuf struct lb_buf text = { 0 };
	if (!n || !n->content)
		return 0;
	int rc = lb_content_load(n->content, &text, err);
	if (rc)
		return rc;
	pthread_mutex_lock(&p->w->lock);
	rc = parse_ignore(p->w, name, &text, out, err);
	pthread_mutex_unlock(&p->w->lock);
	return rc;
}

static void begin_steps(struct verify_played *d, const struct lb_dockerfile *df)
{
	d->steps_count = df->instructions_count;
	d->steps = lb_calloc(d->steps_count + 1, sizeof(*d->steps));
	for (size_t i = 0; i < d->steps_count; i++)
		d->steps[i] = (struct verify_played_step){ df->instructions[i].keyword, LB_META, lb_strdup(df->instructions[i].original),
							   lb_strdup("") };
}

/* docker's engines were observed with --network=none. */
static int build(struct player *p, size_t i, const struct lb_ignore *ignore, struct lb_err *err)
{
	const struct verify_state *s = &p->c->states[i];
	struct lb_build_result result;
	struct lb_build_options o = { .dockerfile = p->df,
				      .context = p->scene->context,
				      .ignore = ignore,
				      .find_base = find_base,
				      .find_base_arg = p,
				      .build_args = &s->args,
				      .secrets = &s->secrets,
				      .target = s->target,
				      .network = strcmp(p->policy->engine, "buildah") == 0 ? NULL : "none",
				      .no_cache = s->no_cache,
				      .policy = p->policy,
				      .cache = p->cache,
				      .scope = p->scope,
				      .keeps_mounts = p->builder == LB_BUILDER_WARM,
				      .store = p->w->store,
				      .tag = p->c->id,
				      .mode = LB_RUN_EXEC,
				      .exec = p->w->exec,
				      .seed = p->serial,
				      .place = i + 1,
				      .layer = { .compression = LB_UNCOMPRESSED },
				      .cancel = p->w->cancel,
				      .results = p->w->results,
				      .events = { .arg = p, .row = on_row } };
	begin_steps(p->played, p->df);
	int rc = lb_build(&o, &result, err);
	if (rc)
		return rc;
	p->played->failed = !result.ok;
	p->played->why = lb_strdup(result.ok ? "" : result.message);
	p->played->layers = result.layers;
	if (result.ok && p->c->entries && result.image_known)
		rc = verify_entries_read(p->w->store, &result.image, &p->played->entries, &p->played->entries_count, err);
	return rc;
}

/* Refused by the front end, or before the first step ran: a result, as it is with the engines. */
static bool is_refusal(int rc)
{
	return rc == LB_INVALID || rc == LB_UNSUPPORTED || rc == LB_FAILED || rc == LB_NOT_FOUND;
}

static int play_state(struct player *p, size_t i, struct lb_err *err)
{
	struct lb_parse_options po = { .dialect = p->policy->dialect };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	const struct lb_ignore *ignore = NULL;
	int rc = read_ignore(p, &ignore, err);
	if (!rc)
		rc = lb_dockerfile_parse("Dockerfile", lb_buf_str((struct lb_buf *)&p->scene->dockerfile), p->scene->dockerfile.len, &po,
					 &df, err);
	p->df = df;
	if (!rc)
		rc = build(p, i, ignore, err);
	if (!is_refusal(rc))
		return rc;
	p->played->refused = p->played->failed = true;
	p->played->why = lb_strdup(err->text);
	return 0;
}

int verify_play(struct verify_world *w, const struct verify_case *c, const struct verify_scene *scenes, uint64_t serial, const char *key,
		struct verify_played **out, struct lb_err *err)
{
	struct player p = { .w = w, .c = c, .serial = serial };
	struct verify_played *played = lb_calloc(c->states_count, sizeof(*played));
	int rc = verify_key_parse(key, &p.policy, &p.builder, err);
	if (!rc)
		rc = lb_scope_new(NULL, &p.scope, err);
	if (!rc)
		rc = lb_cache_new(p.policy, p.builder, p.scope, &p.cache, err);
	for (size_t i = 0; !rc && i < c->states_count; i++) {
		p.scene = &scenes[i];
		p.played = &played[i];
		rc = play_state(&p, i, err);
	}
	lb_cache_free(p.cache);
	lb_scope_free(p.scope);
	if (rc) {
		verify_played_free(played, c->states_count);
		return rc;
	}
	*out = played;
	return 0;
}

static void free_steps(struct verify_played_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(steps[i].text);
		free(steps[i].why);
	}
	free(steps);
}

void verify_played_free(struct verify_played *p, size_t count)
{
	for (size_t i = 0; p && i < count; i++) {
		free_steps(p[i].steps, p[i].steps_count);
		free_steps(p[i].triggers, p[i].triggers_count);
		for (size_t k = 0; k < p[i].entries_count; k++)
			lb_strv_release(&p[i].entries[k]);
		free(p[i].entries);
		free(p[i].why);
	}
	free(p);
}
