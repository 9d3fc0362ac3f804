/* SPDX-License-Identifier: Apache-2.0 */
#include "resumed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"

static const char *text_at(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s ? s : "";
}

static void take_arguments(struct resumed *r, const json_t *list)
{
	r->argv = lb_calloc(json_array_size(list) + 2, sizeof(*r->argv));
	r->argv[r->argc++] = (char[]){ "run" };
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_is_string(json_array_get(list, i)))
			r->argv[r->argc++] = (char *)json_string_value(json_array_get(list, i));
}

static int read_run(struct resumed *r, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(r->dir, "run.json");
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, path, &text, err);
	if (rc == LB_NOT_FOUND)
		return lb_fail(err, LB_INVALID, "%s: not a result (it has no run.json)", r->dir);
	return rc ? rc : lb_json_parse(path, lb_buf_str(&text), text.len, &r->run, err);
}

int resumed_read(const char *result, struct resumed *out, struct lb_err *err)
{
	*out = (struct resumed){ .dir = realpath(result, NULL) };
	if (!out->dir)
		return lb_fail(err, LB_INVALID, "%s: there is no such result", result);
	int rc = read_run(out, err);
	if (rc)
		return rc;
	const json_t *command = json_object_get(out->run, "command"), *times = json_object_get(out->run, "resumed");
	out->run_id = text_at(out->run, "run_id");
	out->started = text_at(out->run, "started");
	out->operand = text_at(command, "scenario");
	out->complete = strcmp(text_at(out->run, "status"), "done") == 0;
	for (size_t i = 0; i < json_array_size(times); i++)
		if (json_is_string(json_array_get(times, i)))
			lb_strv_add(&out->times, json_string_value(json_array_get(times, i)));
	take_arguments(out, json_object_get(command, "arguments"));
	if (!*out->run_id || !*out->operand)
		return lb_fail(err, LB_INVALID, "%s/run.json does not say which command made it", out->dir);
	return 0;
}

void resumed_release(struct resumed *r)
{
	json_decref(r->run);
	lb_strv_release(&r->times);
	free(r->argv);
	free(r->dir);
	*r = (struct resumed){ 0 };
}

int resumed_enter(const struct resumed *r, struct lb_err *err)
{
	const char *dir = text_at(json_object_get(r->run, "command"), "directory");
	if (chdir(dir) == 0)
		return 0;
	int e = errno;
	lb_fail_errno(err, e, "%s was made in %s", r->dir, dir);
	return lb_recode(err, LB_INVALID);
}

static bool is_given(const struct option *o)
{
	switch (o->kind) {
	case OPTION_FLAG:
		return *(const bool *)o->target;
	case OPTION_TEXT:
		return *(const char **)o->target != NULL;
	case OPTION_NUMBER:
		return *(const unsigned *)o->target != 0;
	case OPTION_LIST:
	case OPTION_EACH:
		return ((const struct lb_strv *)o->target)->count != 0;
	case OPTION_PAIR:
		return ((const struct option_pairs *)o->target)->pairs.count != 0;
	}
	return false;
}

static void take_over(const struct option *from, const struct option *to)
{
	if (from->kind == OPTION_FLAG)
		*(bool *)to->target = true;
	else if (from->kind == OPTION_TEXT)
		*(const char **)to->target = *(const char **)from->target;
	else
		*(unsigned *)to->target = *(const unsigned *)from->target;
}

int resumed_override(const struct option *given, const struct option *to, size_t count, struct lb_err *err)
{
	static const char *const harmless[] = { "format", "details", "jobs", "keep", "no-plots", "no-color", "quiet", "verbose" };
	for (size_t i = 0; i < count; i++) {
		bool takes = false;
		for (size_t k = 0; k < LB_COUNT(harmless); k++)
			takes = takes || strcmp(given[i].name, harmless[k]) == 0;
		if (!is_given(&given[i]) || strcmp(given[i].name, "resume") == 0)
			continue;
		if (!takes)
			return lb_fail(err, LB_USAGE,
				       "lbench run --resume does what the interrupted command was told; --%s cannot be changed",
				       given[i].name);
		take_over(&given[i], &to[i]);
	}
	return 0;
}
