/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser.
 *
 * A file is read line by line (lines.c). The first lines may be directives (directives.c); comments are kept
 * for the instruction below them. Every other line begins an instruction, which takes in the lines that
 * continue it; joined, its text is split into keyword, flags and arguments (split.c), and where it opens
 * heredocs the lines that follow are theirs (heredoc.c). That is syntax depth. At full depth each instruction
 * is then checked by its own rules (rules.c) and the stages are listed (stages.c); the whole file is read
 * before anything of this is said, as the engine does it.
 *
 * Strings are C strings in the arena of the result. A NUL in the file is held as the two bytes 0xc0 0x80,
 * which are not valid UTF-8, so that nothing is cut short; what is printed has the NUL again.
 */
#include "dockerfile/parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dockerfile/text.h"

#define FILE_BYTES_MAX (1u << 30)

void *lb_parser_grow(struct lb_arena *arena, void *items, size_t count, size_t *cap, size_t item_bytes)
{
	if (count < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 4;
	void *grown = lb_arena_alloc(arena, more * item_bytes);
	if (count)
		memcpy(grown, items, count * item_bytes);
	*cap = more;
	return grown;
}

int lb_parser_fail(const struct lb_parser *p, struct lb_err *err, uint32_t line, uint32_t col, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return lb_fail_at(err, (struct lb_pos){ p->df->file, line, col }, "%s", text);
}

void lb_parser_warn(struct lb_parser *p, const char *rule, uint32_t line, const char *message)
{
	struct lb_dockerfile *df = p->df;
	df->warnings = lb_parser_grow(&df->arena, df->warnings, df->warnings_count, &p->warnings_cap, sizeof(*df->warnings));
	df->warnings[df->warnings_count++] = (struct lb_warning){ rule, line, lb_arena_strdup(&df->arena, message) };
}

struct lb_pos lb_instruction_pos(const struct lb_dockerfile *df, const struct lb_instruction *in)
{
	return (struct lb_pos){ df->file, in->first_line, in->col };
}

struct lb_pos lb_flag_pos(const struct lb_dockerfile *df, const struct lb_flag *flag)
{
	return (struct lb_pos){ df->file, flag->line, flag->col };
}

struct lb_pos lb_instruction_text_pos(const struct lb_dockerfile *df, const struct lb_instruction *in, const char *at)
{
	size_t offset = (size_t)(at - in->source_text), low = 0, high = in->source_count;
	if (!in->source_count)
		return lb_instruction_pos(df, in);
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		if (in->source[mid].offset <= offset)
			low = mid;
		else
			high = mid;
	}
	const struct lb_source_part *part = &in->source[low];
	return (struct lb_pos){ df->file, part->line, part->col + (uint32_t)(offset - part->offset) };
}

struct lb_pos lb_instruction_arg_pos(const struct lb_dockerfile *df, const struct lb_instruction *in, size_t i)
{
	const char *arg = i < in->args_count ? in->args[i] : NULL;
	size_t len = strlen(in->rest);
	if (!arg || !*in->rest)
		return lb_instruction_pos(df, in);
	if (in->words && arg >= in->words && arg <= in->words + len)
		return lb_instruction_text_pos(df, in, in->rest + (arg - in->words));
	return lb_instruction_text_pos(df, in, arg >= in->rest && arg <= in->rest + len ? arg : in->rest);
}

const struct lb_flag *lb_instruction_flag(const struct lb_instruction *in, const char *name)
{
	for (size_t i = 0; i < in->flags_count; i++)
		if (strcmp(in->flags[i].name, name) == 0)
			return &in->flags[i];
	return NULL;
}

/* The engine drops the first byte of the line and the blanks around the rest: an indented comment keeps its '#',
 * so that it neither describes the instruction below it nor holds a `check` for it. */
static void keep_comment(struct lb_parser *p, const struct lb_line *line)
{
	const char *end = line->text + line->len;
	const char *text = lb_text_skip_spaces(line->text + 1, end);
	end = lb_text_trim_end(text, end);
	/* an empty comment parts those above it from the instruction; an empty line does not */
	if (text == end) {
		p->comments_count = 0;
		return;
	}
	p->comments = lb_parser_grow(&p->df->arena, p->comments, p->comments_count, &p->comments_cap, sizeof(*p->comments));
	p->comments[p->comments_count++] = lb_arena_strndup(&p->df->arena, text, (size_t)(end - text));
}

