/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lbench/buf.h"
#include "lbench/ignore.h"
#include "lbench/mem.h"

/* patterns: the file; ignored and kept: paths, separated by blanks */
struct row {
	const char *patterns;
	const char *ignored;
	const char *kept;
};

/* What a walk of the context finds, that hands the parents' answers down. */
static bool ignored_by_walk(const struct lb_ignore *ig, const char *path)
{
	enum { DEPTH = 32 };
	struct lb_ignore_state states[DEPTH] = { 0 };
	size_t depth = 0, len = strlen(path);
	bool ignored = false;
	for (size_t at = 0; at <= len; at++)
		if (at == len || path[at] == '/') {
			assert_true(depth < DEPTH);
			ignored = lb_ignore_step(ig, depth ? &states[depth - 1] : NULL, path, at, &states[depth]);
			if (at < len && ignored && !lb_ignore_may_reenter(ig, path, at))
				at = len;
			depth++;
		}
	for (size_t i = 0; i < depth; i++)
		lb_ignore_state_release(&states[i]);
	return ignored;
}

static void check_paths(const struct lb_ignore *ig, const struct row *row, const char *paths, bool want)
{
	while (*paths) {
		size_t n = strcspn(paths, " ");
		lb_autofree char *path = lb_strndup(paths, n);
		if (lb_ignore_matches(ig, path, n) != want)
			fail_msg("patterns '%s': '%s' is %s", row->patterns, path, want ? "kept" : "ignored");
		if (path[0] != '/' && path[n - 1] != '/' && !strstr(path, "./") && !strstr(path, "//") && strcmp(path, ".") != 0)
			if (ignored_by_walk(ig, path) != want)
				fail_msg("patterns '%s': a walk has '%s' %s", row->patterns, path, want ? "kept" : "ignored");
		paths += n;
		paths += strspn(paths, " ");
	}
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct lb_err err;
		lb_autoignore struct lb_ignore *ig = NULL;
		if (lb_ignore_parse(".dockerignore", rows[i].patterns, strlen(rows[i].patterns), &ig, &err) != 0)
			fail_msg("%s", err.text);
		check_paths(ig, &rows[i], rows[i].ignored, true);
		check_paths(ig, &rows[i], rows[i].kept, false);
	}
}

static void text_is_compared_by_part(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "dir", "dir dir/ ./dir /dir dir/a dir/a/b", "dirx dir.txt x/dir . / ./" },
		{ "dir/", "dir dir/a", "x/dir" },
		{ "/dir", "dir dir/a", "x/dir" },
		{ "a/b", "a/b a/b/c a//b a/./b x/../a/b", "a b a/bc x/a/b" },
		{ "./a/../b//c/.", "b/c b/c/d", "b a" },
		{ "a.b", "a.b", "aXb ab" },
		{ "a+(b){c}|$d", "a+(b){c}|$d", "aa(b){c}|$d" },
		{ "a^b", "a^b", "ab" },
		{ ".", "", "a . b/c" },
		{ "/", "", "a ." },
		{ "é", "é é/x", "e" },
	};
	check_rows(rows, LB_COUNT(rows));
}

static void wildcards_stay_in_a_part(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "*", "a a/b .x x/y/z", "." },
		{ "*.md", "a.md .md x.md/y", "amd b/a.md a.md5" },
		{ "a*", "a ab a/b ab/c", "b/a ba" },
		{ "a*/b", "a/b ax/b ax/b/c", "a/x/b ab" },
		{ "*/b", "a/b a/b/c", "b a/x/b" },
		{ "a?c", "abc aéc", "ac a/c abbc" },
		{ "a*b*c*d", "abcd axbxcxd abcdcd", "abc acbd abc/d" },
		{ "a?b?c", "a1b2c", "abc a1b2" },
		{ "a[b-d]e", "ace abe", "ae aae aeee" },
		{ "a[^b-d]e", "aze aée a/e", "abe" },
		{ "[a-ζ]*", "α x", "A" },
		/* names of classes, which a regular expression knows and path.Match does not */
		{ "[[:alpha:]]", "x Q x/y", "1 a] é" },
		{ "v[[:digit:]_]", "v1 v_", "v: v[" },
		{ "[^[:space:]a]", "b 1", "a" },
		{ "[[:^lower:]]", "A 1 -", "a" },
		{ "[[:upper:][:digit:]x-z]*", "Ab 1 xx y", "a w" },
		{ "[[:word:]-]", "_ - k", "+" },
		{ "[[:punct:]]", "! ~ @", "a" },
		{ "[[:x]", ": x [", "y" },
		{ "a[\\]b]", "a] ab", "a\\" },
		{ "a[\\-x]", "a- ax", "ab" },
		{ "a\\*b", "a*b", "ab axb" },
		{ "a\\\\", "a\\", "a" },
		{ "a\\?", "a?", "ab" },
		{ "a]*", "a]b", "ab" },
		{ "*^a", "", "^a b^a" },
	};
	check_rows(rows, LB_COUNT(rows));
}

