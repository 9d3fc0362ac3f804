/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_touch.h"

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "ledger/spare.h"
#include "whatif/say.h"

struct planning {
	const struct run_options *o;
	const struct touch_arguments *t;
	bool as_json;
	struct lb_json json;
	struct lb_buf *out;
	bool failed;
	size_t said;
};

static int say(struct planning *p, const struct scenario *s, size_t variant, struct front *front, struct touch *touch, size_t policy,
	       size_t builder, struct lb_err *err)
{
	whatif_auto struct whatif *w = NULL;
	struct whatif_options wo = { .scenario = s,
				     .variant = variant,
				     .policy = p->o->policy[policy],
				     .builder = p->o->builder[builder],
				     .edits = &touch->edit,
				     .edits_count = 1,
				     .models = front->models,
				     .models_count = front->models_count,
				     .sizes = true,
				     .cancel = &interrupted };
	touch->edit.no_change = !touch->edit.changes_count;
	int rc = whatif_decide(&wo, &w, err);
	if (rc)
		return rc;
	ledger_autospare struct ledger_spare spare;
	ledger_spare(front, touch, &w->edits[0], &spare);
	struct whatif_said said = { .variant = s->variants[variant].name,
				    .policy = wo.policy,
				    .builder = wo.builder,
				    .front = front,
				    .touch = touch,
				    .args = &p->t->args.pairs,
				    .build = &w->edits[0],
				    .spare = &spare.lines,
				    .spare_all = spare.all,
				    .width = terminal_width(),
				    .color = use_color(p->o->no_color) };
	p->failed = p->failed || (!said.build->ok && !said.build->no_effect);
	if (p->as_json) {
		whatif_say_json(&said, &p->json);
	} else {
		lb_buf_adds(p->out, p->said++ ? "\n" : "");
		whatif_say(&said, p->out);
	}
	return 0;
}

/* What RUNs read of a project with them is not what they read of it without. */
static void add_new_files(struct front *front, const struct scenario *s, const struct touch *touch)
{
	lb_autostrv struct lb_strv added = { 0 };
	for (size_t i = 0; i < touch->count; i++)
		if (touch->files[i].how == TOUCHED_NEW)
			lb_strv_add(&added, touch->files[i].path);
	front_add_files(front, s, &added);
}

static int plan_variant(struct planning *p, const struct scenario *s, size_t v, struct lb_err *err)
{
	front_auto struct front *front = NULL;
	touch_auto struct touch touch = { 0 };
	int rc = front_read(s, v, &front, err);
	if (rc)
		return lb_recode(err, LB_INVALID);
	struct touch_options to = { s, v, front, &p->t->files, &p->t->args.pairs, &p->o->contexts.pairs };
	rc = touch_make(&to, &touch, err);
	add_new_files(front, s, &touch);
	for (size_t i = 0; i < p->o->policy_count && !rc; i++)
		for (size_t k = 0; k < p->o->builder_count && !rc; k++)
			rc = say(p, s, v, front, &touch, i, k, err);
	return rc;
}

static bool is_wanted(const struct run_options *o, const char *variant)
{
	for (size_t i = 0; i < o->variants.count; i++)
		if (lb_text_match(o->variants.items[i], variant))
			return true;
	return !o->variants.count;
}

static int plan_path(struct planning *p, const char *path, struct lb_err *err)
{
	scn_autoscenario struct scenario *s = NULL;
	bool any = false;
	int rc = run_options_load(p->o, path, &s, err);
	for (size_t i = 0; !rc && !p->o->quiet && i < s->warnings.count; i++)
		fprintf(stderr, "%s\n", s->warnings.items[i]);
	for (size_t v = 0; !rc && v < s->variants_count; v++) {
		if (!is_wanted(p->o, s->variants[v].name))
			continue;
		any = true;
		rc = plan_variant(p, s, v, err);
	}
	if (!rc && !any)
		return lb_fail(err, LB_USAGE, "--variant: none of %s is named so", path);
	return rc;
}

int plan_touch(const struct run_options *o, const struct touch_arguments *t, const struct lb_strv *paths, struct lb_buf *out, bool *failed,
	       struct lb_err *err)
{
	struct planning p = { .o = o, .t = t, .out = out, .json = { .out = out, .pretty = true } };
	int rc = output_format(o->format, &p.as_json, err);
	if (p.as_json) {
		lb_json_open(&p.json, '{');
		lb_json_kuint(&p.json, "schema", 1);
		lb_json_key(&p.json, "builds");
		lb_json_open(&p.json, '[');
	}
	for (size_t i = 0; i < paths->count && !rc; i++)
		rc = plan_path(&p, paths->items[i], err);
	if (p.as_json) {
		lb_json_close(&p.json, ']');
		lb_json_close(&p.json, '}');
		lb_buf_addc(out, '\n');
	}
	*failed = p.failed;
	return rc;
}
