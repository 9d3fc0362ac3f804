/* SPDX-License-Identifier: Apache-2.0 */
#include "subject/read.h"

#include <stdlib.h>
#include <string.h>

#include "subject/lines.h"

static bool is_operation(enum lb_keyword k)
{
	return k == LB_KW_RUN || k == LB_KW_COPY || k == LB_KW_ADD || k == LB_KW_WORKDIR;
}

/* ---- BuildKit: "#7 [build 3/5] COPY . ." names a vertex, "#7 CACHED" or "#7 DONE 0.1s" says what became of it.
 * Its lines of a RUN's output have a time behind the number, so that none looks like another line. ---- */

struct vertex {
	char *label; /* of its stage; "" in a file of one stage; NULL: no step */
	unsigned k, n;
	enum { VERTEX_OPEN, VERTEX_CACHED, VERTEX_DONE, VERTEX_ERROR } state;
};

struct vertices {
	struct vertex *items; /* by number */
	size_t count, cap;
};

static struct vertex *vertex(struct vertices *v, unsigned number)
{
	while (v->count <= number) {
		v->items = lb_grow(v->items, v->count, &v->cap, sizeof(*v->items));
		v->items[v->count++] = (struct vertex){ 0 };
	}
	return &v->items[number];
}

/* What stands in the brackets: [[PLATFORM ]LABEL ]k/n, the numbers padded with blanks. */
static void name_vertex(struct vertex *x, const char *p, const char *end)
{
	const char *fields[3], *close = memchr(p, ']', (size_t)(end - p));
	size_t lens[3], count = 0;
	while (close && p < close && count < 3) {
		p += strspn(p, " ");
		size_t n = strcspn(p, " ]");
		fields[count] = p;
		lens[count++] = n;
		p += n;
	}
	if (!count || p != close || x->label)
		return;
	const char *last = fields[count - 1], *stop = last + lens[count - 1];
	unsigned k, n;
	if (!fraction(&last, stop, &k, &n) || last != stop)
		return;
	bool named = count == 3 || (count == 2 && !memchr(fields[0], '/', lens[0]));
	x->label = named ? lb_strndup(fields[count - 2], lens[count - 2]) : lb_strdup("");
	x->k = k;
	x->n = n;
}

static void read_vertices(const char *text, struct vertices *v)
{
	const char *line;
	size_t len;
	while (next_line(&text, &line, &len)) {
		const char *p = line + 1, *end = line + len;
		unsigned id;
		if (!len || *line != '#' || !number(&p, end, &id) || id > 100000 || p >= end || *p++ != ' ')
			continue;
		size_t left = (size_t)(end - p);
		struct vertex *x = vertex(v, id);
		if (left && *p == '[')
			name_vertex(x, p + 1, end);
		else if (left == 6 && begins(p, left, "CACHED"))
			x->state = VERTEX_CACHED;
		else if (begins(p, left, "ERROR") || begins(p, left, "CANCELED"))
			x->state = *p == 'E' ? VERTEX_ERROR : x->state;
		else if (begins(p, left, "DONE") && x->state == VERTEX_OPEN)
			x->state = VERTEX_DONE;
	}
}

static const char *printed(const struct vertices *v, const char *label)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->items[i].label && strcasecmp(v->items[i].label, label) == 0)
			return v->items[i].label;
	return NULL;
}

/* How the output calls the stage that step i is in; NULL: it does not speak of it. */
static const char *label_of(const struct reading *r, const struct vertices *v, const struct subject_step *s)
{
	lb_autofree char *numbered = lb_format("stage-%d", s->stage);
	const char *label = s->stage_name ? printed(v, s->stage_name) : NULL;
	if (!label)
		label = printed(v, numbered);
	return label || r->steps[r->count - 1].stage ? label : printed(v, "");
}

static enum lb_outcome outcome_of(const struct vertices *v, const char *label, unsigned k, bool failed)
{
	static const enum lb_outcome by_state[] = {
		[VERTEX_OPEN] = LB_UNREACHED, [VERTEX_CACHED] = LB_HIT, [VERTEX_DONE] = LB_MISS, [VERTEX_ERROR] = LB_ERROR
	};
	for (size_t i = 0; i < v->count; i++)
		if (v->items[i].label && v->items[i].k == k && strcasecmp(v->items[i].label, label) == 0)
			return by_state[v->items[i].state];
	return failed ? LB_UNREACHED : LB_UNKNOWN;
}

static const char *from_what(const struct subject_step *s)
{
	const char *p = s->text ? s->text + strcspn(s->text, " ") : "";
	return p + strspn(p, " ");
}

/* Operations of two stages that begin alike are one operation, printed once. The step of another stage that i is one with;
 * count: none. */
static size_t twin(const struct reading *r, size_t i)
{
	const struct subject_step *s = r->steps;
	size_t a = i;
	while (a && s[a - 1].stage == s[i].stage)
		a--;
	for (size_t b = 0; b + (i - a) < a; b++) {
		size_t n = i - a, k = 1, word = strcspn(from_what(&s[b]), " ");
		bool same = s[b].keyword == LB_KW_FROM && s[b + n].stage == s[b].stage && word == strcspn(from_what(&s[a]), " ") &&
			    strncmp(from_what(&s[b]), from_what(&s[a]), word) == 0;
		while (same && k <= n && s[a + k].text && s[b + k].text && strcmp(s[a + k].text, s[b + k].text) == 0)
			k++;
		if (same && k > n)
			return b + n;
	}
	return r->count;
}

