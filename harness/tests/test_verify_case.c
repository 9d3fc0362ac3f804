/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases: what is refused and where; contexts and their changes; bytes as Python makes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scratch.h"
#include "verify/context.h"
#include "verify/noise.h"
#include "verify/play.h"
#include "verify/tarball.h"

#define HEAD   "id: x\ntopic: t\ndockerfile: |\n  FROM a\n"
#define STATES "states:\n- name: first\n"

static int load(const struct scratch *dir, const char *yaml, struct verify_case **out, struct lb_err *err)
{
	scratch_text(dir, "x.yaml", yaml);
	lb_autofree char *path = lb_path_join(dir->dir, "x.yaml");
	return verify_case_load(path, out, err);
}

static void bad_cases_are_refused_at_their_place(void **state)
{
	(void)state;
	static const struct {
		const char *yaml, *place, *message;
	} rows[] = {
		{ "", "1:1", "empty" },
		{ "id: x\n", "1:1", "needs the key 'topic'" },
		{ HEAD, "1:1", "needs the key 'states'" },
		{ HEAD "states: []\n", "5:9", "at least one" },
		{ HEAD STATES "nope: 1\n", "7:1", "unknown key 'nope'" },
		{ HEAD STATES "  changes: x\n", "7:12", "expected a list" },
		{ HEAD STATES "  changes:\n  - wirte: a\n", "8:5", "did you mean 'write'" },
		{ HEAD STATES "  changes:\n  - text: a\n", "8:5", "a change is one of" },
		{ HEAD STATES "  changes:\n  - touch: a\n    delete: b\n", "8:5", "a change is one of" },
		{ HEAD STATES "  changes:\n  - append: a\n", "8:5", "needs the key 'text'" },
		{ HEAD STATES "  changes:\n  - rename: a\n", "8:5", "needs the key 'to'" },
		{ HEAD STATES "  changes:\n  - chmod: a\n    mode: '9'\n", "8:5", "'9' is not an octal mode" },
		{ HEAD STATES "  changes:\n  - chown: a\n    owner: me\n", "8:5", "'me' is not UID:GID" },
		{ HEAD STATES "  changes:\n  - touch: ../a\n", "8:5", "no path inside the context" },
		{ HEAD STATES "files:\n  a: {}\n", "8:3", "none is given" },
		{ HEAD STATES "files:\n  a: { text: x, dir: true }\n", "8:3", "several are given" },
		{ HEAD STATES "files:\n  a: { tar: { x: y }, compress: zip }\n", "8:3", "'zip' is none of" },
		{ HEAD STATES "files:\n  /a: x\n", "8:3", "no path inside the context" },
		{ HEAD STATES "files:\n  a:\n", "8:5", "expected a text" },
	};
	autoscratch dir = scratch_new();
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct verify_case *c = NULL;
		struct lb_err err = { 0 };
		assert_int_equal(load(&dir, rows[i].yaml, &c, &err), LB_INVALID);
		lb_autofree char *place = lb_format("%s/x.yaml:%s: ", dir.dir, rows[i].place);
		if (strncmp(err.text, place, strlen(place)) != 0 || !strstr(err.text, rows[i].message))
			fail_msg("expected '%s… %s', got '%s'", place, rows[i].message, err.text);
	}
}

static const char all_keys[] = HEAD
	"question: q\nentries: true\ntriggers: 2\nnot: [classic, buildkit@0.8]\n"
	"files:\n  a.txt: \"aaa\\n\"\n  d/b: { text: b, mode: '0600', owner: '5:6', xattr: { user.x: y } }\n  n: { bytes: 16, seed: 7 }\n"
	"  s: { symlink: a.txt }\n  h: { hardlink: a.txt }\n  e: { dir: true, mode: '0700' }\n  t.tar: { tar: { x: y } }\n"
	"states:\n- bases: { b:1: v1 }\n  args: { A: 1, B: }\n  labels: { l: m }\n  secrets: { s: t }\n  target: x\n  no_cache: true\n"
	"- name: two\n  bases: { b:2: v2, b:1: v1env }\n  dockerfile: |\n    FROM b\n  changes:\n  - append: h\n    text: more\n"
	"  - { rename: d/b, to: f/g/b }\n  - { chmod: n, mode: '0755' }\n  - { chown: n, owner: '1:2' }\n  - { touch: s }\n"
	"  - { mkdir: m }\n  - { delete: e }\n  - { write: n2, text: x, mtime: 5 }\n";

