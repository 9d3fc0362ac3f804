/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "image/time.h"
#include "lbench/image.h"
#include "lbench/mem.h"

static struct lb_store *memory_store(void)
{
	struct lb_store *s;
	assert_int_equal(lb_store_open_memory(&s, NULL), 0);
	return s;
}

static struct lb_digest digest_of(const char *text)
{
	return lb_digest_of(text, strlen(text));
}

static struct lb_digest put(struct lb_store *s, const char *text)
{
	struct lb_digest d;
	assert_int_equal(lb_store_put(s, text, strlen(text), &d, NULL, NULL), 0);
	return d;
}

static void sample(struct lb_image *im)
{
	lb_image_init(im);
	im->created = 1706702400;
	json_object_set_new(im->config, "Env", json_pack("[s]", "PATH=/bin"));
	json_object_set_new(im->config, "Cmd", json_pack("[ss]", "sh", "-c"));
	struct lb_layer_info a = { digest_of("diff a"), 2048, digest_of("a"), 1, LB_GZIP_ISAL, 1, 0 };
	struct lb_layer_info b = { digest_of("diff b"), 4096, digest_of("b"), 1, LB_ZSTD, 2, 1 };
	lb_image_add_layer(im, &a);
	lb_image_add_layer(im, &b);
	struct lb_history one = { .created_by = (char *)"ADD rootfs /", .created = 1706702400 };
	struct lb_history two = {
		.created_by = (char *)"CMD [\"sh\"]", .comment = (char *)"x", .created = 1706702401, .empty_layer = true
	};
	lb_image_add_history(im, &one);
	lb_image_add_history(im, &two);
}

static void the_config_is_written_as_docker_orders_it(void **state)
{
	(void)state;
	lb_autoimage struct lb_image im;
	lb_autobuf struct lb_buf got = { 0 };
	char a[LB_DIGEST_TEXT], b[LB_DIGEST_TEXT];
	sample(&im);
	lb_digest_text(&im.layers[0].diff_id, a);
	lb_digest_text(&im.layers[1].diff_id, b);
	lb_image_config_json(&im, &got);
	lb_autofree char *want = lb_format(
		"{\"architecture\":\"amd64\",\"config\":{\"Env\":[\"PATH=/bin\"],\"Cmd\":[\"sh\",\"-c\"]},"
		"\"created\":\"2024-01-31T12:00:00Z\",\"history\":[{\"created\":\"2024-01-31T12:00:00Z\",\"created_by\":\"ADD rootfs /\"},"
		"{\"created\":\"2024-01-31T12:00:01Z\",\"created_by\":\"CMD [\\\"sh\\\"]\",\"comment\":\"x\",\"empty_layer\":true}],"
		"\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\",\"%s\"]}}",
		a, b);
	assert_string_equal(got.data, want);
}

static void the_manifest_names_config_and_layers(void **state)
{
	(void)state;
	lb_autoimage struct lb_image im;
	lb_autobuf struct lb_buf got = { 0 };
	char config[LB_DIGEST_TEXT], a[LB_DIGEST_TEXT], b[LB_DIGEST_TEXT];
	struct lb_digest c = digest_of("config");
	sample(&im);
	lb_digest_text(&c, config);
	lb_digest_text(&im.layers[0].blob, a);
	lb_digest_text(&im.layers[1].blob, b);
	lb_image_manifest_json(&im, &c, 77, &got);
	lb_autofree char *want =
		lb_format("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
			  "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"%s\",\"size\":77},"
			  "\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"%s\",\"size\":1},"
			  "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+zstd\",\"digest\":\"%s\",\"size\":1}]}",
			  config, a, b);
	assert_string_equal(got.data, want);
}

/* The formula of config.md, written out. */
static void chain_ids_are_the_specifications(void **state)
{
	(void)state;
	lb_autoimage struct lb_image im;
	struct lb_digest got[3], third = digest_of("diff c");
	char a[LB_DIGEST_TEXT], b[LB_DIGEST_TEXT];
	sample(&im);
	lb_image_add_layer(&im, &(struct lb_layer_info){ .diff_id = third });
	lb_image_chain_ids(&im, got);
	assert_true(lb_digest_equal(&got[0], &im.layers[0].diff_id));
	for (int i = 1; i < 3; i++) {
		lb_digest_text(&got[i - 1], a);
		lb_digest_text(&im.layers[i].diff_id, b);
		lb_autofree char *text = lb_format("%s %s", a, b);
		struct lb_digest want = digest_of(text);
		assert_true(lb_digest_equal(&got[i], &want));
	}
}

