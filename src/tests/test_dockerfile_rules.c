/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile_util.h"

#include "lbench/stage.h"

#include "dockerfile/health.h"

#define F "FROM a\n"

static void check_all(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_refusal(&rows[i], false, 0, LB_INVALID);
}

static void unknown_instructions(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ F "RUNN x", 2, 1, "unknown instruction RUNN; did you mean RUN?" },
		{ F "  copi a b", 2, 3, "unknown instruction copi; did you mean COPY?" },
		{ F "ENTRYPONT x", 2, 1, "did you mean ENTRYPOINT?" },
		{ F "RNU x", 2, 1, "unknown instruction RNU; did you mean RUN?" },
		{ F "VOULME x", 2, 1, "did you mean VOLUME?" },
		{ F "FOOBAR x", 2, 1, "unknown instruction FOOBAR" },
		{ "FOO bar", 1, 1, "unknown instruction FOO" },
		{ F "\\\n\\\nfoo", 4, 1, "unknown instruction foo" },
		{ F "RUN x\n\\", 3, 1, "unknown instruction" },
	};
	check_all(rows, LB_COUNT(rows));
	struct lb_err err = { 0 };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	static const char text[] = F "ZZZZZZ x";
	assert_int_equal(lb_dockerfile_parse("D", text, strlen(text), NULL, &df, &err), LB_INVALID);
	assert_null(strstr(err.text, "mean"));
}

static void numbers_of_arguments(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ F "MAINTAINER", 2, 1, "MAINTAINER needs exactly one" },
		{ F "WORKDIR", 2, 1, "WORKDIR needs exactly one" },
		{ F "USER", 2, 1, "USER needs exactly one" },
		{ F "STOPSIGNAL", 2, 1, "STOPSIGNAL needs exactly one" },
		{ F "ENV", 2, 1, "ENV needs at least one" },
		{ F "LABEL", 2, 1, "LABEL needs at least one" },
		{ F "ONBUILD", 2, 1, "ONBUILD needs at least one" },
		{ F "HEALTHCHECK", 2, 1, "HEALTHCHECK needs" },
		{ F "EXPOSE", 2, 1, "EXPOSE needs at least one" },
		{ F "VOLUME", 2, 1, "VOLUME needs at least one" },
		{ F "VOLUME []", 2, 1, "VOLUME needs at least one" },
		{ F "ARG", 2, 1, "ARG needs at least one" },
		{ F "SHELL", 2, 1, "SHELL needs at least one" },
		{ F "SHELL []", 2, 1, "SHELL needs at least one" },
		{ F "ADD a", 2, 1, "ADD needs at least two" },
		{ F "COPY", 2, 1, "COPY needs at least two" },
		{ F "COPY [\"a\"]", 2, 1, "COPY needs at least two" },
		{ F "COPY\t\n\tquux \\\n bar", 2, 1, "COPY needs at least two" },
		/* these may be empty */
		{ F "RUN\nCMD\nENTRYPOINT\nCMD []\nENTRYPOINT []\nRUN []", 0, 0, "" },
		{ F "USER a b\nWORKDIR a b\nMAINTAINER a b", 0, 0, "" },
	};
	check_all(rows, LB_COUNT(rows));
}

