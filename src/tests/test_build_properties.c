/* SPDX-License-Identifier: Apache-2.0
 *
 * What holds for builds of any Dockerfile, context and edits, under every policy, version and builder. Each trial is
 * a story of a few states, built one after the other; each state is also built from scratch. LBENCH_TRIALS and
 * LBENCH_SEED run more, and others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "build_play.h"

struct subject {
	const struct lb_policy *policy;
	enum lb_builder_kind kind;
};

/* A trial that is being judged. */
struct trial {
	struct subject subject;
	struct play_bases *bases;
	struct world worlds[STORY_EDITS + 2]; /* the first one, the same again, and after each edit */
	enum world_edit_kind edits[STORY_EDITS + 2];
	size_t count;
	char fault[1024]; /* "": none */
	size_t judged;    /* builds that went well */
};

static bool engine_is(const struct trial *t, const char *name)
{
	return strcmp(t->subject.policy->engine, name) == 0;
}

static void __attribute__((format(printf, 3, 4))) fault(struct trial *t, size_t state, const char *fmt, ...)
{
	if (t->fault[0])
		return;
	int n = snprintf(t->fault, sizeof(t->fault), "state %zu: ", state);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(t->fault + n, sizeof(t->fault) - (size_t)n, fmt, ap);
	va_end(ap);
}

/* ---- the properties ---- */

static void check_sums(struct trial *t, size_t state, const struct play *p)
{
	const struct lb_build_result *r = &p->total;
	uint32_t sum = r->hits + r->misses + r->meta + r->skipped + r->unknown + r->errors + r->unreached;
	if (sum != r->steps || r->steps != p->rows_count)
		fault(t, state, "%u steps, their outcomes add up to %u, %zu rows", r->steps, sum, p->rows_count);
	if (!r->ok != (r->errors != 0))
		fault(t, state, "%u errors, and the build %s", r->errors, r->ok ? "went well" : "failed");
}

static void check_no_miss(struct trial *t, size_t state, const struct play *p, const char *why)
{
	for (size_t i = 0; i < p->rows_count; i++)
		if (p->rows[i].outcome == LB_MISS)
			fault(t, state, "%s, and '%s' missed: %s", why, p->rows[i].text, lb_reason_name(p->rows[i].reason));
}

static bool any_binds(const struct world *w)
{
	for (size_t i = 0; i < WORLD_LINES; i++)
		if (w->lines[i].there && world_templates[w->lines[i].template].binds)
			return true;
	return false;
}

/* A warm BuildKit gets a file again when its time changed: then it sees what it overlooked before. */
static bool may_have_overlooked(const struct trial *t, size_t state)
{
	for (size_t i = 0; i < state; i++)
		if (t->edits[i] == WORLD_CONTENT || t->edits[i] == WORLD_MODE)
			return engine_is(t, "buildkit") && t->subject.kind == LB_BUILDER_WARM;
	return false;
}

/* Is what the edit changed nothing that this engine and version looks at? */
static bool is_overlooked(const struct trial *t, size_t state)
{
	const char *name = t->subject.policy->name;
	switch (t->edits[state]) {
	case WORLD_NOTHING:
		return true;
	case WORLD_TIME:
		return !may_have_overlooked(t, state) && (strcmp(name, "buildah@1.39") != 0 || !any_binds(&t->worlds[state]));
	case WORLD_OWNER:
		return engine_is(t, "buildkit") || engine_is(t, "classic");
	case WORLD_META:
		return engine_is(t, "buildkit");
	default:
		return false;
	}
}

static const char *const edit_names[] = { "nothing changed", "", "", "", "a time changed", "an owner changed", "", "", "", "",
					  "metadata changed" };

static const struct play_row *row_at(const struct play *p, int stage, int index)
{
	for (size_t i = 0; i < p->rows_count; i++)
		if (p->rows[i].stage == stage && p->rows[i].index == index)
			return &p->rows[i];
	return NULL;
}

static bool same_layers(const struct play_row *a, const struct play_row *b)
{
	if (!a->layer || !b->layer)
		return !a->layer && !b->layer;
	return lb_tree_equal_but_times(a->layer, b->layer);
}

