/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs that are started and ended, and trees that become files.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lbench/fs.h"
#include "lbench/tree.h"
#include "lbench/tree_source.h"
#include "subject/context.h"
#include "subject/process.h"

static int make_dir(void **state)
{
	return lb_fs_mkdtemp("/tmp", "lbench-test-", (char **)state, NULL);
}

static int remove_dir(void **state)
{
	int rc = lb_fs_remove(AT_FDCWD, *state, NULL);
	free(*state);
	return rc;
}

static int run(const char *script, bool apart, const _Atomic bool *cancel, struct lb_buf *out, struct process_result *result,
	       struct lb_err *err)
{
	lb_autostrv struct lb_strv argv = { 0 }, env = { 0 };
	lb_strv_add(&argv, "/bin/sh");
	lb_strv_add(&argv, "-c");
	lb_strv_add(&argv, script);
	process_env("/nonexistent", &env);
	const struct process_options po = { .argv = &argv, .env = &env, .apart = apart, .no_network = apart, .cancel = cancel };
	return process_run(&po, out, result, err);
}

static void test_output_and_status(void **state)
{
	(void)state;
	struct {
		const char *script, *says;
		int status;
	} cases[] = {
		{ "echo one; echo two >&2", "one\ntwo\n", 0 },
		{ "exit 3", "", 3 },
		{ "kill -9 $$", "", 137 },
		{ "cat", "", 0 }, /* nothing comes in */
		{ "echo $HOME $TMPDIR", "/nonexistent /nonexistent\n", 0 },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		struct process_result r;
		struct lb_err err;
		assert_int_equal(run(cases[i].script, false, NULL, &out, &r, &err), 0);
		assert_string_equal(lb_buf_str(&out), cases[i].says);
		assert_int_equal(r.status, cases[i].status);
		assert_true(r.wall_ns > 0);
	}
}

static void test_not_there(void **state)
{
	(void)state;
	lb_autostrv struct lb_strv argv = { 0 }, env = { 0 };
	lb_autobuf struct lb_buf out = { 0 };
	struct process_result r;
	struct lb_err err;
	lb_strv_add(&argv, "/nonexistent/program");
	process_env("/", &env);
	const struct process_options po = { .argv = &argv, .env = &env };
	assert_int_equal(process_run(&po, &out, &r, &err), LB_UNAVAILABLE);
	assert_string_equal(err.text, "/nonexistent/program cannot be started");
	assert_null(process_find("no-such-program", NULL));
}

static void test_cancelled(void **state)
{
	(void)state;
	const _Atomic bool cancel = true;
	lb_autobuf struct lb_buf out = { 0 };
	struct process_result r;
	struct lb_err err;
	time_t began = time(NULL);
	assert_int_equal(run("sleep 60", false, &cancel, &out, &r, &err), LB_INTERRUPTED);
	assert_true(time(NULL) - began < 20);
}

/* What it leaves behind is gone with it, and it is the first process of its name space. */
static void test_apart(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf out = { 0 };
	struct process_result r;
	struct lb_err err;
	if (geteuid() != 0) {
		print_message("skipped: name spaces take root\n");
		skip();
	}
	int rc = run("echo $$; (sleep 0.2; echo late) & exit 4", true, NULL, &out, &r, &err);
	if (rc == LB_UNAVAILABLE) {
		print_message("skipped: %s\n", err.text);
		skip();
	}
	assert_int_equal(rc, 0);
	assert_string_equal(lb_buf_str(&out), "1\n");
	assert_int_equal(r.status, 4);
}

static void test_stays_until_stopped(void **state)
{
	const char *dir = *state;
	lb_autostrv struct lb_strv argv = { 0 }, env = { 0 };
	lb_autofree char *log = lb_path_join(dir, "log");
	pid_t pid;
	struct lb_err err;
	if (geteuid() != 0) {
		print_message("skipped: name spaces take root\n");
		skip();
	}
	lb_strv_add(&argv, "/bin/sh");
	lb_strv_add(&argv, "-c");
	lb_strv_add(&argv, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 100 & exec sleep 100");
	process_env(dir, &env);
	const struct process_options po = { .argv = &argv, .env = &env, .apart = true };
	assert_int_equal(process_start(&po, log, &pid, &err), 0);
	uint64_t cpu = 0;
	for (int i = 0; i < 200 && !cpu && !process_ended(pid); i++) {
		usleep(50000);
		cpu = process_tree_cpu(pid);
	}
	if (process_ended(pid)) {
		process_stop(&pid);
		print_message("skipped: there are no name spaces to be had\n");
		skip();
	}
	assert_true(cpu > 0);
	assert_false(process_ended(pid));
	process_stop(&pid);
	assert_int_equal(pid, 0);
	process_stop(&pid);
}

/* ---- trees ---- */

static const char *const trees[] = {
	"d 0755 0:0 @1600000000 a\nf 0644 0:0 @1600000001 a/x = one\nl 0777 0:0 @1600000002 a/l -> x\nf 0755 0:0 @1600000003 run = go",
	/* another content, a mode, a name gone, one new; a directory stays as it is */
	"d 0755 0:0 @1600000000 a\nf 0644 0:0 @1600000005 a/x = two\nf 0644 0:0 @1600000003 run = go\nf 0600 0:0 @1600000004 new = n",
	/* a file for a directory, a directory for a file */
	"f 0644 0:0 @1600000001 a = file\nd 0700 0:0 @1600000006 run\nf 0644 0:0 @1600000007 run/in = in",
	"d 0755 0:0 @1600000000 empty",
};

static struct lb_node *tree_of(const char *text)
{
	struct lb_node *tree;
	struct lb_err err;
	assert_int_equal(lb_tree_parse(text, &tree, &err), 0);
	return tree;
}

static void check_disk(const char *path, struct lb_node *tree)
{
	lb_autonode struct lb_node *disk = NULL;
	lb_autobuf struct lb_buf is = { 0 }, should = { 0 };
	struct lb_err err;
	assert_int_equal(lb_tree_from_dir(path, &(struct lb_dir_options){ 0 }, &disk, &err), 0);
	assert_int_equal(lb_tree_describe(disk, true, true, &is, &err), 0);
	assert_int_equal(lb_tree_describe(tree, true, true, &should, &err), 0);
	/* the root's own line is of what lb_tree_parse makes of it */
	assert_string_equal(strchr(lb_buf_str(&is), '\n'), strchr(lb_buf_str(&should), '\n'));
}

static void test_context_follows(void **state)
{
	const char *dir = *state;
	struct context c = { .path = lb_path_join(dir, "context") };
	struct lb_err err = { 0 };
	if (geteuid() != 0) {
		print_message("skipped: owners take root\n");
		free(c.path);
		skip();
	}
	const int order[] = { 0, 1, 0, 2, 1, 3, 2, 2, 0 };
	for (size_t i = 0; i < LB_COUNT(order); i++) {
		lb_autonode struct lb_node *tree = tree_of(trees[order[i]]);
		if (context_become(&c, tree, &err))
			fail_msg("%zu: %s", i, err.text);
		check_disk(c.path, tree);
	}
	context_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_apart),
		cmocka_unit_test_setup_teardown(test_stays_until_stopped, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(test_context_follows, make_dir, remove_dir),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
