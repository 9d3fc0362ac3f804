/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages quote what users wrote, and stay one line that no terminal obeys. */
static void make_one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

LB_PRINTF(3, 0)
static void set_text(struct lb_err *err, int code, const char *fmt, va_list ap)
{
	err->code = code;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	make_one_line(err->text);
}

int lb_fail(struct lb_err *err, int code, const char *fmt, ...)
{
	if (err) {
		va_list ap;
		va_start(ap, fmt);
		set_text(err, code, fmt, ap);
		va_end(ap);
	}
	return code;
}

static int code_of_errno(int errnum)
{
	return errnum == ENOENT ? LB_NOT_FOUND : errnum == EEXIST ? LB_EXISTS : LB_IO;
}

int lb_fail_errno(struct lb_err *err, int errnum, const char *fmt, ...)
{
	int code = code_of_errno(errnum);
	if (!err)
		return code;
	va_list ap;
	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	size_t len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(errnum));
	return code;
}

int lb_fail_at(struct lb_err *err, struct lb_pos pos, const char *fmt, ...)
{
	if (!err)
		return LB_INVALID;
	char where[1024] = "";
	int n = pos.file ? snprintf(where, sizeof(where), "%s:", pos.file) : 0;
	if (pos.line && n >= 0 && (size_t)n < sizeof(where))
		n += snprintf(where + n, sizeof(where) - (size_t)n, "%u:", pos.line);
	if (pos.col && n >= 0 && (size_t)n < sizeof(where))
		n += snprintf(where + n, sizeof(where) - (size_t)n, "%u:", pos.col);
	va_list ap;
	va_start(ap, fmt);
	char what[sizeof(err->text) - sizeof(where)];
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err->code = LB_INVALID;
	snprintf(err->text, sizeof(err->text), "%s%s%s", where, n > 0 ? " " : "", what);
	make_one_line(err->text);
	return LB_INVALID;
}

int lb_wrap(struct lb_err *err, const char *fmt, ...)
{
	if (!err)
		return LB_IO;
	char old[sizeof(err->text)];
	memcpy(old, err->text, sizeof(old));
	va_list ap;
	va_start(ap, fmt);
	set_text(err, err->code, fmt, ap);
	va_end(ap);
	size_t len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", old);
	return err->code;
}

int lb_recode(struct lb_err *err, int code)
{
	if (err)
		err->code = code;
	return code;
}
