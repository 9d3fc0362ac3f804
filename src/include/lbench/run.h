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
/* The first of models that matches a RUN's text, with its flags or as "RUN " and its command; NULL. */
const struct lb_model *lb_model_find(const struct lb_model *models, size_t count, const char *text, const char *command);
bool lb_text_match(const char *pattern, const char *text); /* '*' and '?', over the whole text */

/* The layer that m leaves on root: noise from `seed` (the scenario's seed and what the model depends on),
 * times `stamp`. Directories on the way that root has are in it as root has them. The layer is *out, the
 * caller's. It has the bytes; nothing is generated before somebody reads them. */
int lb_model_layer(const struct lb_model *m, const struct lb_node *root, const struct lb_digest *seed, struct lb_time stamp,
                   struct lb_node **out, struct lb_err *err);

/* ---- exec: the command is carried out ----
 * In bubblewrap, over an overlay mount of the layers: as root, or as an ordinary user where the kernel lets one
 * make user namespaces (with newuidmap's sub-ids where there are some, else every file has one owner and a
 * chown in the RUN fails). No network unless asked for and allowed; no devices but the harmless ones; docker's
 * default capabilities; no new privileges; a system call filter. Nothing of it is left behind.
 */
struct lb_exec;
struct lb_exec_options {
	const char *dir;         /* made when missing; may be shared by processes. Unpacked layers stay in layers/, cache mounts
	                            in cache/; what a killed process left in tmp/ goes when the next one opens it */
	const char *bwrap;       /* NULL: looked for in PATH */
	bool allow_network;      /* a RUN may use the host's network when it asks to */
	bool remember;           /* the same command on the same root is carried out once; see lb_exec_run */
	struct lb_time stamps;   /* with remember: times from here on are stamps and tell nothing */
	size_t output_bytes;     /* kept of a RUN's output, its tail; 0: 64 KiB */
};
/* LB_UNAVAILABLE names what this machine lacks, and --run model. Threads may share it. */
int lb_exec_new(const struct lb_exec_options *options, struct lb_exec **out, struct lb_err *err);
/* The bytes of the layers that its RUNs left go with it. NULL is fine. */
void lb_exec_free(struct lb_exec *x);
/* How many layers lie unpacked below an executor's directory, and the bytes that they take on disk; none where there
 * is no such directory. */
int lb_exec_usage(const char *dir, uint64_t *layers, uint64_t *bytes, struct lb_err *err);
/* Removes unpacked layers, the first unpacked first, until keep_bytes are left; none while an executor is at work there.
 * Cache mounts stay. */
int lb_exec_clear(const char *dir, uint64_t keep_bytes, uint64_t *freed_bytes, struct lb_err *err);
/* "root", "sub-ids" or "single id": whose rights a RUN has. */
const char *lb_exec_kind(const struct lb_exec *x);

enum lb_exec_mount_type { LB_EXEC_BIND, LB_EXEC_CACHE, LB_EXEC_TMPFS, LB_EXEC_FILE, LB_EXEC_SSH };
struct lb_exec_mount {
	enum lb_exec_mount_type type; /* LB_EXEC_SSH is refused: LB_UNSUPPORTED */
	const char *target;      /* absolute */
	struct lb_node *tree;    /* bind: a directory or a file (borrowed) */
	bool writable;           /* bind: changes are seen by the command and then dropped. cache: not read-only */
	const char *id, *from;   /* cache: the directory's name; a new one starts as a copy of `from` (NULL: empty) */
	bool kept;               /* cache: it outlives the executor */
	const void *data;        /* file: its bytes, never written to a disk */
	size_t len;
	uint32_t uid, gid, mode; /* cache (when it is new), file */
	uint64_t size_bytes;     /* tmpfs; 0: no limit of its own */
};

struct lb_exec_result;
struct lb_exec_run {
	struct lb_node *const *layers;       /* lowest first */
	const struct lb_digest *layer_ids;   /* NULL, or for each layer what it is known by (zero: by its content) */
	size_t layers_count;
	struct lb_node *root;                /* all of them applied */
	char *const *argv;
	size_t argv_count;
	const char *const *env;              /* "NAME=value"; HOME is added when it is not there */
	size_t env_count;
	const char *cwd;                     /* absolute */
	const char *user;                    /* as USER says; "" or NULL: root */
	const struct lb_exec_mount *mounts;
	size_t mounts_count;
	bool network;                        /* the host's */
	bool lists_etc;                      /* the layer carries the entry of /etc (see struct lb_shape) */
	bool keep_times;
	struct lb_time stamp;                /* what is written from the start of the RUN on gets this time, unless keep_times */
	const _Atomic bool *cancel;          /* NULL */
	/* around the command alone, for those who measure; not called for what is remembered. NULL */
	void (*begin)(void *arg);
	void (*end)(void *arg, const struct lb_exec_result *used); /* exit code, output and costs are known */
	void *arg;
};
/* What the processes of a RUN used, as the kernel tells their parent: those that nobody waited for are not in it. */
struct lb_exec_costs {
	uint64_t user_ns, system_ns;
	uint64_t peak_rss_bytes; /* of the largest of them; 0: less than this process itself had, so that it cannot be told */
	uint64_t read_bytes, written_bytes; /* from and to disks; what the page cache answers is not read */
};
struct lb_exec_result {
	int exit_code;           /* 128 + n: killed by signal n; 127, 126: the command is not there, or cannot be started */
	struct lb_buf output;    /* the tail of both streams */
	uint64_t output_bytes;   /* written in all */
	struct lb_node *layer;   /* a reference; NULL: nothing changed, or it failed. Readable until lb_exec_free */
	struct lb_exec_costs used;
	bool remembered;         /* not carried out: an equal one was before, and its layer got this one's stamp */
};
/* A command that fails is a result. LB_FAILED: the RUN cannot be started as it is written (an unknown user);
 * LB_UNSUPPORTED; LB_UNAVAILABLE: the machine; LB_INTERRUPTED; out is released then.
 * What remember compares: the layers' names, contents and times (stamps apart), command, environment, directory,
 * user, what mounts hold. RUNs with cache mounts or the network are always carried out. */
int lb_exec_run(struct lb_exec *x, const struct lb_exec_run *run, struct lb_exec_result *out, struct lb_err *err);
void lb_exec_result_release(struct lb_exec_result *r);
/* layer is what `made`, a layer that a RUN left, is to an engine: the same files, listed otherwise. It lies where
 * made lies. */
void lb_exec_note(struct lb_exec *x, struct lb_node *layer, struct lb_node *made);
uint64_t lb_exec_serial(struct lb_exec *x); /* another number each time: names for cache mounts */

#endif
