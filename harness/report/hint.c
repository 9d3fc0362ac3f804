/* SPDX-License-Identifier: Apache-2.0
 *
 * A step s re-ran because of a step above it, the root, and its model says that it need not have. Three things can be
 * done, each only where it cannot break the build: copy what s needs before it and the rest of the root's files after
 * it; move the root below s, when s needs nothing of it; declare an argument below s. A RUN between the two must need
 * nothing but what s needs too, since it would stand above the root then.
 *
 * The advice is a line that can be pasted: `COPY a/b c/ .` would put both in one place and unpack the directory, so
 * that only files of the root's own directory share a line.
 */
#include "report/hint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/context.h"

#define MOST_LINES 4 /* to paste; more are only named in general */

/* ---- what a COPY copies ---- */

struct copy {
	struct lb_strv flags, sources;
	char *dest;
};

static void copy_release(struct copy *c)
{
	lb_strv_release(&c->flags);
	lb_strv_release(&c->sources);
	free(c->dest);
}
#define autocopy __attribute__((cleanup(copy_release)))

/* A path of the context: "./a/", "/a" and "a/ **" are "a"; the whole context is "". */
static char *plain_path(const char *s, size_t len)
{
	while (len && (*s == '/' || (*s == '.' && (len == 1 || s[1] == '/'))))
		s++, len--;
	if (len >= 3 && !strncmp(s + len - 3, "/**", 3))
		len -= 3;
	while (len && s[len - 1] == '/')
		len--;
	return lb_strndup(s, len);
}

/* A COPY or ADD of files of the context, in its plain form. */
static bool copy_parse(const char *instruction, struct copy *c)
{
	if (!report_is(instruction, "COPY") && !report_is(instruction, "ADD"))
		return false;
	lb_autostrv struct lb_strv words = { 0 };
	for (const char *p = strpbrk(instruction, " \t"); p && *p;) {
		p += strspn(p, " \t");
		size_t n = strcspn(p, " \t");
		bool flag = n > 2 && p[0] == '-' && p[1] == '-' && !words.count;
		if (!strncmp(p, "--from", 6) || !strncmp(p, "--exclude", 9) || memchr(p, '$', n) || strchr("[\"'", *p) ||
		    !strncmp(p, "<<", 2) || memmem(p, n, "://", 3))
			return false;
		if (n)
			lb_strv_addn(flag ? &c->flags : &words, p, n);
		p += n;
	}
	if (words.count < 2)
		return false;
	for (size_t i = 0; i + 1 < words.count; i++)
		lb_strv_take(&c->sources, plain_path(words.items[i], strlen(words.items[i])));
	c->dest = lb_strdup(words.items[words.count - 1]);
	return true;
}

static bool below(const char *file, const char *directory)
{
	size_t n = strlen(directory);
	return !n || (!strncmp(file, directory, n) && (file[n] == '/' || !file[n]));
}

static bool source_covers(const char *source, const char *file)
{
	bool glob = strpbrk(source, "*?") && !strchr(source, '/') == !strchr(file, '/');
	return below(file, source) || (glob && text_match(source, file));
}

static bool copy_covers(const struct copy *c, const char *file)
{
	for (size_t i = 0; i < c->sources.count; i++)
		if (source_covers(c->sources.items[i], file))
			return true;
	return false;
}

/* ---- what a RUN needs ---- */

/* The files and directories that it needs, when each is named by itself. */
static bool needed_files(const json_t *needs, struct lb_strv *out)
{
	for (size_t i = 0; i < json_array_size(needs); i++) {
		const char *s = json_string_value(json_array_get(needs, i));
		if (!s || !strncmp(s, "world:", 6))
			continue;
		lb_autofree char *path = plain_path(s, strlen(s));
		if (!path[0] || strpbrk(path, "*?["))
			return false;
		lb_strv_add(out, path);
	}
	return needs != NULL;
}

static bool any_covers(const struct lb_strv *directories, const char *file)
{
	for (size_t i = 0; i < directories->count; i++)
		if (below(file, directories->items[i]))
			return true;
	return false;
}

enum between { BETWEEN_NONE, BETWEEN_FINE, BETWEEN_UNCLEAR };

/* RUNs between root and s: may they stand above the root, with nothing of it but `needed`? */
static enum between runs_between(const struct report *r, const struct report_step *root, const struct report_step *s,
				 const struct lb_strv *needed)
{
	enum between found = BETWEEN_NONE;
	for (const struct report_step *x = root + 1; x < s; x++) {
		lb_autostrv struct lb_strv own = { 0 };
		const char *instruction = report_string(r, x->instruction);
		if (x->stage != s->stage || !report_is(instruction, "RUN"))
			continue;
		if (!needed_files(report_needs(r, instruction), &own))
			return BETWEEN_UNCLEAR;
		for (size_t i = 0; i < own.count; i++)
			if (!any_covers(needed, own.items[i]))
				return BETWEEN_UNCLEAR;
		found = BETWEEN_FINE;
	}
	return found;
}

