/* SPDX-License-Identifier: Apache-2.0
 *
 * Mounts, roots that lack things, results that are remembered, several RUNs at once.
 */
#include "run_util.h"

#include <pthread.h>

/* ---- mounts ---- */

static void test_bind(void **state)
{
	struct fixture *f = *state;
	lb_autonode struct lb_node *tree =
		tree_of("f 0644 0:0 @1500000000 a = A\nd 0755 0:0 @1500000000 d\nf 0600 0:0 @1500000000 d/b = B\n");
	const struct lb_exec_mount whole = { .type = LB_EXEC_BIND, .target = "/mnt/src", .tree = tree };
	const struct lb_exec_mount file = { .type = LB_EXEC_BIND, .target = "/lower/one", .tree = lb_tree_get(tree, "a") };
	const struct lb_exec_mount written = { .type = LB_EXEC_BIND, .target = "/mnt", .tree = tree, .writable = true };
	struct lb_exec_result r;
	run_ok(f,
	       &(struct call){ .sh = "cat /mnt/src/a /mnt/src/d/b; echo x > /mnt/src/a || echo > /n", .mounts = &whole, .mounts_count = 1 },
	       &r);
	assert_string_equal(lb_buf_str(&r.output), "AB/bin/sh: can't create /mnt/src/a: Read-only file system\n");
	lb_autofree char *text = plain(layer_text(r.layer));
	assert_string_equal(text, "f 0644 0:0 1 " NEW " n\n");
	lb_exec_result_release(&r);
	run_ok(f, &(struct call){ .sh = "cat /lower/one; ls /lower | wc -l", .mounts = &file, .mounts_count = 1 }, &r);
	assert_string_equal(lb_buf_str(&r.output), "A4\n");
	assert_null(r.layer);
	lb_exec_result_release(&r);
	for (int i = 0; i < 2; i++) {
		run_ok(f, &(struct call){ .sh = "cat /mnt/a; echo x > /mnt/a; rm -r /mnt/d", .mounts = &written, .mounts_count = 1 }, &r);
		assert_string_equal(lb_buf_str(&r.output), "A");
		assert_null(r.layer);
		lb_exec_result_release(&r);
	}
}

static void test_cache(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_mount m = { .type = LB_EXEC_CACHE, .target = "/root/.cache/pip", .id = "one", .writable = true, .mode = 0755 };
	const struct call c = { .sh = "echo x >> /root/.cache/pip/log; wc -l < /root/.cache/pip/log", .mounts = &m, .mounts_count = 1 };
	expect_output(f, &c, "1\n");
	expect_output(f, &c, "2\n");
	m.id = "two";
	m.from = "one";
	expect_output(f, &c, "3\n");
	m.id = "one";
	expect_output(f, &c, "3\n");
	m.id = "three";
	m.from = "none";
	expect_output(f, &c, "1\n");
	struct lb_exec_result r;
	run_ok(f, &c, &r);
	assert_null(r.layer); /* neither the mount nor the directories that lead to it */
	lb_exec_result_release(&r);
	/* a kept one is there for the next executor */
	m = (struct lb_exec_mount){ .type = LB_EXEC_CACHE, .target = "/c", .id = "kept", .writable = true, .kept = true };
	expect_output(f, &(struct call){ .sh = "echo x > /c/x", .mounts = &m, .mounts_count = 1 }, "");
	struct lb_exec *mine = f->exec;
	f->exec = executor(f->dir, false);
	expect_output(f, &(struct call){ .sh = "cat /c/x", .mounts = &m, .mounts_count = 1 }, "x\n");
	lb_exec_free(f->exec);
	f->exec = mine;
}

static void test_other_mounts(void **state)
{
	struct fixture *f = *state;
	static const char script[] = "#!/bin/cat\nline\n";
	const struct lb_exec_mount m[] = {
		{ .type = LB_EXEC_FILE, .target = "/run/secrets/s", .data = "top", .len = 3, .mode = 0400 },
		{ .type = LB_EXEC_FILE, .target = "/dev/pipes/EOF", .data = script, .len = sizeof(script) - 1, .mode = 0755 },
		{ .type = LB_EXEC_TMPFS, .target = "/lower", .size_bytes = 1 << 20 },
		{ .type = LB_EXEC_TMPFS, .target = "/scratch" },
	};
	struct lb_exec_result r;
	run_ok(f,
	       &(struct call){
		       .sh = "cat /run/secrets/s; stat -c %a /run/secrets/s; /dev/pipes/EOF; ls /lower; echo > /lower/n; echo > /scratch/n",
		       .mounts = m,
		       .mounts_count = LB_COUNT(m) },
	       &r);
	assert_string_equal(lb_buf_str(&r.output), "top400\n#!/bin/cat\nline\n");
	assert_null(r.layer);
	lb_exec_result_release(&r);
	const struct lb_exec_mount ssh = { .type = LB_EXEC_SSH, .target = "/run/agent" };
	struct lb_err err;
	assert_int_equal(run(f, &(struct call){ .sh = "true", .mounts = &ssh, .mounts_count = 1 }, &r, &err), LB_UNSUPPORTED);
}