static void assert_same_image(const struct lb_image *a, const struct lb_image *b)
{
	lb_autobuf struct lb_buf x = { 0 }, y = { 0 };
	lb_image_config_json(a, &x);
	lb_image_config_json(b, &y);
	assert_string_equal(x.data, y.data);
	assert_int_equal(a->layers_count, b->layers_count);
	for (size_t i = 0; i < a->layers_count; i++) {
		assert_true(lb_digest_equal(&a->layers[i].blob, &b->layers[i].blob));
		assert_int_equal(a->layers[i].blob_bytes, b->layers[i].blob_bytes);
	}
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	struct lb_store *s = memory_store();
	lb_autoimage struct lb_image im, back = { 0 }, copy;
	struct lb_image_ref ref, again;
	sample(&im);
	im.variant = lb_strdup("v2");
	im.author = lb_strdup("me");
	put(s, "a");
	struct lb_digest tree = digest_of("tree");
	assert_int_equal(lb_store_layer_put(s, &tree, &im.layers[0], NULL), 0);
	assert_int_equal(lb_image_write(s, &im, &ref, NULL), 0);
	assert_true(ref.config_new && ref.manifest_new);
	assert_int_equal(lb_image_write(s, &im, &again, NULL), 0);
	assert_false(again.config_new || again.manifest_new);
	assert_true(lb_digest_equal(&ref.manifest, &again.manifest));
	assert_int_equal(lb_image_read(s, &ref.manifest, NULL, &back, NULL), 0);
	assert_same_image(&im, &back);
	assert_int_equal(back.layers[0].diff_bytes, 2048); /* the store knows this layer */
	assert_int_equal(back.layers[0].compression, LB_GZIP_ISAL);
	assert_int_equal(back.layers[1].diff_bytes, 0);
	assert_int_equal(back.layers[1].compression, LB_ZSTD);
	lb_image_copy(&copy, &im);
	assert_same_image(&im, &copy);
	json_object_set_new(copy.config, "User", json_string("x"));
	assert_null(json_object_get(im.config, "User"));
	lb_store_close(s);
}

/* Each makes another image of the sample. */
static void change(struct lb_image *im, int what)
{
	char **texts[] = { &im->architecture,     &im->os, &im->variant, &im->author, &im->history[0].created_by, &im->history[0].comment,
			   &im->history[0].author };
	const int count = (int)LB_COUNT(texts);
	if (what < 2 * count) {
		bool of_history = what / 2 >= 4; /* whose texts are the image's arena's */
		if (!of_history)
			free(*texts[what / 2]);
		*texts[what / 2] = of_history ? lb_arena_strdup(&im->texts, what % 2 ? "other" : "") : lb_strdup(what % 2 ? "other" : "");
		return;
	}
	struct lb_layer_info *layer = &im->layers[0];
	switch (what - 2 * count) {
	case 0:
		im->created++;
		break;
	case 1:
		im->history[1].created++;
		break;
	case 2:
		im->history[1].empty_layer = false;
		break;
	case 3:
		layer->diff_id = digest_of("other");
		break;
	case 4:
		layer->blob = digest_of("other");
		break;
	case 5:
		layer->blob_bytes++;
		break;
	case 6:
		layer->compression = LB_ZSTD;
		break;
	case 7:
		im->layers_count--;
		break;
	case 8:
		im->history_count--;
		break;
	case 9:
		json_object_set_new(im->config, "User", json_string(""));
		break;
	case 10:
		json_array_append_new(json_object_get(im->config, "Env"), json_string("A="));
		break;
	default:
		break;
	}
}
enum { CHANGES = 2 * 7 + 11 };

static void release_whole(struct lb_image *im)
{
	im->layers_count = im->history_count = 2;
	lb_image_release(im);
}

static void an_image_that_is_known_is_not_written_again(void **state)
{
	(void)state;
	struct lb_store *s = memory_store(), *plain = memory_store();
	for (int round = 0; round < 2; round++)
		for (int what = 0; what <= CHANGES; what++) {
			struct lb_image im;
			struct lb_image_ref got, want;
			sample(&im);
			change(&im, what);
			assert_int_equal(lb_image_write(plain, &im, &want, NULL), 0);
			assert_int_equal(lb_image_keep(s, &im, &got, NULL), 0);
			assert_true(lb_digest_equal(&got.manifest, &want.manifest) && lb_digest_equal(&got.config, &want.config));
			assert_int_equal(got.manifest_bytes, want.manifest_bytes);
			assert_int_equal(got.config_bytes, want.config_bytes);
			assert_int_equal(got.manifest_new, want.manifest_new);
			assert_int_equal(got.config_new, want.config_new);
			assert_true(lb_store_has(s, &want.manifest, NULL) && lb_store_has(s, &want.config, NULL));
			release_whole(&im);
		}
	lb_store_close(plain);
	lb_store_close(s);
}

