/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lbench/buf.h"
#include "lbench/words.h"

static const char *const variables[][2] = {
	{ "HOME", "/root" },
	{ "SH", "dash" },
	{ "EMPTY", "" },
	{ "WORD_2", "two" },
	{ "GREEK", "αβγ" },
	{ "名前", "kyo" },
	{ "SPACED", " a  b " },
	{ "VER", "v1.2.3" },
	{ "PAT", "\\*" },
	{ "DOLLAR", "x$1y$$" },
	{ "FILE", "/a/b/c.tar.gz" },
	{ "STARS", "a***b*" },
	{ "LINES", "a\nb\nc" },
	{ "META", "()[]{}^$.*?|\\x" },
};

static const char *look_up(const char *name, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < LB_COUNT(variables); i++)
		if (strcmp(name, variables[i][0]) == 0)
			return variables[i][1];
	return NULL;
}

struct row {
	const char *word;
	const char *want;
};

static void check_rows(const struct lb_words *w, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct lb_err err = { 0 };
		lb_autofree char *got = NULL;
		if (lb_words_expand(w, rows[i].word, &got, NULL, &err) != 0)
			fail_msg("%s: %s", rows[i].word, err.text);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s gives '%s', not '%s'", rows[i].word, got, rows[i].want);
	}
}

static void quotes_and_escapes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "a'b'c", "abc" },
		{ "a\"b\"c", "abc" },
		{ "a\\'b", "a'b" },
		{ "a\\\\b", "a\\b" },
		{ "a\\nb", "anb" },
		{ "\"a\\nb\"", "a\\nb" },
		{ "\"a\\\\b\"", "a\\b" },
		{ "\"a\\\"b\"", "a\"b" },
		{ "\"\\$HOME\"", "$HOME" },
		{ "'a\\nb'", "a\\nb" },
		{ "'a\\'", "a\\" },
		{ "'$HOME'", "$HOME" },
		{ "\"it's\"", "it's" },
		{ "'\"x\"'", "\"x\"" },
		{ "end\\", "end" },
		{ "end\\\\", "end\\" },
		{ "\"''\"", "''" },
		{ "αβ'γ'", "αβγ" },
		{ "\\α", "α" },
		{ "a`b", "a`b" },
		{ "\xff\xfe", "\xff\xfe" },
		{ "'\xc3'\xa9", "\xc3\xa9" },
		{ "a  b", "a  b" },
		{ "\"a\"'b'\\c", "abc" },
	};
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up }, rows, LB_COUNT(rows));
	static const struct row backtick[] = {
		{ "C:\\dir\\$SH", "C:\\dir\\dash" }, { "a`$SH", "a$SH" }, { "\"`\"\\\"", "\"\\" }, { "``", "`" }, { "a`", "a" },
		{ "${FILE#`/a}", "/a/b/c.tar.gz" },
	};
	check_rows(&(struct lb_words){ .escape = '`', .lookup = look_up }, backtick, LB_COUNT(backtick));
}

static void variables_are_replaced(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "$HOME", "/root" },
		{ "${HOME}", "/root" },
		{ "a$HOME/b", "a/root/b" },
		{ "$HOMEx", "" },
		{ "${HOME}x", "/rootx" },
		{ "$WORD_2", "two" },
		{ "\\$HOME", "$HOME" },
		{ "\\\\$HOME", "\\/root" },
		{ "\\${}", "${}" },
		{ "$", "$" },
		{ "a$", "a$" },
		{ "$.", "$." },
		{ "$ x", "$ x" },
		{ "$1x", "x" },
		{ "$12x", "x" },
		{ "${12}x", "x" },
		{ "$@x", "x" },
		{ "$$x", "x" },
		{ "$?$#$!$-$*", "" },
		{ "${-}", "" },
		{ "$名前", "kyo" },
		{ "${名前}!", "kyo!" },
		{ "$GREEK", "αβγ" },
		{ "\"$HOME'$SH'\"", "/root'dash'" },
		{ "${none}}", "}" },
		{ "${none:-b {c}", "b {c" },
		{ "$\xff", "$\xff" },
		{ "$home", "" },
	};
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up }, rows, LB_COUNT(rows));
}

