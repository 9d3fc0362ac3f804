/* SPDX-License-Identifier: Apache-2.0
 *
 * One variant before any edit, as its front end reads it: for those who ask which files its steps name.
 */
#ifndef HARNESS_WHATIF_FRONT_H
#define HARNESS_WHATIF_FRONT_H

#include "scenario/scenario.h"

/* A step that brings files of the build context: a COPY, an ADD, or a RUN with a bind mount of it. */
struct front_step {
	const struct lb_instruction *in;
	const char **patterns; /* what it names of the context, cleaned; "" is all of it. .dockerignore's rules of matching */
	size_t patterns_count;
	const char **excludes;
	size_t excludes_count;
	bool needed; /* its stage is */
};
struct front {
	struct lb_dockerfile *df;
	struct lb_build_plan *plan;
	struct lb_ignore *ignore;        /* NULL: none */
	struct lb_ignore *shared;        /* the .dockerignore of those engines that know no other; NULL: none, or the same */
	char *ignore_name, *ignore_text; /* NULL: none */
	struct lb_node *context, *sent;  /* whole, and after .dockerignore */
	struct front_step *steps;
	size_t steps_count;
	bool unclear; /* what a step names could not be read: steps is not all there is */
	/* the scenario's models, then those of the catalogue for RUNs that it says nothing about; strings borrowed */
	struct lb_model *models;
	size_t models_count;
	struct catalog *catalog; /* NULL */
	struct lb_arena arena;
};
/* LB_INVALID. The scenario outlives it. */
int front_read(const struct scenario *s, size_t variant, struct front **out, struct lb_err *err);
/* The paths, no patterns, that the needed steps of a Dockerfile's text want of its context. False: not known. */
bool front_wants(const char *text, const struct lb_pairs *args, const char *target, struct lb_strv *out);
void front_free(struct front *f); /* NULL is fine */
void front_cleanup(struct front **f);
#define front_auto __attribute__((cleanup(front_cleanup)))

/* Files of the context that the step at line brings, and those that a RUN's model depends on; false: not known. */
bool front_brings(const struct front *f, uint32_t line, uint64_t *files);
bool front_brings_path(const struct front *f, uint32_t line, const char *path);
bool front_needs(const struct front *f, const struct lb_model *m, uint64_t *files);
/* Files that are not there yet: the catalogue is read anew, as if they were. Before anybody holds its models. */
void front_add_files(struct front *f, const struct scenario *s, const struct lb_strv *paths);
/* Its own, of front_models.c. */
void front_read_models(struct front *f, const struct scenario *s);
void front_free_models(struct front *f);
/* Why the catalogue has no model of the RUN at line: "`./configure` is not in the catalogue"; NULL: it has. */
const char *front_unknown(const struct front *f, uint32_t line);
/* What the models say of a RUN; NULL. */
const struct lb_model *front_model(const struct front *f, const char *text);

#endif
