/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "report/text.h"

void option_pairs_release(struct option_pairs *p)
{
	lb_arena_release(&p->arena);
	free(p->pairs.items);
	p->pairs = (struct lb_pairs){ 0 };
}

static void add_pair(struct option_pairs *p, const char *text)
{
	const char *eq = strchr(text, '=');
	p->pairs.items = lb_grow(p->pairs.items, p->pairs.count, &p->pairs.cap, sizeof(*p->pairs.items));
	p->pairs.items[p->pairs.count++] = (struct lb_pair){
		eq ? lb_arena_strndup(&p->arena, text, (size_t)(eq - text)) : lb_arena_strdup(&p->arena, text),
		eq ? lb_arena_strdup(&p->arena, eq + 1) : NULL,
	};
}

static void add_list(struct lb_strv *list, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		if (len)
			lb_strv_addn(list, text, len);
		if (!text[len])
			return;
		text += len + 1;
	}
}

static int set_number(const struct option *o, const char *value, struct lb_err *err)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || n > 1000000000)
		return lb_fail(err, LB_USAGE, "--%s takes a whole number, not '%s'", o->name, value);
	*(unsigned *)o->target = (unsigned)n;
	return 0;
}

static int set(const struct option *o, const char *value, struct lb_err *err)
{
	switch (o->kind) {
	case OPTION_FLAG: *(bool *)o->target = true; return 0;
	case OPTION_TEXT: *(const char **)o->target = value; return 0;
	case OPTION_NUMBER: return set_number(o, value, err);
	case OPTION_LIST: add_list(o->target, value); return 0;
	case OPTION_EACH: lb_strv_add(o->target, value); return 0;
	case OPTION_PAIR: add_pair(o->target, value); return 0;
	}
	return 0;
}

static unsigned distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t n = strlen(b);
	if (n >= LB_COUNT(row))
		return 64;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
			best = up + 1 < best ? up + 1 : best;
			row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			diagonal = up;
		}
	}
	return row[n];
}

const char *nearest_word(const char *word, const char *const *known, size_t count)
{
	const char *best = NULL;
	unsigned least = 3;
	for (size_t i = 0; i < count; i++) {
		unsigned d = distance(word, known[i]);
		if (d < least) {
			least = d;
			best = known[i];
		}
	}
	return best;
}

static int unknown(const struct usage *u, const char *arg, struct lb_err *err)
{
	const char **names = lb_calloc(u->count, sizeof(*names));
	for (size_t i = 0; i < u->count; i++)
		names[i] = u->options[i].name;
	const char *near = strncmp(arg, "--", 2) == 0 ? nearest_word(arg + 2, names, u->count) : NULL;
	free(names);
	if (near)
		return lb_fail(err, LB_USAGE, "lbench %s: unknown option '%s'; did you mean --%s?", u->command, arg, near);
	return lb_fail(err, LB_USAGE, "lbench %s: unknown option '%s'; see 'lbench %s -h'", u->command, arg, u->command);
}

static const struct option *find(const struct usage *u, const char *arg, const char **value)
{
	*value = NULL;
	bool is_long = arg[1] == '-';
	size_t len = is_long ? strcspn(arg + 2, "=") : 1;
	for (size_t i = 0; i < u->count; i++) {
		const struct option *o = &u->options[i];
		if (is_long ? strlen(o->name) != len || strncmp(o->name, arg + 2, len) != 0 : o->letter != arg[1])
			continue;
		const char *rest = is_long ? arg + 2 + len : arg + 2;
		if (*rest)
			*value = is_long ? rest + 1 : rest;
		return o;
	}
	return NULL;
}

static int parse_one(const struct usage *u, int argc, char **argv, int *i, struct lb_err *err)
{
	const char *value;
	const struct option *o = find(u, argv[*i], &value);
	if (!o)
		return unknown(u, argv[*i], err);
	if (o->kind == OPTION_FLAG && value)
		return lb_fail(err, LB_USAGE, "--%s takes no value", o->name);
	if (o->kind != OPTION_FLAG && !value) {
		if (*i + 1 >= argc)
			return lb_fail(err, LB_USAGE, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
		value = argv[++*i];
	}
	return set(o, value, err);
}

int options_parse(const struct usage *u, int argc, char **argv, struct lb_strv *operands, bool *help, struct lb_err *err)
{
	*help = false;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		*help = *help || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0;
	if (*help)
		return 0;
	bool only_operands = false;
	for (int i = 1; i < argc; i++) {
		if (!only_operands && strcmp(argv[i], "--") == 0) {
			only_operands = true;
		} else if (only_operands || argv[i][0] != '-' || !argv[i][1]) {
			lb_strv_add(operands, argv[i]);
		} else {
			int rc = parse_one(u, argc, argv, &i, err);
			if (rc)
				return rc;
		}
	}
	return 0;
}

int output_format(const char *format, bool *json, struct lb_err *err)
{
	*json = format && strcmp(format, "json") == 0;
	if (format && !*json && strcmp(format, "table") != 0)
		return lb_fail(err, LB_USAGE, "--format is table or json; not '%s'", format);
	return 0;
}

void pad_to(struct lb_buf *out, const char *text, size_t columns)
{
	lb_buf_adds(out, text);
	for (size_t n = text_width(text); n < columns; n++)
		lb_buf_addc(out, ' ');
}

static void option_help(struct lb_buf *out, const char *left, const char *help)
{
	lb_buf_adds(out, "  ");
	pad_to(out, left, 30);
	lb_buf_addf(out, " %s\n", help);
}

void options_help(const struct usage *u, struct lb_buf *out)
{
	lb_buf_addf(out, "usage: lbench %s%s%s%s\n", u->command, u->count ? " [OPTION…]" : "", *u->operands ? " " : "", u->operands);
	if (u->summary)
		lb_buf_addf(out, "\n%s\n", u->summary);
	if (u->count)
		lb_buf_adds(out, "\n");
	for (size_t i = 0; i < u->count; i++) {
		const struct option *o = &u->options[i];
		lb_autofree char *left = o->letter ? lb_format("-%c, --%s%s%s", o->letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "")
		                                   : lb_format("    --%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		option_help(out, left, o->help);
	}
	option_help(out, "-h, --help", "this help");
}
