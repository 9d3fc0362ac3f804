/* SPDX-License-Identifier: Apache-2.0 */
#include "report/notes.h"

#include <math.h>
#include <string.h>

#define SHOWN 6  /* examples in one line */
#define MOST  40 /* lines about stale hits */

const char *notes_rules(const struct report_block *b)
{
	return b->engine ? b->engine : strcmp(b->subject, "builtin") != 0 && b->subject[0] ? b->subject : b->policy;
}

void notes_listed(const struct report *r, const char *key, struct lb_strv *out)
{
	const json_t *list = json_object_get(r->run, key);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_string(json_array_get(list, i)))
			lb_strv_add(out, json_string_value(json_array_get(list, i)));
}

/* ---- edits that nobody wrote down ---- */

static bool is_built(const struct report *r, size_t edit)
{
	for (size_t i = 0; i < r->builds_count; i++)
		if (r->builds[i].edit == (int)edit)
			return true;
	return false;
}

/* An edit that is named after its file says it already. */
static bool named_after(const char *name, const char *file)
{
	for (; *name && *file; name++, file++)
		if (*name != *file && !(*name == '-' && strchr("/, \t\n", *file)))
			return false;
	return !*name && !*file;
}

void notes_edits(const struct report *r, struct lb_strv *out)
{
	const json_t *edits = json_object_get(r->run, "edits");
	lb_autobuf struct lb_buf text = { 0 };
	if (!json_is_true(json_object_get(json_object_get(r->run, "scenario"), "implicit")))
		return;
	for (size_t i = 0; i < r->edits_count; i++) {
		const json_t *e = json_array_get(edits, i), *files = json_object_get(e, "files");
		const char *file = json_string_value(json_array_get(files, 0)), *name = r->edits[i].name;
		bool one = file && json_array_size(files) == 1 && json_integer_value(json_object_get(e, "files_changed")) == 1;
		if (one && is_built(r, i) && !named_after(name, file))
			lb_buf_addf(&text, "%s%s %s", text.len ? ", " : "", name, file);
	}
	if (text.len)
		lb_strv_take(out, lb_format("Edited: %s.", lb_buf_str(&text)));
}

/* ---- measured ---- */

static double member(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void stable_text(const struct report *r, const json_t *stable, const char *seconds, struct lb_strv *out)
{
	const char *build = report_member(stable, "widest_build");
	double wanted = member(stable, "wanted_percent"), widest = member(stable, "widest_percent");
	if (!build[0])
		lb_strv_add(out, "No RUN was carried out, so that no repeat could make a time better known.");
	else if (json_is_true(json_object_get(stable, "reached")))
		lb_strv_take(out, lb_format("Stable after %llu repeats: the 95 %% interval of every median of %s seconds is narrower than "
					    "%g %% of it.",
					    (unsigned long long)r->repeat, seconds, wanted));
	else
		lb_strv_take(out, lb_format("Not stable after %llu repeats, the most: the 95 %% interval of the median of %s is %.3g %% of "
					    "it; %g %% was wanted.",
					    (unsigned long long)r->repeat, build, widest, wanted));
}

void notes_measured(const struct report *r, bool engine, struct lb_strv *out)
{
	const json_t *measured = json_object_get(r->run, "measured"), *stable = json_object_get(measured, "stable"),
		     *floor = json_object_get(measured, "floor");
	if (stable)
		stable_text(r, stable, engine ? "build" : "RUN", out);
	if (floor && !engine)
		lb_strv_take(out, lb_format("Of each RUN's seconds the harness takes %.1f ms: so long takes one that does nothing (median "
					    "of %lld, 95 %%: %.1f to %.1f ms).",
					    1e3 * member(floor, "median_s"), (long long)json_integer_value(json_object_get(floor, "count")),
					    1e3 * member(floor, "low_s"), 1e3 * member(floor, "high_s")));
}

/* ---- failed and skipped ---- */

struct problem {
	const struct report_build *first;
	size_t count;
	struct lb_strv edits; /* each once, whatever the builder */
};

static bool same_problem(const struct report_build *a, const struct report_build *b)
{
	return a->variant == b->variant && a->text[BT_STATUS] == b->text[BT_STATUS] && a->text[BT_MESSAGE] == b->text[BT_MESSAGE] &&
	       a->text[BT_POLICY] == b->text[BT_POLICY] && a->text[BT_SUBJECT] == b->text[BT_SUBJECT];
}

static void add_problem(struct problem *p, const struct report_build *b)
{
	if (!p->count)
		p->first = b;
	const char *edit = b->edit == EDIT_COLD ? "first build" : b->text[BT_EDIT];
	if (!lb_strv_has(&p->edits, edit))
		lb_strv_add(&p->edits, edit);
	p->count++;
}

static char *problem_text(const struct problem *p)
{
	lb_autobuf struct lb_buf text = { 0 };
	const struct report_build *b = p->first;
	lb_buf_addf(&text, "%s: %s under %s, ", !strcmp(b->text[BT_STATUS], "skip") ? "skipped" : "failed", b->text[BT_VARIANT],
		    report_decider(b)[0] ? report_decider(b) : b->text[BT_SUBJECT]);
	for (size_t i = 0; p->edits.count <= SHOWN && i < p->edits.count; i++)
		lb_buf_addf(&text, "%s%s", i ? ", " : "", p->edits.items[i]);
	if (p->edits.count > SHOWN)
		lb_buf_addf(&text, "%zu builds", p->count);
	lb_buf_adds(&text, ": ");
	text_fit(&text, b->text[BT_MESSAGE][0] ? b->text[BT_MESSAGE] : "no message", 0);
	return lb_buf_steal(&text);
}

void notes_problems(const struct report *r, struct lb_strv *out)
{
	lb_autofree struct problem *list = NULL;
	size_t n = 0, cap = 0;
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		if (report_build_ok(b))
			continue;
		size_t k = 0;
		while (k < n && !same_problem(list[k].first, b))
			k++;
		if (k == n) {
			list = lb_grow(list, n, &cap, sizeof(*list));
			list[n++] = (struct problem){ .first = b };
		}
		add_problem(&list[k], b);
	}
	for (size_t k = 0; k < n; k++) {
		lb_strv_take(out, problem_text(&list[k]));
		lb_strv_release(&list[k].edits);
	}
}

