/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/spare.h"

#include <string.h>

#include "catalog/view.h"
#include "lbench/fs.h"
#include "ledger/ledger.h"

/* The topmost part of path that is there by mistake (*line leaves it out), or, at the top, is for the project's people
 * alone (*line NULL). NULL: neither. The caller's. */
static char *find_entry(const struct front *f, const char *path, const char **line)
{
	size_t top = strcspn(path, "/");
	*line = NULL;
	for (size_t n = top;; n += 1 + strcspn(path + n + 1, "/")) {
		lb_autofree char *part = lb_strndup(path, n);
		const struct lb_node *node = lb_tree_get(f->context, part);
		bool dir = path[n] == '/' || (node && lb_node_is_dir(node));
		if (ledger_classify(part, dir, line) || (n == top && view_is_about(part)))
			return lb_steal(&part);
		if (!path[n])
			return NULL;
	}
}

/* COPY dist /srv wants what COPY . . only brings along. */
static bool names(const struct front_step *step, const char *entry)
{
	for (size_t i = 0; i < step->patterns_count; i++) {
		const char *p = step->patterns[i];
		if (strcmp(p, "*") != 0 && (lb_glob_has_magic(p) || lb_path_is_below(p, entry)))
			return true;
	}
	return false;
}

static bool is_named(const struct front *f, const char *path, const char *entry)
{
	for (size_t i = 0; i < f->steps_count; i++) {
		const struct front_step *step = &f->steps[i];
		if (step->needed && names(step, entry) && front_brings_path(f, step->in->first_line, path))
			return true;
	}
	return false;
}

static bool reruns(const struct front *f, const char *path, const struct whatif_build *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct whatif_step *step = &b->steps[i];
		if (step->outcome == LB_MISS && (step->reason == LB_FILES_CHANGED || step->reason == LB_METADATA_CHANGED) &&
		    front_brings_path(f, step->line, path))
			return true;
	}
	return false;
}

/* Does a RUN that ran again need what was touched, or (may) can nobody say that it does not? */
static bool is_needed(const struct whatif_build *b, bool may)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct whatif_step *step = &b->steps[i];
		if (step->is_run && step->outcome == LB_MISS && (step->need == WHATIF_NEEDED || (may && step->need == WHATIF_NEED_UNKNOWN)))
			return true;
	}
	return false;
}

/* An exception brought it back: somebody wants it. */
static bool is_excepted(const struct front *f, const char *path)
{
	lb_autoignore struct lb_ignore *bare = NULL;
	lb_autobuf struct lb_buf text = { 0 };
	for (const char *line = f->ignore_text ? f->ignore_text : ""; *line;) {
		size_t n = strcspn(line, "\n"), blank = strspn(line, " \t");
		if (line[blank] != '!')
			lb_buf_add(&text, line, n + (line[n] == '\n'));
		line += n + (line[n] == '\n');
	}
	return lb_ignore_parse(f->ignore_name, lb_buf_str(&text), text.len, &bare, NULL) == 0 &&
	       lb_ignore_matches(bare, path, strlen(path));
}

static bool leaves_out(const struct front *f, const char *line, const char *path)
{
	lb_autoignore struct lb_ignore *with = NULL;
	lb_autofree char *text = lb_format("%s\n%s\n", f->ignore_text ? f->ignore_text : "", line);
	return lb_ignore_parse(f->ignore_name, text, strlen(text), &with, NULL) == 0 && lb_ignore_matches(with, path, strlen(path));
}

static bool spare_path(const struct front *f, const char *path, const struct whatif_build *b, struct ledger_spare *out)
{
	const char *line;
	lb_autofree char *entry = find_entry(f, path, &line);
	if (!entry || is_needed(b, !line) || is_named(f, path, entry) || !reruns(f, path, b))
		return false;
	line = line ? line : entry;
	if (is_excepted(f, path) || !leaves_out(f, line, path))
		return false;
	if (!lb_strv_has(&out->lines, line))
		lb_strv_add(&out->lines, line);
	return true;
}

void ledger_spare(const struct front *f, const struct touch *t, const struct whatif_build *b, struct ledger_spare *out)
{
	*out = (struct ledger_spare){ .all = b->ok };
	for (size_t i = 0; i < t->edit.changes_count; i++)
		out->all = out->all && t->edit.changes[i].kind != SCN_ARG;
	for (size_t i = 0; b->ok && i < t->paths.count; i++) {
		const char *path = t->paths.items[i];
		if (!touch_ignored_line(f, path) && !spare_path(f, path, b, out))
			out->all = false;
	}
}

void ledger_spare_release(struct ledger_spare *s)
{
	lb_strv_release(&s->lines);
}
