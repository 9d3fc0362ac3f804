/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command sees, may do, and leaves behind.
 */
#include "run_util.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>

/* ---- what the command sees ---- */

static void test_environment(void **state)
{
	struct fixture *f = *state;
	static const char *const env[] = { "PATH=/bin", "A=1", "B=two words", "LD_PRELOAD=", NULL };
	expect_output(f, &(struct call){ .sh = "env | grep -v -E '^(PWD|SHLVL)=' | sort; pwd; umask", .env = env, .cwd = "/lower" },
		      "A=1\nB=two words\nHOME=/root\nLD_PRELOAD=\nPATH=/bin\n/lower\n0022\n");
	expect_output(
		f, &(struct call){ .sh = "hostname; cat /etc/hostname; ls /dev /sys 2>&1 | tr '\\n' ' '" },
		"buildkitsandbox\nbuildkitsandbox\nls: /sys: No such file or directory /dev: core fd full null ptmx pts random shm stderr "
		"stdin stdout tty urandom zero ");
	expect_output(f, &(struct call){ .sh = "echo $$; cat /proc/1/comm; wc -c < /dev/stdin" }, "1\nsh\n0\n");
}

static void test_users(void **state)
{
	struct fixture *f = *state;
	expect_output(f, &(struct call){ .sh = "id -u; id -g; echo $HOME", .user = "" }, "0\n0\n/root\n");
	expect_output(f, &(struct call){ .sh = "id -u; id -g; echo $HOME", .user = "app" }, "1000\n1001\n/home/app\n");
	expect_output(f, &(struct call){ .sh = "id -u; id -g; echo $HOME", .user = "1234:extra" }, "1234\n1500\n/\n");
	if (!f->single) {
		expect_output(f, &(struct call){ .sh = "id -G; stat -c %u:%g /lower/a; echo x > /lower/a || echo refused", .user = "app" },
			      "1001 1500\n0:0\n/bin/sh: can't create /lower/a: Permission denied\nrefused\n");
		expect_output(
			f, &(struct call){ .sh = "cat /root/x 2>&1 || true; rm /tmp/none 2>&1; mkdir /root/x 2>&1 || true", .user = "33" },
			"cat: can't open '/root/x': Permission denied\nrm: can't remove '/tmp/none': No such file or directory\n"
			"mkdir: can't create directory '/root/x': Permission denied\n");
	}
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "echo x > /tmp/mine; ln /tmp/mine /tmp/two", .user = "app" }, &r);
	const struct lb_node *mine = lb_tree_get(r.layer, "tmp/mine");
	assert_int_equal(mine->attr.uid, 1000);
	assert_int_equal(mine->attr.gid, 1001);
	assert_int_equal(lb_tree_get(r.layer, "tmp")->attr.uid, 0);
	lb_exec_result_release(&r);
	struct lb_err err;
	assert_int_equal(run(f, &(struct call){ .sh = "true", .user = "nobody-here" }, &r, &err), LB_FAILED);
	assert_string_equal(err.text, "unable to find user nobody-here: no matching entries in passwd file");
	assert_int_equal(run(f, &(struct call){ .sh = "true", .user = "app:none" }, &r, &err), LB_FAILED);
	assert_string_equal(err.text, "unable to find group none: no matching entries in group file");
}

static void test_single_id_refuses_chown(void **state)
{
	struct fixture *f = *state;
	if (!f->single)
		return;
	struct lb_exec_result r;
	struct lb_err err;
	assert_int_equal(run(f, &(struct call){ .sh = "chown 7:8 /lower/a" }, &r, &err), 0);
	assert_int_equal(r.exit_code, 1);
	assert_string_equal(lb_buf_str(&r.output), "chown: /lower/a: Invalid argument\n");
	lb_exec_result_release(&r);
}

