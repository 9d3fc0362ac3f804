/* SPDX-License-Identifier: Apache-2.0
 *
 * Theory: an entry as big as a chunk or bigger begins one, and is cut at multiples of the chunk size in its
 * content. Before a smaller one there is a cut when the path's hash, read as a fraction, is less than the entry's
 * share of half a chunk; not, however, in the first half of a chunk. Cuts thus come about once a chunk whether the
 * entries are small or large, and find back to the same places behind a change.
 */
#include "layer/chunk.h"

size_t lb_chunk_unit(enum lb_compression compression)
{
	return compression == LB_ZSTD ? LB_CHUNK_ZSTD_BYTES : LB_CHUNK_BYTES;
}

size_t lb_chunk_max(enum lb_compression compression)
{
	return 2 * lb_chunk_unit(compression);
}

/* FNV-1a, with the last steps of MurmurHash3 behind it, since the high bits are what counts here. */
static uint64_t path_hash(const char *path, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)path[i]) * 0x100000001b3u;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

static bool cut_before(const struct lb_chunker *c, const char *path, size_t len, uint64_t entry_bytes)
{
	size_t half = c->unit_bytes / 2;
	if (lb_pipe_filled(c->pipe) < half)
		return false;
	return ((unsigned __int128)path_hash(path, len) * half >> 64) < entry_bytes;
}

static int on_begin(void *arg, const char *path, size_t path_len, uint64_t header_bytes, uint64_t content_bytes, struct lb_err *err)
{
	struct lb_chunker *c = arg;
	bool big = content_bytes >= c->unit_bytes;
	c->entry_left = big ? header_bytes + content_bytes : 0;
	c->to_cut = header_bytes + c->unit_bytes;
	return big || cut_before(c, path, path_len, header_bytes + content_bytes) ? lb_pipe_cut(c->pipe, err) : 0;
}

/* Some of data, at most up to the next cut; *used tells how much. */
static int add_big(struct lb_chunker *c, const char *data, size_t len, size_t *used, struct lb_err *err)
{
	*used = len < c->to_cut ? len : (size_t)c->to_cut;
	int rc = lb_pipe_add(c->pipe, data, *used, err);
	c->to_cut -= *used;
	c->entry_left -= *used;
	if (rc || c->to_cut)
		return rc;
	c->to_cut = c->unit_bytes;
	return lb_pipe_cut(c->pipe, err);
}

static int on_write(void *arg, const void *data, size_t len, struct lb_err *err)
{
	struct lb_chunker *c = arg;
	const char *from = data;
	while (len && c->entry_left) {
		size_t n;
		int rc = add_big(c, from, len, &n, err);
		if (rc)
			return rc;
		from += n;
		len -= n;
	}
	return lb_pipe_add(c->pipe, from, len, err);
}

struct lb_tar_stream lb_chunker_stream(struct lb_chunker *c)
{
	return (struct lb_tar_stream){ .begin = on_begin, .write = on_write, .arg = c };
}
