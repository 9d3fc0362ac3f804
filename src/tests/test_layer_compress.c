/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <zlib.h>

#include "layer/compress.h"
#include "lbench/content.h"
#include "lbench/mem.h"

/* A header and runs of one byte between noise: whatever is wrong in the compressor's tables finds matches here. */
static void chunk_of(unsigned number, struct lb_buf *out)
{
	static const char header[512];
	struct lb_digest seed = lb_digest_of(&number, sizeof(number));
	lb_autocontent struct lb_content *noise = lb_content_noise(&seed, 1 << 20, 0.2 + 0.1 * (number % 4));
	lb_buf_clear(out);
	lb_buf_add(out, header, sizeof(header));
	assert_int_equal(lb_content_load(noise, out, NULL), 0);
}

/* A fresh compressor and a used one, here and there in memory: the same bytes of the same chunk. */
static void a_chunk_has_one_compressed_form(void **state)
{
	(void)state;
	enum { PLACES = 96, CHUNKS = 4 };
	for (enum lb_compression c = LB_GZIP_ISAL; c <= LB_ZSTD; c++) {
		struct lb_codec *codecs[PLACES];
		/* zlib is slow, and known to keep to it */
		size_t places = c == LB_GZIP_ISAL ? PLACES : 2;
		for (size_t i = 0; i < places; i++)
			assert_int_equal(lb_codec_new(c, 0, &codecs[i], NULL), 0);
		lb_autobuf struct lb_buf raw = { 0 }, first = { 0 }, other = { 0 };
		for (unsigned n = 0; n < CHUNKS; n++) {
			chunk_of(n, &raw);
			for (size_t i = 0; i < places; i++) {
				assert_int_equal(lb_codec_chunk(codecs[i], raw.data, raw.len, i ? &other : &first, NULL), 0);
				if (i) {
					assert_int_equal(other.len, first.len);
					assert_memory_equal(other.data, first.data, first.len);
				}
			}
		}
		for (size_t i = 0; i < places; i++)
			lb_codec_free(codecs[i]);
	}
}

static void sums_of_parts_join(void **state)
{
	(void)state;
	static const char text[] = "123456789";
	assert_int_equal(lb_crc32(text, 9), 0xcbf43926); /* the check value of CRC-32/ISO-HDLC */
	for (size_t cut = 0; cut <= 9; cut++)
		assert_int_equal(lb_crc32_join(lb_crc32(text, cut), lb_crc32(text + cut, 9 - cut), 9 - cut), 0xcbf43926);
}

static void the_shortest_chunks_are_read_back(void **state)
{
	(void)state;
	static const size_t lengths[] = { 512, 1024, 65536 };
	lb_autobuf struct lb_buf raw = { 0 }, packed = { 0 };
	chunk_of(9, &raw);
	for (enum lb_compression c = LB_GZIP_ISAL; c <= LB_GZIP_ZLIB; c++) {
		struct lb_codec *codec;
		assert_int_equal(lb_codec_new(c, 0, &codec, NULL), 0);
		for (size_t i = 0; i < LB_COUNT(lengths); i++) {
			assert_int_equal(lb_codec_chunk(codec, raw.data, lengths[i], &packed, NULL), 0);
			lb_buf_add(&packed, "\003\000", 2);
			lb_autofree unsigned char *got = lb_malloc(lengths[i] + 1);
			z_stream z = { .next_in = (Bytef *)packed.data,
				       .avail_in = (uInt)packed.len,
				       .next_out = got,
				       .avail_out = (uInt)lengths[i] + 1 };
			assert_int_equal(inflateInit2(&z, -MAX_WBITS), Z_OK);
			assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
			assert_int_equal(z.total_out, lengths[i]);
			assert_memory_equal(got, raw.data, lengths[i]);
			inflateEnd(&z);
		}
		lb_codec_free(codec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunk_has_one_compressed_form),
		cmocka_unit_test(sums_of_parts_join),
		cmocka_unit_test(the_shortest_chunks_are_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
