/* SPDX-License-Identifier: Apache-2.0
 *
 * The last pattern that matches a path or one of its parents decides, so the patterns are asked from the last
 * to the first, until one matches. Before it is asked, a pattern is turned away if the path lacks a pair of
 * bytes that the pattern needs.
 */
#include "lbench/ignore.h"

#include <string.h>

#include "dockerfile/ignore_pattern.h"
#include "dockerfile/rune.h"
#include "lbench/buf.h"
#include "lbench/fs.h"
#include "lbench/mem.h"

struct lb_ignore {
	struct lb_ignore_pattern *patterns;
	size_t count, cap;
	bool has_exceptions, covers_root;
};

void lb_ignore_free(struct lb_ignore *ig)
{
	if (!ig)
		return;
	for (size_t i = 0; i < ig->count; i++)
		lb_ignore_pattern_release(&ig->patterns[i]);
	__builtin_free(ig->patterns);
	__builtin_free(ig);
}

void lb_ignore_cleanup(struct lb_ignore **ig)
{
	lb_ignore_free(*ig);
	*ig = NULL;
}

/* Adds a pattern that is trimmed and not empty. */
static int add_pattern(struct lb_ignore *ig, const char *text, struct lb_err *err)
{
	lb_autofree char *clean = lb_path_clean(text);
	ig->patterns = lb_grow(ig->patterns, ig->count, &ig->cap, sizeof(*ig->patterns));
	int r = lb_ignore_pattern_init(&ig->patterns[ig->count], clean, err);
	if (r != 0)
		return r;
	ig->has_exceptions |= ig->patterns[ig->count++].exception;
	ig->covers_root |= strcmp(clean, "*") == 0 || strcmp(clean, "**") == 0 || strcmp(clean, "**/*") == 0;
	return 0;
}

/* What stands in a line of the file: blanks go, behind a '!' too, the path is cleaned, a leading '/' goes. May
 * begin with a blank again ("./ a"). */
static char *pattern_of_line(const char *line, size_t len)
{
	bool exception = *line == '!';
	const char *path = line + exception;
	len -= exception;
	path = lb_rune_trim(path, &len);
	lb_autofree char *text = lb_strndup(path, len);
	lb_autofree char *clean = len ? lb_path_clean(text) : lb_strdup("");
	const char *relative = clean[0] == '/' && clean[1] ? clean + 1 : clean;
	return lb_format("%s%s", exception ? "!" : "", relative);
}

static int add_line(struct lb_ignore *ig, const char *line, size_t len, struct lb_pos pos, struct lb_err *err)
{
	if (len > 0 && *line == '#')
		return 0;
	line = lb_rune_trim(line, &len);
	if (len == 0)
		return 0;
	struct lb_err inner;
	lb_autofree char *read = pattern_of_line(line, len);
	size_t n = strlen(read);
	const char *from = lb_rune_trim(read, &n);
	lb_autofree char *text = lb_strndup(from, n);
	if (n && add_pattern(ig, text, &inner) != 0)
		return lb_fail_at(err, pos, "%s", inner.text);
	return 0;
}

int lb_ignore_parse(const char *name, const char *text, size_t len, struct lb_ignore **out, struct lb_err *err)
{
	lb_autoignore struct lb_ignore *ig = lb_calloc(1, sizeof(*ig));
	struct lb_pos pos = { name, 0, 0 };
	size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		pos.line++;
		if (memchr(text + at, '\0', n))
			return lb_fail_at(err, pos, "a NUL byte: no file name holds one");
		int r = add_line(ig, text + at, n, pos, err);
		if (r != 0)
			return r;
		at += n + 1;
	}
	*out = lb_steal(&ig);
	return 0;
}

int lb_ignore_compile(char *const *patterns, size_t count, struct lb_ignore **out, struct lb_err *err)
{
	lb_autoignore struct lb_ignore *ig = lb_calloc(1, sizeof(*ig));
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(patterns[i]);
		const char *p = lb_rune_trim(patterns[i], &len);
		lb_autofree char *text = lb_strndup(p, len);
		int r = len ? add_pattern(ig, text, err) : 0;
		if (r != 0)
			return r;
	}
	*out = lb_steal(&ig);
	return 0;
}

