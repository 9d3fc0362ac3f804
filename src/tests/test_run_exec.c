/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers that RUNs leave.
 */
#include "run_util.h"

/* ---- layers ---- */

static const struct {
	const char *sh, *layer; /* without the root's line and link numbers */
	bool needs_ids;
} layers[] = {
	{ "true", "", false },
	{ "echo hello > /new", "f 0644 0:0 6 " NEW " new\n", false },
	{ "mkdir -m 750 /n && echo x > /n/f && ln -s f /n/s && mkfifo /n/p",
	  "d 0750 0:0 0 " NEW " n\nf 0644 0:0 2 " NEW " n/f\np 0644 0:0 0 " NEW " n/p\nl 0777 0:0 0 " NEW " n/s -> f\n", false },
	{ "ln /lower/a /lower/hard", "d 0755 0:0 0 " NEW " lower\nf 0644 0:0 8 " WAS " lower/a\nf 0644 0:0 8 " WAS " lower/hard\n", false },
	{ "rm /lower/a", "d 0755 0:0 0 " NEW " lower\nw lower/a\n", false },
	{ "rm -r /lower", "w lower\n", false },
	{ "rm -r /lower/d && mkdir /lower/d && echo y > /lower/d/y",
	  "d 0755 0:0 0 " NEW " lower\nd! 0755 0:0 0 " NEW " lower/d\nf 0644 0:0 2 " NEW " lower/d/y\n", false },
	{ "rm -r /lower && echo n > /lower", "f 0644 0:0 2 " NEW " lower\n", false },
	{ "chmod 600 /lower/a", "d 0755 0:0 0 " WAS " lower\nf 0600 0:0 8 " WAS " lower/a\n", false },
	{ "chmod 4755 /lower/a", "d 0755 0:0 0 " WAS " lower\nf 4755 0:0 8 " WAS " lower/a\n", false },
	{ "chmod 700 /lower", "d 0700 0:0 0 " WAS " lower\n", false },
	{ "touch /lower/a", "d 0755 0:0 0 " WAS " lower\nf 0644 0:0 8 " NEW " lower/a\n", false },
	{ "ln -sf b /lower/a", "d 0755 0:0 0 " NEW " lower\nl 0777 0:0 0 " NEW " lower/a -> b\n", false },
	{ "chmod 644 /lower/a", "", false },
	{ "echo y >> /lower/a", "d 0755 0:0 0 " WAS " lower\nf 0644 0:0 10 " NEW " lower/a\n", false },
	{ "echo x > /etc/x", "d 0755 0:0 0 " NEW " etc\nf 0644 0:0 2 " NEW " etc/x\n", false },
	{ "echo x >> /etc/hosts; echo y >> /etc/resolv.conf; echo z > /dev/shm/z; touch /proc/x || true", "", false },
	{ "echo o > /old && touch -d @1400000000 /old", "f 0644 0:0 2 1400000000.000000000 old\n", false },
	{ "echo f > /future && touch -d @4000000000 /future", "f 0644 0:0 2 " NEW " future\n", false },
	{ "chown 1000:1001 /lower/a && echo x > /n && chown 7:8 /n",
	  "d 0755 0:0 0 " WAS " lower\nf 0644 1000:1001 8 " WAS " lower/a\nf 0644 7:8 2 " NEW " n\n", true },
	{ "echo s > /secret && chmod 0 /secret && mkdir /closed && echo t > /closed/t && chmod 0 /closed",
	  "d 0000 0:0 0 " NEW " closed\nf 0644 0:0 2 " NEW " closed/t\nf 0000 0:0 2 " NEW " secret\n", false },
	{ "echo x > /tmp/x && rm /tmp/x", "d 1777 0:0 0 " NEW " tmp\n", false },
};

static void test_layers(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < LB_COUNT(layers); i++) {
		if (layers[i].needs_ids && f->single)
			continue;
		struct lb_exec_result r;
		run_ok(f, &(struct call){ .sh = layers[i].sh }, &r);
		lb_autofree char *text = plain(layer_text(r.layer));
		if (strcmp(text, layers[i].layer) != 0)
			fail_msg("%s\n--- expected\n%s--- got\n%s", layers[i].sh, layers[i].layer, text);
		lb_exec_result_release(&r);
	}
}

/* What a RUN leaves is what the next one sees, from where it lies and unpacked again. */
static void test_chain(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result first;
	run_ok(f, &(struct call){ .sh = "rm /lower/a; rm -r /lower/d; mkdir /lower/d; echo n > /lower/d/n; echo 1 > /one; ln /one /two" },
	       &first);
	static const char look[] = "cat /one; find /lower | sort; stat -c %h /two; stat -c %Y /one /lower/d /lower/b";
	static const char want[] = "1\n/lower\n/lower/b\n/lower/d\n/lower/d/n\n2\n1700000000\n1700000000\n1500000000\n";
	expect_output(f, &(struct call){ .sh = look, .layer = first.layer }, want);

	lb_autofree char *dir = lb_format("%s-other", f->dir);
	struct lb_exec *mine = f->exec;
	f->exec = executor(dir, false);
	expect_output(f, &(struct call){ .sh = look, .layer = first.layer }, want);
	lb_exec_free(f->exec);
	f->exec = mine;
	lb_fs_remove(AT_FDCWD, dir, NULL);
	lb_exec_result_release(&first);
}