static void from_and_stages(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ "FROM", 1, 1, "one or three words" },
		{ "FROM a b", 1, 1, "one or three words" },
		{ "FROM a AS", 1, 1, "one or three words" },
		{ "FROM a XX b", 1, 1, "one or three words" },
		{ "FROM a AS b c", 1, 1, "one or three words" },
		{ "FROM a AS 1x", 1, 11, "\"1x\" is no name for a stage" },
		{ "FROM a AS a$b", 1, 11, "no name for a stage" },
		{ "FROM a AS \\\n  -a", 2, 3, "no name for a stage" },
		{ "FROM a AS a:b", 1, 11, "no name for a stage" },
		{ "FROM a aS A1_-.z", 0, 0, "" },
		{ "FROM a AS b\nFROM c AS B", 0, 0, "" },
		{ "FROM a AS scratch\nFROM b AS context", 0, 0, "" },
		/* before the first FROM */
		{ "RUN x\nFROM a", 1, 1, "RUN before the first FROM" },
		{ "ARG a\n  ENV b=c\nFROM a", 2, 3, "ENV before the first FROM" },
		{ "ONBUILD RUN x\nFROM a", 1, 1, "ONBUILD before the first FROM" },
		{ "ARG a\nARG b=c", 2, 1, "no stage" },
		/* the first of two faults is the one that is told */
		{ "USER a\nRUN --x y", 1, 1, "USER before" },
		{ F "RUN --x y\nUSER", 2, 5, "--x" },
		{ F "RUN --x y\nENV a", 3, 5, "ENV" },
	};
	check_all(rows, LB_COUNT(rows));
	lb_autodockerfile struct lb_dockerfile *df =
		parse_full("ARG v\nARG w\nFROM --platform=$P A:1 AS Base\nRUN x\nUSER y\n\nFROM base\nFROM scratch as c\nRUN z");
	static const struct {
		const char *name, *written, *from, *platform;
		uint32_t line;
		size_t first, end;
	} stages[] = {
		{ "base", "Base", "A:1", "$P", 3, 2, 5 },
		{ NULL, NULL, "base", NULL, 7, 5, 6 },
		{ "c", "c", "scratch", NULL, 8, 6, 8 },
	};
	static const int stage_of[] = { -1, -1, 0, 0, 0, 1, 2, 2 };
	assert_int_equal(df->stages_count, LB_COUNT(stages));
	for (size_t i = 0; i < LB_COUNT(stages); i++) {
		const struct lb_stage *s = &df->stages[i];
		assert_int_equal(s->index, i);
		assert_true(stages[i].name ? strcmp(s->name, stages[i].name) == 0 : !s->name);
		assert_true(stages[i].written ? strcmp(s->name_written, stages[i].written) == 0 : !s->name_written);
		assert_string_equal(s->from, stages[i].from);
		assert_true(stages[i].platform ? strcmp(s->platform, stages[i].platform) == 0 : !s->platform);
		assert_int_equal(s->line, stages[i].line);
		assert_int_equal(s->first, stages[i].first);
		assert_int_equal(s->end, stages[i].end);
	}
	for (size_t i = 0; i < LB_COUNT(stage_of); i++)
		assert_int_equal(df->instructions[i].stage, stage_of[i]);
}

static void flags_of_instructions(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ F "COPY --frm=a b c", 2, 6, "COPY has no flag --frm; did you mean --from?" },
		{ F "COPY --nope=1 b c", 2, 6, "COPY has no flag --nope" },
		{ F "COPY --link \\\n  --chown b c", 3, 3, "--chown needs a value" },
		{ F "COPY --chown=a --chown=b c d", 2, 16, "--chown is given twice" },
		{ F "COPY --link --link=false a b", 2, 13, "--link is given twice" },
		{ F "COPY --link=maybe a b", 2, 6, "--link is true or false" },
		{ F "COPY --link= a b", 2, 6, "--link is true or false" },
		{ F "COPY --link=1 a b", 2, 6, "--link is true or false" },
		{ F "COPY --checksum=x a b", 2, 6, "no flag --checksum" },
		{ F "COPY --Link a b", 2, 6, "no flag --Link; did you mean --link?" },
		{ F "COPY --exclude a b", 2, 6, "--exclude needs a value" },
		{ F "ADD --from=x a b", 2, 5, "ADD has no flag --from" },
		{ F "ADD --parents a b", 2, 5, "ADD has no flag --parents" },
		{ F "ADD --unpack=x a b", 2, 5, "--unpack is true or false" },
		{ "FROM --platfrm=a b", 1, 6, "did you mean --platform?" },
		{ "FROM --platform=a --platform=b c", 1, 19, "given twice" },
		{ F "RUN --mount x", 2, 5, "--mount needs a value" },
		{ F "RUN --network=a --network=b x", 2, 17, "given twice" },
		{ F "RUN --user=me x", 2, 5, "RUN has no flag --user" },
		{ F "CMD --x y", 2, 5, "CMD has no flag --x" },
		{ F "ENTRYPOINT --x y", 2, 12, "ENTRYPOINT has no flag" },
		{ F "ENV --x a=b", 2, 5, "ENV has no flag" },
		{ F "LABEL --x a=b", 2, 7, "LABEL has no flag" },
		{ F "EXPOSE --x 80", 2, 8, "EXPOSE has no flag" },
		{ F "MAINTAINER --boo joe@example.com", 2, 12, "MAINTAINER has no flag --boo" },
		{ F "USER --x a", 2, 6, "USER has no flag" },
		{ F "WORKDIR --x a", 2, 9, "WORKDIR has no flag" },
		{ F "VOLUME --x a", 2, 8, "VOLUME has no flag" },
		{ F "SHELL --x [\"a\"]", 2, 7, "SHELL has no flag" },
		{ F "ONBUILD --x RUN a", 2, 9, "ONBUILD has no flag" },
		{ F "HEALTHCHECK --intervl=1s CMD a", 2, 13, "did you mean --interval?" },
		/* the engine never asks for the flags of these */
		{ F "STOPSIGNAL --x 9\nARG --x a\nHEALTHCHECK --x NONE", 0, 0, "" },
		/* all that there are, in any order */
		{ F "COPY --link=TRUE --from=x --chown=a:b --chmod=u+x --parents=false --exclude=a --exclude=b c d", 0, 0, "" },
		{ F "ADD --keep-git-dir --chown=$a --chmod=$b --link --checksum=x --exclude=a --unpack=true c d", 0, 0, "" },
		{ F "RUN --mount=target=/a --mount=target=/b --network=none --security=insecure --device=a --device=b x", 0, 0, "" },
		{ F "HEALTHCHECK --interval=1s --timeout=1s --start-period=1s --start-interval=1s --retries=3 CMD x", 0, 0, "" },
		{ F "COPY --link -- --a b", 0, 0, "" },
	};
	check_all(rows, LB_COUNT(rows));
}

