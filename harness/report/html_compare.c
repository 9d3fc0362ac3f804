/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of one scenario beside each other: what a commit costs in each, and which steps come out differently in
 * the last one. Variants and edits are matched by name, steps by stage, text and place.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

#define MOST_CHANGES 60
#define MOST_EDITS   12 /* named of a change */
#define MOST_SHOWN   12 /* results that the table has a column for */

struct entry {
	const struct report *r;
	struct report_groups groups;
	const struct report_view *v; /* NULL: nothing was built */
};

static int variant_named(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->variants_count; i++)
		if (!strcmp(r->variants[i].name, name))
			return (int)i;
	return -1;
}

static const struct report_mean *mean_of(const struct entry *e, const char *variant)
{
	int i = e->v ? variant_named(e->r, variant) : -1;
	return i >= 0 && e->v->means[i].covered > 0 ? &e->v->means[i] : NULL;
}

static void add_names(const struct entry *list, size_t n, struct lb_strv *out)
{
	for (size_t i = n; i-- > 0;)
		for (size_t k = 0; k < list[i].r->variants_count; k++)
			if (!lb_strv_has(out, list[i].r->variants[k].name))
				lb_strv_add(out, list[i].r->variants[k].name);
}

static void change_text(const struct amount *a, const struct amount *b, struct lb_buf *out)
{
	if (a->none || b->none || a->at_least || b->at_least)
		return;
	double d = b->value - a->value;
	if (fabs(d) < 5e5) {
		lb_buf_adds(out, "<span class=\"f\">same</span>");
		return;
	}
	lb_buf_addf(out, "<span class=\"%s\">%s", d > 0 ? "bad" : "good", d > 0 ? "+" : "−");
	text_seconds(out, fabs(d) / 1e9);
	lb_buf_adds(out, "</span>");
}

static void head(const struct entry *list, size_t first, size_t n, struct lb_buf *out)
{
	lb_buf_adds(out, "<thead><tr><th scope=\"col\" class=\"l\">a commit</th>");
	for (size_t i = first; i < n; i++) {
		lb_buf_adds(out, "<th scope=\"col\" class=\"l\">");
		html_text(out, list[i].r->run_id);
		lb_buf_adds(out, "<br><span class=\"f\">");
		html_fit(out, list[i].v ? notes_rules(&list[i].v->block) : "", 40);
		lb_buf_adds(out, ", seconds ");
		html_text(out, list[i].r->seconds);
		lb_buf_adds(out, "</span></th>");
	}
	lb_buf_adds(out, "<th scope=\"col\" class=\"l\">first to last</th></tr></thead>\n");
}

static double largest(const struct entry *list, size_t n)
{
	double most = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; list[i].v && k < list[i].r->variants_count; k++)
			most = fmax(most, list[i].v->means[k].run_ns.value);
	return most;
}

static void variant_row(const struct entry *list, size_t first, size_t n, const char *name, double most, struct lb_buf *out)
{
	lb_buf_adds(out, "<tr><th scope=\"row\" class=\"l\">");
	html_text(out, name);
	lb_buf_adds(out, "</th>");
	for (size_t i = first; i < n; i++) {
		const struct report_mean *m = mean_of(&list[i], name);
		if (!m) {
			lb_buf_adds(out, "<td class=\"f\">–</td>");
			continue;
		}
		lb_buf_adds(out, "<td>");
		html_bar(out, &m->run_ns, &m->wasted_ns, most);
		lb_buf_addc(out, ' ');
		html_seconds(out, &m->run_ns);
		lb_buf_adds(out, "<br><span class=\"f\">");
		html_rebuilt(out, m);
		lb_buf_adds(out, " · ");
		html_bytes(out, &m->pushed);
		lb_buf_adds(out, " to push</span></td>");
	}
	const struct report_mean *a = mean_of(&list[0], name), *b = mean_of(&list[n - 1], name);
	lb_buf_adds(out, "<td>");
	if (a && b)
		change_text(&a->run_ns, &b->run_ns, out);
	lb_buf_adds(out, "</td></tr>\n");
}

