/* SPDX-License-Identifier: Apache-2.0
 *
 * A small line chart in SVG, drawn by us so that a page needs no gnuplot.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

#define WIDTH  600.0
#define HEIGHT 260.0
#define LEFT   64.0
#define RIGHT  150.0
#define TOP    14.0
#define BOTTOM 30.0
#define LABEL  14.0 /* between two names */
#define COLORS 6
#define NAME   22

/* 1, 2 or 5 times a power of ten, so that about four of them reach `most`. */
static double tick_of(double most)
{
	double rough = most / 4, power = pow(10, floor(log10(rough))), part = rough / power;
	return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static double largest(const struct html_line *lines, size_t n)
{
	double most = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < lines[i].count; k++)
			most = isnan(lines[i].values[k]) ? most : fmax(most, lines[i].values[k]);
	return most;
}

static double y_of(double value, double top)
{
	return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top;
}

static double x_of(size_t i, size_t count)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (double)i / (double)count;
}

/* Labels of a small axis are in the next smaller unit. */
static void axis(double top, double tick, const char *unit, size_t count, struct lb_buf *out)
{
	double factor = top < 0.1 ? 1000 : 1;
	const char *name = factor <= 1 ? unit : !strcmp(unit, "s") ? "ms" : "kB";
	for (double t = 0; t <= top * 1.0001; t += tick) {
		lb_buf_addf(out, "<path class=\"gr\" d=\"M%g %.1fH%g\"/><text x=\"%g\" y=\"%.1f\" class=\"end\">%g%s%s</text>\n", LEFT,
			    y_of(t, top), WIDTH - RIGHT, LEFT - 6, y_of(t, top) + 4, t * factor, t > 0 ? " " : "", t > 0 ? name : "");
		if (tick <= 0)
			break;
	}
	lb_buf_addf(out, "<text x=\"%g\" y=\"%g\">1</text><text x=\"%g\" y=\"%g\" class=\"end\">%zu</text>\n", LEFT, HEIGHT - 8,
		    WIDTH - RIGHT, HEIGHT - 8, count);
}

/* A step line, each step as long as the others; a value that is not known leaves a gap. */
static void line(const struct html_line *l, size_t color, double top, struct lb_buf *out)
{
	bool down = false;
	lb_buf_addf(out, "<path class=\"l%zu\" d=\"", color % COLORS);
	for (size_t i = 0; i < l->count; i++) {
		if (isnan(l->values[i])) {
			down = false;
			continue;
		}
		double x = x_of(i, l->count), y = y_of(l->values[i], top);
		if (down)
			lb_buf_addf(out, "V%.1f", y);
		else
			lb_buf_addf(out, "M%.1f %.1f", x, y);
		lb_buf_addf(out, "H%.1f", x_of(i + 1, l->count));
		down = true;
	}
	lb_buf_adds(out, "\"/>\n");
}

struct label {
	size_t line;
	double y;
};

static int lower_first(const void *a, const void *b)
{
	const struct label *x = a, *y = b;
	return (x->y < y->y) - (x->y > y->y);
}

/* Names at the ends of their lines, pushed up where two would meet. */
static void names(const struct html_line *lines, size_t n, double top, struct lb_buf *out)
{
	lb_autofree struct label *labels = lb_calloc(n + 1, sizeof(*labels));
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		double last = lines[i].count ? lines[i].values[lines[i].count - 1] : NAN;
		if (!isnan(last))
			labels[count++] = (struct label){ i, y_of(last, top) };
	}
	qsort(labels, count, sizeof(*labels), lower_first);
	for (size_t i = 1; i < count; i++)
		labels[i].y = fmin(labels[i].y, labels[i - 1].y - LABEL);
	for (size_t i = 0; i < count; i++) {
		lb_buf_addf(out, "<text x=\"%g\" y=\"%.1f\" class=\"l%zu\">", WIDTH - RIGHT + 6, labels[i].y + 4, labels[i].line % COLORS);
		html_fit(out, lines[labels[i].line].name, NAME);
		lb_buf_adds(out, "</text>\n");
	}
}

void html_chart(const struct html_line *lines, size_t n, const char *unit, const char *title, struct lb_buf *out)
{
	double most = largest(lines, n);
	lb_buf_adds(out, "<figure><figcaption>");
	html_text(out, title);
	lb_buf_adds(out, "</figcaption>");
	if (most <= 0 || !n) {
		lb_buf_adds(out, "<p>Unknown.</p></figure>\n");
		return;
	}
	double tick = tick_of(most), top = ceil(most / tick - 1e-9) * tick;
	lb_buf_addf(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
	html_text(out, title);
	lb_buf_adds(out, "\">\n");
	axis(top, tick, unit, lines[0].count, out);
	for (size_t i = 0; i < n; i++)
		line(&lines[i], i, top, out);
	names(lines, n, top, out);
	lb_buf_adds(out, "</svg></figure>\n");
}
