/* SPDX-License-Identifier: Apache-2.0
 *
 * The first byte chooses the options, the rest is a word. What expands must expand again to the same, and
 * splitting must agree with it about errors.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *look_up(const char *name, void *arg)
{
	(void)arg;
	static const char *const values[] = { "", "a b", "x*y/z", "\xc3\xa9\xff", "line\nline" };
	size_t len = strlen(name);
	return len && name[0] < 'n' ? values[((size_t)(unsigned char)name[0] + len) % LB_COUNT(values)] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	lb_autostrv struct lb_strv used = { 0 }, unset = { 0 }, words = { 0 };
	struct lb_words w = {
		.escape = data[0] & 1 ? '`' : '\\',
		.lookup = look_up,
		.raw_quotes = data[0] & 2,
		.raw_escapes = data[0] & 4,
		.keep_unset = data[0] & 8,
		.no_modifiers = data[0] & 16,
		.used = &used,
		.unset = &unset,
	};
	lb_autofree char *word = lb_strndup((const char *)data + 1, size - 1);
	lb_autofree char *first = NULL, *second = NULL;
	unsigned col = 0;
	int r = lb_words_expand(&w, word, &first, &col, NULL);
	if (lb_words_split(&w, word, &words, NULL, NULL) != r)
		abort();
	if (r != 0 && (col == 0 || col > strlen(word) + 1))
		abort();
	if (r == 0 && (lb_words_expand(&w, word, &second, NULL, NULL) != 0 || strcmp(first, second) != 0))
		abort();
	return 0;
}
