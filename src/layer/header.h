/* SPDX-License-Identifier: Apache-2.0
 *
 * The tar header of one entry: ustar, with a PAX extended header before it where ustar cannot say it.
 * IEEE Std 1003.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".
 */
#ifndef LBENCH_LAYER_HEADER_H
#define LBENCH_LAYER_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/tree.h"

#define LB_TAR_BLOCK 512

enum lb_tar_type {
	LB_TAR_FILE = '0',
	LB_TAR_LINK = '1',
	LB_TAR_SYMLINK = '2',
	LB_TAR_CHAR = '3',
	LB_TAR_BLOCK_DEVICE = '4',
	LB_TAR_DIR = '5',
	LB_TAR_FIFO = '6',
};

/* Strings are bytes and borrowed. Directories' paths end with '/'. */
struct lb_tar_entry {
	enum lb_tar_type type;
	const char *path;
	size_t path_len;
	const char *link; /* LB_TAR_LINK, LB_TAR_SYMLINK; NULL else */
	uint32_t mode, uid, gid;
	uint32_t rdev_major, rdev_minor;
	int64_t mtime_sec;
	uint64_t size_bytes; /* LB_TAR_FILE */
	const struct lb_xattr *xattrs;
	size_t xattrs_count;
};

/* Appends the header blocks to out. The same entry gives the same bytes everywhere. LB_INVALID for an
 * extended attribute whose name has a '=', which no PAX record can carry. */
int lb_tar_header(const struct lb_tar_entry *e, struct lb_buf *out, struct lb_err *err);
/* How many bytes that would be. */
int lb_tar_header_bytes(const struct lb_tar_entry *e, uint64_t *bytes, struct lb_err *err);

static inline uint64_t lb_tar_padding(uint64_t size_bytes)
{
	return (LB_TAR_BLOCK - size_bytes % LB_TAR_BLOCK) % LB_TAR_BLOCK;
}

#endif
