/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/hcl.h"
#include "lbench/mem.h"
#include "stats/stats.h"

static const struct {
	const char *text, *json;
} good[] = {
	{ "", "{}" },
	{ "\n  # nothing\n// at all\n/* but\n comments */\n", "{}" },
	{ "a = \"b\"", "{\"a\":\"b\"}" },
	{ "a=1\nb = -2.5 # c\nc = true\nd=null\r\n", "{\"a\":1,\"b\":-2.5,\"c\":true,\"d\":null}" },
	{ "target \"web\" {\n  context = \"web\"\n  args = { A = \"1\", \"B.C\": \"2\"\n  D = 3 }\n}\n",
	  "{\"target\":{\"web\":{\"args\":{\"A\":\"1\",\"B.C\":\"2\",\"D\":3},\"context\":\"web\"}}}" },
	{ "target web { context = \".\" }\ntarget \"web\" { target = \"x\" }",
	  "{\"target\":{\"web\":{\"context\":\".\",\"target\":\"x\"}}}" },
	{ "group \"default\" { targets = [\"a\", \"b\",] }", "{\"group\":{\"default\":{\"targets\":[\"a\",\"b\"]}}}" },
	{ "l = [\n  1, # one\n  [],\n  {}\n]", "{\"l\":[1,[],{}]}" },
	{ "variable \"TAG\" {\n  default = \"latest\"\n  validation {\n    condition = TAG != \"\"\n  }\n}",
	  "{\"variable\":{\"TAG\":{\"default\":\"latest\",\"validation\":{\"condition\":\"${TAG != \\\"\\\"}\"}}}}" },
	{ "a = \"x${TAG}y$${z}%%{w}\"", "{\"a\":\"x${TAG}y$${z}%%{w}\"}" },
	{ "a = \"${upper(\"x}\\\"{\")}\"", "{\"a\":\"${upper(\\\"x}\\\\\\\"{\\\")}\"}" },
	{ "a = \"\\n\\t\\\"\\\\\\u00e9\\U0001F600\"", "{\"a\":\"\\n\\t\\\"\\\\é😀\"}" },
	{ "a = TAG\nb = x.y[0]", "{\"a\":\"${TAG}\",\"b\":\"${x.y[0]}\"}" },
	{ "a = f(\"x,y\",\n  [1, 2]) # c\nb = 1", "{\"a\":\"${f(\\\"x,y\\\",\\n  [1, 2])}\",\"b\":1}" },
	{ "a = X == \"\" ? \"p\" : \"q\"", "{\"a\":\"${X == \\\"\\\" ? \\\"p\\\" : \\\"q\\\"}\"}" },
	{ "a = \"x\" == Y", "{\"a\":\"${\\\"x\\\" == Y}\"}" },
	{ "a = [for x in xs : x]\nb = { for k, v in m : k => v }",
	  "{\"a\":\"${[for x in xs : x]}\",\"b\":\"${{ for k, v in m : k => v }}\"}" },
	{ "a = [X, f(1, 2), \"y\"]", "{\"a\":[\"${X}\",\"${f(1, 2)}\",\"y\"]}" },
	{ "a = [1, 2][0]", "{\"a\":\"${[1, 2][0]}\"}" },
	{ "a = <<EOT\n  x\n y\nEOT\nb = 1", "{\"a\":\"  x\\n y\\n\",\"b\":1}" },
	{ "a = <<-EOT\n    x\n\n   y\n  EOT\n", "{\"a\":\" x\\n\\ny\\n\"}" },
	{ "t \"a\" { f = <<E\nRUN {\nE\n}", "{\"t\":{\"a\":{\"f\":\"RUN {\\n\"}}}" },
	{ "function \"f\" {\n  params = [x]\n  result = \"${x}-y\"\n}",
	  "{\"function\":{\"f\":{\"params\":[\"${x}\"],\"result\":\"${x}-y\"}}}" },
	{ "schlüssel = 1", "{\"schlüssel\":1}" },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(good); i++) {
		lb_autojson json_t *j = NULL;
		struct lb_err err;
		if (hcl_parse("f", good[i].text, strlen(good[i].text), &j, &err))
			fail_msg("%s: %s", good[i].text, err.text);
		lb_autofree char *is = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
		assert_string_equal(is, good[i].json);
	}
}