/* Does another COPY above s bring the file? */
static bool copied_otherwise(const struct report *r, const struct report_build *b, const struct report_step *root,
			     const struct report_step *s, const char *file)
{
	for (const struct report_step *x = report_steps_of(r, b); x < s; x++) {
		autocopy struct copy c = { 0 };
		if (x != root && x->stage == s->stage && copy_parse(report_string(r, x->instruction), &c) && copy_covers(&c, file))
			return true;
	}
	return false;
}

/* ---- what the context holds ---- */

enum kind { KIND_NONE, KIND_FILE, KIND_DIRECTORY, KIND_SOME };

/* What `path` is in the context that is sent; KIND_NONE: not there, or left out. */
static enum kind kind_of(const struct report *r, const char *path)
{
	enum kind found = r->context ? KIND_NONE : KIND_SOME;
	size_t n = strlen(path);
	for (size_t i = 0; r->context && i < r->context->count; i++) {
		const struct report_place *p = &r->context->places[i];
		const char *others = strstr(p->path, "(others)");
		size_t len = others ? (size_t)(others - p->path) : strlen(p->path);
		if (!p->sent_files)
			continue;
		if (!strcmp(p->path, path))
			return KIND_FILE;
		if (!strncmp(p->path, path, n) && p->path[n] == '/')
			return KIND_DIRECTORY;
		if (!strncmp(path, p->path, len) && (others || (len && p->path[len - 1] == '/')))
			found = KIND_SOME;
	}
	return found;
}

/* ---- the lines ---- */

/* The directory that `file` goes to: "./", "/app/", "sub/"; what it is called there goes into *rest. False when that is
 * not clear. */
static bool destination(const struct report *r, const struct copy *c, const char *file, const char **rest, struct lb_buf *directory)
{
	bool into = !strcmp(c->dest, ".") || c->dest[strlen(c->dest) - 1] == '/';
	for (size_t i = 0; i < c->sources.count; i++) {
		const char *source = c->sources.items[i], *slash = strrchr(file, '/');
		size_t n = strlen(source);
		bool itself = !strcmp(source, file);
		if (!below(file, source) || (itself && (!into || kind_of(r, file) != KIND_FILE)))
			continue;
		*rest = !itself ? file + n + (n > 0) : slash ? slash + 1 : file;
		lb_buf_addf(directory, "%s%s", c->dest, c->dest[strlen(c->dest) - 1] == '/' ? "" : "/");
		return true;
	}
	return false;
}

static void copy_line(const struct copy *c, const char *keyword, const char *files, const char *to, struct lb_strv *lines)
{
	lb_autobuf struct lb_buf line = { 0 };
	lb_buf_addf(&line, "`%s", keyword);
	for (size_t i = 0; i < c->flags.count; i++)
		lb_buf_addf(&line, " %s", c->flags.items[i]);
	lb_buf_addf(&line, "%s %s`", files, to);
	lb_strv_take(lines, lb_buf_steal(&line));
}

/* A COPY for each of the files, one for those that lie where the root begins. False when it is not clear where to. */
static bool copy_lines(const struct report *r, const struct copy *c, const char *keyword, const struct lb_strv *files,
		       struct lb_strv *lines)
{
	lb_autobuf struct lb_buf together = { 0 }, base = { 0 };
	lb_autostrv struct lb_strv single = { 0 };
	for (size_t i = 0; i < files->count; i++) {
		const char *rest;
		lb_buf_clear(&base);
		if (!destination(r, c, files->items[i], &rest, &base))
			return false;
		enum kind kind = kind_of(r, files->items[i]);
		const char *to = strncmp(lb_buf_str(&base), "./", 2) ? lb_buf_str(&base) : base.data + 2;
		if (!strchr(rest, '/') && (kind == KIND_FILE || (kind == KIND_SOME && strchr(rest + 1, '.')))) {
			lb_buf_addf(&together, " %s", files->items[i]);
			continue;
		}
		lb_autofree char *from = lb_format(" %s", files->items[i]), *target = lb_format("%s%s", to, rest);
		copy_line(c, keyword, from, target, &single);
	}
	if (together.len)
		copy_line(c, keyword, lb_buf_str(&together), lb_buf_str(&base), lines);
	for (size_t i = 0; i < single.count; i++)
		lb_strv_add(lines, single.items[i]);
	return true;
}

static void spare_copy(const struct report *r, const struct copy *c, const struct lb_strv *files, enum between between,
		       const struct report_step *s, const struct report_step *root, struct lb_buf *out)
{
	lb_autostrv struct lb_strv lines = { 0 };
	const char *instruction = report_string(r, root->instruction);
	lb_autofree char *keyword = lb_strndup(instruction, strcspn(instruction, " \t"));
	if (!copy_lines(r, c, keyword, files, &lines))
		return;
	if (lines.count > MOST_LINES)
		lb_buf_addf(out, "COPY only what :%u needs", s->line);
	for (size_t i = 0; i < lines.count && lines.count <= MOST_LINES; i++)
		lb_buf_addf(out, "%s%s", !i ? "" : i + 1 == lines.count ? " and " : ", ", lines.items[i]);
	if (between == BETWEEN_NONE)
		lb_buf_addf(out, " before :%u, the rest after it", s->line);
	else
		lb_buf_addf(out, " in place of :%u, the rest after :%u", root->line, s->line);
}