/* A hit is what a build from scratch makes, or it is marked; nothing else is. */
static void check_stale(struct trial *t, size_t state, const struct play *p, const struct play *scratch)
{
	for (size_t i = 0; i < p->rows_count; i++) {
		const struct play_row *r = &p->rows[i], *clean = row_at(scratch, r->stage, r->index);
		if (r->outcome != LB_HIT && r->stale)
			fault(t, state, "'%s' is stale and no hit", r->text);
		if (r->outcome != LB_HIT || !r->layer_known || !clean || !clean->layer_known)
			continue;
		bool same = same_layers(r, clean);
		if (!same && r->stale != LB_STALE_WRONG)
			fault(t, state, "'%s' hit a layer that a build from scratch would not make, and says %d", r->text, r->stale);
		if (same && r->stale)
			fault(t, state, "'%s' is marked stale, and its layer is right", r->text);
	}
}

static const struct world_file *file_called(const struct world *w, const char *path, size_t *at)
{
	for (size_t i = 0; i < WORLD_FILES; i++)
		if (world_has(w->files, i) && strcmp(world_path(w->files, i), path) == 0) {
			*at = i;
			return &w->files[i];
		}
	return NULL;
}

/* Is there a state before this one in which the file was what the evidence says it was? */
static bool attribute_differs(const struct world *then, const struct world *now, const char *path, const char *attribute)
{
	size_t i = 0, k = 0;
	const struct world_file *a = file_called(then, path, &i), *b = file_called(now, path, &k);
	if (strcmp(attribute, "added") == 0)
		return !a && b;
	if (strcmp(attribute, "removed") == 0)
		return a && !b;
	if (!a || !b)
		return false;
	if (strcmp(attribute, "mode") == 0)
		return a->mode % 2 != b->mode % 2;
	if (strcmp(attribute, "owner") == 0)
		return a->owner % 2 != b->owner % 2;
	if (strcmp(attribute, "time") == 0)
		return a->time != b->time;
	return strcmp(attribute, "type") == 0 ? world_paths[i].kind != world_paths[k].kind : a->text != b->text;
}

static bool links_differ(const struct world *then, const struct world *now)
{
	for (size_t i = 0; i < WORLD_FILES; i++)
		if (world_paths[i].kind == LB_SYMLINK && memcmp(&then->files[i], &now->files[i], sizeof(then->files[i])) != 0)
			return true;
	return false;
}

static void check_evidence_file(struct trial *t, size_t state, const struct play_row *r)
{
	bool from = strstr(r->text, "from=") != NULL;
	if (!r->path || from || !r->attribute || r->stage < 0)
		return;
	for (size_t k = 0; k < state; k++)
		if (attribute_differs(&t->worlds[k], &t->worlds[state], r->path, r->attribute))
			return;
	/* a link that leads elsewhere is told by what it leads to */
	for (size_t k = 0; k < state; k++)
		if (links_differ(&t->worlds[k], &t->worlds[state]))
			return;
	fault(t, state, "'%s': %s of %s never was another", r->text, r->attribute, r->path);
}

static void check_evidence(struct trial *t, size_t state, const struct play *p)
{
	for (size_t i = 0; i < p->rows_count; i++) {
		const struct play_row *r = &p->rows[i];
		bool told = r->was && r->now;
		check_evidence_file(t, state, r);
		if (told && strcmp(r->was, r->now) == 0)
			fault(t, state, "'%s': %s%s was and is '%s'", r->text, r->attribute ? r->attribute : "",
			      r->argument ? r->argument : "", r->was);
		if (r->argument && !r->was && !r->now)
			fault(t, state, "'%s': %s changed from nothing to nothing", r->text, r->argument);
	}
}

enum stood { STAGE_NOT_BUILT, STOOD, STOOD_NOT };

static enum stood stood_before(const struct play *then, const struct play_row *r)
{
	enum stood stood = STAGE_NOT_BUILT;
	for (size_t i = 0; then->total.ok && i < then->rows_count; i++) {
		if (then->rows[i].stage != r->stage || !then->rows[i].decided)
			continue;
		if (strcmp(then->rows[i].text, r->text) == 0)
			return STOOD;
		stood = STOOD_NOT;
	}
	return stood;
}

