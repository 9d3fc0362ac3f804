/* SPDX-License-Identifier: Apache-2.0
 *
 * The object of `lbench parse --format json`.
 */
#include "lbench/dockerfile.h"

#include <ctype.h>
#include <string.h>

#include "lbench/json.h"
#include "lbench/stage.h"

/* As a C string of this module holds it: a NUL is 0xc0 0x80 there. */
static void add_text(struct lb_json *w, const char *text)
{
	const char *nul = strstr(text, "\xc0\x80");
	if (!nul) {
		lb_json_str(w, text);
		return;
	}
	lb_autobuf struct lb_buf plain = { 0 };
	for (; nul; text = nul + 2, nul = strstr(text, "\xc0\x80")) {
		lb_buf_add(&plain, text, (size_t)(nul - text));
		lb_buf_addc(&plain, '\0');
	}
	lb_buf_adds(&plain, text);
	lb_json_strn(w, plain.data, plain.len);
}

static void add_keyword(struct lb_json *w, const struct lb_instruction *in)
{
	lb_autofree char *lower = lb_strdup(in->word);
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	lb_json_key(w, "keyword");
	add_text(w, lower);
}

static void add_strings(struct lb_json *w, const char *key, char *const *items, size_t count)
{
	lb_json_key(w, key);
	lb_json_open(w, '[');
	for (size_t i = 0; i < count; i++)
		add_text(w, items[i]);
	lb_json_close(w, ']');
}

static void add_flags(struct lb_json *w, const struct lb_instruction *in)
{
	lb_json_key(w, "flags");
	lb_json_open(w, '[');
	for (size_t i = 0; i < in->flags_count; i++)
		add_text(w, in->flags[i].text);
	lb_json_close(w, ']');
}

static void add_heredocs(struct lb_json *w, const struct lb_instruction *in)
{
	lb_json_key(w, "heredocs");
	lb_json_open(w, '[');
	for (size_t i = 0; i < in->heredocs_count; i++) {
		const struct lb_heredoc *doc = &in->heredocs[i];
		lb_json_open(w, '{');
		lb_json_key(w, "name");
		add_text(w, doc->name);
		lb_json_kuint(w, "fd", doc->fd);
		lb_json_kbool(w, "expand", doc->expand);
		lb_json_kbool(w, "chomp", doc->chomp);
		lb_json_key(w, "content");
		lb_json_strn(w, doc->content, doc->content_len);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void add_trigger(struct lb_json *w, const struct lb_instruction *in)
{
	lb_json_key(w, "trigger");
	lb_json_open(w, '{');
	add_keyword(w, in);
	add_flags(w, in);
	add_strings(w, "args", in->args, in->args_count);
	lb_json_kbool(w, "json", in->json);
	lb_json_close(w, '}');
}

static void add_resolved(struct lb_json *w, const struct lb_resolved *r)
{
	if (r->ports)
		add_strings(w, "ports", r->ports, r->ports_count);
	if (r->has_expanded)
		add_strings(w, "expanded", r->expanded, r->expanded_count);
}

static void add_instruction(struct lb_json *w, const struct lb_instruction *in, const struct lb_resolved *resolved)
{
	lb_json_open(w, '{');
	add_keyword(w, in);
	lb_json_key(w, "lines");
	lb_json_open(w, '[');
	lb_json_uint(w, in->first_line);
	lb_json_uint(w, in->last_line);
	lb_json_close(w, ']');
	lb_json_key(w, "stage");
	if (in->stage < 0)
		lb_json_null(w);
	else
		lb_json_uint(w, (uint64_t)in->stage);
	add_flags(w, in);
	add_strings(w, "args", in->args, in->args_count);
	lb_json_kbool(w, "json", in->json);
	add_heredocs(w, in);
	if (in->trigger)
		add_trigger(w, in->trigger);
	if (resolved)
		add_resolved(w, resolved);
	lb_json_close(w, '}');
}

static void add_directives(struct lb_json *w, const struct lb_dockerfile *df)
{
	lb_json_key(w, "directives");
	lb_json_open(w, '[');
	for (size_t i = 0; i < df->directives_count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "name", df->directives[i].name);
		lb_json_key(w, "value");
		add_text(w, df->directives[i].value);
		lb_json_kuint(w, "line", df->directives[i].line);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void add_stages(struct lb_json *w, const struct lb_dockerfile *df)
{
	lb_json_key(w, "stages");
	lb_json_open(w, '[');
	for (size_t i = 0; i < df->stages_count; i++) {
		const struct lb_stage *stage = &df->stages[i];
		lb_json_open(w, '{');
		lb_json_kuint(w, "index", stage->index);
		lb_json_kstr(w, "name", stage->name);
		lb_json_key(w, "from");
		add_text(w, stage->from);
		lb_json_kstr(w, "platform", stage->platform);
		lb_json_kuint(w, "line", stage->line);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void add_warnings(struct lb_json *w, const struct lb_warning *warnings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "rule", warnings[i].rule);
		lb_json_kuint(w, "line", warnings[i].line);
		lb_json_key(w, "message");
		add_text(w, warnings[i].message);
		lb_json_close(w, '}');
	}
}

void lb_dockerfile_json(const struct lb_dockerfile *df, const struct lb_build_plan *plan, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "file", df->file);
	lb_json_kstr(&w, "escape", df->escape == '`' ? "`" : "\\");
	add_directives(&w, df);
	lb_json_key(&w, "instructions");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < df->instructions_count; i++)
		add_instruction(&w, &df->instructions[i], plan && plan->resolved ? &plan->resolved[i] : NULL);
	lb_json_close(&w, ']');
	if (!df->syntax_only)
		add_stages(&w, df);
	lb_json_key(&w, "warnings");
	lb_json_open(&w, '[');
	if (!plan || !plan->checked)
		add_warnings(&w, df->warnings, df->warnings_count);
	if (plan)
		add_warnings(&w, plan->warnings, plan->warnings_count);
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}
