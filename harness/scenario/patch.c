/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario/patch.h"

#include <stdlib.h>
#include <string.h>

/* ---- lines ---- */

struct cursor {
	const char *p, *end;
	uint32_t line; /* of what stands at p */
};

/* The next line without its newline. */
static bool next_line(struct cursor *c, const char **line, size_t *len)
{
	if (c->p == c->end)
		return false;
	const char *nl = memchr(c->p, '\n', (size_t)(c->end - c->p));
	*line = c->p;
	*len = (size_t)((nl ? nl : c->end) - c->p);
	c->p = nl ? nl + 1 : c->end;
	c->line++;
	return true;
}

static bool starts(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);
	return len >= n && memcmp(line, with, n) == 0;
}

/* ---- the files of a patch ---- */

/* "a/dir/file\tdate" -> "dir/file"; /dev/null -> NULL. */
static const char *path_of(const char *s, size_t len, struct lb_arena *arena)
{
	const char *tab = memchr(s, '\t', len);
	if (tab)
		len = (size_t)(tab - s);
	if (len && s[len - 1] == '\r')
		len--;
	if (len == 9 && memcmp(s, "/dev/null", 9) == 0)
		return NULL;
	if (len > 2 && (*s == 'a' || *s == 'b') && s[1] == '/') {
		s += 2;
		len -= 2;
	}
	return lb_arena_strndup(arena, s, len);
}

struct parser {
	struct cursor c;
	struct lb_arena *arena;
	struct scn_patch *out;
	size_t cap;
	struct scn_patch_file *items; /* grown outside of the arena */
	bool git;                     /* the last file began with "diff --git" and has no "---" yet */
	const char *name;
	struct lb_err *err;
};

static struct scn_patch_file *add_file(struct parser *p)
{
	p->items = lb_grow(p->items, p->out->count, &p->cap, sizeof(*p->items));
	struct scn_patch_file *f = &p->items[p->out->count++];
	*f = (struct scn_patch_file){ .hunks = "" };
	return f;
}

static struct scn_patch_file *last_file(struct parser *p)
{
	return p->out->count ? &p->items[p->out->count - 1] : NULL;
}

static int bad_line(struct parser *p, const char *what)
{
	return lb_fail_at(p->err, (struct lb_pos){ p->name, p->c.line - 1, 1 }, "%s", what);
}

/* Extended headers of git that change what is done; the others say nothing new. */
static int git_header(struct parser *p, const char *line, size_t len)
{
	static const struct {
		const char *word;
		enum { FROM, TO, MODE, BINARY } what;
	} words[] = {
		{ "rename from ", FROM }, { "rename to ", TO },     { "new file mode ", MODE },
		{ "new mode ", MODE },    { "GIT binary", BINARY }, { "Binary files ", BINARY },
	};
	struct scn_patch_file *f = last_file(p);
	for (size_t i = 0; f && i < LB_COUNT(words); i++) {
		if (!starts(line, len, words[i].word))
			continue;
		size_t n = strlen(words[i].word);
		if (words[i].what == BINARY)
			return bad_line(p, "binary changes cannot be applied");
		if (words[i].what == FROM)
			f->from = path_of(line + n, len - n, p->arena);
		if (words[i].what == TO)
			f->to = path_of(line + n, len - n, p->arena);
		if (words[i].what == MODE) {
			f->has_mode = true;
			f->mode = (uint32_t)strtoul(line + n, NULL, 8) & 07777;
		}
	}
	return 0;
}

static int file_header(struct parser *p, const char *line, size_t len)
{
	struct scn_patch_file *f = p->git ? last_file(p) : add_file(p);
	p->git = false;
	f->from = path_of(line + 4, len - 4, p->arena);
	if (!next_line(&p->c, &line, &len) || !starts(line, len, "+++ "))
		return bad_line(p, "expected '+++ FILE' after '--- FILE'");
	f->to = path_of(line + 4, len - 4, p->arena);
	if (!f->from && !f->to)
		return bad_line(p, "neither side names a file");
	return 0;
}