static void test_confined(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *sh, *says;
	} refused[] = {
		{ "mount -t tmpfs none /tmp", "permission denied" }, { "mount -o bind /bin /tmp", "permission denied" },
		{ "unshare -U true", "Operation not permitted" },    { "unshare -m true", "Operation not permitted" },
		{ "mknod /n b 8 0", "Operation not permitted" },     { "hostname x", "Operation not permitted" },
		{ "nc -w 1 1.1.1.1 80", "Network is unreachable" },  { "touch /proc/sys/kernel/core_pattern", "core_pattern: " },
		{ "touch /proc/sysrq-trigger", "sysrq-trigger: " },  { "touch /proc/irq/default_smp_affinity", "default_smp_affinity: " },
	};
	for (size_t i = 0; i < LB_COUNT(refused); i++) {
		struct lb_exec_result r;
		struct lb_err err;
		assert_int_equal(run(f, &(struct call){ .sh = refused[i].sh }, &r, &err), 0);
		if (!r.exit_code || !strstr(lb_buf_str(&r.output), refused[i].says))
			fail_msg("%s: exit %d: %s", refused[i].sh, r.exit_code, lb_buf_str(&r.output));
		lb_exec_result_release(&r);
	}
	expect_output(f, &(struct call){ .sh = "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status" },
		      "CapEff:\t00000000a80425fb\nNoNewPrivs:\t1\nSeccomp:\t2\n");
	expect_output(f, &(struct call){ .sh = "grep -E '^CapEff' /proc/self/status", .user = "app" }, "CapEff:\t0000000000000000\n");
	struct lb_exec_result r;
	struct lb_err err;
	assert_int_equal(run(f, &(struct call){ .sh = "true", .network = true }, &r, &err), LB_UNSUPPORTED);
}

/* ---- ends ---- */

static void test_exit_codes(void **state)
{
	struct fixture *f = *state;
	char *const missing[] = { (char *)(uintptr_t) "no-such-command", (char *)(uintptr_t) "x", NULL };
	char *const directory[] = { (char *)(uintptr_t) "/lower", NULL };
	const struct {
		struct call call;
		int code;
		const char *output;
	} cases[] = {
		{ { .sh = "exit 0" }, 0, "" },
		{ { .sh = "echo out; echo err >&2; exit 3" }, 3, "out\nerr\n" },
		{ { .sh = "sh -c 'kill -9 $$'; exit $?" }, 137, "Killed\n" },
		{ { .sh = "sh -c 'kill -TERM $$'; exit $?" }, 143, "Terminated\n" },
		{ { .sh = "no-such" }, 127, "/bin/sh: no-such: not found\n" },
		{ { .argv = missing }, 127, "exec no-such-command: No such file or directory\n" },
		{ { .argv = directory }, 126, "exec /lower: Permission denied\n" },
		{ { .sh = "true", .cwd = "/none" }, 127, "the working directory /none: No such file or directory\n" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct lb_exec_result r;
		struct lb_err err;
		if (run(f, &cases[i].call, &r, &err) != 0)
			fail_msg("%zu: %s", i, err.text);
		assert_string_equal(lb_buf_str(&r.output), cases[i].output);
		assert_int_equal(r.exit_code, cases[i].code);
		assert_null(r.layer);
		lb_exec_result_release(&r);
	}
}

static void test_output_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "seq 1 300000" }, &r);
	assert_int_equal(r.output_bytes, 1988895);
	assert_int_equal(r.output.len, 4096);
	assert_string_equal(r.output.data + r.output.len - 7, "300000\n");
	lb_exec_result_release(&r);
}

