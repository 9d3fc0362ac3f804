/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/commit.h"

#include <string.h>

#include "lbench/fs.h"

enum { FILES_MAX = 200, FILE_MAX = 256 << 10 };

/* Go's build information and .NET's source link name the commit, composer writes it into installed.php. */
static const char stamping[] = "go dotnet composer git";

/* What says how a project is built. */
static const char *const builds[] = { "package.json", "*.config.js",  "*.config.ts", "*.config.mjs",   "*.config.cjs",   "gulpfile*",
				      "build.rs",     "Cargo.toml",   "mix.exs",     "pyproject.toml", "setup.py",       "setup.cfg",
				      "Makefile",     "makefile",     "GNUmakefile", "*.mk",           "CMakeLists.txt", "*.cmake",
				      "meson.build",  "configure.ac", "pom.xml",     "*.gradle",       "*.gradle.kts",   "*.gemspec",
				      "Rakefile",     "*.rake",       "*.sh" };
/* Programs of the project's own, in directories that are called so. */
static const char *const programs[] = { "*.js", "*.mjs", "*.cjs", "*.ts", "*.py" };
static const char *const places[] = { "scripts", "script", "tools", "bin", "ci", "config" };

/* "repository": { "type": "git", "url": "git+https://…" } tells nothing. */
static const char *const signs[] = { "git describe",
				     "git rev-parse",
				     "git log",
				     "git show",
				     "git rev-list",
				     "git status",
				     "git branch",
				     "git tag",
				     "git ls-files",
				     "git diff",
				     "git symbolic-ref",
				     ".git/HEAD",
				     "git-rev",
				     "git-describe",
				     "git-commit",
				     "git-version",
				     "git_version",
				     "gitversion",
				     "GitVersion",
				     "gitVersion",
				     "git-info",
				     "gitinfo",
				     "simple-git",
				     "isomorphic-git",
				     "GIT_EXECUTABLE",
				     "find_package(Git",
				     "setuptools_scm",
				     "setuptools-scm",
				     "hatch-vcs",
				     "versioneer",
				     "versioningit",
				     "dynamic-versioning",
				     "pbr>=",
				     "pbr=True",
				     "dunamai",
				     "vergen",
				     "shadow-rs",
				     "jgit",
				     "execFileSync('git'",
				     "execFileSync(\"git\"",
				     "spawnSync('git'",
				     "spawnSync(\"git\"",
				     "['git'",
				     "[\"git\"" };

static bool has_sign(const struct view *v, const char *from)
{
	const struct lb_node *n = lb_tree_get(v->context, from);
	lb_autobuf struct lb_buf text = { 0 };
	if (!n || n->attr.kind != LB_FILE || lb_node_size(n) > FILE_MAX)
		return false;
	view_load(v, from, &text);
	for (size_t i = 0; i < LB_COUNT(signs); i++)
		if (strstr(lb_buf_str(&text), signs[i]))
			return true;
	return false;
}

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	for (const char *p = path; (p = strstr(p, dir)); p++)
		if ((p == path || p[-1] == '/') && p[n] == '/')
			return true;
	return false;
}

static bool is_program(const char *path)
{
	for (size_t i = 0; i < LB_COUNT(places); i++)
		if (lies_in(path, places[i]))
			return true;
	return false;
}

/* In the directory that the command works in and below. */
static bool project_names_git(const struct command_line *l, const struct view *v)
{
	lb_autostrv struct lb_strv files = { 0 };
	for (size_t i = 0; i < LB_COUNT(builds); i++)
		view_list(v, l->dir, builds[i], &files);
	size_t surely = files.count;
	for (size_t i = 0; i < LB_COUNT(programs); i++)
		view_list(v, l->dir, programs[i], &files);
	for (size_t i = 0, looked = 0; i < files.count && looked < FILES_MAX; i++) {
		if (lies_in(files.items[i], ".git") || (i >= surely && !is_program(files.items[i])))
			continue;
		looked++;
		if (has_sign(v, files.items[i]))
			return true;
	}
	return false;
}

static bool has_repository(const struct view *v)
{
	return lb_tree_get(v->context, ".git") || lb_tree_get(v->context, ".hg") || lb_tree_get(v->context, ".svn");
}

bool commit_is_read(const struct command_line *l, const struct catalog_row *row, const struct view *v)
{
	if (!has_repository(v))
		return true;
	bool as_they_are = (row->flags & NAMES_ARE_FILES) && strcmp(row->verbs, "*") == 0;
	return as_they_are || catalog_listed(stamping, l->tool) || project_names_git(l, v);
}
