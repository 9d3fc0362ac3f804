/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a file: immutable, counted, opened when needed. A content knows its size, and its sha256
 * once somebody asked (whatever made it: a git object id or a model's identity may spare the reading,
 * never replace the digest).
 */
#ifndef LBENCH_CONTENT_H
#define LBENCH_CONTENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/digest.h"
#include "lbench/err.h"

/* Receives consecutive pieces of a stream; 0 to go on. */
typedef int lb_sink_fn(void *arg, const void *data, size_t len, struct lb_err *err);

struct lb_content;
struct lb_content_ops {
	/* Streams exactly size_bytes into sink, or fails (LB_IO when the source has changed since). May be called
	 * from several threads. */
	int (*read)(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err);
	void (*free)(struct lb_content *c); /* frees c itself too */
	/* May be NULL: a descriptor of the bytes at offset 0, for copy_file_range and mmap; the caller closes it. */
	int (*open)(const struct lb_content *c, int *fd, struct lb_err *err);
};

/* Providers embed this first. */
struct lb_content {
	const struct lb_content_ops *ops;
	uint64_t size_bytes;
	atomic_uint refs;
	atomic_int digest_state; /* content.c's */
	struct lb_digest digest;
};

/* For providers: the caller's first reference. */
void lb_content_init(struct lb_content *c, const struct lb_content_ops *ops, uint64_t size_bytes);
/* For providers: streams size_bytes of fd from offset; LB_IO naming `name` when there is less. */
int lb_content_read_fd(int fd, uint64_t offset, uint64_t size_bytes, const char *name, lb_sink_fn *sink, void *arg,
                       struct lb_err *err);

struct lb_content *lb_content_ref(struct lb_content *c); /* NULL is fine */
void lb_content_unref(struct lb_content *c);             /* NULL is fine */
void lb_content_cleanup(struct lb_content **c);
#define lb_autocontent __attribute__((cleanup(lb_content_cleanup)))
/* A descriptor of the bytes at offset 0, the caller's. LB_UNSUPPORTED when the provider has none. */
int lb_content_open(const struct lb_content *c, int *fd, struct lb_err *err);
int lb_content_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err);
int lb_content_load(const struct lb_content *c, struct lb_buf *out, struct lb_err *err); /* appends all */
/* sha256 of the bytes; of the empty string for NULL. Computed once. */
int lb_content_digest(struct lb_content *c, struct lb_digest *out, struct lb_err *err);
/* Is it known without reading? For memos and for those who hash on the way anyway. */
bool lb_content_digest_known(const struct lb_content *c, struct lb_digest *out);
void lb_content_set_digest(struct lb_content *c, const struct lb_digest *d);

struct lb_content *lb_content_bytes(const void *data, size_t len); /* a copy */
struct lb_content *lb_content_text(const char *text);
/* size_bytes from offset of a file below dirfd; path is copied. At reading, LB_IO when the file has become too
 * short or, with offset 0 (the whole file), of another size. Holds a copy of dirfd unless that is AT_FDCWD:
 * for many files below one directory take a root, which all of them share. */
struct lb_content *lb_content_file(int dirfd, const char *path, uint64_t offset, uint64_t size_bytes);
struct lb_content_root;
struct lb_content_root *lb_content_root_new(int dirfd); /* copies the descriptor; the caller's reference */
struct lb_content_root *lb_content_root_ref(struct lb_content_root *r);
void lb_content_root_unref(struct lb_content_root *r); /* NULL is fine */
struct lb_content *lb_content_file_in(struct lb_content_root *r, const char *path, uint64_t offset, uint64_t size_bytes);
/* size_bytes of deterministic noise from seed, the same on every machine, of which a general-purpose
 * compressor leaves about `compresses_to` (0…1). Made at memory speed when read; never held. */
struct lb_content *lb_content_noise(const struct lb_digest *seed, uint64_t size_bytes, double compresses_to);

#endif
