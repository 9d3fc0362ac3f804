/* SPDX-License-Identifier: Apache-2.0
 *
 * What edits would cost: each is decided dry, by an engine's rules, from the cache that the build before it left.
 * Nothing is written.
 */
#ifndef HARNESS_WHATIF_H
#define HARNESS_WHATIF_H

#include "scenario/scenario.h"

struct whatif_step {
	const char *stage_name; /* NULL */
	int stage, index;
	uint32_t line;
	int trigger;
	const char *text; /* one line */
	enum lb_outcome outcome;
	enum lb_reason reason;
	enum { WHATIF_NEED_UNKNOWN, WHATIF_NEEDED, WHATIF_WASTED } need; /* of a miss */
	/* evidence; NULL or 0 where there is none */
	const char *path, *attribute, *argument, *was, *now;
	uint64_t changed;
	int root; /* index of the step that began it: itself, or the one that parent-missed leads to */
	bool is_run;
	enum lb_model_source source;
	bool seconds_known; /* of a miss: what carrying it out again takes */
	uint64_t ns;
	const char *message; /* of an error; NULL */
};
struct whatif_build {
	bool ok;
	const char *message; /* why not: it fails, is refused, or the edit changes nothing */
	bool no_effect;
	struct whatif_step *steps; /* in file order; skipped ones too */
	size_t count;
	uint64_t context_files, context_bytes; /* after .dockerignore */
	uint64_t changed_files, changed_bytes; /* the part of it that the edit made new; with `sizes` */
};
struct prepared;
struct whatif {
	struct whatif_build cold;
	struct whatif_build *edits; /* one for each */
	size_t edits_count;
	struct lb_arena arena;
	/* its own */
	struct scenario *scenario;
	struct prepared *prepared;
	struct scn_plan plan;
	struct measure_options *measure;
};

struct whatif_options {
	const struct scenario *scenario;
	size_t variant;
	const struct lb_policy *policy;
	enum lb_builder_kind builder;
	struct scn_edit *edits; /* instead of the scenario's */
	size_t edits_count;
	struct lb_model *models; /* instead of the scenario's */
	size_t models_count;
	bool sizes;
	const _Atomic bool *cancel;
};
/* LB_INVALID where the variant cannot be built even before any edit, or an edit cannot be made. Safe from several
 * threads, each with its own scenario. What the options point to outlives it. */
int whatif_decide(const struct whatif_options *o, struct whatif **out, struct lb_err *err);
void whatif_free(struct whatif *w); /* NULL is fine */
void whatif_cleanup(struct whatif **w);
#define whatif_auto __attribute__((cleanup(whatif_cleanup)))

/* Steps that an engine can reuse (misses, hits and those that nobody knows about), and those of them that ran again. */
size_t whatif_reusable(const struct whatif_build *b);
size_t whatif_misses(const struct whatif_build *b);

#endif
