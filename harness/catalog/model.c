/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/model.h"

#include <string.h>

#include "catalog/command.h"
#include "lbench/fs.h"

struct write {
	char *path; /* the arena's */
	uint64_t files, bytes;
	double compresses_to;
	bool single, cache, output;
};

struct making {
	const struct model_scene *s;
	struct shell_commands commands;
	struct lb_strv depends;
	struct lb_strv said; /* words of the commands so far */
	struct write *writes;
	size_t count, cap;
	uint64_t cold_ms, warm_ms;
	bool warm, moves;
	struct lb_buf what, typical;
	char *why;
};

static void refuse(struct making *m, char *why)
{
	if (m->why)
		free(why);
	else
		m->why = why;
}

static bool in_cache_mount(const struct making *m, const char *path)
{
	const struct lb_step *step = m->s->step;
	for (size_t i = 0; path && i < step->mounts_count; i++)
		if (step->mounts[i].type != LB_MOUNT_BIND && *step->mounts[i].target && lb_path_is_below(path, step->mounts[i].target))
			return true;
	return false;
}

/* ---- where things go ---- */

static const char *env(const struct making *m, const char *name)
{
	const char *value = m->s->env ? lb_pairs_get(m->s->env, name) : NULL;
	return value && *value ? value : NULL;
}

/* "python:3.12-slim" -> "3.12"; "" where the name does not say. */
static char *python_version(const char *base)
{
	const char *tag = base ? strchr(base, ':') : NULL;
	size_t n = tag && strstr(base, "python") ? strspn(tag + 1, "0123456789.") : 0;
	const char *dot = n ? memchr(tag + 1, '.', n) : NULL;
	const char *patch = dot ? memchr(dot + 1, '.', n - (size_t)(dot + 1 - (tag + 1))) : NULL;
	return tag && dot ? lb_strndup(tag + 1, patch ? (size_t)(patch - tag - 1) : n) : lb_strdup("3");
}

/* A virtual environment is told by its variable, or by its bin before the rest of PATH. */
static char *venv_of(const struct making *m, const struct command_line *l)
{
	const char *given = env(m, "VIRTUAL_ENV"), *path = env(m, "PATH");
	if (given)
		return lb_strdup(given);
	if (strcmp(l->tool, "poetry") == 0 && env(m, "POETRY_VIRTUALENVS_IN_PROJECT"))
		return lb_path_join(l->dir, ".venv");
	const char *end = path ? strstr(path, "/bin:") : NULL;
	lb_autofree char *first = end ? lb_strndup(path, (size_t)(end - path)) : NULL;
	return first && strstr(first, "venv") ? lb_strdup(first) : NULL;
}

static char *site_packages(const struct making *m, const struct command_line *l)
{
	const char *target = command_line_value(l, "-t --target");
	if (target)
		return lb_path_join(l->dir, target);
	lb_autofree char *version = python_version(m->s->base);
	lb_autofree char *venv = venv_of(m, l);
	const char *prefix = command_line_value(l, "--prefix --root");
	lb_autofree char *top = prefix ? lb_path_join(l->dir, prefix)
				       : lb_strdup(venv                            ? venv
						   : command_line_has(l, "--user") ? "/root/.local"
										   : "/usr/local");
	return lb_format("%s/lib/python%s/site-packages", top, version);
}

