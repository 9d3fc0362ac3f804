/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/command.h"

#include <ctype.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"

enum { BELOW_MAX = 12, INCLUDES_MAX = 8 };

struct finding {
	const struct command_line *l;
	const struct catalog_row *row;
	const struct view *v;
	struct command_needs *out;
};

void command_needs_release(struct command_needs *n)
{
	lb_strv_release(&n->depends);
	free(n->counted);
	free(n->why);
}

static void depend(struct finding *f, const char *what)
{
	if (!lb_strv_has(&f->out->depends, what))
		lb_strv_add(&f->out->depends, what);
}

static void refuse(struct finding *f, char *why)
{
	if (f->out->why)
		free(why);
	else
		f->out->why = why;
}

static char *inside(const struct finding *f, const char *path)
{
	lb_autofree char *joined = lb_path_join(f->l->dir, path);
	return lb_path_clean(joined);
}

/* The context's path of a file as the command names it; NULL. */
static const char *locate(const struct finding *f, const char *path)
{
	lb_autofree char *full = inside(f, path);
	return view_find(f->v, full);
}

static bool is_dir(const struct finding *f, const char *from)
{
	const struct lb_node *n = lb_tree_get(f->v->context, from);
	return n && n->attr.kind == LB_DIR;
}

static void load(const struct finding *f, const char *from, struct lb_buf *out)
{
	const struct lb_node *n = lb_tree_get(f->v->context, from);
	if (n && n->content)
		lb_content_load(n->content, out, NULL);
}

static bool holds(const struct finding *f, const char *name, const char *text)
{
	const char *from = locate(f, name);
	lb_autobuf struct lb_buf data = { 0 };
	if (from)
		load(f, from, &data);
	return from && strstr(lb_buf_str(&data), text);
}

static uint32_t occurrences(const char *text, const char *sign)
{
	uint32_t n = 0;
	for (const char *p = text; (p = strstr(p, sign)); p += strlen(sign))
		n++;
	return n;
}

/* A file that no COPY brought was made by a RUN before, where there was one: the result depends on what that does. */
static void not_copied(struct finding *f, const char *what)
{
	const struct lb_strv *made = &f->v->made;
	if (!made->count || f->v->unclear) {
		refuse(f, lb_strdup(what));
		return;
	}
	for (size_t i = 0; i < made->count; i++)
		depend(f, made->items[i]);
}

static void file_not_copied(struct finding *f, const char *path)
{
	lb_autofree char *what = lb_format("`%s` is not among the files that a COPY brought", path);
	not_copied(f, what);
}

/* ---- requirements files ---- */

/* A line's words: a package, an option, another file, the project itself. */
static void read_requirement(struct finding *f, const char *file, const char *line, size_t len, unsigned depth);

static void read_requirements(struct finding *f, const char *path, unsigned depth)
{
	lb_autobuf struct lb_buf data = { 0 };
	const char *from = locate(f, path);
	if (!from || is_dir(f, from)) {
		file_not_copied(f, path);
		return;
	}
	depend(f, from);
	if (depth > INCLUDES_MAX)
		return;
	if (!f->out->counted)
		f->out->counted = lb_strdup(lb_path_base(path));
	load(f, from, &data);
	const char *p = lb_buf_str(&data);
	while (*p) {
		p += strspn(p, " \t\r\n");
		size_t len = strcspn(p, "\r\n");
		if (len)
			read_requirement(f, path, p, len, depth);
		p += len;
	}
}

static void read_requirement(struct finding *f, const char *file, const char *line, size_t len, unsigned depth)
{
	static const char *const includes[] = { "-r", "--requirement", "-c", "--constraint" };
	lb_autofree char *text = lb_strndup(line, len);
	size_t option = strcspn(text, " \t=");
	const char *value = text + option + strspn(text + option, " \t=");
	lb_autofree char *word = lb_strndup(text, option);
	lb_autofree char *name = lb_strndup(value, strcspn(value, " \t#"));
	if (*text == '#')
		return;
	for (size_t i = 0; i < LB_COUNT(includes); i++) {
		if (strcmp(includes[i], word) == 0) {
			lb_autofree char *dir = lb_path_dir(file);
			lb_autofree char *other = lb_path_join(dir, name);
			read_requirements(f, other, depth + 1);
			return;
		}
	}
	bool editable = strcmp(word, "-e") == 0 || strcmp(word, "--editable") == 0;
	if (*text == '.' || (editable && !strstr(value, "://")))
		f->out->sources = true;
	if (*text != '-')
		f->out->packages++;
}

