/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything is a tree: a build context, a commit, a base image, a layer, a root file system. Nodes are
 * immutable and counted; trees share them, so that a change costs the nodes on its path. What is not
 * needed is not read: a file's bytes stay where they are until somebody opens them, and its sha256 is
 * computed when first asked for.
 *
 * Threads: reading a tree, taking and dropping references, and asking for digests is safe from several.
 */
#ifndef LBENCH_TREE_H
#define LBENCH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/content.h"
#include "lbench/digest.h"
#include "lbench/err.h"

enum lb_kind {
	LB_FILE = 'f',
	LB_DIR = 'd',
	LB_SYMLINK = 'l',
	LB_FIFO = 'p',
	LB_CHAR = 'c',
	LB_BLOCK = 'b',
	LB_SOCKET = 's',   /* only in what a directory holds; no layer can */
	LB_WHITEOUT = 'w', /* only in layers: the name is gone (OCI image-spec layer.md, "Whiteouts") */
};

struct lb_xattr {
	char *name;
	void *value;
	size_t value_len;
};

struct lb_time {
	int64_t sec;
	uint32_t nsec;
};
/* The one time that canonical contexts have (seconds since 1970). */
#define LB_CONTEXT_TIME 1600000000

struct lb_node;
struct lb_entry {
	char *name;            /* bytes, no '/', not NUL inside */
	size_t name_len;
	struct lb_node *node;
};

/* What a node is made of; lb_node_new copies what it points to. Fields that the kind has not are zero. */
struct lb_attr {
	enum lb_kind kind;
	uint32_t mode;             /* low 12 bits */
	uint32_t uid, gid;
	struct lb_time mtime;
	uint32_t rdev_major, rdev_minor;
	bool opaque;               /* LB_DIR in a layer: nothing of the lower directory shows through */
	bool implied;              /* LB_DIR in a layer: only on the way to others (a tar without an entry for it); where the
	                              lower has a directory, its attributes stay */
	uint64_t link_group;       /* LB_FILE: names of one number are hard links of one file; 0: a single name */
	const char *target;        /* LB_SYMLINK; bytes */
	const struct lb_xattr *xattrs; /* sorted by name */
	size_t xattrs_count;
};

struct lb_node {
	struct lb_attr attr;       /* its pointers are the node's */
	struct lb_content *content; /* LB_FILE: its bytes; NULL: empty. Its size is content's */
	struct lb_entry *entries;  /* LB_DIR: sorted by name (memcmp, shorter first) */
	size_t entries_count;
	bool unknown;              /* LB_DIR: what it holds is not known (an opaque base, an unmodelled RUN's layer); entries
	                              that are listed are. Set only on a node that nobody else has yet */
	bool unknown_below;        /* LB_DIR: a directory at any depth below is unknown; made with the node */
	bool all_unknown_below;    /* LB_DIR: every directory below is unknown (or there is none); made with the node */
	bool marks_below;          /* LB_DIR: there are whiteouts, opaque or implied directories below; made with the node */
	_Atomic uint32_t refs;
	void *_Atomic memo;        /* digests by flavour; tree/digest.c's */
	struct lb_slab *slab;      /* what it was allocated in; NULL: by itself; tree/node.c's */
};

uint64_t lb_node_size(const struct lb_node *n); /* bytes of a file, 0 else */
static inline bool lb_node_is_dir(const struct lb_node *n)
{
	return n && n->attr.kind == LB_DIR;
}
/* Is anything at or below not known? */
static inline bool lb_node_holds_unknown(const struct lb_node *n)
{
	return n && (n->unknown || n->unknown_below);
}

/* A leaf. Takes over the reference to content (NULL: an empty file). The result is the caller's reference. */
struct lb_node *lb_node_new(const struct lb_attr *attr, struct lb_content *content);
/* A directory. Takes over entries (malloc'ed, names malloc'ed, references), sorts them; a name twice
 * asserts. entries may be NULL when count is 0. */
struct lb_node *lb_node_new_dir(const struct lb_attr *attr, struct lb_entry *entries, size_t count);
struct lb_node *lb_node_ref(struct lb_node *n);     /* returns n; NULL is fine */
void lb_node_unref(struct lb_node *n);              /* NULL is fine; frees without recursion by depth of links */
void lb_node_cleanup(struct lb_node **n);
#define lb_autonode __attribute__((cleanup(lb_node_cleanup)))
/* The same content, entries and links under other attributes. */
struct lb_node *lb_node_with_attr(const struct lb_node *n, const struct lb_attr *attr);
struct lb_node *lb_tree_empty(void);                /* an empty root directory, 0755, 0:0, time 0 */
struct lb_node *lb_tree_unknown(void);              /* the same, of which nothing is known */
/* with_time: mtimes too. */
bool lb_attr_equal(const struct lb_attr *a, const struct lb_attr *b, bool with_time);

/* ---- looking ----
 * Paths are relative to the tree's root; leading '/', "./" and "//" make no difference; "" and "." are
 * the root; ".." stays inside the root. */

struct lb_node *lb_dir_find(const struct lb_node *dir, const char *name, size_t len); /* borrowed, NULL */
/* Without following links. Borrowed; NULL when not there. */
struct lb_node *lb_tree_get(const struct lb_node *root, const char *path);
/* Following links in every component but, unless follow_last, the last; as inside a chroot. *resolved
 * (may be NULL; the caller's) is the real path. LB_NOT_FOUND; LB_INVALID for a loop of links (40);
 * LB_UNSUPPORTED when the way leads through an `unknown` directory that does not list the name. */
