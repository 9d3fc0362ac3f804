/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lbench/buf.h"
#include "lbench/check.h"
#include "lbench/ignore.h"
#include "lbench/stage.h"

struct row {
	const char *text;
	const char *want;   /* "RULE:LINE …", sorted by line */
	const char *ignore; /* .dockerignore; NULL: there is none */
	struct lb_pair arg;
};

static void list_findings(const struct lb_build_plan *plan, bool engines, struct lb_buf *out)
{
	for (size_t i = 0; i < plan->warnings_count; i++)
		if (lb_check_is_engine_rule(plan->warnings[i].rule) == engines)
			lb_buf_addf(out, "%s%s:%u", out->len ? " " : "", plan->warnings[i].rule, plan->warnings[i].line);
}

static void check_row(const struct row *row, bool engines)
{
	struct lb_err err = { 0 };
	bool failing;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	lb_autoignore struct lb_ignore *ignore = NULL;
	lb_autobuf struct lb_buf got = { 0 };
	struct lb_pair arg = row->arg;
	struct lb_pairs args = { &arg, arg.name ? 1 : 0, 1 };
	struct lb_plan_options options = { .build_args = &args };
	if (lb_dockerfile_parse("D", row->text, strlen(row->text), NULL, &df, &err) != 0 ||
	    lb_build_plan_new(df, &options, &plan, &err) != 0)
		fail_msg("%s: %s", row->text, err.text);
	if (row->ignore)
		assert_int_equal(lb_ignore_parse("i", row->ignore, strlen(row->ignore), &ignore, NULL), 0);
	struct lb_check_options check = { .ignore = ignore, .has_ignore_file = row->ignore != NULL };
	if (lb_build_plan_check(plan, &check, &failing, &err) != 0)
		fail_msg("%s: %s", row->text, err.text);
	list_findings(plan, engines, &got);
	if (strcmp(lb_buf_str(&got), row->want) != 0)
		fail_msg("%s\ngives '%s', not '%s'", row->text, lb_buf_str(&got), row->want);
}

static void check_rows(const struct row *rows, size_t count, bool engines)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i], engines);
}

static void names_and_letter_case(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "FROM scratch AS Bad\n\nFROM scratch as b2\nFROM scratch AS b3\n", .want = "StageNameCasing:1 FromAsCasing:3" },
		{ .text = "from scratch AS base\n\nfrom scratch as base2\n", .want = "FromAsCasing:1" },
		{ .text = "From scratch as base\nFROM scratch AS base2\n", .want = "ConsistentInstructionCasing:1" },
		{ .text = "FROM scratch\ncopy D /foo\nCOPY D /bar\n", .want = "ConsistentInstructionCasing:2" },
		{ .text = "frOM scratch as base\nfrom scratch as b2\n", .want = "ConsistentInstructionCasing:1" },
		{ .text = "from scratch\nCOPY D /a\ncopy D /b\n", .want = "ConsistentInstructionCasing:2" },
		{ .text = "FROM scratch\ncopy D /a\ncopy D /b\n", .want = "ConsistentInstructionCasing:1" },
		{ .text = "FROM scratch\ncopy D /a\n", .want = "ConsistentInstructionCasing:2" },
		{ .text = "from scratch\ncopy D /a\n", .want = "" },
		{ .text = "arg A=1\nFROM scratch\nCOPY D /a\n", .want = "" },
		{ .text = "FROM scratch AS b\nFROM scratch AS b\n", .want = "DuplicateStageName:2" },
		{ .text = "FROM scratch AS b\nFROM scratch AS B\n", .want = "StageNameCasing:2 DuplicateStageName:2" },
		{ .text = "FROM scratch AS scratch\nFROM scratch AS context\n", .want = "ReservedStageName:1 ReservedStageName:2" },
		{ .text = "FROM scratch\nMAINTAINER me\n", .want = "MaintainerDeprecated:2" },
		{ .text = "FROM alpine\nRUN <<'EOT'\nenv\nEOT\n", .want = "" },
	};
	check_rows(rows, LB_COUNT(rows), true);
}

