/* SPDX-License-Identifier: Apache-2.0
 *
 * What a RUN does. A runner is handed a root file system as a tree and gives back the layer that the command
 * left, and what it cost. `model` replays declared or recorded effects; `exec` carries the command out.
 */
#ifndef LBENCH_RUN_H
#define LBENCH_RUN_H

#include "lbench/tree.h"

enum lb_run_mode { LB_RUN_MODEL, LB_RUN_DRY, LB_RUN_EXEC };
enum lb_model_source { LB_MODEL_UNKNOWN, LB_MODEL_DECLARED, LB_MODEL_RECORDED };
const char *lb_run_mode_name(enum lb_run_mode m);         /* model dry exec */
const char *lb_model_source_name(enum lb_model_source s); /* unknown declared recorded */

/* One effect of a modelled RUN. */
struct lb_model_write {
	char *path;             /* absolute, cleaned */
	bool remove;            /* the path is gone */
	char *text;             /* literal content; NULL: noise */
	uint64_t files, bytes;  /* so many files of together so many bytes below path; files 1 and no directory: the file itself */
	bool single;            /* path is the file */
	double compresses_to;   /* 0…1 */
	uint32_t mode;          /* of files; 0: 0644 */
};

/* A `run:` rule of a scenario. */
struct lb_model {
	char *match;            /* glob over the RUN's whole text: '*' any run, '?' one character */
	char **depends;         /* patterns of context files, or "world:NAME" */
	size_t depends_count;
	bool depends_given;
	bool has_seconds;
	uint64_t cold_ns;
	bool has_warm;
	uint64_t warm_mount_ns; /* with a cache mount that an earlier run filled */
	struct lb_model_write *writes;
	size_t writes_count;
	bool writes_given;      /* false: bytes unknown */
	bool reproducible;      /* its files keep one fixed time: the same inputs give the same layer */
	enum lb_model_source source;
};
void lb_model_release(struct lb_model *m);
/* The first of models that matches text; NULL. */
const struct lb_model *lb_model_find(const struct lb_model *models, size_t count, const char *text);
bool lb_text_match(const char *pattern, const char *text); /* '*' and '?', over the whole text */

/* The layer that m leaves on root: noise from `seed` (the scenario's seed and what the model depends on),
 * times `stamp`. Directories on the way that root has are in it as root has them. The layer is *out, the
 * caller's. It has the bytes; nothing is generated before somebody reads them. */
int lb_model_layer(const struct lb_model *m, const struct lb_node *root, const struct lb_digest *seed, struct lb_time stamp,
                   struct lb_node **out, struct lb_err *err);

#endif
