/* SPDX-License-Identifier: Apache-2.0
 *
 * A Dockerfile as text: directives, instructions, heredocs, stages, build checks. What a file *means*
 * for given arguments and bases is in stage.h; words (quotes, variables) are in words.h; .dockerignore
 * is in ignore.h.
 *
 * Source of the rules: BuildKit's Dockerfile reference and the observed behaviour of its parser.
 */
#ifndef LBENCH_DOCKERFILE_H
#define LBENCH_DOCKERFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"

enum lb_keyword {
	LB_KW_UNKNOWN, LB_KW_ADD, LB_KW_ARG, LB_KW_CMD, LB_KW_COPY, LB_KW_ENTRYPOINT, LB_KW_ENV, LB_KW_EXPOSE,
	LB_KW_FROM, LB_KW_HEALTHCHECK, LB_KW_LABEL, LB_KW_MAINTAINER, LB_KW_ONBUILD, LB_KW_RUN, LB_KW_SHELL,
	LB_KW_STOPSIGNAL, LB_KW_USER, LB_KW_VOLUME, LB_KW_WORKDIR,
	LB_KW_COUNT,
};
const char *lb_keyword_name(enum lb_keyword k); /* upper case; borrowed, static */

/* What an engine's front end understands, beyond what all do. A policy's version names its set; what
 * lies outside is refused as that engine refuses it (LB_UNSUPPORTED, at the instruction). */
enum lb_dialect {
	LB_DIALECT_HEREDOC = 1 << 0,       /* <<EOF in RUN, COPY, ADD */
	LB_DIALECT_MOUNT = 1 << 1,         /* RUN --mount */
	LB_DIALECT_RUN_FLAGS = 1 << 2,     /* RUN --network, --security, --device */
	LB_DIALECT_LINK = 1 << 3,          /* COPY/ADD --link */
	LB_DIALECT_CHMOD = 1 << 4,         /* COPY/ADD --chmod, octal */
	LB_DIALECT_CHMOD_SYMBOLIC = 1 << 5,/* --chmod=u+x and a variable in it */
	LB_DIALECT_PARENTS = 1 << 6,       /* COPY --parents */
	LB_DIALECT_EXCLUDE = 1 << 7,       /* COPY/ADD --exclude */
	LB_DIALECT_ADD_FLAGS = 1 << 8,     /* ADD --checksum, --keep-git-dir, --unpack */
	LB_DIALECT_MODIFIERS = 1 << 9,     /* ${v#p} ${v%p} ${v/p/r} */
	LB_DIALECT_OWN_IGNORE = 1 << 10,   /* NAME.dockerignore before .dockerignore */
	LB_DIALECT_PLATFORM_ARGS = 1 << 11,/* TARGETPLATFORM and the like */
	LB_DIALECT_START_INTERVAL = 1 << 12,/* HEALTHCHECK --start-interval */
	LB_DIALECT_ALL = (1 << 13) - 1,
	/* how a front end goes about it; in no set unless named */
	LB_DIALECT_LATE_RULES = 1 << 13,   /* an instruction's own rules are checked when the build reaches it, FROM's at once;
	                                      what stands before the first FROM is never reached */
	LB_DIALECT_LOOSE_NAMES = 1 << 14,  /* any word names a stage or a port, and a variable's name may be blank */
	LB_DIALECT_EARLIER_ONLY = 1 << 15, /* --from and a mount's from know the stages before; all else is an image's name */
	LB_DIALECT_SHARED_NAMES = 1 << 16, /* stages of one name are needed together */
	LB_DIALECT_EXACT_NAMES = 1 << 17,  /* --from=x is not the stage X */
};

struct lb_flag {
	char *text;  /* "--name=value", quotes and escapes of the source removed */
	char *name;  /* without "--" */
	char *value; /* "" when there was no "=" */
	bool has_value;
	uint32_t line, col; /* where it begins in the file */
};

struct lb_heredoc {
	char *name;      /* the word without quotes */
	unsigned fd;     /* the number before <<, else 0 */
	bool expand;     /* false if any part of the word was quoted */
	bool chomp;      /* <<- */
	char *content;   /* as written, leading tabs included, every line with its newline */
	size_t content_len;
};

