/* SPDX-License-Identifier: Apache-2.0
 *
 * Real engines that carry builds out in place of the built-in one. Each lives in a temporary directory with a cache and,
 * for docker, a daemon of its own; the user's are never touched. An engine decides by itself: what it decided is read
 * out of what it prints.
 */
#ifndef HARNESS_SUBJECT_H
#define HARNESS_SUBJECT_H

#include <stdatomic.h>

#include "lbench/build.h"
#include "lbench/policy.h"

enum subject_kind { SUBJECT_DOCKER, SUBJECT_DOCKER_CLASSIC, SUBJECT_BUILDAH, SUBJECT_PODMAN };
bool subject_parse(const char *name, enum subject_kind *out);

/* What is known of an engine before it is started. */
struct subject_info {
	enum subject_kind kind;
	const char *name;               /* "docker" */
	char *version;                  /* "20.10.24+dfsg1" */
	char *title;                    /* "docker 20.10.24+dfsg1 (BuildKit)" */
	char *rules_name;               /* whose rules it is known to decide by: the policy's name, or one of its own
					   where this version was not observed */
	const struct lb_policy *policy; /* that one, else the nearest that is known */
	bool exact;                     /* this version was observed */
};
/* LB_UNAVAILABLE: it is not installed, or this takes root; says what helps. */
int subject_probe(enum subject_kind kind, struct subject_info *out, struct lb_err *err);
void subject_info_release(struct subject_info *i);

/* A step of a build, as the Dockerfile has it; the reader fills the outcome. */
struct subject_step {
	int stage, index, trigger; /* as in struct lb_step_row */
	char *stage_name;          /* NULL */
	char *text;
	enum lb_keyword keyword;
	enum lb_outcome outcome;
};

struct subject_base {
	const char *name; /* as FROM has it */
	const struct lb_base_image *image;
};

struct subject_build {
	struct lb_node *context;          /* before .dockerignore */
	const char *dockerfile;           /* the text */
	const char *place;                /* its path in the context; NULL: it lies outside */
	const char *ignore;               /* outside: its own .dockerignore; NULL */
	size_t before_from;               /* instructions before the first FROM, which are no steps */
	const struct subject_base *bases; /* that FROM may name */
	size_t bases_count;
	const struct lb_pairs *args;
	const char *target, *platform;
	bool no_cache;
	struct subject_step *steps;
	size_t steps_count;
};

/* What is not known is marked so. */
struct subject_result {
	bool ok;
	char message[1024];      /* what it said last, when it failed */
	uint64_t wall_ns;        /* of the process that people start */
	uint64_t cpu_ns;         /* of all that builds, the daemon too */
	uint64_t peak_rss_bytes; /* 0: unknown */
	bool image_known;
	uint64_t image_bytes; /* as the engine says: the uncompressed files of all layers */
	struct lb_digest image;
	uint32_t layers, layers_new; /* new: no image since the last reset had them */
};

struct subject;
/* Starts it. cancel as in lb_build. */
int subject_open(const struct subject_info *info, const _Atomic bool *cancel, struct subject **out, struct lb_err *err);
/* Nothing is in its cache but base images. */
int subject_reset(struct subject *s, struct lb_err *err);
/* A failing step is a result. LB_INTERRUPTED after cancel; LB_UNAVAILABLE, LB_IO and others when the engine fails. */
int subject_build(struct subject *s, const struct subject_build *b, struct subject_result *out, struct lb_err *err);
/* Ends it and removes all that it kept; NULL is fine. */
void subject_close(struct subject *s);

#endif