static void values_of_run_flags(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ F "RUN --network=bridge x", 2, 5, "one of default, none, host" },
		{ F "RUN --network= x", 2, 5, "one of default" },
		{ F "RUN --network=NONE x", 2, 5, "one of default" },
		{ F "RUN --network=host x\nRUN --network=default x\nRUN --security=sandbox x", 0, 0, "" },
		{ F "RUN --security=on x", 2, 5, "one of sandbox, insecure" },
		{ F "RUN --device=a,b x", 2, 5, "name and required are" },
		{ F "RUN --device=a,name=b x", 2, 5, "name is given twice" },
		{ F "RUN --device=name=a,name=b x", 2, 5, "name is given twice" },
		{ F "RUN --device=a,required=maybe x", 2, 5, "required is true or false" },
		{ F "RUN --device=a,\\\"b x", 2, 5, "not CSV" },
		{ F "RUN --device= x", 2, 5, "not CSV" },
		{ F "RUN --device=vendor.com/x=all,required x\nRUN --device=required=true,name=a x\nRUN --device=required x", 0, 0, "" },
		{ F "RUN --mount= x", 2, 5, "not CSV" },
		{ F "RUN --mount=type=bind,\\\"a\\\"b x", 2, 5, "behind a quoted field" },
		{ F "RUN --mount=type=bind,a\\\"b x", 2, 5, "not CSV" },
		{ F "RUN --network=none \\\n --mount=type=cache,from=$x,target=/a y", 3, 2, "no variables in a mount's from" },
		{ F "RUN --mount=FROM=${x} y", 2, 5, "no variables" },
		/* for stages that are needed, and once variables are known */
		{ F "RUN --mount=type=nope,foo=bar x\nRUN --mount=id=$x,from=a$ y", 0, 0, "" },
	};
	check_all(rows, LB_COUNT(rows));
}

static void rules_of_single_instructions(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ F "ENV =b", 2, 5, "ENV with a blank name" },
		{ F "ENV a=b \\\n =c", 3, 2, "blank name" },
		{ F "LABEL a=b =c", 2, 11, "LABEL with a blank name" },
		{ F "ARG =a", 2, 5, "ARG with a blank name" },
		{ F "ARG a b=c =d", 2, 11, "blank name" },
		{ F "SHELL /bin/sh -c", 2, 7, "JSON form only" },
		{ F "VOLUME [\"/a\", \" \"]", 2, 8, "empty path" },
		{ F "VOLUME [\"\"]", 2, 8, "empty path" },
		{ F "COPY --from=$x a b", 2, 6, "no variables in --from" },
		{ F "COPY --from=a${x} a b", 2, 6, "no variables in --from" },
		{ F "COPY --from= a b", 0, 0, "" },
		{ F "COPY /foo <<EOF\nEOF", 2, 11, "COPY cannot have a heredoc as its destination" },
		{ F "ADD a \\\n b \\\n <<E\nE", 4, 2, "ADD cannot have a heredoc" },
		{ F "COPY [\"a\", \"<<E\"]", 2, 6, "heredoc as its destination" },
		{ F "COPY <<E /d\nE\nCOPY a '<<E'\nADD a <<", 0, 0, "" },
		/* ONBUILD */
		{ F "ONBUILD ONBUILD RUN x", 2, 9, "ONBUILD is not allowed in ONBUILD" },
		{ F "ONBUILD onbuild", 2, 9, "not allowed in ONBUILD" },
		{ F "ONBUILD FROM a", 2, 9, "FROM is not allowed in ONBUILD" },
		{ F "ONBUILD \\\n  maintainer a", 3, 3, "MAINTAINER is not allowed in ONBUILD" },
		{ F "ONBUILD RUNN x\nONBUILD COPY a\nONBUILD RUN --x y", 0, 0, "" },
		/* EXPOSE, STOPSIGNAL, modes: when the values are known */
		{ F "EXPOSE $a 1-x\nSTOPSIGNAL NOPE\nCOPY --chmod=zz a b", 0, 0, "" },
	};
	check_all(rows, LB_COUNT(rows));
}