static void test_costs(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_result r;
	run_ok(f, &(struct call){ .sh = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; dd if=/dev/zero of=/dev/null bs=300M count=2" },
	       &r);
	assert_true(r.used.user_ns + r.used.system_ns > 20000000);
	assert_true(r.used.user_ns > 0);
	assert_true(r.used.peak_rss_bytes > 300 << 20);
	assert_true(r.used.peak_rss_bytes < 330 << 20);
	assert_null(r.layer);
	lb_exec_result_release(&r);
	/* less than this process has: it cannot be told from it */
	const size_t much = 64 << 20;
	lb_autofree char *memory = lb_malloc(much);
	memset(memory, 1, much);
	run_ok(f, &(struct call){ .sh = "dd if=/dev/zero of=/big bs=1M count=8 conv=fsync" }, &r);
	assert_int_equal(r.used.peak_rss_bytes, 0);
	/* a file system in memory writes nothing */
	assert_true(r.used.written_bytes == 0 || r.used.written_bytes >= 8 << 20);
	lb_exec_result_release(&r);
}

/* Processes of this machine whose command line has text. */
static size_t processes_with(const char *text)
{
	DIR *proc = opendir("/proc");
	size_t n = 0;
	for (const struct dirent *de; (de = readdir(proc));) {
		lb_autobuf struct lb_buf b = { 0 };
		lb_autofree char *path = lb_format("/proc/%s/cmdline", de->d_name);
		if (de->d_name[0] < '0' || de->d_name[0] > '9' || lb_fs_read(AT_FDCWD, path, &b, NULL))
			continue;
		n += b.len && memmem(b.data, b.len, text, strlen(text));
	}
	closedir(proc);
	return n;
}

static void test_nothing_stays(void **state)
{
	struct fixture *f = *state;
	expect_output(f, &(struct call){ .sh = "setsid sleep 98765 </dev/null >/dev/null 2>&1 & sleep 98765 & echo done" }, "done\n");
	assert_int_equal(processes_with("98765"), 0);
	lb_autobuf struct lb_buf mounts = { 0 };
	assert_int_equal(lb_fs_read(AT_FDCWD, "/proc/self/mounts", &mounts, NULL), 0);
	assert_null(strstr(mounts.data, f->dir));
}

static void *cancel_soon(void *arg)
{
	usleep(200000);
	atomic_store((_Atomic bool *)arg, true);
	return NULL;
}

static void test_cancel(void **state)
{
	struct fixture *f = *state;
	_Atomic bool cancel = false;
	pthread_t t;
	struct lb_exec_result r;
	struct lb_err err;
	assert_int_equal(pthread_create(&t, NULL, cancel_soon, &cancel), 0);
	int rc = run(f, &(struct call){ .sh = "setsid sleep 97531 & sleep 97531", .cancel = &cancel }, &r, &err);
	pthread_join(t, NULL);
	assert_int_equal(rc, LB_INTERRUPTED);
	assert_int_equal(processes_with("97531"), 0);
}

/* A killed caller takes its sandbox with it; the next executor removes what it left. */
static void test_killed(void **state)
{
	struct fixture *f = *state;
	for (unsigned ms = 1; ms <= 20; ms++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct lb_exec_result r;
			f->exec = executor(f->dir, false);
			for (;;)
				run(f, &(struct call){ .sh = "setsid sleep 86420 & mkdir /x; seq 1 1000 > /x/y; sleep 86420" }, &r, NULL);
		}
		usleep(ms * 2500);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	for (unsigned i = 0; i < 100 && processes_with("86420"); i++)
		usleep(10000);
	assert_int_equal(processes_with("86420"), 0);
	struct lb_exec *next = executor(f->dir, false);
	lb_exec_free(next);
	assert_int_equal(count_entries(f->dir, "tmp"), 1); /* the fixture's own */
	expect_output(f, &(struct call){ .sh = "cat /lower/a" }, "lower a\n");
}

static void test_no_bwrap(void **state)
{
	struct fixture *f = *state;
	struct lb_exec_options o = { .dir = f->dir, .bwrap = "/no/bwrap" };
	struct lb_exec *x = NULL;
	struct lb_err err;
	assert_int_equal(lb_exec_new(&o, &x, &err), LB_UNAVAILABLE);
	assert_string_equal(err.text, "/no/bwrap cannot be executed; --run model carries nothing out");
	o.bwrap = "/bin/false";
	assert_int_equal(lb_exec_new(&o, &x, &err), LB_UNAVAILABLE);
	assert_string_equal(err.text, "the sandbox cannot be set up: bubblewrap says nothing; --run model carries nothing out");
}

static int all(void)
{
	const struct CMUnitTest tests[] = {
		EXEC_TEST(test_environment), EXEC_TEST(test_users),         EXEC_TEST(test_single_id_refuses_chown),
		EXEC_TEST(test_confined),    EXEC_TEST(test_exit_codes),    EXEC_TEST(test_output_is_bounded),
		EXEC_TEST(test_costs),       EXEC_TEST(test_nothing_stays), EXEC_TEST(test_cancel),
		EXEC_TEST(test_killed),      EXEC_TEST(test_no_bwrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return run_as_both(all);
}
