/* SPDX-License-Identifier: Apache-2.0
 *
 * buildah and podman, which build with the same code: no daemon, a store of its own, RUNs in a chroot without a network.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "lbench/fs.h"
#include "lbench/json.h"
#include "subject/engine.h"

/* Beside the program, before the command. */
static void add_store(const struct subject *s, struct lb_strv *argv)
{
	lb_strv_take(argv, lb_format("--root=%s/root", s->dir));
	lb_strv_take(argv, lb_format("--runroot=%s/run", s->dir));
	lb_strv_take(argv, lb_format("--storage-driver=%s", s->storage_driver));
}

static int call(struct subject *s, const char *const *words, struct lb_buf *out, struct lb_err *err)
{
	lb_autostrv struct lb_strv argv = { 0 };
	lb_strv_add(&argv, s->client);
	add_store(s, &argv);
	for (; *words; words++)
		lb_strv_add(&argv, *words);
	return engine_call(s, &argv, out, err);
}
#define CALL(s, out, err, ...) call(s, (const char *const[]){ __VA_ARGS__, NULL }, out, err)

/* An overlay cannot have its upper directory on another one, which is what a container's root is. */
static int open_store(struct subject *s, struct lb_err *err)
{
	struct statfs fs;
	(void)err;
	s->storage_driver = statfs(s->dir, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC ? "vfs" : "overlay";
	return 0;
}

static int reset(struct subject *s, struct lb_err *err)
{
	lb_autofree char *root = lb_path_join(s->dir, "root"), *run = lb_path_join(s->dir, "run");
	int rc = lb_fs_remove(AT_FDCWD, root, err);
	for (size_t i = 0; i < s->bases_count; i++)
		s->bases[i].identity = (struct lb_digest){ 0 };
	return rc ? rc : lb_fs_remove(AT_FDCWD, run, err);
}

static int buildah_load(struct subject *s, const char *archive, const char *name, struct lb_err *err)
{
	lb_autobuf struct lb_buf said = { 0 };
	lb_autofree char *from = lb_format("docker-archive:%s", archive);
	(void)name;
	return CALL(s, &said, err, "pull", "-q", from);
}

static int podman_load(struct subject *s, const char *archive, const char *name, struct lb_err *err)
{
	lb_autobuf struct lb_buf said = { 0 };
	(void)name;
	return CALL(s, &said, err, "load", "-q", "-i", archive);
}

static void buildah_argv(const struct subject *s, struct lb_strv *argv)
{
	static const char *const words[] = { "build", "--layers", "--isolation=chroot", "--network=host", "--pull-never" };
	add_store(s, argv);
	for (size_t i = 0; i < LB_COUNT(words); i++)
		lb_strv_add(argv, words[i]);
}

static void podman_argv(const struct subject *s, struct lb_strv *argv)
{
	static const char *const words[] = { "build", "--layers", "--isolation=chroot", "--network=host", "--pull=never" };
	add_store(s, argv);
	for (size_t i = 0; i < LB_COUNT(words); i++)
		lb_strv_add(argv, words[i]);
}

/* ---- the image ---- */

static int fill(const json_t *config, const char *digest, struct subject_result *out, struct lb_strv *layers, struct lb_err *err)
{
	const json_t *ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
	for (size_t i = 0; i < json_array_size(ids); i++)
		lb_strv_add(layers, json_string_value(json_array_get(ids, i)));
	return digest ? lb_digest_parse(digest, &out->image, err) : lb_fail(err, LB_UNAVAILABLE, "the image has no digest");
}

/* Blobs, config and manifest. */
static uint64_t bytes_of(const char *manifest)
{
	lb_autojson json_t *j = NULL;
	if (!manifest || lb_json_parse("manifest", manifest, strlen(manifest), &j, NULL))
		return 0;
	const json_t *layers = json_object_get(j, "layers");
	uint64_t bytes = strlen(manifest) + (uint64_t)json_integer_value(json_object_get(json_object_get(j, "config"), "size"));
	for (size_t i = 0; i < json_array_size(layers); i++)
		bytes += (uint64_t)json_integer_value(json_object_get(json_array_get(layers, i), "size"));
	return bytes;
}

static int buildah_inspect(struct subject *s, struct subject_result *out, struct lb_strv *layers, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *j = NULL;
	int rc = CALL(s, &text, err, "inspect", "--type=image", SUBJECT_IMAGE);
	if (!rc)
		rc = lb_json_parse("buildah inspect", lb_buf_str(&text), text.len, &j, err);
	if (rc)
		return rc;
	out->image_bytes = bytes_of(json_string_value(json_object_get(j, "Manifest")));
	return fill(json_object_get(j, "OCIv1"), json_string_value(json_object_get(j, "FromImageDigest")), out, layers, err);
}

static int podman_inspect(struct subject *s, struct subject_result *out, struct lb_strv *layers, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *j = NULL;
	int rc = CALL(s, &text, err, "image", "inspect", SUBJECT_IMAGE);
	if (!rc)
		rc = lb_json_parse("podman image inspect", lb_buf_str(&text), text.len, &j, err);
	if (rc)
		return rc;
	const json_t *image = json_array_get(j, 0), *ids = json_object_get(json_object_get(image, "RootFS"), "Layers");
	const char *digest = json_string_value(json_object_get(image, "Digest"));
	out->image_bytes = (uint64_t)json_integer_value(json_object_get(image, "Size"));
	for (size_t i = 0; i < json_array_size(ids); i++)
		lb_strv_add(layers, json_string_value(json_array_get(ids, i)));
	return digest ? lb_digest_parse(digest, &out->image, err) : lb_fail(err, LB_UNAVAILABLE, "the image has no digest");
}

const struct engine engine_buildah = {
	.programs = { "buildah" },
	.package = "buildah",
	.open = open_store,
	.reset = reset,
	.load = buildah_load,
	.build_argv = buildah_argv,
	.read = read_buildah,
	.inspect = buildah_inspect,
	.alone = true,
};

const struct engine engine_podman = {
	.programs = { "podman" },
	.package = "podman",
	.open = open_store,
	.reset = reset,
	.load = podman_load,
	.build_argv = podman_argv,
	.read = read_buildah,
	.inspect = podman_inspect,
	.alone = true,
};
