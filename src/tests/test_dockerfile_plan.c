/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "dockerfile/expose.h"
#include "dockerfile/platform.h"
#include "lbench/buf.h"
#include "lbench/stage.h"

static int make_plan(const char *text, const struct lb_plan_options *options, struct lb_dockerfile **df, struct lb_build_plan **plan,
		     struct lb_err *err)
{
	int r = lb_dockerfile_parse("D", text, strlen(text), NULL, df, err);
	return r == 0 ? lb_build_plan_new(*df, options, plan, err) : r;
}

/* "0 2>3*" in the order to build: stage, '*' when it is the target */
static void describe(const struct lb_build_plan *plan, struct lb_buf *out)
{
	for (size_t i = 0; i < plan->order_count; i++)
		lb_buf_addf(out, "%s%zu%s", i ? " " : "", plan->order[i], plan->order[i] == plan->target ? "*" : "");
}

static void stages_that_the_target_needs(void **state)
{
	(void)state;
	static const struct {
		const char *text, *target, *want;
		bool all;
	} rows[] = {
		{ "FROM a\n", NULL, "0*", false },
		{ "FROM a AS x\nFROM b AS y\n", NULL, "1*", false },
		{ "FROM a AS x\nFROM b AS y\n", "X", "0*", false },
		{ "FROM a AS x\nFROM b AS y\n", NULL, "0 1*", true },
		{ "FROM a AS x\nFROM b AS y\n", "x", "0*", true },
		{ "FROM a AS x\nFROM x AS y\nFROM b AS z\nFROM y\n", NULL, "0 1 3*", false },
		{ "FROM a AS x\nFROM b\nFROM c\nCOPY --from=0 /a /b\n", NULL, "0 2*", false },
		{ "FROM a AS x\nFROM b\nFROM c\nCOPY --from=X /a /b\n", NULL, "0 2*", false },
		{ "FROM a AS x\nFROM b\nRUN --mount=from=x,target=/m true\n", NULL, "0 1*", false },
		{ "FROM a AS x\nFROM b\nRUN --mount=type=tmpfs,from=x,target=/m true\n", NULL, "1*", false },
		{ "FROM a AS x\nFROM b AS y\nONBUILD COPY --from=x /a /b\nFROM y\n", NULL, "0 1 2*", false },
		{ "FROM a AS x\nFROM b AS x\nFROM x\n", NULL, "1 2*", false },
		{ "FROM a AS one\nFROM 0\n", NULL, "1*", false },
		{ "ARG b=x\nFROM a AS x\nFROM $b\n", NULL, "0 1*", false },
		{ "FROM a AS x\nFROM a\nCOPY --from=later /a /b\nFROM a AS later\n", NULL, "2*", false },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err;
		lb_autodockerfile struct lb_dockerfile *df = NULL;
		lb_autobuildplan struct lb_build_plan *plan = NULL;
		lb_autobuf struct lb_buf got = { 0 };
		struct lb_plan_options o = { .target = rows[i].target, .unneeded_too = rows[i].all };
		if (make_plan(rows[i].text, &o, &df, &plan, &err) != 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		describe(plan, &got);
		if (strcmp(lb_buf_str(&got), rows[i].want) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].text, lb_buf_str(&got), rows[i].want);
	}
}

