/* SPDX-License-Identifier: Apache-2.0
 *
 * What lasting builds share: a build that does again what another did makes nothing anew, and says the same as one that
 * shares nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lbench/build.h"

/* Later instructions write into what earlier ones see: ENV and ARG of a name that is there, LABEL. */
static const char text[] = "ARG V=1\n"
			   "FROM base AS tools\n"
			   "ENV A=1 B=1\n"
			   "RUN fetch $A\n"
			   "FROM base\n"
			   "ARG V\n"
			   "ENV A=$V\n"
			   "LABEL l=$A\n"
			   "WORKDIR /srv/$A\n"
			   "COPY --from=tools /opt /opt\n"
			   "COPY a.txt d /in/\n"
			   "ENV A=3 V=4\n"
			   "LABEL l=$A\n"
			   "ARG V=5\n"
			   "RUN fetch $A$V\n"
			   "WORKDIR more\n"
			   "RUN other\n";

static const char context_text[] = "f 0644 0:0 @1600000000 a.txt = text a\nf 0644 0:0 @1600000000 d/b = text b\n"
				   "f 0644 0:0 @1600000000 lock = text l\n";
static const char edited_text[] = "f 0644 0:0 @1600000000 a.txt = text a\nf 0644 0:0 @1600000009 d/b = text c\n"
				  "f 0644 0:0 @1600000000 lock = text l\n";

struct scene {
	struct lb_dockerfile *df;
	struct lb_node *context, *edited;
	struct lb_base_image *bases[2];
	struct lb_model models[2];
	struct lb_store *store; /* NULL: dry */
};

struct ask {
	const struct lb_policy *policy;
	struct lb_node *context;
	struct lb_base_image *base;
	uint64_t place;
	bool lasting, no_cache;
};

static struct lb_base_image *the_base(void *arg, const char *name, const char *platform)
{
	(void)platform;
	return strcmp(name, "base") == 0 ? arg : NULL;
}

static void add_row(void *arg, const struct lb_step_row *r)
{
	char key[LB_DIGEST_TEXT] = "", diff[LB_DIGEST_TEXT] = "";
	if (r->decision)
		lb_digest_text(&r->decision->key, key);
	if (r->layer)
		lb_digest_text(&r->layer->diff_id, diff);
	lb_buf_addf(arg, "%d.%d %s %s %s %s %llu %s ", r->stage, r->index, r->text, lb_outcome_name(r->outcome), lb_reason_name(r->reason),
		    key, (unsigned long long)r->layer_bytes, diff);
	if (r->decision && r->outcome == LB_MISS)
		lb_evidence_json(&r->decision->evidence, arg);
	lb_buf_addc(arg, '\n');
}

/* One build against a cache that goes on; its rows are appended to out. */
static void build(const struct scene *s, const struct ask *a, struct lb_cache *cache, struct lb_scope *scope, struct lb_results *results,
		  struct lb_buf *out)
{
	struct lb_build_result result;
	struct lb_err err;
	struct lb_build_options o = { .dockerfile = s->df,
				      .context = a->context,
				      .find_base = the_base,
				      .find_base_arg = a->base,
				      .policy = a->policy,
				      .cache = cache,
				      .scope = scope,
				      .tag = "x",
				      .mode = s->store ? LB_RUN_MODEL : LB_RUN_DRY,
				      .models = s->models,
				      .models_count = 2,
				      .seed = 7,
				      .place = a->place,
				      .store = s->store,
				      .results = results,
				      .lasting = a->lasting,
				      .no_cache = a->no_cache,
				      .events = { .arg = out, .row = add_row } };
	if (lb_build(&o, &result, &err))
		fail_msg("%s: %s", a->policy->name, err.text);
	lb_buf_addf(out, "%d %s\n", result.ok, result.message);
}

/* A story of builds in one cache. */
static void play(const struct scene *s, const struct lb_policy *policy, struct lb_results *results, bool lasting, struct lb_buf *out)
{
	struct lb_scope *scope;
	struct lb_cache *cache;
	assert_int_equal(lb_scope_new(NULL, &scope, NULL), 0);
	assert_int_equal(lb_cache_new(policy, LB_BUILDER_WARM, scope, &cache, NULL), 0);
	struct ask a = { policy, s->context, s->bases[0], 1, lasting, false };
	build(s, &a, cache, scope, results, out);
	a.context = s->edited; /* at the same place: the files alone tell */
	build(s, &a, cache, scope, results, out);
	a.base = s->bases[1];
	a.place = 3;
	build(s, &a, cache, scope, results, out);
	a.no_cache = true;
	a.place = 4;
	build(s, &a, cache, scope, results, out);
	lb_cache_free(cache);
	lb_scope_free(scope);
}

static char *words[] = { (char *)"lock" };
static struct lb_model_write writes[] = {
	{ .path = (char *)"/opt/tools", .files = 70, .bytes = 700000, .compresses_to = 0.3 },
	{ .path = (char *)"/etc/tool", .text = (char *)"x" },
	{ .path = (char *)"/opt/old", .remove = true },
};

