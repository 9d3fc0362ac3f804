/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/command.h"

#include <ctype.h>
#include <string.h>

#include "catalog/commit.h"
#include "catalog/manifest.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"

enum { BELOW_MAX = 12, INCLUDES_MAX = 8 };

struct finding {
	const struct command_line *l;
	const struct catalog_row *row;
	const struct view *v;
	const struct lb_strv *said;
	struct command_needs *out;
	bool whole; /* sources: with what no build reads */
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

static void depend_on_made(struct finding *f)
{
	for (size_t i = 0; i < f->v->made.count; i++)
		depend(f, f->v->made.items[i]);
}

static void refuse(struct finding *f, char *why)
{
	if (f->out->why)
		free(why);
	else
		f->out->why = why;
}

static const char *locate(const struct finding *f, const char *path)
{
	return command_line_find(f->l, f->v, path);
}

static bool is_dir(const struct finding *f, const char *from)
{
	const struct lb_node *n = lb_tree_get(f->v->context, from);
	return n && n->attr.kind == LB_DIR;
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
	if (!f->v->made.count || f->v->unclear)
		refuse(f, lb_strdup(what));
	else
		depend_on_made(f);
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
	view_load(f->v, from, &data);
	const char *p = lb_buf_str(&data);
	while (*p) {
		p += strspn(p, " \t\r\n");
		size_t len = strcspn(p, "\r\n");
		if (len)
			read_requirement(f, path, p, len, depth);
		p += len;
	}
}

/* "./lib", "wheels/x.whl", "x @ file:///src/x". */
static bool is_place(const char *requirement)
{
	size_t n = strcspn(requirement, " \t;@#");
	return strstr(requirement, "file:") ||
	       (*requirement != '-' && !strstr(requirement, "://") && (*requirement == '.' || memchr(requirement, '/', n)));
}

static void read_requirement(struct finding *f, const char *file, const char *line, size_t len, unsigned depth)
{
	static const char *const includes[] = { "-r", "--requirement", "-c", "--constraint" };
	lb_autofree char *text = lb_strndup(line, len);
	bool joined = text[0] == '-' && text[1] && strchr("rce", text[1]); /* -rbase.txt */
	size_t option = joined ? 2 : strcspn(text, " \t=");
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
	bool links = strcmp(word, "-f") == 0 || strcmp(word, "--find-links") == 0;
	f->out->sources |= editable || links ? !strstr(value, "://") : is_place(text);
	if (*text != '-')
		f->out->packages++;
}

/* ---- the project's files ---- */

static void read_below(struct finding *f)
{
	const struct catalog_row *row = f->row;
	bool listed = row->below &&
		      (!*row->below_if || manifest_holds(f->l, f->v, row->below, row->below_if) || locate(f, "pnpm-workspace.yaml"));
	for (const char *p = listed ? row->below : ""; *p;) {
		size_t n = strcspn(p, " ");
		lb_autofree char *name = lb_strndup(p, n);
		lb_autostrv struct lb_strv files = { 0 };
		view_list(f->v, f->l->dir, name, &files);
		lb_autofree char *all = lb_format("**/%s", name);
		if (files.count > BELOW_MAX)
			depend(f, all);
		for (size_t i = 0; files.count <= BELOW_MAX && i < files.count; i++)
			depend(f, files.items[i]);
		p += n + (p[n] == ' ');
	}
}

/* The system's own directories: what was copied into them, and what RUNs before made there. */
static void read_system(struct finding *f)
{
	for (const char *p = f->row->system; p && *p;) {
		size_t n = strcspn(p, " ");
		lb_autofree char *dir = lb_strndup(p, n);
		lb_autostrv struct lb_strv files = { 0 };
		view_list(f->v, dir, "*", &files);
		for (size_t i = 0; i < files.count; i++)
			depend(f, files.items[i]);
		p += n + (p[n] == ' ');
	}
	if (f->row->system)
		depend_on_made(f);
}

static void count_packages(struct finding *f, const char *from)
{
	const char *sign = catalog_package_sign(lb_path_base(from));
	lb_autobuf struct lb_buf data = { 0 };
	if (!sign || f->out->counted)
		return;
	view_load(f->v, from, &data);
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

/* A command before in this RUN speaks of it: "mkdir /data && chown app /data", "curl -O https://…/x.tgz && tar xf x.tgz". */
static bool was_said(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->said->count; i++)
		if (strcmp(lb_path_base(f->said->items[i]), lb_path_base(name)) == 0)
			return true;
	return false;
}

static void read_name(struct finding *f, const char *name, bool must)
{
	lb_autofree char *path = plain_path(name);
	lb_autofree char *full = command_line_path(f->l, path);
	const char *from = strchr(path, '$') ? NULL : locate(f, path);
	bool dir = from ? is_dir(f, from) : view_holds_below(f->v, full);
	f->whole |= dir && (!from || !*from) && (f->row->flags & MOVES);
	if (dir)
		f->out->sources = true;
	else if (from)
		depend(f, from);
	else if (must)
		file_not_copied(f, name);
	else if (f->v->unclear && !was_said(f, name))
		f->out->sources = true; /* a RUN that nobody knows may have made it, of all that was there */
	else if (!was_said(f, name))
		depend_on_made(f);
}

/* `chmod 755 FILE`, `sed s/a/b/ FILE`; `tar xzf FILE`. */
static bool is_text(const struct finding *f, const char *first)
{
	if (strcmp(f->row->tool, "tar") == 0)
		return !strpbrk(first, "./");
	return (f->row->flags & TEXT_FIRST) && !command_line_has(f->l, "-e --expression -f --file --reference");
}

static void read_any_names(struct finding *f)
{
	const struct command_line *l = f->l;
	bool made_here = strcmp(l->tool, "install") == 0 && command_line_has(l, "-d --directory");
	size_t end = l->names.count;
	if ((f->row->flags & INTO_LAST) && end && !command_line_has(l, "-t --target-directory"))
		end--;
	if (!l->verb || made_here)
		return;
	if (!is_text(f, l->verb))
		read_name(f, l->verb, false);
	for (size_t i = 0; i < end; i++)
		read_name(f, l->names.items[i], false);
}

static void read_names(struct finding *f)
{
	const struct command_line *l = f->l;
	if (!(f->row->flags & NAMES_ARE_FILES))
		return;
	if (strcmp(f->row->verbs, "*") == 0) {
		read_any_names(f);
		return;
	}
	for (size_t i = 0; i < l->names.count; i++)
		if (is_path(l->names.items[i]))
			read_name(f, l->names.items[i], true);
}

/* A file of the project that is named anywhere is read: `mvn -s ci/settings.xml`, `pip --find-links wheels`. */
static void read_values(struct finding *f)
{
	const struct command_line *l = f->l;
	for (size_t i = 0; i < l->options.count; i++) {
		const char *value = l->values.items[i];
		const char *from = *value && !strchr(value, '$') ? locate(f, value) : NULL;
		if (from && !is_dir(f, from))
			depend(f, from);
		else if (from && catalog_listed("-f --find-links", l->options.items[i]))
			f->out->sources = true;
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

static void read_sources(struct finding *f)
{
	struct command_needs *out = f->out;
	unsigned flags = f->row->flags;
	bool itself = (flags & ITSELF) && manifest_installs_itself(f->l, f->v);
	bool package = catalog_listed("pip poetry uv pdm", f->row->tool) || catalog_listed(f->row->reads, "setup.py");
	out->sources |= (flags & SOURCES) || itself || manifest_installs_parts(f->l, f->row, f->v);
	if (flags & HOOKS)
		out->sources |= strcmp(f->l->tool, "composer") == 0 ? manifest_composer_hooks(f->l, f->v)
								    : manifest_npm_hooks(f->l, f->v, &out->depends);
	if (!out->sources)
		return;
	view_sources(f->v, f->whole ? VIEW_WHOLE : commit_is_read(f->l, f->row, f->v) ? VIEW_BUILT : VIEW_FILES, &out->depends);
	depend_on_made(f);
	if (package) /* its description */
		read_listed(f, "README.md README.rst", true);
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

void command_needs_find(const struct command_line *l, const struct catalog_row *row, const struct view *v, const struct lb_strv *said,
			struct command_needs *out)
{
	*out = (struct command_needs){ 0 };
	struct finding f = { l, row, v, said, out, false };
	size_t shift = strcmp(l->tool, "uv") == 0 && l->verb && strcmp(l->verb, "pip") == 0; /* uv pip install NAME */
	bool python = strcmp(row->tool, "pip") == 0 || strcmp(l->tool, "uv") == 0;
	for (size_t i = 0; i < l->files.count; i++) {
		if (python)
			read_requirements(&f, l->files.items[i], 0);
		else
			read_name(&f, l->files.items[i], strcmp(row->verbs, "*") != 0);
	}
	read_names(&f);
	read_values(&f);
	read_listed(&f, row->reads, true);
	read_below(&f);
	read_system(&f);
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
