/* SPDX-License-Identifier: Apache-2.0
 *
 * A picture before it is drawn: a table (NAME.tsv, columns by name) and what the script needs besides (NAME.vars,
 * assignments that gnuplot loads: kind, title, note, sizes). Numbers are worked out here; scripts only scale.
 */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include "report/answer.h"
#include "report/notes.h"

struct picture {
	char *name;
	struct lb_buf tsv, vars;
};

/* Files of one result. */
struct album {
	const char *dir;
	const struct lb_strv *types; /* NULL: all */
	struct lb_strv names;        /* written so far, so that none is written twice */
	bool many_blocks;            /* names carry the policy */
};

/* kind is the script's name. The note under the picture says what the figures rest on. */
void picture_init(struct picture *p, const struct report_view *v, const char *kind, const char *variant, const struct album *album);
void picture_release(struct picture *p);
#define picture_auto __attribute__((cleanup(picture_release)))
int picture_write(struct picture *p, struct album *album, struct lb_err *err);

void picture_var(struct picture *p, const char *key, const char *text);
void picture_num(struct picture *p, const char *key, double n);
/* `array key[n] = ['a', 'b']`; n > 0 */
void picture_list(struct picture *p, const char *key, const struct lb_strv *list);

/* Cells of the table, from left to right; the first row is the header. */
void picture_text(struct picture *p, const char *text, size_t width); /* width as text_fit */
void picture_value(struct picture *p, double n);
void picture_end_row(struct picture *p);
void picture_header(struct picture *p, const char *columns); /* names with blanks between */

/* Does a picture NAME belong to one of the types? */
bool picture_is(const char *name, const struct lb_strv *types);

/* By what an axis is multiplied whose largest value is small, and what its unit is called then; "MB (10⁶ bytes)",
 * "seconds". */
struct picture_scale {
	double factor;
	const char *unit;
};
struct picture_scale picture_scale_mb(double most);
struct picture_scale picture_scale_s(double most);
/* Pixels below a plot for the names of edits across its axis: `columns` of the longest, and the note. */
double picture_foot(size_t columns);
/* ", the first 24 of 30 edits" where not all are shown. */
void picture_part(struct lb_buf *out, const struct report_view *v, size_t shown);

/* "source (52 %)" */
void picture_edit(const struct report_view *v, size_t commit, struct lb_buf *out);

/* One a file; each writes the pictures of its kind. */
int picture_heatmaps(const struct report_view *v, struct album *a, struct lb_err *err);
int picture_bars(const struct report_view *v, struct album *a, struct lb_err *err);
int picture_times(const struct report_view *v, struct album *a, struct lb_err *err);
int picture_sequence(const struct report_view *v, struct album *a, struct lb_err *err);
int picture_layers(const struct report_view *v, struct album *a, struct lb_err *err);

#endif
