/* SPDX-License-Identifier: Apache-2.0 */
#include "report/picture.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/print.h"

/* A part of a file name. */
static void slug(struct lb_buf *out, const char *s)
{
	for (; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || *s == '.' || *s == '_';
		lb_buf_addc(out, plain ? *s : '-');
	}
}

static void note(const struct report_view *v, struct lb_buf *out)
{
	const struct report *r = v->r;
	const char *digest = strncmp(r->digest, "sha256:", 7) ? r->digest : r->digest + 7;
	lb_buf_addf(out, "lbench %s · decisions: %s", r->tool_version, notes_rules(&v->block));
	if (v->block.origin[0])
		lb_buf_addf(out, " (%s)", v->block.origin);
	if (v->block.builder[0])
		lb_buf_addf(out, ", %s builder", v->block.builder);
	lb_buf_addf(out, " · %s seconds: %s", report_seconds_of(&v->block),
		    v->block.engine ? "measured" : r->seconds[0] && strcmp(r->seconds, "none") ? r->seconds : "unknown");
	lb_buf_addf(out, " · repeats: %llu · scenario %.12s", (unsigned long long)r->repeat, digest);
}

void picture_var(struct picture *p, const char *key, const char *text)
{
	lb_autobuf struct lb_buf clean = { 0 };
	text_fit(&clean, text, 0);
	lb_buf_addf(&p->vars, "%s = '", key);
	/* inside single quotes gnuplot takes all but the quote itself literally */
	for (const char *s = lb_buf_str(&clean); *s; s++)
		lb_buf_adds(&p->vars, *s == '\'' ? "''" : (const char[2]){ *s, '\0' });
	lb_buf_adds(&p->vars, "'\n");
}

void picture_num(struct picture *p, const char *key, double n)
{
	lb_buf_addf(&p->vars, "%s = %.9g\n", key, n);
}

void picture_list(struct picture *p, const char *key, const struct lb_strv *list)
{
	lb_buf_addf(&p->vars, "array %s[%zu]\n", key, list->count);
	for (size_t i = 0; i < list->count; i++) {
		lb_autofree char *item = lb_format("%s[%zu]", key, i + 1);
		picture_var(p, item, list->items[i]);
	}
}

static void cell(struct picture *p)
{
	if (p->tsv.len && p->tsv.data[p->tsv.len - 1] != '\n')
		lb_buf_addc(&p->tsv, '\t');
}

void picture_text(struct picture *p, const char *text, size_t width)
{
	lb_autobuf struct lb_buf clean = { 0 };
	cell(p);
	text_fit(&clean, text[0] ? text : "–", width);
	/* gnuplot has no way to write a quote inside a field of a table */
	for (const char *s = lb_buf_str(&clean); *s; s++)
		lb_buf_adds(&p->tsv, *s == '"' ? "”" : (const char[2]){ *s, '\0' });
}

void picture_value(struct picture *p, double n)
{
	cell(p);
	if (!isnan(n))
		lb_buf_addf(&p->tsv, "%.9g", n);
}

void picture_end_row(struct picture *p)
{
	lb_buf_addc(&p->tsv, '\n');
}

void picture_header(struct picture *p, const char *columns)
{
	for (; *columns; columns++)
		lb_buf_addc(&p->tsv, *columns == ' ' ? '\t' : *columns);
	picture_end_row(p);
}

void picture_edit(const struct report_view *v, size_t commit, struct lb_buf *out)
{
	text_fit(out, report_commit_name(v, commit), 20);
	if (v->equal_weights || isnan(v->commits[commit].weight))
		return;
	lb_buf_adds(out, " (");
	text_percent(out, v->commits[commit].weight, " ");
	lb_buf_addc(out, ')');
}

struct picture_scale picture_scale_mb(double most)
{
	return most >= 0.1    ? (struct picture_scale){ 1, "MB (10⁶ bytes)" }
	       : most >= 1e-4 ? (struct picture_scale){ 1e3, "kB (10³ bytes)" }
			      : (struct picture_scale){ 1e6, "bytes" };
}

struct picture_scale picture_scale_s(double most)
{
	return most >= 0.1 || most <= 0 ? (struct picture_scale){ 1, "seconds" } : (struct picture_scale){ 1e3, "milliseconds" };
}

