/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "progress/progress.h"
#include "scan/say.h"

enum { COMMITS = 1000, TABLE_ROWS = 20, JOBS_MAX = 64 };

struct scan_command {
	struct lb_strv policies;
	const char *per_day, *format, *top;
	unsigned jobs, commits;
	bool no_color, quiet;

	const struct lb_policy *policy[32];
	struct scan_options scan;
	struct scan_say_options say;
};

static int resolve_policies(struct scan_command *c, struct lb_err *err)
{
	if (!c->policies.count)
		lb_strv_add(&c->policies, "buildkit");
	for (size_t i = 0; i < c->policies.count; i++) {
		if (strcmp(c->policies.items[i], "all") == 0) {
			c->scan.policies_count = lb_policy_list(true, c->policy, LB_COUNT(c->policy));
			break;
		}
		if (c->scan.policies_count == LB_COUNT(c->policy))
			return lb_fail(err, LB_USAGE, "--policy: %zu at most", LB_COUNT(c->policy));
		if (lb_policy_find(c->policies.items[i], &c->policy[c->scan.policies_count++], err))
			return lb_recode(err, LB_USAGE);
	}
	c->scan.policies = c->policy;
	return 0;
}

static int resolve_numbers(struct scan_command *c, struct lb_err *err)
{
	char *end;
	if (c->per_day) {
		c->scan.commits_per_day = strtod(c->per_day, &end);
		if (*end || end == c->per_day || !isfinite(c->scan.commits_per_day) || c->scan.commits_per_day <= 0)
			return lb_fail(err, LB_USAGE, "--commits-per-day takes a number above 0, not '%s'", c->per_day);
	}
	c->say.top = c->say.format == SCAN_TABLE ? TABLE_ROWS : 0;
	if (c->top) {
		unsigned long n = strtoul(c->top, &end, 10);
		if (*c->top < '0' || *c->top > '9' || *end)
			return lb_fail(err, LB_USAGE, "--top takes a whole number, not '%s'", c->top);
		c->say.top = n;
	}
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	c->scan.jobs = c->jobs ? c->jobs : cores < 1 ? 1 : cores > 8 ? 8 : (unsigned)cores;
	c->scan.jobs = c->scan.jobs > JOBS_MAX ? JOBS_MAX : c->scan.jobs;
	c->scan.commits = c->commits ? c->commits : COMMITS;
	return 0;
}

static int resolve(struct scan_command *c, struct lb_err *err)
{
	static const char *const formats[] = { "table", "csv", "markdown", "json" };
	size_t f = 0;
	while (c->format && f < LB_COUNT(formats) && strcmp(formats[f], c->format) != 0)
		f++;
	if (f == LB_COUNT(formats))
		return lb_fail(err, LB_USAGE, "--format is one of table, csv, markdown, json; not '%s'", c->format);
	c->say.format = (enum scan_format)f;
	c->say.scan = &c->scan;
	c->say.color = f == SCAN_TABLE && use_color(c->no_color);
	c->say.width = f == SCAN_TABLE ? terminal_width() : 0;
	c->scan.cancel = &interrupted;
	int rc = resolve_policies(c, err);
	return rc ? rc : resolve_numbers(c, err);
}

static void on_progress(void *arg, size_t done, size_t all)
{
	progress_step(arg, "", done, all);
}

static int scan(struct scan_command *c, const struct lb_strv *dirs, struct lb_err *err)
{
	struct scan s;
	lb_autobuf struct lb_buf text = { 0 };
	struct progress p;
	catch_signals();
	progress_begin(&p, "Dockerfiles", c->quiet, false);
	c->scan.progress = on_progress;
	c->scan.progress_arg = &p;
	int rc = scan_run(dirs, &c->scan, &s, err);
	progress_end(&p);
	for (size_t i = 0; i < s.notes.count && !c->quiet && !rc; i++)
		fprintf(stderr, "%s\n", s.notes.items[i]);
	if (!rc) {
		scan_say(&s, &c->say, &text);
		rc = print_out(&text, err);
	}
	if (!rc && s.undecided == s.count)
		rc = lb_fail(err, LB_INVALID, "none of %zu Dockerfile%s could be decided", s.count, s.count == 1 ? "" : "s");
	scan_release(&s);
	return rc;
}

int cmd_scan(int argc, char **argv, struct lb_err *err)
{
	struct scan_command c = { 0 };
	const struct option table[] = {
		{ "policy", 0, OPTION_LIST, &c.policies, "NAME[@VERSION],…", "whose cache rules decide; 'all' (default: buildkit)" },
		{ "commits-per-day", 0, OPTION_TEXT, &c.per_day, "N", "to each repository (default: as its git history has them)" },
		{ "commits", 0, OPTION_NUMBER, &c.commits, "N", "of each history, the newest (default: 1000)" },
		{ "top", 0, OPTION_TEXT, &c.top, "N", "rows, 0 for all (default: 20 of a table, else all)" },
		{ "format", 0, OPTION_TEXT, &c.format, "NAME", "table, csv, markdown, json (default: table)" },
		{ "jobs", 'j', OPTION_NUMBER, &c.jobs, "N", "Dockerfiles side by side (default: the processors, 8 at most)" },
		{ "no-color", 0, OPTION_FLAG, &c.no_color, NULL, "no colour on a terminal" },
		{ "quiet", 'q', OPTION_FLAG, &c.quiet, NULL, "nothing on standard error but errors" },
	};
	struct usage u = {
		"scan",
		"DIR…",
		"Ranks every Dockerfile below DIR by what it re-runs for nothing in a month. How often commits touch which files\n"
		"is read from the git history (assumed, and marked, where there is none); what they re-run is decided by the\n"
		"cache rules; what a RUN needs, and its seconds, are lbench.yaml's or those of a built-in catalogue.",
		table,
		LB_COUNT(table),
		.least = 1,
		.wanted = "which directory? e.g. lbench scan ."
	};
	lb_autostrv struct lb_strv operands = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = resolve(&c, err);
	if (!rc)
		rc = scan(&c, &operands, err);
	lb_strv_release(&c.policies);
	return rc;
}
