/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lbench/fs.h"
#include "options.h"
#include "verify/verify.h"

struct verify_command {
	struct lb_strv policies;
	unsigned jobs;
	const char *junit, *format;
};

static int write_junit(const char *path, const struct verify_report *r, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	verify_print_junit(r, &text);
	int rc = lb_fs_write(AT_FDCWD, path, text.data, text.len, err);
	return rc ? lb_recode(err, LB_CANTCREAT) : 0;
}

static int verify(const struct verify_command *c, const struct lb_strv *paths, struct lb_err *err)
{
	bool json = c->format && strcmp(c->format, "json") == 0;
	if (c->format && !json && strcmp(c->format, "table") != 0)
		return lb_fail(err, LB_USAGE, "lbench verify: --format %s: it is table or json", c->format);
	if (!paths->count)
		return lb_fail(err, LB_USAGE, "lbench verify: which cases? 'lbench verify -h' tells more");
	struct verify_options o = { paths, &c->policies, c->jobs, &interrupted };
	struct verify_report report;
	lb_autobuf struct lb_buf text = { 0 };
	catch_signals();
	int rc = verify_run(&o, &report, err);
	if (rc)
		return rc;
	if (json) {
		verify_print_json(&report, &text);
	} else {
		verify_print_lines(&report, &text);
		if (text.len)
			lb_buf_addc(&text, '\n');
		verify_print_table(&report, &text);
	}
	rc = c->junit ? write_junit(c->junit, &report, err) : 0;
	if (!rc)
		rc = print_out(&text, err);
	if (!rc && verify_report_differences(&report))
		rc = COMMAND_VERDICT;
	verify_report_release(&report);
	return rc;
}

int cmd_verify(int argc, char **argv, struct lb_err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct verify_command c = { .jobs = processors > 0 ? (unsigned)processors : 1 };
	const struct option table[] = {
		{ "policy", 0, OPTION_LIST, &c.policies, "NAME[@VERSION]",
		  "only these engines, versions or builders (default: all that a case has)" },
		{ "jobs", 'j', OPTION_NUMBER, &c.jobs, "N", "cases at a time (default: the machine's processors)" },
		{ "junit", 0, OPTION_TEXT, &c.junit, "FILE", "write JUnit XML: a suite an engine, a test a case" },
		{ "format", 0, OPTION_TEXT, &c.format, "FORMAT", "table or json" },
	};
	struct usage u = { "verify", "CASES…",
			   "Plays cases with the built-in engine and compares with what real engines were seen to decide.\n\n"
			   "CASES are case files (ID.yaml with ID.observed.json beside it) or directories of them. Prints a line for each\n"
			   "disagreement and a table of agreed/compared by engine and topic. Exit: 0 all agree, 1 something does not.",
			   table, LB_COUNT(table), .least = 0 };
	lb_autostrv struct lb_strv operands = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = verify(&c, &operands, err);
	lb_strv_release(&c.policies);
	return rc;
}
