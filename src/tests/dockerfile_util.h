/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the Dockerfile parser have in common.
 */
#ifndef LBENCH_TESTS_DOCKERFILE_UTIL_H
#define LBENCH_TESTS_DOCKERFILE_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "lbench/dockerfile.h"

/* A file that must be refused, or (line 0) must not. what: part of the message. */
struct refusal {
	const char *text;
	uint32_t line, col;
	const char *what;
};

static inline struct lb_dockerfile *parse_len(const char *text, size_t len, bool syntax_only)
{
	struct lb_parse_options options = { .syntax_only = syntax_only };
	struct lb_dockerfile *df = NULL;
	struct lb_err err = { 0 };
	if (lb_dockerfile_parse("D", text, len, &options, &df, &err) < 0)
		fail_msg("%s\n---\n%s", err.text, text);
	return df;
}

static inline struct lb_dockerfile *parse_syntax(const char *text)
{
	return parse_len(text, strlen(text), true);
}

static inline struct lb_dockerfile *parse_full(const char *text)
{
	return parse_len(text, strlen(text), false);
}

/* Is text refused with the code, at the place, with those words? */
static inline void check_refusal(const struct refusal *r, bool syntax_only, unsigned dialect, int code)
{
	struct lb_parse_options options = { .syntax_only = syntax_only, .dialect = dialect };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	struct lb_err err = { 0 };
	int rc = lb_dockerfile_parse("D", r->text, strlen(r->text), &options, &df, &err);
	if (!r->line) {
		if (rc != 0)
			fail_msg("%s\n---\n%s", err.text, r->text);
		return;
	}
	if (rc == 0)
		fail_msg("not refused:\n%s", r->text);
	char where[64];
	if (r->col)
		snprintf(where, sizeof(where), "D:%u:%u: ", r->line, r->col);
	else
		snprintf(where, sizeof(where), "D:%u: ", r->line);
	if (rc != code || err.code != code || strncmp(err.text, where, strlen(where)) != 0 || !strstr(err.text, r->what))
		fail_msg("%d %s\nmeant: %d %s… %s …\n---\n%s", rc, err.text, code, where, r->what, r->text);
	assert_null(strchr(err.text, '\n'));
}

#endif
