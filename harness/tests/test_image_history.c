/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of an image's history as their author wrote them, by the engine that wrote them down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "image/store.h"

static const struct {
	const char *shell, *created_by, *expected;
} lines[] = {
	{ NULL, "RUN /bin/sh -c make # buildkit", "RUN make" },
	{ NULL, "RUN |2 A=b C=d e /bin/sh -c make  all\tthings # buildkit", "RUN make all things" },
	{ NULL, "RUN |1 A=b /bin/echo no $HOME # buildkit", "RUN /bin/echo no $HOME" },
	{ NULL, "RUN |1 A=b", "RUN A=b" },
	{ NULL, "COPY . /app # buildkit", "COPY . /app" },
	{ NULL, "WORKDIR /bin/sh -c", "WORKDIR /bin/sh -c" },
	{ NULL, "RUN /bin/bash -c x /bin/sh -c y # buildkit", "RUN /bin/bash -c x /bin/sh -c y" },
	{ "SHELL [/bin/bash -exc]", "RUN |1 A=b /bin/bash -exc make # buildkit", "RUN make" },
	{ "SHELL [/bin/bash -exc]", "RUN /bin/bash -exc sh /bin/sh -c y # buildkit", "RUN sh /bin/sh -c y" },
	/* docker's classic builder, buildah */
	{ NULL, "/bin/sh -c make", "RUN make" },
	{ NULL, "|1 A=b /bin/sh -c make", "RUN make" },
	{ NULL, "/bin/sh -c #(nop) COPY dir:0123 in /app ", "COPY dir:0123 in /app " },
	{ "/bin/sh -c #(nop)  SHELL [/bin/bash -c]", "/bin/bash -c make", "RUN make" },
	{ NULL, "base busybox, layer 1 of 1", "base busybox, layer 1 of 1" },
	{ NULL, "", "" },
};

static void a_line_is_told_as_it_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(lines); i++) {
		struct lb_history history[] = { { .created_by = (char *)lines[i].shell, .empty_layer = true },
						{ .created_by = (char *)lines[i].created_by } };
		struct lb_image im = { .history = history, .history_count = LB_COUNT(history) };
		lb_autofree char *told = img_instruction(&im, 0);
		if (strcmp(told, lines[i].expected) != 0)
			fail_msg("%s: %s", lines[i].created_by, told);
	}
}

static void a_layer_without_history_says_so(void **state)
{
	(void)state;
	struct lb_image im = { .history = NULL };
	lb_autofree char *told = img_instruction(&im, 0);
	assert_string_equal(told, "(its history is not told)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_told_as_it_was_written),
		cmocka_unit_test(a_layer_without_history_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
