/* SPDX-License-Identifier: Apache-2.0
 *
 * The executor itself: its directories, its rights, its beginning and end.
 */
#include "run/exec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/seccomp.h"

enum { OUTPUT_BYTES = 64 << 10 };

/* ---- directories ---- */

/* tmp/NAME of an executor that is no more: nobody holds its lock. */
static void sweep_one(struct lb_exec *x, const char *name)
{
	lb_autofree char *path = lb_format("tmp/%s", name);
	lb_autofd int fd = openat(x->dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		lb_exec_remove(x, x->dir_fd, path, NULL);
}

static void sweep(struct lb_exec *x)
{
	int fd = openat(x->dir_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	for (const struct dirent *de; dir && (de = readdir(dir));)
		if (de->d_name[0] != '.')
			sweep_one(x, de->d_name);
	if (dir)
		closedir(dir);
}

static int make_own(struct lb_exec *x, struct lb_err *err)
{
	lb_autofree char *tmp = lb_format("%s/tmp", x->dir);
	lb_autofree char *path = NULL;
	int rc = lb_fs_mkdtemp(tmp, "", &path, err);
	if (rc)
		return rc;
	x->own = lb_format("tmp/%s", lb_path_base(path));
	rc = lb_fs_open_dir(x->dir_fd, x->own, &x->own_fd, err);
	if (!rc && (flock(x->own_fd, LOCK_EX) != 0 || fchmod(x->own_fd, 0755) != 0))
		rc = lb_fail_errno(err, errno, "cannot lock %s", path);
	if (!rc && (mkdirat(x->own_fd, "m", 0755) != 0 || mkdirat(x->own_fd, "f", 0755) != 0))
		rc = lb_fail_errno(err, errno, "cannot create a directory below %s", path);
	return rc;
}

static int make_stubs(const struct lb_exec *x, struct lb_err *err)
{
	static const char *const dirs[] = { "stubs", "stubs/dev", "stubs/proc", "stubs/etc" };
	static const char *const files[] = { "stubs/etc/hosts", "stubs/etc/hostname", "stubs/etc/resolv.conf" };
	for (size_t i = 0; i < LB_COUNT(dirs); i++)
		if ((mkdirat(x->dir_fd, dirs[i], 0755) != 0 && errno != EEXIST) || fchmodat(x->dir_fd, dirs[i], 0755, 0) != 0)
			return lb_fail_errno(err, errno, "cannot create %s/%s", x->dir, dirs[i]);
	for (size_t i = 0; i < LB_COUNT(files); i++)
		if ((mknodat(x->dir_fd, files[i], S_IFREG | 0644, 0) != 0 && errno != EEXIST) ||
		    fchmodat(x->dir_fd, files[i], 0644, 0) != 0)
			return lb_fail_errno(err, errno, "cannot create %s/%s", x->dir, files[i]);
	return 0;
}

static int make_directories(struct lb_exec *x, const char *dir, struct lb_err *err)
{
	static const char *const names[] = { "layers", "cache", "tmp" };
	int rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
	if (rc)
		return rc;
	x->dir = realpath(dir, NULL);
	if (!x->dir)
		return lb_fail_errno(err, errno, "%s", dir);
	rc = lb_fs_open_dir(AT_FDCWD, x->dir, &x->dir_fd, err);
	for (size_t i = 0; !rc && i < LB_COUNT(names); i++)
		rc = lb_fs_mkdirs(x->dir_fd, names[i], err);
	if (!rc)
		rc = lb_fs_open_dir(x->dir_fd, "layers", &x->layers_fd, err);
	if (rc)
		return rc;
	lb_autofd int lock = openat(x->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		return lb_recode(err, (lb_fail_errno(err, errno, "cannot lock %s", x->dir), LB_CANTCREAT));
	sweep(x);
	rc = make_own(x, err);
	return rc ? rc : make_stubs(x, err);
}

/* ---- what the machine has ---- */

static int find_bwrap(struct lb_exec *x, struct lb_err *err)
{
	const char *path = getenv("PATH");
	if (x->options.bwrap) {
		x->bwrap = lb_strdup(x->options.bwrap);
		return access(x->bwrap, X_OK) == 0 ? 0 : lb_fail(err, LB_UNAVAILABLE, "%s cannot be executed", x->bwrap);
	}
	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t len = strcspn(p, ":");
		lb_autofree char *file = lb_format("%.*s/bwrap", (int)len, p);
		if (len && access(file, X_OK) == 0) {
			x->bwrap = lb_steal(&file);
			return 0;
		}
		p += len + (p[len] == ':');
	}
	return lb_fail(err, LB_UNAVAILABLE, "bubblewrap (bwrap) is not installed");
}

/* A command that is not there, on a root with nothing in it: all that a sandbox needs is asked for, and only
 * the command fails. */
static int probe(struct lb_exec *x, struct lb_err *err)
{
	char name[] = "/lbench-probe";
	char *const argv[] = { name };
	lb_autonode struct lb_node *root = lb_tree_empty();
	const struct lb_exec_run run = { .root = root, .argv = argv, .argv_count = 1, .cwd = "/" };
	struct lb_exec_result r;
	int rc = lb_exec_run(x, &run, &r, err);
	if (!rc && r.exit_code != 127)
		rc = lb_fail(err, LB_UNAVAILABLE, "the sandbox does not work: %s", lb_buf_str(&r.output));
	if (!rc)
		lb_exec_result_release(&r);
	return rc;
}

static int open_all(struct lb_exec *x, struct lb_err *err)
{
	int rc = find_bwrap(x, err);
	if (!rc)
		rc = lb_ns_open(&x->ns, err);
	if (!rc)
		rc = make_directories(x, x->options.dir, err);
	if (!rc)
		rc = lb_seccomp_program(&x->filter, err);
	return rc ? rc : probe(x, err);
}

static void close_box(void *p)
{
	lb_cleanup_fd(p);
	free(p);
}

int lb_exec_new(const struct lb_exec_options *options, struct lb_exec **out, struct lb_err *err)
{
	struct lb_exec *x = lb_calloc(1, sizeof(*x));
	x->options = *options;
	if (!x->options.output_bytes)
		x->options.output_bytes = OUTPUT_BYTES;
	x->ns.fd = x->dir_fd = x->layers_fd = x->own_fd = -1;
	pthread_mutex_init(&x->lock, NULL);
	x->places = lb_map_new(lb_exec_place_free);
	x->users = lb_map_new(close_box);
	struct lb_err why = { 0 };
	int rc = open_all(x, &why);
	if (rc) {
		lb_exec_free(x);
		return lb_fail(err, rc, "%.1900s%s", why.text, rc == LB_UNAVAILABLE ? "; --run model carries nothing out" : "");
	}
	x->memo = options->remember ? lb_exec_memo_new() : NULL;
	*out = x;
	return 0;
}

void lb_exec_free(struct lb_exec *x)
{
	if (!x)
		return;
	lb_exec_memo_free(x->memo);
	lb_map_free(x->places);
	lb_map_free(x->users);
	if (x->own)
		lb_exec_remove(x, x->dir_fd, x->own, NULL);
	lb_cleanup_fd(&x->own_fd);
	lb_cleanup_fd(&x->layers_fd);
	lb_cleanup_fd(&x->dir_fd);
	lb_ns_close(&x->ns);
	lb_buf_release(&x->filter);
	pthread_mutex_destroy(&x->lock);
	free(x->own);
	free(x->dir);
	free(x->bwrap);
	free(x);
}

const char *lb_exec_kind(const struct lb_exec *x)
{
	static const char *const names[] = { "root", "sub-ids", "single id" };
	return names[x->ns.ids];
}
