/* SPDX-License-Identifier: Apache-2.0
 *
 * The stages of a file: each FROM begins one, and before the first only ARG may stand.
 */
#include "dockerfile/parser.h"

#include <ctype.h>
#include <string.h>

static char *lower(struct lb_arena *arena, const char *text)
{
	char *copy = lb_arena_strdup(arena, text);
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static void begin_stage(struct lb_parser *p, const struct lb_instruction *in, size_t first)
{
	struct lb_dockerfile *df = p->df;
	const struct lb_flag *platform = lb_instruction_flag(in, "platform");
	struct lb_stage stage = {
		.index = df->stages_count,
		.name_written = in->args_count == 3 ? in->args[2] : NULL,
		.name = in->args_count == 3 ? lower(&df->arena, in->args[2]) : NULL,
		.from = in->args[0],
		.platform = platform ? platform->value : NULL,
		.line = in->first_line,
		.first = first,
	};
	df->stages = lb_parser_grow(&df->arena, df->stages, df->stages_count, &p->stages_cap, sizeof(stage));
	df->stages[df->stages_count++] = stage;
}

int lb_parser_stage(struct lb_parser *p, size_t i, struct lb_err *err)
{
	struct lb_dockerfile *df = p->df;
	struct lb_instruction *in = &df->instructions[i];
	if (in->keyword == LB_KW_FROM)
		begin_stage(p, in, i);
	else if (!df->stages_count && in->keyword != LB_KW_ARG && !(p->dialect & LB_DIALECT_LATE_RULES))
		return lb_fail_at(err, lb_instruction_pos(df, in), "%s before the first FROM; only ARG may stand there",
				  lb_keyword_name(in->keyword));
	in->stage = (int)df->stages_count - 1;
	if (in->trigger)
		in->trigger->stage = in->stage;
	if (df->stages_count)
		df->stages[df->stages_count - 1].end = i + 1;
	return 0;
}
