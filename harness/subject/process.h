/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs of engines: each in name spaces of its own for processes and mounts, so that nothing of it outlives it,
 * whatever it started or mounted, and lbench's own end is its end too.
 */
#ifndef HARNESS_SUBJECT_PROCESS_H
#define HARNESS_SUBJECT_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"

struct process_options {
	const struct lb_strv *argv, *env;
	bool apart;                 /* in name spaces of its own, which takes root */
	bool no_network;            /* apart: there is no network in them */
	const struct lb_strv *hide; /* apart: directories that are empty there, if they are at all; NULL */
	const _Atomic bool *cancel; /* NULL */
};

struct process_result {
	int status; /* exit code; 128 and the signal that ended it */
	uint64_t wall_ns;
	uint64_t cpu_ns, peak_rss_bytes; /* with all that it started and waited for */
};

/* Runs it to its end; what it prints on both outputs is appended to out. LB_INTERRUPTED when cancelled: it is gone then.
 * LB_UNAVAILABLE when it cannot be started. */
int process_run(const struct process_options *o, struct lb_buf *out, struct process_result *result, struct lb_err *err);

/* Starts one that stays, always apart; what it prints goes to the file log. */
int process_start(const struct process_options *o, const char *log, pid_t *pid, struct lb_err *err);
/* CPU time so far of one that stays, with all that it started; each process in whole ticks (10 ms). */
uint64_t process_tree_cpu(pid_t root);
bool process_ended(pid_t pid); /* by itself */
/* Ends it with all that it started; 0 is fine. */
void process_stop(pid_t *pid);

/* Where the program lies: in the bin beside the sbin that `near` (NULL: nothing) lies in, since a client and a daemon of one
 * package belong together, else in PATH. The caller's; NULL: nowhere. */
char *process_find(const char *program, const char *near);
/* Adds PATH, the system's directories first, HOME and TMPDIR in dir, and nothing of the user's: what he has configured would be
 * part of what is measured. */
void process_env(const char *dir, struct lb_strv *env);

#endif
