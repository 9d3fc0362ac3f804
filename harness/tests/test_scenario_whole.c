/* SPDX-License-Identifier: Apache-2.0
 *
 * A scenario with every key that there is, and what each of them means in C.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "scratch.h"

static const char text[] =
	"name: whole\n"
	"description: everything\n"
	"seed: 42\n"
	"scope: scenario\n"
	"metadata: canonical\n"
	"workload: [sequence, mix]\n"
	"context: context\n"
	"bases:\n"
	"  alpine:3:\n"
	"    model:\n"
	"      layers: [{ size: 1.5MiB, id: x, compresses-to: 0.5 }, 64k]\n"
	"      config: { env: [PATH=/bin, A=b=c], labels: { l: m }, cmd: [sh, -c], entrypoint: [], shell: [bash], user: u, workdir: /w,\n"
	"                exposed: [80/tcp], volumes: [/v], stop-signal: INT, onbuild: [\"RUN x\"] }\n"
	"      passwd: \"u:x:5:6::/:/bin/sh\\n\"\n"
	"      group: \"g:x:6:\\n\"\n"
	"  dir: { dir: context }\n"
	"  opaque: opaque\n"
	"variants:\n"
	"  - { name: a, dockerfile: variants/a.Dockerfile, args: { V: 2, N: }, target: last, platform: linux/arm64, ignore: [docs] }\n"
	"  - { name: b, from: a, args: [V=3], ignore: context/.dockerignore }\n"
	"every-edit: { arg: V, value: \"{{seq}}\" }\n"
	"edits:\n"
	"  - { name: one, weight: 2.5, changes: { edit: app.py }, expect: { \"?\": { \"RUN*\": hit }, b: miss } }\n"
	"  - { name: two, changes: [ { touch: app.py } ], expect: no-change }\n"
	"keep: { two: [\"COPY*\"] }\n"
	"run:\n"
	"  - match: \"*make*\"\n"
	"    depends-on: [app.py, \"world:w\"]\n"
	"    takes: { cold: 1m1.5s, warm-mount: 90ms }\n"
	"    writes:\n"
	"      - { path: /usr//lib/, files: 3, bytes: 1kB, compresses-to: 1, mode: \"0755\" }\n"
	"      - { path: /a, bytes: 5B }\n"
	"      - { path: /b, text: \"\" }\n"
	"      - { path: /c, delete: true }\n"
	"    reproducible: true\n"
	"    source: recorded\n"
	"  - { match: RUN x, takes: 2s, depends-on: [], writes: [] }\n";

static void check_base(const struct scn_base *b)
{
	const struct lb_image_config *c = &b->config;
	assert_int_equal(b->form, SCN_BASE_MODEL);
	assert_int_equal(b->layers_count, 2);
	assert_int_equal(b->layers[0].bytes, 3 << 19);
	assert_string_equal(b->layers[0].id, "x");
	assert_true(b->layers[0].compresses_to == 0.5);
	assert_int_equal(b->layers[1].bytes, 65536);
	assert_string_equal(b->layers[1].id, "");
	assert_string_equal(lb_pairs_get(&c->env, "A"), "b=c");
	assert_string_equal(lb_pairs_get(&c->labels, "l"), "m");
	assert_int_equal(c->cmd_count, 2);
	assert_true(c->cmd_set && c->entrypoint_set && c->entrypoint_count == 0);
	assert_string_equal(c->shell[0], "bash");
	assert_string_equal(c->user, "u");
	assert_string_equal(c->workdir, "/w");
	assert_string_equal(c->exposed[0], "80/tcp");
	assert_string_equal(c->volumes[0], "/v");
	assert_string_equal(c->stop_signal, "INT");
	assert_string_equal(c->onbuild[0], "RUN x");
	assert_string_equal(b->passwd, "u:x:5:6::/:/bin/sh\n");
	assert_string_equal(b->group, "g:x:6:\n");
	assert_int_equal(b[1].form, SCN_BASE_DIR);
	assert_int_equal(*b[1].path, '/');
	assert_int_equal(b[2].form, SCN_BASE_OPAQUE);
}

static void check_variants(const struct scn_variant *v)
{
	assert_string_equal(v[0].target, "last");
	assert_string_equal(v[0].platform, "linux/arm64");
	assert_string_equal(v[0].ignore_text, "docs\n");
	assert_string_equal(v[0].comment, "a: first\n");
	assert_string_equal(v[0].place, "Dockerfile");
	assert_int_equal(v[0].args.count, 2);
	assert_null(v[0].args.items[1].value);
	assert_string_equal(v[1].dockerfile, v[0].dockerfile);
	assert_string_equal(v[1].platform, "linux/arm64");
	assert_string_equal(v[1].ignore_text, "tmp\n");
	assert_int_equal(v[1].args.count, 1);
}

static void check_edits(const struct scenario *s)
{
	const struct scn_edit *one = &s->edits[0], *two = &s->edits[1];
	assert_int_equal(s->every_edit_count, 1);
	assert_true(one->weight == 2.5 && one->has_weight && !two->has_weight);
	assert_int_equal(one->expects_count, 2);
	assert_string_equal(one->expects[0].variant, "?");
	assert_string_equal(one->expects[0].step, "RUN*");
	assert_string_equal(one->expects[1].step, "*");
	assert_int_equal(one->expects[1].outcome, LB_MISS);
	assert_true(two->no_change && !one->no_change);
	assert_int_equal(two->expects_count, 1);
	assert_int_equal(two->pos.line, 24);
}

static void check_models(const struct lb_model *m)
{
	assert_int_equal(m->cold_ns, 61500000000u);
	assert_true(m->has_seconds && m->has_warm && m->reproducible && m->writes_given && m->depends_given);
	assert_int_equal(m->warm_mount_ns, 90000000);
	assert_int_equal(m->source, LB_MODEL_RECORDED);
	assert_string_equal(m->depends[1], "world:w");
	const struct lb_model_write *w = m->writes;
	assert_int_equal(m->writes_count, 4);
	assert_string_equal(w[0].path, "/usr/lib");
	assert_true(w[0].files == 3 && w[0].bytes == 1000 && !w[0].single && w[0].mode == 0755 && w[0].compresses_to == 1);
	assert_true(w[1].single && w[1].files == 1 && w[1].bytes == 5 && w[1].compresses_to == 0.4);
	assert_string_equal(w[2].text, "");
	assert_true(w[3].remove);
	assert_true(m[1].cold_ns == 2000000000u && !m[1].has_warm && m[1].writes_given && m[1].writes_count == 0);
	assert_int_equal(m[1].source, LB_MODEL_DECLARED);
}

static void every_key(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(text);
	struct scenario *loaded = NULL;
	struct lb_err err;
	if (scenario_load(dir.dir, NULL, &loaded, &err) < 0)
		fail_msg("%s", err.text);
	scn_autoscenario struct scenario *s = loaded;
	assert_string_equal(s->description, "everything");
	assert_true(s->seed == 42 && s->shared_scope && !s->disk_metadata);
	assert_int_equal(s->workload, SCN_EACH | SCN_SEQUENCE | SCN_MIX);
	check_base(s->bases);
	check_variants(s->variants);
	check_edits(s);
	check_models(s->models);
}

static void broken_expectations(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD "edits:\n  - { name: e, changes: [{ edit: app.py }],\n"
							"      expect: { a: { \"RUN*\": hit, \"COPY*\": miss }, b: hit } }\n");
	struct scenario *loaded = NULL;
	struct lb_err err;
	assert_int_equal(scenario_load(dir.dir, NULL, &loaded, &err), 0);
	scn_autoscenario struct scenario *s = loaded;
	static const struct {
		size_t variant;
		const char *text;
		enum lb_outcome outcome;
		int broken; /* index; -1 none */
	} cases[] = {
		{ 0, "RUN make", LB_HIT, -1 },       { 0, "RUN make", LB_MISS, 0 },     { 0, "COPY . .", LB_MISS, -1 },
		{ 0, "COPY . .", LB_HIT, 1 },        { 0, "RUN make", LB_UNKNOWN, -1 }, { 1, "RUN make", LB_MISS, 2 },
		{ 1, "COPY . .", LB_HIT, -1 },       { 1, "FROM x", LB_META, -1 },      { 1, "RUN make", LB_SKIPPED, -1 },
		{ 1, "RUN make", LB_UNREACHED, -1 },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		const struct scn_expect *x = scn_expect_broken(s, &s->edits[0], cases[i].variant, cases[i].text, cases[i].outcome);
		assert_ptr_equal(x, cases[i].broken < 0 ? NULL : &s->edits[0].expects[cases[i].broken]);
	}
}

/* Each of these says something else, so each has another digest. */
static void digest_of_everything(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(text);
	struct lb_digest seen[6];
	static const char *const more[][2] = {
		{ "scenario.yaml", text },
		{ "context/app.py", "print(2)\n" },
		{ "context/new", "" },
		{ "variants/a.Dockerfile", "# a: other\nFROM alpine:3 AS last\nARG V=1\nCOPY . .\nRUN make\n" },
		{ "context/.dockerignore", "temp\n" },
		{ "scenario.yaml", SCRATCH_HEAD },
	};
	for (size_t i = 0; i < LB_COUNT(seen); i++) {
		struct scenario *s = NULL;
		struct lb_err err;
		scratch_text(&dir, more[i][0], more[i][1]);
		assert_int_equal(scenario_load(dir.dir, NULL, &s, &err), 0);
		seen[i] = s->digest;
		scenario_free(s);
		for (size_t k = 0; k < i; k++)
			assert_false(lb_digest_equal(&seen[i], &seen[k]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(broken_expectations),
		cmocka_unit_test(digest_of_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