static void what_from_says(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "ARG base=scratch\nFROM $base\n", .want = "" },
		{ .text = "ARG DEBUG\nFROM scratch${DEBUG}\n", .want = "" },
		{ .text = "ARG DEBUG\nFROM scra${DEBUG:-tch}\n", .want = "" },
		{ .text = "ARG DEBUG=\"\"\nFROM scratch${DEBUG-@bogus}\n", .want = "" },
		{ .text = "FROM --platform=$BUILDPLATFORM scratch\n", .want = "" },
		{ .text = "ARG tag=latest\nFROM busybox:${tag}${version} AS b\n", .want = "UndefinedArgInFrom:2" },
		{ .text = "FROM --platform=$TARGETPLATFORM scratch\n", .want = "RedundantTargetPlatform:1" },
		{ .text = "FROM --platform=${TARGETPLATFORM} scratch\n", .want = "RedundantTargetPlatform:1" },
		{ .text = "FROM --platform=linux/amd64 scratch\n", .want = "FromPlatformFlagConstDisallowed:1" },
		{ .text = "FROM --platform=linux/amd64 scratch AS my_amd64_stage\n", .want = "" },
		{ .text = "FROM --platform=linux/amd64 scratch AS linux\n", .want = "" },
		{ .text = "ARG VERSION\nFROM busybox:$VERSION\n", .want = "InvalidDefaultArgInFrom:2", .arg = { "VERSION", "latest" } },
		{ .text = "ARG IMAGE\nFROM $IMAGE\n", .want = "InvalidDefaultArgInFrom:2", .arg = { "IMAGE", "busybox" } },
		{ .text = "ARG SFX=\"box:\"\nFROM busy${SFX}\n", .want = "InvalidDefaultArgInFrom:2", .arg = { "SFX", "box:1" } },
		{ .text = "ARG VERSION=latest\nFROM busybox:${VERSION}\n", .want = "", .arg = { "VERSION", "1" } },
		{ .text = "ARG V\nFROM busybox:stable${V}\n", .want = "", .arg = { "V", "-musl" } },
		{ .text = "FROM --platform=linux/arm64 alpine AS a\nFROM scratch\n", .want = "FromPlatformFlagConstDisallowed:1" },
	};
	check_rows(rows, LB_COUNT(rows), true);
}

static void words_that_are_not_set(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "FROM scratch\nARG foo\nCOPY D${foo} .\n", .want = "" },
		{ .text = "FROM alpine AS base\nARG foo=D\n\nFROM base\nCOPY $foo .\n", .want = "" },
		{ .text = "FROM alpine\nRUN echo $nope\n", .want = "" },
		{ .text = "FROM alpine\nCOPY $foo .\nARG foo=bar\nRUN echo $foo\n", .want = "UndefinedVar:2" },
		{ .text = "FROM alpine\nCOPY $a $b .\n", .want = "UndefinedVar:2 UndefinedVar:2" },
		{ .text = "FROM alpine\nENV PATH=$PAHT:/tmp/bin\n", .want = "UndefinedVar:2" },
		{ .text = "FROM alpine\nENV PATH=$PATH:/tmp/bin\n", .want = "" },
		{ .text = "FROM scratch AS first\nCOPY $foo .\nFROM scratch AS second\nCOPY $bar .\n", .want = "UndefinedVar:4" },
		{ .text = "FROM alpine\nARG A=$x\nWORKDIR /$y\nUSER $z\nEXPOSE $q\nVOLUME /$v\nLABEL l=$m\n",
		  .want = "UndefinedVar:2 UndefinedVar:3 UndefinedVar:4 UndefinedVar:6 UndefinedVar:7" },
		{ .text = "FROM alpine\nRUN --mount=type=cache,target=/c$x true\n", .want = "UndefinedVar:2" },
		{ .text = "FROM alpine\nCOPY <<E /a\n$x\nE\n", .want = "UndefinedVar:2" },
		{ .text = "FROM alpine\nCOPY <<'E' /a\n$x\nE\n", .want = "" },
		{ .text = "FROM alpine AS a\nONBUILD COPY $x /\n\nFROM a\n", .want = "UndefinedVar:4" },
		{ .text = "ARG G=1\nFROM alpine\nENV a=$G\n", .want = "UndefinedVar:3" },
		{ .text = "ARG G=1\nFROM alpine\nARG G\nENV a=$G b=$TARGETARCH\n", .want = "UndefinedVar:4" },
	};
	check_rows(rows, LB_COUNT(rows), true);
}

