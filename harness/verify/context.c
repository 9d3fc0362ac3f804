/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/context.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "verify/noise.h"
#include "verify/tarball.h"

static const struct lb_attr directory = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };

void verify_context_init(struct verify_context *c)
{
	*c = (struct verify_context){ lb_node_new_dir(&directory, NULL, 0), 0 };
}

void verify_context_release(struct verify_context *c)
{
	lb_node_unref(c->root);
	c->root = NULL;
}

/* The context's new root; takes over the reference. */
static void set_root(struct verify_context *c, struct lb_node *root)
{
	lb_node_unref(c->root);
	c->root = root;
}

/* Takes the reference to node, also on failure. */
static int put_node(struct verify_context *c, const char *path, struct lb_node *node, struct lb_pos pos, struct lb_err *err)
{
	struct lb_node *next;
	if (lb_tree_put(c->root, path, node, &directory, false, &next, NULL) < 0) {
		lb_node_unref(node);
		return lb_fail_at(err, pos, "'%s' cannot be made: something on its way is no directory", path);
	}
	set_root(c, next);
	return 0;
}

/* ---- names of one file ---- */

struct names {
	uint64_t group;
	struct lb_strv paths;
};

static int collect_name(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct names *names = arg;
	if (n->attr.kind == LB_FILE && n->attr.link_group == names->group)
		lb_strv_addn(&names->paths, path, len);
	return 0;
}

/* All names of the file at path: itself alone, or its hard links too. */
static struct lb_strv names_of(const struct verify_context *c, const char *path, const struct lb_node *n)
{
	struct names names = { n->attr.link_group, { 0 } };
	if (n->attr.kind == LB_FILE && n->attr.link_group)
		lb_tree_walk(c->root, collect_name, &names);
	else
		lb_strv_add(&names.paths, path);
	return names.paths;
}

/* Puts changed (its reference is taken) at every name of the file at path. */
static int update(struct verify_context *c, const char *path, struct lb_node *changed, struct lb_pos pos, struct lb_err *err)
{
	const struct lb_node *old = lb_tree_get(c->root, path);
	lb_autostrv struct lb_strv names = names_of(c, path, old);
	int rc = 0;
	for (size_t i = 0; !rc && i < names.count; i++)
		rc = put_node(c, names.items[i], lb_node_ref(changed), pos, err);
	lb_node_unref(changed);
	return rc;
}

/* A file that lost its other names is a single one again. */
static int settle_group(struct verify_context *c, uint64_t group, struct lb_pos pos, struct lb_err *err)
{
	struct names names = { group, { 0 } };
	if (!group)
		return 0;
	lb_tree_walk(c->root, collect_name, &names);
	int rc = 0;
	if (names.paths.count == 1) {
		const struct lb_node *n = lb_tree_get(c->root, names.paths.items[0]);
		struct lb_attr attr = n->attr;
		attr.link_group = 0;
		rc = put_node(c, names.paths.items[0], lb_node_with_attr(n, &attr), pos, err);
	}
	lb_strv_release(&names.paths);
	return rc;
}

static int settle_all(struct verify_context *c, struct lb_pos pos, struct lb_err *err)
{
	int rc = 0;
	for (uint64_t group = 1; !rc && group <= c->groups; group++)
		rc = settle_group(c, group, pos, err);
	return rc;
}