/* "@@ -1,2 +3,4 @@": a count that is not given is 1. */
static bool hunk_header(const char *line, size_t len, unsigned long v[4])
{
	lb_autofree char *s = lb_strndup(line, len);
	char *p = s;
	if (strncmp(p, "@@ -", 4) != 0)
		return false;
	p += 4;
	for (int side = 0; side < 2; side++) {
		char *end;
		v[side * 2] = strtoul(p, &end, 10);
		v[side * 2 + 1] = 1;
		if (end == p)
			return false;
		p = end;
		if (*p == ',') {
			v[side * 2 + 1] = strtoul(p + 1, &end, 10);
			if (end == p + 1)
				return false;
			p = end;
		}
		if (strncmp(p, side ? " @@" : " +", side ? 3 : 2) != 0)
			return false;
		p += 2;
	}
	return v[1] < 100000000 && v[3] < 100000000;
}

/* Walks over one hunk, so that a line that begins with "---" inside of it is not taken for a header. */
static int skip_hunk(struct parser *p, const char *line, size_t len)
{
	struct scn_patch_file *f = last_file(p);
	unsigned long v[4];
	if (!f || p->git || !hunk_header(line, len, v))
		return bad_line(p, f ? "malformed hunk header, expected '@@ -L,N +L,N @@'" : "a hunk before any '--- FILE'");
	if (!f->hunks_len) {
		f->hunks = line;
		f->line = p->c.line - 1;
	}
	unsigned long olds = v[1], news = v[3];
	while (olds || news) {
		if (!next_line(&p->c, &line, &len))
			return bad_line(p, "the hunk ends too early");
		char kind = len ? *line : ' ';
		if (kind == '\\')
			continue;
		if ((kind != ' ' && kind != '+' && kind != '-') || (kind != '+' && !olds) || (kind != '-' && !news))
			return bad_line(p, "the hunk does not hold as many lines as its header says");
		olds -= kind != '+';
		news -= kind != '-';
	}
	if (p->c.p < p->c.end && *p->c.p == '\\')
		next_line(&p->c, &line, &len);
	f->hunks_len = (size_t)(p->c.p - f->hunks);
	return 0;
}

static int parse_line(struct parser *p, const char *line, size_t len)
{
	if (starts(line, len, "diff --git ")) {
		add_file(p);
		p->git = true;
		return 0;
	}
	if (starts(line, len, "--- "))
		return file_header(p, line, len);
	if (starts(line, len, "@@"))
		return skip_hunk(p, line, len);
	return git_header(p, line, len);
}

int scn_patch_parse(const char *name, const char *text, struct lb_arena *arena, struct scn_patch *out, struct lb_err *err)
{
	*out = (struct scn_patch){ .name = name };
	struct parser p = { .c = { text, text + strlen(text), 1 }, .arena = arena, .out = out, .name = name, .err = err };
	const char *line;
	size_t len;
	int rc = 0;
	while (rc == 0 && next_line(&p.c, &line, &len))
		rc = parse_line(&p, line, len);
	for (size_t i = 0; rc == 0 && i < out->count; i++)
		if (!p.items[i].from && !p.items[i].to)
			rc = lb_fail_at(err, (struct lb_pos){ name, 1, 1 }, "file %zu of the patch changes nothing that can be applied",
					i + 1);
	if (rc == 0 && !out->count)
		rc = lb_fail_at(err, (struct lb_pos){ name, 1, 1 }, "not a unified diff: no '--- FILE' in it");
	out->files = lb_arena_alloc(arena, out->count * sizeof(*out->files) + 1);
	if (out->count)
		memcpy(out->files, p.items, out->count * sizeof(*out->files));
	free(p.items);
	return rc;
}

/* ---- applying ---- */

struct applier {
	const char *name;
	struct cursor old, patch;
	struct lb_buf *out;
	struct lb_err *err;
};

