/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "image/print.h"
#include "options.h"

struct call {
	struct img_print p;
	const char *store, *format, *platform;
	bool no_color;
	struct lb_strv operands;
	struct img_store s;
	struct lb_buf out;
};

/* ---- what each does ---- */

static int list(struct call *c, struct lb_err *err)
{
	c->p.pattern = c->operands.count ? c->operands.items[0] : NULL;
	return img_print_list(&c->s, &c->p, &c->out, err);
}

static int one(struct call *c, bool layers, struct img_image *image, struct lb_err *err)
{
	int rc = img_find(&c->s, c->operands.items[0], image, err);
	return rc || !layers ? rc : img_read_layers(&c->s, image, NULL, err);
}

static int inspect(struct call *c, struct lb_err *err)
{
	img_autoimage struct img_image image = { 0 };
	int rc = one(c, false, &image, err);
	return rc ? rc : img_print_inspect(&c->s, &image, &c->p, &c->out, err);
}

static int history(struct call *c, struct lb_err *err)
{
	img_autoimage struct img_image image = { 0 };
	int rc = one(c, false, &image, err);
	return rc ? rc : img_print_history(&c->s, &image, &c->p, &c->out, err);
}

static int layers(struct call *c, struct lb_err *err)
{
	img_autoimage struct img_image image = { 0 };
	int rc = one(c, true, &image, err);
	return rc ? rc : img_print_layers(&c->s, &image, &c->p, &c->out, err);
}

static int files(struct call *c, struct lb_err *err)
{
	img_autoimage struct img_image image = { 0 };
	int rc = one(c, true, &image, err);
	c->p.path = c->operands.count > 1 ? c->operands.items[1] : NULL;
	return rc ? rc : img_print_files(&image, &c->p, &c->out, err);
}

static int diff(struct call *c, struct lb_err *err)
{
	img_autoimage struct img_image a = { 0 }, b = { 0 };
	int rc = one(c, true, &a, err);
	if (!rc)
		rc = img_find(&c->s, c->operands.items[1], &b, err);
	if (!rc)
		rc = img_read_layers(&c->s, &b, &a, err);
	return rc ? rc : img_print_diff(&c->s, &a, &b, &c->p, &c->out, err);
}

/* All names are looked up before the first is taken away. */
static int remove_names(struct call *c, struct lb_err *err)
{
	lb_autostrv struct lb_strv names = { 0 };
	int rc = 0;
	for (size_t i = 0; !rc && i < c->operands.count; i++) {
		img_autoimage struct img_image image = { 0 };
		const char *name = c->operands.items[i];
		rc = img_find(&c->s, name, &image, err);
		if (!rc && strncmp(image.name, name, strlen(name)) != 0)
			rc = lb_fail(err, LB_USAGE, "lbench image rm takes names; '%s' is a digest, of '%s' among others", name,
				     image.name);
		if (!rc)
			lb_strv_add(&names, image.name);
	}
	for (size_t i = 0; !rc && i < names.count; i++) {
		rc = lb_store_untag(c->s.store, names.items[i], err);
		if (rc == LB_NOT_FOUND)
			rc = lb_recode(err, LB_INVALID);
	}
	return rc;
}

static int add_name(struct call *c, struct lb_err *err)
{
	img_autoimage struct img_image image = { 0 };
	lb_autofree char *name = NULL;
	int rc = img_full_name(c->operands.items[1], &name, err);
	if (!rc)
		rc = one(c, false, &image, err);
	return rc ? rc
		  : lb_store_tag(c->s.store, name, &image.manifest, image.manifest_bytes, "application/vnd.oci.image.manifest.v1+json",
				 err);
}

/* ---- the table ---- */

enum { FORMAT = 1, ALL = 2, LAYER = 4, MANIFEST = 8 };
static const struct sub {
	const char *name, *operands;
	size_t least, most; /* operands */
	unsigned options;
	int (*run)(struct call *c, struct lb_err *err);
	const char *summary;
} subs[] = {
	{ "ls", "[PATTERN]", 0, 1, FORMAT, list, "the images, with what each has for itself alone" },
	{ "inspect", "NAME", 1, 1, MANIFEST, inspect, "its configuration, as JSON" },
	{ "history", "NAME", 1, 1, FORMAT, history, "every instruction, those without a layer too" },
	{ "layers", "NAME", 1, 1, FORMAT, layers, "each layer: what made it, what it changes, who else has it, what of it is wasted" },
	{ "files", "NAME [PATH]", 1, 2, FORMAT | LAYER, files, "the files, with the layer that each comes from; or those of one layer" },
	{ "diff", "A B", 2, 2, FORMAT | ALL, diff, "what differs, layer by layer" },
	{ "tag", "NAME NEW", 2, 2, 0, add_name, "a further name for an image" },
	{ "rm", "NAME…", 1, SIZE_MAX, 0, remove_names, "takes a name away; 'lbench store gc' frees the bytes" },
};

