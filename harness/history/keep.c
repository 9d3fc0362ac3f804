/* SPDX-License-Identifier: Apache-2.0 */
#include "history/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct history_kept *history_keep_new(void)
{
	struct history_kept *k = lb_calloc(1, sizeof(*k));
	k->files = lb_map_new(NULL);
	return k;
}

void history_touched_release(struct history_touched *t)
{
	lb_strv_release(&t->paths);
	lb_strv_release(&t->dirs);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct lb_strv *v)
{
	if (v->count)
		qsort(v->items, v->count, sizeof(*v->items), by_text);
}

static struct history_file *file_of(struct history_kept *k, const char *path)
{
	struct history_file *f = lb_map_get(k->files, path);
	if (!f) {
		f = lb_arena_alloc(&k->arena, sizeof(*f));
		f->path = lb_arena_strdup(&k->arena, path);
		lb_map_set(k->files, path, f);
	}
	return f;
}

static const char *const *keep_dirs(struct history_kept *k, const struct lb_strv *v)
{
	const char **out = lb_arena_alloc(&k->arena, (v->count + 1) * sizeof(*out));
	for (size_t i = 0; i < v->count; i++)
		out[i] = lb_arena_strdup(&k->arena, v->items[i]);
	return out;
}

/* A name that was a file and became a directory's is one path only if both are files; sorted, so that twins are neighbours. */
static const char *const *keep_paths(struct history_kept *k, const struct lb_strv *v, size_t *count)
{
	const char **out = lb_arena_alloc(&k->arena, (v->count + 1) * sizeof(*out));
	for (size_t i = 0; i < v->count; i++) {
		if (i && strcmp(v->items[i], v->items[i - 1]) == 0)
			continue;
		struct history_file *f = file_of(k, v->items[i]);
		f->commits++;
		out[(*count)++] = f->path;
	}
	return out;
}

void history_keep(struct history_kept *k, const char *id, int64_t time, struct history_touched *t)
{
	struct history *h = &k->h;
	if (!t->paths.count)
		return;
	sort(&t->paths);
	sort(&t->dirs);
	h->commits = lb_grow(h->commits, h->commits_count, &k->cap, sizeof(*h->commits));
	struct history_commit *c = &h->commits[h->commits_count++];
	*c = (struct history_commit){ .time = time };
	snprintf(c->id, sizeof(c->id), "%s", id);
	c->paths = keep_paths(k, &t->paths, &c->count);
	c->dirs = keep_dirs(k, &t->dirs);
	c->dirs_count = t->dirs.count;
}

static int by_path(const void *a, const void *b)
{
	const struct history_file *x = a, *y = b;
	return strcmp(x->path, y->path);
}

static int list_file(const void *key, size_t len, void *value, void *arg)
{
	struct history *h = arg;
	(void)key, (void)len;
	h->files[h->files_count++] = *(const struct history_file *)value;
	return 0;
}

void history_keep_done(struct history_kept *k)
{
	struct history *h = &k->h;
	h->files = lb_arena_alloc(&k->arena, (lb_map_count(k->files) + 1) * sizeof(*h->files));
	lb_map_each(k->files, list_file, h);
	qsort(h->files, h->files_count, sizeof(*h->files), by_path);
}

void history_free(struct history *h)
{
	struct history_kept *k = (struct history_kept *)h;
	if (!k)
		return;
	free(h->commits);
	lb_map_free(k->files);
	lb_arena_release(&k->arena);
	free(k);
}

void history_cleanup(struct history **h)
{
	history_free(*h);
}

/* path below dir (n bytes), NULL when it is not. */
static const char *inside(const char *path, const char *dir, size_t n)
{
	return strncmp(path, dir, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1 : NULL;
}

/* Did the directory itself come or go, alone or with one above it? */
static bool imported(const struct history_commit *c, const char *dir)
{
	for (size_t i = 0; i < c->dirs_count; i++) {
		size_t n = strlen(c->dirs[i]);
		if (strncmp(dir, c->dirs[i], n) == 0 && (!dir[n] || dir[n] == '/'))
			return true;
	}
	return false;
}

struct history *history_below(const struct history *h, const char *below)
{
	struct history_kept *k = history_keep_new();
	size_t n = strlen(below);
	k->h.examined = h->examined;
	k->h.complete = h->complete;
	k->h.newest = h->newest;
	k->h.oldest = h->oldest;
	memcpy(k->h.head, h->head, sizeof(h->head));
	for (size_t i = 0; i < h->commits_count; i++) {
		const struct history_commit *c = &h->commits[i];
		struct history_touched t = { 0 };
		if (n && imported(c, below))
			continue;
		for (size_t p = 0; p < c->count; p++) {
			const char *name = n ? inside(c->paths[p], below, n) : c->paths[p];
			if (name)
				lb_strv_add(&t.paths, name);
		}
		for (size_t d = 0; d < c->dirs_count; d++) {
			const char *name = n ? inside(c->dirs[d], below, n) : c->dirs[d];
			if (name)
				lb_strv_add(&t.dirs, name);
		}
		history_keep(k, c->id, c->time, &t);
		history_touched_release(&t);
	}
	history_keep_done(k);
	return &k->h;
}
