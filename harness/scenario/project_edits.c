/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits that a project's tree suggests: a source file, every package manifest and lock file, the README, a new
 * file, and the same commit on another machine. None has a weight: how often what is changed is not in the tree.
 */
#include <string.h>
#include <strings.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "scenario/load.h"
#include "scenario/paths.h"
#include "scenario/state.h"

enum { EDITS_MAX = 16 };

static const char *const source_endings[] = {
	".py",  ".js", ".ts",  ".tsx",   ".jsx",   ".mjs", ".go", ".rs",  ".c",      ".cc",  ".cpp", ".java",   ".kt",   ".rb",
	".php", ".cs", ".ex",  ".swift", ".scala", ".lua", ".sh", ".vue", ".cxx",    ".mts", ".cjs", ".svelte", ".dart", ".zig",
	".hs",  ".ml", ".clj", ".erl",   ".pl",    ".r",   ".jl", ".fs",  ".groovy", ".nim", ".cr",  ".elm",
};
/* Of a project without any of these a page is the source, or else any file but these. */
static const char *const pages[] = { "*.html", "*.htm", "*.css", "*.scss" };
static const char *const no_sources[] = {
	"Dockerfile*",    "*.Dockerfile", "Containerfile*", "docker-compose*", "compose*.y*ml",
	"*.dockerignore", "LICENSE*",     "COPYING*",       "lbench.yaml",
};
static const char *const manifests[] = {
	"package.json",
	"package-lock.json",
	"npm-shrinkwrap.json",
	"yarn.lock",
	"pnpm-lock.yaml",
	"requirements*.txt",
	"constraints*.txt",
	"pyproject.toml",
	"poetry.lock",
	"uv.lock",
	"pdm.lock",
	"Pipfile",
	"Pipfile.lock",
	"setup.py",
	"setup.cfg",
	"go.mod",
	"go.sum",
	"Cargo.toml",
	"Cargo.lock",
	"composer.json",
	"composer.lock",
	"Gemfile",
	"Gemfile.lock",
	"pom.xml",
	"build.gradle",
	"build.gradle.kts",
	"gradle.lockfile",
	"CMakeLists.txt",
	"conanfile.txt",
	"conanfile.py",
	"vcpkg.json",
	"mix.exs",
	"mix.lock",
	"pubspec.yaml",
	"pubspec.lock",
	"packages.lock.json",
	"*.csproj",
};
/* What others wrote or tools made; nobody commits there by hand. */
static const char *const foreign[] = {
	"node_modules", "vendor", "dist", "build", "target", "venv", "__pycache__", "third_party", "bower_components",
};

static bool is_foreign(const char *name, size_t len)
{
	if (*name == '.')
		return true;
	for (size_t i = 0; i < LB_COUNT(foreign); i++)
		if (strlen(foreign[i]) == len && memcmp(foreign[i], name, len) == 0)
			return true;
	return false;
}

static int source_kind(const char *base)
{
	const char *dot = strrchr(base, '.');
	for (size_t i = 0; dot && dot != base && i < LB_COUNT(source_endings); i++)
		if (strcasecmp(dot, source_endings[i]) == 0)
			return (int)i;
	return -1;
}

static bool is_any(const char *base, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lb_text_match(patterns[i], base))
			return true;
	return false;
}

static bool is_test(const char *path)
{
	return strstr(path, "test") || strstr(path, "spec");
}

/* ---- the walk ---- */

struct survey {
	struct scn_loader *l;
	const struct lb_ignore *ignore;
	struct lb_strv sources[LB_COUNT(source_endings)];
	struct lb_strv pages, others; /* sources where nothing is a program's */
	struct lb_strv manifests;
	char *readme;
};

static int look(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct survey *s = arg;
	lb_autofree char *name = lb_strndup(path, len);
	const char *base = lb_path_base(name);
	if (node->attr.kind == LB_DIR)
		return len && is_foreign(base, strlen(base)) ? LB_WALK_SKIP : 0;
	if (node->attr.kind != LB_FILE)
		return 0;
	int kind = source_kind(base);
	bool readme = strncasecmp(base, "README", 6) == 0, sent = !lb_ignore_matches(s->ignore, path, len);
	if (is_any(base, manifests, LB_COUNT(manifests)))
		lb_strv_add(&s->manifests, name);
	else if (kind >= 0 && sent)
		lb_strv_add(&s->sources[kind], name);
	else if (sent && !readme && *base != '.' && !is_any(base, no_sources, LB_COUNT(no_sources)))
		lb_strv_add(is_any(base, pages, LB_COUNT(pages)) ? &s->pages : &s->others, name);
	if (!s->readme && readme && strchr(name, '/') == NULL)
		s->readme = lb_arena_strdup(s->l->arena, name);
	return 0;
}

