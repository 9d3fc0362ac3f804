/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile_util.h"

#include "dockerfile/mount.h"

static const char *text_or(const char *text)
{
	return text ? text : "-";
}

/* type target source from id sharing env ro/rw required mode uid:gid size, and which were given */
static void describe(const struct lb_mount *m, struct lb_buf *out)
{
	static const char *const types[] = { "bind", "cache", "tmpfs", "secret", "ssh" };
	lb_buf_addf(out, "%s %s %s from=%s", types[m->type], *m->target ? m->target : "''", *m->source ? m->source : "''",
		    text_or(m->from));
	lb_buf_addf(out, " id=%s%s sharing=%s%s env=%s", text_or(m->id), m->id_given ? "!" : "", text_or(m->sharing),
		    m->sharing_given ? "!" : "", text_or(m->env));
	lb_buf_addf(out, " %s%s %o%s %u:%u %llu", m->readonly ? "ro" : "rw", m->required ? " required" : "", m->mode,
		    m->mode_given ? "!" : "", m->uid, m->gid, (unsigned long long)m->size_bytes);
}

static const struct {
	const char *value, *mount;
} good[] = {
	{ "target=/a", "bind /a / from=- id=- sharing=- env=- ro 0 0:0 0" },
	{ "type=bind,from=b,source=x/../y,dst=c,rw", "bind c /y from=b id=- sharing=- env=- rw 0 0:0 0" },
	{ "TYPE=Bind,SRC=/a,Destination=/b,readonly=0", "bind /b /a from=- id=- sharing=- env=- rw 0 0:0 0" },
	{ "target=/a,readwrite=false", "bind /a / from=- id=- sharing=- env=- ro 0 0:0 0" },
	{ "target=/a,rw=T,ro", "bind /a / from=- id=- sharing=- env=- ro 0 0:0 0" },
	{ "target=/a,source=../../b,from=", "bind /a /b from=- id=- sharing=- env=- ro 0 0:0 0" },
	{ "\"target=/a,b\",\"from=\"\"c\"\"\"", "bind /a,b / from=\"c\" id=- sharing=- env=- ro 0 0:0 0" },
	{ "type=bind", "bind '' / from=- id=- sharing=- env=- ro 0 0:0 0" },
	{ "type=cache,target=/a/./b/", "cache /a/./b/ / from=- id=/a/b sharing=shared env=- rw 755 0:0 0" },
	{ "type=cache,target=/a,id=b,sharing=Locked,mode=0700,uid=1,gid=2,ro",
	  "cache /a / from=- id=b! sharing=locked! env=- ro 700! 1:2 0" },
	{ "type=cache,target=/a,from=c,source=d,sharing=private", "cache /a /d from=c id=/a sharing=private! env=- rw 755 0:0 0" },
	{ "type=tmpfs,target=/a", "tmpfs /a / from=- id=- sharing=- env=- rw 0 0:0 0" },
	{ "type=tmpfs,size=64m,target=/a", "tmpfs /a / from=- id=- sharing=- env=- rw 0 0:0 67108864" },
	{ "type=tmpfs,size=1.5 GiB,target=/a", "tmpfs /a / from=- id=- sharing=- env=- rw 0 0:0 1610612736" },
	{ "type=tmpfs,size=10b,target=/a", "tmpfs /a / from=- id=- sharing=- env=- rw 0 0:0 10" },
	{ "type=tmpfs,size=2KB,target=/a", "tmpfs /a / from=- id=- sharing=- env=- rw 0 0:0 2048" },
	{ "type=secret,id=a", "secret /run/secrets/a '' from=- id=a! sharing=- env=- ro 400 0:0 0" },
	{ "type=secret,source=d/b", "secret /run/secrets/b d/b from=- id=d/b sharing=- env=- ro 400 0:0 0" },
	{ "type=secret,target=/x/y", "secret /x/y '' from=- id=y sharing=- env=- ro 400 0:0 0" },
	{ "type=secret,id=a,env=B", "secret '' '' from=- id=a! sharing=- env=B ro 400 0:0 0" },
	{ "type=secret,id=a,env=B,dst=/c,required,mode=0444,uid=5,gid=6",
	  "secret /c '' from=- id=a! sharing=- env=B ro required 444! 5:6 0" },
	{ "type=secret,id=a,required=false", "secret /run/secrets/a '' from=- id=a! sharing=- env=- ro 400 0:0 0" },
	{ "type=ssh", "ssh /run/buildkit/ssh_agent.0 '' from=- id=default sharing=- env=- ro 600 0:0 0" },
	{ "type=ssh,id=a,target=/b,required=1,mode=0666,uid=4294967295",
	  "ssh /b '' from=- id=a! sharing=- env=- ro required 666! 4294967295:0 0" },
};