#define EPOCH "1600000000.000000000"

static void states_edit_the_context_in_place(void **state)
{
	(void)state;
	autoscratch dir = scratch_new();
	struct verify_case *c;
	struct verify_scene *scenes;
	struct lb_err err;
	lb_autobuf struct lb_buf first = { 0 };
	lb_autobuf struct lb_buf second = { 0 };
	if (load(&dir, all_keys, &c, &err) || verify_scenes_make(c, &scenes, &err))
		fail_msg("%s", err.text);
	lb_tree_describe(scenes[0].context, true, false, &first, &err);
	assert_string_equal(lb_buf_str(&first), "d 0755 0:0 0 " EPOCH " .\n"
						"f 0644 0:0 7 1600002000.000000000 Dockerfile\n"
						"f 0644 0:0 4 " EPOCH " a.txt link=0000000000000001\n"
						"d 0755 0:0 0 " EPOCH " d\n"
						"f 0600 5:6 1 " EPOCH " d/b user.x=79\n"
						"d 0700 0:0 0 " EPOCH " e\n"
						"f 0644 0:0 4 " EPOCH " h link=0000000000000001\n"
						"f 0644 0:0 16 " EPOCH " n\n"
						"l 0777 0:0 0 " EPOCH " s -> a.txt\n"
						"f 0644 0:0 10240 " EPOCH " t.tar\n");
	lb_tree_describe(scenes[1].context, true, false, &second, &err);
	assert_string_equal(lb_buf_str(&second), "d 0755 0:0 0 " EPOCH " .\n"
						 "f 0644 0:0 7 1600003000.000000000 Dockerfile\n"
						 "f 0644 0:0 8 1600003000.000000000 a.txt link=0000000000000001\n"
						 "d 0755 0:0 0 " EPOCH " d\n"
						 "d 0755 0:0 0 " EPOCH " f\n"
						 "d 0755 0:0 0 " EPOCH " f/g\n"
						 "f 0600 5:6 1 " EPOCH " f/g/b user.x=79\n"
						 "f 0644 0:0 8 1600003000.000000000 h link=0000000000000001\n"
						 "d 0755 0:0 0 " EPOCH " m\n"
						 "f 0755 1:2 16 " EPOCH " n\n"
						 "f 0644 0:0 1 5.000000000 n2\n"
						 "l 0777 0:0 0 " EPOCH " s -> a.txt\n"
						 "f 0644 0:0 10240 " EPOCH " t.tar\n");
	verify_scenes_free(scenes, c->states_count);
	verify_case_free(c);
}

static void options_and_tags(void **state)
{
	(void)state;
	autoscratch dir = scratch_new();
	struct verify_case *c;
	struct verify_scene *scenes;
	struct lb_err err;
	if (load(&dir, all_keys, &c, &err) || verify_scenes_make(c, &scenes, &err))
		fail_msg("%s", err.text);
	const struct verify_state *s = &c->states[0];
	assert_string_equal(s->name, "0");
	assert_string_equal(lb_pairs_get(&s->args, "A"), "1");
	assert_int_equal(s->args.count, 2);
	assert_null(s->args.items[1].value);
	assert_string_equal(lb_pairs_get(&s->labels, "l"), "m");
	assert_string_equal(lb_pairs_get(&s->secrets, "s"), "t");
	assert_string_equal(s->target, "x");
	assert_true(s->no_cache && !c->states[1].no_cache && c->entries && c->triggers == 2);
	assert_string_equal(lb_pairs_get(&scenes[0].bases, "b:1"), "v1");
	assert_null(lb_pairs_get(&scenes[0].bases, "b:2"));
	assert_string_equal(lb_pairs_get(&scenes[1].bases, "b:1"), "v1env");
	assert_string_equal(lb_pairs_get(&scenes[1].bases, "b:2"), "v2");
	assert_true(verify_case_exempts(c, "classic@28.5") && verify_case_exempts(c, "buildkit@0.8"));
	assert_false(verify_case_exempts(c, "buildkit@0.25") || verify_case_exempts(c, "buildah@1.43"));
	verify_scenes_free(scenes, c->states_count);
	verify_case_free(c);
}

