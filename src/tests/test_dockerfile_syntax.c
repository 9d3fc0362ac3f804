/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile_util.h"

#define LONG_LINE 65535

static void check_sexp(const char *text, const char *expected)
{
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(text);
	lb_autobuf struct lb_buf out = { 0 };
	lb_dockerfile_sexp(df, &out);
	assert_string_equal(lb_buf_str(&out), expected);
}

static const char *const forms[][2] = {
	/* JSON, else the rest */
	{ "RUN echo  a \"b c\"  ", "(run \"echo  a \\\"b c\\\"\")\n" },
	{ "RUN [\"a\", \"b c\"]", "(run \"a\" \"b c\")\n" },
	{ "run", "(run)\n" },
	{ "CMD []", "(cmd)\n" },
	{ "CMD [ ]", "(cmd)\n" },
	{ "Cmd [\"a\"] b", "(cmd \"[\\\"a\\\"] b\")\n" },
	{ "ENTRYPOINT ['a']", "(entrypoint \"['a']\")\n" },
	{ "ENTRYPOINT [\"a\",]", "(entrypoint \"[\\\"a\\\",]\")\n" },
	{ "SHELL [\"/bin/sh\",\"-c\"]", "(shell \"/bin/sh\" \"-c\")\n" },
	{ "SHELL /bin/sh", "(shell \"/bin/sh\")\n" },
	{ "RUN [ -f a ] && b", "(run \"[ -f a ] && b\")\n" },
	{ "RUN [\"a\", \"b\"", "(run \"[\\\"a\\\", \\\"b\\\"\")\n" },
	{ "RUN [\"a\\u00e9\\n\\u0001\\ud83d\\ude00\"]", "(run \"a\xc3\xa9\\n\\x01\xf0\x9f\x98\x80\")\n" },
	/* JSON, else words */
	{ "COPY --chown=me \"a b\" /tmp", "(copy [\"--chown=me\"] \"\\\"a\" \"b\\\"\" \"/tmp\")\n" },
	{ "COPY [\"a b\", \"/tmp\"]", "(copy \"a b\" \"/tmp\")\n" },
	{ "ADD a\tb  \v c", "(add \"a\" \"b\" \"c\")\n" },
	{ "VOLUME /a /b", "(volume \"/a\" \"/b\")\n" },
	{ "VOLUME [\"/a\"]", "(volume \"/a\")\n" },
	{ "VOLUME", "(volume)\n" },
	{ "ADD [a", "(add \"[a\")\n" },
	/* words */
	{ "FROM a AS b", "(from \"a\" \"AS\" \"b\")\n" },
	{ "FROM", "(from)\n" },
	{ "EXPOSE 80 \"90 91\"", "(expose \"80\" \"\\\"90\" \"91\\\"\")\n" },
	/* pairs */
	{ "ENV a=b", "(env \"a\" \"b\" \"=\")\n" },
	{ "ENV a=b=c d=", "(env \"a\" \"b=c\" \"=\" \"d\" \"\" \"=\")\n" },
	{ "ENV a b  c=d", "(env \"a\" \"b  c=d\" \"\")\n" },
	{ "ENV a \t b", "(env \"a\" \"b\" \"\")\n" },
	{ "ENV", "(env)\n" },
	{ "ENV =b", "(env \"\" \"b\" \"=\")\n" },
	{ "ENV a=\"b c\" d='e \"f'", "(env \"a\" \"\\\"b c\\\"\" \"=\" \"d\" \"'e \\\"f'\" \"=\")\n" },
	{ "ENV a=b\\ c d=\"e\\\"f g\"", "(env \"a\" \"b\\\\ c\" \"=\" \"d\" \"\\\"e\\\\\\\"f g\\\"\" \"=\")\n" },
	{ "ENV a='b\\' c=d", "(env \"a\" \"'b\\\\'\" \"=\" \"c\" \"d\" \"=\")\n" },
	{ "ENV a=\"b c", "(env \"a\" \"\\\"b c\" \"=\")\n" },
	{ "LABEL \"a b\"=c d=e", "(label \"\\\"a b\\\"\" \"c\" \"=\" \"d\" \"e\" \"=\")\n" },
	{ "LABEL a b", "(label \"a\" \"b\" \"\")\n" },
	{ "LABEL \"a b\" c", "(label \"\\\"a\" \"b\\\" c\" \"\")\n" },
	/* quoted words */
	{ "ARG a b=\"c d\" 'e f'=g", "(arg \"a\" \"b=\\\"c d\\\"\" \"'e f'=g\")\n" },
	{ "ARG", "(arg)\n" },
	{ "ARG a\xc2\xa0"
	  "b",
	  "(arg \"a\" \"b\")\n" },
	/* the rest of the line */
	{ "MAINTAINER A B <c@d>", "(maintainer \"A B <c@d>\")\n" },
	{ "STOPSIGNAL  SIGTERM x ", "(stopsignal \"SIGTERM x\")\n" },
	{ "USER a b", "(user \"a b\")\n" },
	{ "WORKDIR /a b", "(workdir \"/a b\")\n" },
	{ "WORKDIR", "(workdir)\n" },
	/* HEALTHCHECK */
	{ "HEALTHCHECK", "(healthcheck)\n" },
	{ "HEALTHCHECK NONE", "(healthcheck \"NONE\")\n" },
	{ "HEALTHCHECK cmd", "(healthcheck \"cmd\")\n" },
	{ "HEALTHCHECK --interval=5s CMD  a  b", "(healthcheck [\"--interval=5s\"] \"CMD\" \"a  b\")\n" },
	{ "HEALTHCHECK CMD [ \"a\", \"b\" ]", "(healthcheck \"CMD\" \"a\" \"b\")\n" },
	{ "HEALTHCHECK CMD []", "(healthcheck \"CMD\")\n" },
	{ "HEALTHCHECK foo bar", "(healthcheck \"foo\" \"bar\")\n" },
	/* ONBUILD */
	{ "ONBUILD", "(onbuild)\n" },
	{ "ONBUILD RUN make", "(onbuild (run \"make\"))\n" },
	{ "ONBUILD RUN [\"a\"]", "(onbuild (run \"a\"))\n" },
	{ "OnBuild --x COPY --from=a b c", "(onbuild [\"--x\"] (copy [\"--from=a\"] \"b\" \"c\"))\n" },
	{ "ONBUILD ONBUILD ENV a=b", "(onbuild (onbuild (env \"a\" \"b\" \"=\")))\n" },
	{ "ONBUILD foo bar", "(onbuild (foo \"\"))\n" },
	/* unknown */
	{ "FOO bar", "(foo \"\")\n" },
	{ "foo", "(foo \"\")\n" },
	{ "Foo --a=b c", "(foo [\"--a=b\"] \"\")\n" },
};

