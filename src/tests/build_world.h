/* SPDX-License-Identifier: Apache-2.0
 *
 * Random worlds for the property tests of builds: a Dockerfile, a context, an argument and a base, and edits of
 * them. Everything is small integers, so that a failing one shrinks by dropping lines, files and edits.
 */
#ifndef TESTS_BUILD_WORLD_H
#define TESTS_BUILD_WORLD_H

#include <stdio.h>
#include <string.h>

#include "lbench/buf.h"
#include "lbench/dockerfile.h"
#include "lbench/tree.h"

/* splitmix64 */
static inline uint64_t world_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline unsigned world_below(uint64_t *state, unsigned n)
{
	return (unsigned)(world_random(state) % n);
}

/* ---- the context ---- */

struct world_file {
	bool there, renamed;
	uint8_t text, mode, owner, time;
};

/* Name, name after a rename, kind. A link's text chooses its target. */
static const struct {
	const char *path, *other;
	enum lb_kind kind;
} world_paths[] = {
	{ "a.txt", "b2.txt", LB_FILE }, { "b.txt", "zz.txt", LB_FILE }, { "d", "d", LB_DIR },          { "d/e", "d/e", LB_DIR },
	{ "d/x", "d/w", LB_FILE },      { "d/y", "d/z", LB_FILE },      { "d/e/f", "d/e/g", LB_FILE }, { "link", "ln", LB_SYMLINK },
	{ "d/l", "d/k", LB_SYMLINK },   { "run.sh", "go.sh", LB_FILE },
};
enum { WORLD_FILES = sizeof(world_paths) / sizeof(world_paths[0]) };

static inline const char *world_path(const struct world_file *files, size_t i)
{
	return files[i].renamed ? world_paths[i].other : world_paths[i].path;
}

/* A directory is also there for what it holds. */
static inline bool world_has(const struct world_file *files, size_t i)
{
	size_t len = strlen(world_paths[i].path);
	bool there = files[i].there;
	for (size_t k = 0; k < WORLD_FILES && world_paths[i].kind == LB_DIR; k++)
		there = there ||
			(files[k].there && !strncmp(world_paths[k].path, world_paths[i].path, len) && world_paths[k].path[len] == '/');
	return there;
}

static inline void world_describe_file(const struct world_file *f, size_t i, struct lb_buf *out)
{
	static const char *const targets[] = { "a.txt", "b.txt", "nowhere" };
	const char *path = f->renamed ? world_paths[i].other : world_paths[i].path;
	unsigned owner = f->owner % 2 ? 7 : 0, sec = 1600000000U + f->time;
	switch (world_paths[i].kind) {
	case LB_DIR:
		lb_buf_addf(out, "d %04o %u:%u @%u %s\n", f->mode % 2 ? 0700 : 0755, owner, owner, sec, path);
		break;
	case LB_SYMLINK:
		lb_buf_addf(out, "l 0777 %u:%u @%u %s -> %s\n", owner, owner, sec, path, targets[f->text % 3]);
		break;
	default:
		lb_buf_addf(out, "f %04o %u:%u @%u %s = text %u\n", f->mode % 2 ? 0755 : 0644, owner, owner, sec, path, f->text);
	}
}

/* ---- the Dockerfile ---- */

