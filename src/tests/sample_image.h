/* SPDX-License-Identifier: Apache-2.0
 *
 * A small image for tests of what moves images: one uncompressed layer with one file, made here so that no
 * other module is needed.
 */
#ifndef LBENCH_TESTS_SAMPLE_IMAGE_H
#define LBENCH_TESTS_SAMPLE_IMAGE_H

#include <stdio.h>
#include <string.h>

#include "lbench/image.h"

/* ustar, POSIX.1-2017 pax(1). */
static inline void tar_file(const char *name, const char *text, struct lb_buf *out)
{
	static const char zeros[1024];
	char header[512] = { 0 };
	unsigned sum = 0;
	snprintf(header, 100, "%s", name);
	snprintf(header + 100, 8, "0000644");
	snprintf(header + 108, 8, "0000000");
	snprintf(header + 116, 8, "0000000");
	snprintf(header + 124, 12, "%011o", (unsigned)strlen(text));
	snprintf(header + 136, 12, "14560000000");
	memset(header + 148, ' ', 8);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum & 0777777);
	lb_buf_add(out, header, sizeof(header));
	lb_buf_adds(out, text);
	lb_buf_add(out, zeros, (512 - strlen(text) % 512) % 512);
	lb_buf_add(out, zeros, sizeof(zeros));
}

/* An image whose layers hold a file each, "name-0" with text[0], and so on, written to s. 0 or a code. */
static inline int sample_image(struct lb_store *s, const char *const *texts, size_t count, struct lb_image_ref *ref)
{
	lb_autoimage struct lb_image im;
	lb_image_init(&im);
	im.created = 1706702400;
	json_object_set_new(im.config, "Cmd", json_pack("[s]", "/name-0"));
	for (size_t i = 0; i < count; i++) {
		char name[32];
		lb_autobuf struct lb_buf tar = { 0 };
		struct lb_layer_info layer = { .compression = LB_UNCOMPRESSED, .files = 1 };
		struct lb_history h = { .created_by = (char *)"COPY name /", .created = 1706702400 };
		snprintf(name, sizeof(name), "name-%zu", i);
		tar_file(name, texts[i], &tar);
		int rc = lb_store_put(s, tar.data, tar.len, &layer.blob, NULL, NULL);
		if (rc)
			return rc;
		layer.diff_id = layer.blob;
		layer.diff_bytes = layer.blob_bytes = tar.len;
		lb_image_add_layer(&im, &layer);
		lb_image_add_history(&im, &h);
	}
	return lb_image_write(s, &im, ref, NULL);
}

#endif
