/* SPDX-License-Identifier: Apache-2.0
 *
 * buildah prints a head for each step, then what became of it: "--> Using cache ID" and "--> ID" for a hit, "--> ID" for
 * what was carried out, and what a RUN says in between. Once a step of a stage was carried out, all that follow in it are.
 */
#include <stdlib.h>

#include "subject/lines.h"
#include "subject/read.h"

/* "[s/t] STEP n/m: WORD …"; without brackets in a file of one stage. */
struct head {
	unsigned stage, step, all;
	const char *word; /* the instruction's text */
	size_t len;
};

static bool read_head(const char *line, size_t len, struct head *h)
{
	const char *p = line, *end = line + len;
	unsigned stages;
	h->stage = 1;
	if (len && *p == '[') {
		p++;
		if (!fraction(&p, end, &h->stage, &stages) || !begins(p, (size_t)(end - p), "] "))
			return false;
		p += 2;
	}
	if (!begins(p, (size_t)(end - p), "STEP "))
		return false;
	p += 5;
	if (!fraction(&p, end, &h->step, &h->all) || !begins(p, (size_t)(end - p), ": "))
		return false;
	h->word = p + 2;
	h->len = (size_t)(end - h->word);
	return true;
}

/* The step that a head means; count: none. */
static size_t step_of(const struct reading *r, const struct head *h)
{
	size_t all = 0, own = 0, nth = h->step - 1;
	for (size_t i = 0; i < r->count; i++) {
		all += r->steps[i].stage == (int)h->stage - 1;
		own += r->steps[i].stage == (int)h->stage - 1 && !r->steps[i].trigger;
	}
	if (h->all != own && h->all != all)
		return r->count;
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].stage == (int)h->stage - 1 && (h->all == all || !r->steps[i].trigger) && nth-- == 0) {
			const char *word = lb_keyword_name(r->steps[i].keyword);
			bool same = h->len >= strlen(word) && strncasecmp(h->word, word, strlen(word)) == 0;
			return same ? i : r->count;
		}
	return r->count;
}

struct progress {
	unsigned step;   /* its last head; 0: none */
	bool missed;     /* a step of it did: from there on buildah asks its cache for nothing */
	size_t at;       /* the step, while nothing was said of it; count: all is said */
	unsigned opened; /* when */
};

struct buildah {
	const struct reading *r;
	struct progress *stages;
	size_t count, last; /* last: the step of the last head that counted */
	unsigned clock;
	const char *cached; /* the id that the last hit named */
	size_t cached_step;
	bool directly; /* the line before was a head */
};

static void reset_stage(struct buildah *b, unsigned stage)
{
	for (size_t i = 0; i < b->r->count; i++)
		if (b->r->steps[i].stage == (int)stage - 1)
			b->r->steps[i].outcome = b->r->failed ? LB_UNREACHED : LB_SKIPPED;
	b->stages[stage - 1] = (struct progress){ .at = b->r->count };
}

/* false: it is none, but what a RUN says. */
static bool take_head(struct buildah *b, const struct head *h)
{
	size_t step = step_of(b->r, h);
	struct progress *s = step < b->r->count ? &b->stages[h->stage - 1] : NULL;
	if (!s || (h->step != 1 && h->step != s->step + 1))
		return false;
	if (h->step == 1)
		reset_stage(b, h->stage);
	s->missed = s->missed || s->at < b->r->count;
	s->step = h->step;
	s->opened = ++b->clock;
	b->last = step;
	bool from = b->r->steps[step].keyword == LB_KW_FROM;
	s->at = from ? b->r->count : step;
	b->r->steps[step].outcome = from ? LB_META : LB_MISS;
	return true;
}

/* Stages take turns: one waits for another where it copies from it, so what is said is of the one that began last. */
static struct progress *speaker(const struct buildah *b)
{
	struct progress *last = NULL;
	for (size_t i = 0; i < b->count; i++)
		if (b->stages[i].at < b->r->count && (!last || b->stages[i].opened > last->opened))
			last = &b->stages[i];
	return last;
}

static size_t id_length(const char *p, const char *end)
{
	const char *from = p;
	while (p < end && isxdigit((unsigned char)*p))
		p++;
	return p == end ? (size_t)(p - from) : 0;
}

static void take_hit(struct buildah *b, const char *id)
{
	struct progress *s = speaker(b);
	/* a RUN never waits: what is not said at once is its own output */
	if (!s || s->missed || (b->r->steps[s->at].keyword == LB_KW_RUN && !b->directly))
		return;
	b->r->steps[s->at].outcome = LB_HIT;
	b->cached = id;
	b->cached_step = s->at;
	s->at = b->r->count;
}

/* "--> ID" ends a step; that of a hit repeats the beginning of its id, or the hit was a RUN's joke. */
static void take_end(struct buildah *b, const char *id, size_t len)
{
	struct progress *s = speaker(b);
	if (b->cached && strncmp(b->cached, id, len) == 0) {
		b->cached = NULL;
	} else if (b->cached) {
		b->r->steps[b->cached_step].outcome = LB_MISS;
		b->stages[b->r->steps[b->cached_step].stage].missed = true;
		b->cached = NULL;
	} else if (s) {
		s->missed = true;
		s->at = b->r->count;
	}
}

static void take_line(struct buildah *b, const char *line, size_t len)
{
	static const char hit[] = "--> Using cache ", arrow[] = "--> ";
	const char *end = line + len;
	struct head h;
	bool head = read_head(line, len, &h) && take_head(b, &h);
	if (head)
		b->cached = NULL;
	else if (begins(line, len, hit) && id_length(line + sizeof(hit) - 1, end))
		take_hit(b, line + sizeof(hit) - 1);
	else if (begins(line, len, arrow) && id_length(line + sizeof(arrow) - 1, end))
		take_end(b, line + sizeof(arrow) - 1, id_length(line + sizeof(arrow) - 1, end));
	b->directly = head;
}

/* The step that spoke last is the one that failed; others were still waiting. */
static void end_failed(struct buildah *b)
{
	const struct progress *s = speaker(b);
	size_t failed = s ? s->at : b->last;
	for (size_t i = 0; i < b->count; i++)
		if (b->stages[i].at < b->r->count)
			b->r->steps[b->stages[i].at].outcome = LB_UNREACHED;
	if (failed < b->r->count && b->r->steps[failed].outcome != LB_HIT)
		b->r->steps[failed].outcome = LB_ERROR;
}

void read_buildah(const struct reading *r)
{
	const char *at = r->text, *line;
	size_t len;
	struct buildah b = { .r = r, .count = r->count ? (size_t)r->steps[r->count - 1].stage + 1 : 0, .last = r->count };
	b.stages = lb_calloc(b.count + 1, sizeof(*b.stages));
	for (unsigned i = 0; i < b.count; i++)
		reset_stage(&b, i + 1);
	while (next_line(&at, &line, &len))
		take_line(&b, line, len);
	if (r->failed)
		end_failed(&b);
	free(b.stages);
}