/* ---- stale hits ---- */

/* "a.txt changed, the bind does not count": what the hit overlooks. */
static void overlooked(const struct report *r, const struct report_block *block, const struct report_step *s, const json_t *e,
		       struct lb_buf *text)
{
	const char *path = report_member(e, "path"), *attribute = report_member(e, "attribute"), *argument = report_member(e, "argument");
	const char *instruction = report_string(r, s->instruction);
	if (!path[0] && argument[0])
		lb_buf_addf(text, " (%s changed, its value does not count)", argument);
	else if (!path[0] && !strcmp(attribute, "state below"))
		lb_buf_adds(text, " (what it stands on is stale)");
	if (!path[0])
		return;
	lb_buf_addf(text, " (%s ", path);
	if (!strcmp(attribute, "added") || !strcmp(attribute, "removed"))
		lb_buf_addf(text, "was %s", attribute);
	else if (!strcmp(attribute, "content") || !strcmp(attribute, "target") || !attribute[0])
		lb_buf_adds(text, "changed");
	else
		lb_buf_addf(text, "has another %s", attribute);
	if (!strncmp(block->policy, "buildkit", 8) && !strcmp(block->builder, "warm"))
		lb_buf_adds(text, ", the builder did not notice)");
	else
		lb_buf_adds(text, strstr(instruction, "--mount") ? ", the bind does not count)" : ", and does not count)");
}

/* "copy-first:6 (…)": a hit that is stale, and what it overlooks. */
static void stale_place(const struct report *r, const struct report_block *block, const struct report_build *b, const struct report_step *s,
			struct lb_buf *text)
{
	lb_autojson json_t *evidence = NULL;
	lb_buf_addf(text, "%s:%u", b->text[BT_VARIANT], s->line);
	if (!report_evidence(r, s, &evidence, NULL))
		overlooked(r, block, s, evidence, text);
}

static void stale_after(const struct report_view *v, size_t commit, enum step_stale kind, const char *what, struct lb_strv *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	const struct report *r = v->r;
	size_t hits = 0;
	for (size_t variant = 0; variant < r->variants_count; variant++) {
		const struct report_cell *c = report_cell(v, variant, commit);
		const struct report_build *b = c->repeats && c->stale[kind] ? &r->builds[c->first] : NULL;
		for (size_t i = 0; b && i < b->steps_count; i++) {
			const struct report_step *s = report_steps_of(r, b) + i;
			if (s->stale != kind || hits++ >= 2 * SHOWN)
				continue;
			lb_buf_adds(&text, hits > 1 ? ", " : "");
			stale_place(r, &v->block, b, s, &text);
		}
	}
	if (hits > 2 * SHOWN)
		lb_buf_addf(&text, " and %zu more", hits - 2 * SHOWN);
	if (hits)
		lb_strv_take(out, lb_format("%s %s after %s: %s", notes_rules(&v->block), what, report_commit_name(v, commit),
					    lb_buf_str(&text)));
}

