/* SPDX-License-Identifier: Apache-2.0 */
#include "run/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

/* ---- a process that holds a new namespace while its maps are written ---- */

struct holder {
	pid_t pid;
	int go; /* closed: it may end */
};

/* What the child does; only calls that are safe behind a fork of a program with threads. */
struct holding {
	int parent; /* namespace to enter first, -1 */
	bool become;
	uint32_t uid, gid;
};

static int hold(const struct holding *h, int told, int go)
{
	char c = 0;
	int e = 0;
	if (h->parent >= 0 && setns(h->parent, CLONE_NEWUSER) != 0)
		e = errno;
	/* by the bare calls: libc's would look for other threads to change */
	if (!e && h->become && (syscall(SYS_setresgid, h->gid, h->gid, h->gid) != 0 || syscall(SYS_setresuid, h->uid, h->uid, h->uid) != 0))
		e = errno;
	prctl(PR_SET_DUMPABLE, 1);
	if (!e && unshare(CLONE_NEWUSER) != 0)
		e = errno;
	if (write(told, &e, sizeof(e)) != sizeof(e))
		return 1;
	while (read(go, &c, 1) < 0 && errno == EINTR)
		;
	return 0;
}

static void holder_end(struct holder *h)
{
	close(h->go);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* 0 or errno. */
static int holder_start(const struct holding *how, struct holder *out)
{
	int told[2], go[2], e = 0;
	if (pipe2(told, O_CLOEXEC) != 0)
		return errno;
	if (pipe2(go, O_CLOEXEC) != 0) {
		e = errno;
		close(told[0]);
		close(told[1]);
		return e;
	}
	pid_t pid = _Fork();
	if (pid == 0) {
		close(go[1]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(hold(how, told[1], go[0]));
	}
	e = pid < 0 ? errno : 0;
	close(told[1]);
	close(go[0]);
	*out = (struct holder){ pid, go[1] };
	if (!e && read(told[0], &e, sizeof(e)) != sizeof(e))
		e = EIO;
	close(told[0]);
	if (e && pid > 0)
		holder_end(out);
	else if (e)
		close(go[1]);
	return e;
}

/* ---- maps ---- */

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	lb_autofd int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	return write(fd, text, strlen(text)) < 0 ? errno : 0;
}

/* Every id of this namespace as itself. */
static int same_map(const char *file, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, file, &text, err);
	unsigned first, outside, count;
	int used;
	for (const char *p = lb_buf_str(&text); !rc && sscanf(p, "%u %u %u\n%n", &first, &outside, &count, &used) == 3; p += used)
		lb_buf_addf(out, "%u %u %u\n", first, first, count);
	return rc;
}

struct range {
	uint32_t start, count;
};

/* The first line of /etc/subuid or /etc/subgid for this user. */
static bool sub_range(const char *file, const char *user, struct range *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (lb_fs_read(AT_FDCWD, file, &text, NULL))
		return false;
	lb_autofree char *uid = lb_format("%u", (unsigned)geteuid());
	for (const char *p = lb_buf_str(&text); *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, ":\n");
		bool mine = (user && strlen(user) == len && memcmp(p, user, len) == 0) || (strlen(uid) == len && memcmp(p, uid, len) == 0);
		if (mine && sscanf(p + len, ":%u:%u", &out->start, &out->count) == 2 && out->count)
			return true;
	}
	return false;
}

static bool find_ranges(struct range *uids, struct range *gids)
{
	char space[4096];
	struct passwd pw, *found = NULL;
	getpwuid_r(geteuid(), &pw, space, sizeof(space), &found);
	const char *name = found ? found->pw_name : NULL;
	return sub_range("/etc/subuid", name, uids) && sub_range("/etc/subgid", name, gids);
}