static void what_is_gone_is_written_again(void **state)
{
	(void)state;
	struct lb_store *s = memory_store();
	lb_autoimage struct lb_image im;
	struct lb_image_ref first, again;
	sample(&im);
	assert_int_equal(lb_image_keep(s, &im, &first, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lb_store_delete_blob(s, i ? &first.config : &first.manifest, NULL), 0);
		assert_int_equal(lb_image_keep(s, &im, &again, NULL), 0);
		assert_true(again.config_new == (i == 1) && again.manifest_new == (i == 0));
		assert_true(lb_store_has(s, &first.manifest, NULL) && lb_store_has(s, &first.config, NULL));
	}
	lb_store_close(s);
}

static char *text_of(const struct lb_digest *d)
{
	char text[LB_DIGEST_TEXT];
	lb_digest_text(d, text);
	return lb_strdup(text);
}

/* A docker manifest of one gzip layer on a config for os/arch. */
static struct lb_digest docker_image(struct lb_store *s, const char *arch, const char *diff_ids)
{
	lb_autofree char *config = lb_format("{\"os\":\"linux\",\"architecture\":\"%s\",\"created\":\"2020-01-01T01:00:00.123+01:00\","
					     "\"config\":{\"Entrypoint\":null},\"rootfs\":{\"diff_ids\":%s}}",
					     arch, diff_ids);
	struct lb_digest c = put(s, config), layer = digest_of("layer");
	lb_autofree char *ct = text_of(&c), *lt = text_of(&layer);
	lb_autofree char *manifest =
		lb_format("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\","
			  "\"config\":{\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"mediaType\":"
			  "\"application/vnd.docker.image.rootfs.diff.tar.gzip\",\"digest\":\"%s\",\"size\":5}]}",
			  ct, strlen(config), lt);
	return put(s, manifest);
}

#define ONE_DIFF_ID "[\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]"

static void docker_lists_are_resolved_by_platform(void **state)
{
	(void)state;
	static const struct {
		const char *platform;
		const char *arch; /* NULL: not found */
	} rows[] = {
		{ NULL, "amd64" },          { "linux/amd64", "amd64" }, { "linux/arm64", "arm64" }, { "linux/arm64/v8", "arm64" },
		{ "linux/arm64/v9", NULL }, { "linux/s390x", NULL },    { "windows/amd64", NULL },  { "linux", NULL },
	};
	struct lb_store *s = memory_store();
	struct lb_digest amd = docker_image(s, "amd64", ONE_DIFF_ID), arm = docker_image(s, "arm64", ONE_DIFF_ID);
	lb_autofree char *at = text_of(&amd), *rt = text_of(&arm);
	lb_autofree char *list =
		lb_format("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.list.v2+json\","
			  "\"manifests\":[{\"digest\":\"%s\",\"size\":1,\"platform\":{\"os\":\"unknown\",\"architecture\":"
			  "\"unknown\"}},{\"digest\":\"%s\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":"
			  "\"arm64\"}},{\"digest\":\"%s\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
			  at, rt, at);
	struct lb_digest l = put(s, list);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autoimage struct lb_image im = { 0 };
		struct lb_digest resolved;
		int rc = lb_image_read(s, &l, rows[i].platform, &im, NULL);
		assert_int_equal(rc, rows[i].arch ? 0 : LB_NOT_FOUND);
		assert_int_equal(lb_image_resolve(s, &l, rows[i].platform, &resolved, NULL), rc);
		if (rc)
			continue;
		assert_string_equal(im.architecture, rows[i].arch);
		assert_int_equal(im.created, 1577836800);
		assert_int_equal(im.layers_count, 1);
		assert_int_equal(im.layers[0].compression, LB_GZIP_ZLIB);
		assert_int_equal(im.layers[0].diff_bytes, 0);
		assert_true(json_is_null(json_object_get(im.config, "Entrypoint")));
	}
	lb_store_close(s);
}

static void what_is_no_image_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int code;
		const char *says; /* after the digest */
	} rows[] = {
		{ "", LB_INVALID, ":1:1: not valid JSON" },
		{ "{\n\"config\": }", LB_INVALID, ":2:1" },
		{ "[]", LB_INVALID, ": not a JSON object" },
		{ "{}", LB_INVALID, ": no image manifest" },
		{ "{\"schemaVersion\":1,\"fsLayers\":[]}", LB_UNSUPPORTED, ": an image of docker's manifest schema 1" },
		{ "{\"config\":{},\"layers\":[]}", LB_INVALID, ": a descriptor without digest" },
		{ "{\"config\":{\"digest\":\"sha256:00\"},\"layers\":[]}", LB_INVALID, ": a descriptor without size" },
		{ "{\"config\":{\"digest\":\"sha256:00\",\"size\":1},\"layers\":[]}", LB_INVALID, ": 'sha256:00' is not" },
		{ "{\"config\":{\"digest\":\"sha256:00\",\"size\":-1},\"layers\":[]}", LB_INVALID, ": a descriptor without size" },
		{ "{\"manifests\":[]}", LB_NOT_FOUND, ": no image for linux/amd64" },
		{ "{\"manifests\":[7]}", LB_INVALID, ": a descriptor without digest" },
	};
	struct lb_store *s = memory_store();
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_image im;
		struct lb_err err;
		struct lb_digest d = put(s, rows[i].text);
		lb_autofree char *name = text_of(&d);
		assert_int_equal(lb_image_read(s, &d, NULL, &im, &err), rows[i].code);
		assert_memory_equal(err.text, name, strlen(name));
		assert_memory_equal(err.text + strlen(name), rows[i].says, strlen(rows[i].says));
	}
	lb_store_close(s);
}

