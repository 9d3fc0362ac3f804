/* SPDX-License-Identifier: Apache-2.0 */
#include "progress/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "lbench/mem.h"
#include "report/text.h"

enum { PATIENCE_MS = 1000, REDRAW_MS = 100, TICK_MS = 200, LOG_MS = 30000, NOW_COLUMNS = 300 };

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* ---- when it is said ---- */

/* A line that wraps cannot be erased; in the last column some terminals wrap. */
static size_t terminal_columns(void)
{
	struct winsize w;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1u : 79;
}

static void refresh(struct progress *p)
{
	const struct progress_line *l = &p->line;
	uint64_t now = now_ms(), elapsed = now - p->began_ms;
	if (!l->all)
		return;
	if (p->bar && elapsed >= PATIENCE_MS && now - p->drawn_ms >= REDRAW_MS) {
		lb_autobuf struct lb_buf text = { 0 };
		progress_line_draw(l, elapsed, terminal_columns(), &text);
		fprintf(stderr, "\r\033[K%s", lb_buf_str(&text));
		fflush(stderr);
		p->drawn_ms = now;
	}
	if (p->log && now - (p->drawn_ms ? p->drawn_ms : p->began_ms) >= LOG_MS && l->done < l->all) {
		lb_autofree char *left = progress_line_left(l, elapsed);
		fprintf(stderr, "%zu of %zu %s%s%s\n", l->done, l->all, l->unit, left ? ", " : "", left ? left : "");
		p->drawn_ms = now;
	}
}

/* ---- while nothing happens ---- */

struct ticker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static void *tick(void *arg)
{
	struct progress *p = arg;
	struct ticker *t = p->ticker;
	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&t->wake, &t->lock, &until);
		if (!t->stop)
			refresh(p);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

static void free_ticker(struct ticker *t)
{
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Signals are for the threads that work. */
static void start_ticker(struct progress *p)
{
	struct ticker *t = lb_calloc(1, sizeof(*t));
	pthread_condattr_t attr;
	sigset_t all, before;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&t->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	p->ticker = t;
	if (pthread_create(&t->thread, NULL, tick, p) != 0) {
		p->ticker = NULL;
		free_ticker(t);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void lock(struct progress *p)
{
	if (p->ticker)
		pthread_mutex_lock(&p->ticker->lock);
}

static void unlock(struct progress *p)
{
	if (p->ticker)
		pthread_mutex_unlock(&p->ticker->lock);
}

/* ---- what is told ---- */

void progress_begin(struct progress *p, const char *unit, bool quiet, bool verbose)
{
	const char *term = getenv("TERM");
	bool terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0), speaks = !quiet && !verbose;
	*p = (struct progress){
		.lines = verbose, .bar = speaks && terminal, .log = speaks && !terminal, .line.unit = unit, .began_ms = now_ms()
	};
	if (speaks)
		start_ticker(p);
}

void progress_total(struct progress *p, size_t first, size_t all)
{
	lock(p);
	p->line.first = p->line.done = first;
	p->line.all = all;
	p->began_ms = now_ms();
	unlock(p);
}

void progress_step(struct progress *p, const char *what, size_t done, size_t all)
{
	lock(p);
	p->line.done = done;
	p->line.all = all;
	if (p->lines)
		fprintf(stderr, "%zu of %zu  %s\n", done, all, what);
	refresh(p);
	unlock(p);
}

void progress_hits(struct progress *p, uint64_t hits, uint64_t misses)
{
	lock(p);
	p->line.hits = hits;
	p->line.misses = misses;
	unlock(p);
}

void progress_now(struct progress *p, const char *now)
{
	if (!p->bar)
		return;
	lock(p);
	lb_buf_clear(&p->now);
	text_fit(&p->now, now, NOW_COLUMNS);
	p->line.now = lb_buf_str(&p->now);
	refresh(p);
	unlock(p);
}

void progress_end(struct progress *p)
{
	struct ticker *t = p->ticker;
	if (t) {
		pthread_mutex_lock(&t->lock);
		t->stop = true;
		pthread_cond_signal(&t->wake);
		pthread_mutex_unlock(&t->lock);
		pthread_join(t->thread, NULL);
		free_ticker(t);
		p->ticker = NULL;
	}
	if (p->bar && p->drawn_ms)
		fputs("\r\033[K", stderr);
	p->drawn_ms = 0;
	p->line.all = 0;
	p->line.now = NULL;
	lb_buf_release(&p->now);
}