static void modifiers_choose(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "${none:-d}", "d" },
		{ "${none-d}", "d" },
		{ "${EMPTY:-d}", "d" },
		{ "${EMPTY-d}", "" },
		{ "${HOME:-d}", "/root" },
		{ "${none:-}", "" },
		{ "${none:+d}", "" },
		{ "${none+d}", "" },
		{ "${EMPTY:+d}", "" },
		{ "${EMPTY+d}", "d" },
		{ "${HOME:+d}", "d" },
		{ "${HOME+}", "" },
		{ "${HOME:?m}", "/root" },
		{ "${HOME?m}", "/root" },
		{ "${EMPTY?m}", "" },
		{ "${none:-$SH}", "dash" },
		{ "${none:-${nope:-${SH}!}}", "dash!" },
		{ "${HOME:+${SH}:}x", "dash:x" },
		{ "${none:-\\$SH}", "$SH" },
		{ "${none:-a\\}b}", "a}b" },
		{ "${none:-'}'}", "}" },
		{ "${none:-\"a b\"}", "a b" },
		{ "${none:-\\${SH}z}", "${SHz}" },
		{ "\"${none:-\"q\"}\"", "q" },
		{ "r-${none:+-$none}.x", "r-.x" },
	};
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up }, rows, LB_COUNT(rows));
}

static void patterns_cut_and_replace(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "${VER#v}", "1.2.3" },
		{ "${VER#x}", "v1.2.3" },
		{ "${VER#*.}", "2.3" },
		{ "${VER##*.}", "3" },
		{ "${VER%.*}", "v1.2" },
		{ "${VER%%.*}", "v1" },
		{ "${VER#}", "v1.2.3" },
		{ "${VER##}", "v1.2.3" },
		{ "${VER%}", "v1.2.3" },
		{ "${VER#?}", "1.2.3" },
		{ "${VER%?}", "v1.2." },
		{ "${VER#*}", "v1.2.3" },
		{ "${VER##*}", "" },
		{ "${none#x}", "" },
		{ "${GREEK#?}", "βγ" },
		{ "${GREEK%?}", "αβ" },
		{ "${STARS%%\\**}", "a" },
		{ "${STARS%%\\**\\*}", "a" },
		{ "${STARS#a\\*}", "**b*" },
		{ "${FILE##*/}", "c.tar.gz" },
		{ "${FILE%/*}", "/a/b" },
		{ "${FILE#$HOME}", "/a/b/c.tar.gz" },
		{ "${META#()[]{\\}^$.\\*\\?|\\\\}", "x" },
		{ "${VER#${none:-v1}}", ".2.3" },
		{ "${VER/./-}", "v1-2.3" },
		{ "${VER//./-}", "v1-2-3" },
		{ "${VER/x/-}", "v1.2.3" },
		{ "${FILE/\\//:}", ":a/b/c.tar.gz" },
		{ "${FILE//\\//:}", ":a:b:c.tar.gz" },
		{ "${FILE//\\//\\/}", "\\/a\\/b\\/c.tar.gz" },
		{ "${FILE/b*./}", "/a/gz" },
		{ "${FILE//?a/A}", "A/b/c.Ar.gz" },
		{ "${STARS//$PAT/+}", "a+++b+" },
		{ "${STARS/$EMPTY/x}", "xa***b*" },
		{ "${SH//$EMPTY/-}", "-d-a-s-h-" },
		{ "${SH///}", "dash" },
		{ "${none///}", "" },
		{ "${SH//a*/_}", "d_" },
		{ "${SH//$none/$EMPTY}", "dash" },
		{ "${LINES//*/x}", "x\nx\nx" },
		{ "${LINES#*b}", "a\nb\nc" },
		{ "${SH/a/$DOLLAR}", "dx$1y$$sh" },
		{ "${SH//a/$DOLLAR}", "dx$sh" },
		{ "${SH//a/<\\$0>}", "d<\\a>sh" },
		{ "${SH//a/\\${b}", "d\\${bsh" },
		{ "${VER#\"v\"}", "1.2.3" },
		{ "${VER#'v1.'}", "2.3" },
		{ "${STARS%'*'}", "a***b*" },
	};
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up }, rows, LB_COUNT(rows));
}