/* Where a row's output goes; NULL: it has none. */
static char *output_path(const struct making *m, const struct command_line *l, const struct catalog_row *row)
{
	lb_autofree char *joined = NULL;
	const char *given = row->flags & OUTPUT ? command_line_value(l, "-o --output --outDir --target-dir --out-dir") : NULL;
	const char *build = strcmp(l->tool, "cmake") == 0 ? command_line_value(l, "-B") : NULL;
	if (!row->path)
		return NULL;
	if (strcmp(row->path, "SITE") == 0)
		joined = site_packages(m, l);
	else if (strcmp(row->path, "MODULES") == 0)
		joined = command_line_has(l, "-g --global") ? lb_strdup("/usr/local/lib/node_modules")
							    : lb_path_join(l->dir, "node_modules");
	else if (strcmp(row->path, "wheels") == 0 && command_line_value(l, "-w --wheel-dir -d --dest"))
		joined = lb_path_join(l->dir, command_line_value(l, "-w --wheel-dir -d --dest"));
	else if (given && strcmp(l->tool, "go") == 0 && given[strlen(given) - 1] == '/')
		joined = lb_format("%s/app", given);
	else
		joined = lb_path_join(l->dir, given ? given : build ? build : row->path);
	return lb_path_clean(joined);
}

/* ---- one command ---- */

static struct write *add_write(struct making *m, const char *path, uint64_t files, uint64_t kib, double ratio)
{
	if (!kib || in_cache_mount(m, path))
		return NULL;
	m->writes = lb_grow(m->writes, m->count, &m->cap, sizeof(*m->writes));
	struct write *w = &m->writes[m->count++];
	*w = (struct write){ lb_arena_strdup(m->s->arena, path), files ? files : 1, kib * 1024, ratio, !files, false, false };
	return w;
}

/* A cache beside the output, unless it is refused, or lies where the output lies. */
static void add_cache(struct making *m, const struct command_line *l, const struct catalog_row *row, uint32_t packages)
{
	bool refused = command_line_has(l, "--no-cache-dir --no-cache") || (strcmp(row->tool, "pip") == 0 && env(m, "PIP_NO_CACHE_DIR")) ||
		       (strcmp(row->tool, "uv") == 0 && env(m, "UV_NO_CACHE"));
	uint64_t kib = (uint64_t)row->cache_each_kib * (row->flags & OUTPUT ? 1 : packages);
	struct write *w = row->cache && !refused ? add_write(m, row->cache, kib / 64 + 1, kib, 0.9) : NULL;
	if (w)
		w->cache = true;
}

static void add_writes(struct making *m, const struct command_line *l, const struct catalog_row *row, uint32_t packages)
{
	lb_autofree char *path = output_path(m, l, row);
	uint64_t files = row->files + (uint64_t)row->each_files * packages, kib = row->kib + (uint64_t)row->each_kib * packages;
	bool moves = (row->flags & MOVES) && (!(row->flags & RECURSES) || command_line_has(l, "-R --recursive -hR -Rh -vR"));
	m->moves |= moves;
	struct write *w = path ? add_write(m, path, files, kib, row->compresses_to) : NULL;
	if (w)
		w->output = (row->flags & OUTPUT) && !command_line_value(l, "-o --output");
	add_cache(m, l, row, packages);
}

static void add_time(struct making *m, const struct catalog_row *row, uint32_t packages)
{
	uint64_t cold = row->ms + (uint64_t)row->each_ms * packages;
	uint64_t warm = row->warm_ms + (uint64_t)row->warm_each_ms * packages;
	bool mounted = false;
	for (size_t i = 0; i < m->s->step->mounts_count; i++)
		mounted |= m->s->step->mounts[i].type == LB_MOUNT_CACHE;
	m->cold_ms += cold;
	m->warm_ms += mounted && row->warm_ms ? warm : cold;
	m->warm |= mounted && row->warm_ms;
}

static void add_names(struct making *m, const struct catalog_row *row, const struct command_needs *n)
{
	if (*row->name && !strstr(lb_buf_str(&m->what), row->name))
		lb_buf_addf(&m->what, "%s%s", m->what.len ? " + " : "", row->name);
	if (n->counted)
		lb_buf_addf(&m->typical, "%s%u package%s of %s", m->typical.len ? ", " : "", n->packages, n->packages == 1 ? "" : "s",
			    n->counted);
	else if (row->each_ms)
		lb_buf_addf(&m->typical, "%s%u package%s", m->typical.len ? ", " : "", n->packages, n->packages == 1 ? "" : "s");
}