/* Of the language with the most files the one with the smallest hash, tests only when there is nothing else. */
static const char *choose_source(const struct survey *s)
{
	const struct lb_strv *most = &s->sources[0];
	for (size_t i = 1; i < LB_COUNT(source_endings); i++)
		if (s->sources[i].count > most->count)
			most = &s->sources[i];
	if (!most->count)
		most = s->pages.count ? &s->pages : &s->others;
	const char *best = NULL;
	struct lb_digest best_rank;
	for (size_t i = 0; i < most->count; i++) {
		const char *path = most->items[i];
		struct lb_digest rank = lb_digest_of(path, strlen(path));
		bool better = !best || (is_test(best) && !is_test(path)) ||
			      (is_test(best) == is_test(path) && memcmp(&rank, &best_rank, sizeof(rank)) < 0);
		if (better) {
			best = path;
			best_rank = rank;
		}
	}
	return best;
}

/* ---- the edits ---- */

static struct scn_change *add_edit(struct scn_loader *l, const char *name, enum scn_change_kind kind, const char *path)
{
	struct scenario *s = l->s;
	lb_autofree char *flat = lb_strdup(name);
	for (char *p = flat; *p; p++)
		if (strchr("/, \t\n", *p))
			*p = '-';
	struct scn_edit *e = &s->edits[s->edits_count++];
	e->name = lb_arena_strdup(l->arena, flat);
	e->changes = lb_arena_alloc(l->arena, sizeof(*e->changes));
	e->changes_count = 1;
	e->pos.file = e->changes->pos.file = s->file ? s->file : s->dir;
	e->changes->kind = kind;
	e->changes->path = path ? lb_arena_strdup(l->arena, path) : NULL;
	return e->changes;
}

/* A new file beside `source`, valid by itself: in Go every file begins with its package. */
static int add_new_file(struct scn_loader *l, const char *source)
{
	if (!strrchr(lb_path_base(source), '.'))
		return 0;
	lb_autofree char *dir = lb_path_dir(source);
	lb_autofree char *path = lb_format("%s/lbench_new%s", dir, strrchr(source, '.'));
	lb_autofree char *clean = lb_path_clean(path);
	if (lb_tree_get(l->s->context, clean))
		return 0;
	lb_autobuf struct lb_buf none = { 0 }, text = { 0 };
	if (strcmp(strrchr(source, '.'), ".go") == 0) {
		const struct lb_node *n = lb_tree_get(l->s->context, source);
		int rc = n->content ? lb_content_load(n->content, &none, l->err) : 0;
		if (rc < 0)
			return rc;
		const char *line = strstr(lb_buf_str(&none), "package ");
		lb_buf_addf(&text, "%.*s\n", line ? (int)strcspn(line, "\r\n") : 0, line ? line : "");
		lb_buf_clear(&none);
	}
	scn_edit_bytes(clean, &none, "0000000a", &text);
	add_edit(l, "new-file", SCN_WRITE, clean)->text = lb_arena_strdup(l->arena, lb_buf_str(&text));
	return 0;
}

static void add_edit_of(struct scn_loader *l, const char *name, const char *path)
{
	lb_autofree char *literal = scn_glob_literal(path);
	add_edit(l, name, SCN_EDIT, literal);
}

static int add_edits(struct scn_loader *l, const struct survey *s)
{
	const char *source = choose_source(s);
	if (source)
		add_edit_of(l, "source", source);
	for (size_t i = 0; i < s->manifests.count && l->s->edits_count < EDITS_MAX - 3; i++)
		add_edit_of(l, s->manifests.items[i], s->manifests.items[i]);
	if (s->readme)
		add_edit_of(l, "readme", s->readme);
	int rc = source ? add_new_file(l, source) : 0;
	struct scn_change *c = add_edit(l, "ci-checkout", SCN_CHECKOUT, NULL);
	c->has_umask = c->has_owner = c->new_times = true;
	c->umask = 0002;
	c->uid = c->gid = 1000;
	return rc;
}

static int read_ignore(struct scn_loader *l, struct lb_ignore **out)
{
	struct scn_state look_only = { .scenario = l->s, .context = l->s->context };
	return scn_state_ignore(&look_only, 0, out, l->err);
}

int scn_load_project_edits(struct scn_loader *l)
{
	lb_autoignore struct lb_ignore *ignore = NULL;
	int rc = read_ignore(l, &ignore);
	if (rc < 0)
		return lb_recode(l->err, LB_INVALID);
	struct survey s = { .l = l, .ignore = ignore };
	l->s->edits = lb_arena_alloc(l->arena, EDITS_MAX * sizeof(*l->s->edits));
	rc = lb_tree_walk(l->s->context, look, &s);
	if (rc == 0)
		rc = add_edits(l, &s);
	for (size_t i = 0; i < LB_COUNT(source_endings); i++)
		lb_strv_release(&s.sources[i]);
	lb_strv_release(&s.manifests);
	lb_strv_release(&s.pages);
	lb_strv_release(&s.others);
	return rc;
}
