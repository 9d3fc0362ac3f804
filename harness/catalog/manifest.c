/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/manifest.h"

#include <string.h>

#include "lbench/fs.h"

bool manifest_holds(const struct command_line *l, const struct view *v, const char *name, const char *text)
{
	const char *from = command_line_find(l, v, name);
	lb_autobuf struct lb_buf data = { 0 };
	if (from)
		view_load(v, from, &data);
	return from && strstr(lb_buf_str(&data), text);
}

/* `lib = { path = "../lib" }` of a pyproject.toml or a Pipfile. */
static bool holds_path_table(const struct command_line *l, const struct view *v, const char *name)
{
	lb_autobuf struct lb_buf data = { 0 };
	const char *from = command_line_find(l, v, name);
	if (!from)
		return false;
	view_load(v, from, &data);
	const char *text = lb_buf_str(&data);
	for (const char *p = text; (p = strstr(p, "path")); p += 4) {
		const char *before = p;
		while (before > text && (before[-1] == ' ' || before[-1] == '\t'))
			before--;
		if (before > text && strchr("{,", before[-1]) && p[4 + strspn(p + 4, " \t")] == '=')
			return true;
	}
	return false;
}

/* A manifest that names other parts of the project, which are installed with it. */
bool manifest_installs_parts(const struct command_line *l, const struct catalog_row *row, const struct view *v)
{
	static const struct {
		const char *file, *sign;
	} signs[] = {
		{ "package.json", "\"file:" }, { "package.json", "\"link:" }, { "package.json", "\"portal:" }, { "Gemfile", "gemspec" },
		{ "Gemfile", "path:" },        { "Gemfile", ":path" },        { "composer.json", "\"path\"" },
	};
	for (size_t i = 0; i < LB_COUNT(signs); i++)
		if (catalog_listed(row->reads, signs[i].file) && manifest_holds(l, v, signs[i].file, signs[i].sign))
			return true;
	bool members = strcmp(l->tool, "uv") == 0 && !command_line_has(l, "--no-install-workspace --no-install-local") &&
		       manifest_holds(l, v, "pyproject.toml", "[tool.uv.workspace]");
	return members || (catalog_listed(row->needs, "pyproject.toml") && holds_path_table(l, v, "pyproject.toml")) ||
	       (catalog_listed(row->needs, "Pipfile") && holds_path_table(l, v, "Pipfile"));
}

/* What keeps a hook from being the project's own code. */
static bool only_hooks_of_git(const char *text)
{
	return strstr(text, "\"prepare\": \"husky") || strstr(text, "\"prepare\": \"lefthook") || strstr(text, "\"prepare\":\"husky");
}

static bool has_hooks(const struct view *v, const char *from)
{
	lb_autobuf struct lb_buf data = { 0 };
	view_load(v, from, &data);
	const char *text = lb_buf_str(&data);
	return strstr(text, "\"preinstall\"") || strstr(text, "\"postinstall\"") || strstr(text, "\"install\":") ||
	       (strstr(text, "\"prepare\"") && !only_hooks_of_git(text));
}

bool manifest_npm_hooks(const struct command_line *l, const struct view *v, const struct lb_strv *d)
{
	bool any = false;
	for (size_t i = 0; !any && i < d->count; i++)
		any = strcmp(lb_path_base(d->items[i]), "package.json") == 0 && has_hooks(v, d->items[i]);
	return any && !command_line_has(l, "--ignore-scripts");
}

bool manifest_composer_hooks(const struct command_line *l, const struct view *v)
{
	bool scripts = manifest_holds(l, v, "composer.json", "\"post-install-cmd\"") ||
		       manifest_holds(l, v, "composer.json", "\"post-autoload-dump\"") ||
		       manifest_holds(l, v, "composer.json", "\"pre-autoload-dump\"") ||
		       manifest_holds(l, v, "composer.json", "\"post-update-cmd\"");
	bool maps = command_line_has(l, "-o --optimize-autoloader -a --classmap-authoritative -ao -oa") ||
		    manifest_holds(l, v, "composer.json", "\"classmap\"");
	return (scripts && !command_line_has(l, "--no-scripts")) || (maps && !command_line_has(l, "--no-autoloader"));
}

bool manifest_installs_itself(const struct command_line *l, const struct view *v)
{
	if (command_line_has(l, "--no-root --no-install-project --no-self --no-install-workspace"))
		return false;
	if (strcmp(l->tool, "uv") == 0)
		return manifest_holds(l, v, "pyproject.toml", "[build-system]") || manifest_holds(l, v, "pyproject.toml", "package = true");
	return !manifest_holds(l, v, "pyproject.toml", "package-mode = false");
}
