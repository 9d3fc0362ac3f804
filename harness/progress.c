/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000, REDRAW_MS = 100, BAR_MOST = 40, BAR_LEAST = 10 };

static uint64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, bool quiet, bool verbose)
{
	*p = (struct progress){ .lines = verbose, .bar = !quiet && !verbose && isatty(STDERR_FILENO), .began_ms = now_ms() };
}

/* A line that wraps cannot be erased. */
static int bar_columns(int text)
{
	struct winsize w;
	int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
	int room = columns - text - 4;
	return room > BAR_MOST ? BAR_MOST : room < BAR_LEAST ? 0 : room;
}

static void draw(size_t done, size_t all)
{
	static const char full[BAR_MOST + 1] = "########################################";
	char text[64];
	int length = snprintf(text, sizeof(text), "%zu of %zu builds", done, all);
	int columns = bar_columns(length), filled = (int)(done * (size_t)columns / (all ? all : 1));
	if (columns)
		fprintf(stderr, "\r\033[K[%.*s%*s] %s", filled, full, columns - filled, "", text);
	else
		fprintf(stderr, "\r\033[K%s", text);
	fflush(stderr);
}

void progress_step(struct progress *p, const char *what, size_t done, size_t all)
{
	if (p->lines)
		fprintf(stderr, "%zu of %zu  %s\n", done, all, what);
	if (!p->bar)
		return;
	uint64_t now = now_ms();
	if (now - p->began_ms < PATIENCE_MS || now - p->drawn_ms < REDRAW_MS)
		return;
	draw(done, all);
	p->drawn_ms = now;
}

void progress_end(struct progress *p)
{
	if (p->drawn_ms)
		fputs("\r\033[K", stderr);
	p->drawn_ms = 0;
}
