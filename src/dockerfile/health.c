/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/health.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define MILLISECOND     1000000
#define FRACTION_DIGITS 18

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{ "ns", 1 },           { "us", 1000 },        { "\xc2\xb5s", 1000 },      { "\xce\xbcs", 1000 },
	{ "ms", MILLISECOND }, { "s", 1000000000LL }, { "m", 60 * 1000000000LL }, { "h", 3600 * 1000000000LL },
};

static int64_t read_unit(const char **at)
{
	const char *p = *at;
	size_t n = 0;
	while (p[n] && p[n] != '.' && !(p[n] >= '0' && p[n] <= '9'))
		n++;
	*at = p + n;
	for (size_t i = 0; i < LB_COUNT(units); i++)
		if (strlen(units[i].name) == n && memcmp(units[i].name, p, n) == 0)
			return units[i].ns;
	return 0;
}

/* One number with its unit; -1 when it is none, or too large. */
static __int128 read_term(const char **at)
{
	const char *p = *at;
	unsigned __int128 whole = 0, fraction = 0, scale = 1;
	unsigned count = 0;
	for (; *p >= '0' && *p <= '9'; p++, count++) {
		whole = whole * 10 + (unsigned)(*p - '0');
		if (whole > (unsigned __int128)INT64_MAX + 1)
			return -1;
	}
	if (*p == '.') {
		unsigned used = 0;
		for (p++; *p >= '0' && *p <= '9'; p++, count++) {
			if (used++ >= FRACTION_DIGITS)
				continue;
			fraction = fraction * 10 + (unsigned)(*p - '0');
			scale *= 10;
		}
	}
	*at = p;
	if (!count)
		return -1;
	unsigned __int128 unit = (unsigned __int128)read_unit(at);
	return unit ? (__int128)(whole * unit + fraction * unit / scale) : -1;
}

bool lb_health_duration(const char *text, int64_t *ns)
{
	bool negative = *text == '-';
	__int128 limit = (__int128)INT64_MAX + negative, sum = 0;
	if (*text == '-' || *text == '+')
		text++;
	*ns = 0;
	if (strcmp(text, "0") == 0)
		return true;
	if (!*text)
		return false;
	while (*text) {
		__int128 term = read_term(&text);
		sum += term;
		if (term < 0 || sum > limit)
			return false;
	}
	*ns = (int64_t)(negative ? -sum : sum);
	return true;
}

static int read_interval(const struct lb_dockerfile *df, const struct lb_instruction *in, const char *name, uint64_t *out,
			 struct lb_err *err)
{
	const struct lb_flag *flag = lb_instruction_flag(in, name);
	int64_t ns;
	*out = 0;
	if (!flag || !*flag->value)
		return 0;
	if (!lb_health_duration(flag->value, &ns))
		return lb_fail_at(err, lb_flag_pos(df, flag), "--%s=%s is no duration; write it as 30s or 1m30s", name, flag->value);
	if (ns != 0 && ns < MILLISECOND)
		return lb_fail_at(err, lb_flag_pos(df, flag), "--%s=%s is too short; it is 0 or at least 1ms", name, flag->value);
	*out = (uint64_t)ns;
	return 0;
}

static int read_retries(const struct lb_dockerfile *df, const struct lb_instruction *in, uint32_t *out, struct lb_err *err)
{
	const struct lb_flag *flag = lb_instruction_flag(in, "retries");
	uint64_t n = 0;
	*out = 0;
	if (!flag || !*flag->value)
		return 0;
	const char *p = flag->value + (*flag->value == '+' || *flag->value == '-');
	bool number = *p != '\0';
	for (; *p && number; p++) {
		number = *p >= '0' && *p <= '9' && n <= INT_MAX;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (!number || n > INT_MAX || (n && *flag->value == '-'))
		return lb_fail_at(err, lb_flag_pos(df, flag), "--retries=%s: a number from 0 to %d is meant", flag->value, INT_MAX);
	*out = (uint32_t)n;
	return 0;
}

static int read_test(const struct lb_dockerfile *df, struct lb_arena *arena, const struct lb_instruction *in, struct lb_healthcheck *out,
		     struct lb_err *err)
{
	if (strcasecmp(in->args[0], "CMD") != 0)
		return lb_fail_at(err, lb_instruction_arg_pos(df, in, 0), "HEALTHCHECK of type \"%s\"; write CMD or NONE before it",
				  in->args[0]);
	if (in->args_count < 2)
		return lb_fail_at(err, lb_instruction_arg_pos(df, in, 0), "HEALTHCHECK CMD without a command");
	out->test = lb_arena_alloc(arena, in->args_count * sizeof(*out->test));
	memcpy(out->test, in->args, in->args_count * sizeof(*out->test));
	out->test[0] = in->json ? "CMD" : "CMD-SHELL";
	out->test_count = in->args_count;
	return 0;
}

int lb_health_parse(const struct lb_dockerfile *df, struct lb_arena *arena, const struct lb_instruction *in, struct lb_healthcheck *out,
		    struct lb_err *err)
{
	*out = (struct lb_healthcheck){ 0 };
	if (!in->args_count)
		return lb_fail_at(err, lb_instruction_pos(df, in), "HEALTHCHECK needs CMD and a command, or NONE");
	if (strcasecmp(in->args[0], "NONE") == 0) {
		if (in->args_count > 1)
			return lb_fail_at(err, lb_instruction_arg_pos(df, in, 1), "HEALTHCHECK NONE takes no arguments");
		out->test = lb_arena_alloc(arena, sizeof(*out->test));
		out->test[0] = "NONE";
		out->test_count = 1;
		return 0;
	}
	int rc = read_test(df, arena, in, out, err);
	if (rc == 0)
		rc = read_interval(df, in, "interval", &out->interval_ns, err);
	if (rc == 0)
		rc = read_interval(df, in, "timeout", &out->timeout_ns, err);
	if (rc == 0)
		rc = read_interval(df, in, "start-period", &out->start_period_ns, err);
	if (rc == 0)
		rc = read_interval(df, in, "start-interval", &out->start_interval_ns, err);
	return rc == 0 ? read_retries(df, in, &out->retries, err) : rc;
}