struct lb_instruction {
	enum lb_keyword keyword;
	char *word;                /* the keyword as written */
	uint32_t first_line;       /* the keyword's line, from 1 */
	uint32_t last_line;        /* last continued line, or the line that ends the last heredoc */
	uint32_t col;              /* the keyword's column, from 1 */
	char *rest;                /* what follows the keyword and the flags, continuations joined, heredoc words in it */
	char *original;            /* keyword, flags and rest, continuations joined, no heredoc bodies: what tables show */
	struct lb_flag *flags;
	size_t flags_count;
	char **args;               /* as `parse --format sexp` lists them */
	size_t args_count;
	bool json;                 /* the arguments were a JSON array */
	struct lb_heredoc *heredocs;
	size_t heredocs_count;
	struct lb_instruction *trigger; /* ONBUILD: the nested one, else NULL */
	char **comments;           /* comment lines above, from an empty one on, without '#' and blanks around */
	size_t comments_count;
	int stage;                 /* index into stages; -1 before the first FROM and at syntax depth */
	const struct lb_source_part *source; /* where the joined text comes from; for lb_instruction_text_pos */
	size_t source_count;
	const char *source_text;
	const char *words;         /* the copy of rest that args point into, or NULL */
};

/* From offset on, the text of an instruction stands at line and col of the file. */
struct lb_source_part {
	uint32_t offset, line, col;
};

struct lb_directive {
	char *name;  /* lower case */
	char *value;
	uint32_t line;
};

/* A FROM. Words are as written: expansion needs the build's arguments and is stage.h's. */
struct lb_stage {
	size_t index;
	char *name;          /* lower case, NULL when it has none */
	char *name_written;
	char *from;          /* as written */
	char *platform;      /* as written, NULL when not given */
	uint32_t line;
	size_t first, end;   /* its instructions are [first, end), FROM included */
};

struct lb_warning {
	const char *rule;    /* the engine's name, or one of lbench's own */
	uint32_t line;
	char *message;
};

struct lb_dockerfile {
	struct lb_arena arena;     /* owns every string below */
	char *file;                /* the name that messages show */
	char escape;               /* '\\' or '`' */
	struct lb_directive *directives;
	size_t directives_count;
	struct lb_instruction *instructions;
	size_t instructions_count;
	struct lb_stage *stages;   /* full depth only */
	size_t stages_count;
	struct lb_warning *warnings;
	size_t warnings_count;
	bool syntax_only;          /* what it was parsed with */
	unsigned dialect;
};

struct lb_parse_options {
	bool syntax_only;      /* stop at syntax depth: no stages, no instruction's own rules */
	unsigned dialect;      /* 0 means LB_DIALECT_ALL */
};

/* Parses text (not NUL-terminated) as the file `name`. *out is the caller's (lb_dockerfile_free).
 * LB_INVALID with FILE:LINE:COL, LB_UNSUPPORTED for what the dialect does not have (same form).
 * Full depth checks what needs no argument value: every instruction's own rules and the names of stages;
 * what depends on values (bases, cycles, targets) is lb_build_plan's in stage.h. */
int lb_dockerfile_parse(const char *name, const char *text, size_t len, const struct lb_parse_options *options,
                        struct lb_dockerfile **out, struct lb_err *err);
/* Makes of a file that was parsed for LB_DIALECT_ALL what it is in a dialect with less. False, and nothing done: that
 * would fail, or has to be parsed again. */
bool lb_dockerfile_narrow(struct lb_dockerfile *df, unsigned dialect);
void lb_dockerfile_free(struct lb_dockerfile *df); /* NULL is fine */
void lb_dockerfile_cleanup(struct lb_dockerfile **df);
#define lb_autodockerfile __attribute__((cleanup(lb_dockerfile_cleanup)))

/* Position of an instruction, for messages. */
struct lb_pos lb_instruction_pos(const struct lb_dockerfile *df, const struct lb_instruction *in);
/* Position of a flag; of args[i], as near as it is known (in the JSON form where the array begins). */
struct lb_pos lb_flag_pos(const struct lb_dockerfile *df, const struct lb_flag *flag);
struct lb_pos lb_instruction_arg_pos(const struct lb_dockerfile *df, const struct lb_instruction *in, size_t i);
/* Position of a byte of in->original or in->rest. */
struct lb_pos lb_instruction_text_pos(const struct lb_dockerfile *df, const struct lb_instruction *in, const char *at);
/* The flag of that name, NULL when it is not given. */
const struct lb_flag *lb_instruction_flag(const struct lb_instruction *in, const char *name);
/* Parses one instruction given as text, as an image's ONBUILD trigger holds it. Owned by df's arena;
 * line numbers are those of `at`. */
int lb_dockerfile_parse_trigger(struct lb_dockerfile *df, const char *text, const struct lb_instruction *at,
                                struct lb_instruction **out, struct lb_err *err);

/* What `lbench parse` prints: the sexp, and the object of --format json. Without stages (syntax depth) the
 * key is left out. plan may be NULL; with it its warnings are listed too, and once it is resolved
 * (lb_build_plan_resolve) `ports` and `expanded`. */
struct lb_build_plan;
void lb_dockerfile_sexp(const struct lb_dockerfile *df, struct lb_buf *out);
void lb_dockerfile_json(const struct lb_dockerfile *df, const struct lb_build_plan *plan, struct lb_buf *out);

#endif