static void every_form_of_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(forms); i++)
		check_sexp(forms[i][0], forms[i][1]);
}

static void flags_are_taken_out_and_unquoted(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "COPY --user=me --link a b", "(copy [\"--user=me\" \"--link\"] \"a\" \"b\")\n" },
		{ "COPY --a=\"b c\"d --e=\\\"f 'g' h", "(copy [\"--a=b cd\" \"--e=\\\"f\"] \"'g'\" \"h\")\n" },
		{ "COPY --a='b\\'c d' e f", "(copy [\"--a=b'c d\"] \"e\" \"f\")\n" },
		{ "COPY -- a b", "(copy \"a\" \"b\")\n" },
		{ "COPY --a -- --b c", "(copy [\"--a\"] \"--b\" \"c\")\n" },
		{ "COPY a --b c", "(copy \"a\" \"--b\" \"c\")\n" },
		{ "COPY - a", "(copy \"-\" \"a\")\n" },
		{ "CMD --doit [ \"a\", \"b\" ]", "(cmd [\"--doit\"] \"a\" \"b\")\n" },
		{ "CMD --doit -- [ ]", "(cmd [\"--doit\"])\n" },
		{ "CMD --doit", "(cmd [\"--doit\"])\n" },
		{ "CMD --", "(cmd)\n" },
		{ "CMD --a=", "(cmd [\"--a=\"])\n" },
		{ "CMD --a=\"b", "(cmd [\"--a=b\"])\n" },
		{ "# escape=`\nCOPY --a=`\"b --c=\\d e f", "(copy [\"--a=\\\"b\" \"--c=\\\\d\"] \"e\" \"f\")\n" },
		{ "RUN \\\n  --a \\\n  --b=\"c \\\n  d\" \\\n  e", "(run [\"--a\" \"--b=c   d\"] \"e\")\n" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_sexp(rows[i][0], rows[i][1]);
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax("RUN a\nCOPY \\\n --from=a=b  \\\n  --link c d");
	const struct lb_flag *flags = df->instructions[1].flags;
	assert_string_equal(flags[0].name, "from");
	assert_string_equal(flags[0].value, "a=b");
	assert_true(flags[0].has_value);
	assert_int_equal(flags[0].line, 3);
	assert_int_equal(flags[0].col, 2);
	assert_string_equal(flags[1].name, "link");
	assert_string_equal(flags[1].value, "");
	assert_false(flags[1].has_value);
	assert_int_equal(flags[1].line, 4);
	assert_int_equal(flags[1].col, 3);
}

