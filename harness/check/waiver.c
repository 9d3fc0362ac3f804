/* SPDX-License-Identifier: Apache-2.0 */
#include "check/waiver.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Moves *p behind word and the blanks after it. */
static bool skip_word(const char **p, const char *word)
{
	size_t n = strlen(word);
	if (strncasecmp(*p, word, n) != 0 || !strchr(" \t", (*p)[n]))
		return false;
	*p = skip_blanks(*p + n);
	return true;
}

static unsigned digits(const char *p, size_t n)
{
	unsigned v = 0;
	for (size_t i = 0; i < n; i++)
		v = 10 * v + (unsigned)(p[i] - '0');
	return v;
}

static bool is_date(const char *p)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	for (size_t i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? p[i] != '-' : !isdigit((unsigned char)p[i]))
			return false;
	unsigned month = digits(p + 5, 2), day = digits(p + 8, 2);
	return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

/* What follows "lbench:". NULL, or what is wrong. */
static const char *parse(const char *p, struct check_waiver *w)
{
	if (!skip_word(&p, "allow"))
		return "only `allow` is known";
	if (!skip_word(&p, "lost-hit") && !skip_word(&p, "lost-hits"))
		return "only `lost-hit` can be allowed";
	if (!skip_word(&p, "until") || !is_date(p))
		return "`until YYYY-MM-DD` is missing";
	memcpy(w->until, p, 10);
	p = skip_blanks(p + 10);
	if (!skip_word(&p, "because") || !*p)
		return "the reason is missing";
	w->because = lb_strdup(p);
	return NULL;
}

/* The text behind "# lbench:"; NULL: another comment. */
static const char *marked(const char *line)
{
	const char *p = skip_blanks(line);
	if (*p != '#')
		return NULL;
	p = skip_blanks(p + 1);
	return strncmp(p, "lbench:", 7) == 0 ? skip_blanks(p + 7) : NULL;
}

static char *one_line(const char *p)
{
	size_t n = strcspn(p, "\n");
	while (n && strchr(" \t\r", p[n - 1]))
		n--;
	return lb_strndup(p, n);
}

void check_waivers_read(const char *name, const char *dockerfile, struct check_waivers *out, struct lb_strv *faults)
{
	size_t open = out->count; /* those from here on wait for their instruction */
	uint32_t number = 1;
	for (const char *p = dockerfile; *p; number++) {
		lb_autofree char *line = one_line(p);
		const char *text = marked(line), *first = skip_blanks(line);
		if (text) {
			struct check_waiver w = { .line = number };
			const char *fault = parse(text, &w);
			if (fault) {
				lb_strv_take(faults,
					     lb_format("%s:%u: %s; a waiver reads `# lbench: allow lost-hit until YYYY-MM-DD because …`",
						       name, number, fault));
			} else {
				out->items = lb_grow(out->items, out->count, &out->cap, sizeof(*out->items));
				out->items[out->count++] = w;
			}
		} else if (*first && *first != '#') {
			for (; open < out->count; open++)
				out->items[open].instruction = number;
		} else if (!*first) {
			/* an empty line ends the comment that belongs to an instruction */
			open = out->count;
		}
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
}

void check_waivers_release(struct check_waivers *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i].because);
	free(w->items);
	*w = (struct check_waivers){ 0 };
}

const struct check_waiver *check_waivers_find(const struct check_waivers *w, uint32_t line)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->items[i].instruction == line)
			return &w->items[i];
	return NULL;
}

bool check_waiver_holds(const struct check_waiver *w, const char *date)
{
	return strncmp(date, w->until, 10) <= 0;
}