/* newuidmap PID 0 ID 1 1 START COUNT. false: it is not there, or refuses. */
static bool map_by_helper(const char *program, pid_t pid, uint32_t id, const struct range *r)
{
	extern char **environ;
	char text[5][16];
	const uint32_t numbers[5] = { (uint32_t)pid, 0, id, r->start, r->count };
	for (size_t i = 0; i < 5; i++)
		snprintf(text[i], sizeof(text[i]), "%u", numbers[i]);
	char one[] = "1", zero[] = "0";
	char *argv[] = { (char *)(uintptr_t)program, text[0], zero, text[2], one, one, text[3], text[4], NULL };
	posix_spawn_file_actions_t quiet;
	posix_spawnattr_t apart; /* the terminal's Ctrl-C is the caller's to deal with */
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	posix_spawnattr_init(&apart);
	posix_spawnattr_setflags(&apart, POSIX_SPAWN_SETPGROUP);
	pid_t child;
	int status = 1, e = posix_spawnp(&child, program, &quiet, &apart, argv, environ);
	posix_spawnattr_destroy(&apart);
	posix_spawn_file_actions_destroy(&quiet);
	while (!e && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return !e && status == 0;
}

static int map_single(struct lb_ns *ns, pid_t pid)
{
	lb_autofree char *uids = lb_format("0 %u 1\n", (unsigned)geteuid());
	lb_autofree char *gids = lb_format("0 %u 1\n", (unsigned)getegid());
	int e = write_proc(pid, "setgroups", "deny");
	if (!e)
		e = write_proc(pid, "uid_map", uids);
	if (!e)
		e = write_proc(pid, "gid_map", gids);
	ns->ids = LB_IDS_ONE;
	ns->count = 1;
	snprintf(ns->map, sizeof(ns->map), "-u%u", (unsigned)geteuid());
	return e;
}

static int map_all(pid_t pid, struct lb_err *err)
{
	lb_autobuf struct lb_buf uids = { 0 }, gids = { 0 };
	int rc = same_map("/proc/self/uid_map", &uids, err);
	if (!rc)
		rc = same_map("/proc/self/gid_map", &gids, err);
	if (rc)
		return rc;
	int e = write_proc(pid, "uid_map", lb_buf_str(&uids));
	if (!e)
		e = write_proc(pid, "gid_map", lb_buf_str(&gids));
	return e ? lb_fail_errno(err, e, "cannot map ids") : 0;
}

static int map_ids(struct lb_ns *ns, pid_t pid, struct lb_err *err)
{
	if (geteuid() == 0)
		return map_all(pid, err);
	struct range uids, gids;
	if (find_ranges(&uids, &gids) && map_by_helper("newuidmap", pid, geteuid(), &uids) &&
	    map_by_helper("newgidmap", pid, getegid(), &gids)) {
		ns->ids = LB_IDS_SUB;
		ns->count = 1 + (uids.count < gids.count ? uids.count : gids.count);
		snprintf(ns->map, sizeof(ns->map), "-u%u-%u-%u", (unsigned)geteuid(), uids.start, gids.start);
		return 0;
	}
	int e = map_single(ns, pid);
	return e ? lb_fail_errno(err, e, "cannot map ids") : 0;
}

/* ---- in the namespace ---- */

struct call {
	const struct lb_ns *ns;
	int (*fn)(void *arg, struct lb_err *err);
	void *arg;
	struct lb_err *err;
	int rc;
};

static int enter(void *p)
{
	struct call *c = p;
	if (setns(c->ns->fd, CLONE_NEWUSER) != 0)
		c->rc = lb_fail_errno(c->err, errno, "cannot enter the user namespace");
	else if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
		c->rc = c->fn(c->arg, c->err);
	syscall(SYS_exit_group, 0);
	return 0;
}

/* The child has the caller's memory and descriptors and only its own rights: a thread of this process cannot
 * enter a user namespace alone, and a copy of a process with threads cannot do much. The caller sleeps until it
 * is gone, so that locks, errno and the allocator see one thread. */
static int call_inside(const struct lb_ns *ns, int (*fn)(void *arg, struct lb_err *err), void *arg, struct lb_err *err)
{
	enum { STACK = 8 << 20 };
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return lb_fail_errno(err, errno, "cannot make a stack");
	struct call c = { ns, fn, arg, err, LB_IO };
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = clone(enter, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &c);
	int e = errno;
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	munmap(stack, STACK);
	return pid < 0 ? lb_fail_errno(err, e, "cannot start a process") : c.rc;
}

int lb_ns_call(const struct lb_ns *ns, int (*fn)(void *arg, struct lb_err *err), void *arg, struct lb_err *err)
{
	return ns->ids == LB_IDS_ALL ? fn(arg, err) : call_inside(ns, fn, arg, err);
}

/* ---- opening ---- */

static int namespace_of(pid_t pid, int *fd, struct lb_err *err)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? lb_fail_errno(err, errno, "cannot open a user namespace") : 0;
}

int lb_ns_open(struct lb_ns *ns, struct lb_err *err)
{
	*ns = (struct lb_ns){ .fd = -1 };
	struct holder h;
	int e = holder_start(&(struct holding){ .parent = -1 }, &h);
	if (e) {
		lb_fail_errno(err, e, "user namespaces are refused here (unshare)");
		return lb_recode(err, LB_UNAVAILABLE);
	}
	int rc = map_ids(ns, h.pid, err);
	if (!rc)
		rc = namespace_of(h.pid, &ns->fd, err);
	holder_end(&h);
	return rc ? lb_recode(err, LB_UNAVAILABLE) : 0;
}

void lb_ns_close(struct lb_ns *ns)
{
	lb_cleanup_fd(&ns->fd);
	ns->fd = -1;
}

struct user_map {
	const struct lb_ns *ns;
	pid_t pid;
	uint32_t uid, gid;
};

static int map_user(void *arg, struct lb_err *err)
{
	const struct user_map *m = arg;
	if (m->ns->ids != LB_IDS_ONE)
		return map_all(m->pid, err);
	lb_autofree char *uids = lb_format("%u 0 1\n", m->uid);
	lb_autofree char *gids = lb_format("%u 0 1\n", m->gid);
	int e = write_proc(m->pid, "uid_map", uids);
	if (!e)
		e = write_proc(m->pid, "gid_map", gids);
	return e ? lb_fail_errno(err, e, "cannot map ids") : 0;
}

int lb_ns_for_user(const struct lb_ns *ns, uint32_t uid, uint32_t gid, int *fd, struct lb_err *err)
{
	struct holder h;
	struct holding how = { .parent = ns->fd, .become = ns->ids != LB_IDS_ONE, .uid = uid, .gid = gid };
	int e = holder_start(&how, &h);
	if (e) {
		lb_fail_errno(err, e, "cannot make a user namespace for %u:%u", uid, gid);
		return lb_recode(err, LB_UNAVAILABLE);
	}
	struct user_map m = { ns, h.pid, uid, gid };
	/* only its parent may map it, whoever is root elsewhere */
	int rc = call_inside(ns, map_user, &m, err);
	if (!rc)
		rc = namespace_of(h.pid, fd, err);
	holder_end(&h);
	return rc ? lb_recode(err, LB_UNAVAILABLE) : 0;
}
