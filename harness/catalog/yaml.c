/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"

#include <ctype.h>
#include <string.h>

#include "lbench/json.h"

/* Letters, digits and what means nothing to YAML within a flow collection; no word that YAML takes for a value. */
static bool is_plain(const char *text)
{
	static const char *const values[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n", "Yes", "No", "True", "False" };
	if (!isalpha((unsigned char)*text) && *text != '/')
		return false;
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._-+", *p))
			return false;
	for (size_t i = 0; i < LB_COUNT(values); i++)
		if (strcmp(values[i], text) == 0)
			return false;
	return true;
}

void catalog_yaml_text(const char *text, struct lb_buf *out)
{
	struct lb_json w = { .out = out };
	if (is_plain(text))
		lb_buf_adds(out, text);
	else
		lb_json_str(&w, text);
}

static void add_seconds(uint64_t ns, struct lb_buf *out)
{
	lb_buf_addf(out, "%.1fs", (double)ns / 1e9);
}

static void add_size(uint64_t bytes, struct lb_buf *out)
{
	if (bytes >= 10 << 20)
		lb_buf_addf(out, "%.0fMiB", (double)bytes / (1 << 20));
	else if (bytes >= 1 << 20)
		lb_buf_addf(out, "%.1fMiB", (double)bytes / (1 << 20));
	else
		lb_buf_addf(out, "%.0fKiB", (double)bytes / 1024);
}

static void add_write(const struct lb_model_write *w, struct lb_buf *out)
{
	lb_buf_adds(out, "{ path: ");
	catalog_yaml_text(w->path, out);
	if (!w->single)
		lb_buf_addf(out, ", files: %llu", (unsigned long long)w->files);
	lb_buf_adds(out, ", bytes: ");
	add_size(w->bytes, out);
	lb_buf_addf(out, ", compresses-to: %.2f }", w->compresses_to);
}

static void add_writes(const struct lb_model *m, struct lb_buf *out)
{
	if (!m->writes_given)
		return;
	lb_buf_addf(out, "    writes:%s\n", m->writes_count ? "" : " []");
	for (size_t i = 0; i < m->writes_count; i++) {
		lb_buf_adds(out, "      - ");
		add_write(&m->writes[i], out);
		lb_buf_addc(out, '\n');
	}
}

void catalog_yaml(const struct catalog_run *run, struct lb_buf *out)
{
	const struct lb_model *m = &run->model;
	lb_buf_addf(out, "  # %s%s%s: a typical value, not measured here\n  - match: ", run->what, *run->typical ? ", " : "", run->typical);
	catalog_yaml_text(m->match, out);
	lb_buf_adds(out, "\n    depends-on: [");
	for (size_t i = 0; i < m->depends_count; i++) {
		lb_buf_adds(out, i ? ", " : "");
		catalog_yaml_text(m->depends[i], out);
	}
	lb_buf_adds(out, "]\n    takes: ");
	lb_buf_adds(out, m->has_warm ? "{ cold: " : "");
	add_seconds(m->cold_ns, out);
	if (m->has_warm) {
		lb_buf_adds(out, ", warm-mount: ");
		add_seconds(m->warm_mount_ns, out);
	}
	lb_buf_adds(out, m->has_warm ? " }\n" : "\n");
	add_writes(m, out);
	if (!m->writes_given)
		lb_buf_adds(out, "    # no `writes`: how many bytes it leaves is not known\n");
}
