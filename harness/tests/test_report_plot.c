/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "report/report.h"

#define DATA LBENCH_SOURCE_DIR "/harness/tests/data/"

static char *dir;

static int setup(void **state)
{
	(void)state;
	return lb_fs_mkdtemp("/tmp", "report-", &dir, NULL);
}

static int teardown(void **state)
{
	(void)state;
	int rc = lb_fs_remove(AT_FDCWD, dir, NULL);
	lb_cleanup_free(&dir);
	return rc;
}

static void tables(const char *result)
{
	struct lb_err err = { 0 };
	report_auto struct report *r = NULL;
	lb_autofree char *path = lb_format(DATA "%s", result);
	if (report_load(path, &r, &err) || report_tables(r, dir, &err))
		fail_msg("%s: %s", result, err.text);
}

static char *read_file(const char *name)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *path = lb_path_join(dir, name);
	struct lb_err err = { 0 };
	if (lb_fs_read(AT_FDCWD, path, &text, &err))
		fail_msg("%s", err.text);
	return lb_buf_steal(&text);
}

static size_t count_files(const char *ending)
{
	size_t n = 0, len = strlen(ending);
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += strlen(e->d_name) > len && !strcmp(e->d_name + strlen(e->d_name) - len, ending);
	closedir(d);
	return n;
}

static void test_which_pictures(void **state)
{
	(void)state;
	static const struct {
		const char *result;
		size_t count;
		const char *there, *not_there;
	} cases[] = {
		/* a heat map a variant; rebuild, bytes, time, layers; sequence only where there is one */
		{ "python-app", 8, "heatmap-cache-mount.tsv", "sequence.tsv" },
		{ "sequence", 9, "sequence.tsv", NULL },
		/* no seconds: no picture of where time goes */
		{ "unknowns", 4, "rebuild.tsv", "time.tsv" },
		/* each of two policies */
		{ "two-policies", 12, "heatmap-copy-first-classic-28.5.tsv", "rebuild.tsv" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		assert_int_equal(lb_fs_remove(AT_FDCWD, dir, NULL), 0);
		tables(cases[i].result);
		lb_autofree char *there = lb_path_join(dir, cases[i].there),
				 *not_there = cases[i].not_there ? lb_path_join(dir, cases[i].not_there) : NULL;
		assert_int_equal(count_files(".tsv"), cases[i].count);
		assert_int_equal(count_files(".vars"), cases[i].count);
		assert_true(lb_fs_exists(AT_FDCWD, there));
		assert_false(not_there && lb_fs_exists(AT_FDCWD, not_there));
	}
}

static void test_table_contents(void **state)
{
	(void)state;
	tables("python-app");
	lb_autofree char *heat = read_file("heatmap-copy-first.tsv"), *bars = read_file("rebuild.tsv"), *time = read_file("time.tsv"),
			 *layers = read_file("layers.tsv"), *vars = read_file("heatmap-copy-first.vars");
	assert_memory_equal(heat, "x\ty\tedit\tstep\tletter\tcode\n", 25);
	assert_non_null(strstr(heat, "\n1\t5\tsource (52 %)\tCOPY . .  7\tN\t2\n"));
	assert_non_null(strstr(heat, "\n1\t6\tsource (52 %)\tRUN pip install --no-cache-dir -r require…  8\tW\t3\n"));
	assert_non_null(strstr(heat, "\n13\t4\tapt-index (1 %)\tRUN apt-get update && apt-get install -y…  6\tS\t6\n"));
	assert_non_null(strstr(bars, "\n1\tcopy-first\tsource (52 %)\t0\t1.5\t21.8\t21.8\t21.8\t19.4239\t19.4239\t19.4\n"));
	assert_non_null(strstr(time, "\n1\tsource (52 %)   copy-first\tcached\t0\t18.2\t0.62\t1.38\t"));
	assert_non_null(strstr(time, "\n1\tsource (52 %)   copy-first\trun\t18.2\t39.6\t0.62\t1.38\t"));
	assert_non_null(strstr(layers, "\t29.4 MB ◆  RUN apt-get update && apt-g…\n"));
	assert_non_null(strstr(vars, "\nkind = 'heatmap'\ntitle = 'python-app, copy-first: what each edit re-runs'\n"));
	assert_non_null(strstr(vars, "decisions: buildkit@0.25 (observed), warm builder · RUN seconds: declared · repeats: 1 · scenario "));
}

/* What nothing knows is an empty cell and no bar. */
static void test_unknown(void **state)
{
	(void)state;
	tables("unknowns");
	lb_autofree char *bars = read_file("rebuild.tsv");
	assert_non_null(strstr(bars, "\n1\tDockerfile\tsource\t0\t0\t\t0\t?\t\t0.21\t≥0.21\n"));
}

/* 0: gnuplot is here. */
static int no_gnuplot(void)
{
	const struct plot_options o = { .svg = true };
	struct lb_err err = { 0 };
	lb_autofree char *empty = lb_path_join(dir, "probe");
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, empty, NULL), 0);
	lb_autofree char *vars = lb_path_join(empty, "x.vars");
	static const char text[] = "\nkind = 'nothing'\n";
	assert_int_equal(lb_fs_write(AT_FDCWD, vars, text, strlen(text), NULL), 0);
	return report_plot(empty, &o, &err) == LB_UNAVAILABLE;
}

