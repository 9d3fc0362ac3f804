/* SPDX-License-Identifier: Apache-2.0 */
#include "unknowns.h"

#include <ctype.h>
#include <string.h>

#include "lbench/run.h"
#include "lbench/stage.h"

/* "RUN npm ci", "bytes of RUN npm ci"; NULL when all is known. The place is that of the first variant that has it. */
static char *unknown_of(const struct scenario *s, const struct lb_instruction *in, const char *place, bool measured)
{
	const struct lb_model *m = lb_model_find(s->models, s->models_count, in->original, in->rest);
	if (!m && !measured)
		return lb_format("%s RUN %s", place, in->rest);
	bool needs = !m || !m->depends_given, seconds = !measured && !m->has_seconds, bytes = !measured && !m->writes_given;
	if (!needs && !seconds && !bytes)
		return NULL;
	return lb_format("%s%s%s of %s RUN %s", seconds ? "seconds" : "", bytes ? seconds ? ", bytes" : "bytes" : "",
			 needs ? seconds || bytes ? ", needs" : "needs" : "", place, in->rest);
}

/* A text over several lines as one: a blank for each run of them. */
static void squeeze(char *s)
{
	char *to = s;
	for (; *s; s++)
		if (!isspace((unsigned char)*s) || (s[1] && !isspace((unsigned char)s[1])))
			*to++ = isspace((unsigned char)*s) ? ' ' : *s;
	*to = '\0';
}

/* Does it have a source on the network? */
static bool fetches(const struct lb_instruction *in)
{
	bool remote = false;
	for (size_t i = 0; in->keyword == LB_KW_ADD && i + 1 < in->args_count; i++)
		remote |= lb_source_is_remote(in->args[i]);
	return remote;
}

static void list_steps(const struct scenario *s, const struct scn_variant *variant, bool measured, struct lb_map *seen, struct lb_strv *out)
{
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	struct lb_plan_options po = { .build_args = &variant->args, .target = variant->target, .platform = variant->platform };
	if (lb_dockerfile_parse(variant->dockerfile_path, variant->dockerfile, strlen(variant->dockerfile), NULL, &df, NULL) ||
	    lb_build_plan_new(df, &po, &plan, NULL))
		return;
	for (size_t i = 0; i < df->instructions_count; i++) {
		const struct lb_instruction *in = &df->instructions[i];
		if ((in->keyword != LB_KW_RUN && !fetches(in)) || !plan->stages[in->stage].needed || lb_map_get(seen, in->original))
			continue;
		lb_map_set(seen, in->original, seen);
		lb_autofree char *place = lb_format("%s:%u", variant->name, in->first_line);
		char *what = in->keyword == LB_KW_RUN ? unknown_of(s, in, place, measured) : lb_format("%s %s", place, in->original);
		if (what) {
			squeeze(what);
			lb_strv_take(out, what);
		}
	}
}

void unknowns_list(const struct scenario *s, const bool *variants, bool measured, struct lb_strv *out)
{
	lb_automap struct lb_map *seen = lb_map_new(NULL);
	for (size_t i = 0; i < s->bases_count; i++)
		if (s->bases[i].form == SCN_BASE_OPAQUE)
			lb_strv_take(out, lb_format("base %s", s->bases[i].name));
	for (size_t v = 0; v < s->variants_count; v++)
		if (variants[v])
			list_steps(s, &s->variants[v], measured, seen, out);
}