static void changes_that_cannot_be_made(void **state)
{
	(void)state;
	static const struct {
		const char *change, *message;
	} rows[] = {
		{ "{ append: nope, text: x }", "'nope' is not in the context" },
		{ "{ append: d, text: x }", "'d' is no file" },
		{ "{ write: a/b, text: x }", "something on its way is no directory" },
		{ "{ write: l, hardlink: nope }", "is no file of the context" },
	};
	autoscratch dir = scratch_new();
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autofree char *yaml = lb_format(HEAD "files: { a: x, d/b: y }\n" STATES "  changes:\n  - %s\n", rows[i].change);
		struct verify_case *c;
		struct verify_scene *scenes;
		struct lb_err err = { 0 };
		assert_int_equal(load(&dir, yaml, &c, &err), 0);
		assert_int_equal(verify_scenes_make(c, &scenes, &err), LB_INVALID);
		if (!strstr(err.text, rows[i].message) || !strstr(err.text, "x.yaml:9:5"))
			fail_msg("%s: %s", rows[i].change, err.text);
		verify_case_free(c);
	}
}

static void noise_is_pythons(void **state)
{
	(void)state;
	uint8_t bytes[10007];
	char hex[33];
	static const struct {
		uint64_t seed;
		size_t len;
		const char *hex;
	} rows[] = {
		{ 0, 5, "cd072cd862" },
		{ 7, 16, "38b4e652e44da7f2370d9e260e271365" },
		{ 123456789012345, 9, "f564aaacd8f271384a" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		verify_noise(rows[i].seed, bytes, rows[i].len);
		for (size_t k = 0; k < rows[i].len; k++)
			snprintf(hex + 2 * k, 3, "%02x", bytes[k]);
		assert_string_equal(hex, rows[i].hex);
	}
	verify_noise(3, bytes, sizeof(bytes));
	struct lb_digest d = lb_digest_of(bytes, sizeof(bytes));
	char digest[LB_DIGEST_HEX];
	lb_digest_hex(&d, digest);
	assert_memory_equal(digest, "eeea9375e71482b3c7b9c6e81588bf6bda98ecfb335ab097a02e67e339c2ea89", 64);
}

#define TEN(c)   c c c c c c c c c c
#define SIXTY(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c)

static void tarballs_are_pythons(void **state)
{
	(void)state;
	struct lb_pair items[] = { { "x", "xx\n" }, { "d/y", TEN(SIXTY("y")) }, { SIXTY("p") "/" SIXTY("q"), "z" } };
	struct lb_pairs members = { items, LB_COUNT(items), LB_COUNT(items) };
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_err err;
	assert_int_equal(verify_tarball(&members, 1600000000, "", 0, &tar, &err), 0);
	struct lb_digest d = lb_digest_of(tar.data, tar.len);
	char digest[LB_DIGEST_HEX];
	lb_digest_hex(&d, digest);
	assert_int_equal(tar.len, 10240);
	assert_memory_equal(digest, "037566d132788487992481d1725ddf3515bc449a2c3f263ea3648efeeb6b37fe", 64);
	static const char *const compressions[] = { "gz", "bz2", "xz" };
	for (size_t i = 0; i < LB_COUNT(compressions); i++) {
		lb_autobuf struct lb_buf one = { 0 };
		lb_autobuf struct lb_buf two = { 0 };
		assert_int_equal(verify_tarball(&members, 1600000000, compressions[i], 1, &one, &err), 0);
		assert_int_equal(verify_tarball(&members, 1600000000, compressions[i], 2, &two, &err), 0);
		lb_autocontent struct lb_content *content = lb_content_bytes(one.data, one.len);
		lb_autonode struct lb_node *tree = NULL;
		assert_true(lb_archive_is(content));
		assert_int_equal(lb_archive_read(content, &tree, &err), 0);
		assert_int_equal(lb_node_size(lb_tree_get(tree, "d/y")), 600);
		/* the time of writing stands in a gzip header, and in no other */
		assert_int_equal(one.len, two.len);
		assert_int_equal(memcmp(one.data, two.data, one.len) != 0, i == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_cases_are_refused_at_their_place),
		cmocka_unit_test(states_edit_the_context_in_place),
		cmocka_unit_test(options_and_tags),
		cmocka_unit_test(changes_that_cannot_be_made),
		cmocka_unit_test(noise_is_pythons),
		cmocka_unit_test(tarballs_are_pythons),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
