/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/shell.h"

#include <ctype.h>
#include <string.h>

#include "lbench/buf.h"
#include "lbench/fs.h"

enum { DEPTH_MAX = 8 };

struct reader {
	const char *p;
	const struct lb_pairs *env;
	struct shell_commands *out;
	struct lb_strv words;  /* of the command that is being read */
	struct lb_strv places; /* the directory of each open '(', the one in force last */
	unsigned depth;
};

static void read_all(struct reader *r);

void shell_release(struct shell_commands *c)
{
	for (size_t i = 0; i < c->count; i++) {
		lb_strv_release(&c->items[i].words);
		free(c->items[i].cwd);
	}
	free(c->items);
	free(c->refused);
	*c = (struct shell_commands){ 0 };
}

static void refuse(struct reader *r, char *what)
{
	if (r->out->refused)
		free(what);
	else
		r->out->refused = what;
}

static const char *place(const struct reader *r)
{
	return r->places.items[r->places.count - 1];
}

static void read_text(struct reader *r, const char *text)
{
	struct reader inner = { .p = text, .env = r->env, .out = r->out, .depth = r->depth + 1 };
	if (inner.depth > DEPTH_MAX) {
		refuse(r, lb_strdup("commands within commands"));
		return;
	}
	lb_strv_add(&inner.places, place(r));
	read_all(&inner);
	lb_strv_release(&inner.words);
	lb_strv_release(&inner.places);
}

/* ---- words ---- */

/* $(…) and `…` are commands of their own; what they print is not known. */
static void read_substitution(struct reader *r, struct lb_buf *word)
{
	bool back = *r->p == '`';
	const char *start = r->p + (back ? 1 : 2), *p = start;
	for (int open = 1; *p; p++) {
		open += back ? -(*p == '`') : (*p == '(') - (*p == ')');
		if (!open)
			break;
	}
	lb_autofree char *text = lb_strndup(start, (size_t)(p - start));
	r->p = *p ? p + 1 : p;
	if (text[0] != '(')
		read_text(r, text);
	lb_buf_adds(word, "$()");
}

static void read_variable(struct reader *r, struct lb_buf *word)
{
	if (r->p[1] == '(') {
		read_substitution(r, word);
		return;
	}
	bool braces = r->p[1] == '{';
	const char *start = r->p + 1 + braces;
	size_t n = 0;
	while (isalnum((unsigned char)start[n]) || start[n] == '_')
		n++;
	lb_autofree char *name = lb_strndup(start, n);
	const char *value = n && r->env && (!braces || start[n] == '}') ? lb_pairs_get(r->env, name) : NULL;
	size_t whole = braces ? strcspn(r->p, "}") + 1 : n + 1;
	if (whole > strlen(r->p))
		whole = strlen(r->p);
	if (value)
		lb_buf_adds(word, value);
	else
		lb_buf_add(word, r->p, whole);
	r->p += whole;
}

static void read_double(struct reader *r, struct lb_buf *word)
{
	for (r->p++; *r->p && *r->p != '"';) {
		if (*r->p == '\\' && r->p[1]) {
			lb_buf_addc(word, r->p[1]);
			r->p += 2;
		} else if (*r->p == '$') {
			read_variable(r, word);
		} else if (*r->p == '`') {
			read_substitution(r, word);
		} else {
			lb_buf_addc(word, *r->p++);
		}
	}
	r->p += *r->p == '"';
}

static void read_word(struct reader *r, struct lb_buf *word)
{
	while (*r->p && !isspace((unsigned char)*r->p) && !strchr(";&|()<>", *r->p)) {
		if (*r->p == '\'') {
			size_t n = strcspn(r->p + 1, "'");
			lb_buf_add(word, r->p + 1, n);
			r->p += n + 1 + (r->p[n + 1] == '\'');
		} else if (*r->p == '"') {
			read_double(r, word);
		} else if (*r->p == '\\' && r->p[1]) {
			if (r->p[1] != '\n')
				lb_buf_addc(word, r->p[1]);
			r->p += 2;
		} else if (*r->p == '$') {
			read_variable(r, word);
		} else if (*r->p == '`') {
			read_substitution(r, word);
		} else {
			lb_buf_addc(word, *r->p++);
		}
	}
}

/* ---- commands ---- */

static bool is_assignment(const char *w)
{
	size_t n = 0;
	while (isalnum((unsigned char)w[n]) || w[n] == '_')
		n++;
	return n && w[n] == '=' && !isdigit((unsigned char)*w);
}

static const char *one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return list[i];
	return NULL;
}

static bool is_shell(const char *word)
{
	static const char *const shells[] = { "sh", "bash", "ash", "dash" };
	return one_of(lb_path_base(word), shells, LB_COUNT(shells)) != NULL;
}

/* Assignments, and what runs its arguments as a command. */
static size_t skip_prefixes(const struct lb_strv *w)
{
	static const char *const plain[] = { "sudo", "exec", "time", "nice", "env", "command", "then", "do", "!", "{", "}", "eatmydata" };
	size_t i = 0;
	bool after = false;
	for (; i < w->count; i++) {
		bool prefix = one_of(w->items[i], plain, LB_COUNT(plain)) != NULL;
		if (!prefix && !is_assignment(w->items[i]) && !(after && *w->items[i] == '-'))
			break;
		after = after || prefix;
	}
	return i;
}

static void change_place(struct reader *r, const char *to)
{
	lb_autofree char *joined = lb_path_join(place(r), to);
	char **last = &r->places.items[r->places.count - 1];
	if (strchr(to, '$') || *to == '~' || *to == '-')
		refuse(r, lb_format("a directory that is not known (`cd %s`)", to));
	free(*last);
	*last = lb_path_clean(joined);
}

