/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/view.h"

#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "lbench/run.h"

void view_release(struct view *v)
{
	free(v->copies);
	lb_strv_release(&v->made);
	*v = (struct view){ 0 };
}

/* What of path lies below dir: "" for dir itself, NULL: it does not. Both are cleaned; dir may be "" or "/". */
static const char *below(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
	if (strncmp(path, dir, n) != 0 || (n && path[n] && path[n] != '/'))
		return NULL;
	return path[n] == '/' ? path + n + 1 : path + n;
}

static char *join(const char *a, const char *b)
{
	return !*b ? lb_strdup(a) : !*a ? lb_strdup(b) : strcmp(a, "/") == 0 ? lb_format("/%s", b) : lb_format("%s/%s", a, b);
}

static void add(struct view *v, const char *from, const char *to)
{
	lb_autofree char *clean = lb_path_clean(to);
	v->copies = lb_grow(v->copies, v->count, &v->cap, sizeof(*v->copies));
	v->copies[v->count++] = (struct view_copy){ lb_arena_strdup(v->arena, from), lb_arena_strdup(v->arena, clean) };
}

void view_inherit(struct view *v, const struct view *base)
{
	for (size_t i = 0; i < base->count; i++)
		add(v, base->copies[i].from, base->copies[i].to);
	lb_strv_copy(&v->made, &base->made);
	v->unclear = base->unclear;
}

/* ---- COPY ---- */

/* A directory's content goes into dest; a file too where dest is a directory. */
static void add_one(struct view *v, const char *from, const char *dest, bool into, bool parents)
{
	const struct lb_node *n = lb_tree_get(v->context, from);
	lb_autofree char *inside = join(dest, parents ? from : lb_path_base(from));
	if (n)
		add(v, from, parents || (into && n->attr.kind != LB_DIR) ? inside : dest);
}

struct expansion {
	struct view *v;
	const char *dest;
	bool into, parents;
};

static void expand(const struct expansion *e, const struct lb_node *dir, const char *so_far, const char *pattern)
{
	size_t n = strcspn(pattern, "/");
	lb_autofree char *part = lb_strndup(pattern, n);
	for (size_t i = 0; i < dir->entries_count; i++) {
		if (lb_glob_match(part, dir->entries[i].name) != 1)
			continue;
		lb_autofree char *path = join(so_far, dir->entries[i].name);
		if (!pattern[n])
			add_one(e->v, path, e->dest, e->into, e->parents);
		else if (dir->entries[i].node->attr.kind == LB_DIR)
			expand(e, dir->entries[i].node, path, pattern + n + 1);
	}
}

void view_add(struct view *v, const char *source, const char *dest, bool many, bool parents)
{
	lb_autofree char *rooted = lb_path_join("/", source);
	lb_autofree char *clean = lb_path_clean(rooted);
	size_t len = strlen(dest);
	bool magic = lb_glob_has_magic(clean);
	struct expansion e = { v, dest, many || magic || (len && dest[len - 1] == '/'), parents };
	if (!magic || lb_tree_get(v->context, clean + 1))
		add_one(v, clean + 1, dest, e.into, parents);
	else
		expand(&e, v->context, "", clean + 1);
}

void view_add_from(struct view *v, const struct view *other, const char *source, const char *dest)
{
	lb_autofree char *rooted = lb_path_join("/", source);
	lb_autofree char *clean = lb_path_clean(rooted);
	size_t count = other->count, len = strlen(dest);
	for (size_t i = 0; i < count; i++) {
		const struct view_copy *c = &other->copies[i];
		const char *rest = below(c->to, clean);
		const char *up = below(clean, c->to);
		if (rest) {
			const struct lb_node *n = lb_tree_get(v->context, c->from);
			bool file = n && n->attr.kind != LB_DIR && !*rest;
			lb_autofree char *to = join(dest, file && len && dest[len - 1] == '/' ? lb_path_base(clean) : rest);
			add(v, c->from, to);
		} else if (up) {
			lb_autofree char *from = join(c->from, up);
			add_one(v, from, dest, len && dest[len - 1] == '/', false);
		}
	}
	v->unclear |= other->unclear;
	for (size_t i = 0; i < other->made.count; i++)
		if (!lb_strv_has(&v->made, other->made.items[i]))
			lb_strv_add(&v->made, other->made.items[i]);
}

/* ---- looking ---- */

const char *view_find(const struct view *v, const char *path)
{
	for (size_t i = v->count; i-- > 0;) {
		const char *rest = below(path, v->copies[i].to);
		if (!rest)
			continue;
		lb_autofree char *from = join(v->copies[i].from, rest);
		if (lb_tree_get(v->context, from))
			return lb_arena_strdup(v->arena, from);
	}
	return NULL;
}

void view_load(const struct view *v, const char *from, struct lb_buf *out)
{
	const struct lb_node *n = lb_tree_get(v->context, from);
	if (n && n->content)
		lb_content_load(n->content, out, NULL);
}

