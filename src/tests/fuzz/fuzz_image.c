/* SPDX-License-Identifier: Apache-2.0
 *
 * A manifest, a NUL, a config: "@@" in the manifest stands for a descriptor's digest and size of the config.
 * What is read can be written, and what was written reads the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/image.h"
#include "lbench/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void put_manifest(struct lb_store *s, const char *text, size_t len, const struct lb_digest *config, size_t config_bytes,
			 struct lb_digest *out)
{
	lb_autobuf struct lb_buf manifest = { 0 };
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(config, digest);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '@' && i + 1 < len && text[i + 1] == '@') {
			lb_buf_addf(&manifest, "\"digest\":\"%s\",\"size\":%zu", digest, config_bytes);
			i++;
		} else {
			lb_buf_addc(&manifest, text[i]);
		}
	}
	lb_store_put(s, manifest.data, manifest.len, out, NULL, NULL);
}

static void check_round_trip(struct lb_store *s, const struct lb_image *im)
{
	lb_autoimage struct lb_image back = { 0 };
	lb_autobuf struct lb_buf a = { 0 }, b = { 0 };
	struct lb_image_ref ref;
	lb_autofree struct lb_digest *chain = lb_calloc(im->layers_count, sizeof(*chain));
	lb_image_chain_ids(im, chain);
	if (lb_image_write(s, im, &ref, NULL) != 0 || lb_image_read(s, &ref.manifest, NULL, &back, NULL) != 0)
		abort();
	lb_image_config_json(im, &a);
	lb_image_config_json(&back, &b);
	if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = len ? memchr(data, 0, len) : NULL;
	size_t first = nul ? (size_t)(nul - data) : len;
	const char *config = nul ? (const char *)nul + 1 : "";
	size_t config_bytes = nul ? len - first - 1 : 0;
	struct lb_store *s;
	struct lb_digest config_digest, manifest;
	struct lb_err err = { 0 };
	lb_autoimage struct lb_image im = { 0 };
	if (lb_store_open_memory(&s, NULL) != 0)
		abort();
	lb_store_put(s, config, config_bytes, &config_digest, NULL, NULL);
	put_manifest(s, (const char *)data, first, &config_digest, config_bytes, &manifest);
	int rc = lb_image_read(s, &manifest, NULL, &im, &err);
	if (rc == 0)
		check_round_trip(s, &im);
	else if (rc != err.code || !err.text[0])
		abort();
	lb_store_tag(s, "app", &manifest, 1, "m", NULL);
	lb_store_close(s);
	return 0;
}