static void faults_have_a_column(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		unsigned col;
		const char *says;
	} rows[] = {
		{ "ab'cd", 3, "single quote" },
		{ "ab\"cd", 3, "double quote" },
		{ "\"cd\\\"", 1, "double quote" },
		{ "x${", 2, "missing '}'" },
		{ "x${}", 2, "bad substitution" },
		{ "${:-a}", 1, "bad substitution" },
		{ "${{a}", 1, "bad substitution" },
		{ "${.}", 1, "bad substitution" },
		{ "${a", 1, "missing '}'" },
		{ "a${b:-c", 2, "missing '}'" },
		{ "${a:", 1, "missing '}'" },
		{ "${a:-${b}", 1, "missing '}'" },
		{ "${a:-${b", 6, "missing '}'" },
		{ "${a=b}", 1, "modifier '='" },
		{ "${a:=b}", 1, "modifier ':='" },
		{ "${a:b}", 1, "modifier ':b'" },
		{ "${a:#b}", 1, "modifier ':#'" },
		{ "${a:%b}", 1, "modifier ':%'" },
		{ "${aα}${b€}", 7, "modifier '€'" },
		{ "-${a:?no $SH}", 2, "a: no dash" },
		{ "${a?}", 1, "a: is not allowed to be unset" },
		{ "${EMPTY:?}", 1, "EMPTY: is not allowed to be empty" },
		{ "${VER#\\x}", 1, "invalid escape '\\x'" },
		{ "${VER/\\a/b}", 1, "invalid escape '\\a'" },
		{ "${VER/a", 1, "missing '/'" },
		{ "${VER/a}", 1, "missing '/'" },
		{ "${VER/a/b", 1, "missing '}'" },
		{ "${VER//a}", 1, "missing '/'" },
		{ "${/a/b}", 1, "bad substitution" },
		{ "${a:-'b}", 6, "single quote" },
		{ "${a:-\"b}", 6, "double quote" },
		{ "${VER%\\", 1, "missing '}'" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_words w = { .escape = '\\', .lookup = look_up };
		struct lb_err err = { 0 };
		lb_autofree char *got = NULL;
		unsigned col = 0;
		if (lb_words_expand(&w, rows[i].word, &got, &col, &err) != LB_INVALID)
			fail_msg("%s is not refused", rows[i].word);
		if (col != rows[i].col || !strstr(err.text, rows[i].says))
			fail_msg("%s: column %u, %s", rows[i].word, col, err.text);
	}
}

static void words_split_outside_of_quotes(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "a", "a" },
		{ "a b", "a|b" },
		{ "  a \t b\n", "a|b" },
		{ "a\"  b \"c", "a  b c" },
		/* what may open a heredoc takes the blanks behind it along */
		{ "a << b<< \tc < d <<", "a|<< b<< \tc|<|d|<<" },
		{ "\"<<\" a <\\< b <<'' c", "<<|a|<<|b|<<|c" },
		{ "a\\ b", "a b" },
		{ "'' ", "" },
		{ "", "" },
		{ "$none", "" },
		{ "x$SPACED", "x|a|b" },
		{ "x${SPACED}y", "x|a|b|y" },
		{ "x\"$SPACED\"y", "x a  b y" },
		{ "$SPACED$SPACED", "a|b|a|b" },
		{ "${none:-p q}", "p|q" },
		{ "${none:-'p q'}", "p|q" },
		{ "\"${none:-p q}\"", "p q" },
		{ "a\xe3\x80\x80"
		  "b",
		  "a|b" },
		{ "a\xc2\xa0"
		  "b",
		  "a|b" },
		{ "a\\\xe3\x80\x80"
		  "b",
		  "a\xe3\x80\x80"
		  "b" },
		{ "\xff \xfe", "\xff|\xfe" },
	};
	struct lb_words w = { .escape = '\\', .lookup = look_up };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autostrv struct lb_strv got = { 0 };
		lb_autobuf struct lb_buf joined = { 0 };
		assert_int_equal(lb_words_split(&w, rows[i].word, &got, NULL, NULL), 0);
		for (size_t k = 0; k < got.count; k++)
			lb_buf_addf(&joined, "%s%s", k ? "|" : "", got.items[k]);
		if (strcmp(lb_buf_str(&joined), rows[i].want) != 0)
			fail_msg("%s splits into '%s', not '%s'", rows[i].word, lb_buf_str(&joined), rows[i].want);
	}
}

