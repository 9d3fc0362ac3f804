/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations of the sample results in data/, compared as a whole; LBENCH_REWRITE=1 rewrites the expectations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "report/report.h"

#define DATA LBENCH_SOURCE_DIR "/harness/tests/data/"

static int explain(const char *dir, const struct explain_options *o, struct lb_buf *out, struct lb_err *err)
{
	report_auto struct report *r = NULL;
	lb_autofree char *path = lb_format(DATA "%s", dir);
	if (report_load(path, &r, err))
		fail_msg("%s", err->text);
	return report_explain(r, o, out, err);
}

static void test_golden(void **state)
{
	(void)state;
	static const struct {
		const char *dir, *file;
		struct explain_options options;
	} cases[] = {
		{ "python-app", "explain.txt", { .variant = "copy-first", .width = 120 } },
		{ "python-app", "explain.source.txt", { .edit = "source", .width = 80 } },
		{ "python-app", "explain.step.txt", { .edit = "ci-checkout", .step = "RUN pip*" } },
		{ "unknowns", "explain.txt", { .edit = "source" } },
		{ "failed", "explain.txt", { .edit = "add*", .width = 100 } },
		{ "two-policies", "explain.txt", { .edit = "build-arg", .policy = "classic*", .step = "6" } },
		{ "builders", "explain.cold.txt", { .edit = "cold", .variant = "deps-first", .width = 100 } },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct lb_err err = { 0 };
		lb_autobuf struct lb_buf out = { 0 }, want = { 0 };
		lb_autofree char *path = lb_format(DATA "%s/%s", cases[i].dir, cases[i].file);
		if (explain(cases[i].dir, &cases[i].options, &out, &err))
			fail_msg("%s: %s", path, err.text);
		if (getenv("LBENCH_REWRITE"))
			assert_int_equal(lb_fs_write(AT_FDCWD, path, out.data, out.len, NULL), 0);
		assert_int_equal(lb_fs_read(AT_FDCWD, path, &want, NULL), 0);
		assert_string_equal(out.data, lb_buf_str(&want));
	}
}

/* The three things that issue 10 asks of an explanation. */
static void test_says_what_changed(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	lb_autobuf struct lb_buf out = { 0 };
	struct explain_options o = { .variant = "copy-first", .edit = "source" };
	assert_int_equal(explain("python-app", &o, &out, &err), 0);
	assert_non_null(strstr(out.data, "files-changed  app/main.py content e389e176→07c0c29d"));
	assert_non_null(strstr(out.data, "wasted   parent-missed <- :7; depends on requirements.txt"));
	assert_non_null(strstr(out.data, "root: copy-first:7 copies 214 files, :8 needs requirements.txt"));
	assert_non_null(strstr(out.data, "Try: `COPY requirements.txt ./` before :8, the rest after it (-19.0 s a commit)"));
}

static void test_patterns_that_match_nothing(void **state)
{
	(void)state;
	static const struct {
		struct explain_options options;
		const char *text;
	} cases[] = {
		{ { .variant = "x*" }, "no variant of this result matches \"x*\"; there are: copy-first, deps-first" },
		{ { .edit = "nope" }, "no edit of this result matches \"nope\"; there are: cold, source, add-dependency, build-arg" },
		{ { .policy = "kaniko" }, "no policy of this result matches \"kaniko\"; there are: buildkit@0.25" },
		{ { .step = "RUN make*" }, "no step of this result matches \"RUN make*\" (a pattern over the instruction, or its line)" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct lb_err err = { 0 };
		lb_autobuf struct lb_buf out = { 0 };
		assert_int_equal(explain("repeats", &cases[i].options, &out, &err), LB_USAGE);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(out.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_says_what_changed),
		cmocka_unit_test(test_patterns_that_match_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
