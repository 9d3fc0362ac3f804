/* SPDX-License-Identifier: Apache-2.0
 *
 * Draws the tables of a directory by gnuplot, a process a picture. A picture is whole or absent: gnuplot writes under
 * another name.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "report/report.h"

#ifndef LBENCH_PLOTS_DIR
#define LBENCH_PLOTS_DIR "plots"
#endif

struct job {
	const char *gnuplot, *scripts, *dir, *format, *theme;
	char **environment;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the pictures in dir: NAME of each NAME.vars, sorted. */
static int list_pictures(const char *dir, struct lb_strv *out, struct lb_err *err)
{
	DIR *d = opendir(dir);
	if (!d)
		return lb_fail_errno(err, errno, "cannot read %s", dir);
	for (struct dirent *e; (e = readdir(d));) {
		size_t n = strlen(e->d_name);
		if (n > 5 && !strcmp(e->d_name + n - 5, ".vars"))
			lb_strv_addn(out, e->d_name, n - 5);
	}
	closedir(d);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_name);
	return 0;
}

/* The kind that NAME.vars names, which is the script's name; the caller's. */
static int read_kind(const char *vars, char **out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, vars, &text, err);
	if (rc)
		return rc;
	const char *p = strstr(lb_buf_str(&text), "\nkind = '");
	size_t n = p ? strspn(p + 9, "abcdefghijklmnopqrstuvwxyz") : 0;
	if (!n || p[9 + n] != '\'')
		return lb_fail(err, LB_INVALID, "%s: no line kind = 'NAME' that names a script", vars);
	*out = lb_strndup(p + 9, n);
	return 0;
}

/* The process's environment with ours in it, so that scripts are found and numbers have a point everywhere. */
static char **environment(const char *scripts, struct lb_strv *memory)
{
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "GNUPLOT_LIB=", 12) && strncmp(*e, "LC_", 3) && strncmp(*e, "LANG=", 5))
			lb_strv_add(memory, *e);
	lb_strv_take(memory, lb_format("GNUPLOT_LIB=%s", scripts));
	lb_strv_add(memory, "LC_ALL=C.UTF-8");
	return memory->items;
}

static int spawn(const struct job *j, char *const *argv, int error_fd, pid_t *pid, struct lb_err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, error_fd, 2);
	int e = posix_spawnp(pid, argv[0], &actions, NULL, argv, j->environment);
	posix_spawn_file_actions_destroy(&actions);
	if (e == ENOENT)
		return lb_fail(err, LB_UNAVAILABLE, "%s is not installed (Debian: apt-get install gnuplot-nox)", argv[0]);
	return e ? lb_fail_errno(err, e, "cannot run %s", argv[0]) : 0;
}

/* Runs gnuplot and waits for it; what it says on standard error goes to said. */
static int run(const struct job *j, char *const *argv, struct lb_buf *said, int *status, struct lb_err *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return lb_fail_errno(err, errno, "cannot make a pipe");
	lb_autofd int read_end = ends[0];
	pid_t pid;
	int rc = spawn(j, argv, ends[1], &pid, err);
	close(ends[1]);
	if (rc)
		return rc;
	rc = lb_fs_read_fd(read_end, said, err);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		continue;
	return rc;
}

/* The first line that is not empty. */
static void first_line(struct lb_buf *said)
{
	const char *s = lb_buf_str(said), *p = s + strspn(s, " \n\r\t");
	size_t n = strcspn(p, "\n");
	lb_autofree char *line = lb_strndup(p, n);
	lb_buf_clear(said);
	lb_buf_adds(said, line);
}

static int draw(const struct job *j, const char *name, const char *kind, struct lb_err *err)
{
	lb_autofree char *base = lb_format("%s/%s", j->dir, name), *out = lb_format("%s.%s", base, j->format);
	lb_autofree char *unfinished = lb_format("%s/.%s.%s", j->dir, name, j->format), *script = lb_format("%s/%s.gp", j->scripts, kind);
	char *const argv[] = { (char *)j->gnuplot, "-d", "-c", script, base, unfinished, (char *)j->format, (char *)j->theme, NULL };
	lb_autobuf struct lb_buf said = { 0 };
	int status = 0, rc = run(j, argv, &said, &status, err);
	if (!rc && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		first_line(&said);
		rc = lb_fail(err, LB_IO, "gnuplot could not draw %s: %s", out, said.len ? said.data : "it says nothing");
	}
	if (!rc && rename(unfinished, out))
		rc = lb_fail_errno(err, errno, "cannot write %s", out);
	if (rc)
		unlink(unfinished);
	return rc;
}

static const char *scripts_dir(const struct plot_options *o)
{
	const char *e = getenv("LBENCH_PLOTS_DIR");
	return o->scripts ? o->scripts : e && e[0] ? e : LBENCH_PLOTS_DIR;
}

int report_plot(const char *plots_dir, const struct plot_options *o, struct lb_err *err)
{
	lb_autostrv struct lb_strv pictures = { 0 }, memory = { 0 };
	struct job j = {
		.gnuplot = o->gnuplot ? o->gnuplot : "gnuplot",
		.scripts = scripts_dir(o),
		.dir = plots_dir,
		.theme = o->dark ? "dark" : "light",
	};
	const struct {
		const char *name;
		bool wanted;
	} formats[] = { { "svg", o->svg }, { "png", o->png }, { "pdf", o->pdf } };
	if (!lb_fs_is_dir(AT_FDCWD, j.scripts))
		return lb_fail(err, LB_UNAVAILABLE, "the scripts for plots are not at %s (LBENCH_PLOTS_DIR names their directory)",
			       j.scripts);
	int rc = list_pictures(plots_dir, &pictures, err);
	j.environment = environment(j.scripts, &memory);
	for (size_t i = 0; i < pictures.count && !rc; i++) {
		lb_autofree char *vars = lb_format("%s/%s.vars", plots_dir, pictures.items[i]), *kind = NULL;
		rc = read_kind(vars, &kind, err);
		for (size_t k = 0; k < LB_COUNT(formats) && !rc; k++) {
			j.format = formats[k].name;
			rc = formats[k].wanted ? draw(&j, pictures.items[i], kind, err) : 0;
		}
	}
	return rc;
}
