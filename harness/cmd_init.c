/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "init/init.h"
#include "lbench/fs.h"
#include "ledger/ledger.h"
#include "options.h"
#include "scenario/scenario.h"

struct request {
	const char *out;
	bool dry, quiet;
};

/* ---- writing ---- */

static int is_there(const char *path, struct lb_err *err)
{
	return lb_fail(err, LB_CANTCREAT, "%s is there already; nothing was changed (--out FILE writes elsewhere, --dry-run prints)", path);
}

static int cannot_create(const char *path, struct lb_err *err)
{
	lb_fail_errno(err, errno, "%s", path);
	return lb_recode(err, LB_CANTCREAT);
}

static int write_new(int fd, const struct lb_buf *text, const char *path, struct lb_err *err)
{
	int rc = lb_fs_write_fd(fd, text->data, text->len, path, err);
	if (!rc && fsync(fd) != 0)
		rc = lb_fail_errno(err, errno, "%s", path);
	return rc;
}

/* Whole or not at all, and never in the place of what is there: under a name of its own first, then given its name,
 * which fails where that is taken by now. */
static int publish(const char *path, const struct lb_buf *text, struct lb_err *err)
{
	lb_autofree char *dir = lb_path_dir(path);
	lb_autofree char *own = lb_format("%s/.lbench-init-%ld", dir, (long)getpid());
	lb_autofd int fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return cannot_create(path, err);
	int rc = write_new(fd, text, path, err);
	if (!rc && renameat2(AT_FDCWD, own, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (!rc && errno == EINVAL && link(own, path) == 0) {
		unlink(own);
		return 0;
	}
	if (!rc && errno == EEXIST)
		rc = is_there(path, err);
	else if (!rc)
		rc = cannot_create(path, err);
	unlink(own);
	return rc;
}

static int refuse_existing(const char *dir, const struct request *q, struct lb_err *err)
{
	static const char *const names[] = { "lbench.yaml", "scenario.yaml" };
	if (q->dry)
		return 0;
	if (q->out)
		return lb_fs_exists(AT_FDCWD, q->out) ? is_there(q->out, err) : 0;
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		lb_autofree char *joined = lb_path_join(dir, names[i]);
		lb_autofree char *path = lb_path_clean(joined);
		if (lb_fs_exists(AT_FDCWD, path))
			return is_there(path, err);
	}
	return 0;
}

/* ---- what was found ---- */

static void say_edits(const struct init *in, struct lb_buf *out)
{
	size_t weighted = 0;
	for (size_t i = 0; i < in->edits_count; i++)
		weighted += in->edits[i].weight > 0;
	if (in->counted)
		lb_buf_addf(out, "  %zu kind%s of commits, weighted by %zu commit%s of the git history\n", weighted,
			    weighted == 1 ? "" : "s", in->history->commits_count, in->history->commits_count == 1 ? "" : "s");
	else
		lb_buf_addf(out, "  %zu kind%s of commits, weights assumed: %s\n", weighted, weighted == 1 ? "" : "s",
			    in->history ? "the git history is too short to count" : "no git history here");
}

static void say_dockerfiles(const struct init *in, struct lb_buf *out)
{
	lb_buf_adds(out, "  ");
	for (size_t i = 0; i < in->dockerfiles_count; i++)
		lb_buf_addf(out, "%s%s", i ? ", " : "", in->dockerfiles[i].path);
	lb_buf_addf(out, ": %zu of %zu RUN%s known to the catalogue (declared seconds and bytes, not measured)\n", in->runs_known, in->runs,
		    in->runs == 1 ? "" : "s");
	for (size_t i = 0; i < in->unknown.count; i++)
		lb_buf_addf(out, "  unknown: %s\n", in->unknown.items[i]);
	for (size_t i = 0; i < in->left_out.count; i++)
		lb_buf_addf(out, "  left out: %s\n", in->left_out.items[i]);
}

static void say_installed(const struct init *in, const struct lb_ignore *ignore, struct lb_buf *out)
{
	for (size_t i = 0; i < in->context->entries_count; i++) {
		const struct lb_entry *e = &in->context->entries[i];
		const char *line = NULL;
		if (!lb_node_is_dir(e->node) || ledger_classify(e->name, true, &line) != LEDGER_INSTALLED ||
		    lb_ignore_matches(ignore, e->name, strlen(e->name)))
			continue;
		uint64_t files = lb_tree_count(e->node).files;
		lb_buf_addf(out, "  %s (%llu file%s) is part of the context, installed here and not by a RUN: add %s to .dockerignore\n",
			    e->name, (unsigned long long)files, files == 1 ? "" : "s", line);
	}
}

/* Docker sends what lies beside the Dockerfile; lbench leaves its own results out of what it builds. */
static void say_ignore(const struct init *in, struct lb_buf *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autoignore struct lb_ignore *ignore = NULL;
	const struct lb_node *n = lb_tree_get(in->context, ".dockerignore");
	if (n && n->content && lb_content_load(n->content, &text, NULL) == 0)
		lb_ignore_parse(".dockerignore", lb_buf_str(&text), text.len, &ignore, NULL);
	if (lb_node_is_dir(lb_tree_get(in->context, ".git")) && !lb_ignore_matches(ignore, ".git", 4))
		lb_buf_adds(out, "  .git is part of the context, and every commit changes it: add it to .dockerignore\n");
	say_installed(in, ignore, out);
	if (!lb_ignore_matches(ignore, ".lbench", 7))
		lb_buf_adds(out, "  add to .dockerignore, so that docker does not send them: .lbench lbench.yaml\n");
}

/* As a word that a shell reads back. */
static void add_word(struct lb_buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@%,=-";
	bool quote = !*word || word[strspn(word, plain)];
	lb_buf_adds(out, quote ? "'" : "");
	for (; *word; word++) {
		if (*word == '\'')
			lb_buf_adds(out, "'\\'");
		lb_buf_addc(out, *word);
	}
	lb_buf_adds(out, quote ? "'" : "");
}

static void say_command(struct lb_buf *out, const char *command, const char *operand)
{
	lb_buf_addf(out, "  lbench %s ", command);
	add_word(out, operand);
}

static void say_next(const struct init *in, const char *written, struct lb_buf *out)
{
	const char *file = in->chosen[INIT_SOURCE] ? in->chosen[INIT_SOURCE] : in->chosen[INIT_DEPENDENCIES];
	lb_autofree char *lbench = lb_path_join(in->dir, "lbench.yaml");
	lb_autofree char *clean = lb_path_clean(lbench);
	if (written && strcmp(written, clean) != 0)
		return;
	lb_autofree char *name = realpath(in->dir, NULL);
	lb_autofree char *below = lb_format("%s/.lbench/results/%s/latest", in->dir, name ? lb_path_base(name) : "");
	lb_autofree char *latest = lb_path_clean(below);
	lb_buf_adds(out, "next:\n");
	say_command(out, "run", in->dir);
	if (file) {
		lb_buf_addc(out, '\n');
		say_command(out, "plan", in->dir);
		lb_buf_adds(out, " --touch ");
		add_word(out, file);
	}
	lb_buf_addc(out, '\n');
	say_command(out, "explain", latest);
	lb_buf_addc(out, '\n');
	say_command(out, "report", latest);
	lb_buf_addc(out, '\n');
}

static void say(const struct init *in, const char *written, struct lb_buf *out)
{
	lb_buf_addf(out, "%s %s\n", written ? "wrote" : "would write", written ? written : "lbench.yaml");
	say_dockerfiles(in, out);
	say_edits(in, out);
	say_ignore(in, out);
	if (written)
		say_next(in, written, out);
}

/* ---- the command ---- */

/* What is written has to run: it is read as run will read it. */
static int check(const struct init *in, struct lb_err *err)
{
	scn_autoscenario struct scenario *s = NULL;
	struct scn_load_options o = { .project_text = lb_buf_str((struct lb_buf *)&in->text) };
	return scenario_load(in->dir, &o, &s, err);
}

static int init_one(const char *dir, const struct request *q, struct lb_err *err)
{
	init_auto struct init *in = NULL;
	lb_autobuf struct lb_buf summary = { 0 };
	int rc = refuse_existing(dir, q, err);
	if (!rc)
		rc = init_make(dir, &in, err);
	if (!rc)
		rc = check(in, err);
	if (rc)
		return rc;
	lb_autofree char *joined = q->out ? lb_strdup(q->out) : lb_path_join(dir, "lbench.yaml");
	lb_autofree char *path = lb_path_clean(joined);
	if (!q->dry)
		rc = publish(path, &in->text, err);
	if (rc)
		return rc;
	say(in, q->dry ? NULL : path, &summary);
	if (q->quiet)
		lb_buf_clear(&summary);
	if (!q->dry)
		return print_out(&summary, err);
	fputs(lb_buf_str(&summary), stderr);
	return print_out(&in->text, err);
}

int cmd_init(int argc, char **argv, struct lb_err *err)
{
	struct request q = { 0 };
	const struct option table[] = {
		{ "out", 0, OPTION_TEXT, &q.out, "FILE", "write there instead of DIR/lbench.yaml" },
		{ "dry-run", 'n', OPTION_FLAG, &q.dry, NULL, "write nothing: print the file" },
		{ "quiet", 'q', OPTION_FLAG, &q.quiet, NULL, "do not say what was found" },
	};
	struct usage u = {
		"init",
		"DIR",
		"Writes DIR/lbench.yaml for a project with a Dockerfile: what changes in it and how often (from the git history),\n"
		"and what its RUNs depend on, take and write as far as a catalogue of well-known commands tells. Declared figures are\n"
		"marked. Nothing is overwritten: where lbench.yaml or scenario.yaml is there, exit 73.",
		table,
		LB_COUNT(table),
		.least = 1,
		.most = 1,
		.wanted = "which project? e.g. lbench init ."
	};
	lb_autostrv struct lb_strv operands = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	return rc ? rc : init_one(operands.items[0], &q, err);
}