static void double_stars_cross_parts(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "**", "a a/b a/b/c", "." },
		{ "**/", "a a/b", "." },
		{ "**/**", "a a/b", "." },
		{ "a/**", "a/b a/b/c", "a ab" },
		{ "**/a", "a x/a x/y/a a/b x/a/b", "xa ab x/ya" },
		{ "**a", "a xa x/a x/ya xa/b", "ab" },
		{ "a**", "a ab ab/c a/b", "ba" },
		{ "**/a/b", "a/b x/a/b x/y/a/b/z", "a x/ya/b" },
		{ "**/a/*", "a/b x/a/b x/a/b/c", "a x/a" },
		{ "**/a/**", "a/b x/a/b/c", "a x/a" },
		{ "a/**/b", "a/b a/x/b a/x/y/b a/x/b/c", "a/xb ab" },
		{ "**/*.go", "a.go x/a.go x.go/y", "a.gox" },
		{ "**/**/*.go", "a.go x/y/a.go", "a.g" },
		{ "a**/*.t", "a/x.t a/b/x.t ax.t", "b/x.t abx" },
		{ "a**b", "ab ax/b a/b", "axb a/xb" },
		{ "a/*.t**", "a/x.t a/x.ty", "a/b/x.t" },
		{ "***", "a a/b", "." },
		{ "**/x*y", "xy a/xzy b/c/xy", "xyz a/x/y" },
		{ "x/**/y/**/z", "x/y/z x/a/y/b/z x/y/y/z", "x/z x/yz" },
		{ "**/a?/**/c", "ab/c z/ab/q/c", "a/c ab/cc" },
	};
	check_rows(rows, LB_COUNT(rows));
}

static void the_last_match_decides(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "*.md\n!a.md", "b.md", "a.md" },
		{ "!a.md\n*.md", "a.md b.md", "a" },
		{ "dir\n!dir/a", "dir dir/b", "dir/a dir/a/b" },
		{ "dir\n!dir/a\ndir/a/b", "dir/a/b dir/a/b/c", "dir/a" },
		{ "**\n!src", "x", "src src/a" },
		{ "*\n!src/*.c", "src src/a.h x", "src/a.c" },
		{ "**\n!**/*.c", "a.h x", "a.c x/y/a.c" },
		{ "dir\n!**/keep", "dir/x", "dir/keep dir/a/keep/b" },
		{ "! dir\ndir2", "dir2", "dir" },
		{ "**/x\n!x/y", "x x/z", "x/y x/y/z" },
		{ "a\n!a/b\n!a/b/c\na/b", "a/b a/b/c", "b" },
		{ "x\n!x/y\nx", "x/y x/z", "y" },
	};
	check_rows(rows, LB_COUNT(rows));
}

static void lines_are_read_as_the_engine_reads_them(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "\xef\xbb\xbf# c\na", "a", "#" },
		{ "\xef\xbb\xbf"
		  "a",
		  "a", "b" },
		{ "#a\n #b", "#b", "#a a b" },
		{ "a\r\nb\r\n\r\n", "a b", "c" },
		{ "  a  \n\t!a", "", "a" },
		{ "", "", "a" },
		{ "\n\n\n", "", "a" },
		{ "!!a\n!a", "", "!a a" },
		{ "a\n! /a/b", "a", "a/b" },
		{ "a b", "", "a b" },
		{ "/a/file/here", "a/file/here", "file/here" },
		{ "\xc2\xa0"
		  "a\xe3\x80\x80",
		  "a", "b" },
	};
	check_rows(rows, LB_COUNT(rows));
	lb_autoignore struct lb_ignore *ig = NULL;
	const char text[] = "# one\n\na\n!b\n/c/\n";
	assert_int_equal(lb_ignore_parse("x", text, strlen(text), &ig, NULL), 0);
	assert_int_equal(lb_ignore_count(ig), 3);
	assert_true(lb_ignore_has_exceptions(ig));
	assert_false(lb_ignore_matches(NULL, "a", 1));
	assert_int_equal(lb_ignore_count(NULL), 0);
}

