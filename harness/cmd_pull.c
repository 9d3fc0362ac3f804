/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command.h"
#include "image/bases.h"
#include "image/print.h"
#include "lbench/transfer.h"
#include "options.h"

static int pull(const struct img_store *s, const char *where, const char *name, struct lb_buf *out, struct lb_err *err)
{
	lb_autofree char *full = NULL;
	struct lb_digest manifest;
	struct lb_push_count count;
	uint64_t bytes = 0;
	char digest[LB_DIGEST_TEXT];
	int rc = img_full_name(name, &full, err);
	if (!rc)
		rc = img_pull(s, where + 4, &manifest, NULL, &count, err);
	if (rc)
		return rc;
	lb_store_has(s->store, &manifest, &bytes);
	rc = lb_store_tag(s->store, full, &manifest, bytes, "application/vnd.oci.image.manifest.v1+json", err);
	if (rc)
		return rc;
	lb_digest_text(&manifest, digest);
	lb_buf_addf(out, "%s is %s  ", digest, full);
	img_bytes(out, count.bytes_pushed);
	lb_buf_addf(out, " in %llu blob%s pulled, %llu there already\n", (unsigned long long)count.blobs_pushed,
		    img_plural(count.blobs_pushed), (unsigned long long)count.blobs_there);
	return 0;
}

int cmd_pull(int argc, char **argv, struct lb_err *err)
{
	const char *store = NULL, *platform = NULL;
	const struct option table[] = {
		{ "store", 0, OPTION_TEXT, &store, "DIR", "the layer store (default: .lbench/store, or else results/.store)" },
		{ "platform", 0, OPTION_TEXT, &platform, "OS/ARCH", "of an image for several (default: linux/amd64)" },
	};
	struct usage u = { "pull",
			   "oci:DIR[:NAME] NAME",
			   "Copies an image of an OCI layout into the store, checking every byte, and names it there.",
			   table,
			   LB_COUNT(table),
			   .least = 2,
			   .most = 2,
			   .wanted = "from where, and how is it called here? e.g. lbench pull oci:/srv/images:app app" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	img_autostore struct img_store s = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc && (strncmp(operands.items[0], "oci:", 4) != 0 || !operands.items[0][4])) {
		rc = lb_fail(err, LB_USAGE,
			     "lbench pull: '%s' is not oci:DIR[:NAME], the only kind of remote so far; registries are not reached",
			     operands.items[0]);
	} else if (!rc) {
		rc = img_store_open(store, true, &s, err);
		s.platform = platform;
		if (!rc)
			rc = pull(&s, operands.items[0], operands.items[1], &text, err);
	}
	return rc ? rc : print_out(&text, err);
}
