/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/data.h"

#define RUN(status) \
	"{\"schema\":1,\"scenario\":{\"name\":\"s\"},\"options\":{\"repeat\":1},\"variants\":[{\"name\":\"a\"}]," \
	"\"edits\":[{\"name\":\"e\",\"weight\":2}],\"status\":\"" status "\"}"
#define BUILDS \
	"build_id,variant,subject,policy,builder,workload,edit,seq,repeat,status,steps,hits,misses,meta,skipped,unknown,wasted,stale," \
	"run_ns,wasted_run_ns,bytes_stored,bytes_pushed,message\n"
#define BUILD_1 "1,a,builtin,never,warm,each,e,1,1,ok,2,0,1,1,0,0,,0,,,5,6,\n"
#define STEPS \
	"build_id,stage,step,line,instruction,trigger,outcome,needed,stale,reason,evidence,diff_id,layer_bytes,blob_digest,blob_bytes," \
	"engine_ns,run_ns\n"
#define STEP_1 "1,0,1,1,FROM x,,meta,,,,,,,,,1,\n"
#define STEP_2 "1,0,2,2,\"RUN echo \"\"a, b\"\"\",,miss,no,,parent-missed,\"{\"\"path\"\":\"\"f\"\"}\",sha256:aa,10,sha256:bb,4,1,\n"

static char *dir;

static int setup(void **state)
{
	(void)state;
	struct lb_err err;
	return lb_fs_mkdtemp("/tmp", "report-", &dir, &err);
}

static int teardown(void **state)
{
	(void)state;
	int rc = lb_fs_remove(AT_FDCWD, dir, NULL);
	lb_cleanup_free(&dir);
	return rc;
}

static void put(const char *name, const char *text)
{
	lb_autofree char *path = lb_path_join(dir, name);
	lb_fs_remove(AT_FDCWD, path, NULL);
	if (text)
		assert_int_equal(lb_fs_write(AT_FDCWD, path, text, strlen(text), NULL), 0);
}

static void put_all(const char *run, const char *builds, const char *steps)
{
	put("run.json", run);
	put("builds.csv", builds);
	put("steps.csv", steps);
}

static void test_reads_by_name(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	report_auto struct report *r = NULL;
	put_all(RUN("done"), BUILDS BUILD_1, STEPS STEP_1 STEP_2);
	assert_int_equal(report_load(dir, &r, &err), 0);
	assert_int_equal(r->builds_count, 1);
	assert_int_equal(r->builds[0].edit, 0);
	assert_int_equal(r->builds[0].number[BN_PUSHED], 6);
	assert_true(r->builds[0].number[BN_RUN_NS] == REPORT_UNKNOWN);
	assert_true(r->builds[0].number[BN_WIRE] == REPORT_UNKNOWN);
	assert_int_equal(r->builds[0].steps_count, 2);
	const struct report_step *s = report_steps_of(r, &r->builds[0]) + 1;
	assert_string_equal(report_string(r, s->instruction), "RUN echo \"a, b\"");
	assert_int_equal(s->outcome, ST_MISS);
	assert_int_equal(s->needed, NEED_NO);
	assert_int_equal(s->blob_bytes, 4);
	assert_true(s->run_ns == REPORT_UNKNOWN);
	lb_autojson json_t *evidence = NULL;
	assert_int_equal(report_evidence(r, s, &evidence, &err), 0);
	assert_string_equal(report_member(evidence, "path"), "f");
}

static void test_crlf(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	report_auto struct report *r = NULL;
	put_all(RUN("done"),
		"message,build_id,variant,subject,policy,builder,workload,edit,seq,repeat,status,steps,hits,misses,meta,skipped,unknown,"
		"wasted,"
		"stale,run_ns,wasted_run_ns,bytes_stored,bytes_pushed\r\n\"two\r\nlines\",1,a,b,p,w,each,cold,0,1,fail,1,0,1,0,0,0,0,0,1,0,"
		"5,6\r\n",
		STEPS);
	assert_int_equal(report_load(dir, &r, &err), 0);
	assert_string_equal(r->builds[0].text[BT_MESSAGE], "two\r\nlines");
	assert_int_equal(r->builds[0].number[BN_PUSHED], 6);
	assert_int_equal(r->builds[0].edit, EDIT_COLD);
}