static void lines_are_joined(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "RUN a\\\nb", "(run \"ab\")\n" },
		{ "RUN a \\\n  b", "(run \"a   b\")\n" },
		{ "RUN a \\ \t\nb", "(run \"a b\")\n" },
		{ "RUN a \\\r\nb\r\n", "(run \"a b\")\n" },
		{ "RUN a \\\r\r\nb", "(run \"a b\")\n" },
		{ "RUN a \\\\\nRUN b", "(run \"a \\\\\\\\\")\n(run \"b\")\n" },
		{ "RUN a \\b", "(run \"a \\\\b\")\n" },
		{ "RUN a \\\n# c\nb", "(run \"a b\")\n" },
		{ "RUN a \\\n  # c \\\n b", "(run \"a  b\")\n" },
		{ "RUN a # c \\\n b", "(run \"a # c  b\")\n" },
		{ "RUN a \\\n\n \t\nb", "(run \"a b\")\n" },
		{ "RUN a \\\n\\\nb", "(run \"a b\")\n" },
		{ "RUN a \\", "(run \"a\")\n" },
		{ "RUN a \\\n", "(run \"a\")\n" },
		{ "RUN a \\\n\n# x\n", "(run \"a\")\n" },
		{ "RUN \\\n a", "(run \"a\")\n" },
		{ "\\\nRUN a", "(run \"a\")\n" },
		{ "RUN a\n\\", "(run \"a\")\n( \"\")\n" },
		{ "RU\\\nN a", "(run \"a\")\n" },
		{ "  \t RUN a", "(run \"a\")\n" },
		{ "\xc2\xa0RUN a\xe3\x80\x80", "(run \"a\")\n" },
		{ "RUN\va\fb", "(run \"a\\fb\")\n" },
		{ "\n\n# c\n  # d\nRUN a\n\n#e\nRUN b", "(run \"a\")\n(run \"b\")\n" },
		{ "\xef\xbb\xbfRUN a", "(run \"a\")\n" },
		{ "RUN a\n\xef\xbb\xbfRUN b", "(run \"a\")\n(\xef\xbb\xbfrun \"\")\n" },
		{ "# escape=`\nRUN a `\n b \\\nRUN c", "(run \"a  b \\\\\")\n(run \"c\")\n" },
		{ "ENV a=b \\\n", "(env \"a\" \"b\" \"=\")\n" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_sexp(rows[i][0], rows[i][1]);
}