void notes_stale(const struct report_view *v, struct lb_strv *out)
{
	for (size_t i = 0; i < v->count && out->count < MOST; i++) {
		stale_after(v, i, STALE_WRONG, "keeps a wrong layer", out);
		stale_after(v, i, STALE_SUSPECT, "keeps a layer though its inputs differ (bytes not compared)", out);
		stale_after(v, i, STALE_OUTDATED, "keeps an outdated layer", out);
	}
}

/* ---- how to read it ---- */

static void bounds_text(const struct report_view *v, struct lb_strv *out)
{
	bool unknown = false, bound = false;
	for (size_t i = 0; i < v->r->variants_count; i++) {
		const struct report_mean *m = &v->means[i];
		if (m->covered <= 0)
			continue;
		unknown |= m->run_ns.none || m->wasted_ns.none || m->pushed.none;
		bound |= m->run_ns.at_least || m->wasted_ns.at_least || m->pushed.at_least;
	}
	for (size_t i = 0; i < v->r->variants_count * v->count; i++) {
		const struct report_cell *c = &v->cells[i];
		unknown |= c->repeats && (c->unknown || c->run_ns.none);
		bound |= c->repeats && c->run_ns.at_least && !c->run_ns.none;
	}
	if (unknown || bound)
		lb_strv_take(out, lb_format("%s%s%s", unknown ? "? nothing here says" : "", unknown && bound ? "   " : "",
					    bound ? "≥ a lower bound: a part of it is unknown" : ""));
}

void notes_reading(const struct report_view *v, struct lb_strv *out)
{
	const struct report *r = v->r;
	bool weightless = false;
	for (size_t i = 0; i < v->count; i++)
		weightless |= isnan(v->commits[i].weight);
	if (v->equal_weights && v->each && v->count)
		lb_strv_add(out, "No edit has a weight, so each counts the same in the mean.");
	else if (weightless)
		lb_strv_add(out, "Edits without a weight (–) are not in the mean.");
	for (size_t i = 0; i < r->variants_count; i++)
		if (v->means[i].covered > 0 && v->means[i].covered < 1 - 1e-6)
			lb_strv_take(out, lb_format("%s: its mean is over the %.0f%% of commits that could be built.", r->variants[i].name,
						    v->means[i].covered * 100));
	if (r->repeat > 1)
		lb_strv_take(out, lb_format("Seconds are medians of %llu repeats.", (unsigned long long)r->repeat));
	if (v->block.engine)
		lb_strv_add(out, "Seconds are those of the process that builds, from its start to its end; what it pushes is not known.");
	notes_measured(r, v->block.engine != NULL, out);
	bounds_text(v, out);
}

/* ---- where two policies differ ---- */

static bool decides_differently(const struct report_cell *a, const struct report_cell *b)
{
	return a->hits != b->hits || a->reusable != b->reusable;
}

static void example(const struct report_view *a, size_t variant, size_t commit, const struct report_cell *x, const struct report_cell *y,
		    struct lb_buf *text)
{
	lb_buf_addf(text, "%s%s after %s %u/%u against %u/%u", text->len ? ", " : "", a->r->variants[variant].name,
		    report_commit_name(a, commit), x->hits, x->reusable, y->hits, y->reusable);
}

static void cost_difference(const struct report_view *a, const struct report_view *b, size_t variant, struct lb_buf *text)
{
	const struct report_mean *x = &a->means[variant], *y = &b->means[variant];
	/* seconds of RUNs are no seconds of builds */
	if (!a->block.engine != !b->block.engine)
		return;
	if (x->covered <= 0 || y->covered <= 0 || x->run_ns.none || y->run_ns.none || x->run_ns.at_least || y->run_ns.at_least)
		return;
	double more = (y->run_ns.value - x->run_ns.value) / 1e9;
	if (fabs(more) < 0.0005)
		return;
	lb_buf_addf(text, "%s%s ", text->len ? ", " : "", a->r->variants[variant].name);
	text_seconds(text, fabs(more));
	lb_buf_adds(text, more > 0 ? " more" : " less");
}

