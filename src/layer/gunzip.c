/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/gunzip.h"

#include <isa-l/igzip_lib.h>

#include "lbench/mem.h"

struct gunzip {
	struct inflate_state z;
	bool in_member; /* begun and not ended */
	bool over;      /* what follows is no member */
	lb_sink_fn *sink;
	void *arg;
	uint8_t out[1 << 18];
};

static int damaged(int rc, struct lb_err *err)
{
	return lb_fail(err, LB_INVALID, "not a readable archive: %s",
		       rc == ISAL_INCORRECT_CHECKSUM ? "the gzip checksum is wrong" : "the gzip stream is damaged");
}

static void begin_member(struct gunzip *g)
{
	isal_inflate_reset(&g->z);
	g->z.crc_flag = ISAL_GZIP;
	g->in_member = true;
}

/* One member, as far as it is here. */
static int inflate_some(struct gunzip *g, struct lb_err *err)
{
	do {
		g->z.next_out = g->out;
		g->z.avail_out = sizeof(g->out);
		int rc = isal_inflate(&g->z);
		if (rc < 0)
			return damaged(rc, err);
		size_t n = sizeof(g->out) - g->z.avail_out;
		rc = n ? g->sink(g->arg, g->out, n, err) : 0;
		if (rc)
			return rc;
		g->in_member = g->z.block_state != ISAL_BLOCK_FINISH;
	} while (g->in_member && (g->z.avail_in || g->z.avail_out == 0));
	return 0;
}

static int on_packed(void *arg, const void *data, size_t len, struct lb_err *err)
{
	struct gunzip *g = arg;
	g->z.next_in = (uint8_t *)(uintptr_t)data;
	g->z.avail_in = (uint32_t)len;
	while (g->z.avail_in && !g->over) {
		if (!g->in_member && *g->z.next_in != 0x1f) {
			g->over = true;
			break;
		}
		if (!g->in_member)
			begin_member(g);
		int rc = inflate_some(g, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* A content in memory comes in one piece, which may be longer than isa-l can count. */
static int on_piece(void *arg, const void *data, size_t len, struct lb_err *err)
{
	enum { PIECE = 1 << 30 };
	const char *from = data;
	int rc = 0;
	while (len && !rc) {
		size_t n = len < PIECE ? len : PIECE;
		rc = on_packed(arg, from, n, err);
		from += n;
		len -= n;
	}
	return rc;
}

int lb_gunzip(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	lb_autofree struct gunzip *g = lb_malloc(sizeof(*g));
	isal_inflate_init(&g->z);
	begin_member(g);
	g->over = false;
	g->sink = sink;
	g->arg = arg;
	int rc = lb_content_read(c, on_piece, g, err);
	if (!rc && g->in_member)
		return lb_fail(err, LB_INVALID, "not a readable archive: the gzip stream is cut short");
	return rc;
}
