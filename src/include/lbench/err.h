/* SPDX-License-Identifier: Apache-2.0
 *
 * One way to fail. Functions that can fail return 0 or a negative enum lb_code and take a
 * `struct lb_err *err` last. The caller owns it (on its stack, zeroed or not); it is written only on
 * failure and is complete enough to print. err may be NULL where the caller only wants the code.
 */
#ifndef LBENCH_ERR_H
#define LBENCH_ERR_H

#include <stdint.h>

/* Callers branch on LB_NOT_FOUND, LB_EXISTS and LB_UNSUPPORTED; the others only choose the exit code. */
enum lb_code {
	LB_OK = 0,
	LB_FAILED = -1,      /* a step of a build failed: exit 2 */
	LB_NOT_FOUND = -2,   /* what was asked for is not there */
	LB_EXISTS = -3,      /* what should be made is there already */
	LB_UNSUPPORTED = -4, /* understood, and refused by this engine, dialect or build of lbench */
	LB_USAGE = -5,       /* wrong command line: exit 64 */
	LB_INVALID = -6,     /* bad input data: exit 65 */
	LB_UNAVAILABLE = -7, /* this machine lacks something: exit 69 */
	LB_CANTCREAT = -8,   /* an output cannot be made: exit 73 */
	LB_IO = -9,          /* reading or writing failed: exit 74 */
	LB_INTERRUPTED = -10,/* a signal or a cancel: exit 130 */
	LB_BUG = -11,        /* exit 70 */
};

struct lb_err {
	int code;
	char text[2048]; /* one line, no newline at the end; control characters in it become '?' */
};

/* A place in a text file. line and col count from 1; 0 is "no such place" and is left out of messages.
 * file is borrowed and lives as long as the input it names. */
struct lb_pos {
	const char *file;
	uint32_t line;
	uint32_t col;
};

#define LB_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Writes the message and returns code, so that `return lb_fail(err, LB_INVALID, "…");` is one line. */
int lb_fail(struct lb_err *err, int code, const char *fmt, ...) LB_PRINTF(3, 4);

/* As lb_fail with ": strerror(errnum)" behind it. ENOENT gives LB_NOT_FOUND, EEXIST LB_EXISTS,
 * all others LB_IO. errnum is errno, read on the line after the call that set it. */
int lb_fail_errno(struct lb_err *err, int errnum, const char *fmt, ...) LB_PRINTF(3, 4);

/* LB_INVALID with "FILE:LINE:COL: " before the message. */
int lb_fail_at(struct lb_err *err, struct lb_pos pos, const char *fmt, ...) LB_PRINTF(3, 4);

/* Puts "while …: " before the text of err and returns its code, once a layer. */
int lb_wrap(struct lb_err *err, const char *fmt, ...) LB_PRINTF(2, 3);

/* Gives err another code (a missing scenario file is LB_INVALID, not LB_NOT_FOUND) and returns it. */
int lb_recode(struct lb_err *err, int code);

#endif
