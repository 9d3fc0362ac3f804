/* SPDX-License-Identifier: Apache-2.0 */
#include "report/grid.h"

#include <stdlib.h>
#include <string.h>

#define GAP    3
#define BELOW  4
#define NARROW 12 /* a column is not made narrower */
#define SHORT  24 /* … nor than this where it alone would not do */

void grid_release(struct grid *g)
{
	lb_arena_release(&g->arena);
	free(g->cells);
	lb_buf_release(&g->styles);
}

void grid_add(struct grid *g, const char *text)
{
	g->cells = lb_grow(g->cells, g->count, &g->cap, sizeof(*g->cells));
	g->cells[g->count++] = lb_arena_strdup(&g->arena, text);
	lb_buf_addc(&g->styles, ' ');
}

void grid_style(struct grid *g, char style)
{
	g->styles.data[g->styles.len - 1] = style;
}

void grid_take(struct grid *g, struct lb_buf *text)
{
	grid_add(g, lb_buf_str(text));
	lb_buf_clear(text);
}

void grid_end_row(struct grid *g)
{
	while (g->count % g->columns)
		grid_add(g, "");
}

static const char *cell(const struct grid *g, size_t row, size_t column)
{
	return g->cells[row * g->columns + column];
}

static bool is_left(const struct grid *g, size_t column)
{
	return column < 32 && (g->left >> column & 1);
}

static const char *escape_of(char style)
{
	return style == 'r' ? "\033[31m" : style == 'y' ? "\033[33m" : style == 'd' ? "\033[2m" : NULL;
}

static void print_cell(const struct grid *g, size_t row, size_t column, size_t room, bool color, struct lb_buf *out)
{
	const char *s = cell(g, row, column), *escape = color ? escape_of(g->styles.data[row * g->columns + column]) : NULL;
	size_t w = text_width(s);
	if (w < room && !is_left(g, column))
		text_pad(out, room - w);
	if (escape)
		lb_buf_adds(out, escape);
	text_fit(out, s, w > room ? room : 0);
	if (escape)
		lb_buf_adds(out, "\033[0m");
	if (w < room && is_left(g, column))
		text_pad(out, room - w);
}

static void print_row(const struct grid *g, size_t row, size_t from, size_t to, const size_t *widths, bool color, struct lb_buf *out)
{
	size_t begin = out->len;
	for (size_t c = 0; c < to; c++) {
		if (c >= g->fixed && c < from)
			continue;
		if (c)
			text_pad(out, GAP);
		print_cell(g, row, c, widths[c], color, out);
	}
	while (out->len > begin && out->data[out->len - 1] == ' ')
		out->len--;
}

/* The first column behind those that fit into a panel that begins at `from`. */
static size_t panel_end(const struct grid *g, size_t from, const size_t *widths, size_t width)
{
	size_t used = 0, c;
	for (c = 0; c < g->fixed; c++)
		used += widths[c] + (c ? GAP : 0);
	for (c = from; c < g->columns; c++) {
		used += widths[c] + (c ? GAP : 0);
		if (width && used > width && c > from)
			break;
	}
	return c;
}

static void measure(const struct grid *g, size_t *widths, size_t width)
{
	size_t rows = g->count / g->columns, total = 0;
	for (size_t c = 0; c < g->columns; c++) {
		for (size_t i = 0; i < rows; i++) {
			size_t w = text_width(cell(g, i, c));
			widths[c] = w > widths[c] ? w : widths[c];
		}
		widths[c] += widths[c] == 0;
		total += widths[c] + (c ? GAP : 0);
	}
	if (width && total > width) {
		size_t over = total - width, *w = &widths[g->shrink], spare = *w > NARROW ? *w - NARROW : 0;
		if (over <= spare)
			*w -= over;
		else if (*w > SHORT)
			*w = SHORT;
	}
}

void grid_print(const struct grid *g, size_t width, bool color, struct lb_buf *out)
{
	lb_autofree size_t *widths = lb_calloc(g->columns + 1, sizeof(*widths));
	size_t rows = g->count / g->columns;
	measure(g, widths, width);
	for (size_t from = g->fixed; from < g->columns;) {
		size_t to = panel_end(g, from, widths, width);
		if (from > g->fixed)
			lb_buf_addc(out, '\n');
		for (size_t i = 0; i < rows; i++) {
			if (color && !i)
				lb_buf_adds(out, "\033[1m");
			print_row(g, i, from, to, widths, color && i, out);
			lb_buf_adds(out, color && !i ? "\033[0m\n" : "\n");
		}
		from = to;
	}
}

void grid_print_body(const struct grid *g, const struct lb_strv *below, size_t width, bool color, struct lb_buf *out)
{
	lb_autofree size_t *widths = lb_calloc(g->columns + 1, sizeof(*widths));
	measure(g, widths, width);
	for (size_t i = 0; i < g->count / g->columns; i++) {
		print_row(g, i, g->fixed, g->columns, widths, color, out);
		lb_buf_addc(out, '\n');
		if (!below || !below->items[i][0])
			continue;
		text_pad(out, BELOW);
		text_wrap(out, below->items[i], width > BELOW ? width - BELOW : width, BELOW);
		lb_buf_addc(out, '\n');
	}
}

size_t grid_width(const struct grid *g)
{
	lb_autofree size_t *widths = lb_calloc(g->columns + 1, sizeof(*widths));
	size_t total = 0;
	measure(g, widths, 0);
	for (size_t c = 0; c < g->columns; c++)
		total += widths[c] + (c ? GAP : 0);
	return total;
}

static void markdown_cell(struct lb_buf *out, const char *s)
{
	lb_autobuf struct lb_buf clean = { 0 };
	text_fit(&clean, s, 0);
	for (s = lb_buf_str(&clean); *s; s++) {
		if (strchr("\\|*_<>[]`~#", *s))
			lb_buf_addc(out, '\\');
		lb_buf_addc(out, *s);
	}
}

void grid_markdown(const struct grid *g, struct lb_buf *out)
{
	size_t rows = g->count / g->columns;
	for (size_t i = 0; i < rows; i++) {
		for (size_t c = 0; c < g->columns; c++) {
			lb_buf_adds(out, c ? " | " : "| ");
			markdown_cell(out, cell(g, i, c));
		}
		lb_buf_adds(out, " |\n");
		for (size_t c = 0; c < g->columns && !i; c++)
			lb_buf_adds(out, is_left(g, c) ? "|:---" : "|---:");
		if (!i)
			lb_buf_adds(out, "|\n");
	}
}