/* '#' is the line's number, '@' another stage, or the base in the first one. */
struct world_template {
	const char *text;
	unsigned dialect;
	bool meta; /* changes nothing but the image's configuration */
	bool binds;
};
static const struct world_template world_templates[] = {
	{ "COPY a.txt /c#", 0, false, false },
	{ "COPY a.txt b.txt /m#/", 0, false, false },
	{ "COPY d /d#", 0, false, false },
	{ "COPY d/ /out/", 0, false, false },
	{ "COPY . /all", 0, false, false },
	{ "COPY *.txt /t#/", 0, false, false },
	{ "COPY d/* /g#/", 0, false, false },
	{ "COPY link /lk#", 0, false, false },
	{ "COPY --chmod=070# a.txt /cm", LB_DIALECT_CHMOD, false, false },
	{ "COPY --chmod=0755 d /cd#", LB_DIALECT_CHMOD, false, false },
	{ "COPY --chown=#:7 d /o", 0, false, false },
	{ "COPY --chown=app a.txt /n#", 0, false, false },
	{ "COPY --link d /l#", LB_DIALECT_LINK, false, false },
	{ "COPY --link a.txt /out/", LB_DIALECT_LINK, false, false },
	{ "COPY --exclude=x d /x#", LB_DIALECT_EXCLUDE, false, false },
	{ "COPY <<f /h/\ntext #\nf", LB_DIALECT_HEREDOC, false, false },
	{ "ADD b.txt /add#", 0, false, false },
	{ "ADD d /add#", 0, false, false },
	{ "COPY --from=@ /etc /f#", 0, false, false },
	{ "COPY --from=@ /out /f#", 0, false, false },
	{ "COPY --from=@ / /f#", 0, false, false },
	{ "COPY --from=@ --chown=1:1 /etc/passwd /f#", 0, false, false },
	{ "RUN one #", 0, false, false },
	{ "RUN two $A #", 0, false, false },
	{ "RUN [\"three\", \"#\"]", 0, false, false },
	{ "RUN --mount=type=bind,target=/ctx bound #", LB_DIALECT_MOUNT, false, true },
	{ "RUN --mount=type=bind,source=d,target=/d bound #", LB_DIALECT_MOUNT, false, true },
	{ "RUN --mount=type=bind,source=a.txt,target=/a bound #", LB_DIALECT_MOUNT, false, true },
	{ "RUN --mount=type=bind,from=@,target=/st bound #", LB_DIALECT_MOUNT, false, true },
	{ "RUN --mount=type=cache,target=/k# cached", LB_DIALECT_MOUNT, false, false },
	{ "RUN <<EOF\nhere #\nEOF", LB_DIALECT_HEREDOC, false, false },
	{ "WORKDIR /w#", 0, false, false },
	{ "WORKDIR /w$A", 0, false, false },
	{ "WORKDIR sub", 0, false, false },
	{ "ENV E=#", 0, false, false },
	{ "ENV F=$A", 0, false, false },
	{ "ARG A=#", 0, false, false },
	{ "ARG B=#", 0, false, false },
	{ "USER app", 0, false, false },
	{ "USER #", 0, false, false },
	{ "SHELL [\"/bin/sh\", \"-#c\"]", 0, false, false },
	{ "ONBUILD RUN trigger #", 0, false, false },
	{ "LABEL l=#", 0, true, false },
	{ "LABEL a=$A", 0, true, false },
	{ "CMD [\"c#\"]", 0, true, false },
	{ "CMD c#", 0, true, false },
	{ "ENTRYPOINT [\"e#\"]", 0, true, false },
	{ "EXPOSE 800#", 0, true, false },
	{ "VOLUME /v#", 0, true, false },
	{ "STOPSIGNAL #", 0, true, false },
	{ "HEALTHCHECK CMD h#", 0, true, false },
};
enum { WORLD_TEMPLATES = sizeof(world_templates) / sizeof(world_templates[0]), WORLD_LINES = 12, WORLD_STAGES = 3 };

struct world_line {
	bool there;
	uint8_t template, number, stage;
};

struct world {
	struct world_file files[WORLD_FILES];
	struct world_line lines[WORLD_LINES];
	uint8_t bases[WORLD_STAGES]; /* what FROM says: 0 the base, 1 scratch, 2 the stage before */
	uint8_t base;                /* which base image the name stands for */
	uint8_t argument;            /* value of --build-arg A; 0: none */
};

static inline void world_add_line(struct lb_buf *out, const struct world_line *l)
{
	for (const char *p = world_templates[l->template].text; *p; p++) {
		if (*p == '#')
			lb_buf_addu(out, l->number);
		else if (*p == '@' && l->stage)
			lb_buf_addf(out, "s%u", l->stage - 1U);
		else if (*p == '@')
			lb_buf_adds(out, "base");
		else
			lb_buf_addc(out, *p);
	}
	lb_buf_addc(out, '\n');
}

/* Stages without a line are not there, but for the last one. */
static inline void world_dockerfile(const struct world *w, struct lb_buf *out)
{
	for (unsigned s = 0; s < WORLD_STAGES; s++) {
		unsigned from = s ? w->bases[s] % 3 : w->bases[s] % 2;
		if (from == 2)
			lb_buf_addf(out, "FROM s%u AS s%u\n", s - 1, s);
		else
			lb_buf_addf(out, "FROM %s AS s%u\n", from ? "scratch" : "base", s);
		for (size_t i = 0; i < WORLD_LINES; i++)
			if (w->lines[i].there && w->lines[i].stage == s)
				world_add_line(out, &w->lines[i]);
	}
}

static inline void world_context(const struct world *w, struct lb_buf *out)
{
	for (size_t i = 0; i < WORLD_FILES; i++)
		if (world_has(w->files, i))
			world_describe_file(&w->files[i], i, out);
}

/* ---- edits ---- */

enum world_edit_kind {
	WORLD_NOTHING,
	WORLD_CONTENT, /* the time stays, and so does the size: what a warm builder overlooks */
	WORLD_WRITE,   /* content and time */
	WORLD_MODE,
	WORLD_TIME,
	WORLD_OWNER,
	WORLD_RENAME,
	WORLD_ADD_OR_REMOVE,
	WORLD_LINE,
	WORLD_LINE_ADD_OR_REMOVE,
	WORLD_META,
	WORLD_ARGUMENT,
	WORLD_BASE,
	WORLD_FROM,
	WORLD_BACK, /* to the state before the last one */
	WORLD_EDITS,
};

struct world_edit {
	bool there;
	enum world_edit_kind kind;
	uint8_t at, value;
};