/* Roots that lack everything, or hide it. */
static void test_odd_roots(void **state)
{
	struct fixture *f = *state;
	lb_autonode struct lb_node *no_etc = tree_of("w etc\n");
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "ls /etc | sort | tr '\\n' ' '; echo x > /f", .layer = no_etc }, &r);
	assert_string_equal(lb_buf_str(&r.output), "hostname hosts resolv.conf ");
	lb_autofree char *text = plain(layer_text(r.layer));
	assert_string_equal(text, "f 0644 0:0 2 " NEW " f\n");
	lb_exec_result_release(&r);
	lb_autonode struct lb_node *links =
		tree_of("l 0777 0:0 @1500000000 etc/resolv.conf -> /nowhere/at/all\nl 0777 0:0 @1500000000 etc/hosts -> ../lower/a\n");
	run_ok(f, &(struct call){ .sh = "head -c 9 /etc/hosts; readlink /etc/resolv.conf", .layer = links }, &r);
	assert_string_equal(lb_buf_str(&r.output), "127.0.0.1/nowhere/at/all\n");
	assert_null(r.layer);
	lb_exec_result_release(&r);
}

/* ---- remember ---- */

static void test_remember(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result a, b, c;
	run_ok(f, &(struct call){ .sh = "echo $RANDOM > /r; cat /r" }, &a);
	run_ok(f, &(struct call){ .sh = "echo $RANDOM > /r; cat /r", .stamp = STAMP + 5 }, &b);
	assert_false(a.remembered);
	assert_true(b.remembered);
	assert_string_equal(a.output.data, b.output.data);
	assert_int_equal(lb_tree_get(a.layer, "r")->attr.mtime.sec, STAMP);
	assert_int_equal(lb_tree_get(b.layer, "r")->attr.mtime.sec, STAMP + 5);
	assert_true(lb_tree_equal_but_times(a.layer, b.layer));
	/* what follows is the same too, whichever of both it stands on, and with an entry for /etc */
	run_ok(f, &(struct call){ .sh = "cat /r /r", .layer = a.layer }, &c);
	assert_false(c.remembered);
	lb_exec_result_release(&c);
	run_ok(f, &(struct call){ .sh = "cat /r /r", .layer = b.layer, .lists_etc = true }, &c);
	assert_true(c.remembered);
	lb_autofree char *text = plain(layer_text(c.layer));
	assert_string_equal(text, "d 0755 0:0 0 " WAS " etc\n");
	lb_exec_result_release(&c);
	/* another layer, another result */
	lb_autonode struct lb_node *other = tree_of("f 0644 0:0 @1500000000 r = other\n");
	run_ok(f, &(struct call){ .sh = "cat /r /r", .layer = other }, &c);
	assert_false(c.remembered);
	assert_string_equal(c.output.data, "otherother");
	lb_exec_result_release(&c);
	lb_exec_result_release(&b);
	lb_exec_result_release(&a);
}

/* ---- several at once ---- */

static void *run_some(void *arg)
{
	struct fixture *f = arg;
	for (int i = 0; i < 5; i++) {
		struct lb_exec_result r;
		struct lb_err err;
		if (run(f, &(struct call){ .sh = "echo x > /f; cat /lower/a", .user = i % 2 ? "app" : "" }, &r, &err) != 0)
			return lb_strdup(err.text);
		bool ok = i % 2 || (r.exit_code == 0 && strcmp(lb_buf_str(&r.output), "lower a\n") == 0 && r.layer);
		lb_exec_result_release(&r);
		if (!ok)
			return lb_strdup("another result");
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t t[4];
	for (size_t i = 0; i < LB_COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, run_some, *state), 0);
	for (size_t i = 0; i < LB_COUNT(t); i++) {
		void *said;
		pthread_join(t[i], &said);
		if (said)
			fail_msg("%s", (char *)said);
	}
}

static int all(void)
{
	const struct CMUnitTest tests[] = {
		EXEC_TEST(test_bind),         EXEC_TEST(test_cache),
		EXEC_TEST(test_other_mounts), EXEC_TEST(test_odd_roots),
		EXEC_TEST(test_threads),      cmocka_unit_test_setup_teardown(test_remember, set_up_remembering, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return run_as_both(all);
}