static void healthchecks(void **state)
{
	(void)state;
	static const struct refusal rows[] = {
		{ F "HEALTHCHECK NOPE", 2, 13, "of type \"NOPE\"" },
		{ F "HEALTHCHECK curl x", 2, 13, "of type \"curl\"" },
		{ F "HEALTHCHECK CMD", 2, 13, "without a command" },
		{ F "HEALTHCHECK --retries=1 cmd []", 2, 25, "without a command" },
		{ F "HEALTHCHECK none a", 2, 18, "NONE takes no arguments" },
		{ F "HEALTHCHECK --interval=x CMD a", 2, 13, "is no duration" },
		{ F "HEALTHCHECK --timeout=10 CMD a", 2, 13, "is no duration" },
		{ F "HEALTHCHECK --timeout=1s \\\n --start-period=1d CMD a", 3, 2, "is no duration" },
		{ F "HEALTHCHECK --interval=50ns CMD a", 2, 13, "at least 1ms" },
		{ F "HEALTHCHECK --interval=999us CMD a", 2, 13, "at least 1ms" },
		{ F "HEALTHCHECK --start-interval=-1s CMD a", 2, 13, "at least 1ms" },
		{ F "HEALTHCHECK --retries=x CMD a", 2, 13, "--retries=x" },
		{ F "HEALTHCHECK --retries=-1 CMD a", 2, 13, "--retries=-1" },
		{ F "HEALTHCHECK --retries=2147483648 CMD a", 2, 13, "0 to 2147483647" },
		{ F "HEALTHCHECK --retries=1.5 CMD a", 2, 13, "--retries" },
		{ F "HEALTHCHECK --interval=0 --timeout=0ms --start-period=1ms --retries=0 CMD a\nHEALTHCHECK none", 0, 0, "" },
		{ F "HEALTHCHECK --interval= --retries= CMD [\"a\"]", 0, 0, "" },
	};
	check_all(rows, LB_COUNT(rows));
}

static void what_a_healthcheck_says(void **state)
{
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df =
		parse_full(F "HEALTHCHECK --interval=1m30s --timeout=2s --start-period=1ms --start-interval=4s --retries=+7 CMD a  b\n"
			     "HEALTHCHECK cmd [\"a\", \"b\"]\nHEALTHCHECK none");
	static const char *const tests[][3] = { { "CMD-SHELL", "a  b" }, { "CMD", "a", "b" }, { "NONE" } };
	struct lb_healthcheck h = { 0 };
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(lb_health_parse(df, &df->arena, &df->instructions[i + 1], &h, NULL), 0);
		for (size_t k = 0; k < h.test_count; k++)
			assert_string_equal(h.test[k], tests[i][k]);
		assert_true(h.test_count == 3 || !tests[i][h.test_count]);
		assert_true(i > 0 || (h.interval_ns == 90000000000 && h.timeout_ns == 2000000000 && h.start_period_ns == 1000000));
		assert_true(i > 0 || (h.start_interval_ns == 4000000000 && h.retries == 7));
	}
	assert_true(h.interval_ns == 0 && h.retries == 0);
}

