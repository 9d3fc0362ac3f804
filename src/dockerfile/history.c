/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/history.h"

#include <string.h>

#include "dockerfile/rune.h"

#define NS_PER_S 1000000000ull

static void escaped(struct lb_buf *b, uint32_t r, char quote)
{
	static const char letters[] = "\aa\bb\ff\nn\rr\tt\vv";
	const char *at = r && r < ' ' ? strchr(letters, (int)r) : NULL;
	if (r == '\\' || r == (uint32_t)quote)
		lb_buf_addf(b, "\\%c", (int)r);
	else if (at)
		lb_buf_addf(b, "\\%c", at[1]);
	else
		lb_buf_addf(b, "\\x%02x", r & 0xff);
}

void lb_history_quote(struct lb_buf *b, const char *text)
{
	size_t len = strlen(text), n;
	lb_buf_addc(b, '"');
	for (size_t i = 0; i < len; i += n) {
		uint32_t r;
		n = lb_rune_decode(text + i, len - i, &r);
		if (r < ' ' || r == '"' || r == '\\' || r == 0x7f || r & LB_RUNE_BAD)
			escaped(b, r, '"');
		else
			lb_buf_add(b, text + i, n);
	}
	lb_buf_addc(b, '"');
}

void lb_history_list(struct lb_buf *b, char *const *items, size_t count, bool quoted)
{
	lb_buf_addc(b, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			lb_buf_addc(b, ' ');
		if (quoted)
			lb_history_quote(b, items[i]);
		else
			lb_buf_adds(b, items[i]);
	}
	lb_buf_addc(b, ']');
}

void lb_history_join(struct lb_buf *b, char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lb_buf_addf(b, "%s%s", i ? " " : "", items[i]);
}

/* value / unit with as many decimals as it has, of at most `digits`. */
static void add_decimal(struct lb_buf *b, uint64_t value, uint64_t unit, int digits, const char *suffix)
{
	lb_buf_addu(b, value / unit);
	uint64_t rest = value % unit;
	if (rest) {
		size_t start = b->len;
		lb_buf_addf(b, ".%0*llu", digits, (unsigned long long)rest);
		while (b->len > start && b->data[b->len - 1] == '0')
			b->len--;
	}
	lb_buf_adds(b, suffix);
}

/* time.Duration's own text: 1h30m0s, 1.5s, 20ms. */
static void add_duration(struct lb_buf *b, uint64_t ns)
{
	lb_buf_addc(b, '"');
	if (ns == 0)
		lb_buf_adds(b, "0s");
	else if (ns < 1000)
		add_decimal(b, ns, 1, 0, "ns");
	else if (ns < 1000000)
		add_decimal(b, ns, 1000, 3, "µs");
	else if (ns < NS_PER_S)
		add_decimal(b, ns, 1000000, 6, "ms");
	else {
		uint64_t minutes = ns / NS_PER_S / 60;
		if (minutes >= 60)
			lb_buf_addf(b, "%lluh", (unsigned long long)(minutes / 60));
		if (minutes)
			lb_buf_addf(b, "%llum", (unsigned long long)(minutes % 60));
		add_decimal(b, ns - minutes * 60 * NS_PER_S, NS_PER_S, 9, "s");
	}
	lb_buf_addc(b, '"');
}

void lb_history_health(struct lb_buf *b, const struct lb_healthcheck *h)
{
	const uint64_t times[] = { h->interval_ns, h->timeout_ns, h->start_period_ns, h->start_interval_ns };
	lb_buf_adds(b, "&{");
	lb_history_list(b, h->test, h->test_count, true);
	for (size_t i = 0; i < LB_COUNT(times); i++) {
		lb_buf_addc(b, ' ');
		add_duration(b, times[i]);
	}
	lb_buf_adds(b, " '");
	if (h->retries >= ' ' && h->retries < 0x7f && h->retries != '\'' && h->retries != '\\')
		lb_buf_addc(b, (char)h->retries);
	else if (h->retries < 0x80)
		escaped(b, h->retries, '\'');
	else
		lb_buf_addf(b, h->retries < 0x10000 ? "\\u%04x" : "\\U%08x", h->retries);
	lb_buf_adds(b, "'}");
}
