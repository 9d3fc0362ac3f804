/* SPDX-License-Identifier: Apache-2.0
 *
 * Theory of operation. Two processes stand between the caller and the command:
 *
 *   caller ─fork─► stage: enters the user namespace, makes a mount and a pid namespace, mounts the overlay
 *                    └─vfork─► bubblewrap: pid 1 there; its own namespaces, the command
 *
 * bubblewrap being pid 1 of a namespace, the kernel kills all that it started when it goes, whatever they did to
 * get away, and stage's wait returns only when they are gone. Each asks to be killed when its parent goes, so
 * that a killed caller takes everything with it. Mounts live in stage's mount namespace alone and go with it.
 *
 * stage tells the caller through a pipe what failed, which pid bubblewrap has, and how it ended. stage is a copy
 * of a program that may have threads: it makes system calls and nothing else.
 */
#include "run/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lbench/mem.h"

enum what { W_STARTED, W_ENDED, W_FDS, W_ENTER, W_UNSHARE, W_MOUNTS, W_OVERLAY, W_FILES, W_START, W_USER, W_EXEC };
static const char *const what_text[] = {
	[W_FDS] = "cannot arrange descriptors",
	[W_ENTER] = "cannot enter the user namespace",
	[W_UNSHARE] = "mount and pid namespaces are refused here (unshare)",
	[W_MOUNTS] = "mounts are refused here",
	[W_OVERLAY] = "overlayfs cannot be mounted here",
	[W_FILES] = "a tmpfs cannot be mounted here",
	[W_START] = "cannot start a process",
	[W_USER] = "cannot become the user of the RUN",
	[W_EXEC] = "cannot start bubblewrap",
};

struct report {
	enum what what;
	int value; /* errno, pid or status */
	struct rusage used;
};

/* ---- stage ---- */

enum { HIGH = 32, REPORT = HIGH + 8 };

struct stage {
	const struct lb_sandbox *s;
	int report, output;
	pid_t caller;
};

static void tell(int fd, enum what what, int value, const struct rusage *used)
{
	struct report r = { .what = what, .value = value };
	if (used)
		r.used = *used;
	/* nobody reads when the caller is gone, and then stage is about to be killed */
	if (write(fd, &r, sizeof(r)) < 0)
		_exit(1);
}

/* The descriptors that are needed at their places, all others closed: those of the caller's other threads must
 * not live on in here. */
static int arrange_fds(const struct stage *st)
{
	const struct lb_sandbox *s = st->s;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int from[] = { null, st->output, st->output, s->args, s->seccomp, s->status, s->userns >= 0 ? s->userns : null };
	const int far[] = { st->report, s->cwd, s->ns->fd };
	int high[LB_COUNT(from) + LB_COUNT(far)];
	for (size_t i = 0; i < LB_COUNT(from); i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, HIGH + 16);
	for (size_t i = 0; i < LB_COUNT(far); i++)
		high[LB_COUNT(from) + i] = fcntl(far[i], F_DUPFD_CLOEXEC, HIGH + 16);
	for (size_t i = 0; i < LB_COUNT(high); i++)
		if (high[i] < 0)
			return -1;
	for (size_t i = 0; i < LB_COUNT(from); i++)
		if (dup2(high[i], (int)i) < 0)
			return -1;
	for (size_t i = 0; i < LB_COUNT(far); i++)
		if (dup3(high[LB_COUNT(from) + i], REPORT + (int)i, O_CLOEXEC) < 0)
			return -1;
	if (syscall(SYS_close_range, LB_FD_USERNS + 1, REPORT - 1, 0) != 0)
		return -1;
	return (int)syscall(SYS_close_range, REPORT + LB_COUNT(far), ~0u, 0);
}