static void test_half_line(void **state)
{
	(void)state;
	static const struct {
		const char *name, *builds, *steps;
		size_t builds_count, steps_count;
	} cases[] = {
		{ "in a number", BUILDS BUILD_1 "2,a,builtin,ne", STEPS STEP_1 "1,0,2,2,RUN", 1, 1 },
		{ "inside quotes", BUILDS BUILD_1, STEPS STEP_1 "1,0,2,2,\"RUN a", 1, 1 },
		{ "steps of a build that is not written yet", BUILDS BUILD_1, STEPS STEP_1 "2,0,1,1,FROM x,,meta,,,,,,,,,1,\n", 1, 1 },
		{ "no build yet", BUILDS, STEPS, 0, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct lb_err err = { 0 };
		report_auto struct report *r = NULL, *done = NULL;
		put_all(RUN("running"), cases[i].builds, cases[i].steps);
		if (report_load(dir, &r, &err))
			fail_msg("%s: %s", cases[i].name, err.text);
		assert_int_equal(r->builds_count, cases[i].builds_count);
		assert_int_equal(r->steps_count, cases[i].steps_count);
		put("run.json", RUN("done"));
		assert_int_equal(report_load(dir, &done, &err), i == 3 ? 0 : LB_INVALID);
	}
}

static void test_errors(void **state)
{
	(void)state;
	static const struct {
		const char *run, *builds, *steps, *text;
	} cases[] = {
		{ NULL, NULL, NULL, ": not a result (it has no run.json)" },
		{ "{\"schema\":1,\n \"a\" }", BUILDS, STEPS, "/run.json:2:6: not valid JSON" },
		{ "[]", BUILDS, STEPS, "/run.json:1:1: an object is expected" },
		{ "{\"schema\":2}", BUILDS, STEPS, "/run.json:1:2: \"schema\" is 2; this lbench reads 1" },
		{ "{\"schema\":1,\"scenario\":{\"name\":\"s\"},\"options\":{},\"status\":\"done\"}", BUILDS, STEPS,
		  "/run.json: \"variants\" is missing; an array is expected" },
		{ "{\"schema\":1,\"scenario\":{},\"options\":{},\"status\":\"done\",\"variants\":[],\"edits\":[{\"name\":\"e\",\"weight\":-"
		  "1}]}",
		  BUILDS, STEPS, "/run.json: edits[0]: \"weight\" is not null or a number from 0 on" },
		{ RUN("done"), NULL, STEPS, "cannot open " },
		{ RUN("done"), "", STEPS, "/builds.csv:1:1: empty; a header row is expected" },
		{ RUN("done"), "build_id,variant\n", STEPS, "/builds.csv:1:1: no column \"subject\" in the header row" },
		{ RUN("done"), BUILDS "1,a,b,p,w,each,e,1,1,ok,2,0,x1,1,0,0,0,0,0,0,5,6,\n", STEPS,
		  "/builds.csv:2:29: \"x1\" in column misses; a whole number is expected, or nothing where it is unknown" },
		{ RUN("done"), BUILDS "1,a,b,p,w,each,é,1,1,ok,2,0,-1,1,0,0,0,0,0,0,5,6,\n", STEPS,
		  "/builds.csv:2:29: \"-1\" in column misses" },
		{ RUN("done"), BUILDS "1,a,b,p,w,each,e,1,1,great,2,0,1,1,0,0,0,0,0,0,5,6,\n", STEPS,
		  "/builds.csv:2:22: \"great\" in column status; one of ok|fail|skip is expected" },
		{ RUN("done"), BUILDS BUILD_1 "2,zz,b,p,w,each,e,1,1,ok,2,0,1,1,0,0,0,0,0,0,5,6,\n", STEPS,
		  "/builds.csv:3:3: variant \"zz\" is not in run.json" },
		{ RUN("done"), BUILDS "1,a,b\n", STEPS, "/builds.csv:2:5: 3 of 23 fields; the line is cut off" },
		{ RUN("done"), BUILDS "1,\"a\"x,b\n", STEPS, "/builds.csv:2:3: text follows a closing quote" },
		{ RUN("done"), BUILDS BUILD_1 "1,\"a,b\n", STEPS, "/builds.csv:3:3: the quoted text does not end" },
		{ RUN("done"), BUILDS BUILD_1, STEPS STEP_1 "7,0,2,2,RUN,,miss,,,,,,,,,1,\n",
		  "/steps.csv:3:1: build_id \"7\" is not in builds.csv" },
		{ RUN("done"), BUILDS BUILD_1, STEPS "1,0,2,2,RUN,,maybe,,,,,,,,,1,\n",
		  "/steps.csv:2:14: \"maybe\" in column outcome; one of hit|miss|meta|skipped|unknown|error|unreached is expected" },
		{ RUN("done"), BUILDS BUILD_1, STEPS "1,0,2,2,\"RUN\na\",,miss,perhaps,,,,,,,,1,\n",
		  "/steps.csv:3:10: \"perhaps\" in column needed; one of yes|no is expected" },
		{ RUN("done"), BUILDS BUILD_1, STEPS "1,0,2,2,RUN,,miss,,,,,,,,,1,,9\n",
		  "/steps.csv:2:30: more fields than the 17 columns" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct lb_err err = { 0 };
		report_auto struct report *r = NULL;
		put_all(cases[i].run, cases[i].builds, cases[i].steps);
		assert_int_equal(report_load(dir, &r, &err), LB_INVALID);
		if (!strstr(err.text, cases[i].text))
			fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].text, err.text);
	}
}

static void test_bad_evidence(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	report_auto struct report *r = NULL;
	put_all(RUN("done"), BUILDS BUILD_1, STEPS STEP_1 "1,0,2,2,RUN,,miss,no,,parent-missed,[1],,,,,1,\n");
	assert_int_equal(report_load(dir, &r, &err), 0);
	lb_autojson json_t *evidence = NULL;
	assert_int_equal(report_evidence(r, &r->steps[1], &evidence, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "/steps.csv:3:37: the evidence is not a JSON object"));
	assert_null(evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crlf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_line, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_evidence, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
