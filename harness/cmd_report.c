/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lbench/fs.h"
#include "options.h"
#include "report/report.h"

static int load_all(const struct lb_strv *dirs, struct report **list, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; i < dirs->count && !rc; i++)
		rc = report_load(dirs->items[i], &list[i], err);
	return rc;
}

/* "-" is standard output. */
static int write_page(const char *path, const struct lb_buf *page, struct lb_err *err)
{
	if (!strcmp(path, "-"))
		return print_out(page, err);
	int rc = lb_fs_write(AT_FDCWD, path, page->data, page->len, err);
	if (!rc)
		fprintf(stderr, "report: %s\n", path);
	return rc;
}

static int make_report(const struct lb_strv *dirs, const char *out, struct lb_err *err)
{
	lb_autofree struct report **list = lb_calloc(dirs->count, sizeof(*list));
	lb_autofree char *path = out ? lb_strdup(out) : lb_path_join(dirs->items[dirs->count - 1], "report.html");
	lb_autobuf struct lb_buf page = { 0 };
	int rc = load_all(dirs, list, err);
	if (!rc)
		rc = report_html((const struct report *const *)list, dirs->count, &page, err);
	if (!rc)
		rc = write_page(path, &page, err);
	for (size_t i = 0; i < dirs->count; i++)
		report_free(list[i]);
	return rc;
}

int cmd_report(int argc, char **argv, struct lb_err *err)
{
	lb_autostrv struct lb_strv operands = { 0 };
	const char *out = NULL;
	const struct option table[] = {
		{ "out", 'o', OPTION_TEXT, &out, "FILE", "where the page is put, - for standard output (default: RESULT/report.html)" },
	};
	struct usage u = { "report",
			   "RESULT…",
			   "Makes one HTML page of a result: which line wastes how much, why, and what would be better.\n"
			   "RESULT is a result's directory, e.g. results/python-app/latest. Several results of one\n"
			   "scenario, oldest first, are compared; the last one is shown whole.",
			   table,
			   LB_COUNT(table),
			   .least = 1,
			   .wanted = "one RESULT is needed, e.g. results/python-app/latest" };
	int rc = command_start(&u, argc, argv, &operands, err);
	return rc ? rc : make_report(&operands, out, err);
}