/* A miss that is inherited was inherited from one, by a step that did not change. */
static void check_reasons(struct trial *t, size_t state, const struct play *p, const struct play *then)
{
	for (size_t i = 0; i < p->rows_count; i++) {
		const struct play_row *r = &p->rows[i];
		if (r->outcome == LB_MISS && !r->reason)
			fault(t, state, "'%s' missed for no reason", r->text);
		if (r->outcome == LB_HIT && r->reason)
			fault(t, state, "'%s' hit, and has the reason %s", r->text, lb_reason_name(r->reason));
		if (r->outcome == LB_MISS && r->reason == LB_FIRST_BUILD && then && stood_before(then, r) == STOOD)
			fault(t, state, "'%s' stood there before and is told as new", r->text);
		if (r->reason != LB_PARENT_MISSED)
			continue;
		const struct play_row *cause = row_at(p, r->inherited_stage, r->inherited_index);
		if (!cause || (cause->outcome != LB_MISS && !(cause->outcome == LB_META && cause->reason)))
			fault(t, state, "'%s' inherited a miss from %d:%d, which did not miss", r->text, r->inherited_stage,
			      r->inherited_index);
		/* a default that an argument overrides is spelled otherwise and means the same */
		if (then && stood_before(then, r) == STOOD_NOT && strncmp(r->text, "ARG", 3) != 0)
			fault(t, state, "'%s' is new, and told as inherited", r->text);
	}
}

/* ---- a trial ---- */

static void tell_worlds(struct trial *t, const struct story *s)
{
	t->worlds[0] = t->worlds[1] = s->first;
	t->edits[0] = t->edits[1] = WORLD_NOTHING;
	t->count = 2;
	for (size_t i = 0; i < STORY_EDITS; i++) {
		if (!s->edits[i].there)
			continue;
		struct world *w = &t->worlds[t->count];
		*w = t->worlds[t->count - (s->edits[i].kind == WORLD_BACK ? 2 : 1)];
		world_apply(w, &s->edits[i]);
		t->edits[t->count++] = s->edits[i].kind;
	}
}

static bool reuses(const struct trial *t)
{
	return t->subject.kind != LB_BUILDER_COLD && !engine_is(t, "never");
}

static void judge(struct trial *t, size_t state, const struct play *p, const struct play *then, const struct play *scratch)
{
	check_sums(t, state, p);
	if (!p->total.ok)
		return;
	t->judged++;
	if (state && reuses(t) && then->total.ok && is_overlooked(t, state))
		check_no_miss(t, state, p, edit_names[t->edits[state]]);
	check_stale(t, state, p, scratch);
	check_evidence(t, state, p);
	check_reasons(t, state, p, state ? then : NULL);
}

static void build_from_scratch(const struct trial *t, const struct world *w, struct play *out, struct builder *b)
{
	builder_open(b, t->subject.policy, t->subject.kind, t->bases);
	b->place = 1000;
	b->no_cache = true;
	play_build(b, w, out);
}

static bool story_fails(const struct story *s, void *arg)
{
	struct trial *t = arg;
	struct builder b, clean;
	static _Thread_local struct play plays[2], scratch;
	t->fault[0] = '\0';
	tell_worlds(t, s);
	builder_open(&b, t->subject.policy, t->subject.kind, t->bases);
	memset(plays, 0, sizeof(plays));
	for (size_t i = 0; i < t->count && !t->fault[0]; i++) {
		struct play *p = &plays[i % 2];
		play_release(p);
		play_build(&b, &t->worlds[i], p);
		build_from_scratch(t, &t->worlds[i], &scratch, &clean);
		if (!p->rc && !scratch.rc)
			judge(t, i, p, &plays[(i + 1) % 2], &scratch);
		play_release(&scratch);
		builder_close(&clean);
		if (p->rc)
			break;
	}
	play_release(&plays[0]);
	play_release(&plays[1]);
	builder_close(&b);
	return t->fault[0] != '\0';
}

static void print_story(const struct trial *t, uint64_t seed)
{
	lb_autobuf struct lb_buf out = { 0 };
	lb_buf_addf(&out, "LBENCH_SEED=%llu LBENCH_TRIALS=1: %s+%s: %s\n", (unsigned long long)seed, t->subject.policy->name,
		    lb_builder_name(t->subject.kind), t->fault);
	for (size_t i = 0; i < t->count; i++) {
		lb_autofree char *title = lb_format("state %zu (edit %u)", i, (unsigned)t->edits[i]);
		world_print(title, &t->worlds[i], &out);
	}
	fprintf(stderr, "%s", lb_buf_str(&out));
}

