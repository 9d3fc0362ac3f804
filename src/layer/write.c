/* SPDX-License-Identifier: Apache-2.0
 *
 * Theory: emit walks the tree and makes the tar's bytes, chunk cuts them, pipe hashes, compresses and writes. The
 * bytes are touched once; nothing holds more than the ring of chunks.
 */
#include "lbench/layer.h"

#include "layer/chunk.h"
#include "layer/emit.h"
#include "layer/pipe.h"
#include "lbench/mem.h"

static int run_pipe(struct lb_node *tree, const struct lb_pipe_options *options, struct lb_tar_counts *counts,
		    struct lb_pipe_result *result, struct lb_err *err)
{
	lb_autopipe struct lb_pipe *pipe = NULL;
	int rc = lb_pipe_new(options, &pipe, err);
	if (rc)
		return rc;
	struct lb_chunker chunker = { .pipe = pipe, .unit_bytes = lb_chunk_unit(options->compression) };
	struct lb_tar_stream stream = lb_chunker_stream(&chunker);
	rc = lb_tar_emit(tree, &stream, counts, err);
	return rc ? rc : lb_pipe_finish(pipe, result, err);
}

static int on_blob(void *arg, const void *data, size_t len, struct lb_err *err)
{
	return lb_blob_write(arg, data, len, err);
}

static int write_blob(struct lb_store *s, struct lb_node *tree, const struct lb_layer_options *options, struct lb_layer_info *info,
		      struct lb_err *err)
{
	lb_autoblob struct lb_blob *blob = NULL;
	int rc = lb_blob_new(s, &blob, err);
	if (rc)
		return rc;
	struct lb_tar_counts counts;
	struct lb_pipe_result result;
	rc = run_pipe(tree,
		      &(struct lb_pipe_options){
			      .compression = options->compression,
			      .level = options->level,
			      .threads = options->threads,
			      .chunk_max_bytes = lb_chunk_max(options->compression),
			      .cancel = options->cancel,
			      .sink = on_blob,
			      .sink_arg = blob,
		      },
		      &counts, &result, err);
	if (rc)
		return rc;
	*info = (struct lb_layer_info){
		.diff_id = result.raw,
		.diff_bytes = result.raw_bytes,
		.blob = result.packed,
		.blob_bytes = result.packed_bytes,
		.compression = options->compression,
		.files = counts.files,
		.whiteouts = counts.whiteouts,
	};
	bool was_new;
	return lb_blob_commit(lb_steal(&blob), &result.packed, &was_new, err);
}

enum { NOT_KNOWN = -1 }; /* ends a walk */

static int not_summed(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	(void)n;
	(void)arg;
	(void)out;
	return lb_fail(err, LB_NOT_FOUND, "not summed up yet");
}

/* What has been summed up has been read. */
static int on_known(const char *path, size_t len, struct lb_node *n, void *arg)
{
	(void)path;
	(void)len;
	(void)arg;
	struct lb_digest d;
	if (n->attr.kind == LB_DIR)
		return lb_node_digest_by(n, LB_FLAVOUR_FULL, not_summed, NULL, &d, NULL) ? 0 : LB_WALK_SKIP;
	return n->content && !lb_content_digest_known(n->content, &d) ? NOT_KNOWN : 0;
}

/* The name under which the store remembers the layer: only where it costs no reading. */
static bool identity(struct lb_node *tree, struct lb_digest *out)
{
	return lb_tree_walk(tree, on_known, NULL) == 0 && lb_node_digest(tree, LB_FLAVOUR_FULL, out, NULL) == 0;
}

int lb_layer_write(struct lb_store *s, struct lb_node *tree, const struct lb_layer_options *options, struct lb_layer_info *info,
		   struct lb_err *err)
{
	struct lb_digest name;
	bool named = identity(tree, &name);
	if (named && lb_store_layer_get(s, &name, options->compression, info, NULL) == 0)
		return 0;
	int rc = write_blob(s, tree, options, info, err);
	if (rc)
		return rc;
	if (!named && !identity(tree, &name))
		return 0;
	return lb_store_layer_put(s, &name, info, err);
}

int lb_layer_tar(struct lb_node *tree, lb_sink_fn *sink, void *arg, struct lb_digest *diff_id, uint64_t *bytes, struct lb_err *err)
{
	struct lb_tar_counts counts;
	struct lb_pipe_result result;
	int rc = run_pipe(tree,
			  &(struct lb_pipe_options){
				  .compression = LB_UNCOMPRESSED,
				  .chunk_max_bytes = lb_chunk_max(LB_UNCOMPRESSED),
				  .sink = sink,
				  .sink_arg = arg,
			  },
			  &counts, &result, err);
	if (rc)
		return rc;
	if (diff_id)
		*diff_id = result.raw;
	if (bytes)
		*bytes = result.raw_bytes;
	return 0;
}

uint64_t lb_layer_tar_size(struct lb_node *tree)
{
	struct lb_tar_counts counts;
	return lb_tar_emit(tree, &(struct lb_tar_stream){ 0 }, &counts, NULL) ? 0 : counts.bytes;
}
