/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lbench/buf.h"
#include "lbench/stage.h"
#include "lbench/step.h"

/* A file whose last stage is resolved to its end. */
struct fixture {
	struct lb_dockerfile *df;
	struct lb_build_plan *plan;
	struct lb_stage_state states[4];
	struct lb_step steps[32]; /* of the last stage, FROM included */
	size_t count;
};

static int resolve_all(struct fixture *f, const char *text, const struct lb_plan_options *options, const struct lb_image_config *base,
		       struct lb_err *err)
{
	*f = (struct fixture){ 0 };
	int r = lb_dockerfile_parse("D", text, strlen(text), NULL, &f->df, err);
	if (r == 0)
		r = lb_build_plan_new(f->df, options, &f->plan, err);
	for (size_t i = 0; r == 0 && i < f->plan->stages_count; i++) {
		const struct lb_plan_stage *ps = &f->plan->stages[i];
		lb_stage_state_init(&f->states[i], f->plan, (int)i, base, ps->base_stage >= 0 ? &f->states[ps->base_stage] : NULL);
		f->count = 0;
		for (size_t k = ps->stage->first; r == 0 && k < ps->stage->end; k++)
			r = lb_step_resolve(&f->states[i], &f->df->instructions[k], 0, &f->steps[f->count++], err);
	}
	return r;
}

static void release(struct fixture *f)
{
	lb_build_plan_free(f->plan);
	lb_dockerfile_free(f->df);
}
#define FIXTURE __attribute__((cleanup(release))) struct fixture

static void must_resolve(struct fixture *f, const char *text, const struct lb_plan_options *options)
{
	struct lb_err err;
	if (resolve_all(f, text, options, NULL, &err) != 0)
		fail_msg("%s: %s", text, err.text);
}

static const struct lb_step *last(const struct fixture *f)
{
	return &f->steps[f->count - 1];
}

static const struct lb_stage_state *end_state(const struct fixture *f)
{
	return &f->states[f->plan->stages_count - 1];
}

static void join_pairs(const struct lb_pairs *p, struct lb_buf *out)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->items[i].name, "PATH") != 0)
			lb_buf_addf(out, "%s%s=%s", out->len ? " " : "", p->items[i].name, p->items[i].value);
}

static void check_pairs(const struct lb_pairs *p, const char *want)
{
	lb_autobuf struct lb_buf got = { 0 };
	join_pairs(p, &got);
	assert_string_equal(lb_buf_str(&got), want);
}

static void check_list(char *const *items, size_t count, const char *want)
{
	lb_autobuf struct lb_buf got = { 0 };
	for (size_t i = 0; i < count; i++)
		lb_buf_addf(&got, "%s%s", i ? "|" : "", items[i]);
	assert_string_equal(lb_buf_str(&got), want);
}

static void history_reads_as_the_engine_writes_it(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "RUN echo  hi", "RUN /bin/sh -c echo  hi # buildkit" },
		{ "RUN [\"a\", \"b c\"]", "RUN a b c # buildkit" },
		{ "SHELL [\"/bin/bash\", \"-ec\"]\nRUN x", "RUN /bin/bash -ec x # buildkit" },
		{ "ARG A=1 B\nRUN x", "RUN |2 A=1 B= /bin/sh -c x # buildkit" },
		{ "ARG A=1\nENV A=2\nRUN x", "RUN |1 A=2 /bin/sh -c x # buildkit" },
		{ "ARG B=1\nARG A=2\nARG B=3\nRUN x", "RUN |2 B=3 A=2 /bin/sh -c x # buildkit" },
		{ "COPY a b /c", "COPY a b /c # buildkit" },
		{ "COPY --link --chown=1:2 --chmod=755 --parents a /c", "COPY --parents --chown=1:2 --chmod=755 a /c # buildkit" },
		{ "ENV x=y\nADD $x ${x}z", "ADD y yz # buildkit" },
		{ "COPY <<A b <<C /d\nA\nC\n", "COPY b <<A <<C /d # buildkit" },
		{ "WORKDIR x", "WORKDIR /x" },
		{ "ENV a=\"b c\" d=e", "ENV a=b c d=e" },
		{ "ENV a b  c", "ENV a=b  c" },
		{ "LABEL \"a b\"=c", "LABEL a b=c" },
		{ "ARG a=b c", "ARG a=b c" },
		{ "CMD [\"x\", \"y\\\"z\"]", "CMD [\"x\" \"y\\\"z\"]" },
		{ "CMD run it", "CMD [\"/bin/sh\" \"-c\" \"run it\"]" },
		{ "CMD", "CMD [\"/bin/sh\" \"-c\" \"\"]" },
		{ "ENTRYPOINT [\"x\"]", "ENTRYPOINT [\"x\"]" },
		{ "EXPOSE 90 80-81/UDP", "EXPOSE [80/udp 81/udp 90/tcp]" },
		{ "VOLUME /a /b", "VOLUME [/a /b]" },
		{ "USER me:us", "USER me:us" },
		{ "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGTERM" },
		{ "SHELL [\"/bin/bash\", \"-c\"]", "SHELL [/bin/bash -c]" },
		{ "MAINTAINER me", "MAINTAINER me" },
		{ "HEALTHCHECK --interval=90s --timeout=1500ms --retries=3 CMD curl x",
		  "HEALTHCHECK &{[\"CMD-SHELL\" \"curl x\"] \"1m30s\" \"1.5s\" \"0s\" \"0s\" '\\x03'}" },
		{ "HEALTHCHECK NONE", "HEALTHCHECK &{[\"NONE\"] \"0s\" \"0s\" \"0s\" \"0s\" '\\x00'}" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		FIXTURE f;
		lb_autofree char *text = lb_format("FROM a\n%s\n", rows[i].text);
		must_resolve(&f, text, NULL);
		if (strcmp(last(&f)->created_by, rows[i].want) != 0)
			fail_msg("%s gives '%s'", rows[i].text, last(&f)->created_by);
	}
}

