/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that is apart has a keeper between itself and lbench: the first process in its name space ends when the
 * keeper says so, and the kernel ends all others with it and takes the mounts away. The keeper ends it when lbench asks
 * or dies. Between fork and exec only calls are made that are safe there.
 */
#include "subject/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define SYSTEM_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

enum { NOT_STARTED = 127, POLL_MS = 50 };

/* ---- between fork and exec ---- */

static void default_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int s = 1; s < 32; s++)
		signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void exec_program(const struct process_options *o)
{
	default_signals();
	execve(o->argv->items[0], o->argv->items, o->env->items);
	_exit(NOT_STARTED);
}

/* The first process of the name space. */
static _Noreturn void be_first(const struct process_options *o)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
		_exit(NOT_STARTED);
	for (size_t i = 0; o->hide && i < o->hide->count; i++)
		if (mount("tmpfs", o->hide->items[i], "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0 && errno != ENOENT)
			_exit(NOT_STARTED);
	exec_program(o);
}

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Waits until the program ends, or ends it. That it is gone means that all of its name space is. */
static _Noreturn void keep(const struct process_options *o, pid_t parent)
{
	sigset_t wanted;
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGCHLD);
	sigprocmask(SIG_SETMASK, &wanted, NULL);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || unshare(CLONE_NEWNS | CLONE_NEWPID | (o->no_network ? CLONE_NEWNET : 0)) != 0)
		_exit(NOT_STARTED);
	pid_t pid = fork();
	if (pid < 0)
		_exit(NOT_STARTED);
	if (pid == 0)
		be_first(o);
	while (sigwaitinfo(&wanted, NULL) != SIGTERM) {
		siginfo_t ended = { 0 };
		if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == pid)
			_exit(wait_for(pid));
	}
	kill(pid, SIGKILL);
	wait_for(pid);
	_exit(128 + SIGTERM);
}

/* A terminal's Ctrl-C is for lbench, which ends what it started in order: hence a process group of its own. SIGTERM waits
 * until the keeper listens. */
static pid_t start(const struct process_options *o, int output)
{
	sigset_t term, before;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	pid_t parent = getpid(), pid = fork();
	if (pid != 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return pid;
	}
	setpgid(0, 0);
	int null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(NOT_STARTED);
	if (o->apart)
		keep(o, parent);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	exec_program(o);
}

/* ---- */

/* Reads until the other end is closed; false: cancelled. */
static bool read_all(const struct process_options *o, int fd, struct lb_buf *out)
{
	char piece[65536];
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (o->cancel && atomic_load(o->cancel))
			return false;
		if (poll(&p, 1, POLL_MS) <= 0)
			continue;
		ssize_t n = read(fd, piece, sizeof(piece));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0)
			lb_buf_add(out, piece, (size_t)n);
	}
}

int process_run(const struct process_options *o, struct lb_buf *out, struct process_result *result, struct lb_err *err)
{
	int ends[2], status;
	struct rusage used = { 0 };
	if (pipe2(ends, O_CLOEXEC) != 0)
		return lb_fail_errno(err, errno, "cannot make a pipe");
	lb_autofd int from = ends[0], to = ends[1];
	uint64_t began = clock_ns(CLOCK_MONOTONIC);
	pid_t pid = start(o, to);
	if (pid < 0)
		return lb_fail_errno(err, errno, "cannot start %s", o->argv->items[0]);
	close(lb_steal_fd(&to));
	bool whole = read_all(o, from, out);
	if (!whole)
		kill(pid, o->apart ? SIGTERM : SIGKILL);
	while (wait4(pid, &status, 0, &used) < 0)
		if (errno != EINTR)
			return lb_fail_errno(err, errno, "%s", o->argv->items[0]);
	if (!whole)
		return lb_fail(err, LB_INTERRUPTED, "interrupted");
	*result = (struct process_result){ .status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
					   .wall_ns = clock_ns(CLOCK_MONOTONIC) - began,
					   .peak_rss_bytes = (uint64_t)used.ru_maxrss * 1024 };
	result->cpu_ns = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000u +
			 (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000u;
	if (result->status == NOT_STARTED && !out->len)
		return lb_fail(err, LB_UNAVAILABLE, "%s cannot be started%s", o->argv->items[0],
			       o->apart ? " in name spaces of its own (CAP_SYS_ADMIN is needed)" : "");
	return 0;
}

int process_start(const struct process_options *o, const char *log, pid_t *pid, struct lb_err *err)
{
	lb_autofd int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return lb_fail_errno(err, errno, "cannot write %s", log);
	*pid = start(o, fd);
	return *pid < 0 ? lb_fail_errno(err, errno, "cannot start %s", o->argv->items[0]) : 0;
}

bool process_ended(pid_t pid)
{
	siginfo_t ended = { 0 };
	return waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == pid;
}

void process_stop(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGTERM);
	wait_for(*pid);
	*pid = 0;
}

static char *find_in(const char *path, const char *program)
{
	for (const char *p = path; p && *p;) {
		size_t n = strcspn(p, ":");
		lb_autofree char *dir = lb_strndup(p, n), *full = lb_format("%s/%s", dir, program);
		if (n && access(full, X_OK) == 0)
			return lb_steal(&full);
		p += n + (p[n] == ':');
	}
	return NULL;
}

char *process_find(const char *program, const char *near)
{
	const char *bin = near ? strstr(near, "/sbin/") : NULL;
	lb_autofree char *beside = bin ? lb_format("%.*s/bin/%s", (int)(bin - near), near, program) : NULL;
	if (beside && access(beside, X_OK) == 0)
		return lb_steal(&beside);
	return find_in(getenv("PATH"), program);
}

void process_env(const char *dir, struct lb_strv *env)
{
	const char *path = getenv("PATH");
	lb_strv_take(env, lb_format("PATH=%s%s%s", SYSTEM_PATH, path ? ":" : "", path ? path : ""));
	lb_strv_take(env, lb_format("HOME=%s", dir));
	lb_strv_take(env, lb_format("TMPDIR=%s", dir));
	lb_strv_add(env, "LC_ALL=C.UTF-8");
}
