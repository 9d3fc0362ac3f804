/* SPDX-License-Identifier: Apache-2.0 */
#include "image/time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static char *put(char *out, int n, int digits, char behind)
{
	for (int i = digits; i-- > 0; n /= 10)
		out[i] = (char)('0' + n % 10);
	out[digits] = behind;
	return out + digits + 1;
}

void lb_rfc3339_text(int64_t seconds, char out[LB_RFC3339])
{
	struct tm tm;
	time_t t = (time_t)seconds;
	if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099) {
		t = 0;
		gmtime_r(&t, &tm);
	}
	out = put(out, tm.tm_year + 1900, 4, '-');
	out = put(out, tm.tm_mon + 1, 2, '-');
	out = put(out, tm.tm_mday, 2, 'T');
	out = put(out, tm.tm_hour, 2, ':');
	out = put(out, tm.tm_min, 2, ':');
	out = put(out, tm.tm_sec, 2, 'Z');
	*out = '\0';
}

/* Each digit of the pattern stands for one that must be there; all else for itself. */
static bool looks_like(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++) {
		bool digit = *text >= '0' && *text <= '9';
		if (*pattern == '0' ? !digit : *text != *pattern)
			return false;
	}
	return true;
}

static int number(const char *text, int digits)
{
	int n = 0;
	for (int i = 0; i < digits; i++)
		n = n * 10 + (text[i] - '0');
	return n;
}

/* "Z", "+01:00", "-23:30" and the end. */
static int parse_zone(const char *text, int64_t *offset)
{
	*offset = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return 0;
	if ((*text != '+' && *text != '-') || !looks_like(text + 1, "00:00") || text[6])
		return -1;
	*offset = (*text == '-' ? -1 : 1) * (number(text + 1, 2) * 3600 + number(text + 4, 2) * 60);
	return 0;
}

int lb_rfc3339_parse(const char *text, int64_t *seconds)
{
	int64_t offset;
	if (!looks_like(text, "0000-00-00T00:00:00"))
		return -1;
	struct tm tm = {
		.tm_year = number(text, 4) - 1900,
		.tm_mon = number(text + 5, 2) - 1,
		.tm_mday = number(text + 8, 2),
		.tm_hour = number(text + 11, 2),
		.tm_min = number(text + 14, 2),
		.tm_sec = number(text + 17, 2),
	};
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -1;
	text += strlen("0000-00-00T00:00:00");
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (parse_zone(text, &offset) != 0)
		return -1;
	*seconds = (int64_t)timegm(&tm) - offset;
	return 0;
}
