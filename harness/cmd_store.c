/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "image/print.h"
#include "options.h"
#include "scenario/fields.h"

struct call {
	struct img_print p;
	const char *store, *format, *keep;
	bool no_color;
	struct img_store s;
	struct lb_buf out;
};

static int usage(struct call *c, struct lb_err *err)
{
	return img_print_usage(&c->s, &c->p, &c->out, err);
}

static int collect(struct call *c, struct lb_err *err)
{
	uint64_t keep = 0, freed;
	if (c->keep && !scn_size_parse(c->keep, &keep) && strcmp(c->keep, "0") != 0)
		return lb_fail(err, LB_USAGE, "--keep-bytes takes a size with its unit (500MB, 2GiB), not '%s'", c->keep);
	int rc = img_store_collect(&c->s, keep, time(NULL), &freed, err);
	if (rc)
		return rc;
	lb_buf_adds(&c->out, "freed ");
	img_bytes(&c->out, freed);
	lb_buf_addc(&c->out, '\n');
	return 0;
}

static void add_line(void *arg, const char *text)
{
	lb_buf_addf(arg, "%s\n", text);
}

static int check(struct call *c, struct lb_err *err)
{
	struct lb_fsck_report r;
	int rc = lb_store_fsck(c->s.store, &r, add_line, &c->out, err);
	if (rc)
		return rc;
	lb_buf_addf(&c->out, "%" PRIu64 " blob%s, ", r.blobs, img_plural(r.blobs));
	img_bytes(&c->out, r.bytes);
	lb_buf_addf(&c->out, ": %" PRIu64 " bad, %" PRIu64 " missing", r.bad_blobs, r.missing);
	if (r.temporaries)
		lb_buf_addf(&c->out, "; %" PRIu64 " left by processes that were killed ('lbench store gc' removes them)", r.temporaries);
	lb_buf_addc(&c->out, '\n');
	return r.bad_blobs || r.missing ? COMMAND_VERDICT : 0;
}

enum { FORMAT = 1, KEEP = 2 };
static const struct sub {
	const char *name;
	unsigned options;
	int (*run)(struct call *c, struct lb_err *err);
	const char *summary;
} subs[] = {
	{ "du", FORMAT, usage, "whose bytes they are: what images share, and what none of them needs" },
	{ "gc", KEEP, collect, "frees what no image needs, what was used least lately first" },
	{ "fsck", 0, check, "reads every blob; 1 when one is bad or missing" },
};

static int parse(struct call *c, const struct sub *sub, int argc, char **argv, struct lb_err *err)
{
	struct option table[4] = {
		{ "store", 0, OPTION_TEXT, &c->store, "DIR", "the layer store (default: .lbench/store, or else results/.store)" },
	};
	size_t n = 1;
	if (sub->options & FORMAT) {
		table[n++] = (struct option){ "format", 0, OPTION_TEXT, &c->format, "NAME", "table, json (default: table)" };
		table[n++] = (struct option){ "no-color", 0, OPTION_FLAG, &c->no_color, NULL, "no colour on a terminal" };
	}
	if (sub->options & KEEP)
		table[n++] = (struct option){ "keep-bytes", 0,      OPTION_TEXT,
					      &c->keep,     "SIZE", "stop when this much is left: 500MB, 2GiB (default: 0)" };
	lb_autofree char *name = lb_format("store %s", sub->name);
	lb_autostrv struct lb_strv operands = { 0 };
	struct usage u = { name, "", sub->summary, table, n, .least = 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc && operands.count)
		rc = lb_fail(err, LB_USAGE, "lbench store %s: '%s' is too much; the store is --store DIR", sub->name, operands.items[0]);
	return rc ? rc : output_format(c->format, &c->p.json, err);
}

static int run_sub(const struct sub *sub, int argc, char **argv, struct lb_err *err)
{
	struct call c = { 0 };
	int rc = parse(&c, sub, argc, argv, err);
	if (!rc)
		rc = img_store_open(c.store, false, &c.s, err);
	if (!rc) {
		c.p.width = terminal_width();
		c.p.color = use_color(c.no_color);
		rc = sub->run(&c, err);
	}
	int printed = rc >= 0 ? print_out(&c.out, err) : 0;
	img_store_release(&c.s);
	lb_buf_release(&c.out);
	return printed ? printed : rc;
}

static int help_all(struct lb_err *err)
{
	lb_autobuf struct lb_buf out = { 0 };
	lb_buf_adds(&out, "usage: lbench store COMMAND …\n\nThe store of layers by itself.\n\n");
	for (size_t i = 0; i < LB_COUNT(subs); i++)
		lb_buf_addf(&out, "  %-6s %s\n", subs[i].name, subs[i].summary);
	lb_buf_adds(&out, "\nThe store is --store DIR, else .lbench/store, else results/.store, the first that is here.\n");
	return print_out(&out, err);
}

int cmd_store(int argc, char **argv, struct lb_err *err)
{
	if (argc < 2)
		return lb_fail(err, LB_USAGE, "lbench store: which command? du, gc or fsck");
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return help_all(err);
	for (size_t i = 0; i < LB_COUNT(subs); i++)
		if (strcmp(argv[1], subs[i].name) == 0)
			return run_sub(&subs[i], argc - 1, argv + 1, err);
	return lb_fail(err, LB_USAGE, "lbench store: there is no command '%s'; it knows du, gc and fsck", argv[1]);
}
