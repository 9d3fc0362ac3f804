/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include <inttypes.h>
#include <string.h>

#include "lbench/mem.h"

struct describe {
	struct lb_buf *out;
	bool with_time, with_digest;
	struct lb_err *err;
};

/* Bytes as they are, but for those that would break the line. */
static void add_escaped(struct lb_buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '\\')
			lb_buf_adds(out, "\\\\");
		else if (c == '\n')
			lb_buf_adds(out, "\\n");
		else if (c < ' ' || c == 0x7f)
			lb_buf_addf(out, "\\x%02x", c);
		else
			lb_buf_addc(out, s[i]);
	}
}

static void add_numbers(const struct describe *d, const struct lb_node *n)
{
	const struct lb_attr *a = &n->attr;
	const char *mark = a->opaque ? "!" : n->unknown ? "?" : a->implied ? "~" : "";
	lb_buf_addf(d->out, "%c%s %04" PRIo32 " %" PRIu32 ":%" PRIu32 " ", (char)a->kind, mark, a->mode, a->uid, a->gid);
	if (a->kind == LB_CHAR || a->kind == LB_BLOCK)
		lb_buf_addf(d->out, "%" PRIu32 ",%" PRIu32 " ", a->rdev_major, a->rdev_minor);
	else
		lb_buf_addf(d->out, "%" PRIu64 " ", lb_node_size(n));
	if (d->with_time)
		lb_buf_addf(d->out, "%" PRId64 ".%09" PRIu32 " ", a->mtime.sec, a->mtime.nsec);
}

static void add_extras(const struct describe *d, const struct lb_attr *a)
{
	if (a->target) {
		lb_buf_adds(d->out, " -> ");
		add_escaped(d->out, a->target, strlen(a->target));
	}
	if (a->link_group)
		lb_buf_addf(d->out, " link=%016" PRIx64, a->link_group);
	for (size_t i = 0; i < a->xattrs_count; i++) {
		lb_buf_addc(d->out, ' ');
		add_escaped(d->out, a->xattrs[i].name, strlen(a->xattrs[i].name));
		lb_buf_addc(d->out, '=');
		for (size_t j = 0; j < a->xattrs[i].value_len; j++)
			lb_buf_addf(d->out, "%02x", ((const unsigned char *)a->xattrs[i].value)[j]);
	}
}

static int describe(const char *path, size_t len, struct lb_node *n, void *arg)
{
	const struct describe *d = arg;
	if (n->attr.kind == LB_WHITEOUT)
		lb_buf_adds(d->out, "w ");
	else
		add_numbers(d, n);
	add_escaped(d->out, len ? path : ".", len ? len : 1);
	add_extras(d, &n->attr);
	if (d->with_digest && n->attr.kind == LB_FILE) {
		struct lb_digest sum;
		int rc = lb_content_digest(n->content, &sum, d->err);
		if (rc)
			return rc;
		char text[LB_DIGEST_TEXT];
		lb_digest_text(&sum, text);
		lb_buf_addf(d->out, " %s", text);
	}
	lb_buf_addc(d->out, '\n');
	return 0;
}

int lb_tree_describe(struct lb_node *root, bool with_time, bool with_digest, struct lb_buf *out, struct lb_err *err)
{
	struct describe d = { out, with_time, with_digest, err };
	return lb_tree_walk(root, describe, &d);
}
