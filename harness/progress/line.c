/* SPDX-License-Identifier: Apache-2.0 */
#include "progress/line.h"

#include <stdbool.h>

#include "lbench/mem.h"
#include "report/text.h"

enum { BAR_WIDE = 30, BAR_NARROW = 10, WIDE = 119, NARROW = 59, SHORTEST = 12 };
enum { TELLING_MS = 2000, TELLING_DONE = 3 }; /* before that an estimate would be a guess */

char *progress_line_left(const struct progress_line *l, uint64_t elapsed_ms)
{
	size_t done = l->done - l->first;
	if (done < TELLING_DONE || elapsed_ms < TELLING_MS || l->done >= l->all)
		return NULL;
	uint64_t s = (elapsed_ms * (l->all - l->done) / done + 999) / 1000;
	if (s < 120)
		return lb_format("about %llu s left", (unsigned long long)s);
	if (s < 7200)
		return lb_format("about %llu min left", (unsigned long long)(s + 30) / 60);
	return lb_format("about %llu h left", (unsigned long long)(s + 1800) / 3600);
}

/* The columns that a part may take after what `out` holds from `start` on, two blanks between them; 0: none. */
static size_t room(const struct lb_buf *out, size_t start, size_t columns)
{
	size_t used = out->len > start ? text_width(out->data + start) + 2 : 0;
	return columns > used ? columns - used : 0;
}

/* false: nothing was added. */
static bool add_part(struct lb_buf *out, size_t start, const char *text, size_t columns, bool shorten)
{
	size_t most = room(out, start, columns);
	if (!text || !*text || most < (shorten ? SHORTEST : text_width(text)))
		return false;
	lb_buf_adds(out, out->len > start ? "  " : "");
	text_fit(out, text, most);
	return true;
}

static void add_bar(const struct progress_line *l, size_t width, struct lb_buf *out)
{
	static const char full[BAR_WIDE + 1] = "##############################";
	size_t filled = l->all ? (l->done < l->all ? l->done : l->all) * width / l->all : 0;
	lb_buf_addf(out, "[%.*s%*s]", (int)filled, full, (int)(width - filled), "");
}

void progress_line_draw(const struct progress_line *l, uint64_t elapsed_ms, size_t columns, struct lb_buf *out)
{
	lb_autofree char *count = lb_format("%zu of %zu %s", l->done, l->all, l->unit), *brief = lb_format("%zu/%zu", l->done, l->all);
	lb_autofree char *left = progress_line_left(l, elapsed_ms), *hits = NULL;
	size_t start = out->len, bar = columns >= WIDE ? BAR_WIDE : columns >= NARROW ? BAR_NARROW : 0;
	if (l->hits || l->misses)
		hits = lb_format("%llu hits, %llu misses", (unsigned long long)l->hits, (unsigned long long)l->misses);
	if (bar)
		add_bar(l, bar, out);
	if (!add_part(out, start, count, columns, false))
		add_part(out, start, brief, columns, false);
	add_part(out, start, left, columns, false);
	add_part(out, start, hits, columns, false);
	add_part(out, start, l->now, columns, true);
}