/* ---- files ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lb_xattr *)a)->name, ((const struct lb_xattr *)b)->name);
}

static void set_xattrs(const struct lb_pairs *pairs, struct lb_xattr *out)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const char *value = pairs->items[i].value ? pairs->items[i].value : "";
		out[i] = (struct lb_xattr){ (char *)pairs->items[i].name, (void *)(uintptr_t)value, strlen(value) };
	}
	qsort(out, pairs->count, sizeof(*out), by_name);
}

static int content_of(const struct verify_file *f, int64_t when, struct lb_content **out, struct lb_err *err)
{
	lb_autobuf struct lb_buf bytes = { 0 };
	int rc = 0;
	if (f->kind == VERIFY_NOISE) {
		lb_autofree uint8_t *noise = lb_malloc(f->bytes + 1);
		verify_noise(f->seed, noise, f->bytes);
		lb_buf_add(&bytes, noise, f->bytes);
	} else if (f->kind == VERIFY_TAR) {
		rc = verify_tarball(&f->members, (int64_t)f->tar_mtime, f->compress, when, &bytes, err);
	} else {
		lb_buf_adds(&bytes, f->text);
	}
	*out = bytes.len ? lb_content_bytes(bytes.data, bytes.len) : NULL;
	return rc;
}

static int put_hardlink(struct verify_context *c, const struct verify_file *f, int64_t when, struct lb_err *err)
{
	struct lb_node *target = lb_tree_get(c->root, f->text);
	if (!target || target->attr.kind != LB_FILE)
		return lb_fail_at(err, f->pos, "hardlink: '%s' is no file of the context", f->text);
	struct lb_attr attr = target->attr;
	lb_autofree struct lb_xattr *xattrs = lb_calloc(f->xattrs.count + 1, sizeof(*xattrs));
	set_xattrs(&f->xattrs, xattrs);
	attr.link_group = attr.link_group ? attr.link_group : ++c->groups;
	attr.mode = f->mode_given ? f->mode : 0644;
	attr.mtime = (struct lb_time){ when, 0 };
	if (f->owner_given) {
		attr.uid = f->uid;
		attr.gid = f->gid;
	}
	if (f->xattrs.count) {
		attr.xattrs = xattrs;
		attr.xattrs_count = f->xattrs.count;
	}
	struct lb_node *changed = lb_node_with_attr(target, &attr);
	int rc = put_node(c, f->path, lb_node_ref(changed), f->pos, err);
	if (rc)
		lb_node_unref(changed);
	return rc ? rc : update(c, f->text, changed, f->pos, err);
}

/* A directory that is there keeps what it holds. */
static struct lb_node *directory_with(const struct verify_context *c, const char *path, const struct lb_attr *attr)
{
	const struct lb_node *old = lb_tree_get(c->root, path);
	return lb_node_is_dir(old) ? lb_node_with_attr(old, attr) : lb_node_new_dir(attr, NULL, 0);
}

static int put_plain(struct verify_context *c, const struct verify_file *f, int64_t when, struct lb_err *err)
{
	static const enum lb_kind kinds[] = { [VERIFY_SYMLINK] = LB_SYMLINK,
					      [VERIFY_DIR] = LB_DIR,
					      [VERIFY_TEXT] = LB_FILE,
					      [VERIFY_NOISE] = LB_FILE,
					      [VERIFY_TAR] = LB_FILE };
	lb_autofree struct lb_xattr *xattrs = lb_calloc(f->xattrs.count + 1, sizeof(*xattrs));
	set_xattrs(&f->xattrs, xattrs);
	struct lb_attr attr = { .kind = kinds[f->kind],
				.uid = f->uid,
				.gid = f->gid,
				.mtime = { when, 0 },
				.xattrs = xattrs,
				.xattrs_count = f->xattrs.count };
	if (attr.kind == LB_SYMLINK) {
		attr.mode = 0777;
		attr.target = f->text;
		return put_node(c, f->path, lb_node_new(&attr, NULL), f->pos, err);
	}
	attr.mode = f->mode_given ? f->mode : attr.kind == LB_DIR ? 0755 : 0644;
	if (attr.kind == LB_DIR) {
		attr.mtime.sec = LB_CONTEXT_TIME;
		return put_node(c, f->path, directory_with(c, f->path, &attr), f->pos, err);
	}
	struct lb_content *content;
	int rc = content_of(f, when, &content, err);
	return rc ? rc : put_node(c, f->path, lb_node_new(&attr, content), f->pos, err);
}

int verify_context_put(struct verify_context *c, const struct verify_file *f, int64_t when, struct lb_err *err)
{
	int rc = f->kind == VERIFY_HARDLINK ? put_hardlink(c, f, when, err) : put_plain(c, f, when, err);
	return rc ? rc : settle_all(c, f->pos, err);
}

int verify_context_fill(struct verify_context *c, const struct verify_case *from, struct lb_err *err)
{
	int rc = 0;
	for (int links = 0; links < 2; links++)
		for (size_t i = 0; !rc && i < from->files_count; i++)
			if ((from->files[i].kind == VERIFY_HARDLINK) == (links == 1))
				rc = verify_context_put(c, &from->files[i], LB_CONTEXT_TIME, err);
	return rc;
}