static int set_up(struct scene *s, bool stores)
{
	static const struct lb_base_layer_model layers[] = { { .bytes = 1000, .id = "one" }, { .bytes = 1000, .id = "two" } };
	*s = (struct scene){ .models = { { .match = (char *)"*fetch*",
					   .depends = words,
					   .depends_count = 1,
					   .depends_given = true,
					   .writes = writes,
					   .writes_count = 3,
					   .writes_given = true },
					 { .match = (char *)"*other*",
					   .writes = writes + 1,
					   .writes_count = 1,
					   .writes_given = true,
					   .reproducible = true } } };
	int rc = stores ? lb_store_open_memory(&s->store, NULL) : 0;
	for (size_t i = 0; !rc && i < 2; i++) {
		struct lb_base_model m = { .name = "base", .layers = &layers[i], .layers_count = 1 };
		rc = lb_base_from_model(&m, &s->bases[i], NULL);
	}
	rc = rc ? rc : lb_dockerfile_parse("Dockerfile", text, strlen(text), NULL, &s->df, NULL);
	rc = rc ? rc : lb_tree_parse(context_text, &s->context, NULL);
	return rc ? rc : lb_tree_parse(edited_text, &s->edited, NULL);
}

static void tear_down(struct scene *s)
{
	lb_node_unref(s->context);
	lb_node_unref(s->edited);
	lb_dockerfile_free(s->df);
	lb_base_image_free(s->bases[0]);
	lb_base_image_free(s->bases[1]);
	lb_store_close(s->store);
}

static void says_the_same(const struct scene *s, const struct lb_policy *policy)
{
	lb_autobuf struct lb_buf alone = { 0 }, first = { 0 }, second = { 0 };
	struct lb_results *own = lb_results_new(), *shared = lb_results_new();
	play(s, policy, own, false, &alone);
	play(s, policy, shared, true, &first);
	struct lb_results_counts before = lb_results_counts(shared);
	play(s, policy, shared, true, &second);
	struct lb_results_counts after = lb_results_counts(shared);
	assert_string_equal(lb_buf_str(&first), lb_buf_str(&alone));
	assert_string_equal(lb_buf_str(&second), lb_buf_str(&alone));
	/* two bases; and all that the second story did was there */
	assert_int_equal(before.plans_made, 2);
	assert_int_equal(after.plans_made, 2);
	assert_true(before.steps_made > 0);
	assert_int_equal(after.steps_made, before.steps_made);
	assert_int_equal(after.steps_recalled - before.steps_recalled, before.steps_made + before.steps_recalled);
	assert_int_equal(lb_results_counts(own).plans_made + lb_results_counts(own).steps_made, 0);
	lb_results_free(own);
	lb_results_free(shared);
}

static void same_under_every_policy(bool stores)
{
	const struct lb_policy *policies[32];
	size_t count = lb_policy_list(true, policies, LB_COUNT(policies));
	struct scene s;
	assert_int_equal(set_up(&s, stores), 0);
	assert_true(count > 3);
	for (size_t i = 0; i < count; i++)
		if (policies[i]->builders & 1U << LB_BUILDER_WARM)
			says_the_same(&s, policies[i]);
	tear_down(&s);
}

static void a_second_story_makes_nothing_under_dry(void **state)
{
	(void)state;
	same_under_every_policy(false);
}

static void a_second_story_makes_nothing_under_model(void **state)
{
	(void)state;
	same_under_every_policy(true);
}

/* Another place gives other times: nothing of it is recalled that has such times. */
static void the_place_counts(void **state)
{
	(void)state;
	struct scene s;
	lb_autobuf struct lb_buf rows = { 0 };
	struct lb_results *results = lb_results_new();
	const struct lb_policy *policy;
	assert_int_equal(set_up(&s, false), 0);
	assert_int_equal(lb_policy_find("buildkit", &policy, NULL), 0);
	for (uint64_t place = 1; place <= 3; place++) {
		struct lb_scope *scope;
		struct lb_cache *cache;
		struct ask a = { policy, s.context, s.bases[0], place, true, false };
		assert_int_equal(lb_scope_new(NULL, &scope, NULL), 0);
		assert_int_equal(lb_cache_new(policy, LB_BUILDER_WARM, scope, &cache, NULL), 0);
		build(&s, &a, cache, scope, results, &rows);
		lb_cache_free(cache);
		lb_scope_free(scope);
		struct lb_results_counts c = lb_results_counts(results);
		assert_int_equal(c.steps_made, 7 * place);
		assert_int_equal(c.steps_recalled, 0);
		assert_int_equal(c.plans_made, 1);
	}
	lb_results_free(results);
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_story_makes_nothing_under_dry),
		cmocka_unit_test(a_second_story_makes_nothing_under_model),
		cmocka_unit_test(the_place_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
