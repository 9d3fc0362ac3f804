/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the executor share: real commands on a static busybox, as whoever runs the test and, when
 * that is root, once more as an ordinary user.
 */
#ifndef LBENCH_TESTS_RUN_UTIL_H
#define LBENCH_TESTS_RUN_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/run.h"
#include "store_dir.h"
#include "tree_util.h"

#define BUSYBOX "/bin/busybox"
enum { STAMP = 1700000000, OLD = 1500000000, NOBODY = 65534 };

/* ---- a root file system ---- */

static const char base_text[] =
	"d 0755 0:0 @1500000000 bin\n"
	"d 0755 0:0 @1500000000 etc\n"
	"f 0644 0:0 @1500000000 etc/passwd = root:x:0:0:root:/root:/bin/sh\\napp:x:1000:1001:App:/home/app:/bin/sh\\n\n"
	"f 0644 0:0 @1500000000 etc/group = root:x:0:\\napps:x:1001:\\nextra:x:1500:app\\n\n"
	"d 0700 0:0 @1500000000 root\n"
	"d 1777 0:0 @1500000000 tmp\n"
	"d 0755 0:0 @1500000000 lower\n"
	"f 0644 0:0 @1500000000 lower/a = lower a\\n\n"
	"f 0644 0:0 @1500000000 lower/b = lower b\\n\n"
	"d 0755 0:0 @1500000000 lower/d\n"
	"f 0644 0:0 @1500000000 lower/d/x = x\\n\n";

static inline struct lb_node *put_at(struct lb_node *root, const char *path, struct lb_node *n)
{
	struct lb_node *next = NULL;
	assert_int_equal(lb_tree_put(root, path, n, NULL, false, &next, NULL), 0);
	lb_node_unref(root);
	return next;
}

static inline struct lb_node *base_tree(void)
{
	static const char *const applets[] = { "sh",       "cat",  "chmod",    "chown",  "cp",      "dd",     "echo",  "env",    "head",
					       "id",       "kill", "ln",       "ls",     "mkdir",   "mkfifo", "mknod", "mount",  "mv",
					       "nc",       "pwd",  "readlink", "rm",     "rmdir",   "seq",    "sleep", "stat",   "sync",
					       "touch",    "tr",   "true",     "umask",  "unshare", "wc",     "wget",  "whoami", "yes",
					       "hostname", "find", "sort",     "setsid", "unlink",  "grep" };
	struct lb_node *root = tree_of(base_text);
	struct stat st;
	assert_int_equal(stat(BUSYBOX, &st), 0);
	struct lb_attr file = { .kind = LB_FILE, .mode = 0755, .mtime = { OLD, 0 } };
	root = put_at(root, "bin/busybox", lb_node_new(&file, lb_content_file(AT_FDCWD, BUSYBOX, 0, (uint64_t)st.st_size)));
	for (size_t i = 0; i < LB_COUNT(applets); i++) {
		struct lb_attr link = { .kind = LB_SYMLINK, .mode = 0777, .mtime = { OLD, 0 }, .target = "busybox" };
		lb_autofree char *path = lb_format("bin/%s", applets[i]);
		root = put_at(root, path, lb_node_new(&link, NULL));
	}
	return root;
}

/* ---- a place to work ---- */

struct fixture {
	char *dir;
	struct lb_exec *exec;
	struct lb_node *base;
	bool single;
};

static inline struct lb_exec *executor(const char *dir, bool remember)
{
	struct lb_exec_options o = { .dir = dir, .remember = remember, .stamps = { STAMP, 0 }, .output_bytes = 4096 };
	struct lb_exec *x = NULL;
	struct lb_err err;
	if (lb_exec_new(&o, &x, &err) != 0)
		fail_msg("%s", err.text);
	return x;
}

static inline int set_up_with(void **state, bool remember)
{
	struct fixture *f = lb_calloc(1, sizeof(*f));
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-exec-", &f->dir, NULL), 0);
	f->exec = executor(f->dir, remember);
	f->base = base_tree();
	f->single = strcmp(lb_exec_kind(f->exec), "single id") == 0;
	*state = f;
	return 0;
}

static inline int set_up(void **state)
{
	return set_up_with(state, false);
}

static inline int set_up_remembering(void **state)
{
	return set_up_with(state, true);
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	lb_node_unref(f->base);
	lb_exec_free(f->exec);
	assert_int_equal(count_entries(f->dir, "tmp"), 0);
	lb_fs_remove(AT_FDCWD, f->dir, NULL);
	free(f->dir);
	free(f);
	return 0;
}

/* A RUN on the base and up to two layers. */
struct call {
	const char *sh; /* for /bin/sh -c; NULL: argv */
	char *const *argv;
	const char *user, *cwd;
	const char *const *env;
	const struct lb_exec_mount *mounts;
	size_t mounts_count;
	struct lb_node *layer;
	bool keep_times, lists_etc, network;
	time_t stamp;
	const _Atomic bool *cancel;
};