int lb_tree_resolve(const struct lb_node *root, const char *path, bool follow_last, struct lb_node **out, char **resolved,
                    struct lb_err *err);

/* Calls fn for every node below root in tar order: sorted, a directory before what it holds; the root
 * itself first with path "". A non-zero result ends the walk and is returned; LB_WALK_SKIP does not enter
 * the directory. path is borrowed for the call. */
enum { LB_WALK_SKIP = 1 };
typedef int lb_walk_fn(const char *path, size_t len, struct lb_node *node, void *arg);
int lb_tree_walk(struct lb_node *root, lb_walk_fn *fn, void *arg);
struct lb_tree_count {
	uint64_t files, dirs, others, bytes; /* files and their bytes; the root is not counted */
};
struct lb_tree_count lb_tree_count(const struct lb_node *root); /* remembered: costs nothing */

/* ---- changing: a new root, sharing all that did not change; the caller's reference ---- */

/* Puts node (its reference is taken, on success) at path. Missing parents are made with parent_attr (NULL: an error,
 * LB_NOT_FOUND); a parent that is no directory is LB_INVALID, or is replaced when `force`. Replaces what is
 * there. Does not follow links. */
int lb_tree_put(const struct lb_node *root, const char *path, struct lb_node *node, const struct lb_attr *parent_attr, bool force,
                struct lb_node **out, struct lb_err *err);
int lb_tree_remove(const struct lb_node *root, const char *path, struct lb_node **out, struct lb_err *err); /* LB_NOT_FOUND */

/* The nodes for which keep says true; directories that keep refuses are dropped whole unless something
 * below them is kept and `enter` was answered. The root stays and is not asked for; a directory is asked for
 * before what it holds, entries in order. prev_in/prev_out (both NULL or both given) are an earlier
 * call's input and result with the same keep: where the input node is the same, its result is shared. */
enum lb_keep { LB_DROP, LB_DROP_BUT_ENTER, LB_KEEP };
typedef enum lb_keep lb_keep_fn(const char *path, size_t len, const struct lb_node *node, void *arg);
struct lb_node *lb_tree_filter(struct lb_node *root, lb_keep_fn *keep, void *arg, const struct lb_node *prev_in,
                               const struct lb_node *prev_out);

/* ---- layers ---- */

/* lower with layer on it: whiteouts remove, opaque directories hide, all else replaces (OCI layer.md,
 * "Applying Changesets"); a directory over a directory takes the layer's attributes and keeps entries. */
struct lb_node *lb_tree_apply(const struct lb_node *lower, const struct lb_node *layer);
/* The layer that makes upper of lower: what was added or changed (metadata and times too), with the
 * directories on the way, whiteouts for what is gone. Shared nodes are equal without a look inside. NULL
 * when nothing differs. Directories on the way that did not change themselves are in it (tar needs them
 * not; `LB_DIFF_NO_PARENTS` is decided by layer when it writes). */
struct lb_node *lb_tree_diff(const struct lb_node *lower, const struct lb_node *upper);
/* Does anything at or below differ, times aside? */
bool lb_tree_equal_but_times(const struct lb_node *a, const struct lb_node *b);

/* ---- digests ----
 * A flavour is one engine's or purpose's way to sum up a node. Each is remembered in the node, and those of a
 * walked directory in its memo on disk: whoever changes what goes into one raises LB_FLAVOURS_VERSION. */
enum { LB_FLAVOURS_VERSION = 1 };
enum lb_flavour {
	LB_FLAVOUR_FULL,      /* everything, mtime and names below: identity of a tree (names the layer memo) */
	LB_FLAVOUR_NO_TIME,   /* everything but mtimes */
	LB_FLAVOUR_SHAPE,     /* everything but content bytes: kinds, names, modes, owners, times, sizes */
	LB_FLAVOUR_ROOT_OWNED,/* build's: does all of a directory belong to 0:0? */
	LB_FLAVOUR_POLICY_0,  /* from here on: the policies' own; policy/ names them */
	LB_FLAVOUR_COUNT = LB_FLAVOUR_POLICY_0 + 8,
};
/* LB_IO and others when content cannot be read (a file that shrank, an unreadable one). */
int lb_node_digest(struct lb_node *n, enum lb_flavour flavour, struct lb_digest *out, struct lb_err *err);
/* Computes the content digests below root that are not known yet, on up to `threads` threads; what asks for digests
 * then reads nothing. Of several failures the first in the order of the tree is told. */
int lb_tree_load_digests(struct lb_node *root, unsigned threads, struct lb_err *err);
/* A flavour of the caller's: compute is called for a node whose digest is not remembered; it may ask for
 * the same flavour of n's entries through lb_node_digest_by. */
typedef int lb_digest_fn(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err);
int lb_node_digest_by(struct lb_node *n, enum lb_flavour flavour, lb_digest_fn *compute, void *arg, struct lb_digest *out,
                      struct lb_err *err);

/* ---- as text ---- */

/* A text description, one node a line: `kind mode uid:gid size sec.nsec path[ -> target][ xattr=hex…][ sha256]`.
 * For tests, `image files` and comparisons. with_time and with_digest choose the columns. */
int lb_tree_describe(struct lb_node *root, bool with_time, bool with_digest, struct lb_buf *out, struct lb_err *err);
/* The reverse for tests: one node a line, `d 0755 0:0 @SEC path`, `f 0644 0:0 @SEC path = text`, `l … path -> target`,
 * `w path`, `d! …` opaque. Parents that are not listed are 0755 0:0 at time 0. */
int lb_tree_parse(const char *text, struct lb_node **out, struct lb_err *err);

#endif