static void instructions_of_needed_stages(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "FROM scratch\nCMD run\n", .want = "JSONArgsRecommended:2" },
		{ .text = "FROM scratch\nENTRYPOINT run\n", .want = "JSONArgsRecommended:2" },
		{ .text = "FROM scratch\nSHELL [\"/b\"]\nCMD run\nENTRYPOINT x\n", .want = "" },
		{ .text = "FROM scratch AS a\nSHELL [\"/b\"]\nFROM a\nCMD run\n", .want = "" },
		{ .text = "FROM scratch\nWORKDIR app/\nWORKDIR b\n", .want = "WorkdirRelativePath:2" },
		{ .text = "FROM scratch AS a\nWORKDIR /app\nFROM a AS b\nWORKDIR sub/\n", .want = "" },
		{ .text = "FROM scratch\nENTRYPOINT [\"/a\"]\nENTRYPOINT [\"/b\"]\nCMD [\"/a\"]\nCMD [\"/b\"]\nHEALTHCHECK CMD "
			  "[\"/a\"]\nHEALTHCHECK CMD [\"/b\"]\n",
		  .want = "MultipleInstructionsDisallowed:2 MultipleInstructionsDisallowed:4 MultipleInstructionsDisallowed:6" },
		{ .text = "FROM scratch AS a\nCMD [\"/a\"]\nFROM a AS b\nCMD [\"/b\"]\n", .want = "" },
		{ .text = "FROM scratch\nENV k v\nLABEL k v\n", .want = "LegacyKeyValueFormat:2 LegacyKeyValueFormat:3" },
		{ .text = "FROM scratch AS a\nFROM a AS b\nENV k v\nFROM a AS c\n", .want = "" },
		{ .text = "FROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo\nENV password=bar secret=baz\nARG "
			  "super_duper_secret_token=foo auth=bar\n"
			  "ENV apikey=bar sunflower=foo\nENV git_key=\nENV PUBLIC_KEY=\nARG public_token\nENV keyring=1 TOKEN_FILE=x\n",
		  .want = "SecretsUsedInArgOrEnv:2 SecretsUsedInArgOrEnv:3 SecretsUsedInArgOrEnv:4 SecretsUsedInArgOrEnv:4 "
			  "SecretsUsedInArgOrEnv:5 "
			  "SecretsUsedInArgOrEnv:5 SecretsUsedInArgOrEnv:6 SecretsUsedInArgOrEnv:7" },
		{ .text = "FROM scratch\nEXPOSE 80/TCP 90/tcp\nEXPOSE 81/UdP\n", .want = "ExposeProtoCasing:2 ExposeProtoCasing:3" },
		{ .text = "FROM scratch\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000\n",
		  .want = "ExposeInvalidFormat:2 ExposeInvalidFormat:2 ExposeInvalidFormat:2" },
		{ .text = "FROM scratch\nCOPY D \\\n\n.\nCOPY D \\\n.\n", .want = "NoEmptyContinuation:4" },
	};
	check_rows(rows, LB_COUNT(rows), true);
}

static void ignored_files(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "FROM scratch\nCOPY D .\nADD D /w\n", .want = "CopyIgnoredFile:2 CopyIgnoredFile:3", .ignore = "\nD\n" },
		{ .text = "FROM scratch\nCOPY D .\n", .want = "", .ignore = "D\n!x\n" },
		{ .text = "FROM scratch AS b\nCOPY D /f\nFROM b\nCOPY --from=b /f /D\n", .want = "", .ignore = "f\n" },
		{ .text = "FROM scratch\nCOPY . .\nCOPY / /\n", .want = "CopyIgnoredFile:2 CopyIgnoredFile:3", .ignore = "*\n" },
		{ .text = "FROM scratch\nCOPY . .\n", .want = "", .ignore = "a\nb*\n" },
		{ .text = "FROM scratch\nCOPY /f .\nCOPY ./f a/../f .\n", .want = "CopyIgnoredFile:3 CopyIgnoredFile:3", .ignore = "f\n" },
		{ .text = "FROM scratch\nCOPY a/b/c .\nADD http://x/a .\n", .want = "CopyIgnoredFile:2", .ignore = "a\n" },
	};
	check_rows(rows, LB_COUNT(rows), true);
}

