/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "image/build.h"
#include "options.h"

struct call {
	struct img_build_options o;
	struct option_pairs args, contexts, bases;
	const char *name, *policy, *mode, *compression, *store, *format;
	bool no_color, quiet, json;
	struct lb_strv operands;
	char *full_name;
};

static void call_release(struct call *c)
{
	option_pairs_release(&c->args);
	option_pairs_release(&c->contexts);
	option_pairs_release(&c->bases);
	lb_strv_release(&c->operands);
	free(c->full_name);
}

enum { OPTIONS = 17 };
static size_t option_table(struct call *c, struct option *table)
{
	const struct option rows[] = {
		{ "tag", 't', OPTION_TEXT, &c->name, "NAME[:TAG]", "what the image is called in the store" },
		{ "file", 'f', OPTION_TEXT, &c->o.file, "FILE", "the Dockerfile, - for standard input (default: DIR/Dockerfile)" },
		{ "target", 0, OPTION_TEXT, &c->o.target, "STAGE", "build up to this stage" },
		{ "build-arg", 0, OPTION_PAIR, &c->args, "NAME=VALUE", "a build argument; may repeat" },
		{ "build-context", 0, OPTION_PAIR, &c->contexts, "NAME=DIR", "a further context; may repeat" },
		{ "base", 0, OPTION_PAIR, &c->bases, "NAME=WHERE",
		  "what FROM NAME stands for: dir:PATH, tar:FILE, oci:DIR[:NAME], busybox" },
		{ "platform", 0, OPTION_TEXT, &c->o.platform, "OS/ARCH", "default: linux/amd64" },
		{ "no-cache", 0, OPTION_FLAG, &c->o.no_cache, NULL, "carry every step out" },
		{ "policy", 0, OPTION_TEXT, &c->policy, "NAME[@VERSION]", "whose cache rules decide (default: buildkit)" },
		{ "run", 0, OPTION_TEXT, &c->mode, "MODE",
		  "how RUN is carried out: exec (really), model, dry (decide only, leave nothing; default: model)" },
		{ "keep-times", 0, OPTION_FLAG, &c->o.keep_times, NULL, "exec: files keep the times that a RUN gave them" },
		{ "compression", 0, OPTION_TEXT, &c->compression, "NAME", "of layers: igzip, gzip, zstd, none (default: igzip)" },
		{ "push", 0, OPTION_TEXT, &c->o.push, "oci:DIR", "push the image there too, under its name" },
		{ "store", 0, OPTION_TEXT, &c->store, "DIR", "the layer store (default: .lbench/store, or else results/.store)" },
		{ "format", 0, OPTION_TEXT, &c->format, "NAME", "table, json (default: table)" },
		{ "no-color", 0, OPTION_FLAG, &c->no_color, NULL, "no colour on a terminal" },
		{ "quiet", 'q', OPTION_FLAG, &c->quiet, NULL, "no warnings" },
	};
	_Static_assert(LB_COUNT(rows) <= OPTIONS, "table fits");
	memcpy(table, rows, sizeof(rows));
	return LB_COUNT(rows);
}

static int resolve_mode(struct call *c, struct lb_err *err)
{
	if (!c->mode || strcmp(c->mode, "model") == 0)
		c->o.mode = LB_RUN_MODEL;
	else if (strcmp(c->mode, "dry") == 0)
		c->o.mode = LB_RUN_DRY;
	else if (strcmp(c->mode, "exec") == 0)
		c->o.mode = LB_RUN_EXEC;
	else
		return lb_fail(err, LB_USAGE, "--run is exec, model or dry; not '%s'", c->mode);
	if (c->o.keep_times && c->o.mode != LB_RUN_EXEC)
		return lb_fail(err, LB_USAGE, "--keep-times is for --run exec");
	return 0;
}

static int check_push(const struct call *c, struct lb_err *err)
{
	if (!c->o.push)
		return 0;
	if (strncmp(c->o.push, "oci:", 4) != 0 || !c->o.push[4])
		return lb_fail(err, LB_USAGE, "--push is oci:DIR, not '%s': registries are not reached yet", c->o.push);
	if (strchr(c->o.push + strlen("oci:"), ':'))
		return lb_fail(err, LB_USAGE, "--push is oci:DIR, not '%s': there the image is called what -t says", c->o.push);
	if (!c->name)
		return lb_fail(err, LB_USAGE, "--push needs a name: -t NAME");
	if (c->o.mode == LB_RUN_DRY)
		return lb_fail(err, LB_USAGE, "--push: --run dry makes no image");
	return 0;
}

static int resolve(struct call *c, struct lb_err *err)
{
	if (c->operands.count != 1)
		return lb_fail(err, LB_USAGE, "lbench build: one project directory is needed, e.g. lbench build . -t app");
	c->o.dir = c->operands.items[0];
	c->o.args = &c->args.pairs;
	c->o.contexts = &c->contexts.pairs;
	c->o.bases = &c->bases.pairs;
	c->o.cancel = &interrupted;
	int rc = output_format(c->format, &c->json, err);
	if (!rc && lb_policy_find(c->policy ? c->policy : "buildkit", &c->o.policy, err))
		rc = lb_recode(err, LB_USAGE);
	if (!rc && c->compression && lb_compression_parse(c->compression, &c->o.compression, err))
		rc = lb_recode(err, LB_USAGE);
	if (!rc && c->name)
		rc = img_full_name(c->name, &c->full_name, err);
	c->o.name = c->full_name;
	if (!rc)
		rc = resolve_mode(c, err);
	return rc ? rc : check_push(c, err);
}

static int build(struct call *c, struct lb_err *err)
{
	img_autostore struct img_store s = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	struct img_build b = { 0 };
	int rc = img_store_open(c->store, true, &s, err);
	if (!rc) {
		s.platform = c->o.platform;
		catch_signals();
		rc = img_build(&s, &c->o, &b, err);
	}
	for (size_t i = 0; !c->quiet && i < b.warnings.count; i++)
		fprintf(stderr, "%s\n", b.warnings.items[i]);
	struct lb_err failed;
	if (b.built)
		img_build_print(&b, &c->o, &s, c->json, terminal_width(), use_color(c->no_color), &text);
	int printed = print_out(&text, rc ? &failed : err);
	img_build_release(&b);
	return rc ? rc : printed;
}

int cmd_build(int argc, char **argv, struct lb_err *err)
{
	struct call c = { 0 };
	struct option table[OPTIONS];
	struct usage u = {
		"build", "DIR",
		"Builds one image of a project into the store, against a cache that the store keeps.\n"
		"FROM finds what --base says, then the bases of DIR/lbench.yaml, then images of the store; of any other base only\n"
		"the name is known.",
		table, option_table(&c, table), .least = 0
	};
	int rc = command_start(&u, argc, argv, &c.operands, err);
	if (!rc)
		rc = resolve(&c, err);
	if (!rc)
		rc = build(&c, err);
	call_release(&c);
	return rc;
}
