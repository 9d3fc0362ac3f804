/* SPDX-License-Identifier: Apache-2.0
 *
 * The archive of docker's image-spec v1.2: manifest.json names the config and the layers' tars. It is itself written as
 * the tar of a tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/layer.h"
#include "subject/context.h"

static int write_tar(struct lb_node *tree, const char *path, struct lb_digest *diff_id, uint64_t *bytes, struct lb_err *err)
{
	lb_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return lb_fail_errno(err, errno, "cannot write %s", path);
	struct lb_fs_sink f = { fd, path };
	return lb_layer_tar(tree, lb_fs_to_sink, &f, diff_id, bytes, err);
}

static int put(struct lb_node **tree, const char *name, struct lb_content *content, struct lb_err *err)
{
	const struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .mtime = { LB_CONTEXT_TIME, 0 } };
	lb_autonode struct lb_node *n = lb_node_new(&attr, content);
	struct lb_node *next;
	int rc = lb_tree_put(*tree, name, n, NULL, false, &next, err);
	if (rc)
		return rc;
	(void)lb_steal(&n);
	lb_node_unref(*tree);
	*tree = next;
	return 0;
}

/* Adds each layer's tar to the tree and its diffID to the image. */
static int add_layers(const struct lb_base_image *base, const char *dir, struct lb_image *image, struct lb_node **tree, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < base->layers_count; i++) {
		struct lb_layer_info info = { 0 };
		lb_autofree char *name = lb_format("layer-%zu.tar", i), *path = lb_path_join(dir, name);
		uint64_t bytes;
		rc = write_tar(base->layers[i], path, &info.diff_id, &bytes, err);
		lb_image_add_layer(image, &info);
		if (!rc)
			rc = put(tree, name, lb_content_file(AT_FDCWD, path, 0, bytes), err);
	}
	return rc;
}

static void manifest_json(const char *name, size_t layers, struct lb_buf *out)
{
	struct lb_json w = { .out = out };
	lb_json_open(&w, '[');
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "Config", "config.json");
	lb_json_key(&w, "RepoTags");
	lb_json_open(&w, '[');
	lb_json_str(&w, name);
	lb_json_close(&w, ']');
	lb_json_key(&w, "Layers");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < layers; i++) {
		lb_autofree char *file = lb_format("layer-%zu.tar", i);
		lb_json_str(&w, file);
	}
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_json_close(&w, ']');
}

/* Entries of the history that stand for layers must be as many as these: buildah builds on nothing else. */
static void fit_history(const struct lb_base_image *base, struct lb_image *image)
{
	size_t layers = 0;
	for (size_t i = 0; i < image->history_count; i++)
		layers += !image->history[i].empty_layer;
	if (layers == base->layers_count)
		return;
	struct lb_history one = { .created_by = (char *)"lbench base" };
	image->history_count = 0;
	for (size_t i = 0; i < base->layers_count; i++)
		lb_image_add_history(image, &one);
}

int base_archive(const struct lb_base_image *base, const char *name, const char *dir, struct lb_digest *id, struct lb_err *err)
{
	lb_autoimage struct lb_image image;
	lb_autobuf struct lb_buf config = { 0 }, manifest = { 0 };
	struct lb_node *tree = lb_tree_empty();
	lb_image_copy(&image, &base->image);
	image.layers_count = 0;
	fit_history(base, &image);
	int rc = lb_fs_remove(AT_FDCWD, dir, err);
	if (!rc)
		rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
	if (!rc)
		rc = add_layers(base, dir, &image, &tree, err);
	lb_image_config_json(&image, &config);
	*id = lb_digest_of(config.data, config.len);
	manifest_json(name, base->layers_count, &manifest);
	if (!rc)
		rc = put(&tree, "config.json", lb_content_bytes(config.data, config.len), err);
	if (!rc)
		rc = put(&tree, "manifest.json", lb_content_bytes(manifest.data, manifest.len), err);
	lb_autofree char *path = lb_path_join(dir, "base.tar");
	if (!rc)
		rc = write_tar(tree, path, NULL, NULL, err);
	lb_node_unref(tree);
	return rc;
}
