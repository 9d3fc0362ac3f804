/* SPDX-License-Identifier: Apache-2.0 */
#include "image/store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "image/memos.h"
#include "lbench/fs.h"
#include "lbench/layer.h"
#include "lbench/run.h"
#include "options.h"

static const char in_project[] = ".lbench/store", in_results[] = "results/.store", exec_dir[] = "exec";

/* ---- which store ---- */

static bool is_layout(const char *dir)
{
	lb_autofree char *file = lb_path_join(dir, "oci-layout");
	return lb_fs_exists(AT_FDCWD, file);
}

static int choose(const char *given, bool make, char **out, struct lb_err *err)
{
	const char *const places[] = { in_project, in_results };
	if (given && !make && !is_layout(given))
		return lb_fail(err, LB_INVALID, "%s: no store is there", given);
	if (given) {
		*out = lb_strdup(given);
		return 0;
	}
	for (size_t i = 0; i < LB_COUNT(places); i++)
		if (is_layout(places[i])) {
			*out = lb_strdup(places[i]);
			return 0;
		}
	if (!make)
		return lb_fail(err, LB_INVALID,
			       "no store: neither %s nor %s is here; 'lbench run' and 'lbench build' make one, --store DIR names another",
			       in_project, in_results);
	bool project = lb_fs_exists(AT_FDCWD, "Dockerfile") || lb_fs_exists(AT_FDCWD, "lbench.yaml");
	*out = lb_strdup(project ? in_project : in_results);
	return 0;
}

/* What lbench keeps beside a project is nobody's to commit. */
static int hide_from_git(const char *dir, struct lb_err *err)
{
	if (strcmp(dir, in_project) != 0 || lb_fs_exists(AT_FDCWD, ".lbench/.gitignore"))
		return 0;
	int rc = lb_fs_mkdirs(AT_FDCWD, ".lbench", err);
	return rc ? rc : lb_fs_write(AT_FDCWD, ".lbench/.gitignore", "*\n", 2, err);
}

int img_store_open(const char *given, bool make, struct img_store *out, struct lb_err *err)
{
	*out = (struct img_store){ 0 };
	int rc = choose(given, make, &out->dir, err);
	if (!rc && make)
		rc = hide_from_git(out->dir, err);
	if (!rc)
		rc = lb_store_open(out->dir, &out->store, err);
	return rc ? rc : lb_store_tags(out->store, &out->tags, &out->tags_count, err);
}

void img_store_release(struct img_store *s)
{
	lb_tags_free(s->tags, s->tags_count);
	lb_store_close(s->store);
	free(s->dir);
	*s = (struct img_store){ 0 };
}

/* ---- its size ---- */

int img_store_extra(const struct img_store *s, struct img_store_extra *out, struct lb_err *err)
{
	lb_autofree char *exec = lb_path_join(s->dir, exec_dir);
	int rc = lb_exec_usage(exec, &out->layers, &out->layer_bytes, err);
	return rc ? rc : img_memos_usage(s->dir, &out->memos, &out->memo_bytes, err);
}

static int add_blob_bytes(const struct lb_digest *digest, uint64_t bytes, void *arg)
{
	(void)digest;
	*(uint64_t *)arg += bytes;
	return 0;
}

static uint64_t beyond(uint64_t keep_bytes, uint64_t others)
{
	return keep_bytes > others ? keep_bytes - others : 0;
}

int img_store_collect(const struct img_store *s, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err)
{
	lb_autofree char *exec = lb_path_join(s->dir, exec_dir);
	uint64_t blobs = 0, memos, memo_bytes, unpacked = 0, forgotten = 0, freed = 0;
	int rc = lb_store_each_blob(s->store, add_blob_bytes, &blobs, err);
	if (!rc)
		rc = img_memos_usage(s->dir, &memos, &memo_bytes, err);
	if (!rc)
		rc = lb_exec_clear(exec, beyond(keep_bytes, blobs + memo_bytes), &unpacked, err);
	if (!rc)
		rc = img_memos_clear(s->dir, beyond(keep_bytes, blobs), now, &forgotten, err);
	if (!rc)
		rc = lb_store_gc(s->store, keep_bytes, now, &freed, err);
	*freed_bytes = unpacked + forgotten + freed;
	return rc;
}