static void layers_and_diff_ids_must_agree(void **state)
{
	(void)state;
	static const struct {
		const char *diff_ids, *says;
	} rows[] = {
		{ "[]", "1 layers in the manifest, 0 in the config" },
		{ "null", "1 layers in the manifest, 0 in the config" },
		{ "[3]", "layer 0: '' is not a sha256 digest" },
		{ "[\"md5:1\"]", "layer 0: 'md5:1' is not a sha256 digest" },
	};
	struct lb_store *s = memory_store();
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_image im;
		struct lb_err err;
		struct lb_digest d = docker_image(s, "amd64", rows[i].diff_ids);
		assert_int_equal(lb_image_read(s, &d, NULL, &im, &err), LB_INVALID);
		assert_non_null(strstr(err.text, rows[i].says));
	}
	lb_store_close(s);
}

static void a_config_that_nests_without_end_is_refused(void **state)
{
	(void)state;
	struct lb_store *s = memory_store();
	lb_autobuf struct lb_buf deep = { 0 };
	for (int i = 0; i < 200; i++)
		lb_buf_adds(&deep, "{\"a\":");
	lb_buf_adds(&deep, "1");
	for (int i = 0; i < 200; i++)
		lb_buf_adds(&deep, "}");
	lb_autofree char *config = lb_format("{\"config\":%s,\"rootfs\":{\"diff_ids\":[]}}", deep.data);
	struct lb_digest c = put(s, config);
	lb_autofree char *ct = text_of(&c);
	lb_autofree char *manifest = lb_format("{\"config\":{\"digest\":\"%s\",\"size\":%zu},\"layers\":[]}", ct, strlen(config));
	struct lb_digest m = put(s, manifest);
	struct lb_image im;
	struct lb_err err;
	assert_int_equal(lb_image_read(s, &m, NULL, &im, &err), LB_INVALID);
	assert_non_null(strstr(err.text, "nests too deep"));
	lb_store_close(s);
}

static void times_are_rfc_3339(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds;
		const char *back;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z" },
		{ "0001-01-01T00:00:00Z", -62135596800, "0001-01-01T00:00:00Z" },
		{ "2024-02-29T23:59:59.999999999Z", 1709251199, "2024-02-29T23:59:59Z" },
		{ "2024-03-01T01:29:59+01:30", 1709251199, "2024-02-29T23:59:59Z" },
		{ "2024-02-29T20:59:59-03:00", 1709251199, "2024-02-29T23:59:59Z" },
	};
	static const char *const bad[] = { "",
					   "2024-02-29",
					   "2024-13-01T00:00:00Z",
					   "2024-01-01T00:00:00",
					   "2024-01-01T00:00:00+1",
					   "2024-01-01T00:00:00Zx",
					   "2024-01-01 00:00:00Z",
					   "2024-01-01T24:00:00Z" };
	char text[LB_RFC3339];
	int64_t got;
	for (size_t i = 0; i < LB_COUNT(good); i++) {
		assert_int_equal(lb_rfc3339_parse(good[i].text, &got), 0);
		assert_true(got == good[i].seconds);
		lb_rfc3339_text(got, text);
		assert_string_equal(text, good[i].back);
	}
	for (size_t i = 0; i < LB_COUNT(bad); i++)
		assert_int_equal(lb_rfc3339_parse(bad[i], &got), -1);
	lb_rfc3339_text(INT64_MAX, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_config_is_written_as_docker_orders_it),
		cmocka_unit_test(the_manifest_names_config_and_layers),
		cmocka_unit_test(chain_ids_are_the_specifications),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(an_image_that_is_known_is_not_written_again),
		cmocka_unit_test(what_is_gone_is_written_again),
		cmocka_unit_test(docker_lists_are_resolved_by_platform),
		cmocka_unit_test(what_is_no_image_is_refused),
		cmocka_unit_test(layers_and_diff_ids_must_agree),
		cmocka_unit_test(a_config_that_nests_without_end_is_refused),
		cmocka_unit_test(times_are_rfc_3339),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
