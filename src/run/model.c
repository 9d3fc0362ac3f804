/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays what a RUN is said to leave: files of noise, literal files, deletions. The noise follows from a
 * seed, so that the same inputs give the same bytes and other inputs others; it is made when it is read.
 */
#include "lbench/run.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

const char *lb_run_mode_name(enum lb_run_mode m)
{
	static const char *const names[] = { "model", "dry", "exec" };
	return names[m];
}

const char *lb_model_source_name(enum lb_model_source s)
{
	static const char *const names[] = { "unknown", "declared", "recorded" };
	return names[s];
}

bool lb_text_match(const char *pattern, const char *text)
{
	const char *star = NULL, *again = NULL;
	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

const struct lb_model *lb_model_find(const struct lb_model *models, size_t count, const char *text, const char *command)
{
	lb_autofree char *bare = count ? lb_format("RUN %s", command) : NULL;
	for (size_t i = 0; i < count; i++)
		if (lb_text_match(models[i].match, text) || lb_text_match(models[i].match, bare))
			return &models[i];
	return NULL;
}

/* ---- noise ---- */

/* What the files of one effect have in common. */
struct origin {
	atomic_uint refs;
	struct lb_digest seed;
	double compresses_to;
	char path[];
};

static struct origin *origin_new(const struct lb_digest *seed, const struct lb_model_write *w)
{
	size_t bytes = strlen(w->path) + 1;
	struct origin *o = lb_malloc(sizeof(*o) + bytes);
	*o = (struct origin){ .seed = *seed, .compresses_to = w->compresses_to };
	atomic_init(&o->refs, 1);
	memcpy(o->path, w->path, bytes);
	return o;
}

static void origin_unref(struct origin *o)
{
	if (atomic_fetch_sub(&o->refs, 1) == 1)
		free(o);
}

/* The seed of a file is a digest of its own, which only reading needs: most are never read. */
struct noise_file {
	struct lb_content content;
	struct origin *origin;
	uint64_t i;
};

static int noise_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct noise_file *f = (const struct noise_file *)c;
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, &f->origin->seed);
	lb_sha256_adds(&h, f->origin->path);
	lb_sha256_addu(&h, f->i);
	struct lb_digest seed = lb_sha256_done(&h);
	lb_autocontent struct lb_content *noise = lb_content_noise(&seed, c->size_bytes, f->origin->compresses_to);
	return lb_content_read(noise, sink, arg, err);
}

static void noise_free(struct lb_content *c)
{
	origin_unref(((struct noise_file *)c)->origin);
	free(c);
}

static struct lb_content *noise_content(struct origin *origin, uint64_t i, uint64_t bytes)
{
	static const struct lb_content_ops ops = { .read = noise_read, .free = noise_free };
	struct noise_file *f = lb_malloc(sizeof(*f));
	lb_content_init(&f->content, &ops, bytes);
	atomic_fetch_add(&origin->refs, 1);
	f->origin = origin;
	f->i = i;
	return &f->content;
}

/* ---- effects ---- */

struct making {
	const struct lb_node *root;
	struct lb_node *layer; /* so far; replaced at every change */
	struct lb_time stamp;
	const struct lb_digest *seed;
};

static int put(struct making *mk, const char *path, struct lb_node *node, struct lb_err *err)
{
	struct lb_attr made = { .kind = LB_DIR, .mode = 0755, .mtime = mk->stamp };
	struct lb_node *next;
	int rc = lb_tree_put(mk->layer, path, node, &made, true, &next, err);
	if (rc) {
		lb_node_unref(node);
		return rc;
	}
	lb_node_unref(mk->layer);
	mk->layer = next;
	return 0;
}

/* The directories above path that root has come into the layer as they are there; the one that gains or
 * loses an entry has a new time. */
static int list_parents(struct making *mk, const char *path, struct lb_err *err)
{
	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		if (slash == path)
			continue;
		lb_autofree char *dir = lb_strndup(path, (size_t)(slash - path));
		const struct lb_node *there = lb_tree_get(mk->root, dir);
		if (!there || there->attr.kind != LB_DIR || lb_tree_get(mk->layer, dir))
			continue;
		struct lb_attr attr = there->attr;
		if (!strchr(slash + 1, '/'))
			attr.mtime = mk->stamp;
		attr.opaque = false;
		int rc = put(mk, dir, lb_node_new_dir(&attr, NULL, 0), err);
		if (rc)
			return rc;
	}
	return 0;
}

/* One effect, and the node of a file that is made in it. */
struct noise {
	const struct lb_model_write *w;
	struct origin *origin;
	struct lb_attr attr;
};

