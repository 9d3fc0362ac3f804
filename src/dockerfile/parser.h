/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of the parser, for one another: lines.c reads and joins lines, directives.c knows the
 * directives, split.c takes an instruction apart, heredoc.c reads bodies, rules.c checks at full depth.
 */
#ifndef LBENCH_DOCKERFILE_PARSER_H
#define LBENCH_DOCKERFILE_PARSER_H

#include "lbench/dockerfile.h"

#define LB_LINE_BYTES_MAX 65535

/* A physical line, in the file's text. */
struct lb_line {
	const char *text;
	size_t len;  /* without the line end, be it LF, CR LF or more CRs */
	size_t full; /* with it */
	uint32_t number;
};

struct lb_parser {
	struct lb_dockerfile *df;
	unsigned dialect;
	const char *start; /* the line's beginning that is read next */
	const char *end;
	uint32_t number; /* of the line read last */
	bool directives_done;
	bool has_nul; /* NULs of the file are written as 0xc0 0x80 */
	struct lb_buf joined;
	struct lb_buf parts;  /* struct lb_source_part[] of the instruction that is read */
	const char *text_end; /* of the instruction that is split */
	bool empty_line;      /* one was skipped within the instruction */
	char **comments;      /* right above the next instruction */
	size_t comments_count, comments_cap;
	size_t instructions_cap, directives_cap, warnings_cap, stages_cap;
};

/* Makes room for one more item in an array that lives in the arena. */
void *lb_parser_grow(struct lb_arena *arena, void *items, size_t count, size_t *cap, size_t item_bytes);
int lb_parser_fail(const struct lb_parser *p, struct lb_err *err, uint32_t line, uint32_t col, const char *fmt, ...) LB_PRINTF(5, 6);
void lb_parser_warn(struct lb_parser *p, const char *rule, uint32_t line, const char *message);

/* lines.c. 1: a line, 0: the end, LB_INVALID: longer than the engine takes. */
int lb_parser_next_line(struct lb_parser *p, struct lb_line *line, struct lb_err *err);
/* Reads the rest of the instruction that begins with `line` into p->joined and p->parts. */
int lb_parser_join(struct lb_parser *p, const struct lb_line *line, struct lb_err *err);

/* directives.c. 1: the line is a directive, and listed; 0: it is none, and no later line is. */
int lb_parser_directive(struct lb_parser *p, const struct lb_line *line, struct lb_err *err);
/* The directives that the engine finds in other places: behind a #! line, as // syntax=, as JSON. */
void lb_parser_other_directives(struct lb_parser *p, const char *text, size_t len);

/* split.c. Takes in->original apart: keyword, flags, arguments; the nested instructions of ONBUILD. */
int lb_parser_split(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err);

/* heredoc.c. Reads the bodies that in opens. */
int lb_parser_heredocs(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err);

/* rules.c. The instruction's own rules. */
int lb_rules_check(const struct lb_dockerfile *df, unsigned dialect, const struct lb_instruction *in, struct lb_err *err);

/* stages.c. Puts the next instruction into its stage; before the first FROM only ARG may stand. */
int lb_parser_stage(struct lb_parser *p, size_t i, struct lb_err *err);

/* parse.c. The instructions of p's text, from the current line on. */
int lb_parser_run(struct lb_parser *p, struct lb_err *err);

#endif
