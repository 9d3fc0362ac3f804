/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the executor share.
 *
 *   DIR/lock            held while tmp/ is swept or gets a new directory
 *   DIR/layers/ID/      a layer unpacked, made whole and renamed
 *   DIR/stubs/          an empty root with the places where every sandbox mounts something: the lowest layer
 *   DIR/cache/ID/       kept cache mounts
 *   DIR/tmp/XXXXXX/     of one executor, which holds a lock on it
 *       m, f            where each RUN mounts its root and its files, in a mount namespace of its own
 *       N/{u,w,s}       RUN number N: upper (it stays: the layer's bytes), work, stubs
 *       cache/ID/       cache mounts that go with the executor
 */
#ifndef RUN_EXEC_H
#define RUN_EXEC_H

#include <pthread.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/run.h"
#include "run/ns.h"
#include "run/sandbox.h"
#include "run/user.h"

struct lb_exec_memo;

struct lb_exec {
	struct lb_exec_options options;
	struct lb_ns ns;
	char *dir; /* absolute */
	int dir_fd, layers_fd;
	char *own;  /* "tmp/XXXXXX" */
	int own_fd; /* locked */
	char *bwrap;
	struct lb_buf filter;  /* for seccomp */
	pthread_mutex_t lock;  /* of what follows, and while layers are unpacked */
	struct lb_map *places; /* layer node -> struct place */
	struct lb_map *users;  /* uid, gid -> descriptor of its namespace, boxed */
	struct lb_exec_memo *memo;
	uint64_t runs, serial;
};

#define LB_EXEC_STUBS "../stubs" /* relative to layers/ */

/* Where a layer lies, relative to layers/. */
struct place {
	struct lb_node *node; /* a reference, so that the key stays its own */
	char *path;
	struct lb_digest identity;
	bool identified;
};

/* exec_layers.c. The lock is taken inside. root is what all layers come to; *path is the caller's, also on
 * failure. */
int lb_exec_layer_place(struct lb_exec *x, struct lb_node *layer, const struct lb_digest *id, const struct lb_node *root, char **path,
			struct lb_err *err);
void lb_exec_layer_note(struct lb_exec *x, struct lb_node *layer, const char *path, const struct lb_digest *identity);
/* A tree for a bind mount, unpacked once for its content; *path is the caller's, absolute. */
int lb_exec_tree_place(struct lb_exec *x, struct lb_node *tree, char **path, struct lb_err *err);
/* What remember knows a layer by: its content and times, stamps apart; or the RUN that made it. */
int lb_exec_layer_identity(struct lb_exec *x, struct lb_node *layer, struct lb_digest *out, struct lb_err *err);
int lb_exec_remove(const struct lb_exec *x, int dirfd, const char *name, struct lb_err *err);
/* From a name in the executor's own directory; fine when `to` is there, made by somebody else. */
int lb_exec_rename(const struct lb_exec *x, const char *from, int to_dir, const char *to, struct lb_err *err);
void lb_exec_place_free(void *p);

/* exec_mounts.c: what is mounted into the sandbox. */
enum { LB_EXEC_FILES_MAX = 96 };
struct lb_exec_mounts {
	struct lb_buf args;   /* bubblewrap's, each with its NUL */
	struct lb_buf resolv; /* text of /etc/resolv.conf */
	struct lb_strv stubs; /* places that root has not, parents first: "root", "root/.cache" */
	struct lb_sandbox_file files[LB_EXEC_FILES_MAX];
	size_t files_count;
	bool stubs_made; /* s/ is a layer */
};
int lb_exec_mounts_make(struct lb_exec *x, const struct lb_exec_run *run, const char *own, struct lb_exec_mounts *out, struct lb_err *err);
void lb_exec_mounts_release(struct lb_exec_mounts *m);

/* Adds one argument, or all of them up to NULL. */
void lb_exec_arg(struct lb_buf *args, const char *text);
#define lb_exec_args(args, ...) lb_exec_args_of(args, (const char *const[]){ __VA_ARGS__, NULL })
void lb_exec_args_of(struct lb_buf *args, const char *const *texts);

/* exec_memo.c */
struct lb_exec_memo *lb_exec_memo_new(void);
void lb_exec_memo_free(struct lb_exec_memo *m);
/* false: it cannot be remembered. */
bool lb_exec_memo_key(struct lb_exec *x, const struct lb_exec_run *run, struct lb_digest *out);
bool lb_exec_memo_get(struct lb_exec *x, const struct lb_digest *key, const struct lb_exec_run *run, struct lb_exec_result *out);
void lb_exec_memo_put(struct lb_exec *x, const struct lb_digest *key, const struct lb_exec_run *run, const struct lb_exec_result *r);

#endif
