/* SPDX-License-Identifier: Apache-2.0 */
#include "image/print.h"

void img_bytes(struct lb_buf *out, uint64_t bytes)
{
	text_bytes(out, (double)bytes);
}

void img_add_bytes(struct grid *g, uint64_t bytes)
{
	lb_autobuf struct lb_buf text = { 0 };
	img_bytes(&text, bytes);
	grid_take(g, &text);
}

void img_add_count(struct grid *g, uint64_t n)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (n)
		lb_buf_addu(&text, n);
	grid_take(g, &text);
}

void img_add_header(struct grid *g, const char *const *names)
{
	for (size_t i = 0; i < g->columns; i++)
		grid_add(g, names[i]);
}

const char *img_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}