/* The variant whose commit changed most from the first result to the last. */
static void verdict(const struct entry *list, size_t n, const struct lb_strv *names, struct lb_buf *out)
{
	const struct report_mean *was = NULL, *now = NULL;
	const char *name = NULL;
	for (size_t i = 0; i < names->count; i++) {
		const struct report_mean *a = mean_of(&list[0], names->items[i]), *b = mean_of(&list[n - 1], names->items[i]);
		if (!a || !b || a->run_ns.none || b->run_ns.none || a->run_ns.at_least || b->run_ns.at_least)
			continue;
		if (name && fabs(b->run_ns.value - a->run_ns.value) <= fabs(now->run_ns.value - was->run_ns.value))
			continue;
		name = names->items[i];
		was = a;
		now = b;
	}
	if (!name)
		return;
	lb_buf_adds(out, "<div class=\"verdict\"><p class=\"big\"><b>");
	change_text(&was->run_ns, &now->run_ns, out);
	lb_buf_adds(out, "</b> a commit, from the first result to the last</p><div><p class=\"say\">");
	if (fabs(now->run_ns.value - was->run_ns.value) < 5e5) {
		lb_buf_adds(out, "A commit costs the same in both, whatever the variant.");
	} else {
		html_text(out, name);
		lb_buf_adds(out, " changed most: a commit costs ");
		html_seconds(out, &now->run_ns);
		lb_buf_adds(out, " instead of ");
		html_seconds(out, &was->run_ns);
		lb_buf_adds(out, ".");
	}
	lb_buf_adds(out, "</p></div></div>\n");
}

static void trend(const struct entry *list, size_t n, const struct lb_strv *names, struct lb_buf *out)
{
	lb_autofree double *values = lb_calloc(names->count * n + 1, sizeof(*values));
	lb_autofree struct html_line *lines = lb_calloc(names->count + 1, sizeof(*lines));
	if (n < 3)
		return;
	for (size_t i = 0; i < names->count; i++) {
		for (size_t k = 0; k < n; k++) {
			const struct report_mean *m = mean_of(&list[k], names->items[i]);
			values[i * n + k] = m && !m->run_ns.none && !m->run_ns.at_least ? m->run_ns.value / 1e9 : NAN;
		}
		lines[i] = (struct html_line){ names->items[i], values + i * n, n };
	}
	html_chart(lines, names->count, "s", "RUN seconds a commit, result by result", out);
}

/* ---- decisions ---- */

static const struct report_build *build_named(const struct entry *e, const char *variant, const char *edit)
{
	int i = variant_named(e->r, variant);
	for (size_t k = 0; i >= 0 && k < e->v->count; k++)
		if (!strcmp(report_commit_name(e->v, k), edit)) {
			const struct report_cell *c = report_cell(e->v, (size_t)i, k);
			return c->repeats ? &e->r->builds[c->first] : NULL;
		}
	return NULL;
}

/* The nth step of b's stage with the text of s, as s is the nth in its own build; NULL. */
static const struct report_step *same_step(const struct entry *to, const struct report_build *b, const struct entry *from,
					   const struct report_build *own, const struct report_step *s)
{
	const char *text = report_string(from->r, s->instruction), *stage = report_string(from->r, s->stage);
	size_t nth = 0;
	for (const struct report_step *x = report_steps_of(from->r, own); x < s; x++)
		nth += x->instruction == s->instruction && x->stage == s->stage;
	for (size_t k = 0; k < b->steps_count; k++) {
		const struct report_step *x = report_steps_of(to->r, b) + k;
		if (!strcmp(report_string(to->r, x->instruction), text) && !strcmp(report_string(to->r, x->stage), stage) && !nth--)
			return x;
	}
	return NULL;
}

/* A step that comes out differently, in the same way after several edits. */
struct change {
	const struct report_step *now;
	const char *variant, *instruction;
	struct html_mark x, y;
	struct lb_buf edits;
	size_t count;
};
struct changes {
	struct change *items;
	size_t count, cap, steps;
};

static void changes_release(struct changes *list)
{
	for (size_t i = 0; i < list->count; i++)
		lb_buf_release(&list->items[i].edits);
	free(list->items);
}
#define autochanges __attribute__((cleanup(changes_release)))

static void change_add(struct changes *list, const struct change *c, const char *edit)
{
	size_t i = 0;
	for (; i < list->count; i++) {
		const struct change *o = &list->items[i];
		if (o->variant == c->variant && o->now->stage == c->now->stage && !strcmp(o->instruction, c->instruction) &&
		    !strcmp(o->x.letter, c->x.letter) && !strcmp(o->y.letter, c->y.letter))
			break;
	}
	list->steps++;
	if (i == list->count) {
		list->items = lb_grow(list->items, list->count, &list->cap, sizeof(*list->items));
		list->items[list->count++] = *c;
	}
	struct change *o = &list->items[i];
	if (o->count++ < MOST_EDITS)
		lb_buf_addf(&o->edits, "%s%s", o->count > 1 ? ", " : "", edit);
}