static void what_cannot_be_planned(void **state)
{
	(void)state;
	static const struct {
		const char *text, *target, *says;
	} rows[] = {
		{ "FROM $none\n", NULL, "D:1:6: base name $none comes out blank" },
		{ "ARG e=\nFROM \"$e\"\n", NULL, "D:2:6: base name" },
		{ "FROM ${a\n", NULL, "D:1:6: missing '}'" },
		{ "ARG a=${b:?give-b}\nFROM x\n", NULL, "D:1:5: b: give-b" },
		{ "FROM a\nFROM Ubuntu\n", NULL, "D:2:1: \"Ubuntu\" is no stage" },
		{ "FROM a:b:c\n", NULL, "D:1:1: " },
		{ "FROM a@sha256:12\n", NULL, "D:1:1: " },
		{ "FROM --platform=$x a\n", NULL, "D:1:6: empty platform value from expression $x" },
		{ "FROM --platform=linux/ a\n", NULL, "D:1:6: " },
		{ "FROM --platform=beos a\n", NULL, "D:1:6: \"beos\"" },
		{ "FROM a AS one\nFROM b\n", "on", "D:2:1: target stage \"on\" could not be found: did you mean one?" },
		{ "FROM a\n", "0", "D:1:1: target stage \"0\" could not be found" },
		{ "FROM a AS x\nCOPY --from=x /a /b\nFROM b\n", NULL, "D:2:6: circular dependency: the stage takes from itself" },
		{ "FROM a\nRUN true\nCOPY --from=0 /a /b\n", NULL, "D:3:6: circular dependency" },
		{ "FROM a AS x\nCOPY --from=y /a /b\nFROM x AS y\nFROM c\n", NULL, "D:2:6: circular dependency" },
		{ "FROM a AS x\nRUN --mount=from=z,target=/m true\nFROM b AS y\nCOPY --from=x /a /b\nFROM y AS z\n", NULL,
		  "D:2:5: circular dependency" },
		{ "FROM a\nCOPY --from=later /a /b\nFROM a AS later\nFROM a\nCOPY --from=0 /a /b\n", NULL,
		  "D:2:6: cannot take from stage later" },
		{ "FROM a\nCOPY --from=3 /a /b\n", NULL, "D:2:6: invalid stage index 3" },
		{ "FROM a\nCOPY --from=-1 /a /b\n", NULL, "D:2:6: invalid stage index -1" },
		{ "FROM a\nCOPY --from=Bad:Name:x /a /b\n", NULL, "D:2:6: " },
		{ "FROM a AS x\nONBUILD COPY --from=y /a /b\nFROM x AS y\n", NULL, "D:2:14: circular dependency" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err = { 0 };
		lb_autodockerfile struct lb_dockerfile *df = NULL;
		lb_autobuildplan struct lb_build_plan *plan = NULL;
		struct lb_plan_options o = { .target = rows[i].target };
		if (make_plan(rows[i].text, &o, &df, &plan, &err) != LB_INVALID)
			fail_msg("%s is not refused", rows[i].text);
		if (strncmp(err.text, rows[i].says, strlen(rows[i].says)) != 0)
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

static void arguments_before_from(void **state)
{
	(void)state;
	struct lb_pair given[] = { { "A", "given" }, { "TARGETVARIANT", "v9" }, { "UNDECLARED", "x" } };
	struct lb_pairs args = { given, LB_COUNT(given), LB_COUNT(given) };
	struct lb_plan_options o = { .build_args = &args, .platform = "linux/arm64/v8" };
	struct lb_err err;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	const char *text = "ARG A=default B=${A}-b C\nARG D=\"$B $TARGETARCH\" E='$A'\nFROM x AS last\n";
	assert_int_equal(make_plan(text, &o, &df, &plan, &err), 0);
	assert_string_equal(lb_pairs_get(&plan->globals, "A"), "given");
	assert_string_equal(lb_pairs_get(&plan->globals, "B"), "given-b");
	assert_null(lb_pairs_get(&plan->globals, "C"));
	assert_string_equal(lb_pairs_get(&plan->globals, "D"), "given-b arm64");
	assert_string_equal(lb_pairs_get(&plan->globals, "E"), "$A");
	assert_string_equal(lb_pairs_get(&plan->globals, "TARGETPLATFORM"), "linux/arm64");
	assert_string_equal(lb_pairs_get(&plan->globals, "TARGETVARIANT"), "v9");
	assert_string_equal(lb_pairs_get(&plan->globals, "BUILDPLATFORM"), "linux/amd64");
	assert_string_equal(lb_pairs_get(&plan->globals, "TARGETSTAGE"), "last");
	assert_null(lb_pairs_get(&plan->globals, "UNDECLARED"));
	assert_string_equal(plan->stages[0].platform, "linux/arm64");
}

static void the_epoch_gives_a_time(void **state)
{
	(void)state;
	static const struct {
		const char *value, *text;
		int want;
	} rows[] = {
		{ "0", "FROM a\n", 0 },
		{ "1700000000", "FROM a\n", 0 },
		{ "", "FROM a\n", 0 },
		{ "context", "FROM a\n", 0 },
		{ "src", "FROM scratch AS src\nADD https://x/y /\nFROM a\n", 0 },
		{ "src", "FROM scratch AS src\nADD y /\nFROM a\n", LB_INVALID },
		{ "src", "FROM b AS src\nADD https://x/y /\nFROM a\n", LB_INVALID },
		{ "yesterday", "FROM a\n", LB_INVALID },
		{ "1.5", "FROM a\n", LB_INVALID },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_pair given = { "SOURCE_DATE_EPOCH", rows[i].value };
		struct lb_pairs args = { &given, 1, 1 };
		struct lb_plan_options o = { .build_args = &args };
		lb_autodockerfile struct lb_dockerfile *df = NULL;
		lb_autobuildplan struct lb_build_plan *plan = NULL;
		if (make_plan(rows[i].text, &o, &df, &plan, NULL) != rows[i].want)
			fail_msg("%s with %s", rows[i].value, rows[i].text);
	}
	struct lb_err err;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	assert_int_equal(make_plan("ARG x\nARG SOURCE_DATE_EPOCH=nope\nFROM a\n", NULL, &df, &plan, &err), LB_INVALID);
	assert_int_equal(strncmp(err.text, "D:2: ", 5), 0);
}

static void bases_and_contexts(void **state)
{
	(void)state;
	struct lb_pair named[] = { { "tools", "dir:x" }, { "alpine", "docker-image://y" } };
	struct lb_pairs contexts = { named, LB_COUNT(named), LB_COUNT(named) };
	struct lb_plan_options o = { .named_contexts = &contexts };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	const char *text = "FROM a AS tools\nRUN x\nFROM --platform=linux/arm64 alpine AS b\nCOPY --from=tools / /\nFROM b\nFROM "
			   "--platform=linux/arm64 scratch\nFROM b\n";
	assert_int_equal(make_plan(text, &o, &df, &plan, NULL), 0);
	assert_true(plan->stages[0].named_context);
	assert_false(plan->stages[0].needed);
	assert_int_equal(lb_build_plan_find_stage(plan, "tools", SIZE_MAX), -1);
	assert_int_equal(lb_build_plan_find_stage(plan, "B", SIZE_MAX), 1);
	assert_int_equal(lb_build_plan_find_stage(plan, "b", 1), -1);
	assert_int_equal(plan->stages[2].base_stage, 1);
	assert_string_equal(plan->stages[2].base, "b");
	assert_string_equal(plan->stages[2].platform, "linux/arm64");
	assert_string_equal(plan->stages[3].base, "scratch");
	assert_string_equal(plan->stages[3].platform, "linux/amd64");
}

static void platforms_are_normalised(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "linux/amd64", "linux/amd64" },
		{ "LINUX/AMD64", "linux/amd64" },
		{ "amd64", "linux/amd64" },
		{ "linux", "linux/amd64" },
		{ "x86_64", "linux/amd64" },
		{ "linux/x86-64", "linux/amd64" },
		{ "i386", "linux/386" },
		{ "aarch64", "linux/arm64" },
		{ "linux/arm64/v8", "linux/arm64" },
		{ "linux/arm64/v9", "linux/arm64/v9" },
		{ "linux/arm", "linux/arm/v7" },
		{ "linux/arm/7", "linux/arm/v7" },
		{ "arm/v6", "arm/v6" },
		{ "armhf", "linux/arm/v7" },
		{ "linux/armel", "linux/arm/v6" },
		{ "linux/amd64/v1", "linux/amd64" },
		{ "linux/amd64/v2", "linux/amd64/v2" },
		{ "macos/arm64", "darwin/arm64" },
		{ "windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64" },
		{ "foo/bar", "foo/bar" },
		{ "", NULL },
		{ "/", NULL },
		{ "linux/", NULL },
		{ "a/b/c/d", NULL },
		{ "linux/a b", NULL },
		{ "beos", NULL },
		{ "*", NULL },
		{ "linux(1", NULL },
	};
	__attribute__((cleanup(lb_arena_release))) struct lb_arena arena = { 0 };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_platform p;
		int r = lb_platform_parse(&arena, rows[i].text, &p, NULL);
		if (r != (rows[i].want ? 0 : LB_INVALID) || (r == 0 && strcmp(p.text, rows[i].want) != 0))
			fail_msg("'%s' gives %s", rows[i].text, r == 0 ? p.text : "an error");
	}
}