static int write_files(const struct lb_sandbox *s)
{
	if (!s->files_count)
		return 0;
	if (mount("tmpfs", s->files_dir, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0 || chdir(s->files_dir) != 0)
		return -1;
	for (size_t i = 0; i < s->files_count; i++) {
		const struct lb_sandbox_file *f = &s->files[i];
		const char name[] = { (char)('0' + i / 10), (char)('0' + i % 10), 0 };
		int fd = open(name + (i < 10), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		for (size_t done = 0; done < f->len;) {
			ssize_t n = write(fd, (const char *)f->data + done, f->len - done);
			if (n < 0)
				return -1;
			done += (size_t)n;
		}
		if ((f->uid || f->gid) && lb_ns_knows(s->ns, f->uid) && lb_ns_knows(s->ns, f->gid) && fchown(fd, f->uid, f->gid) != 0)
			return -1;
		if (fchmod(fd, f->mode) != 0)
			return -1;
		close(fd);
	}
	return 0;
}

/* Which step failed, or W_STARTED. */
static enum what set_up(const struct stage *st)
{
	const struct lb_sandbox *s = st->s;
	if (arrange_fds(st) != 0)
		return W_FDS;
	if (setns(REPORT + 2, CLONE_NEWUSER) != 0)
		return W_ENTER;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != st->caller)
		return W_ENTER;
	/* before the mounts are copied: a directory of the old ones would not do for overlayfs */
	if (fchdir(REPORT + 1) != 0)
		return W_OVERLAY;
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0)
		return W_UNSHARE;
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
		return W_MOUNTS;
	if (mount("overlay", s->merged, "overlay", 0, s->overlay) != 0)
		return W_OVERLAY;
	return write_files(s) != 0 || chdir("/") != 0 ? W_FILES : W_STARTED;
}

/* alive: a pipe whose other end only stage has. bubblewrap's parent is in another pid namespace, so that it has
 * no number to compare. */
static void become_bwrap(const struct lb_sandbox *s, const int alive[2])
{
	struct pollfd gone = { alive[0], 0, 0 };
	close(alive[1]);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || poll(&gone, 1, 0) != 0)
		_exit(1);
	/* bubblewrap looks its child up by the number that it has here, which the caller's /proc may not know (in a container
	 * there often is no process 2). Where this is refused it may be there all the same. */
	mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	if (s->userns >= 0 && s->ns->ids != LB_IDS_ONE) {
		if (syscall(SYS_setgroups, s->groups_count, s->groups) != 0 || syscall(SYS_setresgid, s->gid, s->gid, s->gid) != 0 ||
		    syscall(SYS_setresuid, s->uid, s->uid, s->uid) != 0) {
			tell(REPORT, W_USER, errno, NULL);
			_exit(1);
		}
		/* taken away by the change of user */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (poll(&gone, 1, 0) != 0)
			_exit(1);
	} else if (s->ns->ids != LB_IDS_ONE) {
		syscall(SYS_setgroups, 0, NULL);
	}
	char *const none[] = { NULL };
	execve(s->bwrap, s->argv, none);
	tell(REPORT, W_EXEC, errno, NULL);
	_exit(1);
}

static void default_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void stage_main(const struct stage *st)
{
	int alive[2], status = 0;
	struct rusage used = { 0 }, own;
	setpgid(0, 0); /* the terminal's Ctrl-C is the caller's to deal with */
	default_signals();
	umask(022);
	enum what failed = set_up(st);
	int e = errno;
	if (failed == W_STARTED && pipe2(alive, O_CLOEXEC) != 0) {
		failed = W_START;
		e = errno;
	}
	if (failed != W_STARTED) {
		tell(failed == W_FDS ? st->report : REPORT, failed, e, NULL);
		_exit(1);
	}
	pid_t pid = vfork();
	if (pid == 0)
		become_bwrap(st->s, alive);
	if (pid < 0) {
		tell(REPORT, W_START, errno, NULL);
		_exit(1);
	}
	tell(REPORT, W_STARTED, pid, NULL);
	while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
		;
	/* bubblewrap began with this process's memory, and the kernel counts that as its own */
	if (getrusage(RUSAGE_SELF, &own) == 0 && used.ru_maxrss <= own.ru_maxrss)
		used.ru_maxrss = 0;
	tell(REPORT, W_ENDED, status, &used);
	_exit(0);
}

/* ---- the caller ---- */

struct watch {
	const struct lb_sandbox *s;
	struct lb_sandbox_end *out;
	int report, output;
	pid_t bwrap;
	bool ended, killed;
	struct report failure; /* value 0: none */
};

static void keep_tail(struct watch *w, const char *data, size_t len)
{
	struct lb_buf *b = &w->out->output;
	size_t keep = w->s->output_bytes;
	w->out->output_bytes += len;
	lb_buf_add(b, data, len);
	if (b->len <= 2 * keep)
		return;
	memmove(b->data, b->data + b->len - keep, keep + 1);
	b->len = keep;
}