static void bytes_are_shown_as_they_are_or_escaped(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "RUN \"\\a", "(run \"\\\"\\\\a\")\n" },
		{ "RUN x\a\b\f\t\vy", "(run \"x\\a\\b\\f\\t\\vy\")\n" },
		{ "RUN x\ry", "(run \"x\\ry\")\n" },
		{ "RUN \x01\x1f\x7f", "(run \"\\x01\\x1f\\x7f\")\n" },
		{ "RUN \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "(run \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\")\n" },
		{ "RUN \xff\xc3(\xe2\x82", "(run \"\\xff\\xc3(\\xe2\\x82\")\n" },
		{ "RUN \xed\xa0\x80\xf4\x90\x80\x80", "(run \"\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\")\n" },
		{ "RUN [\"\xff\"]", "(run \"\xef\xbf\xbd\")\n" },
		{ "ENV a=\xff b=c", "(env \"a\" \"\\xff\" \"=\" \"b\" \"c\" \"=\")\n" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_sexp(rows[i][0], rows[i][1]);
}

static void a_nul_is_a_byte_as_others(void **state)
{
	(void)state;
	static const char text[] = "RUN a\0b <<E\nx\0y\nE\nRUN [\"\\u0000\"]";
	lb_autodockerfile struct lb_dockerfile *df = parse_len(text, sizeof(text) - 1, true);
	lb_autobuf struct lb_buf out = { 0 };
	lb_dockerfile_sexp(df, &out);
	assert_string_equal(lb_buf_str(&out), "(run \"a\\x00b <<E\")\n(run \"\\x00\")\n");
	assert_int_equal(df->instructions[0].heredocs[0].content_len, 4);
	assert_memory_equal(df->instructions[0].heredocs[0].content, "x\0y\n", 4);
	lb_buf_clear(&out);
	lb_dockerfile_json(df, NULL, &out);
	assert_non_null(strstr(lb_buf_str(&out), "\"a\\u0000b <<E\""));
	assert_non_null(strstr(lb_buf_str(&out), "\"x\\u0000y\\n\""));
}

static void lines_of_instructions(void **state)
{
	(void)state;
	static const char text[] = "# c\n\nFROM a\n\n  RUN b \\\n\n# c\n c\n\\\n\n USER d\nCOPY <<E <<F /\nE\nx\nF\nRUN e \\\n# end\n";
	static const uint32_t rows[][4] = { { 3, 3, 1, 0 }, { 5, 8, 3, 0 }, { 11, 11, 2, 0 }, { 12, 15, 1, 2 }, { 16, 17, 1, 0 } };
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(text);
	assert_int_equal(df->instructions_count, LB_COUNT(rows));
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct lb_instruction *in = &df->instructions[i];
		assert_int_equal(in->first_line, rows[i][0]);
		assert_int_equal(in->last_line, rows[i][1]);
		assert_int_equal(in->col, rows[i][2]);
		assert_int_equal(in->heredocs_count, rows[i][3]);
		assert_int_equal(in->stage, -1);
	}
	/* the empty lines in RUN b and before USER d */
	assert_int_equal(df->warnings_count, 2);
	assert_string_equal(df->warnings[0].rule, "NoEmptyContinuation");
	assert_int_equal(df->warnings[0].line, 8);
	assert_int_equal(df->warnings[1].line, 11);
}

static void places_of_arguments(void **state)
{
	(void)state;
	static const char text[] = "COPY --link a \\\n  bb c\nENV x=y \\\n \\\n  z=w\nUSER \\\n  me\nRUN [\"a\"]\nEXPOSE";
	static const uint32_t rows[][4] = { { 0, 0, 1, 13 }, { 0, 1, 2, 3 }, { 0, 2, 2, 6 }, { 1, 0, 3, 5 }, { 1, 1, 3, 7 },
					    { 1, 3, 5, 3 },  { 1, 4, 5, 5 }, { 2, 0, 7, 3 }, { 3, 0, 8, 5 }, { 4, 0, 9, 1 } };
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(text);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_pos at = lb_instruction_arg_pos(df, &df->instructions[rows[i][0]], rows[i][1]);
		assert_int_equal(at.line, rows[i][2]);
		assert_int_equal(at.col, rows[i][3]);
		assert_string_equal(at.file, "D");
	}
	const struct lb_instruction *copy = &df->instructions[0];
	assert_string_equal(copy->original, "COPY --link a   bb c");
	assert_string_equal(copy->rest, "a   bb c");
	assert_string_equal(copy->word, "COPY");
}

