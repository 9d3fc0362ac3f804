/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

static const struct lb_attr parent_attr = { .kind = LB_DIR, .mode = 0755 };

/* One line of the description, read from the left. */
struct line {
	const char *start, *p, *end;
	uint32_t number;
};

static int fail(const struct line *l, struct lb_err *err, const char *what)
{
	return lb_fail_at(err, (struct lb_pos){ "tree", l->number, (uint32_t)(l->p - l->start) + 1 }, "%s", what);
}

static bool skip(struct line *l, const char *token)
{
	size_t n = strlen(token);
	if ((size_t)(l->end - l->p) < n || memcmp(l->p, token, n) != 0)
		return false;
	l->p += n;
	return true;
}

static bool number(struct line *l, int base, uint64_t max, uint64_t *out)
{
	*out = 0;
	const char *from = l->p;
	for (; l->p < l->end && *l->p >= '0' && *l->p < '0' + base; l->p++) {
		*out = *out * (uint64_t)base + (uint64_t)(*l->p - '0');
		if (*out > max)
			return false;
	}
	return l->p > from;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends one byte, of an escape or as it is. */
static bool unescape_one(struct line *l, struct lb_buf *out)
{
	char c = *l->p++;
	if (c != '\\') {
		lb_buf_addc(out, c);
		return true;
	}
	if (l->p == l->end)
		return false;
	c = *l->p++;
	if (c == 'x' && l->end - l->p >= 2) {
		int hi = hex_digit(l->p[0]), lo = hex_digit(l->p[1]);
		l->p += 2;
		if (hi < 0 || lo < 0)
			return false;
		lb_buf_addc(out, (char)(hi << 4 | lo));
		return true;
	}
	static const char from[] = "nt\\", to[] = "\n\t\\";
	const char *at = memchr(from, c, 3);
	if (at)
		lb_buf_addc(out, to[at - from]);
	return at != NULL;
}

/* Reads up to `until` (which is left where it is) or the end of the line. */
static int text(struct line *l, const char *until, struct lb_buf *out, struct lb_err *err)
{
	size_t n = until ? strlen(until) : 0;
	while (l->p < l->end) {
		if (n && (size_t)(l->end - l->p) >= n && memcmp(l->p, until, n) == 0)
			return 0;
		if (!unescape_one(l, out))
			return fail(l, err, "not an escape (\\n \\t \\\\ \\xHH)");
	}
	return 0;
}

static int read_numbers(struct line *l, struct lb_attr *a, struct lb_err *err)
{
	uint64_t mode, uid, gid, sec, nsec = 0;
	if (!skip(l, " ") || !number(l, 8, 07777, &mode))
		return fail(l, err, "a mode is expected (0644)");
	if (!skip(l, " ") || !number(l, 10, UINT32_MAX, &uid) || !skip(l, ":") || !number(l, 10, UINT32_MAX, &gid))
		return fail(l, err, "an owner is expected (0:0)");
	bool before_1970 = false;
	if (!skip(l, " @") || (before_1970 = skip(l, "-"), !number(l, 10, INT64_MAX, &sec)) ||
	    (skip(l, ".") && !number(l, 10, 999999999, &nsec)))
		return fail(l, err, "a time is expected (@1600000000 or @1600000000.5: seconds and nanoseconds)");
	a->mode = (uint32_t)mode;
	a->uid = (uint32_t)uid;
	a->gid = (uint32_t)gid;
	a->mtime = (struct lb_time){ before_1970 ? -(int64_t)sec : (int64_t)sec, (uint32_t)nsec };
	if (a->kind != LB_CHAR && a->kind != LB_BLOCK)
		return 0;
	uint64_t major, minor;
	if (!skip(l, " ") || !number(l, 10, UINT32_MAX, &major) || !skip(l, ",") || !number(l, 10, UINT32_MAX, &minor))
		return fail(l, err, "a device is expected (1,3)");
	a->rdev_major = (uint32_t)major;
	a->rdev_minor = (uint32_t)minor;
	return 0;
}

/* A directory that is there already keeps what it holds. */
static struct lb_node *make_dir(const struct lb_node *root, const char *path, const struct lb_attr *attr, bool unknown)
{
	const struct lb_node *was = lb_tree_get(root, path);
	struct lb_node *n = lb_node_is_dir(was) ? lb_node_with_attr(was, attr) : lb_node_new_dir(attr, NULL, 0);
	n->unknown = unknown;
	return n;
}

static int put(struct lb_node **root, const char *path, struct lb_node *made, const struct line *l, struct lb_err *err)
{
	lb_autonode struct lb_node *n = made;
	struct lb_node *next = NULL;
	struct lb_err why;
	if (lb_tree_put(*root, path, n, &parent_attr, false, &next, &why))
		return fail(l, err, why.text);
	lb_steal(&n);
	lb_node_unref(*root);
	*root = next;
	return 0;
}

static int read_line(struct line *l, struct lb_node **root, struct lb_err *err)
{
	struct lb_attr a = { .kind = (enum lb_kind) * l->p };
	if (!strchr("fdlpcbsw", *l->p))
		return fail(l, err, "one of f d l p c b s w is expected");
	l->p++;
	bool dir = a.kind == LB_DIR;
	a.opaque = dir && skip(l, "!");
	bool unknown = dir && skip(l, "?");
	a.implied = dir && skip(l, "~");
	int rc = a.kind == LB_WHITEOUT ? 0 : read_numbers(l, &a, err);
	if (rc)
		return rc;
	lb_autobuf struct lb_buf path = { 0 }, tail = { 0 };
	const char *until = a.kind == LB_SYMLINK ? " -> " : a.kind == LB_FILE ? " = " : NULL;
	if (!skip(l, " ") || l->p == l->end)
		return fail(l, err, "a path is expected");
	rc = text(l, until, &path, err);
	bool has_tail = !rc && until && skip(l, until);
	if (!rc && has_tail)
		rc = text(l, NULL, &tail, err);
	if (rc)
		return rc;
	if (!path.len)
		return fail(l, err, "a path is expected");
	if (memchr(path.data, '\0', path.len) || (a.kind == LB_SYMLINK && tail.len && memchr(tail.data, '\0', tail.len)))
		return fail(l, err, "a path holds no NUL");
	if (a.kind == LB_SYMLINK && !has_tail)
		return fail(l, err, "a target is expected (path -> target)");
	a.target = a.kind == LB_SYMLINK ? lb_buf_str(&tail) : NULL;
	if (dir)
		return put(root, path.data, make_dir(*root, path.data, &a, unknown), l, err);
	return put(root, path.data, lb_node_new(&a, tail.len && !a.target ? lb_content_bytes(tail.data, tail.len) : NULL), l, err);
}

int lb_tree_parse(const char *description, struct lb_node **out, struct lb_err *err)
{
	lb_autonode struct lb_node *root = lb_tree_empty();
	struct line l = { .p = description };
	for (uint32_t n = 1; *l.p; n++) {
		l.number = n;
		l.start = l.p;
		l.end = l.p + strcspn(l.p, "\n");
		l.p += strspn(l.p, " \t");
		if (l.p < l.end && *l.p != '#') {
			int rc = read_line(&l, &root, err);
			if (rc)
				return rc;
		}
		l.p = l.end + (*l.end == '\n');
	}
	*out = lb_steal(&root);
	return 0;
}
