/* SPDX-License-Identifier: Apache-2.0
 *
 * A Dockerfile as a plan: every stage resolved, every build check run. What can be resolved once can be resolved again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/ignore.h"
#include "lbench/check.h"
#include "lbench/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct lb_build_plan *plan)
{
	if (plan->order_count == 0 || plan->order[plan->order_count - 1] != plan->target)
		abort();
	for (size_t i = 0; i < plan->order_count; i++) {
		const struct lb_plan_stage *ps = &plan->stages[plan->order[i]];
		if (!ps->needed || ps->base_stage >= (int)plan->order[i] || (i && plan->order[i] <= plan->order[i - 1]))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char patterns[] = "*.x\na/**\n";
	struct lb_pair given[] = { { "A", "x y" }, { "B", "" }, { "TARGETARCH", "arm" } };
	struct lb_pairs args = { given, LB_COUNT(given), LB_COUNT(given) };
	struct lb_plan_options options = { .build_args = &args };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	lb_autoignore struct lb_ignore *ignore = NULL;
	bool failing;
	if (lb_dockerfile_parse("D", (const char *)data, size, NULL, &df, NULL) != 0 || lb_build_plan_new(df, &options, &plan, NULL) != 0)
		return 0;
	check_order(plan);
	int r = lb_build_plan_resolve(plan, NULL);
	lb_ignore_parse("i", patterns, strlen(patterns), &ignore, NULL);
	if (lb_build_plan_check(plan, &(struct lb_check_options){ .ignore = ignore }, &failing, NULL) != r)
		abort();
	return 0;
}