/* `rm -rf /var/lib/apt/lists/…` of the same RUN: what is removed is in no layer. */
static void forget(struct making *m, const struct command_line *l)
{
	bool caches = l->verb && catalog_listed("cache clean autoclean clear-cache clearcache", l->verb);
	bool rm = strcmp(l->tool, "rm") == 0;
	for (size_t i = 0; i < m->count; i++) {
		bool gone = caches && m->writes[i].cache;
		for (size_t k = 0; rm && k <= l->names.count; k++) {
			const char *name = k ? l->names.items[k - 1] : l->verb;
			lb_autofree char *joined = name ? lb_path_join(l->dir, name) : NULL;
			size_t n = joined ? strlen(joined) : 0;
			if (n > 2 && strcmp(joined + n - 2, "/*") == 0)
				joined[n - 2] = '\0';
			lb_autofree char *clean = joined ? lb_path_clean(joined) : NULL;
			gone |= clean && lb_path_is_below(m->writes[i].path, clean);
		}
		if (gone)
			m->writes[i].bytes = 0;
	}
}

/* ./mvnw is a file of the project. */
static void depend_on_program(struct making *m, const struct shell_command *c)
{
	lb_autofree char *joined = lb_path_join(c->cwd, c->words.items[0]);
	lb_autofree char *path = lb_path_clean(joined);
	const char *from = strchr(c->words.items[0], '/') ? view_find(m->s->view, path) : NULL;
	if (from && !lb_strv_has(&m->depends, from))
		lb_strv_add(&m->depends, from);
}

static void read_command(struct making *m, const struct shell_command *c)
{
	struct command_line l;
	struct command_needs n = { 0 };
	command_line_read(c, m->s->view, &l);
	bool uv_pip = strcmp(l.tool, "uv") == 0 && l.verb && strcmp(l.verb, "pip") == 0;
	bool named = l.names.count > uv_pip || l.files.count;
	const struct catalog_row *row = catalog_row_find(l.tool, l.verb, named);
	if (catalog_listed(". source", l.tool) && l.verb && strcmp(lb_path_base(l.verb), "activate") == 0)
		row = catalog_row_find("true", NULL, false);
	if (strcmp(l.tool, "python") == 0 && command_line_value(&l, "-m") && strcmp(command_line_value(&l, "-m"), "venv") == 0)
		row = catalog_row_find("true", NULL, false);
	const char *then = l.names.count ? l.names.items[0] : "";
	if (!row || (row->then && !catalog_listed(row->then, then))) {
		refuse(m, lb_format("`%s%s%s` is not in the catalogue", c->words.items[0], l.verb ? " " : "", l.verb ? l.verb : ""));
	} else {
		command_needs_find(&l, row, m->s->view, &m->said, &n);
		if (n.why)
			refuse(m, lb_strdup(n.why));
		for (size_t i = 0; i < n.depends.count; i++)
			if (!lb_strv_has(&m->depends, n.depends.items[i]))
				lb_strv_add(&m->depends, n.depends.items[i]);
		depend_on_program(m, c);
		add_time(m, row, n.packages);
		add_writes(m, &l, row, n.packages);
		add_names(m, row, &n);
		forget(m, &l);
	}
	for (size_t i = 0; i < c->words.count; i++)
		lb_strv_add(&m->said, c->words.items[i]);
	command_needs_release(&n);
	command_line_release(&l);
}

/* ---- the RUN ---- */

static bool is_posix_shell(const struct lb_step *step)
{
	static const char *const shells = "sh bash ash dash";
	return !step->argv_count || catalog_listed(shells, lb_path_base(step->argv[0]));
}

