/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes outside of the context: Dockerfiles, arguments, bases, the world.
 */
#include <ctype.h>
#include <string.h>

#include "lbench/run.h"
#include "scenario/state.h"

static bool selected(const struct scn_step *p, size_t v)
{
	return !p->c->variant || lb_text_match(p->c->variant, p->st->scenario->variants[v].name);
}

static int check_variant(const struct scn_step *p)
{
	for (size_t v = 0; v < p->st->scenario->variants_count; v++)
		if (selected(p, v))
			return 0;
	return lb_fail_at(p->err, p->c->pos, "variant: no variant matches '%s'", p->c->variant);
}

/* ---- Dockerfile ---- */

static void add_line(struct lb_buf *out, const char *text)
{
	lb_buf_adds(out, text);
	if (!out->len || out->data[out->len - 1] != '\n')
		lb_buf_addc(out, '\n');
}

static bool replace_all(const char *old, const char *what, const char *with, struct lb_buf *out)
{
	const char *at = old, *hit;
	for (; (hit = strstr(at, what)); at = hit + strlen(what)) {
		lb_buf_add(out, at, (size_t)(hit - at));
		lb_buf_adds(out, with);
	}
	lb_buf_adds(out, at);
	return at != old;
}

/* The value behind "KEY=" in a LABEL line: [start, start + len), quotes among them; NULL when there is none. */
static const char *find_label(const char *text, const char *key, size_t key_len, size_t *len)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *end = line + strcspn(line, "\n");
		const char *p = line + strspn(line, " \t");
		if (strncasecmp(p, "LABEL", 5) != 0 || !isspace((unsigned char)p[5]))
			continue;
		for (p += 5; p < end; p++) {
			if (!isspace((unsigned char)p[-1]) || strncmp(p, key, key_len) != 0 || p[key_len] != '=')
				continue;
			const char *value = p + key_len + 1;
			*len = *value == '"' ? strcspn(value + 1, "\"\n") + 2 : strcspn(value, " \t\n");
			return value + *len <= end ? value : NULL;
		}
	}
	return NULL;
}

/* A label that a LABEL line sets gets its new value there, another one a line of its own at the end. */
static void set_label(const char *old, const char *label, struct lb_buf *out)
{
	size_t key_len = strcspn(label, "="), len = 0;
	const char *value = find_label(old, label, key_len, &len);
	if (value) {
		lb_buf_add(out, old, (size_t)(value - old));
		lb_buf_addf(out, "\"%s\"", label + key_len + 1);
		lb_buf_adds(out, value + len);
		return;
	}
	add_line(out, old);
	lb_buf_addf(out, "LABEL %.*s=\"%s\"\n", (int)key_len, label, label + key_len + 1);
}

/* Behind the comments at the head, where it cannot be taken for a directive. */
static void add_comment(const char *old, const char *text, struct lb_buf *out)
{
	const char *p = old;
	while (*p == '#' || *p == '\n' || *p == '\r')
		p += strcspn(p, "\n"), p += *p == '\n';
	lb_buf_add(out, old, (size_t)(p - old));
	if (p == old)
		lb_buf_adds(out, "#\n");
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		lb_buf_addf(out, "# %.*s\n", (int)strcspn(line, "\n"), line);
	lb_buf_adds(out, p);
}

static bool change_text(const struct scn_step *p, const char *old, struct lb_buf *out)
{
	switch (p->c->op) {
	case SCN_DF_REPLACE:
		return replace_all(old, p->text, p->to, out);
	case SCN_DF_APPEND:
		add_line(out, old);
		add_line(out, p->text);
		return true;
	case SCN_DF_LABEL:
		set_label(old, p->text, out);
		return true;
	default:
		add_comment(old, p->text, out);
		return true;
	}
}

int scn_change_dockerfile(struct scn_step *p)
{
	struct scn_state *st = p->st;
	bool done = false;
	if (check_variant(p) < 0)
		return LB_INVALID;
	for (size_t v = 0; v < st->scenario->variants_count; v++) {
		lb_autobuf struct lb_buf text = { 0 };
		if (!selected(p, v) || !change_text(p, st->dockerfiles[v], &text))
			continue;
		done = true;
		if (strcmp(lb_buf_str(&text), st->dockerfiles[v]) == 0)
			continue;
		st->dockerfiles[v] = lb_arena_strndup(&st->arena, lb_buf_str(&text), text.len);
		st->dockerfile_times[v] = scn_step_time(p, st->dockerfile_times[v]);
	}
	return done ? 0 : lb_fail_at(p->err, p->c->pos, "replace: no Dockerfile that is meant here holds '%s'", p->text);
}

/* ---- the others ---- */

int scn_change_arg(struct scn_step *p)
{
	struct scn_state *st = p->st;
	if (check_variant(p) < 0)
		return LB_INVALID;
	for (size_t v = 0; v < st->scenario->variants_count; v++)
		if (selected(p, v))
			scn_pairs_set(&st->arena, &st->args[v], p->path, p->text);
	return 0;
}

int scn_change_base(struct scn_step *p)
{
	const struct scenario *s = p->st->scenario;
	for (size_t i = 0; i < s->bases_count; i++) {
		if (strcmp(s->bases[i].name, p->path) == 0) {
			p->st->bases[i] = p->c->base;
			return 0;
		}
	}
	return lb_fail_at(p->err, p->c->pos, "base: no base is named '%s'", p->path);
}

/* Without a value the fact is simply another one than in any state before. */
int scn_change_world(struct scn_step *p)
{
	lb_autofree char *serial = lb_format("%llu", (unsigned long long)p->st->seq);
	scn_pairs_set(&p->st->arena, &p->st->world, p->path, p->text ? p->text : serial);
	return 0;
}
