/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/fields.h"

struct unit {
	const char *name;
	double factor;
};

/* docker's single letters are binary, whatever their case; SI units are decimal. */
static const struct unit sizes[] = {
	{ "B", 1 },
	{ "kB", 1e3 },
	{ "KB", 1e3 },
	{ "MB", 1e6 },
	{ "GB", 1e9 },
	{ "TB", 1e12 },
	{ "KiB", 1024 },
	{ "MiB", 1048576 },
	{ "GiB", 1073741824.0 },
	{ "TiB", 1099511627776.0 },
	{ "b", 1 },
	{ "k", 1024 },
	{ "m", 1048576 },
	{ "g", 1073741824.0 },
	{ "t", 1099511627776.0 },
	{ "K", 1024 },
	{ "M", 1048576 },
	{ "G", 1073741824.0 },
	{ "T", 1099511627776.0 },
};
static const struct unit durations[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
};

/* Reads digits[.digits] and a unit; moves *text behind it. */
static bool number_with_unit(const char **text, const struct unit *units, size_t count, double *out)
{
	size_t digits = strspn(*text, "0123456789");
	if (!digits)
		return false;
	size_t len = digits;
	if ((*text)[len] == '.') {
		size_t more = strspn(*text + len + 1, "0123456789");
		if (!more)
			return false;
		len += 1 + more;
	}
	lb_autofree char *number = lb_strndup(*text, len);
	const char *name = *text + len;
	name += strspn(name, " ");
	size_t n = 0;
	while (isalpha((unsigned char)name[n]))
		n++;
	for (size_t i = 0; i < count; i++) {
		if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0) {
			*out = strtod(number, NULL) * units[i].factor;
			*text = name + n;
			return true;
		}
	}
	return false;
}

static bool to_u64(double v, uint64_t *out)
{
	if (!(v >= 0 && v < 9.2e18))
		return false;
	*out = (uint64_t)llround(v);
	return true;
}

bool scn_size_parse(const char *text, uint64_t *out)
{
	double v;
	return number_with_unit(&text, sizes, LB_COUNT(sizes), &v) && !*text && to_u64(v, out);
}

bool scn_duration_parse(const char *text, uint64_t *out)
{
	double sum = 0, v;
	do {
		if (!number_with_unit(&text, durations, LB_COUNT(durations), &v))
			return false;
		sum += v;
	} while (*text);
	return to_u64(sum, out);
}

static bool number(const char **text, int base, unsigned long max, uint32_t *out)
{
	if (!isdigit((unsigned char)**text))
		return false;
	char *end;
	errno = 0;
	unsigned long v = strtoul(*text, &end, base);
	if (errno || v > max)
		return false;
	*text = end;
	*out = (uint32_t)v;
	return true;
}

bool scn_owner_parse(const char *text, uint32_t *uid, uint32_t *gid)
{
	if (!number(&text, 10, UINT32_MAX - 1, uid))
		return false;
	*gid = *uid;
	if (!*text)
		return true;
	if (*text++ != ':')
		return false;
	return number(&text, 10, UINT32_MAX - 1, gid) && !*text;
}

bool scn_mode_parse(const char *text, uint32_t *out)
{
	return number(&text, 8, 07777, out) && !*text;
}
