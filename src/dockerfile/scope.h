/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of step_*.c share: an instruction being resolved against a stage's state.
 */
#ifndef LBENCH_DOCKERFILE_SCOPE_H
#define LBENCH_DOCKERFILE_SCOPE_H

#include "dockerfile/pairs.h"
#include "lbench/step.h"
#include "lbench/words.h"

/* Which names the lists of a state hold, and how long those may grow where they are. */
struct lb_stage_index {
	struct lb_name_set env, run_env, labels, args, volumes, exposed;
	size_t volumes_cap, exposed_cap, onbuild_cap;
	bool brief; /* nobody asks for history, environment and arguments of a RUN */
};

struct lb_scope {
	struct lb_stage_state *s;
	const struct lb_instruction *in;
	struct lb_step *out;
	struct lb_resolved *resolved; /* never NULL */
	struct lb_err *err;
};

/* Expands a word of the instruction into the plan's arena; names that are set nowhere become warnings. LB_INVALID at `at`. */
int lb_scope_expand(const struct lb_scope *c, const char *word, struct lb_pos at, const char **out);
/* The same for the body of a heredoc, where quotes are text and only a backslash escapes. */
int lb_scope_expand_body(const struct lb_scope *c, const char *word, const char **out);
/* The same, split into words. out is the caller's. */
int lb_scope_split(const struct lb_scope *c, const char *word, struct lb_pos at, struct lb_strv *out);
/* For a callee that expands by itself: lookups go to the state, names that are not set to *unset. */
struct lb_words lb_scope_words(const struct lb_scope *c, struct lb_strv *unset);
void lb_scope_report(const struct lb_scope *c, const struct lb_strv *unset);

struct lb_pos lb_scope_pos(const struct lb_scope *c);
struct lb_pos lb_scope_arg_pos(const struct lb_scope *c, size_t i);
int lb_scope_fail(const struct lb_scope *c, struct lb_pos at, const char *fmt, ...) LB_PRINTF(3, 4);
struct lb_arena *lb_scope_arena(const struct lb_scope *c);
const char *lb_scope_join(const struct lb_scope *c, const char *a, const char *b, const char *rest); /* in the arena */
const char *lb_scope_format(const struct lb_scope *c, const char *fmt, ...) LB_PRINTF(2, 3);         /* in the arena */
/* Makes `expanded` of resolved as long as the arguments; entries begin as these. */
char **lb_scope_begin_expanded(const struct lb_scope *c);

/* A heredoc's content as it is used: `<<-` drops the tabs at the beginning of its lines. In the arena. */
const char *lb_scope_heredoc_text(const struct lb_scope *c, const struct lb_heredoc *doc, size_t *len);

/* The command of a RUN, CMD or ENTRYPOINT: its elements, or SHELL and the text. In the arena. */
char **lb_scope_command(const struct lb_scope *c, const char *text, size_t *count);
const char *lb_stage_cwd(const struct lb_stage_state *s);

int lb_step_run(const struct lb_scope *c);
int lb_step_copy(const struct lb_scope *c);
int lb_step_env(const struct lb_scope *c);
int lb_step_label(const struct lb_scope *c);
int lb_step_arg(const struct lb_scope *c);
int lb_step_workdir(const struct lb_scope *c);
int lb_step_config(const struct lb_scope *c); /* all others */

/* lb_step_resolve, which also says what the arguments came to. */
int lb_step_resolve_into(struct lb_stage_state *s, const struct lb_instruction *in, int trigger, struct lb_step *out,
			 struct lb_resolved *resolved, struct lb_err *err);

#endif
