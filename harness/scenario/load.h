/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of scenario_load, one a section of the file. Each reads what the YAML says into the scenario and
 * checks what can be checked there; what needs the whole scenario is check.c's.
 */
#ifndef LBENCH_SCENARIO_LOAD_H
#define LBENCH_SCENARIO_LOAD_H

#include "scenario/fields.h"

int scn_load_context(struct scn_loader *l, const struct scn_yaml *value, void *s);
int scn_load_bases(struct scn_loader *l, const struct scn_yaml *value, void *s);
int scn_load_base(struct scn_loader *l, const char *name, const struct scn_yaml *value, struct scn_base *out);
int scn_load_variants(struct scn_loader *l, const struct scn_yaml *value, void *s);
/* A variant of the Dockerfile at path (relative to the file's directory), named for messages as it is joined. */
int scn_load_dockerfile(struct scn_loader *l, struct lb_pos pos, const char *path, struct scn_variant *v);
int scn_load_edits(struct scn_loader *l, const struct scn_yaml *value, void *s);
int scn_load_every_edit(struct scn_loader *l, const struct scn_yaml *value, void *s);
int scn_load_keep(struct scn_loader *l, const struct scn_yaml *value, void *s); /* after the edits */
int scn_load_change(struct scn_loader *l, const struct scn_yaml *value, struct scn_change *out);
int scn_load_models(struct scn_loader *l, const struct scn_yaml *value, void *s);

/* A project: variants by docker's options or the Dockerfile there is, edits by what the tree holds. */
int scn_load_project_variants(struct scn_loader *l);
int scn_load_project_edits(struct scn_loader *l);
/* Where the Dockerfile at path (as messages show it) lies in a project's context; NULL: outside of it. */
char *scn_load_place(struct scn_loader *l, const char *path);
/* docker's options over what lbench.yaml says of the variants. LB_USAGE, LB_INVALID. */
int scn_load_docker_options(struct scn_loader *l);

/* Reads a file that the scenario names into the arena; the text counts for the scenario's digest. what tells
 * what is expected there. LB_INVALID at pos, with the path. */
int scn_load_file(struct scn_loader *l, struct lb_pos pos, const char *path, const char *what, char **text, size_t *len);
/* The path as messages show it; in the arena. */
char *scn_load_path(struct scn_loader *l, const char *path);

/* What needs the whole: every state can be made, every Dockerfile parses, every base is known, every pattern of
 * expect and keep meets a step. Adds warnings. */
int scn_check(struct scn_loader *l);

#endif
