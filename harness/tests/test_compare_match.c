/* SPDX-License-Identifier: Apache-2.0
 *
 * Which step is which: tables of two Dockerfiles as "STAGE|TEXT" lines, and where each step of the first went.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "compare/match.h"

/* A report that holds one build with these steps. */
struct fake {
	struct report r;
	struct report_build b;
};

static void fake_init(struct fake *f, const char *const *steps)
{
	*f = (struct fake){ 0 };
	f->r.string_ids = lb_map_new(NULL);
	f->r.strings = lb_grow(NULL, 0, &f->r.strings_cap, sizeof(*f->r.strings));
	f->r.strings[f->r.strings_count++] = "";
	for (; *steps; steps++) {
		const char *bar = strchr(*steps, '|');
		f->r.steps = lb_grow(f->r.steps, f->r.steps_count, &f->r.steps_cap, sizeof(*f->r.steps));
		f->r.steps[f->r.steps_count++] = (struct report_step){
			.stage = report_intern(&f->r, *steps, (size_t)(bar - *steps)),
			.instruction = report_intern(&f->r, bar + 1, strlen(bar + 1)),
		};
	}
	f->b.steps_count = f->r.steps_count;
}

static void fake_release(struct fake *f)
{
	lb_map_free(f->r.string_ids);
	lb_arena_release(&f->r.arena);
	free(f->r.strings);
	free(f->r.steps);
}

#define NO MATCH_NONE
static const struct {
	const char *name;
	const char *a[8], *b[8];
	int to_b[8];
} cases[] = {
	{ "nothing changed", { "0|FROM x", "0|COPY . .", "0|RUN make" }, { "0|FROM x", "0|COPY . .", "0|RUN make" }, { 0, 1, 2 } },
	{ "COPY moved up",
	  { "0|FROM x", "0|COPY package.json .", "0|RUN npm ci", "0|COPY . ." },
	  { "0|FROM x", "0|COPY . .", "0|COPY package.json .", "0|RUN npm ci" },
	  { 0, 2, 3, 1 } },
	{ "a new RUN is new", { "0|FROM x", "0|RUN a", "0|RUN b" }, { "0|FROM x", "0|RUN a", "0|RUN new", "0|RUN b" }, { 0, 1, 3 } },
	{ "a RUN that is gone", { "0|FROM x", "0|RUN a", "0|RUN b" }, { "0|FROM x", "0|RUN b" }, { 0, NO, 1 } },
	{ "its text was edited", { "0|FROM x", "0|RUN a", "0|COPY . ." }, { "0|FROM x", "0|RUN a --more", "0|COPY . ." }, { 0, 1, 2 } },
	{ "edited, and another keyword in its place",
	  { "0|FROM x", "0|RUN a", "0|COPY . ." },
	  { "0|FROM x", "0|ENV A=1", "0|COPY . ." },
	  { 0, NO, 2 } },
	{ "edited texts do not cross what is matched",
	  { "0|FROM x", "0|RUN old", "0|COPY . .", "0|RUN make" },
	  { "0|FROM x", "0|COPY . .", "0|RUN new", "0|RUN make" },
	  { 0, NO, 1, 3 } },
	{ "equal texts keep their order",
	  { "0|FROM x", "0|RUN make", "0|COPY . .", "0|RUN make" },
	  { "0|FROM x", "0|COPY a .", "0|RUN make", "0|COPY . .", "0|RUN make" },
	  { 0, 2, 3, 4 } },
	{ "a stage was renamed",
	  { "build|FROM x AS build", "build|RUN make", "1|FROM y", "1|RUN make" },
	  { "builder|FROM x AS builder", "builder|RUN make", "1|FROM y", "1|RUN make" },
	  { 0, 1, 2, 3 } },
	{ "stages changed places",
	  { "a|FROM x AS a", "a|RUN make", "b|FROM x AS b", "b|RUN make" },
	  { "b|FROM x AS b", "b|RUN make", "a|FROM x AS a", "a|RUN make" },
	  { 2, 3, 0, 1 } },
	{ "nothing left", { "0|FROM x", "0|RUN a" }, { NULL }, { NO, NO } },
};

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct fake a, b;
		int to_b[8];
		fake_init(&a, cases[i].a);
		fake_init(&b, cases[i].b);
		match_steps(&(struct match_side){ &a.r, &a.b }, &(struct match_side){ &b.r, &b.b }, to_b);
		for (size_t k = 0; k < a.b.steps_count; k++)
			if (to_b[k] != cases[i].to_b[k])
				fail_msg("%s: step %zu went to %d, not %d", cases[i].name, k, to_b[k], cases[i].to_b[k]);
		fake_release(&a);
		fake_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_matches) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
