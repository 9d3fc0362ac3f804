/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "options.h"

struct ignore_command {
	const char *patterns;
	bool zero;
};

/* What names a path of the context: no leading '/' or "./", nothing behind it; "" for the root. */
static void answer(const struct lb_ignore *ignore, const char *path, size_t len, char end, struct lb_buf *out)
{
	lb_autofree char *given = lb_strndup(path, len);
	lb_autofree char *rooted = lb_format("/%s", given);
	lb_autofree char *clean = lb_path_clean(rooted);
	bool ignored = clean[1] && lb_ignore_matches(ignore, clean + 1, strlen(clean + 1));
	lb_buf_adds(out, ignored ? "ignored " : "kept ");
	lb_buf_add(out, path, len);
	lb_buf_addc(out, end);
}

static int from_input(const struct lb_ignore *ignore, char end, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read_fd(STDIN_FILENO, &text, err);
	if (rc)
		return rc;
	const char *p = lb_buf_str(&text), *stop = p + text.len;
	while (p < stop) {
		const char *line_end = memchr(p, end, (size_t)(stop - p));
		size_t len = (size_t)((line_end ? line_end : stop) - p);
		answer(ignore, p, len, end, out);
		p += len + 1;
	}
	return 0;
}

static int ignore_paths(const struct ignore_command *c, const struct lb_strv *paths, struct lb_buf *out, struct lb_err *err)
{
	if (!c->patterns)
		return lb_fail(err, LB_USAGE, "lbench ignore: --patterns FILE is needed");
	lb_autobuf struct lb_buf text = { 0 };
	lb_autoignore struct lb_ignore *ignore = NULL;
	int rc = lb_fs_read(AT_FDCWD, c->patterns, &text, err);
	if (rc == LB_NOT_FOUND)
		return lb_recode(err, LB_INVALID);
	if (!rc)
		rc = lb_ignore_parse(c->patterns, lb_buf_str(&text), text.len, &ignore, err);
	if (rc)
		return rc;
	char end = c->zero ? '\0' : '\n';
	if (!paths->count)
		return from_input(ignore, end, out, err);
	for (size_t i = 0; i < paths->count; i++)
		answer(ignore, paths->items[i], strlen(paths->items[i]), end, out);
	return 0;
}

int cmd_ignore(int argc, char **argv, struct lb_err *err)
{
	struct ignore_command c = { 0 };
	const struct option table[] = {
		{ "patterns", 0, OPTION_TEXT, &c.patterns, "FILE", "read as a .dockerignore" },
		{ "null", '0', OPTION_FLAG, &c.zero, NULL, "paths end with NUL, in and out" },
	};
	struct usage u = { "ignore", "[--] [PATH…]", "Says of each PATH (or of each line of standard input) whether it is ignored.", table,
			   LB_COUNT(table), .least = 0 };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = ignore_paths(&c, &operands, &text, err);
	return rc ? rc : print_out(&text, err);
}
