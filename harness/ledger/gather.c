/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over the context, with what each variant's .dockerignore leaves of it alongside. A step that copies
 * everything costs nothing to look at; of the others each file is matched.
 */
#include "ledger/gather.h"

#include <stdlib.h>
#include <string.h>

/* A line that copies. */
struct source {
	const struct lb_ignore *patterns; /* NULL: everything */
	const struct lb_ignore *excludes; /* NULL: nothing */
	size_t sent;                      /* which of the trees it copies from */
};
struct gathering {
	const struct scenario *s;
	struct ledger *l;
	struct front **fronts;                /* by variant; NULL: cannot be read */
	struct lb_node *sent[LEDGER_IGNORES]; /* different ones */
	const char *ignores[LEDGER_IGNORES];
	size_t sent_count;
	struct source sources[LEDGER_STEPS];
	struct lb_ignore *compiled[2 * LEDGER_STEPS];
	size_t compiled_count;
};

/* ---- lines ---- */

/* Variants with one .dockerignore see one tree. Beyond so many different ones the last stands for the rest. */
static size_t take_sent(struct gathering *g, const struct front *f)
{
	const char *text = f->ignore_text ? f->ignore_text : "";
	for (size_t i = 0; i < g->sent_count; i++)
		if (strcmp(g->ignores[i], text) == 0)
			return i;
	if (g->sent_count == LEDGER_IGNORES)
		return LEDGER_IGNORES - 1;
	g->ignores[g->sent_count] = text;
	g->sent[g->sent_count] = f->sent;
	return g->sent_count++;
}

static int compile(struct gathering *g, const char **patterns, size_t count, const struct lb_ignore **out)
{
	struct lb_ignore *made = NULL;
	*out = NULL;
	for (size_t i = 0; i < count; i++)
		if (!*patterns[i])
			return 0;
	int rc = count ? lb_ignore_compile((char *const *)patterns, count, &made, NULL) : 0;
	if (made)
		g->compiled[g->compiled_count++] = made;
	*out = made;
	return rc;
}

static void add_line(struct gathering *g, const struct front *f, size_t variant, const struct front_step *step)
{
	struct ledger *l = g->l;
	struct source src = { .sent = take_sent(g, f) };
	if (!step->needed)
		return;
	if (l->steps_count == LEDGER_STEPS || compile(g, step->patterns, step->patterns_count, &src.patterns) ||
	    compile(g, step->excludes, step->excludes_count, &src.excludes)) {
		l->unclear = true;
		return;
	}
	lb_autofree char *name = lb_format("%s:%u", g->s->variants[variant].name, step->in->first_line);
	g->sources[l->steps_count] = src;
	l->steps[l->steps_count++] = lb_arena_strdup(&l->arena, name);
}

static void read_variant(struct gathering *g, size_t v)
{
	struct lb_err ignored;
	if (front_read(g->s, v, &g->fronts[v], &ignored) < 0) {
		g->l->unclear = true;
		return;
	}
	const struct front *f = g->fronts[v];
	take_sent(g, f);
	g->l->unclear |= f->unclear;
	for (size_t i = 0; i < f->steps_count; i++)
		add_line(g, f, v, &f->steps[i]);
}

/* ---- the walk ---- */

static uint64_t copied_by(const struct gathering *g, const char *path, unsigned sent)
{
	uint64_t bits = 0;
	size_t len = strlen(path);
	for (size_t i = 0; i < g->l->steps_count; i++) {
		const struct source *src = &g->sources[i];
		bool here = sent >> src->sent & 1;
		if (here && (!src->patterns || lb_ignore_matches(src->patterns, path, len)) &&
		    !(src->excludes && lb_ignore_matches(src->excludes, path, len)))
			bits |= UINT64_C(1) << i;
	}
	return bits;
}

/* The nodes beside this one in the trees that are sent: NULL where it is left out. */
struct beside {
	struct lb_node *node[LEDGER_IGNORES];
};

static unsigned sent_bits(const struct gathering *g, const struct beside *b)
{
	unsigned bits = 0;
	for (size_t i = 0; i < g->sent_count; i++)
		bits |= b->node[i] ? 1u << i : 0;
	return bits;
}

static void add_up(struct gathered *out, const struct gathered *child, bool first)
{
	bool part = child->sent_files != 0 && child->sent_files != child->files;
	out->mixed |= child->mixed || part || (!first && (child->copied != out->copied || !child->sent_files != !out->sent_files));
	out->files += child->files;
	out->bytes += child->bytes;
	out->sent_files += child->sent_files;
	out->sent_bytes += child->sent_bytes;
	out->copied |= child->copied;
	out->noted_bytes += child->note ? child->bytes : child->noted_bytes;
}

static void walk(const struct gathering *g, const struct lb_node *n, const char *path, const struct beside *b, struct gathered *out);

static void walk_entry(const struct gathering *g, const struct lb_entry *e, const char *path, const struct beside *b, struct gathered *out)
{
	struct beside inside = { { NULL } };
	lb_autofree char *full = *path ? lb_format("%s/%s", path, e->name) : lb_strdup(e->name);
	for (size_t i = 0; i < g->sent_count; i++)
		inside.node[i] = b->node[i] ? lb_dir_find(b->node[i], e->name, e->name_len) : NULL;
	walk(g, e->node, lb_arena_strdup(&g->l->arena, full), &inside, out);
}

static void walk(const struct gathering *g, const struct lb_node *n, const char *path, const struct beside *b, struct gathered *out)
{
	*out = (struct gathered){ .path = path, .dir = n->attr.kind == LB_DIR };
	if (*path)
		out->note = ledger_classify(path, out->dir, &out->ignore);
	if (!out->dir) {
		unsigned sent = sent_bits(g, b);
		out->files = 1;
		out->bytes = lb_node_size(n);
		out->sent_files = sent != 0;
		out->sent_bytes = sent ? out->bytes : 0;
		out->copied = copied_by(g, path, sent);
		return;
	}
	out->children = lb_arena_alloc(&g->l->arena, (n->entries_count + 1) * sizeof(*out->children));
	out->count = n->entries_count;
	bool first = true;
	for (size_t i = 0; i < out->count; i++) {
		walk_entry(g, &n->entries[i], path, b, &out->children[i]);
		add_up(out, &out->children[i], first);
		first = first && !out->children[i].files;
	}
}

void gather(const struct scenario *s, struct ledger *l, struct gathered *out)
{
	struct gathering *g = lb_calloc(1, sizeof(*g));
	struct beside b = { { NULL } };
	g->s = s;
	g->l = l;
	g->fronts = lb_calloc(s->variants_count + 1, sizeof(struct front *));
	for (size_t v = 0; v < s->variants_count; v++)
		read_variant(g, v);
	memcpy(b.node, g->sent, sizeof(b.node));
	walk(g, s->context, "", &b, out);
	for (size_t i = 0; i < g->compiled_count; i++)
		lb_ignore_free(g->compiled[i]);
	for (size_t v = 0; v < s->variants_count; v++)
		front_free(g->fronts[v]);
	free(g->fronts);
	free(g);
}