static void durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		int64_t ns;
	} rows[] = {
		{ "0", true, 0 },
		{ "+0", true, 0 },
		{ "1ns", true, 1 },
		{ "1us", true, 1000 },
		{ "1\xc2\xb5s", true, 1000 },
		{ "1\xce\xbcs", true, 1000 },
		{ "1ms", true, 1000000 },
		{ "1.5s", true, 1500000000 },
		{ ".5m", true, 30000000000 },
		{ "1.h", true, 3600000000000 },
		{ "1h1m1s1ms", true, 3661001000000 },
		{ "-2s", true, -2000000000 },
		{ "0.0000000001s", true, 0 },
		{ "9223372036854775807ns", true, INT64_MAX },
		{ "-9223372036854775808ns", true, INT64_MIN },
		{ "0.123456789012345678901234s", true, 123456789 },
		{ "9223372036854775808ns", false, 0 },
		{ "99999999999999999999h", false, 0 },
		{ "9223372036s1000ms", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "1", false, 0 },
		{ "s", false, 0 },
		{ ".s", false, 0 },
		{ "1x", false, 0 },
		{ "1 s", false, 0 },
		{ "1s ", false, 0 },
		{ "1S", false, 0 },
		{ "1s-1s", false, 0 },
		{ "1..5s", false, 0 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		int64_t ns = 0;
		assert_int_equal(lb_health_duration(rows[i].text, &ns), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(ns, rows[i].ns);
	}
}

static void a_named_front_end_knows_more(void **state)
{
	(void)state;
	static const struct {
		unsigned lacks;
		struct refusal row;
	} rows[] = {
		{ 0, { "# syntax=docker/dockerfile:1.7-labs\nFROM a\nCOPY --parents --exclude=c a b", 0, 0, "" } },
		{ 0, { "# syntax=docker.io/docker/dockerfile-upstream:master-labs\nFROM a\nCOPY --parents a b", 0, 0, "" } },
		{ 0, { "# syntax=docker/dockerfile:1\nFROM a\nCOPY --parents a b", 3, 6, "no flag --parents" } },
		{ 0, { "# syntax=labs\nFROM a\nCOPY --parents a b", 3, 6, "no flag --parents" } },
		{ LB_DIALECT_MOUNT, { "# syntax=docker/dockerfile:labs\nFROM a\nRUN --mount=target=/a x", 3, 5, "no flag --mount" } },
		/* who reads no NAME.dockerignore is no BuildKit, and the line a comment */
		{ LB_DIALECT_OWN_IGNORE, { "# syntax=docker/dockerfile:labs\nFROM a\nCOPY --parents a b", 3, 6, "no flag --parents" } },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		check_refusal(&rows[i].row, false, LB_DIALECT_ALL & ~(rows[i].lacks | LB_DIALECT_PARENTS | LB_DIALECT_EXCLUDE),
			      LB_UNSUPPORTED);
}

static void older_engines_know_less(void **state)
{
	(void)state;
	static const struct {
		unsigned lacks;
		struct refusal row;
	} rows[] = {
		{ LB_DIALECT_MOUNT, { F "RUN --mount=target=/a x", 2, 5, "no flag --mount in this engine" } },
		{ LB_DIALECT_RUN_FLAGS, { F "RUN --network=none x", 2, 5, "no flag --network" } },
		{ LB_DIALECT_RUN_FLAGS, { F "RUN --security=sandbox x", 2, 5, "no flag --security" } },
		{ LB_DIALECT_RUN_FLAGS, { F "RUN --device=a x", 2, 5, "no flag --device" } },
		{ LB_DIALECT_LINK, { F "COPY --link a b", 2, 6, "no flag --link" } },
		{ LB_DIALECT_LINK, { F "ADD --link a b", 2, 5, "no flag --link" } },
		{ LB_DIALECT_CHMOD, { F "COPY --chmod=755 a b", 2, 6, "no flag --chmod" } },
		{ LB_DIALECT_CHMOD_SYMBOLIC, { F "COPY --chmod=u+x a b", 2, 6, "octal digits only" } },
		{ LB_DIALECT_CHMOD_SYMBOLIC, { F "ADD --chmod=$m a b", 2, 5, "octal digits only" } },
		{ LB_DIALECT_CHMOD_SYMBOLIC, { F "ADD --chmod=0755 a b", 0, 0, "" } },
		{ LB_DIALECT_PARENTS, { F "COPY --parents a b", 2, 6, "no flag --parents" } },
		{ LB_DIALECT_EXCLUDE, { F "COPY --exclude=a a b", 2, 6, "no flag --exclude" } },
		{ LB_DIALECT_EXCLUDE, { F "ADD --exclude=a a b", 2, 5, "no flag --exclude" } },
		{ LB_DIALECT_ADD_FLAGS, { F "ADD --checksum=a a b", 2, 5, "no flag --checksum" } },
		{ LB_DIALECT_ADD_FLAGS, { F "ADD --keep-git-dir a b", 2, 5, "no flag --keep-git-dir" } },
		{ LB_DIALECT_ADD_FLAGS, { F "ADD --unpack a b", 2, 5, "no flag --unpack" } },
		{ LB_DIALECT_START_INTERVAL, { F "HEALTHCHECK --start-interval=1s CMD a", 2, 13, "no flag --start-interval" } },
		{ LB_DIALECT_MOUNT, { F "COPY --from=x --chown=a a b\nHEALTHCHECK --interval=1s CMD a", 0, 0, "" } },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		check_refusal(&rows[i].row, false, LB_DIALECT_ALL & ~rows[i].lacks, LB_UNSUPPORTED);
		check_refusal(&(struct refusal){ rows[i].row.text, 0, 0, "" }, false, 0, 0);
	}
	/* what an engine does not know is not suggested either */
	struct refusal row = { F "COPY --lnk a b", 2, 6, "COPY has no flag --lnk" };
	check_refusal(&row, false, LB_DIALECT_ALL & ~(unsigned)LB_DIALECT_LINK, LB_INVALID);
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	struct lb_err err = { 0 };
	struct lb_parse_options options = { .dialect = LB_DIALECT_ALL & ~(unsigned)LB_DIALECT_LINK };
	lb_dockerfile_parse("D", row.text, strlen(row.text), &options, &df, &err);
	assert_null(strstr(err.text, "mean"));
}

static void triggers_of_a_base(void **state)
{
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = parse_full("# escape=`\n" F "\n  ONBUILD RUN x");
	const struct lb_instruction *at = &df->instructions[1];
	struct lb_instruction *in = NULL;
	struct lb_err err = { 0 };
	assert_int_equal(lb_dockerfile_parse_trigger(df, "COPY --from=a b\\ \t\n c <<E /d\nx\nE", at, &in, &err), 0);
	assert_int_equal(in->keyword, LB_KW_COPY);
	assert_int_equal(in->args_count, 4);
	assert_string_equal(in->args[0], "b");
	assert_string_equal(in->heredocs[0].content, "x\n");
	assert_int_equal(in->first_line, 4);
	assert_int_equal(in->last_line, 4);
	assert_int_equal(in->col, 3);
	assert_int_equal(in->stage, 0);
	assert_int_equal(lb_instruction_arg_pos(df, in, 1).line, 4);
	assert_string_equal(df->instructions[1].rest, "RUN x");
	static const struct {
		const char *text, *what;
	} rows[] = {
		{ "COPY --nope a b", "D:4:3: ONBUILD trigger \"COPY --nope a b\" of the base: 1:6: COPY has no flag --nope" },
		{ "RUNN", "did you mean RUN?" },
		{ "", "no" },
		{ "RUN a\nRUN b", "one instruction is meant, not 2" },
		{ "FROM a", "FROM is not allowed" },
		{ "ENV a", "ENV NAME=VALUE" },
		{ "# only", "not 0" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		assert_int_equal(lb_dockerfile_parse_trigger(df, rows[i].text, at, &in, &err), LB_INVALID);
		assert_non_null(strstr(err.text, rows[i].what));
		assert_int_equal(strncmp(err.text, "D:4:3: ", 7), 0);
	}
	df->dialect = LB_DIALECT_ALL & ~(unsigned)LB_DIALECT_LINK;
	assert_int_equal(lb_dockerfile_parse_trigger(df, "COPY --link a b", at, &in, &err), LB_UNSUPPORTED);
	assert_int_equal(err.code, LB_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_instructions),
		cmocka_unit_test(numbers_of_arguments),
		cmocka_unit_test(from_and_stages),
		cmocka_unit_test(flags_of_instructions),
		cmocka_unit_test(values_of_run_flags),
		cmocka_unit_test(rules_of_single_instructions),
		cmocka_unit_test(healthchecks),
		cmocka_unit_test(what_a_healthcheck_says),
		cmocka_unit_test(durations),
		cmocka_unit_test(a_named_front_end_knows_more),
		cmocka_unit_test(older_engines_know_less),
		cmocka_unit_test(triggers_of_a_base),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