static void take_comments(struct lb_parser *p, struct lb_instruction *in)
{
	size_t bytes = p->comments_count * sizeof(*p->comments);
	if (!bytes)
		return;
	in->comments = lb_arena_alloc(&p->df->arena, bytes);
	memcpy(in->comments, p->comments, bytes);
	in->comments_count = p->comments_count;
	p->comments_count = 0;
}

/* The joined text without the white space around it, and where it comes from. */
static void take_text(struct lb_parser *p, struct lb_instruction *in)
{
	struct lb_arena *arena = &p->df->arena;
	size_t bytes = p->parts.len;
	struct lb_source_part *source = lb_arena_alloc(arena, bytes);
	memcpy(source, p->parts.data, bytes);
	in->source = source;
	in->source_count = bytes / sizeof(*source);
	char *text = lb_arena_strndup(arena, lb_buf_str(&p->joined), p->joined.len);
	char *end = text + p->joined.len;
	in->source_text = text;
	in->original = (char *)lb_text_skip_spaces(text, end);
	end = (char *)lb_text_trim_end(in->original, end);
	*end = '\0';
	p->text_end = end;
	struct lb_pos at = lb_instruction_text_pos(p->df, in, in->original);
	in->first_line = at.line;
	in->col = at.col;
}

static int read_instruction(struct lb_parser *p, const struct lb_line *line, struct lb_err *err)
{
	struct lb_dockerfile *df = p->df;
	int rc = lb_parser_join(p, line, err);
	if (rc < 0)
		return rc;
	df->instructions =
		lb_parser_grow(&df->arena, df->instructions, df->instructions_count, &p->instructions_cap, sizeof(*df->instructions));
	struct lb_instruction *in = &df->instructions[df->instructions_count];
	*in = (struct lb_instruction){ .last_line = p->number, .stage = -1 };
	take_text(p, in);
	take_comments(p, in);
	if (p->empty_line)
		lb_parser_warn(p, "NoEmptyContinuation", p->number, "Empty continuation line");
	rc = lb_parser_split(p, in, err);
	if (rc == 0)
		rc = lb_parser_heredocs(p, in, err);
	in->last_line = p->number;
	df->instructions_count++;
	return rc;
}