/* false: nothing more comes now. */
static bool read_output(struct watch *w)
{
	char piece[16384];
	ssize_t n = read(w->output, piece, sizeof(piece));
	if (n > 0)
		keep_tail(w, piece, (size_t)n);
	return n > 0;
}

static uint64_t time_ns(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_usec * 1000u;
}

static struct lb_exec_costs costs_of(const struct rusage *u)
{
	enum { SECTOR = 512 }; /* what the kernel counts in, whatever the disk has */
	return (struct lb_exec_costs){ .user_ns = time_ns(&u->ru_utime),
				       .system_ns = time_ns(&u->ru_stime),
				       .peak_rss_bytes = (uint64_t)u->ru_maxrss * 1024,
				       .read_bytes = (uint64_t)u->ru_inblock * SECTOR,
				       .written_bytes = (uint64_t)u->ru_oublock * SECTOR };
}

/* false: stage is gone. */
static bool read_report(struct watch *w)
{
	struct report r;
	ssize_t n = read(w->report, &r, sizeof(r));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n != sizeof(r))
		return false;
	if (r.what == W_STARTED) {
		w->bwrap = r.value;
	} else if (r.what == W_ENDED) {
		w->ended = true;
		w->bwrap = 0;
		w->out->status = r.value;
		w->out->used = costs_of(&r.used);
	} else if (!w->failure.value) {
		w->failure = r;
	}
	return true;
}

enum { TICK_MS = 50 };

static void watch(struct watch *w)
{
	struct pollfd fds[2] = { { w->report, POLLIN, 0 }, { w->output, POLLIN, 0 } };
	for (;;) {
		int n = poll(fds, 2, w->s->cancel ? TICK_MS : -1);
		if (w->s->cancel && atomic_load(w->s->cancel) && w->bwrap && !w->killed)
			w->killed = kill(w->bwrap, SIGKILL) == 0;
		if (n <= 0)
			continue;
		if (fds[1].revents && !read_output(w) && (fds[1].revents & POLLHUP))
			fds[1].fd = -1;
		if (fds[0].revents && !read_report(w))
			break;
	}
	while (read_output(w))
		;
	struct lb_buf *b = &w->out->output;
	if (b->len > w->s->output_bytes) {
		memmove(b->data, b->data + b->len - w->s->output_bytes, w->s->output_bytes + 1);
		b->len = w->s->output_bytes;
	}
}

static int start(const struct lb_sandbox *s, struct watch *w, pid_t *pid, struct lb_err *err)
{
	int report[2], output[2];
	if (pipe2(report, O_CLOEXEC) != 0)
		return lb_fail_errno(err, errno, "cannot make a pipe");
	if (pipe2(output, O_CLOEXEC) != 0) {
		int e = errno;
		close(report[0]);
		close(report[1]);
		return lb_fail_errno(err, e, "cannot make a pipe");
	}
	struct stage st = { s, report[1], output[1], getpid() };
	*pid = _Fork();
	if (*pid == 0)
		stage_main(&st);
	int e = errno;
	close(report[1]);
	close(output[1]);
	*w = (struct watch){ .s = s, .report = report[0], .output = output[0] };
	if (*pid > 0) {
		fcntl(w->output, F_SETFL, O_NONBLOCK);
		return 0;
	}
	close(report[0]);
	close(output[0]);
	return lb_fail_errno(err, e, "cannot start a process");
}

int lb_sandbox_run(const struct lb_sandbox *s, struct lb_sandbox_end *out, struct lb_err *err)
{
	struct watch w;
	pid_t pid = -1;
	*out = (struct lb_sandbox_end){ 0 };
	int rc = start(s, &w, &pid, err);
	if (rc)
		return rc;
	w.out = out;
	watch(&w);
	close(w.report);
	close(w.output);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (s->cancel && atomic_load(s->cancel) && (w.killed || !w.ended))
		return lb_fail(err, LB_INTERRUPTED, "interrupted");
	if (w.failure.value) {
		lb_fail_errno(err, w.failure.value, "%s", what_text[w.failure.what]);
		return lb_recode(err, LB_UNAVAILABLE);
	}
	return w.ended ? 0 : lb_fail(err, LB_UNAVAILABLE, "the sandbox was killed from outside");
}