static void move_root(const struct report *r, const struct report_step *s, const struct report_step *root, struct lb_buf *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	text_fit_instruction(&text, report_string(r, root->instruction), 60);
	lb_buf_addf(out, "move :%u `%s` below :%u", root->line, lb_buf_str(&text), s->line);
}

/* ---- the three kinds ---- */

static void unclear_needs(const struct report *r, const struct report_build *b, const struct report_step *s, const struct report_step *root,
			  struct lb_buf *out)
{
	const struct lb_strv nothing = { 0 };
	if (report_files_brought(r, b, report_string(r, root->instruction)) == REPORT_UNKNOWN ||
	    runs_between(r, root, s, &nothing) != BETWEEN_NONE)
		return;
	lb_buf_addf(out, "COPY only the files that :%u needs before it, the rest after it", s->line);
	if (!report_member(json_object_get(r->run, "scenario"), "file")[0])
		lb_buf_adds(out, "; `lbench init` proposes which these are");
}

static void copy_hint(const struct report *r, const struct report_build *b, const struct report_step *s, const struct report_step *root,
		      struct lb_buf *out)
{
	autocopy struct copy c = { 0 };
	lb_autostrv struct lb_strv needed = { 0 }, missing = { 0 };
	const json_t *needs = report_needs(r, report_string(r, s->instruction));
	if (!copy_parse(report_string(r, root->instruction), &c))
		return;
	if (!needs) {
		unclear_needs(r, b, s, root, out);
		return;
	}
	if (!needed_files(needs, &needed))
		return;
	enum between between = runs_between(r, root, s, &needed);
	if (between == BETWEEN_UNCLEAR)
		return;
	for (size_t i = 0; i < needed.count; i++) {
		const char *f = needed.items[i];
		/* a directory of which the root brings a part is nothing to give advice about */
		for (size_t k = 0; k < c.sources.count; k++)
			if (below(c.sources.items[k], f) && strcmp(c.sources.items[k], f) != 0)
				return;
		if (copy_covers(&c, f) && !copied_otherwise(r, b, root, s, f) && kind_of(r, f) != KIND_NONE)
			lb_strv_add(&missing, f);
	}
	if (missing.count)
		spare_copy(r, &c, &missing, between, s, root, out);
	else
		move_root(r, s, root, out);
}

static bool mentions(const char *instruction, const char *argument)
{
	size_t n = strlen(argument);
	for (const char *p = instruction; (p = strstr(p, argument)); p += n) {
		bool begins = p > instruction && (p[-1] == '$' || p[-1] == '{');
		if (begins && strspn(p + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == 0)
			return true;
	}
	return false;
}

/* An argument that none of the steps down to s makes use of. */
static void argument_hint(const struct report *r, const struct report_step *s, const struct report_step *root, const char *argument,
			  struct lb_buf *out)
{
	for (const struct report_step *x = root; x <= s; x++)
		if (x->stage == s->stage &&
		    (mentions(report_string(r, x->instruction), argument) ||
		     (x->outcome == ST_MISS && x->needed == NEED_YES && report_is(report_string(r, x->instruction), "RUN"))))
			return;
	lb_buf_addf(out, "declare %s below :%u", argument, s->line);
}

int hint_text(const struct report *r, const struct report_build *b, const struct report_step *s, const struct report_step *root,
	      struct lb_buf *out, struct lb_err *err)
{
	const char *reason = report_string(r, root->reason);
	lb_autojson json_t *e = NULL;
	bool own = root == s; /* an argument is an input of each RUN below it */
	if (root > s || root->stage != s->stage || root->trigger || s->trigger || !report_is(report_string(r, s->instruction), "RUN"))
		return 0;
	int rc = report_evidence(r, root, &e, err);
	if (rc)
		return rc;
	if (!own && (!strcmp(reason, "files-changed") || root->outcome == ST_HIT))
		copy_hint(r, b, s, root, out);
	else if (!strcmp(reason, "arg-changed") && report_member(e, "argument")[0])
		argument_hint(r, s, root, report_member(e, "argument"), out);
	return 0;
}

void hint_gain_text(const struct step_cost *c, const struct report_step *root, struct lb_buf *out)
{
	bool same = c->root_instruction == root->instruction && c->root_reason == root->reason;
	double gain = same && c->root_weight > 0 ? c->wasted_ns * c->root_share / c->root_weight : 0;
	/* where nobody knows whether the step has to re-run on some commits, roots are counted of these, too */
	if (gain <= 0 || c->unclear > 0)
		return;
	lb_buf_adds(out, c->ns_at_least ? " (at least -" : " (-");
	text_seconds(out, gain / 1e9);
	lb_buf_adds(out, " a commit)");
}