/* The same layer twice, as two equal COPYs make. */
static void test_twice(void **state)
{
	struct fixture *f = *state;
	lb_autonode struct lb_node *layer = tree_of("w lower/a\nf 0644 0:0 @1500000000 lower/n = n\n");
	char *const argv[] = { (char *)(uintptr_t) "ls", (char *)(uintptr_t) "/lower" };
	const char *const env[] = { "PATH=/bin" };
	struct lb_node *stack[] = { f->base, layer, layer };
	lb_autonode struct lb_node *root = lb_tree_apply(f->base, layer);
	struct lb_exec_run r = {
		.layers = stack, .layers_count = 3, .root = root, .argv = argv, .argv_count = 2, .env = env, .env_count = 1, .cwd = "/"
	};
	struct lb_exec_result out;
	struct lb_err err;
	if (lb_exec_run(f->exec, &r, &out, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(lb_buf_str(&out.output), "b\nd\nn\n");
	lb_exec_result_release(&out);
}

/* A layer that names directories only on the way to others changes nothing of them. */
static void test_implied(void **state)
{
	struct fixture *f = *state;
	lb_autonode struct lb_node *layer = tree_of("d~ 0755 0:0 @0 tmp\nf 0644 0:0 @1500000000 tmp/f = f\nd~ 0755 0:0 @0 root\n"
						    "f 0644 0:0 @1500000000 root/f = f\nd~ 0755 0:0 @0 fresh\nf 0644 0:0 @0 fresh/f = f\n");
	expect_output(f, &(struct call){ .sh = "stat -c '%a %Y %n' /tmp /root; stat -c %a /fresh; cat /tmp/f /root/f", .layer = layer },
		      "1777 1500000000 /tmp\n700 1500000000 /root\n755\nff");
}

/* The bytes are read where the RUN left them, whatever their mode. */
static void test_contents(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "umask 077; mkdir /c; seq 1 1000 > /c/f; chmod 0 /c/f /c" }, &r);
	lb_autobuf struct lb_buf b = { 0 };
	struct lb_err err;
	const struct lb_node *n = lb_tree_get(r.layer, "c/f");
	if (lb_content_load(n->content, &b, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(b.len, 3893);
	assert_memory_equal(b.data, "1\n2\n3\n", 6);
	lb_exec_result_release(&r);
}

static void test_keep_times(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "echo x > /f", .keep_times = true }, &r);
	assert_true(lb_tree_get(r.layer, "f")->attr.mtime.sec > STAMP);
	lb_exec_result_release(&r);
}

static void test_lists_etc(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "echo x > /f", .lists_etc = true }, &r);
	lb_autofree char *text = plain(layer_text(r.layer));
	assert_string_equal(text, "d 0755 0:0 0 " WAS " etc\nf 0644 0:0 2 " NEW " f\n");
	struct lb_exec_result next;
	run_ok(f, &(struct call){ .sh = "cat /f", .lists_etc = true, .layer = r.layer }, &next);
	assert_string_equal(lb_buf_str(&next.output), "x\n");
	lb_autofree char *nothing = plain(layer_text(next.layer));
	assert_string_equal(nothing, "d 0755 0:0 0 " WAS " etc\n");
	expect_output(f, &(struct call){ .sh = "cat /lower/a", .layer = next.layer }, "lower a\n");
	lb_exec_result_release(&next);
	lb_exec_result_release(&r);
}

/* Nothing goes while an executor is at work; what went is unpacked again. */
static void test_clear(void **state)
{
	struct fixture *f = *state;
	struct lb_err err;
	uint64_t unpacked = 0, bytes = 0, freed = 1, left = 0;
	expect_output(f, &(struct call){ .sh = "umask 077; mkdir /c; echo x > /c/f; cat /c/f" }, "x\n");
	assert_int_equal(lb_exec_usage(f->dir, &unpacked, &bytes, &err), 0);
	assert_true(unpacked > 0 && bytes > 0);
	assert_int_equal(lb_exec_clear(f->dir, 0, &freed, &err), 0);
	assert_int_equal(freed, 0);
	lb_exec_free(f->exec);
	assert_int_equal(lb_exec_clear(f->dir, bytes, &freed, &err), 0);
	assert_int_equal(freed, 0);
	assert_int_equal(lb_exec_clear(f->dir, 0, &freed, &err), 0);
	assert_int_equal(freed, bytes);
	assert_int_equal(lb_exec_usage(f->dir, &left, &bytes, &err), 0);
	assert_int_equal(left, 0);
	f->exec = executor(f->dir, false);
	expect_output(f, &(struct call){ .sh = "cat /lower/a" }, "lower a\n");
}

static int all(void)
{
	const struct CMUnitTest tests[] = {
		EXEC_TEST(test_layers),   EXEC_TEST(test_chain),      EXEC_TEST(test_twice),     EXEC_TEST(test_implied),
		EXEC_TEST(test_contents), EXEC_TEST(test_keep_times), EXEC_TEST(test_lists_etc), EXEC_TEST(test_clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return run_as_both(all);
}
