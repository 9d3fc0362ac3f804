/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile_util.h"

#include "lbench/json.h"
#include "lbench/stage.h"

static json_t *printed(const struct lb_dockerfile *df, const struct lb_build_plan *plan)
{
	lb_autobuf struct lb_buf out = { 0 };
	json_t *json = NULL;
	struct lb_err err = { 0 };
	lb_dockerfile_json(df, plan, &out);
	if (lb_json_parse("out", out.data, out.len, &json, &err) < 0)
		fail_msg("%s\n%s", err.text, out.data);
	return json;
}

static void check_json(const json_t *got, const char *expected)
{
	struct lb_err err = { 0 };
	lb_autojson json_t *want = NULL;
	if (lb_json_parse("test", expected, strlen(expected), &want, &err) < 0)
		fail_msg("%s", err.text);
	if (!json_equal(got, want)) {
		lb_autofree char *text = json_dumps(got, JSON_ENCODE_ANY);
		fail_msg("%s\nmeant: %s", text, expected);
	}
}

static void everything_at_full_depth(void **state)
{
	(void)state;
	static const char text[] = "# syntax=a b\n# escape=`\nARG v\nFROM --platform=$P A AS Base\nRUN --network=none <<E `\n\n"
				   "  x\n\ty\nE\nONBUILD CMD --a [\"b\"]\nENV a=\"b\"\n";
	lb_autodockerfile struct lb_dockerfile *df = parse_full(text);
	lb_autojson json_t *json = printed(df, NULL);
	check_json(json,
		   "{\"file\":\"D\",\"escape\":\"`\",\"directives\":[{\"name\":\"syntax\",\"value\":\"a b\",\"line\":1},"
		   "{\"name\":\"escape\",\"value\":\"`\",\"line\":2}],\"instructions\":["
		   "{\"keyword\":\"arg\",\"lines\":[3,3],\"stage\":null,\"flags\":[],\"args\":[\"v\"],\"json\":false,\"heredocs\":[]},"
		   "{\"keyword\":\"from\",\"lines\":[4,4],\"stage\":0,\"flags\":[\"--platform=$P\"],\"args\":[\"A\",\"AS\",\"Base\"],"
		   "\"json\":false,\"heredocs\":[]},"
		   "{\"keyword\":\"run\",\"lines\":[5,9],\"stage\":0,\"flags\":[\"--network=none\"],\"args\":[\"<<E   x\"],"
		   "\"json\":false,\"heredocs\":[{\"name\":\"E\",\"fd\":0,\"expand\":true,\"chomp\":false,\"content\":\"\\ty\\n\"}]},"
		   "{\"keyword\":\"onbuild\",\"lines\":[10,10],\"stage\":0,\"flags\":[],\"args\":[],\"json\":false,\"heredocs\":[],"
		   "\"trigger\":{\"keyword\":\"cmd\",\"flags\":[\"--a\"],\"args\":[\"b\"],\"json\":true}},"
		   "{\"keyword\":\"env\",\"lines\":[11,11],\"stage\":0,\"flags\":[],\"args\":[\"a\",\"\\\"b\\\"\",\"=\"],\"json\":false,"
		   "\"heredocs\":[]}],"
		   "\"stages\":[{\"index\":0,\"name\":\"base\",\"from\":\"A\",\"platform\":\"$P\",\"line\":4}],"
		   "\"warnings\":[{\"rule\":\"NoEmptyContinuation\",\"line\":7,\"message\":\"Empty continuation line\"}]}");
}

static void syntax_depth_has_no_stages(void **state)
{
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df =
		parse_syntax("Foo \xff\nFROM\nENTRYPOINT []\nONBUILD ONBUILD RUN a\nRUN \x80 3<<-'E'\nE");
	lb_autojson json_t *json = printed(df, NULL);
	check_json(json,
		   "{\"file\":\"D\",\"escape\":\"\\\\\",\"directives\":[],\"instructions\":["
		   "{\"keyword\":\"foo\",\"lines\":[1,1],\"stage\":null,\"flags\":[],\"args\":[\"\"],\"json\":false,\"heredocs\":[]},"
		   "{\"keyword\":\"from\",\"lines\":[2,2],\"stage\":null,\"flags\":[],\"args\":[],\"json\":false,\"heredocs\":[]},"
		   "{\"keyword\":\"entrypoint\",\"lines\":[3,3],\"stage\":null,\"flags\":[],\"args\":[],\"json\":true,\"heredocs\":[]},"
		   "{\"keyword\":\"onbuild\",\"lines\":[4,4],\"stage\":null,\"flags\":[],\"args\":[],\"json\":false,\"heredocs\":[],"
		   "\"trigger\":{\"keyword\":\"onbuild\",\"flags\":[],\"args\":[],\"json\":false}},"
		   "{\"keyword\":\"run\",\"lines\":[5,6],\"stage\":null,\"flags\":[],\"args\":[\"\xef\xbf\xbd 3<<-'E'\"],\"json\":false,"
		   "\"heredocs\":[{\"name\":\"E\",\"fd\":3,\"expand\":false,\"chomp\":true,\"content\":\"\"}]}],"
		   "\"warnings\":[]}");
}

static void a_plan_adds_what_words_came_to(void **state)
{
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = parse_full("FROM a\nEXPOSE $p\n");
	char *ports[] = { "80/tcp", "81/tcp" }, *expanded[] = { "80-81" };
	struct lb_resolved resolved[2] = {
		{ 0 }, { .has_expanded = true, .expanded = expanded, .expanded_count = 1, .ports = ports, .ports_count = 2 }
	};
	struct lb_warning warning = { "UndefinedVar", 2, "x" };
	struct lb_build_plan plan = { .df = df, .resolved = resolved, .warnings = &warning, .warnings_count = 1 };
	lb_autojson json_t *json = printed(df, &plan);
	const json_t *items = json_object_get(json, "instructions");
	assert_null(json_object_get(json_array_get(items, 0), "expanded"));
	assert_null(json_object_get(json_array_get(items, 0), "ports"));
	check_json(json_object_get(json_array_get(items, 1), "ports"), "[\"80/tcp\",\"81/tcp\"]");
	check_json(json_object_get(json_array_get(items, 1), "expanded"), "[\"80-81\"]");
	check_json(json_object_get(json, "warnings"), "[{\"rule\":\"UndefinedVar\",\"line\":2,\"message\":\"x\"}]");
}

static void the_checks_own_the_whole_list(void **state)
{
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = parse_full("FROM a\nRUN b \\\n\n c");
	struct lb_build_plan plan = { .df = df };
	lb_autojson json_t *json = printed(df, &plan);
	assert_int_equal(json_array_size(json_object_get(json, "warnings")), 1);
	plan.checked = true;
	lb_autojson json_t *checked = printed(df, &plan);
	assert_int_equal(json_array_size(json_object_get(checked, "warnings")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_at_full_depth),
		cmocka_unit_test(syntax_depth_has_no_stages),
		cmocka_unit_test(a_plan_adds_what_words_came_to),
		cmocka_unit_test(the_checks_own_the_whole_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