static void names_of_images(void **state)
{
	(void)state;
	static const char *const good[] = {
		"a",
		"scratch",
		"debian:12",
		"a/b/c:t",
		"localhost/a",
		"localhost:5000/a:b",
		"r.io/a_b/c-d.e:v1.0-x_y",
		"a__b",
		"a--b",
		"REGISTRY.example/a",
		"Upper/a",
		"[::1]:5000/a",
		"a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"a:t@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	static const char *const bad[] = {
		"",           "A",       "a:",      "a:b:c",  "a//b",
		"/a",         "a/",      "a_",      "-a",     "a___b",
		"a..b",       "a:.x",    "a b",     "r.io/A", "a@sha256:123",
		"a@md5:0123", "-r.io/a", "r..io/a", "a:{x}",  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	for (size_t i = 0; i < LB_COUNT(good); i++)
		if (lb_image_name_fault(good[i]))
			fail_msg("%s: %s", good[i], lb_image_name_fault(good[i]));
	for (size_t i = 0; i < LB_COUNT(bad); i++)
		if (!lb_image_name_fault(bad[i]))
			fail_msg("'%s' is taken for a name", bad[i]);
}

static void ports_are_written_out(void **state)
{
	(void)state;
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "80", "80/tcp" },
		{ "80/udp", "80/udp" },
		{ "80/SCTP", "80/sctp" },
		{ "80/", "80/tcp" },
		{ "0", "0/tcp" },
		{ "65535", "65535/tcp" },
		{ "8000-8002/udp", "8000/udp 8001/udp 8002/udp" },
		{ "7-7", "7/tcp" },
		{ "1:2", "2/tcp" },
		{ ":2", "2/tcp" },
		{ "1-3:4", "4/tcp" },
		{ "1.2.3.4::333", "333/tcp" },
		{ "0.0.0.0:1234-1235:3333-3334/tcp", "3333/tcp 3334/tcp" },
		{ "[2001:4860:0:2001::68]::333", "333/tcp" },
		{ "[::1]:80:80", "80/tcp" },
		{ "2001:4860:0:2001::68::333", "333/tcp" },
		{ "::1:80:80", "80/tcp" },
		{ "::::80", "80/tcp" },
		{ "", NULL },
		{ "/tcp", NULL },
		{ "x", NULL },
		{ "80/x", NULL },
		{ "65536", NULL },
		{ "-1", NULL },
		{ "3-2", NULL },
		{ "1-", NULL },
		{ "1-2-3", NULL },
		{ "a:80", NULL },
		{ "localhost:1234:1234/tcp", NULL },
		{ "1-2:3-5", NULL },
		{ "80:", NULL },
		{ "1.2.3:80:80", NULL },
		{ "80/tcp/udp", NULL },
	};
	__attribute__((cleanup(lb_arena_release))) struct lb_arena arena = { 0 };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_ports ports = { 0 };
		lb_autobuf struct lb_buf got = { 0 };
		int r = lb_expose_add(&arena, rows[i].word, &ports, NULL, NULL);
		for (size_t k = 0; k < ports.count; k++)
			lb_buf_addf(&got, "%s%s", k ? " " : "", ports.items[k]);
		if (r != (rows[i].want ? 0 : LB_INVALID) || (r == 0 && strcmp(lb_buf_str(&got), rows[i].want) != 0))
			fail_msg("'%s' gives '%s'", rows[i].word, lb_buf_str(&got));
	}
}

static void many_stages(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf text = { 0 };
	enum { STAGES = 3000 };
	lb_buf_adds(&text, "FROM a AS s0\n");
	for (unsigned i = 1; i < STAGES; i++)
		lb_buf_addf(&text, "FROM s%u AS s%u\nCOPY --from=s%u /a /b\n", i - 1, i, i / 2);
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	assert_int_equal(make_plan(text.data, NULL, &df, &plan, NULL), 0);
	assert_int_equal(plan->order_count, STAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_that_the_target_needs),
		cmocka_unit_test(what_cannot_be_planned),
		cmocka_unit_test(arguments_before_from),
		cmocka_unit_test(the_epoch_gives_a_time),
		cmocka_unit_test(bases_and_contexts),
		cmocka_unit_test(platforms_are_normalised),
		cmocka_unit_test(names_of_images),
		cmocka_unit_test(ports_are_written_out),
		cmocka_unit_test(many_stages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
