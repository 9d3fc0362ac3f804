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
#include "report/html.h"
#include "report/picture.h"

#ifndef LBENCH_PLOTS_DIR
#define LBENCH_PLOTS_DIR "plots"
#endif
#ifndef LBENCH_INSTALLED_PLOTS
#define LBENCH_INSTALLED_PLOTS "/usr/local/share/lbench/plots"
#endif

struct job {
	const char *gnuplot, *scripts, *dir, *theme;
	char **environment;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the pictures in dir that are of these types: NAME of each NAME.vars, sorted. */
static int list_pictures(const char *dir, const struct lb_strv *types, struct lb_strv *out, struct lb_err *err)
{
	DIR *d = opendir(dir);
	if (!d)
		return lb_fail_errno(err, errno, "cannot read %s", dir);
	for (struct dirent *e; (e = readdir(d));) {
		size_t n = strlen(e->d_name);
		if (n <= 5 || strcmp(e->d_name + n - 5, ".vars") != 0)
			continue;
		e->d_name[n - 5] = '\0';
		if (picture_is(e->d_name, types))
			lb_strv_add(out, e->d_name);
	}
	closedir(d);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_name);
	return 0;
}

/* A picture to be drawn: its kind, which is the script's name, and its title. */
struct subject {
	char *name, *kind, *title;
};

static void subject_release(struct subject *s)
{
	free(s->name);
	free(s->kind);
	free(s->title);
}

/* The text of `title = '…'`, with its doubled quotes made single. */
static char *read_title(const char *vars)
{
	lb_autobuf struct lb_buf title = { 0 };
	const char *p = strstr(vars, "\ntitle = '");
	for (p = p ? p + 10 : ""; *p && *p != '\n' && (*p != '\'' || p[1] == '\''); p++) {
		p += *p == '\'';
		lb_buf_addc(&title, *p);
	}
	return lb_buf_steal(&title);
}

static int read_subject(const char *dir, const char *name, struct subject *out, struct lb_err *err)
{
	lb_autofree char *vars = lb_format("%s/%s.vars", dir, name);
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, vars, &text, err);
	if (rc)
		return rc;
	const char *p = strstr(lb_buf_str(&text), "\nkind = '");
	size_t n = p ? strspn(p + 9, "abcdefghijklmnopqrstuvwxyz") : 0;
	if (!n || p[9 + n] != '\'')
		return lb_fail(err, LB_INVALID, "%s: no line kind = 'NAME' that names a script", vars);
	*out = (struct subject){ lb_strdup(name), lb_strndup(p + 9, n), read_title(lb_buf_str(&text)) };
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

/* Draws into `unfinished`, which does not stay when it fails. */
static int draw(const struct job *j, const struct subject *s, const char *format, const char *unfinished, struct lb_err *err)
{
	lb_autofree char *base = lb_format("%s/%s", j->dir, s->name), *script = lb_format("%s/%s.gp", j->scripts, s->kind);
	char *const argv[] = { (char *)j->gnuplot, "-d", "-c", script, base, (char *)unfinished, (char *)format, (char *)j->theme, NULL };
	lb_autobuf struct lb_buf said = { 0 };
	int status = 0, rc = run(j, argv, &said, &status, err);
	if (!rc && (!WIFEXITED(status) || WEXITSTATUS(status))) {
		first_line(&said);
		rc = lb_fail(err, LB_IO, "gnuplot could not draw %s.%s: %s", base, format, said.len ? said.data : "it says nothing");
	}
	if (rc)
		unlink(unfinished);
	return rc;
}

static int draw_file(const struct job *j, const struct subject *s, const char *format, struct lb_err *err)
{
	lb_autofree char *out = lb_format("%s/%s.%s", j->dir, s->name, format),
			 *unfinished = lb_format("%s/.%s.%s", j->dir, s->name, format);
	int rc = draw(j, s, format, unfinished, err);
	if (rc || !rename(unfinished, out))
		return rc;
	rc = lb_fail_errno(err, errno, "cannot write %s", out);
	unlink(unfinished);
	return rc;
}

/* A picture inside a page: as a data URL, so that the ids of one drawing cannot meet those of another. */
static int draw_figure(const struct job *j, const struct subject *s, struct lb_buf *page, struct lb_err *err)
{
	lb_autofree char *unfinished = lb_format("%s/.%s.page.svg", j->dir, s->name);
	lb_autobuf struct lb_buf svg = { 0 };
	int rc = draw(j, s, "svg", unfinished, err);
	if (rc)
		return rc;
	rc = lb_fs_read(AT_FDCWD, unfinished, &svg, err);
	unlink(unfinished);
	lb_buf_adds(page, "<figure><img alt=\"");
	html_text(page, s->title);
	lb_buf_adds(page, "\" src=\"data:image/svg+xml;base64,");
	html_base64(page, lb_buf_str(&svg), svg.len);
	lb_buf_adds(page, "\"></figure>\n");
	return rc;
}

static void page_head(struct lb_buf *page, bool dark)
{
	lb_buf_addf(page,
		    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
		    "<title>lbench: plots</title><style>body{margin:1rem;background:%s}figure{margin:0 0 2rem}img{max-width:100%%}"
		    "</style></head><body>\n",
		    dark ? "#1b1e23" : "#fff");
}

static const char *scripts_dir(const struct plot_options *o)
{
	const char *e = getenv("LBENCH_PLOTS_DIR");
	const char *built_in = lb_fs_is_dir(AT_FDCWD, LBENCH_PLOTS_DIR) ? LBENCH_PLOTS_DIR : LBENCH_INSTALLED_PLOTS;
	return o->scripts ? o->scripts : e && e[0] ? e : built_in;
}

/* One picture in every format. */
static int draw_all(const struct job *j, const struct plot_options *o, const char *name, struct lb_buf *page, struct lb_err *err)
{
	const struct {
		const char *name;
		bool wanted;
	} formats[] = { { "svg", o->svg }, { "png", o->png }, { "pdf", o->pdf } };
	__attribute__((cleanup(subject_release))) struct subject s = { 0 };
	int rc = read_subject(j->dir, name, &s, err);
	for (size_t i = 0; i < LB_COUNT(formats) && !rc; i++)
		rc = formats[i].wanted ? draw_file(j, &s, formats[i].name, err) : 0;
	return rc || !o->html ? rc : draw_figure(j, &s, page, err);
}

int report_plot(const char *plots_dir, const struct plot_options *o, struct lb_err *err)
{
	lb_autostrv struct lb_strv pictures = { 0 }, memory = { 0 };
	lb_autobuf struct lb_buf page = { 0 };
	struct job j = {
		.gnuplot = o->gnuplot ? o->gnuplot : "gnuplot",
		.scripts = scripts_dir(o),
		.dir = plots_dir,
		.theme = o->dark ? "dark" : "light",
	};
	if (!lb_fs_is_dir(AT_FDCWD, j.scripts))
		return lb_fail(err, LB_UNAVAILABLE, "the scripts for plots are not at %s (LBENCH_PLOTS_DIR names their directory)",
			       j.scripts);
	int rc = list_pictures(plots_dir, o->types, &pictures, err);
	j.environment = environment(j.scripts, &memory);
	page_head(&page, o->dark);
	for (size_t i = 0; i < pictures.count && !rc; i++)
		rc = draw_all(&j, o, pictures.items[i], &page, err);
	lb_buf_adds(&page, "</body></html>\n");
	if (rc || !o->html)
		return rc;
	lb_autofree char *path = lb_path_join(plots_dir, "plots.html");
	return lb_fs_write(AT_FDCWD, path, page.data, page.len, err);
}