bool view_holds_below(const struct view *v, const char *path)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *rest = below(v->copies[i].to, path);
		if (rest && *rest)
			return true;
	}
	return false;
}

static bool is_installed(const char *name)
{
	static const char *const dirs[] = { "node_modules", "vendor", "target", "dist", "build", ".venv", "venv", "__pycache__" };
	for (size_t i = 0; i < LB_COUNT(dirs); i++)
		if (strcmp(dirs[i], name) == 0)
			return true;
	return false;
}

static void list_below(const struct lb_node *n, const char *path, const char *name, struct lb_strv *out)
{
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		lb_autofree char *inside = join(path, e->name);
		if (e->node->attr.kind == LB_DIR && !is_installed(e->name))
			list_below(e->node, inside, name, out);
		else if (e->node->attr.kind == LB_FILE && lb_text_match(name, e->name) && !lb_strv_has(out, inside))
			lb_strv_add(out, inside);
	}
}

void view_list(const struct view *v, const char *dir, const char *name, struct lb_strv *out)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct view_copy *c = &v->copies[i];
		const char *up = below(dir, c->to);
		lb_autofree char *from = up ? join(c->from, up) : below(c->to, dir) ? lb_strdup(c->from) : NULL;
		const struct lb_node *n = from ? lb_tree_get(v->context, from) : NULL;
		if (n && n->attr.kind == LB_DIR)
			list_below(n, from, name, out);
		else if (n && n->attr.kind == LB_FILE && lb_text_match(name, lb_path_base(c->to)) && !lb_strv_has(out, from))
			lb_strv_add(out, from);
	}
}

/* ---- what a build reads ---- */

/* .git is not among them: some stamp the commit into what they make (commit.h). */
bool view_is_about(const char *name)
{
	static const char *const names[] = { "README*",     "LICENSE*",       "LICENCE*",       "CHANGELOG*",    "CONTRIBUTING*",
					     "Dockerfile*", "*.Dockerfile",   "*.dockerignore", ".gitignore",    ".gitattributes",
					     ".github",     ".gitlab-ci.yml", ".circleci",      ".editorconfig", ".vscode",
					     ".idea",       "lbench.yaml",    ".lbench",        "compose*.y*ml", "docker-compose*" };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (lb_text_match(names[i], name))
			return true;
	return false;
}

/* A directory as a pattern: what .dockerignore takes for a sign stands for itself. */
static void add_pattern(struct lb_strv *out, const char *path, bool dir)
{
	lb_autobuf struct lb_buf text = { 0 };
	for (const char *p = path; *p; p++) {
		if (dir && strchr("*?[\\", *p))
			lb_buf_addc(&text, '\\');
		lb_buf_addc(&text, *p);
	}
	if (!lb_strv_has(out, lb_buf_str(&text)))
		lb_strv_add(out, lb_buf_str(&text));
}

/* A source beside others stands for its kind, so that a new one counts too. */
static void add_top_file(struct lb_strv *out, const char *name)
{
	static const char *const kinds[] = { ".py", ".js",  ".ts",  ".tsx",  ".jsx", ".mjs", ".go",  ".rs", ".c",     ".h",   ".cc",
					     ".hh", ".cpp", ".hpp", ".java", ".kt",  ".rb",  ".php", ".cs", ".swift", ".vue", ".sh" };
	const char *dot = strrchr(name, '.');
	for (size_t i = 0; dot && dot != name && i < LB_COUNT(kinds); i++) {
		if (strcmp(dot, kinds[i]) == 0) {
			lb_autofree char *all = lb_format("*%s", dot);
			if (!lb_strv_has(out, all))
				lb_strv_add(out, all);
			return;
		}
	}
	add_pattern(out, name, false);
}

static bool is_repository(const char *name)
{
	return strcmp(name, ".git") == 0 || strcmp(name, ".hg") == 0 || strcmp(name, ".svn") == 0;
}

static void add_top(const struct view *v, enum view_of of, struct lb_strv *out)
{
	for (size_t i = 0; i < v->context->entries_count; i++) {
		const struct lb_entry *e = &v->context->entries[i];
		if ((of != VIEW_WHOLE && view_is_about(e->name)) || (of == VIEW_FILES && is_repository(e->name)))
			continue;
		if (e->node->attr.kind == LB_DIR)
			add_pattern(out, e->name, true);
		else
			add_top_file(out, e->name);
	}
}

static bool is_covered(const struct view *v, const char *path)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *rest = below(path, v->copies[i].from);
		if (rest && *rest)
			return true;
	}
	return false;
}

void view_sources(const struct view *v, enum view_of of, struct lb_strv *out)
{
	for (size_t i = 0; i < v->count; i++) {
		const char *from = v->copies[i].from;
		const struct lb_node *n = lb_tree_get(v->context, from);
		if (!*from)
			add_top(v, of, out);
		else if (n && !is_covered(v, from))
			add_pattern(out, from, n->attr.kind == LB_DIR);
	}
}
