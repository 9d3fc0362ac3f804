/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lbench/fs.h"
#include "options.h"
#include "verify_on.h"

struct verify_command {
	struct run_options on; /* of a scenario under --on */
	struct lb_strv policies;
	unsigned jobs;
	const char *junit, *format;
};

/* Of cases, or of the variants of a scenario. */
struct verified {
	struct verify_report report;
	struct verify_builds builds;
	struct lb_strv titles;
};

static int write_junit(const char *path, const struct verify_report *r, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	verify_print_junit(r, &text);
	int rc = lb_fs_write(AT_FDCWD, path, text.data, text.len, err);
	return rc ? lb_recode(err, LB_CANTCREAT) : 0;
}

static void print_table(const struct verified *v, struct lb_buf *out)
{
	for (size_t i = 0; i < v->titles.count; i++)
		lb_buf_addf(out, "%s\n", v->titles.items[i]);
	if (v->titles.count)
		lb_buf_addc(out, '\n');
	size_t before = out->len;
	verify_print_lines(&v->report, out);
	if (out->len > before)
		lb_buf_addc(out, '\n');
	verify_print_table(&v->report, out);
	if (v->builds.count) {
		lb_buf_addc(out, '\n');
		verify_print_builds(&v->builds, terminal_width(), out);
	}
}

static int carry_out(struct verify_command *c, const struct lb_strv *paths, struct verified *v, struct lb_err *err)
{
	struct verify_options o = { paths, &c->policies, c->jobs, &interrupted };
	if (!c->on.on.count && (c->on.variants.count || c->on.edits.count || c->on.run_mode))
		return lb_fail(err, LB_USAGE, "lbench verify: --variant, --edit and --run are for a scenario under --on ENGINE");
	if (!c->on.on.count)
		return verify_run(&o, &v->report, err);
	if (paths->count != 1)
		return lb_fail(err, LB_USAGE, "lbench verify --on %s: one scenario is needed", c->on.on.items[0]);
	lb_strv_copy(&c->on.policies, &c->policies);
	return verify_on(&c->on, paths->items[0], c->on.quiet, &v->report, &v->builds, &v->titles, err);
}

static int verify(struct verify_command *c, const struct lb_strv *paths, struct lb_err *err)
{
	bool json = c->format && strcmp(c->format, "json") == 0;
	if (c->format && !json && strcmp(c->format, "table") != 0)
		return lb_fail(err, LB_USAGE, "lbench verify: --format %s: it is table or json", c->format);
	if (!paths->count)
		return lb_fail(err, LB_USAGE, "lbench verify: which cases? 'lbench verify -h' tells more");
	struct verified v = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	catch_signals();
	int rc = carry_out(c, paths, &v, err);
	if (!rc && json)
		verify_print_json(&v.report, v.titles.count ? verify_json_builds : NULL, &v.builds, &text);
	else if (!rc)
		print_table(&v, &text);
	if (!rc && c->junit)
		rc = write_junit(c->junit, &v.report, err);
	if (!rc)
		rc = print_out(&text, err);
	if (!rc && verify_report_differences(&v.report))
		rc = COMMAND_VERDICT;
	verify_report_release(&v.report);
	verify_builds_release(&v.builds);
	lb_strv_release(&v.titles);
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
		{ "on", 0, OPTION_LIST, &c.on.on, "ENGINE,…",
		  "build a scenario with docker, docker-classic, buildah or podman and compare with what is predicted" },
		{ "variant", 0, OPTION_LIST, &c.on.variants, "NAME,…", "with --on: only these variants" },
		{ "edit", 0, OPTION_LIST, &c.on.edits, "NAME,…", "with --on: only these edits" },
		{ "run", 0, OPTION_TEXT, &c.on.run_mode, "MODE", "with --on: how RUN is carried out for the prediction (default: auto)" },
		{ "quiet", 'q', OPTION_FLAG, &c.on.quiet, NULL, "with --on: no progress" },
		{ "junit", 0, OPTION_TEXT, &c.junit, "FILE", "write JUnit XML: a suite an engine, a test a case" },
		{ "format", 0, OPTION_TEXT, &c.format, "FORMAT", "table or json" },
	};
	struct usage u = { "verify", "CASES… | SCENARIO --on ENGINE",
			   "Plays cases with the built-in engine and compares with what real engines were seen to decide.\n\n"
			   "CASES are case files (ID.yaml with ID.observed.json beside it) or directories of them. Prints a line for each\n"
			   "disagreement and a table of agreed/compared by engine and topic. With --on a scenario is predicted by the rules of\n"
			   "that engine's version and built by it here, one after the other; seconds and sizes stand side by side then.\n"
			   "Exit: 0 all agree, 1 something does not.",
			   table, LB_COUNT(table), .least = 0 };
	lb_autostrv struct lb_strv operands = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = verify(&c, &operands, err);
	lb_strv_release(&c.policies);
	run_options_release(&c.on);
	return rc;
}
