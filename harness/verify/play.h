/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays a case with the built-in engine: its states in order, with one cache that starts empty, by the rules of one
 * engine, version and builder.
 */
#ifndef HARNESS_VERIFY_PLAY_H
#define HARNESS_VERIFY_PLAY_H

#include <pthread.h>

#include "lbench/build.h"
#include "verify/bases.h"
#include "verify/case.h"

/* What all cases share, on several threads. */
struct verify_world {
	struct lb_store *store;
	struct lb_results *results;
	struct verify_bases *bases;
	struct lb_exec *exec;
	pthread_mutex_t lock;
	struct lb_map *ignores; /* by name and text: they live as long as results, which know them by address */
	const _Atomic bool *cancel;
};

/* One state of a case, made once for all engines. */
struct verify_scene {
	struct lb_node *context;
	struct lb_buf dockerfile; /* as it lies in the context */
	struct lb_pairs bases;    /* in force: image name -> base; strings are the case's */
};
/* As many as the case has states. LB_INVALID when a change cannot be made. *out is the caller's. */
int verify_scenes_make(const struct verify_case *c, struct verify_scene **out, struct lb_err *err);
void verify_scenes_free(struct verify_scene *s, size_t count); /* NULL is fine */

/* What became of one instruction or trigger. */
struct verify_played_step {
	enum lb_keyword keyword;
	enum lb_outcome outcome;
	char *text, *why; /* why: reason and evidence, or an error's message; "" for none */
};
struct verify_played {
	bool refused; /* before anything ran; why says it */
	bool failed;
	char *why;
	struct verify_played_step *steps; /* by instruction of the file, ARGs before the first FROM included */
	size_t steps_count;
	struct verify_played_step *triggers;
	size_t triggers_count;
	size_t layers;
	struct lb_strv *entries; /* for each layer but the first; only when the case asks for them */
	size_t entries_count;
};

/* The policy and builder that a key names. LB_NOT_FOUND. */
int verify_key_parse(const char *key, const struct lb_policy **policy, enum lb_builder_kind *builder, struct lb_err *err);
/* One for each state; serial tells cases apart. *out is the caller's. */
int verify_play(struct verify_world *w, const struct verify_case *c, const struct verify_scene *scenes, uint64_t serial, const char *key,
		struct verify_played **out, struct lb_err *err);
void verify_played_free(struct verify_played *p, size_t count); /* NULL is fine */

/* entries.c: the entries of the image's layers but the first, as `kind mode uid:gid size path[ -> link]`. */
int verify_entries_read(struct lb_store *store, const struct lb_digest *manifest, struct lb_strv **out, size_t *count, struct lb_err *err);

#endif