static void directives_turn_rules_off_and_on(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "#check=skip=all\nFROM scratch as base\ncopy D .\n", .want = "" },
		{ .text = "# check=skip=ConsistentInstructionCasing,FromAsCasing\nFROM scratch as base\ncopy D .\n", .want = "" },
		{ .text = "# check=skip=ConsistentInstructionCasing\nFROM scratch as base\ncopy D .\n", .want = "FromAsCasing:2" },
		{ .text = "# check=skip=all\nFROM scratch as base\ncopy D .\n",
		  .want = "FromAsCasing:2",
		  .arg = { "BUILDKIT_DOCKERFILE_CHECK", "skip=ConsistentInstructionCasing;error=true" } },
		{ .text = "# check=error=true\nFROM scratch as base\n", .want = "", .arg = { "BUILDKIT_DOCKERFILE_CHECK", "skip=all" } },
		{ .text = "FROM scratch\n# check=skip=WorkdirRelativePath\nWORKDIR a\n", .want = "" },
		{ .text = "FROM scratch\n# check=skip=JSONArgsRecommended\nCMD a\n\nCMD b\n",
		  .want = "MultipleInstructionsDisallowed:3 JSONArgsRecommended:5" },
		{ .text = "FROM scratch\n# check=nonsense\nCMD a\n", .want = "JSONArgsRecommended:3" },
		{ .text = "# check=skip=NoEmptyContinuation\nFROM scratch\nCOPY D \\\n\n.\n", .want = "" },
		{ .text = "# check=experimental=InvalidDefinitionDescription\n# foo this is the foo\nARG foo=bar\n\n# base the base "
			  "image\nFROM scratch AS base\n\n"
			  "# version the number\nARG version=latest\n\n# baz this is\nARG foo=baz bar=qux baz=quux\n#\nARG bit=bat\n\n# "
			  "for something else\nCOPY D .\n",
		  .want = "" },
		{ .text = "# check=experimental=InvalidDefinitionDescription\n# bar this is the bar\nARG foo=bar\n# BasE this is the BasE "
			  "image\nFROM scratch AS base\n"
			  "# definitely a bad comment\nARG version=latest\n# definitely a bad comment\nARG foo=baz bar=qux baz=quux\n",
		  .want = "InvalidDefinitionDescription:3 InvalidDefinitionDescription:5 InvalidDefinitionDescription:7 "
			  "InvalidDefinitionDescription:9" },
		{ .text = "# check=skip=all;experimental=all\n# x y\nARG foo\nFROM scratch as b\n",
		  .want = "InvalidDefinitionDescription:3" },
		{ .text = "\n# x y\nARG foo\nFROM scratch AS b\n", .want = "" },
	};
	check_rows(rows, LB_COUNT(rows), true);
}

static int check_text(const char *text, bool *failing, struct lb_err *err)
{
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	int r = lb_dockerfile_parse("D", text, strlen(text), NULL, &df, err);
	if (r == 0)
		r = lb_build_plan_new(df, NULL, &plan, err);
	return r == 0 ? lb_build_plan_check(plan, &(struct lb_check_options){ 0 }, failing, err) : r;
}

static void errors_of_the_directive(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "# check=skip\nFROM a\n", "D:1: check option \"skip\"" },
		{ "# check=foo=bar\nFROM a\n", "D:1: check option \"foo=bar\"" },
		{ "# check=error=maybe\nFROM a\n", "D:1: check option error=maybe" },
		{ "# check=skip=all;\nFROM a\n", "D:1: an empty check option" },
		{ "# syntax=x\n# check=skip=a;error=true;experimental=b;c=d\nFROM a\n", "" },
	};
	struct lb_err err;
	bool failing;
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		err.text[0] = '\0';
		int r = check_text(rows[i].text, &failing, &err);
		assert_int_equal(r, *rows[i].says ? LB_INVALID : 0);
		if (strncmp(err.text, rows[i].says, strlen(rows[i].says)) != 0)
			fail_msg("%s: %s", rows[i].text, err.text);
	}
	assert_int_equal(check_text("# check=error=true\nFROM a as b\n", &failing, &err), 0);
	assert_true(failing);
	assert_int_equal(check_text("# check=error=true\nFROM a\nCOPY . .\n", &failing, &err), 0);
	assert_false(failing);
	assert_int_equal(check_text("FROM a as b\n", &failing, &err), 0);
	assert_false(failing);
}

