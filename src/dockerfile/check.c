/* SPDX-License-Identifier: Apache-2.0
 *
 * The build checks. The engine's rules are found in the order in which it finds them, then sorted by line.
 */
#include "dockerfile/check.h"

#include <stdlib.h>
#include <string.h>

#include "dockerfile/lint.h"
#include "dockerfile/resolve.h"
#include "dockerfile/stage_args.h"

static const struct lb_instruction *instruction_at(const struct lb_dockerfile *df, uint32_t line)
{
	size_t low = 0, high = df->instructions_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (df->instructions[mid].last_line < line)
			low = mid + 1;
		else
			high = mid;
	}
	return low < df->instructions_count && df->instructions[low].first_line <= line ? &df->instructions[low] : NULL;
}

static void add_parser_warnings(struct lb_build_plan *plan)
{
	const struct lb_dockerfile *df = plan->df;
	for (size_t i = 0; i < df->warnings_count; i++) {
		const struct lb_warning *w = &df->warnings[i];
		lb_lint_report(plan, instruction_at(df, w->line), w->rule, w->line, "%s", w->message);
	}
}

static void step_done(const struct lb_stage_state *before, const struct lb_step *step, const struct lb_resolved *resolved, void *arg)
{
	const struct lb_check *c = arg;
	lb_check_step(c, before, step, resolved);
	lb_check_cache_step(c, before, step);
}

static void merge(struct lb_warning *out, const struct lb_warning *a, size_t a_count, const struct lb_warning *b, size_t b_count)
{
	while (a_count && b_count) {
		bool second = b->line < a->line;
		*out++ = second ? *b++ : *a++;
		b_count -= second;
		a_count -= !second;
	}
	memcpy(out, a_count ? a : b, (a_count + b_count) * sizeof(*out));
}

/* By line, in the order found within a line. */
static void sort_warnings(struct lb_build_plan *plan)
{
	size_t count = plan->warnings_count;
	lb_autofree struct lb_warning *other = lb_calloc(count + 1, sizeof(*other));
	for (size_t run = 1; run < count; run *= 2) {
		struct lb_warning *w = plan->warnings;
		for (size_t i = 0; i < count; i += 2 * run) {
			size_t a = count - i < run ? count - i : run, b = count - i - a < run ? count - i - a : run;
			merge(other + i, w + i, a, w + i + a, b);
		}
		memcpy(w, other, count * sizeof(*w));
	}
}

static bool engine_found_something(const struct lb_build_plan *plan)
{
	for (size_t i = 0; i < plan->warnings_count; i++)
		if (lb_check_is_engine_rule(plan->warnings[i].rule))
			return true;
	return false;
}

int lb_build_plan_check(struct lb_build_plan *plan, const struct lb_check_options *options, bool *fail_on_warning, struct lb_err *err)
{
	const char *override = options->check_directive;
	struct lb_check c = { .plan = plan, .options = options };
	*fail_on_warning = false;
	int r = lb_lint_load(plan->df, override ? override : lb_build_arg(&plan->options, "BUILDKIT_DOCKERFILE_CHECK"), plan->lint, err);
	if (r != 0)
		return r;
	plan->warnings_count = 0;
	add_parser_warnings(plan);
	lb_check_names(&c);
	lb_check_from(&c);
	c.cache = lb_check_cache_new(plan);
	r = lb_plan_walk(plan, step_done, &c, err);
	lb_check_cache_free(c.cache);
	if (r != 0)
		return r;
	sort_warnings(plan);
	plan->checked = true;
	*fail_on_warning = plan->lint->error && engine_found_something(plan);
	return 0;
}