static inline int run(struct fixture *f, const struct call *c, struct lb_exec_result *out, struct lb_err *err)
{
	char *const argv[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)c->sh };
	static const char *const path[] = { "PATH=/usr/bin:/bin", NULL };
	struct lb_node *layers[] = { f->base, c->layer };
	lb_autonode struct lb_node *root = c->layer ? lb_tree_apply(f->base, c->layer) : lb_node_ref(f->base);
	struct lb_exec_run r = { .layers = layers,
				 .layers_count = c->layer ? 2 : 1,
				 .root = root,
				 .argv = c->argv ? c->argv : argv,
				 .argv_count = 3,
				 .env = c->env ? c->env : path,
				 .cwd = c->cwd ? c->cwd : "/",
				 .user = c->user,
				 .mounts = c->mounts,
				 .mounts_count = c->mounts_count,
				 .keep_times = c->keep_times,
				 .lists_etc = c->lists_etc,
				 .network = c->network,
				 .stamp = { c->stamp ? c->stamp : STAMP, 0 },
				 .cancel = c->cancel };
	if (c->argv)
		for (r.argv_count = 0; c->argv[r.argv_count];)
			r.argv_count++;
	while (r.env[r.env_count])
		r.env_count++;
	return lb_exec_run(f->exec, &r, out, err);
}

static inline void run_ok(struct fixture *f, const struct call *c, struct lb_exec_result *out)
{
	struct lb_err err;
	if (run(f, c, out, &err) != 0)
		fail_msg("%s: %s", c->sh ? c->sh : c->argv[0], err.text);
	if (out->exit_code)
		fail_msg("%s: exit %d: %s", c->sh ? c->sh : c->argv[0], out->exit_code, lb_buf_str(&out->output));
}

static inline void expect_output(struct fixture *f, const struct call *c, const char *want)
{
	struct lb_exec_result r;
	run_ok(f, c, &r);
	assert_string_equal(lb_buf_str(&r.output), want);
	lb_exec_result_release(&r);
}

/* kind, mode, owner, size, time, path … of a layer; "" for none. */
static inline char *layer_text(struct lb_node *layer)
{
	struct lb_buf b = { 0 };
	if (layer)
		assert_int_equal(lb_tree_describe(layer, true, false, &b, NULL), 0);
	return lb_buf_steal(&b);
}

#define NEW "1700000000.000000000"
#define WAS "1500000000.000000000"
/* Without the first line (the root) and " link=…". */
static inline char *plain(char *text)
{
	struct lb_buf b = { 0 };
	const char *p = strchr(text, '\n');
	for (p = p ? p + 1 : ""; *p; p++) {
		if (strncmp(p, " link=", 6) == 0)
			p += 6 + strspn(p + 6, "0123456789abcdef");
		lb_buf_addc(&b, *p);
	}
	free(text);
	return lb_buf_steal(&b);
}

/* ---- main ---- */

static inline int lacking(const char *why)
{
	fprintf(stderr, "skipped: %s\n", why);
	return getenv("LBENCH_MUST_RUN") ? 1 : 77;
}

static inline int probe(void)
{
	lb_autofree char *dir = NULL;
	struct lb_exec *x = NULL;
	struct lb_err err;
	if (access(BUSYBOX, X_OK) != 0)
		return lacking("there is no " BUSYBOX);
	if (lb_fs_mkdtemp("/tmp", "lbench-exec-", &dir, &err) != 0)
		return lacking(err.text);
	struct lb_exec_options o = { .dir = dir };
	int rc = lb_exec_new(&o, &x, &err);
	if (!rc)
		fprintf(stderr, "as %s\n", lb_exec_kind(x));
	lb_exec_free(x);
	lb_fs_remove(AT_FDCWD, dir, NULL);
	return rc ? lacking(err.text) : 0;
}

/* Again by itself, so that nothing of root is left in the process. */
static inline int as_user(uid_t uid, gid_t gid)
{
	pid_t pid = fork();
	int status = 1;
	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(1);
		execl("/proc/self/exe", "test_run", (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Somebody who has sub-ids; NULL: nobody here. */
static inline const struct passwd *user_with_sub_ids(void)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (access("/usr/bin/newuidmap", X_OK) != 0 || lb_fs_read(AT_FDCWD, "/etc/subuid", &text, NULL))
		return NULL;
	for (char *p = text.data; p && *p; p += strcspn(p, "\n"), p += *p == '\n') {
		lb_autofree char *name = lb_strndup(p, strcspn(p, ":\n"));
		const struct passwd *user = getpwnam(name);
		if (user && user->pw_uid && user->pw_uid != NOBODY)
			return user;
	}
	return NULL;
}

static inline int as_ordinary_users(void)
{
	const struct passwd *user = user_with_sub_ids();
	int rc = as_user(NOBODY, NOBODY);
	return rc || !user ? rc : as_user(user->pw_uid, user->pw_gid);
}

#define EXEC_TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

static inline int run_as_both(int (*all)(void))
{
	int rc = probe();
	if (!rc)
		rc = all();
	return rc || geteuid() != 0 ? rc : as_ordinary_users();
}

#endif