static void options_keep_what_they_say(void **state)
{
	(void)state;
	static const struct row body[] = {
		{ "it's $SH \"x", "it's dash \"x" },
		{ "a\\nb \\$SH", "anb $SH" },
		{ "${none:-\"d\"}", "\"d\"" },
	};
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up, .raw_quotes = true }, body, LB_COUNT(body));
	static const struct row raw[] = { { "a\\b\\$SH", "a\\b\\$SH" }, { "\"a\\b\\\"\"", "a\\\\b\\\"" } };
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up, .raw_escapes = true }, raw, LB_COUNT(raw));
	static const struct row keep[] = {
		{ "$none $SH", "$none dash" },
		{ "${none}", "${none}" },
		{ "${none:-$SH}", "${none:-dash}" },
		{ "${none#a${SH}}", "${none#adash}" },
		{ "${none/$SH/y}!", "${none/dash/y}!" },
		{ "${none//a/$SH}", "${none//a/dash}" },
		{ "$.", "$." },
	};
	check_rows(&(struct lb_words){ .escape = '\\', .lookup = look_up, .keep_unset = true }, keep, LB_COUNT(keep));
	struct lb_words old = { .escape = '\\', .lookup = look_up, .no_modifiers = true };
	static const char *const refused[] = { "${VER#v}", "${VER%v}", "${VER/v/w}" };
	for (size_t i = 0; i < LB_COUNT(refused); i++) {
		lb_autofree char *got = NULL;
		assert_int_equal(lb_words_expand(&old, refused[i], &got, NULL, NULL), LB_INVALID);
	}
	check_rows(&old, (struct row[]){ { "${none:-a}", "a" } }, 1);
}

static void names_are_noted_once(void **state)
{
	(void)state;
	lb_autostrv struct lb_strv used = { 0 }, unset = { 0 };
	struct lb_words w = { .escape = '\\', .lookup = look_up, .used = &used, .unset = &unset };
	lb_autofree char *got = NULL, *again = NULL;
	lb_strv_add(&unset, "before");
	assert_int_equal(lb_words_expand(&w, "$SH ${nope:-$EMPTY} $SH $nope ${before} \\$HOME", &got, NULL, NULL), 0);
	assert_int_equal(lb_words_expand(&w, "$nope$SH", &again, NULL, NULL), 0);
	assert_int_equal(used.count, 2);
	assert_true(lb_strv_has(&used, "SH") && lb_strv_has(&used, "EMPTY"));
	assert_int_equal(unset.count, 2);
	assert_true(lb_strv_has(&unset, "before") && lb_strv_has(&unset, "nope"));
}

static const char *endless(const char *name, void *arg)
{
	(void)name;
	return arg;
}

static void depth_and_length_are_bounded(void **state)
{
	(void)state;
	enum { DEPTH = 200000 };
	lb_autobuf struct lb_buf word = { 0 };
	for (size_t i = 0; i < DEPTH; i++)
		lb_buf_adds(&word, "${n:-");
	lb_buf_adds(&word, "core");
	for (size_t i = 0; i < DEPTH; i++)
		lb_buf_addc(&word, '}');
	struct lb_words w = { .escape = '\\', .lookup = look_up };
	lb_autofree char *got = NULL;
	assert_int_equal(lb_words_expand(&w, word.data, &got, NULL, NULL), 0);
	assert_string_equal(got, "core");
	lb_autobuf struct lb_buf value = { 0 };
	for (size_t i = 0; i < 1 << 20; i++)
		lb_buf_addc(&value, 'x');
	lb_buf_clear(&word);
	for (size_t i = 0; i < 12; i++)
		lb_buf_adds(&word, "$a,");
	struct lb_words big = { .escape = '\\', .lookup = endless, .arg = value.data };
	lb_autofree char *none = NULL;
	struct lb_err err;
	assert_int_equal(lb_words_expand(&big, word.data, &none, NULL, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "1 MiB"));
	lb_buf_clear(&word);
	for (size_t i = 0; i < 40; i++)
		lb_buf_adds(&word, "${SH///");
	lb_buf_adds(&word, "x");
	for (size_t i = 0; i < 40; i++)
		lb_buf_addc(&word, '}');
	assert_int_equal(lb_words_expand(&w, word.data, &none, NULL, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "1 MiB"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_and_escapes),
		cmocka_unit_test(variables_are_replaced),
		cmocka_unit_test(modifiers_choose),
		cmocka_unit_test(patterns_cut_and_replace),
		cmocka_unit_test(faults_have_a_column),
		cmocka_unit_test(words_split_outside_of_quotes),
		cmocka_unit_test(options_keep_what_they_say),
		cmocka_unit_test(names_are_noted_once),
		cmocka_unit_test(depth_and_length_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