static size_t option_table(struct call *c, unsigned which, struct option *table)
{
	const struct {
		unsigned bit;
		struct option option;
	} rows[] = {
		{ 0, { "store", 0, OPTION_TEXT, &c->store, "DIR", "the layer store (default: .lbench/store, or else results/.store)" } },
		{ 0, { "platform", 0, OPTION_TEXT, &c->platform, "OS/ARCH", "of an image for several (default: linux/amd64)" } },
		{ LAYER,
		  { "layer", 0, OPTION_NUMBER, &c->p.layer, "N", "only the entries of that layer, from 1: A new, M replaces, D removes" } },
		{ LAYER, { "digests", 0, OPTION_FLAG, &c->p.digests, NULL, "the sha256 of each file" } },
		{ ALL, { "all", 0, OPTION_FLAG, &c->p.all, NULL, "every file, not only the first ones of a layer" } },
		{ MANIFEST, { "manifest", 0, OPTION_FLAG, &c->p.manifest, NULL, "the manifest instead" } },
		{ FORMAT, { "format", 0, OPTION_TEXT, &c->format, "NAME", "table, json (default: table)" } },
		{ FORMAT, { "no-color", 0, OPTION_FLAG, &c->no_color, NULL, "no colour on a terminal" } },
	};
	size_t n = 0;
	for (size_t i = 0; i < LB_COUNT(rows); i++)
		if (!rows[i].bit || (rows[i].bit & which))
			table[n++] = rows[i].option;
	return n;
}

static int parse(struct call *c, const struct sub *sub, int argc, char **argv, struct lb_err *err)
{
	struct option table[8];
	lb_autofree char *name = lb_format("image %s", sub->name);
	lb_autofree char *wanted = lb_format("it takes %s; see 'lbench image %s -h'", sub->operands, sub->name);
	struct usage u = { name, sub->operands, sub->summary, table, option_table(c, sub->options, table),
			   .least = sub->least, .most = sub->most, .wanted = wanted };
	int rc = command_start(&u, argc, argv, &c->operands, err);
	return rc ? rc : output_format(c->format, &c->p.json, err);
}

static int run_sub(const struct sub *sub, int argc, char **argv, struct lb_err *err)
{
	struct call c = { 0 };
	int rc = parse(&c, sub, argc, argv, err);
	if (!rc)
		rc = img_store_open(c.store, false, &c.s, err);
	if (!rc) {
		c.s.platform = c.platform;
		c.p.width = terminal_width();
		c.p.color = use_color(c.no_color);
		rc = sub->run(&c, err);
	}
	if (!rc)
		rc = print_out(&c.out, err);
	img_store_release(&c.s);
	lb_strv_release(&c.operands);
	lb_buf_release(&c.out);
	return rc;
}

static int help_all(struct lb_err *err)
{
	lb_autobuf struct lb_buf out = { 0 };
	lb_buf_adds(&out, "usage: lbench image COMMAND …\n\nLooks into the images of a store, as git looks into commits.\n\n");
	for (size_t i = 0; i < LB_COUNT(subs); i++) {
		lb_autofree char *left = lb_format("%s %s", subs[i].name, subs[i].operands);
		lb_buf_adds(&out, "  ");
		pad_to(&out, left, 20);
		lb_buf_addf(&out, " %s\n", subs[i].summary);
	}
	lb_buf_adds(&out,
		    "\n'lbench run' names its images SCENARIO/VARIANT:EDIT, 'lbench build' as -t says. The store is --store DIR, else\n"
		    ".lbench/store, else results/.store, the first that is here.\n");
	return print_out(&out, err);
}

int cmd_image(int argc, char **argv, struct lb_err *err)
{
	const char *names[LB_COUNT(subs)];
	if (argc < 2)
		return lb_fail(err, LB_USAGE, "lbench image: which command? 'lbench image -h' lists them");
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return help_all(err);
	for (size_t i = 0; i < LB_COUNT(subs); i++) {
		names[i] = subs[i].name;
		if (strcmp(argv[1], subs[i].name) == 0)
			return run_sub(&subs[i], argc - 1, argv + 1, err);
	}
	const char *near = nearest_word(argv[1], names, LB_COUNT(names));
	if (near)
		return lb_fail(err, LB_USAGE, "lbench image: there is no command '%s'; did you mean '%s'?", argv[1], near);
	return lb_fail(err, LB_USAGE, "lbench image: there is no command '%s'; 'lbench image -h' lists them", argv[1]);
}
