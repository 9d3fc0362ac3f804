/* SPDX-License-Identifier: Apache-2.0
 *
 * Printed answers of the sample results in data/, compared as a whole; LBENCH_REWRITE=1 rewrites the expectations.
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
#include "report/print.h"

#define DATA LBENCH_SOURCE_DIR "/harness/tests/data/"

static struct report *load(const char *name)
{
	struct lb_err err = { 0 };
	struct report *r = NULL;
	lb_autofree char *dir = lb_format(DATA "%s", name);
	if (report_load(dir, &r, &err))
		fail_msg("%s", err.text);
	return r;
}

static void expect_file(const char *path, const struct lb_buf *text)
{
	lb_autobuf struct lb_buf want = { 0 };
	if (getenv("LBENCH_REWRITE"))
		assert_int_equal(lb_fs_write(AT_FDCWD, path, text->data, text->len, NULL), 0);
	assert_int_equal(lb_fs_read(AT_FDCWD, path, &want, NULL), 0);
	assert_string_equal(text->data, lb_buf_str(&want));
}

static void test_golden(void **state)
{
	(void)state;
	static const struct {
		const char *dir, *file;
		struct report_options options;
	} cases[] = {
		{ "python-app", "expected.txt", { .width = 100 } },
		{ "python-app", "expected.wide.txt", { .width = 0 } },
		{ "python-app", "expected.narrow.txt", { .width = 60 } },
		{ "python-app", "expected.md", { .format = REPORT_MARKDOWN } },
		{ "unknowns", "expected.txt", { .width = 100 } },
		{ "two-policies", "expected.txt", { .width = 100 } },
		{ "builders", "expected.txt", { .width = 100 } },
		{ "builders", "expected.details.txt", { .width = 120, .details = true } },
		{ "failed", "expected.txt", { .width = 100 } },
		{ "failed", "expected.csv", { .format = REPORT_CSV } },
		{ "failed", "expected.json", { .format = REPORT_JSON } },
		{ "repeats", "expected.txt", { .width = 100 } },
		{ "sequence", "expected.txt", { .width = 100 } },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		report_auto struct report *r = load(cases[i].dir);
		lb_autobuf struct lb_buf out = { 0 };
		lb_autofree char *path = lb_format(DATA "%s/%s", cases[i].dir, cases[i].file);
		assert_int_equal(report_print(r, &cases[i].options, &out, NULL), 0);
		expect_file(path, &out);
		if (cases[i].options.format == REPORT_TABLE && cases[i].options.width)
			for (const char *p = out.data, *end; (end = strchr(p, '\n')); p = end + 1) {
				lb_autofree char *line = lb_strndup(p, (size_t)(end - p));
				if (text_width(line) > cases[i].options.width)
					fail_msg("%s: a line is wider than %u: %s", cases[i].file, cases[i].options.width, line);
			}
	}
}

/* With `details`, CSV gives back what was read. */
static void test_csv_details(void **state)
{
	(void)state;
	static const char *const dirs[] = { "python-app", "failed", "unknowns" };
	for (size_t i = 0; i < LB_COUNT(dirs); i++) {
		report_auto struct report *r = load(dirs[i]);
		lb_autobuf struct lb_buf out = { 0 }, want = { 0 };
		lb_autofree char *path = lb_format(DATA "%s/builds.csv", dirs[i]);
		struct report_options options = { .format = REPORT_CSV, .details = true };
		assert_int_equal(report_print(r, &options, &out, NULL), 0);
		assert_int_equal(lb_fs_read(AT_FDCWD, path, &want, NULL), 0);
		assert_string_equal(out.data, want.data);
	}
}

static void test_engine_time(void **state)
{
	(void)state;
	report_auto struct report *r = load("python-app");
	lb_autobuf struct lb_buf out = { 0 }, more = { 0 };
	assert_int_equal(report_print(r, &(struct report_options){ 0 }, &out, NULL), 0);
	assert_null(strstr(out.data, "engine"));
	assert_int_equal(report_print(r, &(struct report_options){ .details = true }, &more, NULL), 0);
	assert_non_null(strstr(more.data, "engine_ns (lbench's own engine)"));
}

static void test_color(void **state)
{
	(void)state;
	report_auto struct report *r = load("python-app");
	lb_autobuf struct lb_buf plain = { 0 }, color = { 0 }, stripped = { 0 };
	assert_int_equal(report_print(r, &(struct report_options){ .width = 80 }, &plain, NULL), 0);
	assert_int_equal(report_print(r, &(struct report_options){ .width = 80, .color = true }, &color, NULL), 0);
	assert_null(strchr(plain.data, '\033'));
	assert_non_null(strstr(color.data, "\033[31m2/5 w 21.8\033[0m"));
	for (const char *p = color.data; *p; p++) {
		if (*p == '\033')
			p = strchr(p, 'm');
		else
			lb_buf_addc(&stripped, *p);
	}
	assert_string_equal(stripped.data, plain.data);
}