static void messages_say_what_the_engine_says(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{ "FROM alpine\nARG DIR_BINARIES=b/\nARG DIR_ASSETS=a/\nCOPY $DIR_ASSET .\n",
		  "Usage of undefined variable '$DIR_ASSET' (did you mean $DIR_ASSETS?)" },
		{ "FROM alpine\nENV PATH=$PAHT\n", "Usage of undefined variable '$PAHT' (did you mean $PATH?)" },
		{ "ARG MY_ARCH=amd64\nFROM --platform=linux/x${MYARCH} a\n",
		  "FROM argument 'MYARCH' is not declared (did you mean MY_ARCH?)" },
		{ "FROM a\nENV k v\n", "\"ENV key=value\" should be used instead of legacy \"ENV key value\" format" },
		{ "FROM a\nEXPOSE 1:2/tcp\n", "EXPOSE instruction should not define an IP address or host-port mapping, found '1:2/tcp'" },
		{ "FROM --platform=linux/amd64 a\n", "FROM --platform flag should not use constant value \"linux/amd64\"" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err;
		bool failing;
		lb_autodockerfile struct lb_dockerfile *df = NULL;
		lb_autobuildplan struct lb_build_plan *plan = NULL;
		assert_int_equal(lb_dockerfile_parse("D", rows[i].text, strlen(rows[i].text), NULL, &df, &err), 0);
		assert_int_equal(lb_build_plan_new(df, NULL, &plan, &err), 0);
		assert_int_equal(lb_build_plan_check(plan, &(struct lb_check_options){ .has_ignore_file = true }, &failing, &err), 0);
		assert_int_equal(plan->warnings_count, 1);
		assert_string_equal(plan->warnings[0].message, rows[i].message);
		assert_true(plan->checked);
	}
}

static void rules_for_caching(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ .text = "FROM node\nCOPY . .\nRUN npm ci\n",
		  .want = "CacheNoIgnoreFile:2 CacheBroadCopyBeforeInstall:2 CacheMountMissing:3" },
		{ .text = "FROM node\nCOPY . .\nRUN npm ci\n",
		  .want = "CacheBroadCopyBeforeInstall:2 CacheMountMissing:3",
		  .ignore = ".git\n" },
		{ .text = "FROM node\nCOPY package*.json ./\nRUN --mount=type=cache,target=/root/.npm npm ci\nCOPY . .\nRUN npm run "
			  "build\n",
		  .want = "",
		  .ignore = "" },
		{ .text = "FROM debian\nRUN apt-get update\nRUN apt-get install -y gcc\n",
		  .want = "CacheAptUpdateAlone:2 CacheMountMissing:3" },
		{ .text = "FROM debian\nRUN --mount=type=cache,target=/var/cache/apt sudo apt-get -qq update && DEBIAN_FRONTEND=x apt-get "
			  "-y install gcc\n",
		  .want = "" },
		{ .text = "FROM python\nADD ./ /src\nRUN cd /src; python3 -m pip install -r requirements.txt\n",
		  .want = "CacheNoIgnoreFile:2 CacheBroadCopyBeforeInstall:2 CacheMountMissing:3" },
		{ .text = "FROM python\nCOPY --from=x . .\nRUN echo pip install\n", .want = "" },
		{ .text = "FROM a\nARG GIT_SHA\nRUN make\nRUN make again\n", .want = "CacheVolatileArgAboveWork:2" },
		{ .text = "FROM a\nARG GIT_SHA\nRUN make VERSION=${GIT_SHA}\n", .want = "" },
		{ .text = "FROM a\nRUN make\nARG GIT_SHA\nLABEL rev=$GIT_SHA\n", .want = "" },
		{ .text = "FROM a\nARG BUILD_DATE=x\nLABEL org.opencontainers.image.created=$BUILD_DATE\nCOPY a b\n",
		  .want = "CacheCommitIdAboveWork:3" },
		{ .text = "FROM a\nENV GIT_COMMIT=abc\nCOPY a b\nRUN make\n", .want = "CacheCommitIdAboveWork:2" },
		{ .text = "FROM a\nARG NPM_TOKEN\nRUN make\n", .want = "CacheSecretInArg:2" },
		{ .text = "FROM a\nENV API_KEY=1 TOKEN_FILE=/x\nRUN make\n", .want = "CacheSecretInArg:2" },
		{ .text = "FROM a AS b\nARG GIT_SHA\nFROM a\nRUN make\n", .want = "" },
		{ .text = "# check=skip=CacheMountMissing\nFROM a\nRUN npm ci\n", .want = "" },
		{ .text = "FROM a\n# check=skip=CacheMountMissing\nRUN npm ci\n", .want = "" },
		{ .text = "FROM a\nRUN <<E\n#!/bin/sh\napk add gcc\nE\n", .want = "CacheMountMissing:2" },
		{ .text = "FROM a\nRUN [\"npm\", \"ci\"]\n", .want = "CacheMountMissing:2" },
		{ .text = "FROM a\nARG NODE_VERSION=1 SHA256=x\nENV COMMITTER=x\nRUN true\n", .want = "" },
	};
	check_rows(rows, LB_COUNT(rows), false);
}

