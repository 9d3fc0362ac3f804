/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engines have in common, and what each brings.
 */
#ifndef HARNESS_SUBJECT_ENGINE_H
#define HARNESS_SUBJECT_ENGINE_H

#include "subject/context.h"
#include "subject/process.h"
#include "subject/read.h"

struct loaded_base {
	char *name;
	struct lb_digest identity; /* of the image that it stands for */
	char *id;                  /* the engine's */
};

struct subject {
	const struct subject_info *info;
	const struct engine *engine;
	const _Atomic bool *cancel;
	char *dir; /* all that it keeps lies here */
	struct lb_strv env;
	struct lb_strv hide; /* where engines keep things whatever they are told */
	char *client, *daemon;
	pid_t daemon_pid;
	const char *storage_driver; /* of buildah and podman */
	struct context context;
	struct loaded_base *bases;
	size_t bases_count, bases_cap;
	struct lb_map *layers; /* diffIDs of images since the last reset */
};

#define SUBJECT_IMAGE "localhost/lbench:out"

struct engine {
	const char *programs[2]; /* the one that people call; what it cannot work without, or NULL */
	const char *package;     /* of Debian */
	int (*open)(struct subject *s, struct lb_err *err);
	void (*close)(struct subject *s); /* when its processes are gone; NULL */
	int (*reset)(struct subject *s, struct lb_err *err);
	int (*load)(struct subject *s, const char *archive, const char *name, struct lb_err *err);
	/* what stands between the program and the options that all take */
	void (*build_argv)(const struct subject *s, struct lb_strv *argv);
	void (*read)(const struct reading *r);
	/* of SUBJECT_IMAGE; diffIDs are appended to layers */
	int (*inspect)(struct subject *s, struct subject_result *out, struct lb_strv *layers, struct lb_err *err);
	bool alone; /* the process that is started does all the work, in name spaces of its own */
};
/* The options that all its processes have in common. */
struct process_options engine_process(const struct subject *s, const struct lb_strv *argv);
const struct engine *engine_of(enum subject_kind kind);
const char *subject_name(enum subject_kind kind);
extern const struct engine engine_docker, engine_docker_classic, engine_buildah, engine_podman;

/* Runs argv; LB_UNAVAILABLE with what it said last when it fails. */
int engine_call(struct subject *s, const struct lb_strv *argv, struct lb_buf *out, struct lb_err *err);
/* The last lines that are not empty, as one. */
void engine_last_lines(const char *text, size_t lines, char *out, size_t size);

#endif
