/* SPDX-License-Identifier: Apache-2.0
 *
 * A case: a build context, a Dockerfile, and states that edit both in turn. Read from YAML; what stands in it is
 * kept in the case's arena.
 */
#ifndef HARNESS_VERIFY_CASE_H
#define HARNESS_VERIFY_CASE_H

#include "lbench/stage.h"

enum verify_file_kind { VERIFY_TEXT, VERIFY_NOISE, VERIFY_SYMLINK, VERIFY_HARDLINK, VERIFY_DIR, VERIFY_TAR };

/* One file of a context. */
struct verify_file {
	char *path;
	enum verify_file_kind kind;
	char *text;           /* VERIFY_TEXT; of links the target */
	uint64_t bytes, seed; /* VERIFY_NOISE */
	uint32_t mode, uid, gid;
	bool mode_given, owner_given;
	struct lb_pairs xattrs;
	struct lb_pairs members; /* VERIFY_TAR */
	char *compress;          /* "", "gz", "bz2", "xz" */
	uint64_t tar_mtime;
	struct lb_pos pos;
};

enum verify_change_kind {
	VERIFY_WRITE,
	VERIFY_APPEND,
	VERIFY_DELETE,
	VERIFY_RENAME,
	VERIFY_CHMOD,
	VERIFY_CHOWN,
	VERIFY_TOUCH,
	VERIFY_MKDIR,
};

struct verify_change {
	enum verify_change_kind kind;
	struct verify_file file; /* path; for VERIFY_WRITE all of it; text of VERIFY_APPEND; mode, owner */
	char *to;                /* VERIFY_RENAME */
	bool mtime_given;
	uint64_t mtime;
};

struct verify_state {
	char *name;
	struct verify_change *changes;
	size_t changes_count;
	char *dockerfile;      /* NULL: as before */
	struct lb_pairs bases; /* image name -> base */
	struct lb_pairs args, labels, secrets;
	char *target; /* NULL */
	bool no_cache;
};

struct verify_case {
	struct lb_arena arena;
	char *path;
	char *id, *topic;
	struct verify_file *files;
	size_t files_count;
	char *dockerfile;
	struct verify_state *states;
	size_t states_count;
	char **exempt; /* `not`: engines, or engines of a version, that were not asked */
	size_t exempt_count;
	bool entries;
	uint64_t triggers;
};

/* LB_INVALID with FILE:LINE:COL. *out is the caller's. */
int verify_case_load(const char *path, struct verify_case **out, struct lb_err *err);
void verify_case_free(struct verify_case *c); /* NULL is fine */
/* Was the engine of `key` ("buildkit@0.25+fresh") not asked? */
bool verify_case_exempts(const struct verify_case *c, const char *key);

#endif
