/* SPDX-License-Identifier: Apache-2.0
 *
 * The "config" object of an image (OCI image-spec config.md, and docker's OnBuild, Healthcheck, Shell), its
 * members in the order in which docker writes them; empty ones are left out.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

static void set(json_t *out, const char *key, json_t *value)
{
	json_object_set_new(out, key, value);
}

/* Text that is not UTF-8 cannot stand in JSON: such bytes become U+FFFD, as engines write them. */
static json_t *text(const char *s)
{
	json_t *j = json_string(s);
	if (j)
		return j;
	lb_autobuf struct lb_buf quoted = { 0 };
	struct lb_json w = { .out = &quoted };
	lb_json_str(&w, s);
	return json_loadb(quoted.data, quoted.len, JSON_DECODE_ANY, NULL);
}

static void set_text(json_t *out, const char *key, const char *s)
{
	if (s && *s)
		set(out, key, text(s));
}

static void set_list(json_t *out, const char *key, char *const *items, size_t count, bool present)
{
	if (!count && !present)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, text(items[i]));
	set(out, key, list);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* {"80/tcp":{}}, sorted */
static void set_keys(json_t *out, const char *key, char *const *items, size_t count)
{
	if (!count)
		return;
	char **sorted = lb_calloc(count, sizeof(*sorted));
	memcpy(sorted, items, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_text);
	json_t *object = json_object();
	for (size_t i = 0; i < count; i++)
		json_object_set_new(object, sorted[i], json_object());
	set(out, key, object);
	free(sorted);
}

static void set_env(json_t *out, const struct lb_pairs *env)
{
	if (!env->count)
		return;
	json_t *list = json_array();
	for (size_t i = 0; i < env->count; i++) {
		lb_autofree char *line = lb_format("%s=%s", env->items[i].name, env->items[i].value ? env->items[i].value : "");
		json_array_append_new(list, text(line));
	}
	set(out, "Env", list);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lb_pair *)a)->name, ((const struct lb_pair *)b)->name);
}

static void set_labels(json_t *out, const struct lb_pairs *labels)
{
	if (!labels->count)
		return;
	struct lb_pair *sorted = lb_calloc(labels->count, sizeof(*sorted));
	memcpy(sorted, labels->items, labels->count * sizeof(*sorted));
	qsort(sorted, labels->count, sizeof(*sorted), by_name);
	json_t *object = json_object();
	for (size_t i = 0; i < labels->count; i++)
		json_object_set_new(object, sorted[i].name, text(sorted[i].value ? sorted[i].value : ""));
	set(out, "Labels", object);
	free(sorted);
}

static void set_number(json_t *out, const char *key, uint64_t n)
{
	if (n)
		set(out, key, json_integer((json_int_t)n));
}

static void set_healthcheck(json_t *out, const struct lb_healthcheck *h)
{
	if (!h)
		return;
	json_t *object = json_object();
	set_list(object, "Test", h->test, h->test_count, false);
	set_number(object, "Interval", h->interval_ns);
	set_number(object, "Timeout", h->timeout_ns);
	set_number(object, "StartPeriod", h->start_period_ns);
	set_number(object, "StartInterval", h->start_interval_ns);
	set_number(object, "Retries", h->retries);
	set(out, "Healthcheck", object);
}

void config_to_json(const struct lb_image_config *c, json_t *out)
{
	json_object_clear(out);
	set_text(out, "User", c->user);
	set_keys(out, "ExposedPorts", c->exposed, c->exposed_count);
	set_env(out, &c->env);
	set_list(out, "Entrypoint", c->entrypoint, c->entrypoint_count, c->entrypoint_set);
	set_list(out, "Cmd", c->cmd, c->cmd_count, c->cmd_set);
	set_healthcheck(out, c->healthcheck);
	set_keys(out, "Volumes", c->volumes, c->volumes_count);
	set_text(out, "WorkingDir", c->workdir);
	set_list(out, "OnBuild", c->onbuild, c->onbuild_count, false);
	set_labels(out, &c->labels);
	set_text(out, "StopSignal", c->stop_signal);
	set_list(out, "Shell", c->shell, c->shell_count, false);
}
