/* SPDX-License-Identifier: Apache-2.0 */
#include "whatif/front.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"

void front_read_models(struct front *f, const struct scenario *s)
{
	struct lb_err ignored;
	if (catalog_read(f->plan, f->sent, &f->catalog, &ignored) != 0)
		f->catalog = NULL;
	size_t known = f->catalog ? f->catalog->count : 0;
	f->models = lb_calloc(s->models_count + known + 1, sizeof(*f->models));
	for (size_t i = 0; i < s->models_count; i++)
		f->models[f->models_count++] = s->models[i];
	for (size_t i = 0; i < known; i++)
		if (f->catalog->runs[i].known &&
		    !lb_model_find(s->models, s->models_count, f->catalog->runs[i].in->original, f->catalog->runs[i].in->rest))
			f->models[f->models_count++] = f->catalog->runs[i].model;
}

void front_add_files(struct front *f, const struct scenario *s, const struct lb_strv *paths)
{
	const struct lb_attr dir = { .kind = LB_DIR, .mode = 0755 }, file = { .kind = LB_FILE, .mode = 0644 };
	bool any = false;
	for (size_t i = 0; i < paths->count; i++) {
		const char *path = paths->items[i];
		struct lb_node *root;
		lb_autonode struct lb_node *n = lb_node_new(&file, lb_content_bytes("", 0));
		if (lb_ignore_matches(f->ignore, path, strlen(path)) || lb_tree_put(f->sent, path, n, &dir, false, &root, NULL))
			continue;
		(void)lb_steal(&n);
		lb_node_unref(f->sent);
		f->sent = root;
		any = true;
	}
	if (any) {
		front_free_models(f);
		f->models_count = 0;
		front_read_models(f, s);
	}
}

void front_free_models(struct front *f)
{
	catalog_free(f->catalog);
	free(f->models);
}

const struct lb_model *front_model(const struct front *f, const char *text)
{
	const char *command = text + strcspn(text, " ");
	while (!strncmp(command, " --", 3))
		command += 1 + strcspn(command + 1, " ");
	return lb_model_find(f->models, f->models_count, text, *command ? command + 1 : command);
}

const char *front_unknown(const struct front *f, uint32_t line)
{
	for (size_t i = 0; f->catalog && i < f->catalog->count; i++)
		if (f->catalog->runs[i].in->first_line == line && !f->catalog->runs[i].known)
			return f->catalog->runs[i].why;
	return NULL;
}

/* ---- files ---- */

struct counting {
	const struct lb_ignore *wanted, *excluded; /* NULL: all, none */
	uint64_t files;
};

static int count_file(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct counting *c = arg;
	bool wanted = !c->wanted || lb_ignore_matches(c->wanted, path, len);
	if (node->attr.kind != LB_DIR && wanted && !(c->excluded && lb_ignore_matches(c->excluded, path, len)))
		c->files++;
	return 0;
}

static bool count(struct lb_node *root, const char *const *patterns, size_t n, const char *const *excludes, size_t m, uint64_t *files)
{
	lb_autoignore struct lb_ignore *wanted = NULL, *excluded = NULL;
	bool all = false;
	for (size_t i = 0; i < n; i++)
		all = all || !*patterns[i];
	if ((!all && lb_ignore_compile((char *const *)patterns, n, &wanted, NULL)) ||
	    (m && lb_ignore_compile((char *const *)excludes, m, &excluded, NULL)))
		return false;
	struct counting c = { wanted, excluded, 0 };
	lb_tree_walk(root, count_file, &c);
	*files = c.files;
	return true;
}

static const struct front_step *step_at(const struct front *f, uint32_t line)
{
	for (size_t i = 0; i < f->steps_count; i++)
		if (f->steps[i].in->first_line == line)
			return &f->steps[i];
	return NULL;
}

bool front_brings(const struct front *f, uint32_t line, uint64_t *files)
{
	const struct front_step *s = step_at(f, line);
	return s && count(f->sent, s->patterns, s->patterns_count, s->excludes, s->excludes_count, files);
}

bool front_brings_path(const struct front *f, uint32_t line, const char *path)
{
	const struct front_step *s = step_at(f, line);
	lb_autoignore struct lb_ignore *wanted = NULL, *excluded = NULL;
	bool all = false;
	for (size_t i = 0; s && i < s->patterns_count; i++)
		all = all || !*s->patterns[i];
	if (!s || !lb_tree_get(f->sent, path) || lb_ignore_compile((char *const *)s->excludes, s->excludes_count, &excluded, NULL) ||
	    (!all && lb_ignore_compile((char *const *)s->patterns, s->patterns_count, &wanted, NULL)))
		return false;
	size_t len = strlen(path);
	return (all || lb_ignore_matches(wanted, path, len)) && !lb_ignore_matches(excluded, path, len);
}

bool front_needs(const struct front *f, const struct lb_model *m, uint64_t *files)
{
	*files = 0;
	lb_autofree const char **patterns = lb_calloc(m->depends_count + 1, sizeof(*patterns));
	size_t n = 0;
	for (size_t i = 0; i < m->depends_count; i++)
		if (strncmp(m->depends[i], "world:", 6) != 0)
			patterns[n++] = m->depends[i];
	return m->depends_given && (!n || count(f->sent, patterns, n, NULL, 0, files));
}
