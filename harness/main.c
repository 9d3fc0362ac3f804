/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "lbench/fs.h"
#include "options.h"
#include "version.h"

static const struct command commands[] = {
	{ "init", cmd_init, false, "DIR", "a scenario of a project with a Dockerfile: lbench.yaml" },
	{ "run", cmd_run, false, "SCENARIO…", "build, measure, write CSV, draw plots, print the answer" },
	{ "plan", cmd_plan, false, "SCENARIO…", "the builds that run would do" },
	{ "compare", cmd_compare, false, "RESULT…", "variants, policies or results side by side, with verdicts" },
	{ "check", cmd_check, false, "RESULT… | SCENARIO", "the CI gate: against a baseline, or a git revision" },
	{ "trend", cmd_trend, false, "DIR", "nightly results: what changed when, and by which commits" },
	{ "scan", cmd_scan, false, "DIR…", "every Dockerfile below, by what it wastes in a month" },
	{ "explain", cmd_explain, false, "RESULT", "why each step missed, and what did it" },
	{ "report", cmd_report, false, "RESULT…", "one HTML page: the answer, line by line and edit by edit" },
	{ "plot", cmd_plot, false, "RESULT", "the plots again, from the CSV alone" },
	{ "verify", cmd_verify, false, "CASES… | SCENARIO", "predicted against observed decisions of real engines" },
	{ "env", cmd_env, false, "", "what this machine can do" },
	{ "build", cmd_build, true, "DIR", "one image of a project, against a cache that is kept" },
	{ "push", cmd_push, true, "NAME oci:DIR", "an image of the store into an OCI layout" },
	{ "pull", cmd_pull, true, "oci:DIR NAME", "an image of an OCI layout into the store" },
	{ "image", cmd_image, true, "COMMAND …", "looks into the images of a store, layer by layer" },
	{ "store", cmd_store, true, "COMMAND …", "the store by itself: du, gc, fsck" },
	{ "parse", cmd_parse, true, "FILE", "a Dockerfile as it is understood" },
	{ "expand", cmd_expand, true, "WORD", "a word with its variables" },
	{ "ignore", cmd_ignore, true, "[PATH…]", "which paths a .dockerignore leaves out" },
};

/* The only global that changes: a signal handler can reach nothing else. */
_Atomic bool interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = true;
}

void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

int print_out(const struct lb_buf *text, struct lb_err *err)
{
	return text->len ? lb_fs_write_fd(STDOUT_FILENO, text->data, text->len, "standard output", err) : 0;
}

unsigned terminal_width(void)
{
	struct winsize w;
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
		return 0;
	return w.ws_col;
}

bool use_color(bool refused)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	return !refused && !(no_color && *no_color) && isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

int command_start(const struct usage *u, int argc, char **argv, struct lb_strv *operands, struct lb_err *err)
{
	bool help;
	int rc = options_parse(u, argc, argv, operands, &help, err);
	if (rc)
		return rc;
	if (help) {
		lb_autobuf struct lb_buf text = { 0 };
		options_help(u, &text);
		rc = print_out(&text, err);
		return rc ? rc : COMMAND_HELPED;
	}
	if (operands->count < u->least || (u->most && operands->count > u->most))
		return lb_fail(err, LB_USAGE, "lbench %s: %s", u->command, u->wanted);
	return 0;
}

static int exit_code(int rc)
{
	switch (rc) {
	case COMMAND_HELPED: return 0;
	case LB_USAGE: return 64;
	case LB_INVALID:
	case LB_UNSUPPORTED: return 65;
	case LB_UNAVAILABLE: return 69;
	case LB_BUG: return 70;
	case LB_CANTCREAT: return 73;
	case LB_NOT_FOUND:
	case LB_EXISTS:
	case LB_IO: return 74;
	case LB_FAILED: return 2;
	case LB_INTERRUPTED: return 130;
	default: return rc < 0 ? 70 : rc;
	}
}

static void list_commands(struct lb_buf *out, bool plumbing)
{
	for (size_t i = 0; i < LB_COUNT(commands); i++) {
		if (commands[i].plumbing != plumbing)
			continue;
		lb_autofree char *left = lb_format("%s %s", commands[i].name, commands[i].operands);
		lb_buf_adds(out, "  ");
		pad_to(out, left, 24);
		lb_buf_addf(out, " %s\n", commands[i].summary);
	}
}

static void help(struct lb_buf *out)
{
	lb_buf_adds(out, "usage: lbench COMMAND …\n\nWhat the layer cache of container image builds costs, and why.\n\n");
	list_commands(out, false);
	lb_buf_adds(out, "\nthe parts by themselves:\n");
	list_commands(out, true);
	lb_buf_adds(out, "\n'lbench COMMAND -h' lists a command's options. 'lbench --version' names this build.\n"
	                 "Exit: 0 done, 1 a broken expectation or a regression, 2 a build failed, 64 usage, 65 bad input,\n"
	                 "69 something is missing here, 70 a bug, 73 cannot create, 74 input or output failed, 130 interrupted.\n");
}

static int unknown_command(const char *name, struct lb_err *err)
{
	const char *names[LB_COUNT(commands)];
	for (size_t i = 0; i < LB_COUNT(commands); i++)
		names[i] = commands[i].name;
	const char *near = nearest_word(name, names, LB_COUNT(names));
	if (near)
		return lb_fail(err, LB_USAGE, "lbench: there is no command '%s'; did you mean '%s'?", name, near);
	return lb_fail(err, LB_USAGE, "lbench: there is no command '%s'; 'lbench -h' lists them", name);
}

static int dispatch(int argc, char **argv, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (argc < 2)
		return lb_fail(err, LB_USAGE, "lbench: which command? 'lbench -h' lists them");
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		help(&text);
		return print_out(&text, err);
	}
	if (strcmp(argv[1], "--version") == 0) {
		lb_buf_addf(&text, "lbench %s%s%s\n", LBENCH_VERSION, *LBENCH_COMMIT ? " " : "", LBENCH_COMMIT);
		return print_out(&text, err);
	}
	for (size_t i = 0; i < LB_COUNT(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argc - 1, argv + 1, err);
	return unknown_command(argv[1], err);
}

int main(int argc, char **argv)
{
	struct lb_err err = { 0 };
	signal(SIGPIPE, SIG_IGN);
	int rc = dispatch(argc, argv, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	return exit_code(rc);
}
