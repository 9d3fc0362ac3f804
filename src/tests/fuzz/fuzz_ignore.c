/* SPDX-License-Identifier: Apache-2.0
 *
 * The first line is a path, the rest a .dockerignore. The answer for the path must be the one of a walk that
 * comes down to it, and a walk that enters only what may be re-entered must not miss it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "lbench/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct lb_ignore *ig, const char *path, bool want)
{
	struct lb_ignore_state above = { 0 }, here = { 0 };
	size_t len = strlen(path);
	bool first = true, pruned = false;
	for (size_t at = 1; at <= len; at++) {
		if (at < len && path[at] != '/')
			continue;
		bool ignored = lb_ignore_step(ig, first ? NULL : &above, path, at, &here);
		if (at == len && ignored != want)
			abort();
		if (at == len && pruned && !want)
			abort();
		pruned |= at < len && ignored && !lb_ignore_may_reenter(ig, path, at);
		struct lb_ignore_state swap = above;
		above = here;
		here = swap;
		first = false;
	}
	lb_ignore_state_release(&above);
	lb_ignore_state_release(&here);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *newline = size ? memchr(text, '\n', size) : NULL;
	size_t path_len = newline ? (size_t)(newline - text) : size;
	lb_autofree char *raw = lb_strndup(text, path_len);
	lb_autofree char *path = lb_path_clean(raw);
	lb_autoignore struct lb_ignore *ig = NULL;
	size_t at = newline ? path_len + 1 : size;
	if (lb_ignore_parse("fuzz", text + at, size - at, &ig, NULL) != 0)
		return 0;
	bool ignored = lb_ignore_matches(ig, raw, strlen(raw));
	if (path[0] != '/' && path[0] != '.')
		walk(ig, path, ignored);
	lb_glob_match(raw, path);
	return 0;
}