int verify_context_dockerfile(struct verify_context *c, const char *text, int64_t when, struct lb_err *err)
{
	struct verify_file f = { .path = (char *)"Dockerfile", .kind = VERIFY_TEXT, .text = (char *)text };
	return verify_context_put(c, &f, when, err);
}

/* ---- changes ---- */

static int append(struct verify_context *c, const char *path, const struct lb_node *n, const struct verify_change *ch, int64_t when,
		  struct lb_err *err)
{
	lb_autobuf struct lb_buf bytes = { 0 };
	int rc = n->content ? lb_content_load(n->content, &bytes, err) : 0;
	if (rc)
		return rc;
	lb_buf_adds(&bytes, ch->file.text);
	struct lb_attr attr = n->attr;
	attr.mtime = (struct lb_time){ when, 0 };
	return update(c, path, lb_node_new(&attr, lb_content_bytes(lb_buf_str(&bytes), bytes.len)), ch->file.pos, err);
}

static int change_attr(struct verify_context *c, const char *path, const struct lb_node *n, const struct verify_change *ch, int64_t when,
		       struct lb_err *err)
{
	struct lb_attr attr = n->attr;
	if (ch->kind == VERIFY_CHMOD) {
		attr.mode = ch->file.mode;
	} else if (ch->kind == VERIFY_CHOWN) {
		attr.uid = ch->file.uid;
		attr.gid = ch->file.gid;
	} else if (attr.kind != LB_DIR) {
		attr.mtime = (struct lb_time){ when, 0 };
	}
	return update(c, path, lb_node_with_attr(n, &attr), ch->file.pos, err);
}

static int remove_node(struct verify_context *c, const char *path, struct lb_err *err)
{
	struct lb_node *next;
	int rc = lb_tree_remove(c->root, path, &next, err);
	if (!rc)
		set_root(c, next);
	return rc;
}

static int rename_node(struct verify_context *c, const struct verify_change *ch, struct lb_node *n, struct lb_err *err)
{
	lb_autonode struct lb_node *kept = lb_node_ref(n);
	int rc = remove_node(c, ch->file.path, err);
	return rc ? rc : put_node(c, ch->to, lb_steal(&kept), ch->file.pos, err);
}

/* Those that act on what a link leads to, as the system calls behind them do. */
static bool follows_links(enum verify_change_kind kind)
{
	return kind == VERIFY_APPEND || kind == VERIFY_CHMOD || kind == VERIFY_TOUCH;
}

static int change_existing(struct verify_context *c, const struct verify_change *ch, int64_t when, struct lb_err *err)
{
	struct lb_node *n = NULL;
	lb_autofree char *real = NULL;
	if (lb_tree_resolve(c->root, ch->file.path, follows_links(ch->kind), &n, &real, NULL) < 0)
		return lb_fail_at(err, ch->file.pos, "'%s' is not in the context", ch->file.path);
	switch (ch->kind) {
	case VERIFY_APPEND:
		if (n->attr.kind != LB_FILE)
			return lb_fail_at(err, ch->file.pos, "'%s' is no file", ch->file.path);
		return append(c, real, n, ch, when, err);
	case VERIFY_DELETE:
		return remove_node(c, real, err);
	case VERIFY_RENAME:
		return rename_node(c, ch, n, err);
	default:
		return change_attr(c, real, n, ch, when, err);
	}
}

int verify_context_change(struct verify_context *c, const struct verify_change *ch, int64_t when, struct lb_err *err)
{
	if (ch->mtime_given)
		when = (int64_t)ch->mtime;
	if (ch->kind == VERIFY_WRITE)
		return verify_context_put(c, &ch->file, when, err);
	int rc;
	if (ch->kind == VERIFY_MKDIR)
		rc = put_node(c, ch->file.path, lb_node_new_dir(&directory, NULL, 0), ch->file.pos, err);
	else
		rc = change_existing(c, ch, when, err);
	return rc ? rc : settle_all(c, ch->file.pos, err);
}