static void test_answer(void **state)
{
	(void)state;
	report_auto struct report *r = load("python-app");
	report_autogroups struct report_groups groups;
	report_groups_init(&groups, r);
	struct answer a;
	assert_int_equal(report_answer(report_group_main(&groups.items[0]), &a, NULL), 0);
	assert_int_equal(a.kind, ANSWER_WASTED);
	assert_int_equal(a.step.line, 8);
	assert_int_equal(a.step.root_line, 7);
	assert_int_equal(a.step.root_files, 214);
	assert_string_equal(r->variants[a.better].name, "deps-first");
	assert_string_equal(r->variants[a.best].name, "cache-mount");
	/* 2 of the weights' 100 are ignored-file, 1 is apt-index: no miss; 6 a dependency, 2 the base: needed */
	assert_float_equal(a.step.rerun, 0.97, 1e-9);
	assert_float_equal(a.step.needed, 0.08, 1e-9);
	assert_float_equal(a.step.wasted, 0.89, 1e-9);
	assert_float_equal(a.step.wasted_ns, 0.89 * 21.4e9, 1e3);
}

static void test_instructions(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t width;
		const char *out;
	} cases[] = {
		{ "RUN --mount=type=cache,target=/c npm ci", 20, "RUN … npm ci" },
		{ "RUN --mount=a --network=none npm ci", 12, "RUN … npm ci" },
		{ "RUN --mount=a --network=none npm ci", 11, "RUN … npm…" },
		{ "RUN --mount=a npm ci", 20, "RUN --mount=a npm ci" },
		{ "RUN --mount=type=cache,target=/c npm ci", 0, "RUN --mount=type=cache,target=/c npm ci" },
		{ "RUN --mount=type=cache", 10, "RUN --mou…" },
		{ "COPY --from=a /b /c", 10, "COPY --fr…" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		text_fit_instruction(&out, cases[i].in, cases[i].width);
		assert_string_equal(lb_buf_str(&out), cases[i].out);
	}
}

static void test_text(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t width;
		const char *out;
	} cases[] = {
		{ "abc", 3, "abc" },
		{ "abcd", 3, "ab…" },
		{ "ab cd", 4, "ab…" },
		{ "äöü", 3, "äöü" },
		{ "äöüß", 3, "äö…" },
		{ "漢字漢字", 5, "漢字…" },
		{ "漢字", 4, "漢字" },
		{ "a\033[31mb\nc", 0, "a [31mb c" },
		{ "\xff\xfe", 0, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "e\xcc\x81x", 2, "e\xcc\x81x" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		text_fit(&out, cases[i].in, cases[i].width);
		assert_string_equal(lb_buf_str(&out), cases[i].out);
	}
	static const struct {
		struct amount a;
		const char *out;
	} amounts[] = {
		{ { .value = 21.84e9 }, "21.8" }, { { .value = 0 }, "0.0" },
		{ { .value = 1e6 }, "<0.1" },     { { .value = 3e9, .at_least = true }, "≥3.0" },
		{ { .none = true }, "?" },
	};
	for (size_t i = 0; i < LB_COUNT(amounts); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		text_amount(&out, &amounts[i].a, 1e9, 1);
		assert_string_equal(lb_buf_str(&out), amounts[i].out);
	}
}

static void bytes_are_rounded_as_printf_does(void **state)
{
	(void)state;
	static const uint64_t units[] = { 1000, 1000000, 1000000000 };
	static const char *const names[] = { "kB", "MB", "GB" };
	uint64_t n = 1000, seed = 1;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		n = i < 4000 ? 1000 + 25u * (uint64_t)i : (seed >> 20) >> (i % 40);
		size_t unit = n >= units[2] ? 2 : n >= units[1] ? 1 : 0;
		lb_autobuf struct lb_buf got = { 0 };
		lb_autofree char *want =
			n < 1000 ? lb_format("%d B", (int)n) : lb_format("%.1f %s", (double)n / (double)units[unit], names[unit]);
		text_bytes(&got, (double)n);
		assert_string_equal(lb_buf_str(&got), want);
	}
	lb_autobuf struct lb_buf half = { 0 };
	text_bytes(&half, 1234567.5);
	assert_string_equal(lb_buf_str(&half), "1.2 MB");
}

static void test_format_names(void **state)
{
	(void)state;
	enum report_format f;
	struct lb_err err;
	assert_int_equal(report_format_parse("markdown", &f, &err), 0);
	assert_int_equal(f, REPORT_MARKDOWN);
	assert_int_equal(report_format_parse("xml", &f, &err), LB_USAGE);
	assert_string_equal(err.text, "no format \"xml\"; there are table, json, csv and markdown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_csv_details),
		cmocka_unit_test(test_engine_time),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_format_names),
		cmocka_unit_test(bytes_are_rounded_as_printf_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