static int misfit(const struct applier *a, const char *what)
{
	return lb_fail_at(a->err, (struct lb_pos){ a->name, a->patch.line - 1, 1 }, "the patch does not fit: %s", what);
}

/* Copies lines of old up to line `until`. */
static int copy_until(struct applier *a, unsigned long until)
{
	const char *line;
	size_t len;
	while (a->old.line < until) {
		const char *begin = a->old.p;
		if (!next_line(&a->old, &line, &len))
			return misfit(a, "the file has not as many lines");
		lb_buf_add(a->out, begin, (size_t)(a->old.p - begin));
	}
	return a->old.line == until ? 0 : misfit(a, "hunks overlap or stand in the wrong order");
}

static int apply_line(struct applier *a, const char *line, size_t len)
{
	char kind = len ? *line : ' ';
	const char *text = line + (len > 0);
	size_t n = len - (len > 0);
	/* "\ No newline at end of file" belongs to the line before it */
	bool no_newline = a->patch.p < a->patch.end && *a->patch.p == '\\';
	if (kind == '+') {
		lb_buf_add(a->out, text, n);
		if (!no_newline)
			lb_buf_addc(a->out, '\n');
		return 0;
	}
	const char *begin = a->old.p, *old;
	size_t old_len;
	if (!next_line(&a->old, &old, &old_len))
		return misfit(a, "the file ends before this line");
	bool ends = a->old.p > begin && a->old.p[-1] == '\n';
	if (old_len != n || (n && memcmp(old, text, n) != 0) || ends == no_newline)
		return misfit(a, "the file has another line here");
	if (kind == ' ')
		lb_buf_add(a->out, begin, (size_t)(a->old.p - begin));
	return 0;
}

static int apply_hunk(struct applier *a, const char *header, size_t header_len)
{
	unsigned long v[4];
	if (!hunk_header(header, header_len, v))
		return misfit(a, "malformed hunk header");
	/* a hunk without old lines stands after the line that it names */
	if (copy_until(a, v[1] ? v[0] : v[0] + 1) < 0)
		return LB_INVALID;
	for (unsigned long olds = v[1], news = v[3]; olds || news;) {
		const char *line;
		size_t len;
		if (!next_line(&a->patch, &line, &len))
			return misfit(a, "the hunk ends too early");
		if (len && *line == '\\')
			continue;
		if (apply_line(a, line, len) < 0)
			return LB_INVALID;
		olds -= !len || *line != '+';
		news -= !len || *line != '-';
	}
	if (a->patch.p < a->patch.end && *a->patch.p == '\\')
		next_line(&a->patch, &header, &header_len);
	return 0;
}

int scn_patch_apply(const struct scn_patch *p, const struct scn_patch_file *f, const char *old, size_t old_len, struct lb_buf *out,
		    struct lb_err *err)
{
	struct lb_err local;
	struct applier a = { p->name, { old, old + old_len, 1 }, { f->hunks, f->hunks + f->hunks_len, f->line }, out, err ? err : &local };
	const char *line;
	size_t len;
	while (next_line(&a.patch, &line, &len))
		if (apply_hunk(&a, line, len) < 0)
			return LB_INVALID;
	lb_buf_add(out, a.old.p, (size_t)(a.old.end - a.old.p));
	return 0;
}

int scn_patch_text(const char *name, const char *patch, const char *old, struct lb_buf *out, struct lb_err *err)
{
	struct lb_arena arena = { 0 };
	struct scn_patch p;
	int rc = scn_patch_parse(name, patch, &arena, &p, err);
	if (rc == 0 && p.count != 1)
		rc = lb_fail_at(err, (struct lb_pos){ name, 1, 1 }, "the patch is for %zu files, expected one", p.count);
	if (rc == 0)
		rc = scn_patch_apply(&p, &p.files[0], old, strlen(old), out, err);
	lb_arena_release(&arena);
	return rc;
}