/* sh -c TEXT: its text is read in its place. */
static bool read_inner_shell(struct reader *r, const struct lb_strv *w, size_t first)
{
	if (!is_shell(w->items[first]))
		return false;
	for (size_t i = first + 1; i < w->count && *w->items[i] && strchr("-+", *w->items[i]); i++) {
		char last = w->items[i][strlen(w->items[i]) - 1];
		if (w->items[i][1] == '-' || i + 1 == w->count)
			continue;
		if (last == 'o') { /* -euo pipefail */
			i++;
			continue;
		}
		if (last == 'c') {
			lb_autofree char *text = lb_strdup(w->items[i + 1]);
			read_text(r, text);
			return true;
		}
	}
	return false;
}

static void end_command(struct reader *r)
{
	static const char *const control[] = { "if", "for", "while", "until", "case", "select", "function", "test", "[", "[[" };
	struct lb_strv words = r->words;
	r->words = (struct lb_strv){ 0 };
	size_t first = skip_prefixes(&words);
	const char *name = first < words.count ? words.items[first] : NULL;
	const char *refused = name ? one_of(name, control, LB_COUNT(control)) : NULL;
	if (refused) {
		refuse(r, lb_format("a condition or loop (`%s`)", refused));
	} else if (name && strcmp(name, "cd") == 0 && first + 1 < words.count) {
		change_place(r, words.items[first + 1]);
	} else if (name && !read_inner_shell(r, &words, first)) {
		struct shell_commands *o = r->out;
		o->items = lb_grow(o->items, o->count, &o->cap, sizeof(*o->items));
		struct shell_command *c = &o->items[o->count++];
		*c = (struct shell_command){ .cwd = lb_strdup(place(r)) };
		for (size_t i = first; i < words.count; i++)
			lb_strv_add(&c->words, words.items[i]);
	}
	lb_strv_release(&words);
}

/* The lines of a heredoc inside of a command go to its input; where that is a shell they are commands. */
static void read_heredoc(struct reader *r)
{
	lb_autobuf struct lb_buf name = { 0 };
	r->p += 2;
	bool chomp = *r->p == '-';
	r->p += chomp;
	r->p += strspn(r->p, " \t");
	read_word(r, &name);
	const char *eol = strchr(r->p, '\n');
	if (!eol) /* the body stands apart, and is read there */
		return;
	lb_autofree char *rest = lb_strndup(r->p, (size_t)(eol - r->p));
	const char *body = eol + 1, *line = body;
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *text = chomp ? line + strspn(line, "\t") : line;
		size_t n = strcspn(text, "\n");
		if (n == name.len && memcmp(text, lb_buf_str(&name), n) == 0)
			break;
	}
	lb_autofree char *content = lb_strndup(body, (size_t)(line - body));
	bool commands = !r->words.count || (r->words.count == 1 && is_shell(r->words.items[0]));
	if (commands) {
		lb_strv_release(&r->words);
		if (strncmp(content, "#!", 2) == 0 && !strstr(content, "sh"))
			refuse(r, lb_strdup("a script that is not a shell's"));
		read_text(r, content);
	}
	read_text(r, rest);
	r->p = line + strcspn(line, "\n");
}

static void read_redirection(struct reader *r)
{
	lb_autobuf struct lb_buf target = { 0 };
	if (r->p[0] == '<' && r->p[1] == '<' && r->p[2] != '<') {
		read_heredoc(r);
		return;
	}
	r->p += strspn(r->p, "<>&|");
	r->p += strspn(r->p, " \t");
	read_word(r, &target);
}

static bool number_before_redirection(const char *word, char next)
{
	return (next == '<' || next == '>') && *word && word[strspn(word, "0123456789")] == '\0';
}

static void read_next(struct reader *r)
{
	char c = *r->p;
	if (c == '#') {
		r->p += strcspn(r->p, "\n");
	} else if (c == '<' || c == '>' || (c == '&' && r->p[1] == '>')) {
		read_redirection(r);
	} else if (strchr(";&|\n", c)) {
		end_command(r);
		r->p++;
	} else if (c == '(') {
		end_command(r);
		lb_strv_add(&r->places, place(r));
		r->p++;
	} else if (c == ')') {
		end_command(r);
		if (r->places.count > 1)
			free(r->places.items[--r->places.count]);
		r->p++;
	} else {
		lb_autobuf struct lb_buf word = { 0 };
		read_word(r, &word);
		if (!number_before_redirection(lb_buf_str(&word), *r->p))
			lb_strv_add(&r->words, lb_buf_str(&word));
	}
}

static void read_all(struct reader *r)
{
	while (*r->p) {
		if (*r->p == ' ' || *r->p == '\t' || *r->p == '\r')
			r->p++;
		else if (*r->p == '\\' && r->p[1] == '\n')
			r->p += 2;
		else
			read_next(r);
	}
	end_command(r);
}

void shell_read(const char *text, const char *cwd, const struct lb_pairs *env, struct shell_commands *out)
{
	struct reader r = { .p = text, .env = env, .out = out };
	lb_strv_add(&r.places, cwd);
	read_all(&r);
	lb_strv_release(&r.words);
	lb_strv_release(&r.places);
}

void shell_add(char *const *argv, size_t count, const char *cwd, const struct lb_pairs *env, struct shell_commands *out)
{
	struct reader r = { .p = "", .env = env, .out = out };
	lb_strv_add(&r.places, cwd);
	for (size_t i = 0; i < count; i++)
		lb_strv_add(&r.words, argv[i]);
	end_command(&r);
	lb_strv_release(&r.words);
	lb_strv_release(&r.places);
}