/* An empty line parts nothing, an empty comment does; an indented comment keeps its sign. */
static void comments_belong_to_the_instruction_below(void **state)
{
	(void)state;
	static const char text[] = "# escape=\\\n# far\n\n#  a is it \n  #  b \nARG a\n# x\n#\n# y\nRUN c \\\n# in\n d\nRUN e";
	static const char *const rows[3][4] = { { "far", "a is it", "#  b" }, { "y" }, { NULL } };
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(text);
	for (size_t i = 0; i < 3; i++) {
		size_t n = 0;
		for (; rows[i][n]; n++)
			assert_string_equal(df->instructions[i].comments[n], rows[i][n]);
		assert_int_equal(df->instructions[i].comments_count, n);
	}
}

static void what_fails_at_syntax_depth(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		/* no instruction */
		{ "", 1, 0, "no instruction" },
		{ "# only\n# comments\n", 2, 0, "no instruction" },
		{ "\n \n\t\n", 3, 0, "no instruction" },
		{ "# escape=`\n", 1, 0, "no instruction" },
		/* directives */
		{ "# syntax=a\n# Syntax=b\nFROM a", 2, 1, "second syntax" },
		{ "# escape=`\n  # escape=`\nFROM a", 2, 3, "second escape" },
		{ "# check=skip=all\n# escape=`\n# check=error=true\nFROM a", 3, 1, "second check" },
		{ "# escape=x\nFROM a", 1, 10, "\\ or `" },
		{ "#escape = \\\\\nFROM a", 1, 11, "\\ or `" },
		{ "# escape=  \nFROM a", 1, 12, "\\ or `" },
		/* ENV and LABEL */
		{ "FROM a\nENV a", 2, 5, "ENV NAME=VALUE" },
		{ "FROM a\nLABEL  \"a b\"x", 0, 0, "" },
		{ "FROM a\nLABEL abc  ", 2, 7, "LABEL NAME=VALUE" },
		{ "FROM a\nENV a=b c", 2, 9, "no \"=\" in \"c\"" },
		{ "FROM a\nLABEL a=b \\\n  c=d \\\n  ee f=g", 4, 3, "no \"=\" in \"ee\"" },
		{ "FROM a\nONBUILD ENV a", 2, 13, "ENV NAME=VALUE" },
		/* JSON */
		{ "RUN [1]", 1, 6, "strings only" },
		{ "CMD [\"a\", null]", 1, 11, "strings only" },
		{ "ENTRYPOINT [[\"a\"]]", 1, 13, "strings only" },
		{ "SHELL [\"a\", {\"b\": [1, {}, true], \"c\": -0.5e3}]", 1, 13, "strings only" },
		{ "COPY [\"a\", \\\n  1.5]", 2, 3, "strings only" },
		{ "ADD [false, \"b\"]", 1, 6, "strings only" },
		{ "VOLUME [1]", 1, 9, "strings only" },
		{ "HEALTHCHECK CMD [1]", 1, 18, "strings only" },
		{ "ONBUILD RUN [1]", 1, 14, "strings only" },
		{ "EXPOSE [1]", 0, 0, "" },
		{ "CMD [1e999]", 0, 0, "" },
		{ "CMD [01]", 0, 0, "" },
		{ "CMD [tru]", 0, 0, "" },
		{ "CMD [{\"a\" 1}]", 0, 0, "" },
		{ "CMD [1 2]", 0, 0, "" },
		{ "CMD [1]x", 0, 0, "" },
		{ "CMD [\"a\tb\", 1]", 0, 0, "" },
		{ "CMD [\"\\x\", 1]", 0, 0, "" },
		{ "CMD [\"\\u12g4\", 1]", 0, 0, "" },
		/* heredocs */
		{ "FROM a\nRUN a <<E\nb\n", 2, 7, "\"E\" would end it" },
		{ "RUN a \\\n <<E\nE \n EE\n", 2, 2, "no end" },
		{ "COPY <<E <<F /\nE\n", 1, 10, "\"F\"" },
		{ "RUN <<-E\n E", 1, 5, "no end" },
		{ "ONBUILD RUN <<E", 1, 13, "no end" },
		/* not at this depth */
		{ "foo\nRUN --x\nCOPY a\nUSER\nFROM a b c d\nONBUILD ONBUILD X\nEXPOSE a\nHEALTHCHECK x\nSHELL a", 0, 0, "" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_refusal(&rows[i], true, 0, LB_INVALID);
}

static void a_line_has_65535_bytes_at_most(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, "FROM a\nRUN ");
	while (text.len < 7 + LONG_LINE)
		lb_buf_addc(&text, 'x');
	lb_dockerfile_free(parse_syntax(lb_buf_str(&text)));
	lb_buf_adds(&text, "\nUSER me");
	lb_dockerfile_free(parse_syntax(lb_buf_str(&text)));
	text.len = 7 + LONG_LINE;
	lb_buf_adds(&text, "x\n");
	struct refusal row = { lb_buf_str(&text), 2, LONG_LINE + 1, "at most 65535" };
	check_refusal(&row, true, 0, LB_INVALID);
	check_refusal(&row, false, 0, LB_INVALID);
	/* also in a continuation, a comment and a heredoc */
	static const char *const before[] = { "FROM a \\\n ", "FROM a\n# ", "FROM a\nRUN <<E\n" };
	for (size_t i = 0; i < LB_COUNT(before); i++) {
		lb_buf_clear(&text);
		lb_buf_adds(&text, before[i]);
		for (int k = 0; k <= LONG_LINE; k++)
			lb_buf_addc(&text, 'x');
		uint32_t line = i == 2 ? 3 : 2;
		check_refusal(&(struct refusal){ lb_buf_str(&text), line, LONG_LINE + 1, "bytes" }, true, 0, LB_INVALID);
	}
}

