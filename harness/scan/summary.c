/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/say.h"

#include "report/text.h"

void scan_sum(const struct scan *s, const struct lb_policy *policy, struct scan_totals *out)
{
	*out = (struct scan_totals){ .policy = policy };
	for (size_t i = 0; i < s->count; i++) {
		const struct scan_row *r = &s->rows[i];
		if (r->policy != policy || r->message)
			continue;
		out->decided++;
		out->wasting += r->wasted > 0;
		out->assumed += r->basis == SCAN_ASSUMED;
		out->reruns += r->reruns * r->a_month;
		out->wasted += r->wasted * r->a_month;
		out->unclear += r->unclear * r->a_month;
		out->seconds += r->wasted_seconds * r->a_month;
		out->timeless += r->timeless * r->a_month;
	}
}

/* How many rows make four fifths of the whole, where a few do. */
static void share_text(const struct scan *s, const struct scan_totals *t, struct lb_buf *out)
{
	double all = 0, sum = 0;
	size_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		all += s->seconds_ranked ? s->rows[i].rank_seconds : s->rows[i].message ? 0 : s->rows[i].wasted * s->rows[i].a_month;
	while (n < s->count && sum < 0.8 * all) {
		sum += s->seconds_ranked ? s->rows[n].rank_seconds : s->rows[n].wasted * s->rows[n].a_month;
		n++;
	}
	if (n == 1 && t->wasting > 1)
		lb_buf_adds(out, " The first makes four fifths of it.");
	else if (n && n * 2 <= t->wasting)
		lb_buf_addf(out, " The first %zu make four fifths of it.", n);
}

static void basis_text(const struct scan *s, const struct scan_say_options *o, bool assumed, struct lb_buf *out)
{
	if (o->scan->commits_per_day > 0)
		lb_buf_addf(out, " At %g commits a day to each repository.", o->scan->commits_per_day);
	else if (s->assumed_month > 0 && s->assumed_median) {
		lb_buf_adds(out, " Commits a month as each git history has them; without one ");
		scan_number_text(s->assumed_month, out);
		lb_buf_adds(out, ", the median of the others.");
	} else if (s->assumed_month > 0)
		lb_buf_addf(out, " No git history: %.0f commits a month are assumed.", s->assumed_month);
	else
		lb_buf_adds(out, " Commits a month as each git history has them.");
	if (assumed)
		lb_buf_adds(out, " `assumed`: which files a commit touches is assumed too, sources on most.");
	if (s->assumed_seconds > 0) {
		lb_buf_adds(out, " Re-runs whose seconds nobody declared are ranked as ");
		text_seconds(out, s->assumed_seconds);
		lb_buf_adds(out, " each, the median of the others.");
	}
}

static void totals_text(const struct scan_totals *t, bool named, struct lb_buf *out)
{
	if (named)
		lb_buf_addf(out, "%s: ", t->policy->name);
	scan_count_text(t->decided, "Dockerfile", out);
	lb_buf_adds(out, t->decided == 1 ? " re-runs " : " re-run ");
	scan_number_text(t->reruns, out);
	lb_buf_adds(out, " RUNs in a month");
	if (t->wasted > 0) {
		lb_buf_adds(out, ", ");
		scan_number_text(t->wasted, out);
		lb_buf_adds(out, " of them for nothing");
		if (t->seconds > 0) {
			lb_buf_adds(out, t->timeless > 0 || t->unclear > 0 ? ": ≥" : ": ");
			scan_duration_text(t->seconds, out);
		}
	} else {
		lb_buf_adds(out, t->unclear > 0 ? ", none of them known to be for nothing" : ", none of them for nothing");
	}
	if (t->unclear > 0) {
		lb_buf_adds(out, "; whether ");
		scan_number_text(t->unclear, out);
		lb_buf_adds(out, " had to, no model says");
	}
	lb_buf_addc(out, '.');
}

void scan_summary_text(const struct scan *s, const struct scan_say_options *o, size_t shown, struct lb_buf *out)
{
	const struct scan_options *so = o->scan;
	struct scan_totals t = { 0 };
	bool any = false;
	if (s->undecided == s->count) {
		scan_count_text(s->count, "Dockerfile", out);
		lb_buf_adds(out, ", none of which could be decided.");
		return;
	}
	for (size_t i = 0; i < so->policies_count; i++) {
		scan_sum(s, so->policies[i], &t);
		lb_buf_adds(out, i ? " " : "");
		totals_text(&t, so->policies_count > 1, out);
		any = any || t.assumed;
	}
	if (so->policies_count == 1)
		share_text(s, &t, out);
	if (s->undecided)
		lb_buf_addf(out, " %zu could not be decided.", s->undecided);
	basis_text(s, o, any, out);
	if (shown < s->count)
		lb_buf_addf(out, " The first %zu of %zu are shown (--top 0: all).", shown, s->count);
}