static const struct {
	const char *value, *what;
} bad[] = {
	{ "", "not CSV" },
	{ "target=/a,\"x", "not closed" },
	{ "type=bnd", "no type \"bnd\" for a mount; did you mean bind?" },
	{ "type=volume,target=/a", "no type \"volume\" for a mount; one of bind, cache, tmpfs, secret, ssh is" },
	{ "type=", "no type" },
	{ "targt=/a", "no key \"targt\" for a mount; did you mean target?" },
	{ "nothing=/a", "no key \"nothing\"" },
	{ "target", "KEY=VALUE is meant" },
	{ "foo", "KEY=VALUE is meant" },
	{ "", "empty" },
	{ "target=/a,ro=maybe", "ro=maybe: true or false" },
	{ "target=/a,rw=", "rw=: true or false" },
	{ "target=/a,required", "required does not go with a mount of type bind" },
	{ "required,type=secret,id=a", "required does not go with a mount of type bind" },
	{ "type=cache,target=/a,required=true", "required does not go with a mount of type cache" },
	{ "type=ssh,required=maybe", "required=maybe" },
	{ "type=cache,target=/a,size=1m", "size does not go with a mount of type cache" },
	{ "type=tmpfs,size=x", "size=x: a size" },
	{ "type=tmpfs,size=1q", "size=1q" },
	{ "type=tmpfs,size=-1", "size=-1" },
	{ "type=tmpfs,size=1.2.3", "size=1.2.3" },
	{ "type=tmpfs,size=99999999p", "size=" },
	{ "type=cache,target=/a,sharing=locket", "no sharing \"locket\" for a mount; did you mean locked?" },
	{ "target=/a,sharing=shared", "sharing does not go with a mount of type bind" },
	{ "type=ssh,sharing=shared", "sharing does not go with" },
	{ "target=/a,mode=0755", "mode does not go with a mount of type bind" },
	{ "type=tmpfs,uid=1", "uid does not go with a mount of type tmpfs" },
	{ "type=tmpfs,gid=1", "gid does not go with" },
	{ "type=cache,target=/a,mode=0888", "mode=0888: an octal number" },
	{ "type=cache,target=/a,mode=", "mode=" },
	{ "type=cache,target=/a,uid=x", "uid=x: a number" },
	{ "type=cache,target=/a,uid=4294967296", "uid=4294967296" },
	{ "type=cache,target=/a,gid=-1", "gid=-1" },
	{ "type=secret", "needs id, source or target" },
	{ "type=secret,env=A", "needs id, source or target" },
	{ "type=secret,id=a,source=b", "not both" },
	{ "type=secret,id=a,from=b", "from does not go with" },
	{ "type=secret,id=a,sharing=shared", "sharing does not go with" },
	{ "type=ssh,source=a", "source does not go with" },
	{ "type=ssh,env=A", "env does not go with" },
	{ "target=/a,env=A", "env does not go with" },
};

static void fields_and_defaults(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(good); i++) {
		__attribute__((cleanup(lb_arena_release))) struct lb_arena arena = { 0 };
		lb_autobuf struct lb_buf text = { 0 };
		struct lb_mount m;
		struct lb_err err = { 0 };
		if (lb_mount_parse(&arena, good[i].value, (struct lb_pos){ "D", 2, 5 }, &m, &err) < 0)
			fail_msg("%s: %s", good[i].value, err.text);
		describe(&m, &text);
		assert_string_equal(lb_buf_str(&text), good[i].mount);
		assert_int_equal(m.from_stage, -1);
		assert_int_equal(lb_mount_check(good[i].value, (struct lb_pos){ "D", 2, 5 }, &err), 0);
	}
}

static void what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(bad); i++) {
		__attribute__((cleanup(lb_arena_release))) struct lb_arena arena = { 0 };
		struct lb_mount m;
		struct lb_err err = { 0 };
		assert_int_equal(lb_mount_parse(&arena, bad[i].value, (struct lb_pos){ "D", 2, 5 }, &m, &err), LB_INVALID);
		if (strncmp(err.text, "D:2:5: ", 7) != 0 || !strstr(err.text, bad[i].what))
			fail_msg("%s: %s\nmeant: %s", bad[i].value, err.text, bad[i].what);
	}
}

static const char *look_up(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "comma") == 0 ? "a,type=ssh" : strcmp(name, "type") == 0 ? "cache" : NULL;
}

static void values_are_expanded_field_by_field(void **state)
{
	(void)state;
	__attribute__((cleanup(lb_arena_release))) struct lb_arena arena = { 0 };
	struct lb_words words = { .escape = '\\', .lookup = look_up };
	struct lb_pos at = { "D", 2, 5 };
	struct lb_mount m;
	struct lb_err err = { 0 };
	assert_int_equal(lb_mount_expand(&arena, "type=$type,target=/x/${comma}", &words, at, &m, &err), 0);
	assert_int_equal(m.type, LB_MOUNT_CACHE);
	assert_string_equal(m.target, "/x/a,type=ssh");
	assert_int_equal(lb_mount_expand(&arena, "type=$nope", &words, at, &m, &err), LB_INVALID);
	assert_int_equal(lb_mount_expand(&arena, "target=${nope:?not there}", &words, at, &m, &err), LB_INVALID);
	assert_int_equal(strncmp(err.text, "D:2:5: ", 7), 0);
	assert_non_null(strstr(err.text, "not there"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_and_defaults),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(values_are_expanded_field_by_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
