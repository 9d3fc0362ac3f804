/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/command.h"

#include <string.h>

#include "lbench/fs.h"

void command_line_release(struct command_line *l)
{
	lb_strv_release(&l->names);
	lb_strv_release(&l->options);
	lb_strv_release(&l->values);
	lb_strv_release(&l->files);
	free(l->dir);
}

bool command_line_has(const struct command_line *l, const char *options)
{
	for (size_t i = 0; i < l->options.count; i++)
		if (catalog_listed(options, l->options.items[i]))
			return true;
	return false;
}

const char *command_line_value(const struct command_line *l, const char *options)
{
	for (size_t i = l->options.count; i-- > 0;)
		if (catalog_listed(options, l->options.items[i]) && *l->values.items[i])
			return l->values.items[i];
	return NULL;
}

char *command_line_path(const struct command_line *l, const char *path)
{
	lb_autofree char *joined = lb_path_join(l->dir, path);
	return lb_path_clean(joined);
}

const char *command_line_find(const struct command_line *l, const struct view *v, const char *path)
{
	lb_autofree char *full = command_line_path(l, path);
	return view_find(v, full);
}

/* Where the tool's own words begin: `python -m pip` is pip. */
static size_t find_tool(const struct lb_strv *w)
{
	const char *first = lb_path_base(w->items[0]);
	bool python = strncmp(first, "python", 6) == 0;
	return python && w->count > 2 && strcmp(w->items[1], "-m") == 0 && strncmp(w->items[2], "pip", 3) == 0 ? 2 : 0;
}

static void take_option(struct command_line *l, const struct catalog_tool *tool, const char *name, const char *value)
{
	lb_strv_add(&l->options, name);
	lb_strv_add(&l->values, value);
	if (catalog_listed(tool->dirs, name) && *value) {
		lb_autofree char *joined = lb_path_join(l->dir, value);
		free(l->dir);
		l->dir = lb_path_clean(joined);
	}
	if (catalog_listed(tool->files, name) && *value)
		lb_strv_add(&l->files, value);
}

static bool takes_value(const struct catalog_tool *tool, const char *name)
{
	return catalog_listed(tool->valued, name) || catalog_listed(tool->dirs, name) || catalog_listed(tool->files, name);
}

/* "--name=value", "-rFILE", "--name value", "-y". Returns how many words it took. */
static size_t read_option(struct command_line *l, const struct catalog_tool *tool, const struct lb_strv *w, size_t i)
{
	const char *word = w->items[i], *equal = strchr(word, '=');
	lb_autofree char *shortened = lb_strndup(word, 2);
	if (equal && word[1] == '-') {
		lb_autofree char *name = lb_strndup(word, (size_t)(equal - word));
		take_option(l, tool, name, equal + 1);
		return 1;
	}
	if (word[1] != '-' && word[1] && word[2] && takes_value(tool, shortened)) {
		take_option(l, tool, shortened, word + 2);
		return 1;
	}
	bool value = takes_value(tool, word) && i + 1 < w->count;
	take_option(l, tool, word, value ? w->items[i + 1] : "");
	return value ? 2 : 1;
}

/* A directory option may name the file itself: mvn -f services/api/pom.xml. */
static void settle_dir(struct command_line *l, const struct view *v)
{
	const char *from = view_find(v, l->dir);
	const struct lb_node *n = from ? lb_tree_get(v->context, from) : NULL;
	if (!n || n->attr.kind == LB_DIR)
		return;
	lb_strv_add(&l->files, l->dir);
	char *dir = lb_path_dir(l->dir);
	free(l->dir);
	l->dir = dir;
}

void command_line_read(const struct shell_command *c, const struct view *v, struct command_line *out)
{
	const struct lb_strv *w = &c->words;
	size_t i = find_tool(w);
	*out = (struct command_line){ .tool = lb_path_base(w->items[i]), .dir = lb_strdup(c->cwd) };
	const struct catalog_tool *tool = catalog_tool_find(out->tool);
	for (i++; i < w->count;) {
		const char *word = w->items[i];
		if (*word == '-' && word[1]) {
			i += read_option(out, tool, w, i);
			continue;
		}
		if (!out->verb)
			out->verb = word;
		else
			lb_strv_add(&out->names, word);
		i++;
	}
	/* what `--version` asks for is what it does */
	if (!out->verb && command_line_has(out, "--version"))
		out->verb = "--version";
	settle_dir(out, v);
}
