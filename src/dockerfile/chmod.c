/* SPDX-License-Identifier: Apache-2.0
 *
 * --chmod: octal, or symbolic as chmod(1) has it, under a umask of 0 as the engine's daemon runs.
 */
#include <string.h>
#include <sys/stat.h>

#include "lbench/stage.h"
#include "lbench/step.h"

#define MODE_MAX 07777u

struct clause {
	uint32_t who; /* the bits that it may touch */
	char op;
	uint32_t bits;
};

static uint32_t who_bits(char c)
{
	switch (c) {
	case 'u':
		return S_ISUID | S_IRWXU;
	case 'g':
		return S_ISGID | S_IRWXG;
	case 'o':
		return S_ISVTX | S_IRWXO;
	default:
		return MODE_MAX;
	}
}

/* A permission letter in all three places. */
static uint32_t permission(char c, bool is_dir, uint32_t mode)
{
	switch (c) {
	case 'r':
		return 0444;
	case 'w':
		return 0222;
	case 'x':
		return 0111;
	case 'X':
		return is_dir || (mode & 0111) ? 0111 : 0;
	case 's':
		return S_ISUID | S_ISGID;
	default:
		return S_ISVTX;
	}
}

/* The permissions of one class, in all three places. */
static uint32_t copy_of(char c, uint32_t mode)
{
	uint32_t bits = mode >> (c == 'u' ? 6 : c == 'g' ? 3 : 0) & 7;
	return bits << 6 | bits << 3 | bits;
}

static uint32_t apply(const struct clause *c, uint32_t mode)
{
	uint32_t bits = c->bits & c->who;
	if (c->op == '+')
		return mode | bits;
	if (c->op == '-')
		return mode & ~bits;
	return (mode & ~c->who) | bits;
}

/* One part between commas: [ugoa]* and at least one of [+-=] with what it takes. NULL: malformed. */
static const char *apply_part(const char *p, bool is_dir, uint32_t *mode)
{
	struct clause c = { 0 };
	for (; *p && strchr("ugoa", *p); p++)
		c.who |= who_bits(*p);
	if (c.who == 0)
		c.who = MODE_MAX;
	if (*p == '\0' || !strchr("+-=", *p))
		return NULL;
	while (*p && strchr("+-=", *p)) {
		c.op = *p++;
		c.bits = 0;
		if (*p && strchr("ugo", *p))
			c.bits = copy_of(*p++, *mode);
		else
			for (; *p && strchr("rwxXst", *p); p++)
				c.bits |= permission(*p, is_dir, *mode);
		*mode = apply(&c, *mode);
	}
	return p;
}

static int octal(const char *spec, uint32_t *out, struct lb_err *err)
{
	uint32_t mode = 0;
	for (const char *p = spec; *p; p++) {
		mode = mode * 8 + (uint32_t)(*p - '0');
		if (*p > '7' || mode > MODE_MAX)
			return lb_fail(err, LB_INVALID, "--chmod=%s: octal digits from 0 to 07777 are meant", spec);
	}
	*out = mode;
	return 0;
}

int lb_chmod_apply(const char *spec, bool is_dir, uint32_t mode, uint32_t *out, struct lb_err *err)
{
	if (*spec && strspn(spec, "0123456789") == strlen(spec))
		return octal(spec, out, err);
	const char *p = spec;
	uint32_t result = mode & MODE_MAX;
	do {
		p = apply_part(p + (p != spec), is_dir, &result);
	} while (p && *p == ',');
	if (!p || *p)
		return lb_fail(err, LB_INVALID, "--chmod=%s: write an octal mode as 0755, or a symbolic one as u=rwX,go+r", spec);
	*out = result;
	return 0;
}