void notes_differences(const struct report_view *a, const struct report_view *b, struct lb_strv *out)
{
	const char *name_a = notes_rules(&a->block), *name_b = notes_rules(&b->block);
	size_t compared = 0, differ = 0, open = 0;
	lb_autobuf struct lb_buf text = { 0 }, cost = { 0 }, said = { 0 };
	for (size_t variant = 0; variant < a->r->variants_count; variant++) {
		for (size_t i = 0, k = 0; i < a->count; i++) {
			while (k < b->count && b->commits[k].edit != a->commits[i].edit)
				k++;
			if (k == b->count)
				break;
			const struct report_cell *x = report_cell(a, variant, i), *y = report_cell(b, variant, k);
			if (!x->repeats || !y->repeats)
				continue;
			if (x->unknown || y->unknown) {
				open++;
				continue;
			}
			compared++;
			if (decides_differently(x, y) && differ++ < SHOWN)
				example(a, variant, i, x, y, &text);
		}
		cost_difference(a, b, variant, &cost);
	}
	if (!compared)
		lb_buf_addf(&said, "cannot be compared: %s",
			    open ? "what they decide depends on bytes that nothing here says" : "there is no rebuild that both could do");
	else if (!differ)
		lb_buf_addf(&said,
			    compared == 1 ? "decide the same in the %zu rebuild that both could do"
					  : "decide the same in all %zu rebuilds that both could do",
			    compared);
	else
		lb_buf_addf(&said, "decide differently in %zu of %zu rebuild%s: %s%s", differ, compared, compared == 1 ? "" : "s",
			    lb_buf_str(&text), differ > SHOWN ? ", …" : "");
	if (compared && open)
		lb_buf_addf(&said, "; %zu more depend%s on bytes that nothing here says", open, open == 1 ? "s" : "");
	lb_strv_take(out, lb_format("%s and %s %s%s", name_a, name_b, lb_buf_str(&said), differ > SHOWN && !open ? "" : "."));
	if (!differ)
		return;
	if (cost.len)
		lb_strv_take(out, lb_format("A commit under %s costs, against %s: %s.", name_b, name_a, lb_buf_str(&cost)));
}

/* ---- what one engine refuses, and another makes use of ---- */

static bool takes(const struct report_view *v, size_t variant)
{
	return v->means[variant].covered > 0;
}

static bool refuses(const struct report_view *v, size_t variant)
{
	const struct report *r = v->r;
	for (size_t i = 0; !takes(v, variant) && i < r->builds_count; i++)
		if (r->builds[i].variant == (int)variant && !strcmp(r->builds[i].text[BT_STATUS], "skip") &&
		    r->builds[i].text[BT_POLICY] == v->block.policy && r->builds[i].text[BT_SUBJECT] == v->block.subject)
			return true;
	return false;
}

static bool all_take(const struct report_view *const *views, size_t count, size_t variant)
{
	for (size_t i = 0; i < count; i++)
		if (!takes(views[i], variant))
			return false;
	return true;
}

static bool figures_known(const struct report_mean *m)
{
	return m->covered > 0 && !m->run_ns.none && !m->run_ns.at_least;
}

/* The cheapest variant of the same image that every engine takes; -1: none. */
static int common_best(const struct report_view *const *views, size_t count, const struct report_view *v, size_t variant)
{
	int best = -1;
	for (size_t i = 0; i < v->r->variants_count; i++) {
		bool same = !strcmp(v->r->variants[i].image, v->r->variants[variant].image);
		if (i == variant || !same || !figures_known(&v->means[i]) || !all_take(views, count, i))
			continue;
		if (best < 0 || v->means[i].run_ns.value < v->means[best].run_ns.value)
			best = (int)i;
	}
	return best;
}

static void refused_variant(const struct report_view *const *views, size_t count, size_t variant, struct lb_strv *out)
{
	const struct report_view *taker = NULL;
	lb_autobuf struct lb_buf text = { 0 }, refusing = { 0 };
	size_t refuse = 0;
	for (size_t i = 0; i < count; i++) {
		if (takes(views[i], variant))
			taker = taker ? taker : views[i];
		else if (refuses(views[i], variant))
			lb_buf_addf(&refusing, "%s%s", refuse++ ? ", " : "", notes_rules(&views[i]->block));
	}
	if (!taker || !refuse || !figures_known(&taker->means[variant]))
		return;
	int other = common_best(views, count, taker, variant);
	double saves = other < 0 ? 0 : (taker->means[other].run_ns.value - taker->means[variant].run_ns.value) / 1e9;
	if (saves < 0.05)
		return;
	lb_buf_addf(&text, "%s saves ", taker->r->variants[variant].name);
	text_seconds(&text, saves);
	lb_buf_addf(&text, " a commit under %s, against %s; %s %s it.", notes_rules(&taker->block), taker->r->variants[other].name,
		    lb_buf_str(&refusing), refuse > 1 ? "refuse" : "refuses");
	lb_strv_add(out, lb_buf_str(&text));
}

void notes_refused(const struct report_view *const *views, size_t count, struct lb_strv *out)
{
	for (size_t variant = 0; count > 1 && variant < views[0]->r->variants_count; variant++)
		refused_variant(views, count, variant, out);
}