static void malformed_patterns_have_a_line(void **state)
{
	(void)state;
	static const struct {
		const char *patterns;
		const char *place;
	} rows[] = {
		{ "[", "f:1: " },     { "a\n[^", "f:2: " },      { "a\n\n#\n[^bc", "f:4: " },  { "a[", "f:1: " },
		{ "a[]", "f:1: " },   { "[]a]", "f:1: " },       { "[-]", "f:1: " },           { "[x-]", "f:1: " },
		{ "[-x]", "f:1: " },  { "[a-b-c]", "f:1: " },    { "ok\na\\", "f:2: " },       { "!", "f:1: " },
		{ "a\n! ", "f:2: " }, { "[b-a]", "f:1: " },      { "[Local-Only]/", "f:1: " }, { "a/[z-a]x", "f:1: " },
		{ "[a\\", "f:1: " },  { "[[:alpha:]", "f:1: " }, { "[[:letter:]]", "f:1: " },  { "./ !", "f:1: " },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err = { 0 };
		lb_autoignore struct lb_ignore *ig = NULL;
		if (lb_ignore_parse("f", rows[i].patterns, strlen(rows[i].patterns), &ig, &err) != LB_INVALID)
			fail_msg("'%s' is not refused", rows[i].patterns);
		if (strncmp(err.text, rows[i].place, strlen(rows[i].place)) != 0)
			fail_msg("'%s': %s", rows[i].patterns, err.text);
	}
	struct lb_err err;
	lb_autoignore struct lb_ignore *ig = NULL;
	assert_int_equal(lb_ignore_parse("f", "a\0b", 3, &ig, &err), LB_INVALID);
}

static void patterns_one_by_one(void **state)
{
	(void)state;
	char *patterns[] = { "*.txt", " # ", "", "!a.txt" };
	lb_autoignore struct lb_ignore *ig = NULL;
	assert_int_equal(lb_ignore_compile(patterns, LB_COUNT(patterns), &ig, NULL), 0);
	assert_int_equal(lb_ignore_count(ig), 3);
	assert_true(lb_ignore_matches(ig, "b.txt", 5));
	assert_true(lb_ignore_matches(ig, "#", 1));
	assert_false(lb_ignore_matches(ig, "a.txt", 5));
	char *bad[] = { "[" };
	lb_autoignore struct lb_ignore *none = NULL;
	assert_int_equal(lb_ignore_compile(bad, 1, &none, NULL), LB_INVALID);
}

static void walks_enter_only_what_may_come_back(void **state)
{
	(void)state;
	static const struct {
		const char *patterns;
		const char *dir;
		bool want;
	} rows[] = {
		{ "a", "a", false },      { "a\n!a/b", "a", true },     { "a\n!b", "a", false },       { "a\n!ab/c", "a", false },
		{ "a\n!a", "a", false },  { "a\n!a/b/c", "a/b", true }, { "a\n!**/x", "a", true },     { "a\n!a/*", "a", true },
		{ "a\n!*/x", "a", true }, { "a\n!b*", "a", false },     { "a\n!a/b**", "a/q", false }, { "a\n!a/**", "a/q", true },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autoignore struct lb_ignore *ig = NULL;
		assert_int_equal(lb_ignore_parse("f", rows[i].patterns, strlen(rows[i].patterns), &ig, NULL), 0);
		if (lb_ignore_may_reenter(ig, rows[i].dir, strlen(rows[i].dir)) != rows[i].want)
			fail_msg("%s: %s", rows[i].patterns, rows[i].dir);
	}
}

static void long_paths_and_many_stars(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf pattern = { 0 }, path = { 0 };
	for (size_t i = 0; i < 60; i++)
		lb_buf_adds(&pattern, "**/a*");
	lb_buf_adds(&pattern, "/b");
	for (size_t i = 0; i < 400; i++)
		lb_buf_adds(&path, "aaa/");
	lb_buf_adds(&path, "c");
	lb_autoignore struct lb_ignore *ig = NULL;
	assert_int_equal(lb_ignore_parse("f", pattern.data, pattern.len, &ig, NULL), 0);
	assert_false(lb_ignore_matches(ig, path.data, path.len));
	path.data[path.len - 1] = 'b';
	assert_true(lb_ignore_matches(ig, path.data, path.len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_compared_by_part),
		cmocka_unit_test(wildcards_stay_in_a_part),
		cmocka_unit_test(double_stars_cross_parts),
		cmocka_unit_test(the_last_match_decides),
		cmocka_unit_test(lines_are_read_as_the_engine_reads_them),
		cmocka_unit_test(malformed_patterns_have_a_line),
		cmocka_unit_test(patterns_one_by_one),
		cmocka_unit_test(walks_enter_only_what_may_come_back),
		cmocka_unit_test(long_paths_and_many_stars),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