static void many_lines_are_joined(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, "RUN a");
	for (int i = 0; i < 100000; i++)
		lb_buf_adds(&text, " \\\nb");
	lb_buf_adds(&text, "\nUSER c");
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(lb_buf_str(&text));
	assert_int_equal(df->instructions_count, 2);
	assert_int_equal(strlen(df->instructions[0].rest), 1 + 2 * 100000);
	assert_int_equal(df->instructions[0].last_line, 100001);
	assert_int_equal(df->instructions[1].first_line, 100002);
}

static void onbuild_nests_without_a_limit(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf text = { 0 };
	for (int i = 0; i < 200000; i++)
		lb_buf_adds(&text, i % 1000 ? "ONBUILD " : "\\\nONBUILD ");
	lb_buf_adds(&text, "RUN x");
	lb_autodockerfile struct lb_dockerfile *df = parse_syntax(lb_buf_str(&text));
	lb_autobuf struct lb_buf out = { 0 };
	lb_dockerfile_sexp(df, &out);
	assert_int_equal(out.len, 200000 * strlen("(onbuild )") + strlen("(run \"x\")\n"));
}

struct directive_row {
	const char *text;
	char escape;
	const char *list; /* name=value@line; */
};

static const struct directive_row directive_rows[] = {
	{ "#escape=\\\n# key = FOO bar\n\n# smth\nFROM a", '\\', "escape=\\@1;" },
	{ "# EScape=`\n# KEY = FOO bar\nFROM a", '`', "escape=`@1;" },
	{ "# syntax = dockerfile:experimental // opts\nFROM a", '\\', "syntax=dockerfile:experimental // opts@1;" },
	{ "#\tsyntax\t=\ta b\t\n#check=skip=all;error=true\r\n  # escape = `\nFROM a", '`',
	  "syntax=a b@1;check=skip=all;error=true@2;escape=`@3;" },
	{ "\xef\xbb\xbf# syntax=a\nFROM a", '\\', "syntax=a@1;" },
	/* the search ends */
	{ "\n# escape=`\nFROM a", '\\', "" },
	{ "# hello\n# escape=`\nFROM a", '\\', "" },
	{ "# foo=bar\n# escape=`\nFROM a", '\\', "" },
	{ "# syntax a\n# escape=`\nFROM a", '\\', "" },
	{ "# syntax=\n# escape=`\nFROM a", '\\', "" },
	{ "# 1syntax=a\n# escape=`\nFROM a", '\\', "" },
	{ "FROM a\n# escape=`\n# escape=`", '\\', "" },
	{ "# syntax=a\nFROM a\n# syntax=b\n# syntax=b", '\\', "syntax=a@1;" },
	{ "# syntax-x=a\nFROM a", '\\', "" },
	{ "RUN a \\\n# escape=`\n b", '\\', "" },
	/* behind a #! line */
	{ "#!/bin/sh\n# syntax = x\nFROM a", '\\', "syntax=x@2;" },
	{ "#!/bin/sh\n# check = skip=all\n# syntax=y\nFROM a", '\\', "check=skip=all@2;syntax=y@3;" },
	{ "#!/bin/sh\n# escape=`\n# syntax=y\nFROM a", '\\', "syntax=y@3;" },
	{ "#!/bin/sh\n# escape=x\nFROM a", '\\', "" },
	{ "#!/bin/sh\n# syntax=x\n# syntax=y\n# check=z\nFROM a", '\\', "syntax=x@2;" },
	{ "#!/bin/sh\n\n# syntax = x\nFROM a", '\\', "" },
	{ "#!/bin/sh\n//syntax=x\nFROM a", '\\', "syntax=x@2;" },
	/* other comments, for syntax only */
	{ "//syntax=foo\n//key=value", '\\', "syntax=foo@1;" },
	{ "// check=a\n//syntax=foo b\n", '\\', "syntax=foo b@2;" },
	{ "//check=skip=all\n//key=value", '\\', "" },
	{ "# check=a\n//syntax=b\nFROM a", '\\', "check=a@1;" },
	{ "x\n//syntax=foo", '\\', "" },
	/* JSON */
	{ "{\"syntax\": \"foo\", \"bar\": [\"abc\"]}", '\\', "syntax=foo@1;" },
	{ " {\"a\": {\"syntax\": \"b\"},\n\"syntax\": \"\\u0063\"} \n", '\\', "syntax=c@1;" },
	{ "#!x\n{\"syntax\": \"foo\"}", '\\', "syntax=foo@2;" },
	{ "{\"syntax\": \"foo\"", '\\', "" },
	{ "{\"syntax\": 1}", '\\', "" },
	{ "{\"syntax\": \"foo\"}\n# syntax=bar", '\\', "" },
	{ "{}", '\\', "" },
};

