/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text.h"

#include <math.h>
#include <string.h>

/* One character at s: its bytes, and its code point (U+FFFD where it is no UTF-8). */
static size_t decode(const char *text, uint32_t *cp)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
	*cp = 0xfffd;
	if (!n)
		return 1;
	uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n > 1 && (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)))
		return 1;
	*cp = c;
	return n;
}

/* East Asian wide blocks and combining marks, as coarse as terminals agree on them. */
static size_t columns_of(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if ((c >= 0x300 && c < 0x370) || (c >= 0x200b && c < 0x2010) || (c >= 0x202a && c < 0x202f) || (c >= 0xfe00 && c < 0xfe10) ||
	    c == 0xfeff)
		return 0;
	bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xac00 && c < 0xd7a4) ||
		    (c >= 0xf900 && c < 0xfb00) || (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff61) ||
		    (c >= 0x1f300 && c < 0x1f650) || (c >= 0x20000 && c < 0x30000);
	return wide ? 2 : 1;
}

/* How many printable ASCII characters s begins with: most of what is printed, and a byte and a column each. */
static size_t plain(const char *s)
{
	size_t n = 0;
	while (s[n] >= ' ' && s[n] < 0x7f)
		n++;
	return n;
}

size_t text_width(const char *s)
{
	size_t width = plain(s);
	uint32_t c;
	for (s += width; *s;) {
		s += decode(s, &c);
		width += columns_of(c);
	}
	return width;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c < 0x202f) || (c >= 0x2066 && c < 0x206a);
}

void text_fit(struct lb_buf *out, const char *s, size_t width)
{
	bool cut = width && text_width(s) > width;
	size_t left = width - (cut ? 1 : 0), whole = cut ? 0 : plain(s);
	lb_buf_add(out, s, whole);
	s += whole;
	while (*s) {
		uint32_t c;
		size_t n = decode(s, &c), w = columns_of(c);
		if (cut && w > left)
			break;
		left -= cut ? w : 0;
		if (is_control(c))
			lb_buf_addc(out, ' ');
		else if (c == 0xfffd)
			lb_buf_adds(out, "\xef\xbf\xbd");
		else
			lb_buf_add(out, s, n);
		s += n;
	}
	if (cut) {
		while (out->len && out->data[out->len - 1] == ' ')
			out->len--;
		lb_buf_adds(out, "…");
	}
}

void text_fit_instruction(struct lb_buf *out, const char *s, size_t width)
{
	const char *command = s + strcspn(s, " ");
	bool flags = strncmp(s, "RUN --", 6) == 0 && width && text_width(s) > width;
	while (flags && strncmp(command, " --", 3) == 0)
		command += 1 + strcspn(command + 1, " ");
	lb_autofree char *bare = flags && *command ? lb_format("RUN …%s", command) : NULL;
	text_fit(out, bare ? bare : s, width);
}

void text_pad(struct lb_buf *out, size_t columns)
{
	static const char blanks[] = "                                ";
	for (size_t n; columns; columns -= n) {
		n = columns < sizeof(blanks) - 1 ? columns : sizeof(blanks) - 1;
		lb_buf_add(out, blanks, n);
	}
}

/* A word without its no-break marks. */
static char *plain_word(const char *s, size_t len)
{
	lb_autobuf struct lb_buf word = { 0 };
	for (size_t i = 0; i < len; i++) {
		bool mark = len - i >= 2 && !memcmp(s + i, TEXT_NBSP, 2);
		lb_buf_addc(&word, mark ? ' ' : s[i]);
		i += mark;
	}
	return lb_buf_steal(&word);
}

void text_wrap(struct lb_buf *out, const char *s, size_t width, size_t indent)
{
	size_t at = 0;
	bool begun = false;
	for (;;) {
		size_t n = strcspn(s, " ");
		lb_autofree char *word = plain_word(s, n);
		size_t w = text_width(word);
		if (begun && width && at + 1 + w > width) {
			lb_buf_addc(out, '\n');
			text_pad(out, indent);
			at = indent;
		} else if (begun) {
			lb_buf_addc(out, ' ');
			at++;
		}
		lb_buf_adds(out, word);
		at += w;
		begun = true;
		if (!s[n])
			return;
		s += n + 1;
	}
}

int text_decimals(double largest)
{
	return largest >= 10000 ? 0 : largest >= 1 ? 1 : largest >= 0.1 ? 2 : 3;
}

void text_amount(struct lb_buf *out, const struct amount *a, double unit, int decimals)
{
	if (a->none) {
		lb_buf_addc(out, '?');
		return;
	}
	double value = a->value / unit, step = pow(10, -decimals);
	if (a->at_least)
		lb_buf_adds(out, "≥");
	if (value > 0 && value < step / 2 && !a->at_least)
		lb_buf_addf(out, "<%.*f", decimals, step);
	else
		lb_buf_addf(out, "%.*f", decimals, value);
}

void text_percent(struct lb_buf *out, double fraction, const char *blank)
{
	double percent = fraction * 100;
	if (percent > 0 && percent < 0.5)
		lb_buf_addf(out, "<1%s%%", blank);
	else if (percent < 100 && percent > 99.5)
		lb_buf_addf(out, ">99%s%%", blank);
	else
		lb_buf_addf(out, "%.0f%s%%", percent, blank);
}

/* n / unit with one decimal, without a floating-point number; false: half way between two, which is printf's to round. */
static bool add_tenths(struct lb_buf *out, uint64_t n, uint64_t unit)
{
	uint64_t tenth = unit / 10, count = n / tenth, rest = n % tenth;
	if (2 * rest == tenth)
		return false;
	count += 2 * rest > tenth;
	lb_buf_addu(out, count / 10);
	lb_buf_addc(out, '.');
	lb_buf_addc(out, (char)('0' + count % 10));
	return true;
}

void text_bytes(struct lb_buf *out, double bytes)
{
	static const struct {
		uint64_t size;
		const char *unit;
	} units[] = { { 1000000000, " GB" }, { 1000000, " MB" }, { 1000, " kB" } };
	for (size_t i = 0; i < LB_COUNT(units); i++) {
		double size = (double)units[i].size;
		if (bytes < size)
			continue;
		if (bytes > 1e15 || bytes != floor(bytes) || !add_tenths(out, (uint64_t)bytes, units[i].size))
			lb_buf_addf(out, "%.1f", bytes / size);
		lb_buf_adds(out, units[i].unit);
		return;
	}
	lb_buf_addu(out, (uint64_t)llrint(bytes));
	lb_buf_adds(out, " B");
}

void text_seconds(struct lb_buf *out, double seconds)
{
	if (seconds >= 0.1 || seconds <= 0)
		lb_buf_addf(out, "%.1f s", seconds);
	else if (seconds >= 0.001)
		lb_buf_addf(out, "%.0f ms", seconds * 1e3);
	else
		lb_buf_addf(out, "%.0f µs", seconds * 1e6);
}

bool text_match(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;
	if (!pattern)
		return true;
	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
