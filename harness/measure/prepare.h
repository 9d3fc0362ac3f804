/* SPDX-License-Identifier: Apache-2.0
 *
 * What builds of a plan share and nobody changes: made in one thread before the first build.
 */
#ifndef HARNESS_PREPARE_H
#define HARNESS_PREPARE_H

#include "lbench/ignore.h"
#include "measure/measure.h"

/* One variant at one state, for one policy. */
struct input {
	struct lb_node *context;
	const struct lb_ignore *ignore;         /* NULL: none */
	const struct lb_dockerfile *dockerfile; /* NULL: refused */
	char *refused;                          /* why, when the policy's engine does not read it */
};

struct bases;
struct state_entry {
	struct scn_state *state;
	size_t parent;
	int edit;
	uint64_t seq;
	bool no_effect;
	char *fault;               /* the edit cannot be made: why */
	struct input *inputs;      /* [variant * policies + policy]; made on demand, zero before */
	struct bases *bases;
};

struct prepared {
	const struct measure_options *o;
	const struct scn_plan *plan;
	struct state_entry *states;
	size_t states_count, states_cap;
	struct lb_map *states_by_key; /* parent, edit and seq -> its place */
	size_t *state_of;          /* for each build */
	struct lb_map *dockerfiles, *ignores, *images; /* by content */
	struct pulled *pulled;                         /* images of OCI layouts, by platform */
	struct lb_results *results;
	struct lb_results *predicted; /* what real engines are held against, decided under dry; NULL: nothing yet */
	struct engine_run *engines;   /* by policy; engine.c's */
	struct record_pins pins;
	char **refused;            /* [variant * policies + policy]: the first build already is refused; NULL */
};

struct input *prepared_input(struct prepared *p, size_t state, size_t variant, size_t policy);
/* The options that do not depend on a cache. */
void prepared_options(struct prepared *p, size_t build, struct lb_build_options *out);

/* engine.c: what cannot be given to a real engine is LB_INVALID; nothing is started. */
int engines_check(struct prepared *p, struct lb_err *err);
void engines_release(struct prepared *p);

/* pins.c */
int pins_make(struct prepared *p, struct lb_err *err);
void pins_release(struct record_pins *pins);

/* bases.c: what FROM names stand for at a state. Images are made once for each scn_base. */
struct bases {
	struct prepared *p;
	const struct scn_state *state;
};
/* Of the scenario's bases, the one that this name means; NULL: none. */
const struct scn_base *bases_named(const struct bases *b, const char *name);
struct lb_base_image *bases_find(void *arg, const char *name, const char *platform);
int bases_make(struct prepared *p, const struct scn_state *state, struct lb_err *err);
/* What BuildKit says of images that are for another platform than their stage: "Dockerfile:1: InvalidBaseImagePlatform: …"
 * for each. find as lb_build_options has it. */
void bases_check_platforms(struct lb_build_plan *plan, struct lb_base_image *(*find)(void *arg, const char *name, const char *platform),
			   void *arg, struct lb_strv *out);
/* pulled.c: images of OCI layouts come into the store once for each platform that somebody asks for, from any thread. */
struct pulled *pulled_new(void);
void pulled_free(struct pulled *p); /* NULL is fine */
/* NULL: the reason is in err. */
struct lb_base_image *pulled_get(struct pulled *p, const struct scn_base *base, const char *platform, struct lb_store *store, struct lb_err *err);
/* The same for who cannot say why not; then that is to be taken. NULL, or the caller's. */
struct lb_base_image *pulled_find(struct pulled *p, const struct scn_base *base, const char *platform, struct lb_store *store);
char *pulled_take_fault(struct pulled *p);
/* base_busybox.c: LB_UNAVAILABLE where there is no static busybox. */
int base_busybox(struct lb_node **out, struct lb_err *err);
/* platform: of an image for several; NULL: linux/amd64. */
int bases_from_scenario(const struct scn_base *base, const char *platform, struct lb_store *store, struct lb_base_image **out,
			struct lb_err *err);

#endif