/* ---- names ---- */

const struct lb_tag *img_tag(const struct img_store *s, const char *name)
{
	lb_autofree char *latest = lb_format("%s:latest", name);
	for (size_t i = 0; i < s->tags_count; i++)
		if (strcmp(s->tags[i].name, name) == 0)
			return &s->tags[i];
	for (size_t i = 0; i < s->tags_count; i++)
		if (strcmp(s->tags[i].name, latest) == 0)
			return &s->tags[i];
	return NULL;
}

enum { DIGITS_MIN = 8 };

/* The only image whose digest begins so. */
static const struct lb_tag *tag_by_digits(const struct img_store *s, const char *digits)
{
	const struct lb_tag *found = NULL;
	size_t len = strlen(digits);
	if (len < DIGITS_MIN)
		return NULL;
	for (size_t i = 0; i < s->tags_count; i++) {
		char hex[LB_DIGEST_HEX];
		lb_digest_hex(&s->tags[i].manifest, hex);
		if (strncmp(hex, digits, len) != 0)
			continue;
		if (found && !lb_digest_equal(&found->manifest, &s->tags[i].manifest))
			return NULL;
		found = found ? found : &s->tags[i];
	}
	return found;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int img_full_name(const char *name, char **out, struct lb_err *err)
{
	bool ok = is_word(*name) && is_word(name[strlen(name) - 1]);
	for (const char *p = name; ok && *p; p++)
		ok = is_word(*p) || (strchr("-._:@+/", *p) && (is_word(p[1]) || (*p == '-' && p[1] == '-')));
	if (!ok)
		return lb_fail(err, LB_USAGE, "'%s' cannot name an image: words of letters and digits, with . _ - : / between them", name);
	const char *colon = strrchr(name, ':');
	bool tagged = colon && !strchr(colon, '/');
	*out = lb_format("%s%s", name, tagged ? "" : ":latest");
	return 0;
}

static int unknown_name(const struct img_store *s, const char *name, struct lb_err *err)
{
	const char **names = lb_calloc(s->tags_count, sizeof(*names));
	for (size_t i = 0; i < s->tags_count; i++)
		names[i] = s->tags[i].name;
	const char *near = nearest_word(name, names, s->tags_count);
	free(names);
	if (near)
		return lb_fail(err, LB_INVALID, "%s: no image '%s'; did you mean '%s'?", s->dir, name, near);
	return lb_fail(err, LB_INVALID, "%s: no image '%s'; 'lbench image ls' lists them", s->dir, name);
}

static int find_digest(const struct img_store *s, const char *name, struct img_image *out, struct lb_err *err)
{
	const char *digits = strncmp(name, "sha256:", 7) == 0 ? name + 7 : name;
	const struct lb_tag *tag = img_tag(s, name);
	struct lb_digest whole;
	if (!tag)
		tag = tag_by_digits(s, digits);
	if (!tag && (lb_digest_parse(digits, &whole, NULL) != 0 || !lb_store_has(s->store, &whole, NULL)))
		return unknown_name(s, name, err);
	out->name = lb_strdup(tag ? tag->name : name);
	return lb_image_resolve(s->store, tag ? &tag->manifest : &whole, s->platform, &out->manifest, err);
}

int img_find(const struct img_store *s, const char *name, struct img_image *out, struct lb_err *err)
{
	*out = (struct img_image){ 0 };
	int rc = find_digest(s, name, out, err);
	if (rc)
		return lb_recode(err, LB_INVALID);
	lb_store_has(s->store, &out->manifest, &out->manifest_bytes);
	rc = lb_image_read(s->store, &out->manifest, s->platform, &out->im, err);
	if (rc) {
		out->im = (struct lb_image){ 0 };
		lb_wrap(err, "%s", name);
		return lb_recode(err, LB_INVALID);
	}
	return 0;
}

void img_image_release(struct img_image *image)
{
	for (size_t i = 0; i < image->im.layers_count; i++) {
		if (image->trees)
			lb_node_unref(image->trees[i]);
		if (image->roots)
			lb_node_unref(image->roots[i]);
	}
	if (image->roots)
		lb_node_unref(image->roots[image->im.layers_count]);
	free(image->trees);
	free(image->roots);
	free(image->name);
	if (image->im.config)
		lb_image_release(&image->im);
	*image = (struct img_image){ 0 };
}

/* ---- layers ---- */

size_t img_shared_layers(const struct lb_image *a, const struct lb_image *b)
{
	size_t n = 0;
	while (n < a->layers_count && n < b->layers_count && lb_digest_equal(&a->layers[n].diff_id, &b->layers[n].diff_id))
		n++;
	return n;
}

static int read_layer(const struct img_store *s, struct img_image *image, size_t i, struct lb_err *err)
{
	lb_autocontent struct lb_content *blob = NULL;
	int rc = lb_store_get(s->store, &image->im.layers[i].blob, &blob, err);
	if (!rc)
		rc = lb_layer_read(s->store, blob, false, &image->trees[i], NULL, err);
	if (rc)
		return lb_wrap(err, "%s: layer %zu", image->name, i + 1);
	image->roots[i + 1] = lb_tree_apply(image->roots[i], image->trees[i]);
	return 0;
}

int img_read_layers(const struct img_store *s, struct img_image *image, const struct img_image *like, struct lb_err *err)
{
	size_t n = image->im.layers_count, shared = like ? img_shared_layers(&image->im, &like->im) : 0;
	image->trees = lb_calloc(n + 1, sizeof(*image->trees));
	image->roots = lb_calloc(n + 1, sizeof(*image->roots));
	image->roots[0] = like ? lb_node_ref(like->roots[0]) : lb_tree_empty();
	for (size_t i = 0; i < shared; i++) {
		image->trees[i] = lb_node_ref(like->trees[i]);
		image->roots[i + 1] = lb_node_ref(like->roots[i + 1]);
	}
	int rc = 0;
	for (size_t i = shared; !rc && i < n; i++)
		rc = read_layer(s, image, i, err);
	return rc ? lb_recode(err, LB_INVALID) : 0;
}

bool img_layer_size(const struct img_store *s, const struct img_image *image, size_t layer, uint64_t *bytes)
{
	static const enum lb_compression kinds[] = { LB_GZIP_ISAL, LB_GZIP_ZLIB, LB_ZSTD, LB_UNCOMPRESSED };
	const struct lb_layer_info *info = &image->im.layers[layer];
	struct lb_layer_info known;
	*bytes = info->compression == LB_UNCOMPRESSED ? info->blob_bytes : info->diff_bytes;
	for (size_t i = 0; !*bytes && i < LB_COUNT(kinds); i++)
		if (lb_store_layer_by_diff_id(s->store, &info->diff_id, kinds[i], &known, NULL) == 0)
			*bytes = known.diff_bytes;
	if (*bytes)
		return true;
	*bytes = image->trees ? lb_layer_tar_size(image->trees[layer]) : 0;
	return false;
}

int img_config(const struct img_store *s, const struct lb_digest *manifest, struct lb_digest *config, uint64_t *bytes, struct lb_err *err)
{
	lb_autojson json_t *j = NULL;
	int rc = lb_image_load_json(s->store, manifest, LB_MANIFEST_MAX, &j, err);
	return rc ? rc : lb_image_descriptor(json_object_get(j, "config"), config, bytes, err);
}

void img_short(const struct lb_digest *d, char out[13])
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(d, hex);
	memcpy(out, hex, 12);
	out[12] = '\0';
}
