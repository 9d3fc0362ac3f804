/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/emit.h"

#include <stdlib.h>
#include <string.h>

#include "layer/header.h"
#include "lbench/mem.h"

struct emitter {
	const struct lb_tar_stream *out;
	struct lb_tar_counts counts;
	struct lb_map *first_names; /* link_group -> path of the file that the others link to */
	struct lb_buf name, header;
	uint64_t content_left;
	struct lb_err *err;
};

static const char zeros[2 * LB_TAR_BLOCK];

static int put(struct emitter *em, const void *data, size_t len)
{
	em->counts.bytes += len;
	return em->out->write && len ? em->out->write(em->out->arg, data, len, em->err) : 0;
}

static int on_content(void *arg, const void *data, size_t len, struct lb_err *err)
{
	struct emitter *em = arg;
	if (len > em->content_left)
		return lb_fail(err, LB_IO, "it grew while it was read");
	em->content_left -= len;
	return put(em, data, len);
}

static int put_content(struct emitter *em, const struct lb_content *content, const char *path)
{
	em->content_left = content->size_bytes;
	int rc = lb_content_read(content, on_content, em, em->err);
	if (rc)
		return rc == LB_INTERRUPTED ? rc : lb_wrap(em->err, "%s", path);
	if (em->content_left)
		return lb_fail(em->err, LB_IO, "%s: it shrank while it was read", path);
	return 0;
}

/* Nobody takes the bytes. */
static int count_entry(struct emitter *em, const struct lb_tar_entry *e)
{
	uint64_t header;
	int rc = lb_tar_header_bytes(e, &header, em->err);
	em->counts.bytes += header + e->size_bytes + lb_tar_padding(e->size_bytes);
	return rc;
}

static int put_entry(struct emitter *em, const struct lb_tar_entry *e, const struct lb_content *content)
{
	if (!em->out->write)
		return count_entry(em, e);
	lb_buf_clear(&em->header);
	int rc = lb_tar_header(e, &em->header, em->err);
	if (rc)
		return rc;
	if (em->out->begin)
		rc = em->out->begin(em->out->arg, e->path, e->path_len, em->header.len, e->size_bytes, em->err);
	if (!rc)
		rc = put(em, em->header.data, em->header.len);
	if (!rc && e->size_bytes)
		rc = put_content(em, content, e->path);
	return rc ? rc : put(em, zeros, lb_tar_padding(e->size_bytes));
}

/* A whiteout says nothing but its name: the rest of its header is zero, but for the mode that some engines give. */
static int put_whiteout(struct emitter *em, const char *dir, size_t dir_len, const char *name, uint32_t mode)
{
	lb_buf_clear(&em->name);
	lb_buf_add(&em->name, dir, dir_len);
	lb_buf_adds(&em->name, name);
	em->counts.whiteouts++;
	return put_entry(em, &(struct lb_tar_entry){ .type = LB_TAR_FILE, .path = em->name.data, .path_len = em->name.len, .mode = mode },
			 NULL);
}

/* The mark of an opaque directory has the directory's mode and owner (observed on docker and buildah). */
static int put_opaque(struct emitter *em, const char *dir, size_t dir_len, const struct lb_node *n)
{
	lb_buf_clear(&em->name);
	lb_buf_add(&em->name, dir, dir_len);
	lb_buf_adds(&em->name, LB_OPAQUE_NAME);
	em->counts.whiteouts++;
	const struct lb_tar_entry e = { .type = LB_TAR_FILE,
					.path = em->name.data,
					.path_len = em->name.len,
					.mode = n->attr.mode & 0777,
					.uid = n->attr.uid,
					.gid = n->attr.gid };
	return put_entry(em, &e, NULL);
}