static inline void world_edit_file(struct world_file *f, const struct world_edit *e)
{
	switch (e->kind) {
	case WORLD_CONTENT:
		f->text = (uint8_t)((f->text + 1) % 10);
		break;
	case WORLD_WRITE:
		f->text = (uint8_t)((f->text + 1) % 10);
		f->time++;
		break;
	case WORLD_MODE:
		f->mode++;
		break;
	case WORLD_TIME:
		f->time++;
		break;
	case WORLD_OWNER:
		f->owner++;
		break;
	case WORLD_RENAME:
		f->renamed = !f->renamed;
		break;
	default:
		f->there = !f->there;
	}
}

static inline bool world_is_meta(const struct world_line *l)
{
	return world_templates[l->template].meta;
}

static inline void world_edit_line(struct world_line *l, const struct world_edit *e)
{
	if (e->kind == WORLD_LINE_ADD_OR_REMOVE)
		l->there = !l->there;
	else if (e->kind == WORLD_LINE)
		l->number = (uint8_t)((l->number + 1) % 8);
	else if (world_is_meta(l) && e->value % 2)
		l->there = !l->there;
	else if (world_is_meta(l))
		l->number = (uint8_t)((l->number + 1) % 8);
}

static inline void world_apply(struct world *w, const struct world_edit *e)
{
	switch (e->kind) {
	case WORLD_NOTHING:
	case WORLD_BACK:
	case WORLD_EDITS:
		return;
	case WORLD_ARGUMENT:
		w->argument = (uint8_t)((w->argument + 1) % 3);
		return;
	case WORLD_BASE:
		w->base = e->value % 4;
		return;
	case WORLD_FROM:
		w->bases[e->at % WORLD_STAGES]++;
		return;
	case WORLD_LINE:
	case WORLD_LINE_ADD_OR_REMOVE:
	case WORLD_META:
		world_edit_line(&w->lines[e->at % WORLD_LINES], e);
		return;
	default:
		world_edit_file(&w->files[e->at % WORLD_FILES], e);
	}
}

/* ---- whole stories ---- */

enum { STORY_EDITS = 4 };
struct story {
	struct world first;
	struct world_edit edits[STORY_EDITS];
};

static inline void world_random_lines(struct world *w, uint64_t *seed, unsigned dialect)
{
	unsigned stages = 1 + world_below(seed, WORLD_STAGES);
	for (size_t i = 0; i < WORLD_LINES; i++) {
		struct world_line *l = &w->lines[i];
		do
			l->template = (uint8_t)world_below(seed, WORLD_TEMPLATES);
		while (world_templates[l->template].dialect & ~dialect);
		l->there = world_below(seed, 3) != 0;
		l->number = (uint8_t)(1 + world_below(seed, 6));
		l->stage = (uint8_t)(WORLD_STAGES - 1 - world_below(seed, stages));
	}
}

static inline void story_random(struct story *st, uint64_t *seed, unsigned dialect)
{
	memset(st, 0, sizeof(*st));
	for (size_t i = 0; i < WORLD_FILES; i++)
		st->first.files[i] = (struct world_file){ .there = i < 3 || world_below(seed, 4) != 0,
							  .text = (uint8_t)world_below(seed, 10),
							  .mode = (uint8_t)world_below(seed, 2),
							  .owner = (uint8_t)(world_below(seed, 4) == 0) };
	world_random_lines(&st->first, seed, dialect);
	for (size_t s = 0; s < WORLD_STAGES; s++)
		st->first.bases[s] = (uint8_t)(world_below(seed, 3) ? 0 : world_below(seed, 3));
	for (size_t i = 0; i < STORY_EDITS; i++)
		st->edits[i] = (struct world_edit){ true, (enum world_edit_kind)world_below(seed, WORLD_EDITS), (uint8_t)world_random(seed),
						    (uint8_t)world_random(seed) };
}

/* Calls holds for st without one of its parts after the other; keeps what still fails. Returns with the smallest. */
static inline void story_shrink(struct story *st, bool (*fails)(const struct story *st, void *arg), void *arg)
{
	for (bool smaller = true; smaller;) {
		smaller = false;
		for (size_t i = 0; i < WORLD_LINES + STORY_EDITS + WORLD_FILES; i++) {
			struct story less = *st;
			bool *part = i < WORLD_LINES                 ? &less.first.lines[i].there
				     : i < WORLD_LINES + STORY_EDITS ? &less.edits[i - WORLD_LINES].there
								     : &less.first.files[i - WORLD_LINES - STORY_EDITS].there;
			if (!*part)
				continue;
			*part = false;
			if (!fails(&less, arg))
				continue;
			*st = less;
			smaller = true;
		}
	}
}

static inline void world_print(const char *title, const struct world *w, struct lb_buf *out)
{
	lb_buf_addf(out, "--- %s: base %u, A %u\n", title, w->base, w->argument);
	world_dockerfile(w, out);
	lb_buf_adds(out, "--\n");
	world_context(w, out);
}

#endif