static void directives_and_where_they_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(directive_rows); i++) {
		lb_autodockerfile struct lb_dockerfile *df = parse_syntax(directive_rows[i].text);
		lb_autobuf struct lb_buf list = { 0 };
		for (size_t k = 0; k < df->directives_count; k++)
			lb_buf_addf(&list, "%s=%s@%u;", df->directives[k].name, df->directives[k].value, df->directives[k].line);
		assert_string_equal(lb_buf_str(&list), directive_rows[i].list);
		assert_int_equal(df->escape, directive_rows[i].escape);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_arguments),
		cmocka_unit_test(flags_are_taken_out_and_unquoted),
		cmocka_unit_test(lines_are_joined),
		cmocka_unit_test(bytes_are_shown_as_they_are_or_escaped),
		cmocka_unit_test(a_nul_is_a_byte_as_others),
		cmocka_unit_test(lines_of_instructions),
		cmocka_unit_test(places_of_arguments),
		cmocka_unit_test(comments_belong_to_the_instruction_below),
		cmocka_unit_test(what_fails_at_syntax_depth),
		cmocka_unit_test(a_line_has_65535_bytes_at_most),
		cmocka_unit_test(many_lines_are_joined),
		cmocka_unit_test(onbuild_nests_without_a_limit),
		cmocka_unit_test(directives_and_where_they_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