double picture_foot(size_t columns)
{
	return 46 + 5.2 * (double)columns;
}

void picture_part(struct lb_buf *out, const struct report_view *v, size_t shown)
{
	if (shown < v->count)
		lb_buf_addf(out, ", the first %zu of %zu %s", shown, v->count, v->each ? "edits" : "commits");
}

void picture_init(struct picture *p, const struct report_view *v, const char *kind, const char *variant, const struct album *album)
{
	lb_autobuf struct lb_buf name = { 0 }, text = { 0 };
	*p = (struct picture){ 0 };
	lb_buf_adds(&name, kind);
	if (variant[0])
		lb_buf_addc(&name, '-');
	slug(&name, variant);
	if (album->many_blocks) {
		lb_buf_addc(&name, '-');
		slug(&name, v->block.engine ? v->block.subject : notes_rules(&v->block));
	}
	p->name = lb_buf_steal(&name);
	lb_buf_adds(&p->vars, "# what the script needs besides the table beside this\n");
	note(v, &text);
	picture_var(p, "note", lb_buf_str(&text));
}

void picture_release(struct picture *p)
{
	lb_cleanup_free(&p->name);
	lb_buf_release(&p->tsv);
	lb_buf_release(&p->vars);
}

bool picture_is(const char *name, const struct lb_strv *types)
{
	for (size_t i = 0; types && i < types->count; i++) {
		size_t n = strlen(types->items[i]);
		if (!strncmp(name, types->items[i], n) && (!name[n] || name[n] == '-'))
			return true;
	}
	return !types;
}

int picture_write(struct picture *p, struct album *album, struct lb_err *err)
{
	if (!picture_is(p->name, album->types))
		return 0;
	lb_autofree char *name = lb_strdup(p->name);
	for (unsigned n = 2; lb_strv_has(&album->names, name); n++) {
		lb_cleanup_free(&name);
		name = lb_format("%s-%u", p->name, n);
	}
	lb_strv_add(&album->names, name);
	lb_autofree char *tsv = lb_format("%s/%s.tsv", album->dir, name), *vars = lb_format("%s/%s.vars", album->dir, name);
	int rc = lb_fs_write(AT_FDCWD, tsv, lb_buf_str(&p->tsv), p->tsv.len, err);
	return rc ? rc : lb_fs_write(AT_FDCWD, vars, lb_buf_str(&p->vars), p->vars.len, err);
}

static int check_types(const struct lb_strv *types, struct lb_err *err)
{
	static const char *const known[] = { "heatmap", "rebuild", "bytes", "time", "sequence", "layers" };
	for (size_t i = 0; types && i < types->count; i++) {
		size_t k = 0;
		while (k < LB_COUNT(known) && strcmp(known[k], types->items[i]) != 0)
			k++;
		if (k == LB_COUNT(known))
			return lb_fail(err, LB_USAGE,
				       "no type of plot \"%s\"; there are heatmap, rebuild, bytes, time, sequence and layers",
				       types->items[i]);
	}
	return 0;
}

int report_tables(const struct report *r, const char *plots_dir, struct lb_err *err)
{
	return report_tables_of(r, plots_dir, NULL, err);
}

int report_tables_of(const struct report *r, const char *plots_dir, const struct lb_strv *types, struct lb_err *err)
{
	static int (*const kinds[])(const struct report_view *, struct album *, struct lb_err *) = {
		picture_heatmaps, picture_bars, picture_times, picture_sequence, picture_layers,
	};
	int rc = check_types(types, err);
	if (rc || (rc = lb_fs_mkdirs(AT_FDCWD, plots_dir, err)))
		return rc;
	report_autogroups struct report_groups groups;
	report_groups_init(&groups, r);
	struct album album = { .dir = plots_dir, .types = types, .many_blocks = groups.count > 1 };
	for (size_t i = 0; i < groups.count && !rc; i++)
		for (size_t k = 0; k < LB_COUNT(kinds) && !rc; k++)
			rc = kinds[k](report_group_main(&groups.items[i]), &album, err);
	if (!rc && types && !album.names.count)
		rc = lb_fail(err, LB_USAGE, "%s has no picture of the type%s asked for", r->dir, types->count > 1 ? "s" : "");
	lb_strv_release(&album.names);
	return rc;
}