static void read_stage(const struct reading *r, const struct vertices *v, size_t from, size_t end)
{
	const char *label = label_of(r, v, &r->steps[from]);
	unsigned operations = 0, n = 0, k;
	bool triggers = false;
	for (size_t i = from; i < end; i++) {
		operations += is_operation(r->steps[i].keyword);
		triggers = triggers || r->steps[i].trigger;
	}
	for (size_t i = 0; label && i < v->count; i++)
		if (v->items[i].label && strcasecmp(v->items[i].label, label) == 0)
			n = v->items[i].n;
	k = triggers || n > operations; /* FROM counts where it is an image; in n triggers do not */
	bool last = end == r->count;
	for (size_t i = from; i < end; i++) {
		struct subject_step *s = &r->steps[i];
		bool operation = is_operation(s->keyword);
		if (!label && operations && !last)
			s->outcome = r->failed ? LB_UNREACHED : LB_SKIPPED;
		else if (!operation)
			s->outcome = operations && label ? LB_META : LB_UNKNOWN;
		else
			s->outcome = label ? outcome_of(v, label, ++k, r->failed) : r->failed ? LB_UNREACHED : LB_UNKNOWN;
		size_t other = operation && s->outcome == LB_UNKNOWN ? twin(r, i) : r->count;
		if (other < r->count)
			s->outcome = r->steps[other].outcome;
	}
}

void read_buildkit(const struct reading *r)
{
	struct vertices v = { 0 };
	read_vertices(r->text, &v);
	for (size_t from = 0, end; from < r->count; from = end) {
		for (end = from; end < r->count && r->steps[end].stage == r->steps[from].stage;)
			end++;
		read_stage(r, &v, from, end);
	}
	for (size_t i = 0; i < v.count; i++)
		free(v.items[i].label);
	free(v.items);
}

/* ---- the legacy builder and buildah: a head for each step, then what became of it ---- */

static void end_of_failed(const struct reading *r, size_t last)
{
	if (r->failed && last < r->count && (r->steps[last].outcome == LB_MISS || r->steps[last].keyword == LB_KW_FROM))
		r->steps[last].outcome = LB_ERROR;
}

/* The step that a number from 1 on means, triggers not counted; count: none. */
static size_t numbered(const struct reading *r, size_t nth)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->steps[i].trigger && nth-- == 0)
			return i;
	return r->count;
}

/* Triggers of a FROM: a line for each that the cache had, those before the first that it had not. */
static void set_triggers(const struct reading *r, size_t from, unsigned hits)
{
	for (size_t i = from + 1; i < r->count && r->steps[i].trigger; i++)
		r->steps[i].outcome = hits && hits-- ? LB_HIT : LB_MISS;
}

struct classic {
	const struct reading *r;
	unsigned step, all; /* the last head */
	size_t at;          /* its step; count: none */
	unsigned hits;      /* of a FROM's triggers */
};

static void classic_head(struct classic *c, unsigned step)
{
	c->step = step;
	c->at = step > c->r->before ? numbered(c->r, step - 1 - c->r->before) : c->r->count;
	c->hits = 0;
	if (c->at < c->r->count)
		c->r->steps[c->at].outcome = c->r->steps[c->at].keyword == LB_KW_FROM ? LB_META : LB_MISS;
	if (c->at < c->r->count)
		set_triggers(c->r, c->at, 0);
}

static void classic_hit(struct classic *c)
{
	if (c->at == c->r->count)
		return;
	if (c->r->steps[c->at].keyword == LB_KW_FROM)
		set_triggers(c->r, c->at, ++c->hits);
	else
		c->r->steps[c->at].outcome = LB_HIT;
}

/* "Step n/m : ", the one that is due. */
static bool is_classic_head(const struct classic *c, const char *line, size_t len, unsigned *step, unsigned *all)
{
	const char *p = line + 5, *end = line + len;
	return begins(line, len, "Step ") && fraction(&p, end, step, all) && begins(p, (size_t)(end - p), " : ") && *step == c->step + 1 &&
	       (!c->all || *all == c->all);
}

/* Between "Running in ID" and "Removing intermediate container ID" the container speaks; one that failed speaks last. */
static void skip_container(const char **at, const char *id, size_t id_len, bool failed)
{
	lb_autofree char *end = lb_format("Removing intermediate container %.*s", (int)id_len, id);
	const char *p = *at, *line;
	size_t len;
	while (next_line(&p, &line, &len))
		if (len == strlen(end) && begins(line, len, end)) {
			*at = p;
			return;
		}
	if (failed)
		*at = p;
}

void read_classic(const struct reading *r)
{
	static const char running[] = " ---> Running in ", hit[] = " ---> Using cache";
	struct classic c = { .r = r, .at = r->count };
	const char *at = r->text, *line;
	size_t len;
	unsigned step, all;
	for (size_t i = 0; i < r->count; i++)
		r->steps[i].outcome = r->failed ? LB_UNREACHED : LB_SKIPPED;
	while (next_line(&at, &line, &len)) {
		if (is_classic_head(&c, line, len, &step, &all)) {
			c.all = all;
			classic_head(&c, step);
		} else if (begins(line, len, running)) {
			skip_container(&at, line + sizeof(running) - 1, len - (sizeof(running) - 1), r->failed);
		} else if (len == sizeof(hit) - 1 && begins(line, len, hit)) {
			classic_hit(&c);
		}
	}
	end_of_failed(r, c.at);
}