static void arguments_and_environment(void **state)
{
	(void)state;
	struct lb_pair given[] = { { "G", "given" }, { "HTTP_PROXY", "p" }, { "X", "never declared" } };
	struct lb_pairs args = { given, LB_COUNT(given), LB_COUNT(given) };
	struct lb_plan_options o = { .build_args = &args };
	static const struct {
		const char *text, *env, *run_args;
	} rows[] = {
		{ "FROM a\nENV a=1 b=$a c=3\nENV a=2\nRUN x", "b= c=3 a=2", "" },
		{ "FROM a\nENV a=1\nENV b=$a$a\nRUN x", "a=1 b=11", "" },
		{ "FROM a\nARG A=1 B=$A\nRUN x", "A=1 B=1", "A=1 B=1" },
		{ "FROM a\nARG G=default\nRUN x", "G=given", "G=given" },
		{ "FROM a\nARG U\nARG B=2\nRUN x", "B=2", "B=2" },
		{ "ARG L=1\nARG U\nFROM a\nARG L\nARG U\nRUN x", "L=1", "L=1" },
		{ "ARG L=1\nFROM a\nARG L=2\nRUN x", "L=2", "L=2" },
		{ "ARG L=1\nFROM a\nRUN x", "", "" },
		{ "FROM a\nENV A=e\nARG A=1\nRUN x", "A=1", "" },
		{ "FROM a\nARG A=1\nENV A=e\nRUN x", "A=e", "" },
		{ "FROM a\nARG Z=1\nARG M=2\nRUN x", "Z=1 M=2", "M=2 Z=1" },
		{ "FROM a\nARG TARGETARCH\nRUN x", "TARGETARCH=amd64", "TARGETARCH=amd64" },
		{ "FROM a\nRUN x", "", "" },
		{ "FROM a\nARG HTTP_PROXY\nRUN x", "HTTP_PROXY=p", "HTTP_PROXY=p" },
		{ "FROM a\nARG BUILDKIT_SBOM_SCAN_STAGE=true\nRUN x", "", "BUILDKIT_SBOM_SCAN_STAGE=true" },
		{ "FROM a AS b\nENV E=1\nARG A=2\nENV F=3\nFROM b\nRUN x", "A=2 E=1 F=3", "A=2" },
		{ "FROM a\nARG A=1\nARG A\nRUN x", "A=1", "" },
		{ "FROM a\nENV $none=1\nRUN x", "=1", "" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		FIXTURE f;
		lb_autobuf struct lb_buf env = { 0 }, run = { 0 };
		must_resolve(&f, rows[i].text, &o);
		join_pairs(&last(&f)->env, &env);
		join_pairs(&last(&f)->run_args, &run);
		if (strcmp(lb_buf_str(&env), rows[i].env) != 0 || strcmp(lb_buf_str(&run), rows[i].run_args) != 0)
			fail_msg("%s: '%s' and '%s'", rows[i].text, lb_buf_str(&env), lb_buf_str(&run));
	}
}

/* Who kept a copy of a state still finds what was set then, however often a name is set later. */
static void a_kept_state_stays(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf text = { 0 };
	enum { TIMES = 300 };
	lb_buf_adds(&text, "FROM a\n");
	for (unsigned i = 0; i < TIMES; i++)
		lb_buf_addf(&text, "ENV V=%u W%u=x\n", i, i % 7);
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	struct lb_stage_state now, kept[TIMES + 1];
	struct lb_step step;
	assert_int_equal(lb_dockerfile_parse("D", text.data, text.len, NULL, &df, NULL), 0);
	assert_int_equal(lb_build_plan_new(df, NULL, &plan, NULL), 0);
	lb_stage_state_init(&now, plan, 0, NULL, NULL);
	for (unsigned i = 0; i <= TIMES; i++) {
		assert_int_equal(lb_step_resolve(&now, &df->instructions[i], 0, &step, NULL), 0);
		kept[i] = now;
	}
	assert_null(lb_stage_lookup(&kept[0], "V"));
	assert_null(lb_stage_lookup(&kept[6], "W6"));
	for (unsigned i = 1; i <= TIMES; i++)
		assert_int_equal(atoi(lb_stage_lookup(&kept[i], "V")), (int)i - 1);
}

static void configuration_of_a_base_is_kept(void **state)
{
	(void)state;
	struct lb_pair env[] = { { "PATH", "/p" }, { "E", "1" } }, labels[] = { { "l", "1" } };
	char *cmd[] = { "c" }, *onbuild[] = { "RUN x" }, *exposed[] = { "1/tcp" };
	struct lb_image_config base = {
		.env = { env, 2, 2 },
		.labels = { labels, 1, 1 },
		.cmd = cmd,
		.cmd_count = 1,
		.cmd_set = true,
		.onbuild = onbuild,
		.onbuild_count = 1,
		.exposed = exposed,
		.exposed_count = 1,
		.user = "u",
		.workdir = "w/",
	};
	struct lb_err err;
	FIXTURE f;
	const char *text = "FROM a\nENV E=2 F=$PATH\nLABEL m=2 l=3\nWORKDIR d\nENTRYPOINT [\"e\"]\nEXPOSE 2 1 2\nRUN x\n";
	assert_int_equal(resolve_all(&f, text, NULL, &base, &err), 0);
	const struct lb_image_config *c = &end_state(&f)->config;
	assert_string_equal(c->env.items[0].value, "/p");
	check_pairs(&c->env, "E=2 F=/p");
	check_pairs(&c->labels, "l=3 m=2");
	assert_string_equal(c->workdir, "/w/d");
	assert_string_equal(c->user, "u");
	assert_false(c->cmd_set);
	assert_int_equal(c->onbuild_count, 0);
	check_list(c->exposed, c->exposed_count, "1/tcp|2/tcp");
	assert_string_equal(last(&f)->cwd, "/w/d");
	assert_string_equal(last(&f)->user, "u");
	FIXTURE g;
	assert_int_equal(resolve_all(&g, "FROM a\nCMD [\"mine\"]\nENTRYPOINT [\"e\"]\nONBUILD RUN  make it\nONBUILD COPY <<E /a\nbody\nE\n",
				     NULL, &base, &err),
			 0);
	c = &end_state(&g)->config;
	check_list(c->cmd, c->cmd_count, "mine");
	check_list(c->onbuild, c->onbuild_count, "RUN  make it|COPY <<E /a\nbody\nE");
}

static void copies_know_their_sources(void **state)
{
	(void)state;
	FIXTURE f;
	const char *text = "FROM a AS one\nFROM b\nARG d=dir\nWORKDIR /w\nCOPY --from=ONE --exclude=*.x --exclude=$d --link --chown=$d:1 "
			   "a/../b c $d/e ${d}/\n";
	must_resolve(&f, text, NULL);
	const struct lb_step *s = last(&f);
	assert_int_equal(s->op, LB_OP_COPY);
	assert_int_equal(s->from_stage, 0);
	assert_string_equal(s->from, "ONE");
	assert_int_equal(s->sources_count, 3);
	assert_string_equal(s->sources[2].path, "dir/e");
	assert_string_equal(s->sources[0].path, "a/../b");
	assert_string_equal(s->dest, "dir/");
	assert_string_equal(s->dest_abs, "/w/dir/");
	assert_string_equal(s->chown, "dir:1");
	check_list(s->excludes, s->excludes_count, "*.x|$d");
	assert_true(s->link && !s->parents);
	FIXTURE g;
	must_resolve(&g, "FROM a\nENV x=1\nCOPY <<-A <<'B' b /d/\n\t\tit's $x \\$x \\n\n\ty\n\tA\n$x\nB\n", NULL);
	s = last(&g);
	assert_int_equal(s->sources_count, 3);
	assert_string_equal(s->sources[0].path, "b");
	assert_string_equal(s->sources[1].content, "it's 1 $x n\ny\n");
	assert_string_equal(s->sources[1].name, "A");
	assert_string_equal(s->sources[2].content, "$x\n");
	FIXTURE h;
	must_resolve(&h, "FROM a\nADD --unpack=false --keep-git-dir=true http://x/y.git https://x/a.tar git@h:r a /\n", NULL);
	s = last(&h);
	assert_true(s->sources[0].remote && s->sources[1].remote && s->sources[2].remote && !s->sources[3].remote);
	assert_true(s->unpack_given && !s->unpack && s->keep_git_dir);
}

static void destinations_are_joined(void **state)
{
	(void)state;
	static const struct {
		const char *dest, *want;
	} rows[] = {
		{ "x", "/w/x" },    { "x/", "/w/x/" }, { ".", "/w/" },   { "./", "/w/" },   { "/", "/" }, { "/a/../b//c/", "/b/c/" },
		{ "x/.", "/w/x/" }, { "..", "/" },     { "../..", "/" }, { "\"\"", "/w/" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		FIXTURE f;
		lb_autofree char *text = lb_format("FROM a\nWORKDIR /w\nCOPY a %s\n", rows[i].dest);
		must_resolve(&f, text, NULL);
		if (strcmp(last(&f)->dest_abs, rows[i].want) != 0)
			fail_msg("%s gives %s", rows[i].dest, last(&f)->dest_abs);
	}
}

static void runs_know_what_they_execute(void **state)
{
	(void)state;
	static const struct {
		const char *text, *argv, *script;
	} rows[] = {
		{ "RUN a  $b", "/bin/sh|-c|a  $b", NULL },
		{ "RUN [\"a\", \"$b\"]", "a|$b", NULL },
		{ "RUN <<E\na $b\n\tc\nE\n", "/bin/sh|-c|a $b\n\tc\n", NULL },
		{ "RUN <<-E\n\ta\n\t\tb\n\tE\n", "/bin/sh|-c|a\nb\n", NULL },
		{ "RUN <<E\n#!/usr/bin/env python\nx\nE\n", "/bin/sh|-c|/dev/pipes/E", "#!/usr/bin/env python\nx\n" },
		{ "RUN cat <<A <<-'B'\n1\nA\n\t2\n\tB\n", "/bin/sh|-c|cat <<A <<-'B'\n1\nA\n\t2\nB", NULL },
		{ "RUN <<E cat\n1\nE\n", "/bin/sh|-c|<<E cat\n1\nE", NULL },
		{ "SHELL [\"bash\", \"-c\"]\nRUN <<E\nx\nE\n", "bash|-c|x\n", NULL },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		FIXTURE f;
		lb_autofree char *text = lb_format("FROM a\n%s\n", rows[i].text);
		must_resolve(&f, text, NULL);
		check_list(last(&f)->argv, last(&f)->argv_count, rows[i].argv);
		if (rows[i].script)
			assert_string_equal(last(&f)->script, rows[i].script);
		else
			assert_null(last(&f)->script);
		assert_string_equal(last(&f)->network, "default");
	}
}

static void mounts_are_resolved(void **state)
{
	(void)state;
	FIXTURE f;
	struct lb_pair given[] = { { "BUILDKIT_CACHE_MOUNT_NS", "ns" } };
	struct lb_pairs args = { given, 1, 1 };
	struct lb_plan_options o = { .build_args = &args };
	must_resolve(&f,
		     "FROM a AS one\nFROM b\nARG T=/t,x\nWORKDIR /w\nRUN --mount=from=One,source=/s,target=m/../n "
		     "--mount=type=cache,target=$T,id=i "
		     "--mount=type=secret,id=s --mount=type=ssh --mount=type=secret,id=k,env=K --network=none x\n",
		     &o);
	const struct lb_step *s = last(&f);
	assert_int_equal(s->mounts_count, 5);
	assert_int_equal(s->mounts[0].from_stage, 0);
	assert_string_equal(s->mounts[0].target, "/w/n");
	assert_string_equal(s->mounts[0].source, "/s");
	assert_string_equal(s->mounts[1].target, "/t,x");
	assert_string_equal(s->mounts[1].id, "ns/i");
	assert_string_equal(s->mounts[2].target, "/run/secrets/s");
	assert_string_equal(s->mounts[3].target, "/run/buildkit/ssh_agent.0");
	assert_string_equal(s->mounts[4].target, "");
	assert_string_equal(s->mounts[4].env, "K");
	assert_string_equal(s->network, "none");
}

static void what_a_step_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "COPY ${a /b", "D:2:6: missing '}'" },
		{ "COPY --chown=${a x /b", "D:2:6: missing '}'" },
		{ "COPY --chmod=888 a /b", "D:2:6: --chmod=888: octal digits" },
		{ "COPY --chmod=10000 a /b", "D:2:6: --chmod=10000" },
		{ "COPY --chmod=u+q a /b", "D:2:6: --chmod=u+q: write" },
		{ "COPY http://x/y /b", "D:2:6: COPY takes no URL" },
		{ "COPY a git@x:y /b", "D:2:8: COPY takes no git" },
		{ "ADD --checksum=sha256:1 a /b", "D:2:5: --checksum is for a URL" },
		{ "ADD --checksum=sha256:1 http://x/a http://x/b /b", "D:2:5: --checksum is for one source" },
		{ "EXPOSE 80 x", "D:2:11: invalid port x" },
		{ "STOPSIGNAL SIGNOPE", "D:2:12: STOPSIGNAL SIGNOPE: no such signal" },
		{ "STOPSIGNAL 0", "D:2:12: " },
		{ "VOLUME $x", "D:2:8: VOLUME $x comes out empty" },
		{ "ENV a=\"${b:?no b}\"", "D:2:7: b: no b" },
		{ "ARG a=${b:+'}", "D:2:5: " },
		{ "WORKDIR ${", "D:2:9: missing '}'" },
		{ "RUN --mount=type=cache,target=/ x", "D:2:5: invalid mount target" },
		{ "RUN --mount=type=nope,target=/x x", "D:2:5: " },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		FIXTURE f;
		struct lb_err err = { 0 };
		lb_autofree char *text = lb_format("FROM a\n%s\n", rows[i].text);
		if (resolve_all(&f, text, NULL, NULL, &err) != LB_INVALID)
			fail_msg("%s is not refused", rows[i].text);
		if (strncmp(err.text, rows[i].says, strlen(rows[i].says)) != 0)
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

static void old_dialects_know_less(void **state)
{
	(void)state;
	FIXTURE f;
	struct lb_err err;
	struct lb_plan_options o = { .dialect = LB_DIALECT_ALL & ~(LB_DIALECT_MODIFIERS | LB_DIALECT_PLATFORM_ARGS) };
	assert_int_equal(resolve_all(&f, "FROM a\nENV a=x b=${a#x}\n", &o, NULL, &err), LB_INVALID);
	FIXTURE g;
	assert_int_equal(resolve_all(&g, "FROM a\nARG TARGETARCH\nRUN x\n", &o, NULL, &err), 0);
	check_pairs(&last(&g)->env, "");
}

static void signals_by_name_and_number(void **state)
{
	(void)state;
	static const char *const good[] = { "9", "SIGKILL", "kill", "sigterm", "RTMIN", "SIGRTMIN+15", "RTMAX-14", "64" };
	static const char *const bad[] = { "0", "x", "SIG", "SIGSIGTERM", "RTMIN+16", "RTMAX-15", "RTMIN+0", "9x" };
	for (size_t i = 0; i < LB_COUNT(good) + LB_COUNT(bad); i++) {
		FIXTURE f;
		bool fine = i < LB_COUNT(good);
		lb_autofree char *text = lb_format("FROM a\nSTOPSIGNAL %s\n", fine ? good[i] : bad[i - LB_COUNT(good)]);
		if (resolve_all(&f, text, NULL, NULL, NULL) != (fine ? 0 : LB_INVALID))
			fail_msg("%s", text);
	}
}

static void modes_are_changed(void **state)
{
	(void)state;
	static const struct {
		const char *spec;
		uint32_t mode;
		bool is_dir;
		uint32_t want;
	} rows[] = {
		{ "755", 0644, false, 0755 },        { "0", 0777, false, 0 },
		{ "07777", 0, false, 07777 },        { "u+x", 0644, false, 0744 },
		{ "+x", 0644, false, 0755 },         { "a-w", 0666, false, 0444 },
		{ "u=rwX,go+r", 0600, false, 0644 }, { "u=rwX,go+r", 0600, true, 0744 },
		{ "a+X", 0644, false, 0644 },        { "a+X", 0744, false, 0755 },
		{ "a+X", 0600, true, 0711 },         { "g=u", 0640, false, 0660 },
		{ "o=g-r", 0670, false, 0673 },      { "u+s,g+s,+t", 0755, false, 07755 },
		{ "o+s", 0755, false, 0755 },        { "=", 0777, false, 0 },
		{ "u=", 0777, false, 0077 },         { "u+x-r", 0644, false, 0344 },
		{ "go-rwx", 0777, false, 0700 },     { "ug+w,o-r", 0444, false, 0660 },
	};
	static const char *const bad[] = { "", "u", "u+q", "8", "99", "10000", "u+x,", ",", "+x;", "0x1", "-", "rwx" };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		uint32_t got = 0;
		int r = lb_chmod_apply(rows[i].spec, rows[i].is_dir, rows[i].mode, &got, NULL);
		if (r != 0 || got != rows[i].want)
			fail_msg("%s on %o gives %o (%d)", rows[i].spec, rows[i].mode, got, r);
	}
	for (size_t i = 0; i < LB_COUNT(bad); i++) {
		uint32_t got;
		if (strcmp(bad[i], "-") != 0 && lb_chmod_apply(bad[i], false, 0, &got, NULL) != LB_INVALID)
			fail_msg("'%s' is not refused", bad[i]);
	}
}