static int put_dir(struct emitter *em, struct lb_tar_entry *e, const struct lb_node *n)
{
	lb_buf_clear(&em->name);
	lb_buf_add(&em->name, e->path, e->path_len);
	lb_buf_addc(&em->name, '/');
	e->type = LB_TAR_DIR;
	e->path = em->name.data;
	e->path_len = em->name.len;
	if (!n->attr.implied) {
		em->counts.files++;
		int rc = put_entry(em, e, NULL);
		if (rc)
			return rc;
	}
	if (!n->attr.opaque)
		return 0;
	lb_autofree char *dir = lb_strndup(em->name.data, em->name.len);
	return put_opaque(em, dir, strlen(dir), n);
}

static int put_file(struct emitter *em, struct lb_tar_entry *e, const struct lb_node *n)
{
	uint64_t group = n->attr.link_group;
	const char *first = group ? lb_map_getn(em->first_names, &group, sizeof(group)) : NULL;
	em->counts.files++;
	if (first) {
		e->type = LB_TAR_LINK;
		e->link = first;
		return put_entry(em, e, NULL);
	}
	if (group)
		lb_map_setn(em->first_names, &group, sizeof(group), lb_strndup(e->path, e->path_len));
	e->type = LB_TAR_FILE;
	e->size_bytes = lb_node_size(n);
	return put_entry(em, e, n->content);
}

static enum lb_tar_type special_type(enum lb_kind kind)
{
	switch (kind) {
	case LB_SYMLINK:
		return LB_TAR_SYMLINK;
	case LB_FIFO:
		return LB_TAR_FIFO;
	case LB_CHAR:
		return LB_TAR_CHAR;
	default:
		return LB_TAR_BLOCK_DEVICE;
	}
}

static int put_special(struct emitter *em, struct lb_tar_entry *e, const struct lb_node *n)
{
	if (n->attr.kind == LB_SOCKET)
		return lb_fail(em->err, LB_INVALID, "%s: it is a socket, which no layer can hold", e->path);
	e->type = special_type(n->attr.kind);
	em->counts.files++;
	return put_entry(em, e, NULL);
}

static int put_node(struct emitter *em, struct lb_tar_entry *e, const struct lb_node *n, const char *base)
{
	size_t dir_len = (size_t)(base - e->path);
	if (n->attr.kind == LB_WHITEOUT) {
		lb_autofree char *name = lb_format(LB_WHITEOUT_PREFIX "%s", base);
		return put_whiteout(em, e->path, dir_len, name, n->attr.mode);
	}
	if (strncmp(base, LB_WHITEOUT_PREFIX, strlen(LB_WHITEOUT_PREFIX)) == 0)
		return lb_fail(em->err, LB_INVALID, "%s: a name that begins with '" LB_WHITEOUT_PREFIX "' means a deleted file in a layer",
			       e->path);
	if (n->attr.kind == LB_DIR)
		return put_dir(em, e, n);
	return n->attr.kind == LB_FILE ? put_file(em, e, n) : put_special(em, e, n);
}

static int on_node(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct emitter *em = arg;
	if (len == 0)
		return n->attr.opaque ? put_opaque(em, "", 0, n) : 0;
	struct lb_tar_entry e = {
		.path = path,
		.path_len = len,
		.link = n->attr.kind == LB_SYMLINK ? n->attr.target : NULL,
		.mode = n->attr.mode,
		.uid = n->attr.uid,
		.gid = n->attr.gid,
		.rdev_major = n->attr.rdev_major,
		.rdev_minor = n->attr.rdev_minor,
		.mtime_sec = n->attr.mtime.sec,
		.xattrs = n->attr.xattrs,
		.xattrs_count = n->attr.xattrs_count,
	};
	const char *slash = memrchr(path, '/', len);
	return put_node(em, &e, n, slash ? slash + 1 : path);
}

int lb_tar_emit(struct lb_node *tree, const struct lb_tar_stream *out, struct lb_tar_counts *counts, struct lb_err *err)
{
	lb_automap struct lb_map *first_names = lb_map_new(free);
	struct emitter em = { .out = out, .first_names = first_names, .err = err };
	int rc = lb_tree_walk(tree, on_node, &em);
	if (!rc)
		rc = put(&em, zeros, sizeof(zeros));
	lb_buf_release(&em.name);
	lb_buf_release(&em.header);
	*counts = em.counts;
	return rc;
}
