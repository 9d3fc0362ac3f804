/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include <math.h>

static void escape(struct lb_buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		switch (s[i]) {
		case '&':
			lb_buf_adds(out, "&amp;");
			break;
		case '<':
			lb_buf_adds(out, "&lt;");
			break;
		case '>':
			lb_buf_adds(out, "&gt;");
			break;
		case '"':
			lb_buf_adds(out, "&quot;");
			break;
		case '\'':
			lb_buf_adds(out, "&#39;");
			break;
		default:
			lb_buf_addc(out, s[i]);
		}
}

void html_fit(struct lb_buf *out, const char *s, size_t width)
{
	lb_autobuf struct lb_buf clean = { 0 };
	text_fit(&clean, s, width);
	escape(out, lb_buf_str(&clean), clean.len);
}

void html_text(struct lb_buf *out, const char *s)
{
	html_fit(out, s, 0);
}

void html_sentence(struct lb_buf *out, const char *s)
{
	lb_autobuf struct lb_buf clean = { 0 };
	bool code = false;
	text_fit(&clean, s, 0);
	for (const char *p = lb_buf_str(&clean);; p++) {
		size_t n = strcspn(p, "`");
		escape(out, p, n);
		p += n;
		if (!*p)
			break;
		code = !code;
		lb_buf_adds(out, code ? "<code>" : "</code>");
	}
	lb_buf_adds(out, code ? "</code>" : "");
}

void html_base64(struct lb_buf *out, const void *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t n = (uint32_t)p[i] << 16;
		n |= i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0;
		n |= i + 2 < len ? p[i + 2] : 0;
		lb_buf_addc(out, digits[n >> 18]);
		lb_buf_addc(out, digits[n >> 12 & 63]);
		lb_buf_addc(out, i + 1 < len ? digits[n >> 6 & 63] : '=');
		lb_buf_addc(out, i + 2 < len ? digits[n & 63] : '=');
	}
}

void html_width(struct lb_buf *out, double part)
{
	lb_buf_addf(out, " style=\"width:%.4g%%\"", fmax(0, fmin(1, part)) * 100);
}

void html_seconds(struct lb_buf *out, const struct amount *ns)
{
	if (ns->none)
		lb_buf_addc(out, '?');
	else {
		lb_buf_adds(out, ns->at_least ? "≥" TEXT_NBSP : "");
		text_seconds(out, ns->value / 1e9);
	}
}

void html_bytes(struct lb_buf *out, const struct amount *bytes)
{
	if (bytes->none || (bytes->at_least && bytes->value <= 0))
		lb_buf_addc(out, '?');
	else {
		lb_buf_adds(out, bytes->at_least ? "≥" TEXT_NBSP : "");
		text_bytes(out, bytes->value);
	}
}

void html_bar(struct lb_buf *out, const struct amount *whole, const struct amount *wasted, double most)
{
	double part = whole->none ? 0 : whole->value / most, lost = wasted && !wasted->none ? fmin(part, wasted->value / most) : 0;
	bool unclear = wasted && (wasted->none || wasted->at_least) && part > lost;
	lb_buf_adds(out, "<span class=\"bar\">");
	/* an empty one keeps the place */
	if (part > lost || lost <= 0) {
		lb_buf_adds(out, unclear ? "<span class=\"u\"" : "<span class=\"n\"");
		html_width(out, part - lost);
		lb_buf_adds(out, "></span>");
	}
	if (lost > 0) {
		lb_buf_adds(out, "<span class=\"w\"");
		html_width(out, lost);
		lb_buf_adds(out, "></span>");
	}
	lb_buf_adds(out, "</span>");
}

void html_rebuilt(struct lb_buf *out, const struct report_mean *m)
{
	bool whole = fabs(m->reusable - round(m->reusable)) < 0.05;
	lb_buf_addf(out, "%s%.1f of %.*f steps", m->rebuilt_at_least ? "≥" TEXT_NBSP : "", m->rebuilt, whole ? 0 : 1, m->reusable);
}
