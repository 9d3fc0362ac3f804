/* SPDX-License-Identifier: Apache-2.0
 *
 * A first lbench.yaml for a project: its Dockerfiles, what changes in it and how often, and what the catalogue knows of
 * its RUNs. The same project at the same commit gives the same bytes.
 */
#ifndef HARNESS_INIT_H
#define HARNESS_INIT_H

#include "catalog/catalog.h"
#include "history/history.h"
#include "lbench/ignore.h"
#include "lbench/tree.h"

/* Kinds of files, as commits touch them. */
enum init_class { INIT_SOURCE, INIT_TESTS, INIT_DEPENDENCIES, INIT_LOCK, INIT_DOCS, INIT_CI, INIT_DOCKERFILE, INIT_OTHER, INIT_CLASSES };
const char *init_class_name(enum init_class c);
/* INIT_CLASSES: what lbench itself writes. path is relative to the project. */
enum init_class init_classify(const char *path);
/* Is this the name of a Dockerfile (of a template, no)? */
bool init_is_dockerfile(const char *base);

struct init_dockerfile {
	const char *path;   /* in the project */
	const char *name;   /* of the variant */
	const char *ignore; /* its own .dockerignore in the project; NULL: it has none */
	char *text;
	struct lb_dockerfile *df;
	struct lb_build_plan *plan;
	struct catalog *catalog;
};

/* A set of kinds that commits touch together. */
struct init_edit {
	unsigned kinds; /* 1 << enum init_class */
	size_t commits;
	double weight; /* 0: none */
};

struct init {
	struct lb_arena arena;
	const char *dir;
	struct lb_node *context;             /* the whole project */
	struct init_dockerfile *dockerfiles; /* those that can build */
	size_t dockerfiles_count;
	struct lb_strv left_out;          /* "docker/web.Dockerfile: line 7 copies web/dist, which is not here" */
	struct history *history;          /* NULL: none */
	bool counted;                     /* the weights are commits; else assumed */
	const char *chosen[INIT_CLASSES]; /* the file that stands for its kind: the one touched most. NULL: there is none */
	size_t chosen_commits[INIT_CLASSES];
	struct init_edit *edits;
	size_t edits_count;
	size_t rare_commits, rare_kinds; /* left out of edits */
	struct lb_buf text;              /* lbench.yaml */
	size_t runs, runs_known;
	struct lb_strv unknown; /* "Dockerfile:11 RUN ./x: `x` is not in the catalogue" */
};

/* LB_INVALID: dir is none, has no Dockerfile, or none that can build; with what would be right. */
int init_make(const char *dir, struct init **out, struct lb_err *err);
void init_free(struct init *in); /* NULL is fine */
void init_cleanup(struct init **in);
#define init_auto __attribute__((cleanup(init_cleanup)))

/* Parts of init_make, in this order. */
int init_find_dockerfiles(struct init *in, struct lb_err *err);
int init_count_edits(struct init *in, struct lb_err *err);
void init_write_text(struct init *in);
/* What of the project the Dockerfile's build sees; the caller's. */
int init_sent(const struct init *in, const char *own_ignore, struct lb_node **out, struct lb_err *err);

#endif