static struct lb_node *noise_file(const struct noise *n, uint64_t i, uint64_t bytes)
{
	return lb_node_new(&n->attr, noise_content(n->origin, i, bytes));
}

/* Sizes of `files` files that add up to `bytes`: between half and one and a half of the mean, from the place
 * alone, so that a count and a sum say all. */
static uint64_t size_of_file(const struct lb_model_write *w, uint64_t i)
{
	uint64_t mean = w->bytes / w->files;
	uint64_t spread = mean / 2;
	if (i == w->files - 1 && w->files % 2)
		return mean + w->bytes % w->files;
	uint64_t lean = spread ? (i / 2 * 2654435761u) % (spread + 1) : 0;
	uint64_t size = i % 2 ? mean - lean : mean + lean;
	return i == w->files - 1 ? size + w->bytes % w->files : size;
}

enum { FILES_A_DIRECTORY = 64 };

/* The letter and at least so many digits. */
static struct lb_entry numbered(char letter, int digits, uint64_t i, struct lb_node *node)
{
	char text[24];
	int at = sizeof(text);
	for (int n = 0; n < digits || i; n++, i /= 10)
		text[--at] = (char)('0' + i % 10);
	text[--at] = letter;
	size_t len = sizeof(text) - (size_t)at;
	return (struct lb_entry){ lb_strndup(text + at, len), len, node };
}

static struct lb_node *noise_directory(const struct making *mk, const struct noise *n, uint64_t first)
{
	const struct lb_model_write *w = n->w;
	uint64_t count = w->files - first < FILES_A_DIRECTORY ? w->files - first : FILES_A_DIRECTORY;
	struct lb_entry *entries = lb_calloc(count, sizeof(*entries));
	for (uint64_t i = first; i < first + count; i++)
		entries[i - first] = numbered('f', 4, i, noise_file(n, i, size_of_file(w, i)));
	struct lb_attr attr = { .kind = LB_DIR, .mode = 0755, .mtime = mk->stamp };
	return lb_node_new_dir(&attr, entries, count);
}

/* Many files go into directories of 64 below the path, as packages do. */
static struct lb_node *noise_tree(const struct making *mk, const struct noise *n)
{
	const struct lb_model_write *w = n->w;
	uint64_t count = (w->files + FILES_A_DIRECTORY - 1) / FILES_A_DIRECTORY;
	struct lb_entry *entries = lb_calloc(count, sizeof(*entries));
	for (uint64_t i = 0; i < count; i++)
		entries[i] = numbered('d', 3, i, noise_directory(mk, n, i * FILES_A_DIRECTORY));
	const struct lb_node *there = lb_tree_get(mk->root, w->path);
	struct lb_attr attr = { .kind = LB_DIR, .mode = 0755, .mtime = mk->stamp };
	if (there && there->attr.kind == LB_DIR) {
		attr = there->attr;
		attr.mtime = mk->stamp;
		attr.opaque = false;
	}
	return lb_node_new_dir(&attr, entries, count);
}

static struct lb_node *effect(const struct making *mk, const struct lb_model_write *w)
{
	struct lb_attr attr = { .kind = LB_FILE, .mode = w->mode ? w->mode : 0644, .mtime = mk->stamp };
	if (w->remove) {
		attr = (struct lb_attr){ .kind = LB_WHITEOUT, .mtime = mk->stamp };
		return lb_node_new(&attr, NULL);
	}
	if (w->text)
		return lb_node_new(&attr, lb_content_text(w->text));
	struct noise n = { w, origin_new(mk->seed, w), attr };
	struct lb_node *made = w->single ? noise_file(&n, 0, w->bytes) : noise_tree(mk, &n);
	origin_unref(n.origin);
	return made;
}

int lb_model_layer(const struct lb_model *m, const struct lb_node *root, const struct lb_digest *seed, struct lb_time stamp,
		   struct lb_node **out, struct lb_err *err)
{
	struct making mk = { root, lb_tree_empty(), stamp, seed };
	int rc = 0;
	for (size_t i = 0; !rc && i < m->writes_count; i++) {
		const struct lb_model_write *w = &m->writes[i];
		if (w->remove && !lb_tree_get(root, w->path))
			continue;
		rc = list_parents(&mk, w->path, err);
		if (!rc)
			rc = put(&mk, w->path, effect(&mk, w), err);
	}
	if (rc) {
		lb_node_unref(mk.layer);
		return rc;
	}
	*out = mk.layer;
	return 0;
}
