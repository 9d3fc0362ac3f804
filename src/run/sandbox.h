/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts bubblewrap over an overlay mount and sees it through to its end.
 */
#ifndef RUN_SANDBOX_H
#define RUN_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lbench/buf.h"
#include "lbench/run.h"
#include "run/ns.h"

/* A file that the command sees and that never lies on a disk: /etc/hosts, a secret, a script. */
struct lb_sandbox_file {
	const void *data;
	size_t len;
	uint32_t uid, gid, mode;
};

/* Descriptors that bubblewrap finds open. */
enum { LB_FD_ARGS = 3, LB_FD_SECCOMP, LB_FD_STATUS, LB_FD_USERNS };

struct lb_sandbox {
	const struct lb_ns *ns;
	int cwd;               /* what overlay's options are relative to */
	const char *overlay;   /* mount options */
	const char *merged;    /* where it is mounted; absolute */
	const char *files_dir; /* a tmpfs is mounted there, with "0", "1", … in it; absolute */
	const struct lb_sandbox_file *files;
	size_t files_count;
	const char *bwrap;         /* the program */
	char *const *argv;         /* its arguments; LB_FD_… are open for it */
	int args, seccomp, status; /* descriptors at their beginning */
	int userns;                /* -1: bubblewrap runs as the namespace's root */
	uint32_t uid, gid;         /* with userns: who bubblewrap is then */
	const uint32_t *groups;
	size_t groups_count;
	size_t output_bytes;        /* of the tail that is kept */
	const _Atomic bool *cancel; /* NULL */
};

struct lb_sandbox_end {
	int status; /* bubblewrap's, as waitpid gives it */
	struct lb_exec_costs used;
	uint64_t output_bytes; /* written in all */
	struct lb_buf output;  /* the tail; the caller's, also on failure */
};
/* When it returns, every process of the sandbox is gone and nothing is mounted. LB_UNAVAILABLE: the machine
 * refuses something; LB_INTERRUPTED. */
int lb_sandbox_run(const struct lb_sandbox *s, struct lb_sandbox_end *out, struct lb_err *err);

#endif
