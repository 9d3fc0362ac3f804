/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lbench/check.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "lbench/stage.h"
#include "options.h"

struct parse_command {
	const char *format, *target, *file;
	bool syntax_only, check;
	struct option_pairs build_args;
	struct lb_buf text;
	struct lb_dockerfile *df;
	struct lb_build_plan *plan;
};

static int read_input(struct parse_command *c, struct lb_err *err)
{
	int rc = strcmp(c->file, "-") == 0 ? lb_fs_read_fd(STDIN_FILENO, &c->text, err) : lb_fs_read(AT_FDCWD, c->file, &c->text, err);
	return rc == LB_NOT_FOUND ? lb_recode(err, LB_INVALID) : rc;
}

/* NAME.dockerignore, else .dockerignore beside the file; *out stays NULL when there is none. */
static int read_ignore(const struct parse_command *c, struct lb_ignore **out, struct lb_err *err)
{
	lb_autofree char *dir = lb_path_dir(c->file);
	lb_autofree char *own = lb_format("%s.dockerignore", c->file);
	lb_autofree char *common = lb_path_join(dir, ".dockerignore");
	const char *path = lb_fs_exists(AT_FDCWD, own) ? own : common;
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, path, &text, err);
	if (rc)
		return rc == LB_NOT_FOUND ? 0 : rc;
	return lb_ignore_parse(path, lb_buf_str(&text), text.len, out, err);
}

static int run_checks(struct parse_command *c, struct lb_err *err)
{
	lb_autoignore struct lb_ignore *ignore = NULL;
	int rc = read_ignore(c, &ignore, err);
	if (rc)
		return rc;
	struct lb_check_options co = { .ignore = ignore, .has_ignore_file = ignore != NULL,
		.check_directive = lb_pairs_get(&c->build_args.pairs, "BUILDKIT_DOCKERFILE_CHECK") };
	bool fail = false;
	rc = lb_build_plan_check(c->plan, &co, &fail, err);
	for (size_t i = 0; !rc && fail && i < c->plan->warnings_count; i++) {
		const struct lb_warning *w = &c->plan->warnings[i];
		if (lb_check_is_engine_rule(w->rule))
			return lb_fail_at(err, (struct lb_pos){ c->df->file, w->line, 0 }, "%s: %s", w->rule, w->message);
	}
	return rc;
}

static int make_plan(struct parse_command *c, struct lb_err *err)
{
	struct lb_plan_options po = { .build_args = &c->build_args.pairs, .target = c->target };
	int rc = lb_build_plan_new(c->df, &po, &c->plan, err);
	if (!rc && c->check)
		rc = run_checks(c, err);
	return rc ? rc : lb_build_plan_resolve(c->plan, err);
}

/* The findings, a line each, as compilers print them. */
static void print_findings(const struct parse_command *c, struct lb_buf *out)
{
	for (size_t i = 0; i < c->plan->warnings_count; i++) {
		const struct lb_warning *w = &c->plan->warnings[i];
		lb_buf_addf(out, "%s:%u: %s: %s\n", c->df->file, w->line, w->rule, w->message);
	}
	if (!c->plan->warnings_count)
		lb_buf_addf(out, "%s: no findings\n", c->df->file);
}

static int parse(struct parse_command *c, struct lb_buf *out, struct lb_err *err)
{
	bool sexp = c->format && strcmp(c->format, "sexp") == 0;
	if (c->format && !sexp && strcmp(c->format, "json") != 0)
		return lb_fail(err, LB_USAGE, "--format is json or sexp; not '%s'", c->format);
	if (c->check && (sexp || c->syntax_only))
		return lb_fail(err, LB_USAGE, "--check looks at the whole meaning: it goes neither with --format sexp nor with --syntax-only");
	int rc = read_input(c, err);
	struct lb_parse_options po = { .syntax_only = sexp || c->syntax_only };
	if (!rc)
		rc = lb_dockerfile_parse(c->file, lb_buf_str(&c->text), c->text.len, &po, &c->df, err);
	if (!rc && !po.syntax_only)
		rc = make_plan(c, err);
	if (rc)
		return rc;
	if (sexp)
		lb_dockerfile_sexp(c->df, out);
	else if (c->check && !c->format)
		print_findings(c, out);
	else
		lb_dockerfile_json(c->df, c->plan, out);
	return 0;
}

int cmd_parse(int argc, char **argv, struct lb_err *err)
{
	struct parse_command c = { 0 };
	const struct option table[] = {
		{ "format", 0, OPTION_TEXT, &c.format, "NAME", "json (default; with --check a line a finding), sexp" },
		{ "syntax-only", 0, OPTION_FLAG, &c.syntax_only, NULL, "stop before the instructions' own rules" },
		{ "check", 0, OPTION_FLAG, &c.check, NULL, "the build checks too, BuildKit's and lbench's own" },
		{ "target", 0, OPTION_TEXT, &c.target, "STAGE", "the stage that would be built" },
		{ "build-arg", 0, OPTION_PAIR, &c.build_args, "NAME=VALUE", "a build argument; may repeat" },
	};
	struct usage u = { "parse", "FILE", "Prints a Dockerfile as the front end understands it. FILE may be - for standard input.",
			   table, LB_COUNT(table), .least = 1, .most = 1,
			   .wanted = "one FILE is needed, or - for standard input" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc) {
		c.file = operands.items[0];
		rc = parse(&c, &text, err);
	}
	lb_build_plan_free(c.plan);
	lb_dockerfile_free(c.df);
	lb_buf_release(&c.text);
	option_pairs_release(&c.build_args);
	return rc ? rc : print_out(&text, err);
}
