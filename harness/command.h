/* SPDX-License-Identifier: Apache-2.0
 *
 * A command of the program. Its function prints results to standard output and all else to standard error, and
 * returns 0, a negative code with err set, or LB_VERDICT (a regression, a broken expectation: exit 1; already
 * said).
 */
#ifndef HARNESS_COMMAND_H
#define HARNESS_COMMAND_H

#include <stdbool.h>

#include "lbench/buf.h"
#include "lbench/err.h"

enum { COMMAND_VERDICT = 1, COMMAND_BUILD_FAILED = 2, COMMAND_HELPED = 3 };

struct command {
	const char *name;
	int (*run)(int argc, char **argv, struct lb_err *err); /* 0, COMMAND_…, or a negative code */
	bool plumbing;        /* apart in the help */
	const char *operands;
	const char *summary;
};

int cmd_run(int argc, char **argv, struct lb_err *err);
int cmd_plan(int argc, char **argv, struct lb_err *err);
int cmd_compare(int argc, char **argv, struct lb_err *err);
int cmd_check(int argc, char **argv, struct lb_err *err);
int cmd_trend(int argc, char **argv, struct lb_err *err);
int cmd_scan(int argc, char **argv, struct lb_err *err);
int cmd_explain(int argc, char **argv, struct lb_err *err);
int cmd_report(int argc, char **argv, struct lb_err *err);
int cmd_plot(int argc, char **argv, struct lb_err *err);
int cmd_verify(int argc, char **argv, struct lb_err *err);
int cmd_init(int argc, char **argv, struct lb_err *err);
int cmd_env(int argc, char **argv, struct lb_err *err);
int cmd_parse(int argc, char **argv, struct lb_err *err);
int cmd_expand(int argc, char **argv, struct lb_err *err);
int cmd_ignore(int argc, char **argv, struct lb_err *err);
int cmd_build(int argc, char **argv, struct lb_err *err);
int cmd_push(int argc, char **argv, struct lb_err *err);
int cmd_pull(int argc, char **argv, struct lb_err *err);
int cmd_image(int argc, char **argv, struct lb_err *err);
int cmd_store(int argc, char **argv, struct lb_err *err);

struct usage;
struct lb_strv;
/* How a command begins: its options and operands are read and counted. COMMAND_HELPED: help was asked for and has been
 * printed, there is nothing else to do (exit 0). LB_USAGE. */
int command_start(const struct usage *u, int argc, char **argv, struct lb_strv *operands, struct lb_err *err);
/* Writes to standard output and checks that it arrived. LB_IO. */
int print_out(const struct lb_buf *text, struct lb_err *err);
/* Columns of the terminal that standard output is; 0 when it is none. */
unsigned terminal_width(void);
bool use_color(bool refused);
/* Set by SIGINT and SIGTERM. */
extern _Atomic bool interrupted;
void catch_signals(void);

#endif
