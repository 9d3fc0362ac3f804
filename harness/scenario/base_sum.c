/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario/state.h"

static void add_text(struct lb_sha256 *h, const char *s)
{
	lb_sha256_addu(h, s != NULL);
	lb_sha256_adds(h, s ? s : "");
}

static void add_list(struct lb_sha256 *h, char *const *items, size_t count)
{
	lb_sha256_addu(h, count);
	for (size_t i = 0; i < count; i++)
		lb_sha256_adds(h, items[i]);
}

static void add_pairs(struct lb_sha256 *h, const struct lb_pairs *p)
{
	lb_sha256_addu(h, p->count);
	for (size_t i = 0; i < p->count; i++) {
		lb_sha256_adds(h, p->items[i].name);
		add_text(h, p->items[i].value);
	}
}

static void add_config(struct lb_sha256 *h, const struct lb_image_config *c)
{
	add_pairs(h, &c->env);
	add_pairs(h, &c->labels);
	lb_sha256_addu(h, c->cmd_set);
	add_list(h, c->cmd, c->cmd_count);
	lb_sha256_addu(h, c->entrypoint_set);
	add_list(h, c->entrypoint, c->entrypoint_count);
	add_list(h, c->shell, c->shell_count);
	add_list(h, c->onbuild, c->onbuild_count);
	add_list(h, c->volumes, c->volumes_count);
	add_list(h, c->exposed, c->exposed_count);
	add_text(h, c->user);
	add_text(h, c->workdir);
	add_text(h, c->stop_signal);
}

void scn_base_sum(const struct scn_base *b, struct lb_sha256 *h)
{
	lb_sha256_adds(h, b->name);
	lb_sha256_addu(h, b->form);
	add_text(h, b->path);
	lb_sha256_addu(h, b->layers_count);
	for (size_t i = 0; i < b->layers_count; i++) {
		const struct lb_base_layer_model *m = &b->layers[i];
		lb_sha256_addu(h, m->bytes);
		add_text(h, m->id);
		lb_sha256_add(h, &m->compresses_to, sizeof(m->compresses_to));
	}
	add_config(h, &b->config);
	add_text(h, b->passwd);
	add_text(h, b->group);
}
