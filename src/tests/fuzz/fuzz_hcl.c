/* SPDX-License-Identifier: Apache-2.0
 *
 * A docker-bake.hcl. What is read is JSON that can be written; what is not has its place in the text.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/hcl.h"
#include "lbench/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lb_autofree char *text = lb_malloc(size + 1);
	lb_autojson json_t *j = NULL;
	struct lb_err err = { 0 };
	unsigned line = 0, col = 0, lines = 1;
	memcpy(text, data, size);
	text[size] = '\0';
	if (hcl_parse("f", text, size, &j, &err) == 0) {
		lb_autofree char *json = json_dumps(j, JSON_COMPACT);
		assert(json);
		return 0;
	}
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	assert(!j && sscanf(err.text, "f:%u:%u: ", &line, &col) == 2);
	assert(line >= 1 && line <= lines && col >= 1);
	return 0;
}
