/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "lbench/json.h"
#include "lbench/words.h"
#include "options.h"

struct expand_command {
	const char *escape;
	bool words, vars;
	struct option_pairs env;
};

/* The last one of a name wins; a name alone is the empty string. */
static const char *look_up(const char *name, void *arg)
{
	const struct lb_pairs *p = arg;
	for (size_t i = p->count; i-- > 0;)
		if (strcmp(p->items[i].name, name) == 0)
			return p->items[i].value ? p->items[i].value : "";
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_list(struct lb_json *w, struct lb_strv *list, bool sorted)
{
	if (sorted && list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_text);
	lb_json_open(w, '[');
	for (size_t i = 0; i < list->count; i++)
		lb_json_str(w, list->items[i]);
	lb_json_close(w, ']');
}

static int at_column(struct lb_err *err, unsigned col)
{
	char what[sizeof(err->text)];
	memcpy(what, err->text, sizeof(what));
	return lb_fail_at(err, (struct lb_pos){ "WORD", 0, col ? col : 1 }, "%s", what);
}

static int expand(const struct expand_command *c, const char *word, struct lb_buf *out, struct lb_err *err)
{
	if (c->escape && strcmp(c->escape, "\\") != 0 && strcmp(c->escape, "`") != 0)
		return lb_fail(err, LB_USAGE, "--escape is \\ or `; not '%s'", c->escape);
	if (c->words && c->vars)
		return lb_fail(err, LB_USAGE, "--words and --vars do not go together");
	lb_autostrv struct lb_strv used = { 0 }, unset = { 0 }, words = { 0 };
	lb_autofree char *result = NULL;
	unsigned col = 0;
	struct lb_words w = {
		.escape = c->escape ? *c->escape : '\\', .lookup = look_up, .arg = (void *)&c->env.pairs, .used = &used, .unset = &unset
	};
	int rc = c->words ? lb_words_split(&w, word, &words, &col, err) : lb_words_expand(&w, word, &result, &col, err);
	if (rc)
		return at_column(err, col);
	struct lb_json json = { .out = out };
	if (c->words) {
		print_list(&json, &words, false);
	} else if (c->vars) {
		lb_json_open(&json, '{');
		lb_json_kstr(&json, "result", result);
		lb_json_key(&json, "used");
		print_list(&json, &used, true);
		lb_json_key(&json, "unset");
		print_list(&json, &unset, true);
		lb_json_close(&json, '}');
	} else {
		lb_json_str(&json, result);
	}
	lb_buf_addc(out, '\n');
	return 0;
}

int cmd_expand(int argc, char **argv, struct lb_err *err)
{
	struct expand_command c = { 0 };
	const struct option table[] = {
		{ "escape", 0, OPTION_TEXT, &c.escape, "C", "the escape character, \\ (default) or `" },
		{ "env", 0, OPTION_PAIR, &c.env, "NAME=VALUE", "a variable; may repeat, the last one counts" },
		{ "words", 0, OPTION_FLAG, &c.words, NULL, "split the result into words" },
		{ "vars", 0, OPTION_FLAG, &c.vars, NULL, "also which names were looked up" },
	};
	struct usage u = { "expand",
			   "-- WORD",
			   "Expands a word as an argument of an instruction is expanded.",
			   table,
			   LB_COUNT(table),
			   .least = 1,
			   .most = 1,
			   .wanted = "one WORD is needed, behind --" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = expand(&c, operands.items[0], &text, err);
	option_pairs_release(&c.env);
	return rc ? rc : print_out(&text, err);
}
