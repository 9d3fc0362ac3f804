/* SPDX-License-Identifier: Apache-2.0 */
#include "image/remember.h"
#include "lbench/tree_source.h"

#include <stdlib.h>
#include <string.h>

#define KIND         "build-inputs"
#define CONTEXT_KIND "build-context"

enum { VERSION = 2, NESTING_MAX = 4096 };

/* ---- writing ---- */

/* NULL is not the same as "". */
static void put_text(struct lb_buf *out, const char *s)
{
	lb_buf_add64(out, s ? strlen(s) + 1 : 0);
	lb_buf_adds(out, s ? s : "");
}

static void put_node(struct lb_buf *out, const struct lb_node *n)
{
	struct lb_digest digest = { 0 };
	bool known = n->content && lb_content_digest_known(n->content, &digest);
	lb_buf_add64(out, (uint64_t)n->attr.kind | (uint64_t)n->attr.mode << 8 | (uint64_t)known << 32);
	lb_buf_add64(out, n->attr.uid | (uint64_t)n->attr.gid << 32);
	lb_buf_add64(out, (uint64_t)n->attr.mtime.sec);
	lb_buf_add64(out, n->attr.mtime.nsec);
	lb_buf_add64(out, n->attr.kind == LB_DIR ? n->entries_count : lb_node_size(n));
	if (known)
		lb_buf_add(out, digest.bytes, sizeof(digest.bytes));
	if (n->attr.kind == LB_SYMLINK)
		put_text(out, n->attr.target);
	for (size_t i = 0; i < n->entries_count; i++) {
		lb_buf_add64(out, n->entries[i].name_len);
		lb_buf_add(out, n->entries[i].name, n->entries[i].name_len);
		put_node(out, n->entries[i].node);
	}
}

void img_seen_name(struct img_seen *seen)
{
	seen->named = lb_dir_memo_id(seen->context, &seen->name);
}

void img_seen_write_context(struct img_seen *seen, struct lb_buf *out)
{
	size_t begin = out->len;
	put_node(out, seen->context);
	seen->text_sum = lb_digest_of(out->data + begin, out->len - begin);
}

void img_seen_write(const struct img_seen *seen, struct lb_buf *out)
{
	size_t begin = out->len;
	lb_buf_add64(out, VERSION);
	put_text(out, seen->path);
	put_text(out, seen->text);
	put_text(out, seen->ignore);
	put_text(out, seen->target);
	put_text(out, seen->platform);
	lb_buf_add64(out, seen->args.count);
	for (size_t i = 0; i < seen->args.count; i++) {
		put_text(out, seen->args.items[i].name);
		put_text(out, seen->args.items[i].value);
	}
	lb_buf_add64(out, seen->bases_count);
	for (size_t i = 0; i < seen->bases_count; i++) {
		put_text(out, seen->bases[i].name);
		lb_buf_add(out, seen->bases[i].identity.bytes, sizeof(seen->bases[i].identity.bytes));
	}
	lb_buf_add64(out, seen->named);
	lb_buf_add(out, seen->name.bytes, sizeof(seen->name.bytes));
	lb_buf_add(out, seen->text_sum.bytes, sizeof(seen->text_sum.bytes));
	struct lb_digest sum = lb_digest_of(out->data + begin, out->len - begin);
	lb_buf_add(out, sum.bytes, sizeof(sum.bytes));
}

/* ---- contents whose bytes are gone ---- */

static int cannot_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	(void)c;
	(void)sink;
	(void)arg;
	return lb_fail(err, LB_NOT_FOUND, "the bytes of an earlier build are not kept");
}

static void free_content(struct lb_content *c)
{
	free(c);
}

static struct lb_content *gone(uint64_t bytes, const struct lb_digest *digest)
{
	static const struct lb_content_ops ops = { cannot_read, free_content, NULL };
	struct lb_content *c = lb_calloc(1, sizeof(*c));
	lb_content_init(c, &ops, bytes);
	if (digest)
		lb_content_set_digest(c, digest);
	return c;
}

/* ---- reading ---- */

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
	struct lb_arena *arena;
};

static const uint8_t *take(struct reader *r, uint64_t len)
{
	static const uint8_t nothing[32];
	if (r->bad || len > r->left) {
		r->bad = true;
		return len <= sizeof(nothing) ? nothing : NULL;
	}
	const uint8_t *p = r->at;
	r->at += len;
	r->left -= (size_t)len;
	return p;
}

static uint64_t take_number(struct reader *r)
{
	return lb_get64(take(r, 8));
}

static char *take_text(struct reader *r)
{
	uint64_t len = take_number(r);
	const uint8_t *p = len ? take(r, len - 1) : NULL;
	return p && !r->bad ? lb_arena_strndup(r->arena, (const char *)p, (size_t)len - 1) : NULL;
}

