/* SPDX-License-Identifier: Apache-2.0
 *
 * What one directory on disk holds: names in order, with what stat says of each.
 */
#ifndef TREE_LIST_H
#define TREE_LIST_H

#include <sys/types.h>

#include "tree/dir.h"

enum { LB_LISTING_BYTES = 32768 };

struct lb_found {
	const char *name; /* the listing's */
	size_t len;
	struct lb_file_key key;
	struct lb_time mtime;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	nlink_t nlink;
	dev_t rdev;
	char *target; /* LB_SYMLINK */
	struct lb_xattr *xattrs;
	size_t xattrs_count;
};

struct lb_listing {
	struct lb_found *items;
	size_t count;
	uint64_t dev; /* of the directory */
	struct lb_buf names;
};

/* Fills l from the directory fd; scratch has LB_LISTING_BYTES. What vanishes meanwhile is left out. 0 or errno. */
int lb_listing_read(struct lb_listing *l, int fd, bool with_xattrs, char *scratch);
void lb_listing_release(struct lb_listing *l);
/* The directory fd itself; name is NULL. 0 or errno. */
int lb_found_root(struct lb_found *f, int fd, bool with_xattrs);
void lb_found_release(struct lb_found *f);

#endif
