/* SPDX-License-Identifier: Apache-2.0 */
#include "report/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIVE_BACK_BYTES (4u << 20)

int csv_open(struct csv_file *f, const char *path, bool growing, struct lb_err *err)
{
	*f = (struct csv_file){ .line = 1, .growing = growing };
	lb_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		lb_fail_errno(err, errno, "cannot open %s", path);
		return lb_recode(err, LB_INVALID);
	}
	struct stat st;
	if (fstat(fd, &st) < 0)
		return lb_fail_errno(err, errno, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return lb_fail(err, LB_INVALID, "%s: not a file", path);
	if (st.st_size == 0)
		return lb_fail_at(err, (struct lb_pos){ path, 1, 1 }, "empty; a header row is expected");
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return lb_fail_errno(err, errno, "cannot map %s", path);
	f->data = p;
	f->len = (size_t)st.st_size;
	f->name = lb_strdup(path);
	return 0;
}

void csv_close(struct csv_file *f)
{
	if (f->data)
		munmap((void *)f->data, f->len);
	lb_cleanup_free(&f->name);
	*f = (struct csv_file){ 0 };
}

struct lb_pos csv_pos(const struct csv_file *f, size_t row, uint32_t line, const struct csv_field *field)
{
	const char *begin = f->data + row, *p = begin;
	/* a quoted field begins one byte before its text */
	const char *at = field->p > f->data && field->p[-1] == '"' ? field->p - 1 : field->p;
	uint32_t col = 1;
	for (; p < at; p++) {
		if (*p == '\n') {
			line++;
			col = 1;
		} else if ((*p & 0xc0) != 0x80) {
			col++;
		}
	}
	return (struct lb_pos){ f->name, line, col };
}

/* The quoted field at p (behind its quote); the byte behind the closing quote, NULL when there is none. */
static const char *quoted(const char *p, const char *end, struct csv_field *field)
{
	field->p = p;
	field->escaped = false;
	while ((p = memchr(p, '"', (size_t)(end - p)))) {
		if (p + 1 == end || p[1] != '"') {
			field->len = (uint32_t)(p - field->p);
			return p + 1;
		}
		field->escaped = true;
		p += 2;
	}
	return NULL;
}

enum row_end { ROW_DONE, ROW_CUT, ROW_MANY, ROW_QUOTE };

struct row {
	const char *next;  /* where the row after it begins */
	const char *where; /* of the mistake */
	size_t count;
	bool newline; /* the row ended with one */
};

static enum row_end split(const char *p, const char *end, struct csv_field *fields, size_t cap, struct row *row)
{
	const char *eol = memchr(p, '\n', (size_t)(end - p));
	row->count = 0;
	for (;;) {
		row->where = p;
		if (row->count == cap)
			return ROW_MANY;
		struct csv_field *field = &fields[row->count++];
		const char *stop = eol ? eol : end;
		if (p < end && *p == '"') {
			p = quoted(p + 1, end, field);
			if (!p)
				return ROW_CUT;
			if (eol && p > eol)
				eol = memchr(p, '\n', (size_t)(end - p));
			stop = eol ? eol : end;
			if (p < stop && *p != ',' && !(*p == '\r' && p + 1 == stop))
				return ROW_QUOTE;
			p += p < stop && *p == '\r';
		} else {
			const char *comma = memchr(p, ',', (size_t)(stop - p));
			field->p = p;
			field->escaped = false;
			p = comma ? comma : stop;
			field->len = (uint32_t)(p - field->p);
			if (!comma && field->len && p[-1] == '\r')
				field->len--;
		}
		if (p == stop)
			break;
		p++;
	}
	row->newline = eol != NULL;
	row->next = eol ? eol + 1 : end;
	return ROW_DONE;
}

void csv_give_back(struct csv_file *f)
{
	size_t whole = f->at / GIVE_BACK_BYTES * GIVE_BACK_BYTES, end = f->at < f->len ? whole : f->len;
	if (f->data && end > f->given_back)
		madvise((char *)f->data + f->given_back, end - f->given_back, MADV_DONTNEED);
	f->given_back = whole;
}

/* A little behind: a field of the row before may still be looked at, and at no cost. */
static void give_back_some(struct csv_file *f)
{
	if (f->at - f->given_back >= 2 * GIVE_BACK_BYTES)
		csv_give_back(f);
}

static int bad_row(struct csv_file *f, enum row_end how, const struct row *row, struct lb_err *err)
{
	struct csv_field place = { .p = row->where };
	struct lb_pos pos = csv_pos(f, f->at, f->line, &place);
	if (how == ROW_CUT)
		return lb_fail_at(err, pos, "the quoted text does not end; a closing \" is expected");
	if (how == ROW_QUOTE)
		return lb_fail_at(err, pos, "text follows a closing quote; write \"\" for a quote inside a quoted text");
	if (!f->columns)
		return lb_fail_at(err, pos, "too many columns in the header row");
	return lb_fail_at(err, pos, "more fields than the %zu columns of the header", f->columns);
}

int csv_next(struct csv_file *f, struct csv_field *fields, size_t cap, struct lb_err *err)
{
	if (f->at >= f->len)
		return 0;
	struct row row;
	const char *end = f->data + f->len;
	enum row_end how = split(f->data + f->at, end, fields, f->columns ? f->columns : cap, &row);
	bool cut = how == ROW_CUT || (how == ROW_DONE && !row.newline);
	if (f->growing && f->columns && cut) {
		f->at = f->len;
		return 0;
	}
	if (how != ROW_DONE)
		return bad_row(f, how, &row, err);
	if (f->columns && row.count != f->columns)
		return lb_fail_at(err, csv_pos(f, f->at, f->line, &(struct csv_field){ .p = row.where }),
				  "%zu of %zu fields; the line is cut off", row.count, f->columns);
	f->columns = row.count;
	for (const char *p = f->data + f->at; (p = memchr(p, '\n', (size_t)(row.next - p))); p++)
		f->line++;
	f->at = (size_t)(row.next - f->data);
	give_back_some(f);
	return 1;
}

void csv_reread(const struct csv_file *f, size_t at, struct csv_field *fields, size_t cap)
{
	struct row row;
	split(f->data + at, f->data + f->len, fields, cap, &row);
}

char *csv_text(struct lb_arena *arena, const struct csv_field *field)
{
	char *s = lb_arena_strndup(arena, field->p, field->len);
	if (!field->escaped)
		return s;
	size_t n = 0;
	for (size_t i = 0; i < field->len; i++) {
		s[n++] = s[i];
		i += s[i] == '"';
	}
	s[n] = '\0';
	return s;
}

static void comma(struct lb_buf *out)
{
	if (out->len && out->data[out->len - 1] != '\n')
		lb_buf_addc(out, ',');
}

void csv_put(struct lb_buf *out, const char *text)
{
	comma(out);
	if (!text[strcspn(text, ",\"\r\n")]) {
		/* an empty first field would look like no field to the comma of the next */
		lb_buf_adds(out, text[0] || (out->len && out->data[out->len - 1] != '\n') ? text : "\"\"");
		return;
	}
	lb_buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			lb_buf_addc(out, '"');
		lb_buf_addc(out, *text);
	}
	lb_buf_addc(out, '"');
}

void csv_put_uint(struct lb_buf *out, uint64_t n)
{
	comma(out);
	lb_buf_addu(out, n);
}

void csv_end_row(struct lb_buf *out)
{
	lb_buf_addc(out, '\n');
}
