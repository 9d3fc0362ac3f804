/* SPDX-License-Identifier: Apache-2.0
 *
 * An instruction a line, as `lbench parse --format sexp` shows it.
 */
#include "lbench/dockerfile.h"

#include <ctype.h>
#include <string.h>

#include "dockerfile/rune.h"

static void add_escape(struct lb_buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	lb_buf_adds(out, "\\x");
	lb_buf_addc(out, hex[c >> 4]);
	lb_buf_addc(out, hex[c & 15]);
}

static void add_char(struct lb_buf *out, unsigned char c)
{
	static const char special[] = "\"\\\a\b\f\n\r\t\v";
	static const char letter[] = "\"\\abfnrtv";
	const char *at = c ? strchr(special, c) : NULL;
	if (at) {
		lb_buf_addc(out, '\\');
		lb_buf_addc(out, letter[at - special]);
	} else if (c < 0x20 || c == 0x7f) {
		add_escape(out, c);
	} else {
		lb_buf_addc(out, (char)c);
	}
}

static void add_quoted(struct lb_buf *out, const char *text)
{
	const char *end = text + strlen(text);
	lb_buf_addc(out, '"');
	while (text < end) {
		uint32_t r;
		size_t n = lb_rune_decode(text, (size_t)(end - text), &r);
		if (r < 0x80) {
			add_char(out, (unsigned char)r);
		} else if (!(r & LB_RUNE_BAD)) {
			lb_buf_add(out, text, n);
		} else if ((unsigned char)text[0] == 0xc0 && (unsigned char)text[1] == 0x80) {
			add_escape(out, 0); /* a NUL */
			n = 2;
		} else {
			add_escape(out, (unsigned char)text[0]);
		}
		text += n;
	}
	lb_buf_addc(out, '"');
}

static void add_flags(struct lb_buf *out, const struct lb_instruction *in)
{
	for (size_t i = 0; i < in->flags_count; i++) {
		lb_buf_adds(out, i ? " " : " [");
		add_quoted(out, in->flags[i].text);
	}
	if (in->flags_count)
		lb_buf_addc(out, ']');
}

static void add_instruction(struct lb_buf *out, const struct lb_instruction *in)
{
	lb_buf_addc(out, '(');
	for (const char *p = in->word; *p; p++)
		lb_buf_addc(out, (char)tolower((unsigned char)*p));
	add_flags(out, in);
	for (size_t i = 0; i < in->args_count; i++) {
		lb_buf_addc(out, ' ');
		add_quoted(out, in->args[i]);
	}
	if (in->trigger)
		lb_buf_addc(out, ' ');
}

void lb_dockerfile_sexp(const struct lb_dockerfile *df, struct lb_buf *out)
{
	for (size_t i = 0; i < df->instructions_count; i++) {
		size_t open = 0;
		for (const struct lb_instruction *in = &df->instructions[i]; in; in = in->trigger, open++)
			add_instruction(out, in);
		while (open--)
			lb_buf_addc(out, ')');
		lb_buf_addc(out, '\n');
	}
}
