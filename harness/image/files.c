/* SPDX-License-Identifier: Apache-2.0
 *
 * The entries of an image's root file system, with the layer that brings each; or those of one layer, with what each
 * does to what lies below.
 */
#include <string.h>

#include "image/print.h"

struct listing {
	const struct img_image *image;
	const struct img_print *p;
	struct lb_node *below; /* of one layer: what lies below; NULL: the whole */
	const char *path;      /* only this and below; "" all */
	struct grid grid;
	struct lb_json json;
	size_t shown;
	struct lb_err *err;
};

static bool inside(const struct listing *l, const char *path)
{
	size_t n = strlen(l->path);
	return !n || (strncmp(path, l->path, n) == 0 && (!path[n] || path[n] == '/'));
}

/* From 1. */
static size_t layer_of(const struct img_image *image, const char *path)
{
	for (size_t i = image->im.layers_count; i-- > 0;) {
		const struct lb_node *n = lb_tree_get(image->trees[i], path);
		if (n && n->attr.kind != LB_WHITEOUT && !n->attr.implied)
			return i + 1;
	}
	return 0;
}

/* A: new; M: in the place of what is below; D: removes it; ' ': a directory that was there. */
static char effect(const struct listing *l, const char *path, const struct lb_node *n)
{
	const struct lb_node *old = lb_tree_get(l->below, path);
	if (n->attr.kind == LB_WHITEOUT)
		return 'D';
	if (!old)
		return 'A';
	if (n->attr.kind != LB_DIR || old->attr.kind != LB_DIR)
		return 'M';
	struct lb_attr a = n->attr;
	a.opaque = a.implied = false;
	return n->attr.implied || lb_attr_equal(&a, &old->attr, false) ? ' ' : 'M';
}

static const char *kind_name(enum lb_kind kind)
{
	switch (kind) {
	case LB_FILE:
		return "file";
	case LB_DIR:
		return "directory";
	case LB_SYMLINK:
		return "symlink";
	case LB_FIFO:
		return "fifo";
	case LB_CHAR:
		return "character device";
	case LB_BLOCK:
		return "block device";
	case LB_SOCKET:
		return "socket";
	case LB_WHITEOUT:
		return "whiteout";
	}
	return "";
}

/* As ls -l has it. */
static void add_mode(struct grid *g, const struct lb_attr *a)
{
	static const char kinds[] = "fdlpcbsw", letters[] = "-dlpcbsw";
	const char *k = strchr(kinds, (char)a->kind);
	char text[11] = "?rwxrwxrwx";
	text[0] = k ? letters[k - kinds] : '?';
	for (int i = 0; i < 9; i++)
		if (!(a->mode & (0400u >> i)))
			text[i + 1] = '-';
	if (a->mode & 04000)
		text[3] = text[3] == 'x' ? 's' : 'S';
	if (a->mode & 02000)
		text[6] = text[6] == 'x' ? 's' : 'S';
	if (a->mode & 01000)
		text[9] = text[9] == 'x' ? 't' : 'T';
	grid_add(g, text);
}

static void row_text(struct listing *l, const char *path, const struct lb_node *n, const char *digest)
{
	struct grid *g = &l->grid;
	lb_autobuf struct lb_buf cell = { 0 };
	if (l->below)
		lb_buf_addc(&cell, effect(l, path, n));
	else
		lb_buf_addu(&cell, layer_of(l->image, path));
	grid_take(g, &cell);
	if (n->attr.kind == LB_WHITEOUT) {
		grid_add(g, "");
		grid_add(g, "");
		grid_add(g, "");
	} else {
		add_mode(g, &n->attr);
		lb_buf_addf(&cell, "%u:%u", n->attr.uid, n->attr.gid);
		grid_take(g, &cell);
		if (n->attr.kind == LB_FILE)
			img_bytes(&cell, lb_node_size(n));
		else if (n->attr.kind == LB_CHAR || n->attr.kind == LB_BLOCK)
			lb_buf_addf(&cell, "%u,%u", n->attr.rdev_major, n->attr.rdev_minor);
		grid_take(g, &cell);
	}
	if (l->p->digests)
		grid_add(g, digest);
	lb_buf_addf(&cell, "%s%s%s%s%s", path, n->attr.kind == LB_DIR ? "/" : "", n->attr.target ? " -> " : "",
		    n->attr.target ? n->attr.target : "", n->attr.opaque ? " (hides all below)" : "");
	grid_take(g, &cell);
}