int lb_parser_run(struct lb_parser *p, struct lb_err *err)
{
	struct lb_line line;
	int rc;
	while ((rc = lb_parser_next_line(p, &line, err)) > 0) {
		const char *end = line.text + line.len;
		const char *text = lb_text_skip_spaces(line.text, end);
		rc = lb_parser_directive(p, &line, err);
		if (rc < 0)
			return rc;
		if (rc == 1)
			continue;
		if (text == end)
			continue;
		if (*text == '#') {
			keep_comment(p, &line);
			continue;
		}
		rc = read_instruction(p, &line, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int full_depth(struct lb_parser *p, struct lb_err *err)
{
	struct lb_dockerfile *df = p->df;
	for (size_t i = 0; i < df->instructions_count; i++) {
		bool late = (p->dialect & LB_DIALECT_LATE_RULES) && df->instructions[i].keyword != LB_KW_FROM;
		int rc = late ? 0 : lb_rules_check(df, p->dialect, &df->instructions[i], err);
		if (rc == 0)
			rc = lb_parser_stage(p, i, err);
		if (rc < 0)
			return rc;
	}
	if (!df->stages_count)
		return lb_fail_at(err, lb_instruction_pos(df, &df->instructions[df->instructions_count - 1]),
				  "no stage in the file; a FROM must follow");
	return 0;
}

/* BuildKit reads a file with the front end that it names; those called labs know flags that are in no other. */
static unsigned named_front_end(const struct lb_parser *p)
{
	const struct lb_dockerfile *df = p->df;
	for (size_t i = 0; (p->dialect & LB_DIALECT_OWN_IGNORE) && i < df->directives_count; i++) {
		const char *value = df->directives[i].value;
		if (strcmp(df->directives[i].name, "syntax") == 0 && strstr(value, "docker/dockerfile") && strstr(value, "labs"))
			return LB_DIALECT_PARENTS | LB_DIALECT_EXCLUDE;
	}
	return 0;
}

static int parse(struct lb_parser *p, const char *text, size_t len, const struct lb_parse_options *options, struct lb_err *err)
{
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	p->start = text;
	p->end = text + len;
	int rc = lb_parser_run(p, err);
	if (rc < 0)
		return rc;
	if (!p->df->instructions_count)
		return lb_parser_fail(p, err, p->number ? p->number : 1, 0, "no instruction in the file; a Dockerfile begins with FROM");
	lb_parser_other_directives(p, text, len);
	p->df->dialect = p->dialect |= named_front_end(p);
	return options->syntax_only ? 0 : full_depth(p, err);
}

/* The text with every NUL as 0xc0 0x80, in the arena. */
static const char *without_nuls(struct lb_arena *arena, const char *text, size_t *len)
{
	size_t nuls = 0;
	for (size_t i = 0; i < *len; i++)
		nuls += text[i] == '\0';
	char *copy = lb_arena_alloc(arena, *len + nuls + 1), *out = copy;
	for (size_t i = 0; i < *len; i++) {
		if (text[i]) {
			*out++ = text[i];
			continue;
		}
		*out++ = (char)0xc0;
		*out++ = (char)0x80;
	}
	*len += nuls;
	return copy;
}

static void release_parser(struct lb_parser *p)
{
	lb_buf_release(&p->joined);
	lb_buf_release(&p->parts);
}

int lb_dockerfile_parse(const char *name, const char *text, size_t len, const struct lb_parse_options *options, struct lb_dockerfile **out,
			struct lb_err *err)
{
	static const struct lb_parse_options defaults;
	const struct lb_parse_options *o = options ? options : &defaults;
	if (len > FILE_BYTES_MAX)
		return lb_fail_at(err, (struct lb_pos){ name, 1, 0 }, "a file of more than 1 GiB is no Dockerfile");
	lb_autodockerfile struct lb_dockerfile *df = lb_calloc(1, sizeof(*df));
	__attribute__((cleanup(release_parser))) struct lb_parser p = { .df = df, .dialect = o->dialect ? o->dialect : LB_DIALECT_ALL };
	df->file = lb_arena_strdup(&df->arena, name);
	df->escape = '\\';
	df->syntax_only = o->syntax_only;
	df->dialect = p.dialect;
	p.has_nul = len && memchr(text, '\0', len);
	if (p.has_nul)
		text = without_nuls(&df->arena, text, &len);
	int rc = parse(&p, text, len, o, err);
	if (rc == 0)
		*out = lb_steal(&df);
	return rc;
}

bool lb_dockerfile_narrow(struct lb_dockerfile *df, unsigned dialect)
{
	bool narrower = df->dialect == LB_DIALECT_ALL && !(dialect & ~(unsigned)LB_DIALECT_ALL);
	/* heredocs are told from words while the file is read */
	if (!narrower || df->syntax_only || !(dialect & LB_DIALECT_HEREDOC))
		return false;
	for (size_t i = 0; i < df->instructions_count; i++)
		if (lb_rules_check(df, dialect, &df->instructions[i], NULL))
			return false;
	df->dialect = dialect;
	return true;
}

/* A trigger is a small file of its own for the engine: default escape, one instruction. */
int lb_dockerfile_parse_trigger(struct lb_dockerfile *df, const char *text, const struct lb_instruction *at, struct lb_instruction **out,
				struct lb_err *err)
{
	struct lb_dockerfile inner = { .escape = '\\', .arena = df->arena };
	__attribute__((cleanup(release_parser))) struct lb_parser p = { .df = &inner, .dialect = df->dialect };
	struct lb_err why;
	p.start = text;
	p.end = text + strlen(text);
	int rc = lb_parser_run(&p, &why);
	struct lb_instruction *in = inner.instructions;
	if (rc == 0 && inner.instructions_count != 1)
		rc = lb_fail(&why, LB_INVALID, "one instruction is meant, not %zu", inner.instructions_count);
	if (rc == 0 && in->keyword == LB_KW_FROM)
		rc = lb_fail(&why, LB_INVALID, "FROM is not allowed here");
	if (rc == 0)
		rc = lb_rules_check(&inner, p.dialect, in, &why);
	df->arena = inner.arena;
	if (rc < 0) {
		lb_fail_at(err, lb_instruction_pos(df, at), "ONBUILD trigger \"%s\" of the base: %s", text, why.text);
		return lb_recode(err, rc);
	}
	in->first_line = at->first_line;
	in->last_line = at->last_line;
	in->col = at->col;
	in->stage = at->stage;
	in->source_count = 0;
	*out = in;
	return 0;
}

void lb_dockerfile_free(struct lb_dockerfile *df)
{
	if (!df)
		return;
	lb_arena_release(&df->arena);
	free(df);
}

void lb_dockerfile_cleanup(struct lb_dockerfile **df)
{
	lb_dockerfile_free(*df);
	*df = NULL;
}
