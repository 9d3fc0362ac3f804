/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "lbench/mem.h"
#include "progress/line.h"
#include "report/text.h"

static const char command[] = "deps-first after source: RUN npm ci --no-audit --no-fund";
static const char kanji[] = "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97";

static void test_line(void **state)
{
	(void)state;
	static const struct {
		struct progress_line line;
		uint64_t elapsed_ms;
		size_t columns;
		const char *is;
	} cases[] = {
		{ { .unit = "builds", .all = 10 }, 1000, 79, "[          ]  0 of 10 builds" },
		{ { .unit = "builds", .all = 1, .now = "v: RUN true" }, 1000, 79, "[          ]  0 of 1 builds  v: RUN true" },
		{ { .unit = "builds", .done = 1, .all = 1, .misses = 2 }, 9000, 79, "[##########]  1 of 1 builds  0 hits, 2 misses" },
		{ { .unit = "builds", .done = 5, .all = 10 }, 5000, 79, "[#####     ]  5 of 10 builds  about 5 s left" },
		{ { .unit = "builds", .done = 5, .all = 10 },
		  5000,
		  119,
		  "[###############               ]  5 of 10 builds  about 5 s left" },
		{ { .unit = "builds", .done = 5, .all = 10 }, 5000, 58, "5 of 10 builds  about 5 s left" },
		{ { .unit = "builds", .done = 5, .all = 10 }, 5000, 30, "5 of 10 builds  about 5 s left" },
		{ { .unit = "builds", .done = 5, .all = 10 }, 5000, 29, "5 of 10 builds" },
		{ { .unit = "builds", .done = 5, .all = 10, .hits = 7, .misses = 3 },
		  5000,
		  50,
		  "5 of 10 builds  about 5 s left  7 hits, 3 misses" },
		{ { .unit = "builds", .done = 5, .all = 10, .hits = 7, .misses = 3, .now = command },
		  5000,
		  79,
		  "[#####     ]  5 of 10 builds  about 5 s left  7 hits, 3 misses  deps-first aft…" },
		/* what is shorter may still fit where a longer part did not */
		{ { .unit = "builds", .done = 5, .all = 10, .hits = 7, .misses = 3, .now = "v: RUN true" },
		  5000,
		  45,
		  "5 of 10 builds  about 5 s left  v: RUN true" },
		{ { .unit = "builds", .done = 5, .all = 10, .hits = 7, .misses = 3, .now = "v: RUN true" },
		  5000,
		  43,
		  "5 of 10 builds  about 5 s left" },
		{ { .unit = "builds", .done = 999999, .all = 1000000 }, 1000, 24, "999999 of 1000000 builds" },
		{ { .unit = "builds", .done = 999999, .all = 1000000 }, 1000, 23, "999999/1000000" },
		{ { .unit = "builds", .done = 999999, .all = 1000000 }, 1000, 13, "" },
		{ { .unit = "builds", .done = 12, .all = 10 }, 9000, 79, "[##########]  12 of 10 builds" },
		{ { .unit = "builds", .done = 1, .all = 2, .now = "a\tb\033[31m\nc" },
		  1000,
		  79,
		  "[#####     ]  1 of 2 builds  a b [31m c" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		progress_line_draw(&cases[i].line, cases[i].elapsed_ms, cases[i].columns, &out);
		assert_string_equal(lb_buf_str(&out), cases[i].is);
	}
}

static void test_left(void **state)
{
	(void)state;
	static const struct {
		size_t first, done, all;
		uint64_t elapsed_ms;
		const char *is;
	} cases[] = {
		{ 0, 2, 10, 60000, NULL }, /* too few */
		{ 0, 3, 10, 1999, NULL },  /* too soon */
		{ 0, 3, 10, 2000, "about 5 s left" },
		{ 0, 10, 10, 60000, NULL },
		{ 0, 3, 4, 3000, "about 1 s left" },
		{ 100, 102, 1000, 60000, NULL }, /* what was there before tells nothing */
		{ 100, 103, 200, 3000, "about 97 s left" },
		{ 0, 10, 129, 10000, "about 119 s left" },
		{ 0, 10, 130, 10000, "about 2 min left" },
		{ 0, 10, 7209, 10000, "about 120 min left" },
		{ 0, 10, 7210, 10000, "about 2 h left" },
		{ 0, 3, 1000000, 3000, "about 278 h left" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct progress_line l = { .unit = "builds", .first = cases[i].first, .done = cases[i].done, .all = cases[i].all };
		lb_autofree char *left = progress_line_left(&l, cases[i].elapsed_ms);
		if (cases[i].is)
			assert_string_equal(left, cases[i].is);
		else
			assert_null(left);
	}
}

static bool whole_characters(const char *s)
{
	return !strstr(s, "\xef\xbf\xbd");
}

/* Whatever is told and however wide the terminal: it fits, is one line of whole characters, without colour, and says the count. */
static void test_widths(void **state)
{
	(void)state;
	static const char *const now[] = {
		NULL, "", "x", command, kanji, "caf\xc3\xa9 \xf0\x9f\x9a\x80\xf0\x9f\x9a\x80\xf0\x9f\x9a\x80 RUN make -j8 all"
	};
	static const size_t counts[][2] = { { 0, 1 }, { 0, 10 }, { 1, 1 }, { 7, 10 }, { 999999, 1000000 } };
	for (size_t columns = 20; columns <= 200; columns++) {
		for (size_t i = 0; i < LB_COUNT(now) * LB_COUNT(counts); i++) {
			const size_t *n = counts[i / LB_COUNT(now)];
			lb_autobuf struct lb_buf out = { 0 };
			struct progress_line l = {
				.unit = "builds", .done = n[0], .all = n[1], .hits = n[0], .misses = 3, .now = now[i % LB_COUNT(now)]
			};
			lb_autofree char *count = lb_format("%zu of %zu builds", n[0], n[1]), *brief = lb_format("%zu/%zu", n[0], n[1]);
			progress_line_draw(&l, 60000, columns, &out);
			const char *text = lb_buf_str(&out);
			assert_in_range(text_width(text), 1, columns);
			assert_true(strstr(text, count) || strstr(text, brief));
			assert_true(whole_characters(text));
			assert_null(strpbrk(text, "\n\r\t\033"));
		}
	}
}

/* A character of two columns is there or not; the line ends a column early then. */
static void test_wide_name(void **state)
{
	(void)state;
	struct progress_line l = { .unit = "builds", .all = 2, .now = kanji };
	size_t head = strlen("0 of 2 builds") + 2;
	for (size_t columns = head + 12; columns <= head + 17; columns++) {
		lb_autobuf struct lb_buf out = { 0 };
		progress_line_draw(&l, 1000, columns, &out);
		size_t room = columns - head, whole = room >= 16 ? 8 : (room - 1) / 2;
		assert_int_equal(text_width(out.data), head + whole * 2 + (room < 16));
		assert_memory_equal(out.data + head, kanji, whole * 3);
		assert_string_equal(out.data + head + whole * 3, room < 16 ? "…" : "");
	}
}

static void test_appends(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf out = { 0 };
	struct progress_line l = { .unit = "builds", .all = 2 };
	lb_buf_adds(&out, "before: ");
	progress_line_draw(&l, 1000, 20, &out);
	assert_string_equal(lb_buf_str(&out), "before: 0 of 2 builds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),      cmocka_unit_test(test_left),    cmocka_unit_test(test_widths),
		cmocka_unit_test(test_wide_name), cmocka_unit_test(test_appends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