static const struct {
	const char *text, *message;
} bad[] = {
	{ "}", "f:1:1: the name of an attribute or a block is expected here" },
	{ "a", "f:1:2: '=', a label or '{' is expected behind 'a'" },
	{ "a =", "f:1:4: a value is expected here" },
	{ "a = \n b = 1", "f:1:5: a value is expected here" },
	{ "a = \"x", "f:1:5: this text has no closing quote on its line" },
	{ "a = \"x\ny\"", "f:1:5: this text has no closing quote on its line" },
	{ "a = \"${x\"", "f:1:6: this template has no '}'" },
	{ "a = \"\\q\"", "f:1:6: this escape is not known; \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN are" },
	{ "a = \"\\u12\"", "f:1:6: this escape is not known; \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN are" },
	{ "a = \"\\ud800\"", "f:1:6: this escape is not known; \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN are" },
	{ "a = [1\nb = 2", "f:2:6: ',' or ']' is expected here" },
	{ "a = [1,", "f:1:5: this '[' is never closed" },
	{ "a = { b = 1", "f:1:5: this '{' is never closed" },
	{ "a = { b 1 }", "f:1:9: '=' or ':' is expected behind a key" },
	{ "a = { [] = 1 }", "f:1:7: a key is expected here, or '}'" },
	{ "a = { b = 1 ] }", "f:1:13: ',', a new line or '}' is expected here" },
	{ "t \"x\" {\n a = 1\n", "f:1:7: this '{' is never closed" },
	{ "t \"x\" { a = 1 } b = 2", "f:1:17: the end of the line is expected here" },
	{ "a = 1 }", "f:1:7: the end of the line is expected here" },
	{ "a = f(1\nb = 2", "f:1:5: a bracket of this expression is never closed" },
	{ "/* x", "f:1:1: this comment has no end" },
	{ "a = <<EOT\nx\n", "f:1:5: this heredoc has no end" },
	{ "a = <<\nx\n", "f:1:5: this heredoc has no end" },
	{ "a = \"\xff\"", "f:1:5: this text is not UTF-8" },
	{ "\xff = 1", "f:1:1: this key is not UTF-8" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(bad); i++) {
		lb_autojson json_t *j = NULL;
		struct lb_err err = { 0 };
		if (hcl_parse("f", bad[i].text, strlen(bad[i].text), &j, &err) != LB_INVALID)
			fail_msg("accepted: %s", bad[i].text);
		assert_null(j);
		assert_string_equal(err.text, bad[i].message);
	}
	lb_autojson json_t *j = NULL;
	struct lb_err err = { 0 };
	assert_int_equal(hcl_parse("f", "a = \"\0\"", 7, &j, &err), LB_INVALID);
	assert_string_equal(err.text, "f:1:6: a NUL byte");
}

static void test_deep(void **state)
{
	(void)state;
	lb_autofree char *text = lb_malloc(20000);
	struct lb_err err = { 0 };
	for (const char *open = "[{("; *open; open++) {
		lb_autojson json_t *j = NULL;
		size_t n = 0;
		text[n++] = 'a';
		text[n++] = '=';
		while (n < 19000) {
			text[n++] = *open;
			if (*open == '{') {
				text[n++] = 'k';
				text[n++] = '=';
			}
		}
		text[n] = '\0';
		assert_int_equal(hcl_parse("f", text, n, &j, &err), LB_INVALID);
	}
}

/* Whatever the bytes are: an answer, or a place in the text. */
static void test_anything(void **state)
{
	(void)state;
	static const char parts[] = "{}[]()=\"$%\\\n#/*<-,.:?ab0 \xc3\xa9";
	uint64_t seed = 14;
	size_t read = 0;
	for (unsigned round = 0; round < 30000; round++) {
		const char *from = good[stats_random_below(&seed, LB_COUNT(good))].text;
		lb_autofree char *text = lb_malloc(strlen(from) + 16);
		size_t n = strlen(from);
		memcpy(text, from, n);
		for (size_t k = 1 + stats_random_below(&seed, 4); k--;) {
			char c = parts[stats_random_below(&seed, sizeof(parts) - 1)];
			size_t at = stats_random_below(&seed, n + 1);
			bool insert = stats_random_below(&seed, 2) || at == n;
			if (insert) {
				memmove(text + at + 1, text + at, n - at);
				n++;
			}
			text[at] = c;
		}
		lb_autojson json_t *j = NULL;
		struct lb_err err = { 0 };
		int rc = hcl_parse("f", text, n, &j, &err);
		unsigned line = 0, col = 0;
		read += rc == 0;
		assert_true((rc == 0) == (j != NULL));
		if (rc && sscanf(err.text, "f:%u:%u: ", &line, &col) != 2)
			fail_msg("no place: %s", err.text);
	}
	/* both ways out were taken */
	assert_in_range(read, 1000, 29000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
