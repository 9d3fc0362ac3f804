/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command.h"
#include "image/print.h"
#include "lbench/transfer.h"
#include "options.h"

static int push(const struct img_store *s, const char *name, const char *where, struct lb_buf *out, struct lb_err *err)
{
	img_autoimage struct img_image image = { 0 };
	struct lb_image_ref ref = { 0 };
	struct lb_push_count count;
	struct lb_remote *r;
	if (strncmp(where, "oci:", 4) != 0 || !where[4])
		return lb_fail(err, LB_USAGE,
			       "lbench push: '%s' is not oci:DIR, the only kind of remote so far; registries are not reached", where);
	int rc = img_find(s, name, &image, err);
	if (rc)
		return rc;
	ref.manifest = image.manifest;
	ref.manifest_bytes = image.manifest_bytes;
	rc = img_config(s, &image.manifest, &ref.config, &ref.config_bytes, err);
	if (!rc)
		rc = lb_remote_open(where, &r, err);
	if (rc)
		return rc;
	rc = lb_push(r, s->store, &ref, image.name, &count, err);
	lb_remote_close(r);
	if (rc)
		return rc;
	lb_buf_addf(out, "%s:%s  ", where, image.name);
	img_bytes(out, count.bytes_pushed);
	lb_buf_addf(out, " in %llu blob%s pushed, %llu there already\n", (unsigned long long)count.blobs_pushed,
		    img_plural(count.blobs_pushed), (unsigned long long)count.blobs_there);
	return 0;
}

int cmd_push(int argc, char **argv, struct lb_err *err)
{
	const char *store = NULL, *platform = NULL;
	const struct option table[] = {
		{ "store", 0, OPTION_TEXT, &store, "DIR", "the layer store (default: .lbench/store, or else results/.store)" },
		{ "platform", 0, OPTION_TEXT, &platform, "OS/ARCH", "of an image for several (default: linux/amd64)" },
	};
	struct usage u = { "push",
			   "NAME oci:DIR",
			   "Copies an image of the store into an OCI layout, without what is there already.",
			   table,
			   LB_COUNT(table),
			   .least = 2,
			   .most = 2,
			   .wanted = "what, and where to? e.g. lbench push app oci:/srv/images" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	img_autostore struct img_store s = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc) {
		rc = img_store_open(store, false, &s, err);
		s.platform = platform;
		if (!rc)
			rc = push(&s, operands.items[0], operands.items[1], &text, err);
	}
	return rc ? rc : print_out(&text, err);
}