/* ---- the project's files ---- */

static void read_below(struct finding *f)
{
	const struct catalog_row *row = f->row;
	bool listed = row->below && (!*row->below_if || holds(f, row->below, row->below_if) || locate(f, "pnpm-workspace.yaml"));
	if (!listed)
		return;
	lb_autostrv struct lb_strv files = { 0 };
	view_list(f->v, f->l->dir, row->below, &files);
	if (files.count > BELOW_MAX) {
		lb_autofree char *all = lb_format("**/%s", row->below);
		depend(f, all);
		return;
	}
	for (size_t i = 0; i < files.count; i++)
		depend(f, files.items[i]);
}

static void count_packages(struct finding *f, const char *from)
{
	const char *sign = catalog_package_sign(lb_path_base(from));
	lb_autobuf struct lb_buf data = { 0 };
	if (!sign || f->out->counted)
		return;
	load(f, from, &data);
	uint32_t n = occurrences(lb_buf_str(&data), sign);
	if (n) {
		f->out->packages = n;
		f->out->counted = lb_strdup(lb_path_base(from));
	}
}

/* Each of a list of names that is there; how many. */
static size_t read_listed(struct finding *f, const char *list, bool take)
{
	size_t found = 0;
	for (const char *p = list; p && *p;) {
		size_t n = strcspn(p, " ");
		lb_autofree char *name = lb_strndup(p, n);
		const char *from = locate(f, name);
		p += n + (p[n] == ' ');
		if (!from)
			continue;
		found++;
		if (take) {
			depend(f, from);
			count_packages(f, from);
		}
	}
	return found;
}

/* ---- names ---- */

static bool is_path(const char *name)
{
	static const char *const ends[] = { ".whl", ".deb", ".rpm", ".apk", ".tgz", ".tar.gz", ".zip" };
	size_t n = strlen(name);
	if (strstr(name, "://"))
		return false;
	for (size_t i = 0; i < LB_COUNT(ends); i++)
		if (n > strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0)
			return true;
	return *name == '/' || strcmp(name, ".") == 0 || strncmp(name, ".[", 2) == 0 || strncmp(name, "./", 2) == 0 ||
	       strncmp(name, "../", 3) == 0;
}

/* "./api[all]" is ./api, and a pattern stands for the directory that it looks into. */
static char *plain_path(const char *name)
{
	size_t n = strcspn(name, "[*?");
	if (!name[n] || (name[n] == '[' && n && name[n - 1] != '/'))
		return n ? lb_strndup(name, n) : lb_strdup(".");
	while (n && name[n - 1] != '/')
		n--;
	return n ? lb_strndup(name, n) : lb_strdup(".");
}

static void read_name(struct finding *f, const char *name, bool must)
{
	lb_autofree char *path = plain_path(name);
	const char *from = strchr(path, '$') ? NULL : locate(f, path);
	if (from && is_dir(f, from))
		f->out->sources = true;
	else if (from)
		depend(f, from);
	else if (must)
		file_not_copied(f, name);
}

static void read_names(struct finding *f)
{
	const struct command_line *l = f->l;
	bool any = strcmp(f->row->verbs, "*") == 0;
	if (!(f->row->flags & NAMES_ARE_FILES))
		return;
	if (any && l->verb)
		read_name(f, l->verb, false);
	for (size_t i = 0; i < l->names.count; i++) {
		bool path = is_path(l->names.items[i]);
		if (any || path)
			read_name(f, l->names.items[i], path && !any);
	}
}

static void read_host(struct finding *f)
{
	const struct command_line *l = f->l;
	const char *url = l->verb && strstr(l->verb, "://") ? l->verb : NULL;
	for (size_t i = 0; !url && i < l->names.count; i++)
		url = strstr(l->names.items[i], "://") ? l->names.items[i] : NULL;
	if (!url) {
		refuse(f, lb_format("`%s` without a URL that is written out", l->tool));
		return;
	}
	const char *host = strstr(url, "://") + 3;
	lb_autofree char *world = lb_format("world:%.*s", (int)strcspn(host, "/:?$"), host);
	depend(f, world);
}

/* ---- sources ---- */

/* What keeps a hook from being the project's own code. */
static bool only_hooks_of_git(const char *text)
{
	return strstr(text, "\"prepare\": \"husky") || strstr(text, "\"prepare\": \"lefthook") || strstr(text, "\"prepare\":\"husky");
}

