/* SPDX-License-Identifier: Apache-2.0
 *
 * One instruction against the state of its stage. Strings are in the arena of the plan, as those of the state.
 */
#ifndef LBENCH_STEP_H
#define LBENCH_STEP_H

#include "lbench/stage.h"

enum lb_op { LB_OP_FROM, LB_OP_RUN, LB_OP_COPY, LB_OP_ADD, LB_OP_WORKDIR, LB_OP_META };

enum lb_mount_type { LB_MOUNT_BIND, LB_MOUNT_CACHE, LB_MOUNT_TMPFS, LB_MOUNT_SECRET, LB_MOUNT_SSH };
struct lb_mount {
	enum lb_mount_type type;
	const char *target;    /* absolute; "" for a secret that only sets a variable */
	const char *source;    /* below `from`'s root, cleaned; "/" when not given */
	const char *from;      /* name as written; NULL: the build context (bind), nothing (others) */
	int from_stage;        /* index, or -1 */
	bool readonly;
	bool required;
	const char *id;        /* cache, secret, ssh; the default filled in */
	bool id_given, sharing_given;
	const char *sharing;   /* shared, private, locked */
	const char *env;       /* secret; NULL when not given */
	uint32_t uid, gid, mode;
	bool mode_given;
	uint64_t size_bytes;   /* tmpfs; 0: not given */
};

struct lb_copy_source {
	const char *path;             /* expanded, as written otherwise; NULL for a heredoc */
	const char *name;             /* heredoc: the file's name */
	const char *content;          /* heredoc: the body as it goes into the file */
	size_t content_len;
	bool remote;                  /* a URL or git reference */
};

/* An instruction, resolved. What is not of its op is zero. */
struct lb_step {
	const struct lb_instruction *in;
	enum lb_op op;
	enum lb_keyword keyword;       /* of an ONBUILD trigger: the trigger's */
	int trigger;                   /* number of the ONBUILD trigger (from 1), 0: none */
	const char *text;              /* expanded text in one line, as history shows it ("COPY app /app") */
	const char *created_by;        /* BuildKit's history entry */
	const char *cwd, *user;        /* at this instruction */
	/* RUN */
	char **argv; size_t argv_count;   /* shell before it when shell form */
	bool shell_form;
	const char *command;           /* the text after RUN (and flags), heredoc bodies included */
	struct lb_pairs env;           /* config.env and args, **in order of last setting** (BuildKit keys on it) */
	struct lb_pairs run_args;      /* declared args with a value, not hidden by ENV, sorted by name: classic's |n k=v */
	struct lb_mount *mounts; size_t mounts_count;
	const char *network, *security; /* "default", "sandbox" when not given */
	const char *script;            /* heredoc with #!: body to be written to a file and executed; else NULL */
	/* COPY, ADD */
	struct lb_copy_source *sources; size_t sources_count;
	const char *dest;              /* expanded, as written */
	const char *dest_abs;          /* joined with cwd, cleaned, trailing '/' kept */
	const char *from;              /* NULL: the context */
	int from_stage;                /* -1 when it is no stage */
	const char *chown, *chmod;     /* expanded; NULL when not given */
	const char *checksum;
	char **excludes; size_t excludes_count;
	bool link, parents, keep_git_dir, unpack_given, unpack;
	/* WORKDIR */
	const char *path;              /* absolute, cleaned */
};

/* Resolves `in` against s and moves s on. trigger: ONBUILD number or 0. A FROM is resolved by the state's
 * init and gives LB_OP_FROM. LB_INVALID / LB_UNSUPPORTED at the instruction. Warnings go to the plan. */
int lb_step_resolve(struct lb_stage_state *s, const struct lb_instruction *in, int trigger, struct lb_step *out,
                    struct lb_err *err);

/* Octal ("0755") or symbolic ("u=rwX,go+r") mode applied to `mode` (is_dir for X). LB_INVALID. */
int lb_chmod_apply(const char *spec, bool is_dir, uint32_t mode, uint32_t *out, struct lb_err *err);
bool lb_source_is_remote(const char *source); /* of a COPY or ADD: a URL or git reference */

#endif