size_t lb_ignore_count(const struct lb_ignore *ig)
{
	return ig ? ig->count : 0;
}

bool lb_ignore_covers_root(const struct lb_ignore *ig)
{
	return ig && ig->covers_root;
}

bool lb_ignore_has_exceptions(const struct lb_ignore *ig)
{
	return ig && ig->has_exceptions;
}

/* Notes the pairs of bytes of "/" path "/". Returns whether some part is empty, "." or "..", so that the path
 * has to be cleaned first. */
static bool look_at(const char *path, size_t len, struct lb_byte_pairs *pairs)
{
	size_t start = 0;
	bool odd = false;
	unsigned char before = '/';
	*pairs = (struct lb_byte_pairs){ 0 };
	for (size_t i = 0; i <= len; i++) {
		unsigned char c = i < len ? (unsigned char)path[i] : '/';
		lb_byte_pairs_add(pairs, before, c);
		before = c;
		if (c != '/')
			continue;
		size_t n = i - start;
		odd |= n == 0 || (path[start] == '.' && (n == 1 || (n == 2 && path[start + 1] == '.')));
		start = i + 1;
	}
	return odd;
}

static bool matches_clean(const struct lb_ignore *ig, const char *path, size_t len, const struct lb_byte_pairs *pairs)
{
	for (size_t i = ig->count; i-- > 0;) {
		const struct lb_ignore_pattern *p = &ig->patterns[i];
		if (lb_byte_pairs_within(&p->needs, pairs) && lb_ignore_pattern_matches(p, path, len, true))
			return !p->exception;
	}
	return false;
}

bool lb_ignore_matches_as_written(const struct lb_ignore *ig, const char *path, size_t len)
{
	struct lb_byte_pairs pairs;
	if (!ig || ig->count == 0 || len == 0)
		return false;
	look_at(path, len, &pairs);
	return matches_clean(ig, path, len, &pairs);
}

bool lb_ignore_matches(const struct lb_ignore *ig, const char *path, size_t len)
{
	struct lb_byte_pairs pairs;
	if (!ig || ig->count == 0)
		return false;
	if (!look_at(path, len, &pairs))
		return matches_clean(ig, path, len, &pairs);
	lb_autofree char *text = lb_strndup(path, len);
	lb_autofree char *clean = lb_path_clean(text);
	const char *relative = clean + (clean[0] == '/');
	if (*relative == '\0' || strcmp(relative, ".") == 0)
		return false;
	look_at(relative, strlen(relative), &pairs);
	return matches_clean(ig, relative, strlen(relative), &pairs);
}

bool lb_ignore_step(const struct lb_ignore *ig, const struct lb_ignore_state *parent, const char *path, size_t len,
		    struct lb_ignore_state *state)
{
	state->ignored = false;
	if (!ig || ig->count == 0)
		return false;
	if (!state->matched)
		state->matched = lb_malloc(ig->count);
	struct lb_byte_pairs pairs;
	look_at(path, len, &pairs);
	for (size_t i = 0; i < ig->count; i++) {
		const struct lb_ignore_pattern *p = &ig->patterns[i];
		state->matched[i] = (parent && parent->matched && parent->matched[i]) ||
				    (lb_byte_pairs_within(&p->needs, &pairs) && lb_ignore_pattern_matches(p, path, len, !parent));
		if (state->matched[i])
			state->ignored = !p->exception;
	}
	return state->ignored;
}

void lb_ignore_state_release(struct lb_ignore_state *state)
{
	__builtin_free(state->matched);
	state->matched = NULL;
}

/* Could p match something below the directory path? */
static bool reaches_below(const struct lb_ignore_pattern *p, const char *path, size_t len)
{
	if (p->kind == LB_IGNORE_SUFFIX)
		return true;
	size_t common = p->len < len ? p->len : len;
	if (memcmp(p->text, path, common) != 0)
		return false;
	if (p->len > len)
		return p->text[len] == '/';
	return p->kind != LB_IGNORE_EXACT;
}

bool lb_ignore_may_reenter(const struct lb_ignore *ig, const char *path, size_t len)
{
	for (size_t i = 0; ig && ig->has_exceptions && i < ig->count; i++)
		if (ig->patterns[i].exception && reaches_below(&ig->patterns[i], path, len))
			return true;
	return false;
}