static void need_gnuplot(void)
{
	if (!no_gnuplot())
		return;
	if (getenv("LBENCH_MUST_RUN"))
		fail_msg("gnuplot is not installed");
	print_message("skipped: gnuplot is not installed\n");
	skip();
}

static void test_draws(void **state)
{
	(void)state;
	static const char *const results[] = { "sequence", "unknowns", "failed" };
	need_gnuplot();
	for (size_t i = 0; i < LB_COUNT(results); i++) {
		struct lb_err err = { 0 };
		lb_fs_remove(AT_FDCWD, dir, NULL);
		tables(results[i]);
		if (report_plot(dir, &(struct plot_options){ .svg = true, .scripts = LBENCH_SOURCE_DIR "/plots" }, &err))
			fail_msg("%s: %s", results[i], err.text);
		assert_int_equal(count_files(".svg"), count_files(".tsv"));
	}
}

static void test_deterministic(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	struct plot_options o = { .svg = true, .png = true, .pdf = true, .dark = true, .scripts = LBENCH_SOURCE_DIR "/plots" };
	need_gnuplot();
	tables("repeats");
	if (report_plot(dir, &o, &err))
		fail_msg("%s", err.text);
	lb_autofree char *first = read_file("rebuild.svg"), *png = read_file("rebuild.png"), *pdf = read_file("rebuild.pdf");
	assert_int_equal(report_plot(dir, &o, &err), 0);
	lb_autofree char *second = read_file("rebuild.svg");
	assert_string_equal(first, second);
	assert_non_null(strstr(first, ">copy-first</text>"));
	assert_non_null(strstr(first, ">21.8</text>"));
	assert_memory_equal(png, "\x89PNG", 4);
	assert_memory_equal(pdf, "%PDF", 4);
}

static void test_plot_errors(void **state)
{
	(void)state;
	static const struct {
		struct plot_options options;
		int code;
		const char *text;
	} cases[] = {
		{ { .svg = true, .gnuplot = "no-such-gnuplot" },
		  LB_UNAVAILABLE,
		  "no-such-gnuplot is not installed (Debian: apt-get install gnuplot-nox)" },
		{ { .svg = true, .gnuplot = "false" }, LB_IO, "bytes.svg: it says nothing" },
		{ { .svg = true, .gnuplot = "cat" }, LB_IO, "bytes.svg: cat: " },
		{ { .svg = true, .scripts = "/no/such/place" }, LB_UNAVAILABLE, "the scripts for plots are not at /no/such/place" },
	};
	tables("repeats");
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct lb_err err = { 0 };
		assert_int_equal(report_plot(dir, &cases[i].options, &err), cases[i].code);
		if (!strstr(err.text, cases[i].text))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].text, err.text);
		assert_int_equal(count_files(".svg"), 0);
	}
}

/* Text of a Dockerfile must reach gnuplot as text. */
static void test_hostile_text(void **state)
{
	(void)state;
	need_gnuplot();
	struct lb_err err = { 0 };
	lb_autofree char *result = lb_path_join(dir, "result"), *mark = lb_path_join(dir, "mark"), *plots = lb_path_join(result, "plots");
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, result, NULL), 0);
	static const char *const names[] = { "run.json", "builds.csv", "steps.csv" };
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		lb_autobuf struct lb_buf text = { 0 }, hostile = { 0 };
		lb_autofree char *from = lb_format(DATA "unknowns/%s", names[i]), *to = lb_path_join(result, names[i]);
		assert_int_equal(lb_fs_read(AT_FDCWD, from, &text, NULL), 0);
		for (const char *p = lb_buf_str(&text); *p; p++) {
			bool name = !strncmp(p, "RUN npm ci", 10) || !strncmp(p, "source", 6);
			if (name)
				lb_buf_addf(&hostile, "RUN '`touch %s`' @x $(touch %s) {/:Bold a_b^c}", mark, mark);
			else
				lb_buf_addc(&hostile, *p);
			p += !name ? 0 : *p == 'R' ? 9 : 5;
		}
		assert_int_equal(lb_fs_write(AT_FDCWD, to, hostile.data, hostile.len, NULL), 0);
	}
	report_auto struct report *r = NULL;
	if (report_load(result, &r, &err) || report_tables(r, plots, &err) ||
	    report_plot(plots, &(struct plot_options){ .svg = true, .scripts = LBENCH_SOURCE_DIR "/plots" }, &err))
		fail_msg("%s", err.text);
	assert_false(lb_fs_exists(AT_FDCWD, mark));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_which_pictures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_draws, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deterministic, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plot_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_text, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
