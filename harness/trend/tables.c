/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "lbench/fs.h"
#include "report/picture.h"
#include "trend/trend.h"

static const char *const axes[TREND_METRICS] = { "RUN seconds a commit", "rebuilt steps a commit", "pushed a commit, MB (10⁶ bytes)" };

/* The variants of one scenario, policy and builder are one picture. */
static bool together(const struct trend_series *a, const struct trend_series *b)
{
	return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->policy, b->policy) == 0 && strcmp(a->builder, b->builder) == 0 &&
	       a->metric == b->metric;
}

static double scaled(const struct trend_series *s, double v)
{
	return s->metric == TREND_PUSHED ? v / 1e6 : v;
}

/* The level of the segment that the point is in. */
static double level(const struct trend_series *s, size_t point)
{
	double v = s->changes_count ? s->changes[0].before : s->now;
	for (size_t i = 0; i < s->changes_count; i++)
		if (s->changes[i].kind == TREND_STEP && s->changes[i].at <= point)
			v = s->changes[i].after;
	return v;
}

/* Days since the first result, so that a missing night is a gap. */
static double day(const struct trend *t, const struct trend_point *p)
{
	struct tm first = { 0 }, here = { 0 };
	if (!strptime(t->nights[0].started, "%Y-%m-%dT%H:%M:%S", &first) ||
	    !strptime(t->nights[p->night].started, "%Y-%m-%dT%H:%M:%S", &here))
		return (double)p->night;
	return difftime(timegm(&here), timegm(&first)) / 86400;
}

static void rows(struct picture *p, const struct trend *t, const struct trend_series *s, unsigned n, double *most)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct trend_change *c = NULL;
		for (size_t k = 0; k < s->changes_count; k++)
			c = s->changes[k].at == i ? &s->changes[k] : c;
		lb_autobuf struct lb_buf label = { 0 };
		if (c && c->kind == TREND_STEP)
			lb_buf_addf(&label, "%.8s",
				    *t->nights[s->points[i].night].commit ? t->nights[s->points[i].night].commit
									  : t->nights[s->points[i].night].started);
		*most = fmax(*most, scaled(s, s->points[i].value));
		picture_value(p, n);
		picture_text(p, s->variant, 40);
		picture_value(p, day(t, &s->points[i]));
		lb_autofree char *date = lb_format("%.10s", t->nights[s->points[i].night].started);
		picture_text(p, date, 0);
		picture_value(p, scaled(s, s->points[i].value));
		picture_value(p, scaled(s, level(s, i)));
		picture_value(p, c ? scaled(s, s->points[i].value) : NAN);
		picture_text(p, lb_buf_str(&label), 12);
		picture_value(p, c && c->accepted ? 1 : NAN);
		picture_end_row(p);
	}
}

static int one(const struct trend *t, size_t first, struct album *album, struct lb_err *err)
{
	const struct trend_series *s = &t->series[first];
	picture_auto struct picture p = { 0 };
	lb_autostrv struct lb_strv variants = { 0 };
	double most = 0;
	p.name = lb_format("trend-%s-%s-%s-%s", s->scenario, trend_metric_names[s->metric], s->policy, s->builder);
	picture_header(&p, "n variant day date value level change label accepted");
	for (size_t i = first; i < t->count; i++) {
		if (!together(s, &t->series[i]))
			continue;
		lb_strv_add(&variants, t->series[i].variant);
		rows(&p, t, &t->series[i], (unsigned)variants.count, &most);
	}
	lb_autofree char *title = lb_format("%s, %s builder: %s", s->scenario, s->builder, axes[s->metric]);
	lb_autofree char *note =
		lb_format("decisions: %s · %zu results · lbench %s · %s%s", s->policy, t->nights_count, t->nights[t->nights_count - 1].tool,
			  s->exact ? "exact: every change is marked" : "changes: E-divisive, rank test, p ≤ 0.01, at least 5 %",
			  t->accepts_count ? " · filled: accepted" : "");
	lb_buf_adds(&p.vars, "# what the script needs besides the table beside this\n");
	picture_var(&p, "kind", "trend");
	picture_var(&p, "title", title);
	picture_var(&p, "note", note);
	picture_var(&p, "axis", axes[s->metric]);
	picture_list(&p, "variants", &variants);
	picture_num(&p, "lines", (double)variants.count);
	picture_num(&p, "nights", day(t, &(struct trend_point){ .night = t->nights_count - 1 }) + 1);
	picture_num(&p, "most", most > 0 ? most : 1);
	picture_num(&p, "width", 1100);
	picture_num(&p, "height", 480);
	return picture_write(&p, album, err);
}

int trend_tables(const struct trend *t, const char *dir, struct lb_err *err)
{
	struct album album = { .dir = dir };
	int rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
	for (size_t i = 0; i < t->count && !rc; i++) {
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = !together(&t->series[k], &t->series[i]);
		if (first)
			rc = one(t, i, &album, err);
	}
	lb_strv_release(&album.names);
	return rc;
}