static void resolving_a_whole_plan(void **state)
{
	(void)state;
	const char *text = "ARG T=1\nFROM a:$T AS x\nEXPOSE 80-81/UDP $none 1:2\nRUN $x\nFROM b AS broken\nENV a=1\nUSER ${\nUSER y\nFROM "
			   "x\nARG T\nCOPY a$T /\n";
	struct lb_err err;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	assert_int_equal(lb_dockerfile_parse("D", text, strlen(text), NULL, &df, &err), 0);
	assert_int_equal(lb_build_plan_new(df, NULL, &plan, &err), 0);
	assert_int_equal(lb_build_plan_resolve(plan, &err), 0);
	assert_int_equal(plan->warnings_count, 0);
	check_list(plan->resolved[0].expanded, plan->resolved[0].expanded_count, "T=1");
	check_list(plan->resolved[1].expanded, plan->resolved[1].expanded_count, "a:1|AS|x");
	check_list(plan->resolved[2].ports, plan->resolved[2].ports_count, "80/udp|81/udp|2/tcp");
	assert_false(plan->resolved[3].has_expanded);
	check_list(plan->resolved[5].expanded, plan->resolved[5].expanded_count, "a|1|=");
	assert_false(plan->resolved[6].has_expanded || plan->resolved[7].has_expanded);
	check_list(plan->resolved[10].expanded, plan->resolved[10].expanded_count, "a1|/");
	lb_autobuildplan struct lb_build_plan *other = NULL;
	struct lb_plan_options o = { .target = "broken" };
	assert_int_equal(lb_build_plan_new(df, &o, &other, &err), 0);
	assert_int_equal(lb_build_plan_resolve(other, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "D:7:6: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_reads_as_the_engine_writes_it),
		cmocka_unit_test(arguments_and_environment),
		cmocka_unit_test(a_kept_state_stays),
		cmocka_unit_test(configuration_of_a_base_is_kept),
		cmocka_unit_test(copies_know_their_sources),
		cmocka_unit_test(destinations_are_joined),
		cmocka_unit_test(runs_know_what_they_execute),
		cmocka_unit_test(mounts_are_resolved),
		cmocka_unit_test(what_a_step_refuses),
		cmocka_unit_test(old_dialects_know_less),
		cmocka_unit_test(signals_by_name_and_number),
		cmocka_unit_test(modes_are_changed),
		cmocka_unit_test(resolving_a_whole_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