/* A list of count things of at least `least` bytes each: no more than there are bytes for. */
static size_t take_count(struct reader *r, size_t least)
{
	uint64_t n = take_number(r);
	r->bad = r->bad || n > r->left / least;
	return r->bad ? 0 : (size_t)n;
}

/* The content as it was: current's where that is the same. *other: it is not. */
static struct lb_content *take_content(uint64_t bytes, const struct lb_digest *digest, const struct lb_node *current, bool *other)
{
	struct lb_digest now;
	bool same = current && current->attr.kind == LB_FILE && lb_node_size(current) == bytes;
	if (same && digest)
		same = lb_content_digest(current->content, &now, NULL) == 0 && lb_digest_equal(&now, digest);
	*other = !same;
	if (same)
		return lb_content_ref(current->content);
	return bytes ? gone(bytes, digest) : NULL;
}

static bool same_attr(const struct lb_attr *a, const struct lb_attr *b)
{
	return a->kind == b->kind && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->mtime.sec == b->mtime.sec &&
	       a->mtime.nsec == b->mtime.nsec && (a->kind != LB_SYMLINK || strcmp(a->target, b->target) == 0);
}

static struct lb_node *take_node(struct reader *r, struct lb_node *current, unsigned depth);

static bool same_entries(const struct lb_node *dir, const struct lb_entry *entries, size_t count)
{
	if (!lb_node_is_dir(dir) || dir->entries_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (dir->entries[i].node != entries[i].node)
			return false;
	return true;
}

static struct lb_node *take_dir(struct reader *r, const struct lb_attr *attr, uint64_t count, struct lb_node *current, unsigned depth)
{
	/* an entry: its name's length and five numbers of its node */
	r->bad = r->bad || count > r->left / 48 || depth > NESTING_MAX;
	size_t n = 0;
	struct lb_entry *entries = r->bad ? NULL : lb_calloc((size_t)count + 1, sizeof(*entries));
	for (uint64_t i = 0; !r->bad && i < count; i++) {
		uint64_t len = take_number(r);
		const uint8_t *name = take(r, len);
		if (r->bad)
			break;
		struct lb_node *now = lb_node_is_dir(current) ? lb_dir_find(current, (const char *)name, (size_t)len) : NULL;
		entries[n++] = (struct lb_entry){ lb_strndup((const char *)name, (size_t)len), (size_t)len, take_node(r, now, depth + 1) };
	}
	struct lb_node *made = lb_node_new_dir(attr, entries, n);
	if (r->bad || !same_entries(current, made->entries, n) || !same_attr(attr, &current->attr))
		return made;
	lb_node_unref(made);
	return lb_node_ref(current);
}

static struct lb_node *leaf(const struct lb_attr *attr, struct lb_content *content, struct lb_node *current)
{
	if (!current || !same_attr(attr, &current->attr) || content != current->content)
		return lb_node_new(attr, content);
	lb_content_unref(content);
	return lb_node_ref(current);
}

static struct lb_node *take_node(struct reader *r, struct lb_node *current, unsigned depth)
{
	uint64_t head = take_number(r), owner = take_number(r);
	struct lb_attr attr = {
		.kind = (enum lb_kind)(head & 0xff), .mode = (head >> 8) & 07777, .uid = (uint32_t)owner, .gid = (uint32_t)(owner >> 32)
	};
	attr.mtime.sec = (int64_t)take_number(r);
	attr.mtime.nsec = (uint32_t)take_number(r);
	uint64_t size = take_number(r);
	struct lb_digest digest;
	bool known = head >> 32 & 1, other = false;
	if (known)
		memcpy(digest.bytes, take(r, sizeof(digest.bytes)), sizeof(digest.bytes));
	if (attr.kind == LB_DIR)
		return take_dir(r, &attr, size, current, depth);
	if (attr.kind == LB_SYMLINK) {
		const char *target = take_text(r);
		attr.target = target ? target : "";
	}
	if (attr.kind != LB_FILE)
		return leaf(&attr, NULL, current);
	struct lb_content *content = take_content(size, known ? &digest : NULL, current, &other);
	if (other && current && current->attr.mtime.sec == attr.mtime.sec)
		attr.mtime.sec--;
	return leaf(&attr, content, current);
}

static void take_lists(struct reader *r, struct img_seen *out)
{
	out->args.count = out->args.cap = take_count(r, 16);
	out->args.items = lb_arena_alloc(r->arena, (out->args.count + 1) * sizeof(*out->args.items));
	for (size_t i = 0; i < out->args.count; i++) {
		const char *name = take_text(r);
		out->args.items[i] = (struct lb_pair){ name ? name : "", take_text(r) };
	}
	out->bases_count = take_count(r, 40);
	out->bases = lb_arena_alloc(r->arena, (out->bases_count + 1) * sizeof(*out->bases));
	for (size_t i = 0; i < out->bases_count; i++) {
		const char *name = take_text(r);
		out->bases[i].name = name ? name : "";
		memcpy(out->bases[i].identity.bytes, take(r, 32), 32);
	}
}

static void take_digest(struct reader *r, struct lb_digest *out)
{
	memcpy(out->bytes, take(r, sizeof(out->bytes)), sizeof(out->bytes));
}

static bool is_current(const struct img_seen *seen, const struct lb_node *current)
{
	struct lb_digest now;
	return seen->named && lb_dir_memo_id(current, &now) && lb_digest_equal(&now, &seen->name);
}

int img_seen_read(const void *data, size_t len, struct lb_node *current, struct img_seen *out, struct lb_err *err)
{
	*out = (struct img_seen){ 0 };
	struct lb_digest sum;
	bool whole = len > sizeof(sum.bytes);
	len -= whole ? sizeof(sum.bytes) : 0;
	if (whole)
		sum = lb_digest_of(data, len);
	whole = whole && memcmp((const char *)data + len, sum.bytes, sizeof(sum.bytes)) == 0;
	struct reader r = { .at = data, .left = len, .arena = &out->arena, .bad = !whole };
	r.bad = take_number(&r) != VERSION || r.bad;
	out->path = take_text(&r);
	out->text = take_text(&r);
	out->ignore = take_text(&r);
	out->target = take_text(&r);
	out->platform = take_text(&r);
	take_lists(&r, out);
	out->named = take_number(&r) != 0;
	take_digest(&r, &out->name);
	take_digest(&r, &out->text_sum);
	if (!r.bad && !r.left && out->path && out->text) {
		out->context = is_current(out, current) ? lb_node_ref(current) : NULL;
		return 0;
	}
	img_seen_release(out);
	return lb_fail(err, LB_INVALID, "another version of lbench wrote what the build before saw");
}

int img_seen_read_context(const void *data, size_t len, struct lb_node *current, struct img_seen *out, struct lb_err *err)
{
	struct lb_digest sum = lb_digest_of(data, len);
	if (!lb_digest_equal(&sum, &out->text_sum))
		return lb_fail(err, LB_INVALID, "another build wrote the context that the build before saw");
	struct reader r = { .at = data, .left = len, .arena = &out->arena };
	lb_autonode struct lb_node *context = take_node(&r, current, 0);
	if (r.bad || r.left)
		return lb_fail(err, LB_INVALID, "another version of lbench wrote the context that the build before saw");
	out->context = lb_steal(&context);
	return 0;
}

void img_seen_release(struct img_seen *seen)
{
	lb_node_unref(seen->context);
	lb_arena_release(&seen->arena);
	*seen = (struct img_seen){ 0 };
}

/* ---- in the store ---- */

int img_seen_keep(struct lb_store *s, const struct lb_digest *key, struct img_seen *seen, const struct img_seen *before, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 }, was = { 0 }, context = { 0 };
	int rc = 0;
	img_seen_name(seen);
	bool same = before->context && seen->named && before->named && lb_digest_equal(&seen->name, &before->name);
	if (same) {
		seen->text_sum = before->text_sum;
		img_seen_write(before, &was);
	} else {
		img_seen_write_context(seen, &context);
		rc = lb_store_memo_put(s, CONTEXT_KIND, key, context.data, context.len, err);
	}
	img_seen_write(seen, &text);
	if (rc || (same && text.len == was.len && memcmp(text.data, was.data, was.len) == 0))
		return rc;
	return lb_store_memo_put(s, KIND, key, text.data, text.len, err);
}

bool img_seen_is_kept(struct lb_store *s, const struct lb_digest *key)
{
	lb_autobuf struct lb_buf text = { 0 };
	return lb_store_memo_get(s, KIND, key, &text, NULL) == 0;
}

int img_seen_recall(struct lb_store *s, const struct lb_digest *key, struct lb_node *current, struct img_seen *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 }, context = { 0 };
	int rc = lb_store_memo_get(s, KIND, key, &text, err);
	if (!rc)
		rc = img_seen_read(text.data, text.len, current, out, err);
	if (rc || out->context)
		return rc;
	rc = lb_store_memo_get(s, CONTEXT_KIND, key, &context, err);
	if (!rc)
		rc = img_seen_read_context(context.data, context.len, current, out, err);
	if (rc)
		img_seen_release(out);
	return rc;
}