static size_t list_subjects(struct subject *out, size_t cap)
{
	const struct lb_policy *policies[32];
	size_t n = lb_policy_list(false, policies, 32), count = 0;
	for (size_t i = 0; i < n; i++)
		for (unsigned kind = 0; kind <= LB_BUILDER_COLD; kind++)
			if ((policies[i]->builders & 1U << kind) && count < cap)
				out[count++] = (struct subject){ policies[i], (enum lb_builder_kind)kind };
	return count;
}

static unsigned dialect_of(const struct lb_policy *p)
{
	bool old_buildah = strcmp(p->engine, "buildah") == 0 && strcmp(p->version, "1.43") != 0;
	return p->dialect & ~(old_buildah ? (unsigned)LB_DIALECT_LINK : 0);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);
	return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

static void test_stories(void **state)
{
	struct play_bases *bases = *state;
	struct subject subjects[64];
	size_t count = list_subjects(subjects, 64), judged = 0;
	uint64_t trials = number_from("LBENCH_TRIALS", 3000), first = number_from("LBENCH_SEED", 1);
	for (uint64_t i = 0; i < trials; i++) {
		uint64_t seed = first + i;
		struct trial t = { .subject = subjects[seed % count], .bases = bases };
		struct story story;
		story_random(&story, &(uint64_t){ seed }, dialect_of(t.subject.policy));
		if (story_fails(&story, &t)) {
			story_shrink(&story, story_fails, &t);
			story_fails(&story, &t);
			print_story(&t, seed);
			fail();
		}
		judged += t.judged;
	}
	/* most builds of random worlds must be such that can be judged */
	assert_true(judged > trials);
}

/* ---- the order of earlier builds ---- */

static void play_all(struct builder *b, struct trial *t, const size_t *order, size_t n, struct play *last)
{
	builder_open(b, t->subject.policy, t->subject.kind, t->bases);
	for (size_t i = 0; i < n; i++) {
		play_build(b, &t->worlds[order[i]], last);
		if (i + 1 < n)
			play_release(last);
	}
}

static bool order_matters(const struct story *s, void *arg)
{
	static const size_t one[] = { 0, 2, 3, 4 }, other[] = { 3, 2, 0, 4 };
	struct trial *t = arg;
	struct builder a, b;
	static _Thread_local struct play x, y;
	t->fault[0] = '\0';
	tell_worlds(t, s);
	if (t->count < 5)
		return false;
	play_all(&a, t, one, 4, &x);
	play_all(&b, t, other, 4, &y);
	for (size_t i = 0; i < x.rows_count && i < y.rows_count && !x.rc && !y.rc; i++)
		if (x.rows[i].outcome != y.rows[i].outcome ||
		    (!x.rows[i].stale && !y.rows[i].stale && !same_layers(&x.rows[i], &y.rows[i])))
			fault(t, 4, "'%s' depends on the order of the builds before: %s, %s", x.rows[i].text,
			      lb_outcome_name(x.rows[i].outcome), lb_outcome_name(y.rows[i].outcome));
	play_release(&x);
	play_release(&y);
	builder_close(&a);
	builder_close(&b);
	return t->fault[0] != '\0';
}

static void test_order(void **state)
{
	static const char *const names[] = { "classic@20.10", "classic@26.1", "classic@28.5" };
	uint64_t trials = number_from("LBENCH_TRIALS", 3000) / 4 + 1, first = number_from("LBENCH_SEED", 1);
	for (uint64_t seed = first; seed < first + trials; seed++) {
		struct trial t = { .subject = { .kind = LB_BUILDER_WARM }, .bases = *state };
		struct story story;
		assert_int_equal(lb_policy_find(names[seed % 3], &t.subject.policy, NULL), 0);
		story_random(&story, &(uint64_t){ seed }, dialect_of(t.subject.policy));
		if (order_matters(&story, &t)) {
			story_shrink(&story, order_matters, &t);
			order_matters(&story, &t);
			print_story(&t, seed);
			fail();
		}
	}
}

static int setup(void **state)
{
	struct play_bases *bases = lb_calloc(1, sizeof(*bases));
	for (unsigned i = 0; i < LB_COUNT(bases->images); i++)
		bases->images[i] = play_make_base(i);
	*state = bases;
	return 0;
}

static int teardown(void **state)
{
	struct play_bases *bases = *state;
	for (size_t i = 0; i < LB_COUNT(bases->images); i++)
		lb_base_image_free(bases->images[i]);
	free(bases);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_order),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