/* What the engine compares: os and architecture of the image that was found, and of the stage. */
static void bases_of_other_platforms(void **state)
{
	(void)state;
	static const struct {
		const char *text, *platform, *os, *arch, *variant, *want; /* NULL: nothing */
	} rows[] = {
		{ "FROM base\n", NULL, "linux", "amd64", NULL, NULL },
		{ "FROM base\n", NULL, "linux", "arm64", "v8",
		  "1 Base image base was pulled with platform \"linux/arm64\", expected \"linux/amd64\" for current build" },
		{ "\nFROM base:1\n", "linux/arm64", "linux", "arm", "v7",
		  "2 Base image base:1 was pulled with platform \"linux/arm/v7\", expected \"linux/arm64\" for current build" },
		{ "FROM base\n", "linux/arm/v6", "linux", "arm", "v7", NULL },
		{ "FROM base\n", "linux/amd64", "windows", "amd64", NULL,
		  "1 Base image base was pulled with platform \"windows/amd64\", expected \"linux/amd64\" for current build" },
		{ "FROM --platform=linux/s390x base\n", NULL, "linux", "s390x", NULL, NULL },
		{ "FROM --platform=s390x base\n", "linux/amd64", "linux", "amd64", NULL,
		  "1 Base image base was pulled with platform \"linux/amd64\", expected \"linux/s390x\" for current build" },
		{ "FROM base\n", NULL, "", "", NULL, NULL }, /* its configuration does not say */
		{ "# check=skip=InvalidBaseImagePlatform\nFROM base\n", NULL, "linux", "arm64", NULL, NULL },
		{ "# check=skip=all\nFROM base\n", NULL, "linux", "arm64", NULL, NULL },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autodockerfile struct lb_dockerfile *df = NULL;
		lb_autobuildplan struct lb_build_plan *plan = NULL;
		const struct lb_plan_options po = { .platform = rows[i].platform };
		assert_int_equal(lb_dockerfile_parse("Dockerfile", rows[i].text, strlen(rows[i].text), NULL, &df, NULL), 0);
		assert_int_equal(lb_build_plan_new(df, &po, &plan, NULL), 0);
		const struct lb_warning *w = lb_build_plan_check_base(plan, 0, rows[i].os, rows[i].arch, rows[i].variant);
		if (!rows[i].want) {
			assert_null(w);
			continue;
		}
		assert_non_null(w);
		lb_autofree char *is = lb_format("%u %s", w->line, w->message);
		assert_string_equal(is, rows[i].want);
		assert_string_equal(w->rule, "InvalidBaseImagePlatform");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_letter_case),   cmocka_unit_test(what_from_says),
		cmocka_unit_test(words_that_are_not_set),  cmocka_unit_test(instructions_of_needed_stages),
		cmocka_unit_test(ignored_files),           cmocka_unit_test(directives_turn_rules_off_and_on),
		cmocka_unit_test(errors_of_the_directive), cmocka_unit_test(messages_say_what_the_engine_says),
		cmocka_unit_test(rules_for_caching),       cmocka_unit_test(bases_of_other_platforms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
