/* SPDX-License-Identifier: Apache-2.0 */
#include "check/brings.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "report/answer.h"

/* ---- words ---- */

/* The next word at *p, as far as blanks tell; false at the end. */
static bool next_word(const char **p, const char **word, size_t *len)
{
	while (isspace((unsigned char)**p))
		++*p;
	*word = *p;
	while (**p && !isspace((unsigned char)**p))
		++*p;
	*len = (size_t)(*p - *word);
	return *len > 0;
}

/* The keyword and its flags are left behind. */
static const char *arguments(const char *instruction)
{
	const char *p = instruction, *word, *at;
	size_t len;
	next_word(&p, &word, &len);
	for (at = p; next_word(&p, &word, &len) && strncmp(word, "--", 2) == 0;)
		at = p;
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

/* ---- files ---- */

static bool source_brings(const char *source, const char *path)
{
	lb_autofree char *plain = lb_path_clean(source), *name = lb_strdup(path);
	const char *pattern = plain;
	while (*pattern == '/')
		pattern++;
	if (!*pattern || strcmp(pattern, ".") == 0)
		return true;
	/* a directory brings what is below it */
	for (char *end = name + strlen(name); end; end = strrchr(name, '/')) {
		*end = '\0';
		if (lb_glob_match(pattern, name) == 1)
			return true;
	}
	return false;
}

static bool json_form(const char *text, const char *path)
{
	lb_autojson json_t *list = json_loads(text, 0, NULL);
	for (size_t i = 0; i + 1 < json_array_size(list); i++) {
		const char *source = json_string_value(json_array_get(list, i));
		if (source && source_brings(source, path))
			return true;
	}
	return false;
}

bool brings_file(const char *instruction, const char *path)
{
	lb_autofree char *from = brings_from(instruction);
	if (from || (!report_is(instruction, "COPY") && !report_is(instruction, "ADD")))
		return false;
	const char *p = arguments(instruction), *word, *next;
	size_t len, n;
	if (*p == '[')
		return json_form(p, path);
	/* the last word is where it goes */
	for (bool more = next_word(&p, &word, &len); more && next_word(&p, &next, &n); word = next, len = n) {
		lb_autofree char *source = lb_strndup(word, len);
		if (source_brings(source, path))
			return true;
	}
	return false;
}

/* ---- stages ---- */

char *brings_from(const char *instruction)
{
	const char *p = instruction, *word;
	size_t len;
	next_word(&p, &word, &len);
	while (next_word(&p, &word, &len) && strncmp(word, "--", 2) == 0) {
		lb_autofree char *flag = lb_strndup(word, len);
		char *mount = strncmp(flag, "--mount=", 8) == 0 ? strstr(flag, "from=") : NULL;
		if (strncmp(flag, "--from=", 7) == 0)
			return lb_strdup(flag + 7);
		if (mount)
			return lb_strndup(mount + 5, strcspn(mount + 5, ","));
	}
	return NULL;
}

/* The first word of FROM behind its flags. */
static char *from_name(const struct match_side *s, uint32_t stage)
{
	const struct report_step *steps = report_steps_of(s->r, s->b);
	for (size_t i = 0; i < s->b->steps_count; i++) {
		const char *text = report_string(s->r, steps[i].instruction);
		if (steps[i].stage == stage && report_is(text, "FROM")) {
			const char *p = arguments(text);
			return lb_strndup(p, strcspn(p, " \t"));
		}
	}
	return NULL;
}

/* The stage of that name, or of that number in file order; before: a stage that comes earlier only. */
static bool find_stage(const struct match_side *s, const char *name, const uint32_t *before, uint32_t *out)
{
	const struct report_step *steps = report_steps_of(s->r, s->b);
	bool numeric = *name && strspn(name, "0123456789") == strlen(name), found = false;
	unsigned long number = numeric ? strtoul(name, NULL, 10) : 0, nth = 0;
	for (size_t i = 0; i < s->b->steps_count; i++) {
		if (i && steps[i].stage == steps[i - 1].stage)
			continue;
		if (before && steps[i].stage == *before)
			break;
		if (strcasecmp(report_string(s->r, steps[i].stage), name) == 0 || (numeric && !before && nth == number)) {
			*out = steps[i].stage;
			found = true;
		}
		nth++;
	}
	return found;
}

char *brings_base(const struct match_side *s, uint32_t stage)
{
	uint32_t at = stage;
	for (;;) {
		lb_autofree char *name = from_name(s, at);
		uint32_t next;
		if (!name || strchr(name, '$') || strcasecmp(name, "scratch") == 0)
			return NULL;
		if (!find_stage(s, name, &at, &next))
			return lb_steal(&name);
		at = next;
	}
}

static bool last_stage(const struct match_side *s, uint32_t *out)
{
	const struct report_step *steps = report_steps_of(s->r, s->b);
	for (size_t i = s->b->steps_count; i--;)
		if (steps[i].outcome != ST_SKIPPED) {
			*out = steps[i].stage;
			return true;
		}
	return false;
}

bool *brings_stages(const struct match_side *s, const char *from)
{
	const struct report_step *steps = report_steps_of(s->r, s->b);
	size_t n = s->b->steps_count;
	bool *in = lb_calloc(n + 1, sizeof(*in));
	uint32_t at;
	bool more = from ? find_stage(s, from, NULL, &at) : last_stage(s, &at);
	bool hidden = from && strchr(from, '$');
	while (more) {
		lb_autofree char *name = from_name(s, at);
		for (size_t i = 0; i < n; i++)
			in[i] = in[i] || steps[i].stage == at;
		hidden = hidden || (name && strchr(name, '$'));
		more = name && find_stage(s, name, &at, &at);
	}
	for (size_t i = 0; i < n && hidden; i++)
		in[i] = true;
	return in;
}

enum { DEPTH_MAX = 32 };

/* upto: the last step of the stage that counts. */
static bool stage_brings(const struct match_side *s, uint32_t stage, size_t upto, const char *path, unsigned depth)
{
	const struct report_step *steps = report_steps_of(s->r, s->b);
	uint32_t other;
	for (size_t i = 0; i < s->b->steps_count && i <= upto; i++) {
		const char *text = report_string(s->r, steps[i].instruction);
		lb_autofree char *from = steps[i].stage == stage ? brings_from(text) : NULL;
		if (steps[i].stage != stage)
			continue;
		if (brings_file(text, path))
			return true;
		if (from && depth < DEPTH_MAX && find_stage(s, from, NULL, &other) && other != stage &&
		    stage_brings(s, other, SIZE_MAX, path, depth + 1))
			return true;
	}
	lb_autofree char *name = from_name(s, stage);
	return name && depth < DEPTH_MAX && find_stage(s, name, &stage, &other) && stage_brings(s, other, SIZE_MAX, path, depth + 1);
}

bool brings_into(const struct match_side *s, size_t step, const char *path)
{
	return stage_brings(s, report_steps_of(s->r, s->b)[step].stage, step, path, 0);
}