static void change_row(const struct change *c, struct lb_buf *out)
{
	lb_buf_adds(out, "<tr><td>");
	html_text(out, c->variant);
	lb_buf_addf(out, "</td><td class=\"no\">%u</td><td class=\"c\"><code>", c->now->line);
	html_fit(out, c->instruction, 60);
	lb_buf_addf(out,
		    "</code></td><td><span class=\"mk %s\" title=\"%s\">%s</span> → <span class=\"mk %s\" title=\"%s\">%s</span> %s</td>",
		    c->x.css, c->x.words, c->x.letter, c->y.css, c->y.words, c->y.letter, c->y.words);
	lb_buf_adds(out, "<td class=\"after\">after ");
	html_text(out, lb_buf_str((struct lb_buf *)&c->edits));
	if (c->count > MOST_EDITS)
		lb_buf_addf(out, " and %zu more edits", c->count - MOST_EDITS);
	lb_buf_adds(out, "</td></tr>\n");
}

static void changes_of(const struct entry *a, const struct entry *b, const char *variant, size_t commit, struct changes *list)
{
	const char *edit = report_commit_name(b->v, commit);
	const struct report_build *now = build_named(b, variant, edit), *was = build_named(a, variant, edit);
	for (size_t i = 0; was && now && i < was->steps_count; i++) {
		const struct report_step *x = report_steps_of(a->r, was) + i, *y = same_step(b, now, a, was, x);
		if (!y || (x->outcome == y->outcome && x->needed == y->needed && x->stale == y->stale))
			continue;
		struct change c = { y, variant, report_string(a->r, x->instruction), html_mark(x), html_mark(y), { 0 }, 0 };
		change_add(list, &c, edit);
	}
}

static void decisions(const struct entry *a, const struct entry *b, struct lb_buf *out)
{
	autochanges struct changes list = { 0 };
	if (!a->v || !b->v || !a->v->each || !b->v->each)
		return;
	for (size_t i = 0; i < b->r->variants_count; i++)
		for (size_t k = 0; k < b->v->count; k++)
			changes_of(a, b, b->r->variants[i].name, k, &list);
	if (!list.count) {
		lb_buf_adds(out, "<p>Every step that both have comes out the same after every edit that both have.</p>\n");
		return;
	}
	bool many = list.steps > 1;
	lb_buf_addf(out,
		    "<p>%zu step%s come%s out differently in the last result than in the first:</p>\n"
		    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Steps that come out differently\"><table "
		    "class=\"changes\">\n",
		    list.steps, many ? "s" : "", many ? "" : "s");
	for (size_t i = 0; i < list.count && i < MOST_CHANGES; i++)
		change_row(&list.items[i], out);
	lb_buf_adds(out, "</table></div>\n");
	if (list.count > MOST_CHANGES)
		lb_buf_addf(out, "<p class=\"f\">and %zu more</p>\n", list.count - MOST_CHANGES);
}

static void advice(const struct entry *list, size_t n, struct lb_buf *out)
{
	bool measured = false, digests = false;
	for (size_t i = 0; i < n; i++) {
		measured |= !strcmp(list[i].r->seconds, "measured");
		digests |= strcmp(list[i].r->digest, list[0].r->digest) != 0;
	}
	if (digests)
		lb_buf_adds(out, "<p class=\"note f\">The scenario itself is not the same in all of them.</p>\n");
	if (measured)
		lb_buf_adds(out, "<p class=\"note f\">Seconds were measured: a small difference may be noise.</p>\n");
}

void html_compare(const struct report *const *reports, size_t n, struct lb_buf *out)
{
	lb_autofree struct entry *list = lb_calloc(n + 1, sizeof(*list));
	lb_autostrv struct lb_strv names = { 0 };
	for (size_t i = 0; i < n; i++) {
		list[i].r = reports[i];
		report_groups_init(&list[i].groups, reports[i]);
		list[i].v = list[i].groups.count ? report_group_main(&list[i].groups.items[0]) : NULL;
	}
	add_names(list, n, &names);
	size_t first = n > MOST_SHOWN ? n - MOST_SHOWN : 0;
	lb_buf_addf(out, "<section><h2>%zu results of this scenario</h2>\n", n);
	verdict(list, n, &names, out);
	lb_buf_adds(out,
		    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Results compared\"><table class=\"edits sec\">\n");
	head(list, first, n, out);
	lb_buf_adds(out, "<tbody>\n");
	for (size_t i = 0; i < names.count; i++)
		variant_row(list, first, n, names.items[i], largest(list, n), out);
	lb_buf_adds(out, "</tbody></table></div>\n");
	trend(list, n, &names, out);
	decisions(&list[0], &list[n - 1], out);
	advice(list, n, out);
	lb_buf_adds(out, "</section>\n");
	for (size_t i = 0; i < n; i++)
		report_groups_release(&list[i].groups);
}
