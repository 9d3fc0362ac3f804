/* SPDX-License-Identifier: Apache-2.0
 *
 * One image outside of any scenario, against a cache that the store keeps.
 */
#ifndef HARNESS_IMAGE_BUILD_H
#define HARNESS_IMAGE_BUILD_H

#include "image/store.h"
#include "lbench/build.h"
#include "report/grid.h"

struct img_build_options {
	const char *dir;
	const char *name;                     /* with its tag; NULL: the image gets none */
	const char *file, *target, *platform; /* NULL: the project's own, the last stage, linux/amd64 */
	const struct lb_pairs *args, *contexts, *bases;
	const struct lb_policy *policy;
	enum lb_run_mode mode; /* LB_RUN_DRY: decides against the cache and leaves nothing */
	enum lb_compression compression;
	const char *push;          /* "oci:DIR"; NULL: nowhere */
	bool no_cache, keep_times; /* keep_times: LB_RUN_EXEC, see lb_build_options */
	const _Atomic bool *cancel;
};

struct img_build_step {
	const char *stage, *text, *why; /* why: reason and evidence, "" */
	uint32_t line;
	int trigger;
	enum lb_outcome outcome;
	enum lb_reason reason;
	bool has_layer, bytes_known;
	uint64_t bytes;   /* of the layer's tar */
	bool unknown_run; /* nothing is known of what it wrote */
};
struct img_build {
	struct lb_arena arena;        /* texts of the steps */
	struct img_build_step *steps; /* in file order, without what was skipped */
	size_t steps_count, steps_cap;
	size_t stages;
	struct lb_build_result result;
	bool built; /* result says how it went */
	struct lb_strv warnings;
};
/* What happened is in out also where it fails. LB_FAILED: a step failed, or there is no image since nothing is known
 * of what a step or a base holds; the message says which. */
int img_build(const struct img_store *s, const struct img_build_options *o, struct img_build *out, struct lb_err *err);
void img_build_release(struct img_build *b);

/* A row a step, and the image. */
void img_build_print(const struct img_build *b, const struct img_build_options *o, const struct img_store *s, bool json, unsigned width,
		     bool color, struct lb_buf *out);

#endif
