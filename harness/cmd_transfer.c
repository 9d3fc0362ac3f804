/* SPDX-License-Identifier: Apache-2.0
 *
 * push and pull: one image between the store and an OCI layout.
 */
#include <string.h>

#include "command.h"
#include "image/bases.h"
#include "image/print.h"
#include "lbench/transfer.h"
#include "options.h"

struct transfer {
	const char *command, *operands, *summary, *wanted;
	size_t remote;    /* the operand that says where it is */
	const char *form; /* of that operand */
	bool make;        /* a store, where there is none */
	int (*move)(const struct img_store *s, const struct lb_strv *operands, struct lb_buf *out, struct lb_err *err);
};

static void add_count(struct lb_buf *out, const struct lb_push_count *count, const char *what)
{
	img_bytes(out, count->bytes_pushed);
	lb_buf_addf(out, " in %llu blob%s %s, %llu there already\n", (unsigned long long)count->blobs_pushed,
		    img_plural(count->blobs_pushed), what, (unsigned long long)count->blobs_there);
}

static int push(const struct img_store *s, const struct lb_strv *operands, struct lb_buf *out, struct lb_err *err)
{
	/* "oci:DIR:NAME" as others write it: the first ':' parts them */
	const char *where = operands->items[1], *colon = strchr(where + strlen("oci:"), ':');
	lb_autofree char *dir = lb_strndup(where, colon ? (size_t)(colon - where) : strlen(where));
	img_autoimage struct img_image image = { 0 };
	struct lb_image_ref ref = { 0 };
	struct lb_push_count count;
	struct lb_remote *r;
	int rc = img_find(s, operands->items[0], &image, err);
	if (rc)
		return rc;
	ref.manifest = image.manifest;
	ref.manifest_bytes = image.manifest_bytes;
	rc = img_config(s, &image.manifest, &ref.config, &ref.config_bytes, err);
	if (!rc)
		rc = lb_remote_open(dir, &r, err);
	if (rc)
		return rc;
	const char *name = colon && colon[1] ? colon + 1 : image.name;
	rc = lb_push(r, s->store, &ref, name, &count, err);
	lb_remote_close(r);
	if (rc)
		return rc;
	lb_buf_addf(out, "%s:%s  ", dir, name);
	add_count(out, &count, "pushed");
	return 0;
}

static int pull(const struct img_store *s, const struct lb_strv *operands, struct lb_buf *out, struct lb_err *err)
{
	lb_autofree char *name = NULL;
	struct lb_digest manifest;
	struct lb_push_count count;
	uint64_t bytes = 0;
	char digest[LB_DIGEST_TEXT];
	int rc = img_full_name(operands->items[1], &name, err);
	if (!rc)
		rc = img_pull(s, operands->items[0] + strlen("oci:"), &manifest, NULL, &count, err);
	if (rc)
		return rc;
	lb_store_has(s->store, &manifest, &bytes);
	rc = lb_store_tag(s->store, name, &manifest, bytes, "application/vnd.oci.image.manifest.v1+json", err);
	if (rc)
		return rc;
	lb_digest_text(&manifest, digest);
	lb_buf_addf(out, "%s is %s  ", digest, name);
	add_count(out, &count, "pulled");
	return 0;
}

static int transfer(const struct transfer *t, int argc, char **argv, struct lb_err *err)
{
	const char *store = NULL, *platform = NULL;
	const struct option table[] = {
		{ "store", 0, OPTION_TEXT, &store, "DIR", "the layer store (default: .lbench/store, or else results/.store)" },
		{ "platform", 0, OPTION_TEXT, &platform, "OS/ARCH", "of an image for several (default: linux/amd64)" },
	};
	struct usage u = { t->command, t->operands, t->summary, table, LB_COUNT(table), .least = 2, .most = 2, .wanted = t->wanted };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	img_autostore struct img_store s = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (rc)
		return rc;
	const char *where = operands.items[t->remote];
	if (strncmp(where, "oci:", 4) != 0 || !where[4])
		return lb_fail(err, LB_USAGE, "lbench %s: '%s' is not %s, the only kind of remote so far; registries are not reached",
			       t->command, where, t->form);
	rc = img_store_open(store, t->make, &s, err);
	s.platform = platform;
	if (!rc)
		rc = t->move(&s, &operands, &text, err);
	return rc ? rc : print_out(&text, err);
}

int cmd_push(int argc, char **argv, struct lb_err *err)
{
	static const struct transfer t = { "push",
					   "NAME oci:DIR[:NAME]",
					   "Copies an image of the store into an OCI layout, without what is there already.",
					   "what, and where to? e.g. lbench push app oci:/srv/images",
					   .remote = 1,
					   .form = "oci:DIR[:NAME]",
					   .move = push };
	return transfer(&t, argc, argv, err);
}

int cmd_pull(int argc, char **argv, struct lb_err *err)
{
	static const struct transfer t = { "pull",
					   "oci:DIR[:NAME] NAME",
					   "Copies an image of an OCI layout into the store, checking every byte, and names it there.",
					   "from where, and how is it called here? e.g. lbench pull oci:/srv/images:app app",
					   .remote = 0,
					   .form = "oci:DIR[:NAME]",
					   .make = true,
					   .move = pull };
	return transfer(&t, argc, argv, err);
}
