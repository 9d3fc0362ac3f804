/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/compress.h"

#include <assert.h>
#include <string.h>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>
#include <zstd.h>

#include "lbench/mem.h"

struct lb_codec {
	enum lb_compression compression;
	int level;
	struct isal_zstream *isal;
	uint8_t *isal_level;
	z_stream zlib;
	ZSTD_CCtx *zstd;
};

static const struct {
	int initial, max;
} levels[] = {
	[LB_GZIP_ISAL] = { 1, 3 },
	[LB_GZIP_ZLIB] = { 6, 9 },
	[LB_ZSTD] = { 3, 19 },
	[LB_UNCOMPRESSED] = { 0, 0 },
};

static void isal_open(struct lb_codec *c)
{
	static const uint32_t work_bytes[] = { 0, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT };
	c->isal = lb_malloc(sizeof(*c->isal));
	isal_deflate_init(c->isal);
	c->isal->level = (uint32_t)c->level;
	c->isal->level_buf_size = work_bytes[c->level];
	c->isal_level = lb_malloc(c->isal->level_buf_size);
	c->isal->level_buf = c->isal_level;
}

static int codec_open(struct lb_codec *c, struct lb_err *err)
{
	switch (c->compression) {
	case LB_GZIP_ISAL:
		isal_open(c);
		return 0;
	case LB_GZIP_ZLIB:
		if (deflateInit2(&c->zlib, c->level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
			return lb_fail(err, LB_BUG, "zlib cannot start");
		return 0;
	case LB_ZSTD:
		c->zstd = ZSTD_createCCtx();
		if (!c->zstd || ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_compressionLevel, c->level)) ||
		    ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_checksumFlag, 1)))
			return lb_fail(err, LB_BUG, "zstd cannot start");
		return 0;
	case LB_UNCOMPRESSED:
		return 0;
	}
	return lb_fail(err, LB_BUG, "no such compression: %d", (int)c->compression);
}

int lb_codec_new(enum lb_compression compression, int level, struct lb_codec **out, struct lb_err *err)
{
	assert((size_t)compression < LB_COUNT(levels));
	if (level < 0 || level > levels[compression].max)
		return lb_fail(err, LB_INVALID, "%s has no compression level %d (1 to %d)", lb_compression_name(compression), level,
			       levels[compression].max);
	struct lb_codec *c = lb_calloc(1, sizeof(*c));
	c->compression = compression;
	c->level = level ? level : levels[compression].initial;
	int rc = codec_open(c, err);
	if (rc)
		lb_codec_free(c);
	else
		*out = c;
	return rc;
}

void lb_codec_free(struct lb_codec *c)
{
	if (!c)
		return;
	if (c->zlib.state)
		deflateEnd(&c->zlib);
	ZSTD_freeCCtx(c->zstd);
	free(c->isal_level);
	free(c->isal);
	free(c);
}

/* Room for what follows in out, more than a compressor adds to bytes that it cannot shrink. */
static void reserve(struct lb_buf *out, size_t raw_len)
{
	lb_buf_reserve(out, raw_len + raw_len / 64 + 4096);
}

/* Compresses what next_in holds, as far as z->flush wants it. */
static int isal_run(struct isal_zstream *z, const void *raw, size_t raw_len, struct lb_buf *out, struct lb_err *err)
{
	z->next_in = (uint8_t *)(uintptr_t)raw;
	z->avail_in = (uint32_t)raw_len;
	do {
		reserve(out, z->avail_in);
		size_t room = out->cap - out->len - 1;
		z->next_out = (uint8_t *)out->data + out->len;
		z->avail_out = (uint32_t)room;
		if (isal_deflate(z) != COMP_OK)
			return lb_fail(err, LB_BUG, "isa-l cannot compress");
		out->len += room - z->avail_out;
	} while (z->avail_out == 0 || z->avail_in);
	return 0;
}

/* isa-l 2.30's level 1 hashes bits of the stream's own address instead of the third byte's when a first call brings
 * more than one byte to compress, and so finds other matches in every process. A first call with the bytes that it
 * only looks ahead at and one more gives it no third byte. */
