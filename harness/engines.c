/* SPDX-License-Identifier: Apache-2.0 */
#include "engines.h"

void engines_describe(const struct run_options *o, struct record_engine memory[ENGINES_MAX], struct record_run *run,
		      struct measure_options *measure)
{
	for (size_t i = 0; i < o->engines_count; i++) {
		const struct subject_info *e = &o->engines[i];
		memory[i] = (struct record_engine){ e->name, e->version, e->title, e->rules_name, e->policy->name };
	}
	run->engines = memory;
	run->engines_count = o->engines_count;
	run->builtin = o->builtin;
	measure->engines = o->engines_count ? o->engine : NULL;
}