static void read_step(struct making *m)
{
	const struct lb_step *step = m->s->step;
	const char *cwd = step->cwd && *step->cwd ? step->cwd : "/";
	if (!step->shell_form)
		shell_add(step->argv, step->argv_count, cwd, m->s->env, &m->commands);
	else if (!is_posix_shell(step))
		refuse(m, lb_format("the shell `%s`", step->argv[0]));
	else
		shell_read(step->script ? step->script : step->command, cwd, m->s->env, &m->commands);
	if (step->script && strncmp(step->script, "#!", 2) == 0 && !memmem(step->script, strcspn(step->script, "\n"), "sh", 2))
		refuse(m, lb_strdup("a script that is not a shell's"));
	if (m->commands.refused)
		refuse(m, lb_strdup(m->commands.refused));
	for (size_t i = 0; i < m->commands.count; i++)
		read_command(m, &m->commands.items[i]);
	if (!m->commands.count)
		refuse(m, lb_strdup("no command"));
}

/* Outputs come first: they may have to move. */
static void give_writes(const struct making *m, struct lb_model *out, size_t *outputs)
{
	out->writes = lb_arena_alloc(m->s->arena, (m->count + 1) * sizeof(*out->writes));
	out->writes_given = !m->moves;
	for (int pass = 0; !m->moves && pass < 2; pass++) {
		for (size_t i = 0; i < m->count; i++) {
			const struct write *w = &m->writes[i];
			if (!w->bytes || w->output != (pass == 0))
				continue;
			out->writes[out->writes_count++] = (struct lb_model_write){ .path = w->path,
										    .files = w->files,
										    .bytes = w->bytes,
										    .single = w->single,
										    .compresses_to = w->compresses_to };
			*outputs += w->output;
		}
	}
}

/* A text as a pattern that fits it: what continuations left between words is any blank. */
static char *pattern_of(const struct making *m, const char *text)
{
	lb_autobuf struct lb_buf out = { 0 };
	for (const char *p = text; *p; p++) {
		size_t blanks = strspn(p, " \t\n\r");
		if (blanks > 1 || *p == '\n' || *p == '\t') {
			lb_buf_addc(&out, '*');
			p += blanks - 1;
		} else {
			lb_buf_addc(&out, *p);
		}
	}
	return lb_arena_strdup(m->s->arena, lb_buf_str(&out));
}

static void give(struct making *m, struct catalog_run *out, size_t *outputs)
{
	struct lb_arena *arena = m->s->arena;
	struct lb_model *model = &out->model;
	out->known = !m->why;
	out->why = m->why ? lb_arena_strdup(arena, m->why) : NULL;
	out->what = lb_arena_strdup(arena, m->what.len ? lb_buf_str(&m->what) : "setting up");
	out->typical = lb_arena_strdup(arena, lb_buf_str(&m->typical));
	if (m->why)
		return;
	*model = (struct lb_model){ .source = LB_MODEL_DECLARED,
				    .depends_given = true,
				    .has_seconds = true,
				    .cold_ns = m->cold_ms * 1000000,
				    .has_warm = m->warm,
				    .warm_mount_ns = m->warm ? m->warm_ms * 1000000 : 0 };
	model->match = pattern_of(m, m->s->step->in->original);
	model->depends = lb_arena_alloc(arena, (m->depends.count + 1) * sizeof(*model->depends));
	for (size_t i = 0; i < m->depends.count; i++)
		model->depends[model->depends_count++] = lb_arena_strdup(arena, m->depends.items[i]);
	give_writes(m, model, outputs);
}

void model_make(const struct model_scene *s, struct catalog_run *out, size_t *outputs)
{
	struct making m = { .s = s };
	read_step(&m);
	*outputs = 0;
	give(&m, out, outputs);
	shell_release(&m.commands);
	lb_strv_release(&m.depends);
	lb_strv_release(&m.said);
	free(m.writes);
	lb_buf_release(&m.what);
	lb_buf_release(&m.typical);
	free(m.why);
}