static int isal_chunk(struct lb_codec *c, const void *raw, size_t raw_len, struct lb_buf *out, struct lb_err *err)
{
	enum { FIRST = ISAL_LOOK_AHEAD + 1 };
	assert(raw_len > FIRST);
	struct isal_zstream *z = c->isal;
	isal_deflate_reset(z);
	z->end_of_stream = 0;
	z->flush = NO_FLUSH;
	int rc = isal_run(z, raw, FIRST, out, err);
	z->flush = FULL_FLUSH;
	return rc ? rc : isal_run(z, (const char *)raw + FIRST, raw_len - FIRST, out, err);
}

static int zlib_chunk(struct lb_codec *c, const void *raw, size_t raw_len, struct lb_buf *out, struct lb_err *err)
{
	z_stream *z = &c->zlib;
	deflateReset(z);
	z->next_in = (Bytef *)(uintptr_t)raw;
	z->avail_in = (uInt)raw_len;
	do {
		reserve(out, z->avail_in);
		size_t room = out->cap - out->len - 1;
		z->next_out = (Bytef *)out->data + out->len;
		z->avail_out = (uInt)room;
		if (deflate(z, Z_FULL_FLUSH) == Z_STREAM_ERROR)
			return lb_fail(err, LB_BUG, "zlib cannot compress");
		out->len += room - z->avail_out;
	} while (z->avail_out == 0 || z->avail_in);
	return 0;
}

static int zstd_chunk(struct lb_codec *c, const void *raw, size_t raw_len, struct lb_buf *out, struct lb_err *err)
{
	lb_buf_reserve(out, ZSTD_compressBound(raw_len));
	size_t n = ZSTD_compress2(c->zstd, out->data, out->cap - 1, raw, raw_len);
	if (ZSTD_isError(n))
		return lb_fail(err, LB_BUG, "zstd cannot compress: %s", ZSTD_getErrorName(n));
	out->len = n;
	return 0;
}

int lb_codec_chunk(struct lb_codec *c, const void *raw, size_t raw_len, struct lb_buf *out, struct lb_err *err)
{
	lb_buf_clear(out);
	switch (c->compression) {
	case LB_GZIP_ISAL:
		return isal_chunk(c, raw, raw_len, out, err);
	case LB_GZIP_ZLIB:
		return zlib_chunk(c, raw, raw_len, out, err);
	case LB_ZSTD:
		return zstd_chunk(c, raw, raw_len, out, err);
	case LB_UNCOMPRESSED:
		break;
	}
	return lb_fail(err, LB_BUG, "nothing to compress with");
}

static bool is_gzip(enum lb_compression c)
{
	return c == LB_GZIP_ISAL || c == LB_GZIP_ZLIB;
}

void lb_frame_begin(enum lb_compression compression, struct lb_buf *out)
{
	/* no name, no time, operating system "unknown": nothing of the machine that wrote it */
	static const unsigned char gzip[10] = { 0x1f, 0x8b, 8, [9] = 0xff };
	if (is_gzip(compression))
		lb_buf_add(out, gzip, sizeof(gzip));
}

static void little_endian(struct lb_buf *out, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		lb_buf_addc(out, (char)(n >> (8 * i)));
}

void lb_frame_end(enum lb_compression compression, uint32_t crc, uint64_t raw_bytes, struct lb_buf *out)
{
	if (!is_gzip(compression))
		return;
	/* a last, empty block of fixed codes: the flush before it ended on a byte */
	lb_buf_add(out, "\003\000", 2);
	little_endian(out, crc);
	little_endian(out, (uint32_t)raw_bytes);
}

uint32_t lb_crc32(const void *data, size_t len)
{
	return crc32_gzip_refl(0, data, len);
}

uint32_t lb_crc32_join(uint32_t first, uint32_t second, size_t len)
{
	return (uint32_t)crc32_combine(first, second, (z_off_t)len);
}
