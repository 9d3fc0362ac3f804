/* SPDX-License-Identifier: Apache-2.0
 *
 * What well-known commands of RUNs depend on, take and write: typical values, declared, never measured here. A
 * Dockerfile is read stage by stage; what a command reads of the project is traced from the directory it works in back
 * through the COPYs, and bind mounts, to files of the context.
 *
 * A chain of commands gives the union of its parts. One part that nobody knows makes the whole RUN unknown: why says
 * which. When in doubt a model depends on more, so that no RUN is called wasted that may have been needed.
 */
#ifndef HARNESS_CATALOG_H
#define HARNESS_CATALOG_H

#include "lbench/dockerfile.h"
#include "lbench/run.h"
#include "lbench/stage.h"

struct catalog_run {
	const struct lb_instruction *in; /* borrowed from the Dockerfile */
	bool known;
	struct lb_model model; /* known: as a `run` rule says it, `match` and `source` (declared) too */
	const char *what;      /* known: "npm ci", "apt-get update + apt-get install" */
	const char *typical;   /* known: what its figures are typical for: "37 packages of poetry.lock"; "" */
	const char *why;       /* not known: "`./configure` is not in the catalogue" */
};
struct catalog {
	struct catalog_run *runs; /* of the stages that the plan needs, in the order of the file */
	size_t count;
	const char *missing; /* the first source of a COPY that the context does not have, no pattern; NULL: none */
	uint32_t missing_line;
	struct lb_arena arena;
};

/* context: what the build sees of the project, .dockerignore applied; borrowed for the call. Warnings that reading
 * plan's instructions gives are not kept. LB_INVALID where an instruction of a needed stage cannot be resolved. */
int catalog_read(struct lb_build_plan *plan, struct lb_node *context, struct catalog **out, struct lb_err *err);
void catalog_free(struct catalog *c); /* NULL is fine */
void catalog_cleanup(struct catalog **c);
#define catalog_auto __attribute__((cleanup(catalog_cleanup)))

/* NULL: the RUN is of a stage that is not needed, or is none. */
const struct catalog_run *catalog_find(const struct catalog *c, const struct lb_instruction *in);

/* A rule of a scenario's `run:` list (known ones only), indented by two blanks, with what it is in a comment above. */
void catalog_yaml(const struct catalog_run *run, struct lb_buf *out);
/* A text as a YAML scalar: plain where that means the same, else in double quotes. */
void catalog_yaml_text(const char *text, struct lb_buf *out);

#endif