static bool npm_hooks(const struct finding *f)
{
	lb_autobuf struct lb_buf data = { 0 };
	const char *from = locate(f, "package.json");
	if (!from || command_line_has(f->l, "--ignore-scripts"))
		return false;
	load(f, from, &data);
	const char *text = lb_buf_str(&data);
	return strstr(text, "\"preinstall\"") || strstr(text, "\"postinstall\"") || strstr(text, "\"install\":") ||
	       (strstr(text, "\"prepare\"") && !only_hooks_of_git(text));
}

static bool composer_hooks(const struct finding *f)
{
	bool scripts = holds(f, "composer.json", "\"post-install-cmd\"") || holds(f, "composer.json", "\"post-autoload-dump\"") ||
		       holds(f, "composer.json", "\"pre-autoload-dump\"") || holds(f, "composer.json", "\"post-update-cmd\"");
	bool maps = command_line_has(f->l, "-o --optimize-autoloader -a --classmap-authoritative -ao -oa") ||
		    holds(f, "composer.json", "\"classmap\"");
	return (scripts && !command_line_has(f->l, "--no-scripts")) || (maps && !command_line_has(f->l, "--no-autoloader"));
}

static bool installs_itself(const struct finding *f)
{
	if (command_line_has(f->l, "--no-root --no-install-project --no-self --no-install-workspace"))
		return false;
	if (strcmp(f->l->tool, "uv") == 0)
		return holds(f, "pyproject.toml", "[build-system]") || holds(f, "pyproject.toml", "package = true");
	return !holds(f, "pyproject.toml", "package-mode = false");
}

static void read_sources(struct finding *f)
{
	struct command_needs *out = f->out;
	unsigned flags = f->row->flags;
	bool itself = (flags & ITSELF) && installs_itself(f);
	out->sources |= (flags & SOURCES) || itself;
	if (flags & HOOKS)
		out->sources |= strcmp(f->l->tool, "composer") == 0 ? composer_hooks(f) : npm_hooks(f);
	if (!out->sources)
		return;
	view_sources(f->v, &out->depends);
	for (size_t i = 0; i < f->v->made.count; i++)
		depend(f, f->v->made.items[i]);
	if (itself && locate(f, "README.md"))
		depend(f, locate(f, "README.md"));
	if (!out->depends.count)
		refuse(f, lb_format("`%s` reads no file that a COPY brought", f->row->name));
}

/* What lies below a directory that is there already adds nothing. */
static bool is_covered(const struct lb_strv *v, const char *path)
{
	for (size_t i = 0; i < v->count; i++) {
		size_t n = strlen(v->items[i]);
		if (strncmp(path, v->items[i], n) == 0 && path[n] == '/')
			return true;
	}
	return false;
}

static void prune(struct lb_strv *v)
{
	struct lb_strv left = { 0 };
	for (size_t i = 0; i < v->count; i++)
		if (!is_covered(v, v->items[i]))
			lb_strv_add(&left, v->items[i]);
	lb_strv_release(v);
	*v = left;
}

void command_needs_find(const struct command_line *l, const struct catalog_row *row, const struct view *v, struct command_needs *out)
{
	*out = (struct command_needs){ 0 };
	struct finding f = { l, row, v, out };
	size_t shift = strcmp(l->tool, "uv") == 0 && l->verb && strcmp(l->verb, "pip") == 0; /* uv pip install NAME */
	bool python = strcmp(row->tool, "pip") == 0 || strcmp(l->tool, "uv") == 0;
	for (size_t i = 0; i < l->files.count; i++) {
		if (python)
			read_requirements(&f, l->files.items[i], 0);
		else
			read_name(&f, l->files.items[i], true);
	}
	read_names(&f);
	read_listed(&f, row->reads, true);
	read_below(&f);
	if (row->needs && !read_listed(&f, row->needs, false)) {
		lb_autofree char *what = lb_format("`%s` finds none of %s among the files that a COPY brought", row->name, row->needs);
		not_copied(&f, what);
	}
	if (row->flags & HOST)
		read_host(&f);
	if (row->flags & COUNTED && !f.out->counted)
		out->packages += (uint32_t)(l->names.count > shift ? l->names.count - shift : 0) + (strcmp(row->verbs, "*") == 0);
	if (!out->packages)
		out->packages = row->packages;
	read_sources(&f);
	bool fixed = !(row->flags & WORLD_ALWAYS) && read_listed(&f, row->locks, false);
	if (row->world && !fixed)
		depend(&f, row->world);
	prune(&out->depends);
}