static void row_json(struct listing *l, const char *path, const struct lb_node *n, const char *digest)
{
	struct lb_json *w = &l->json;
	lb_json_open(w, '{');
	lb_json_kstr(w, "path", path);
	lb_json_kstr(w, "kind", kind_name(n->attr.kind));
	if (l->below) {
		const char letter[2] = { effect(l, path, n), 0 };
		lb_json_kstr(w, "change", *letter == ' ' ? "" : letter);
	} else {
		lb_json_kuint(w, "layer", layer_of(l->image, path));
	}
	if (n->attr.kind != LB_WHITEOUT) {
		lb_autofree char *mode = lb_format("%04o", n->attr.mode);
		lb_json_kstr(w, "mode", mode);
		lb_json_kuint(w, "uid", n->attr.uid);
		lb_json_kuint(w, "gid", n->attr.gid);
		lb_json_kuint(w, "bytes", lb_node_size(n));
		lb_json_key(w, "mtime");
		lb_json_int(w, n->attr.mtime.sec);
	}
	if (n->attr.target)
		lb_json_kstr(w, "target", n->attr.target);
	if (n->attr.opaque)
		lb_json_kbool(w, "opaque", true);
	if (*digest)
		lb_json_kstr(w, "sha256", digest);
	lb_json_close(w, '}');
}

static int show(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct listing *l = arg;
	char digest[LB_DIGEST_HEX] = "";
	if (!len || !inside(l, path))
		return 0;
	if (l->p->digests && n->attr.kind == LB_FILE) {
		struct lb_digest d;
		int rc = lb_content_digest(n->content, &d, l->err);
		if (rc)
			return rc;
		lb_digest_hex(&d, digest);
	}
	l->shown++;
	if (l->p->json)
		row_json(l, path, n, digest);
	else
		row_text(l, path, n, digest);
	return 0;
}

static void begin(struct listing *l, struct lb_buf *out)
{
	if (l->p->json) {
		l->json = (struct lb_json){ .out = out, .pretty = true };
		lb_json_open(&l->json, '[');
		return;
	}
	l->grid = (struct grid){ .columns = l->p->digests ? 6 : 5, .left = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 5 };
	l->grid.shrink = l->grid.columns - 1;
	grid_add(&l->grid, l->below ? "" : "layer");
	grid_add(&l->grid, "mode");
	grid_add(&l->grid, "owner");
	grid_add(&l->grid, "size");
	if (l->p->digests)
		grid_add(&l->grid, "sha256");
	grid_add(&l->grid, "path");
}

static void finish(struct listing *l, struct lb_buf *out)
{
	if (l->p->json) {
		lb_json_close(&l->json, ']');
		lb_buf_addc(out, '\n');
	} else {
		grid_print(&l->grid, l->p->width, l->p->color, out);
		grid_release(&l->grid);
	}
}

/* "/usr//lib/" is "usr/lib". */
static char *plain_path(const char *path)
{
	lb_autobuf struct lb_buf out = { 0 };
	for (; path && *path; path++)
		if (*path != '/' || (out.len && out.data[out.len - 1] != '/'))
			lb_buf_addc(&out, *path);
	while (out.len && out.data[out.len - 1] == '/')
		out.data[--out.len] = '\0';
	return lb_buf_steal(&out);
}

int img_print_files(const struct img_image *image, const struct img_print *p, struct lb_buf *out, struct lb_err *err)
{
	size_t layers = image->im.layers_count;
	if (p->layer > layers)
		return lb_fail(err, LB_INVALID, "%s: no layer %u, it has %zu", image->name, p->layer, layers);
	lb_autofree char *path = plain_path(p->path);
	struct listing l = { .image = image, .p = p, .path = path, .err = err, .below = p->layer ? image->roots[p->layer - 1] : NULL };
	lb_autobuf struct lb_buf text = { 0 };
	begin(&l, &text);
	int rc = lb_tree_walk(p->layer ? image->trees[p->layer - 1] : image->roots[layers], show, &l);
	finish(&l, &text);
	if (!rc && !l.shown && *path)
		return lb_fail(err, LB_INVALID, "%s: '%s' is not in %s", image->name, p->path, p->layer ? "that layer" : "its file system");
	if (!rc)
		lb_buf_add(out, text.data, text.len);
	return rc;
}
