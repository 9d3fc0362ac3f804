/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/brings.h"

static const struct {
	const char *instruction, *path;
	bool brings;
} files[] = {
	{ "COPY . .", "src/a.c", true },
	{ "COPY ./ /app", "src/a.c", true },
	{ "COPY / /app", "src/a.c", true },
	{ "COPY src src", "src/a.c", true },
	{ "COPY src/ src", "src/deep/a.c", true },
	{ "COPY src src", "srcs/a.c", false },
	{ "COPY src/*.c .", "src/a.c", true },
	{ "COPY src/*.c .", "src/deep/a.c", false },
	{ "COPY s* .", "src/deep/a.c", true },
	{ "COPY lib src/a.c .", "src/a.c", true },
	{ "COPY lib src", "src/a.c", false }, /* src is where it goes */
	{ "COPY --chown=1:1 --link src .", "src/a.c", true },
	{ "COPY --chown=1:1 [\"my src\", \".\"]", "my src/a.c", true },
	{ "COPY [\"lib\", \"src\"]", "src/a.c", false },
	{ "copy src .", "src/a.c", true },
	{ "ADD ./src/a.c /", "src/a.c", true },
	{ "COPY --from=build src .", "src/a.c", false },
	{ "COPY $DIR .", "src/a.c", false },
	{ "COPY src", "src/a.c", false },
	{ "COPY [broken", "src/a.c", false },
	{ "COPY", "src/a.c", false },
	{ "RUN cp src .", "src/a.c", false },
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(files); i++)
		if (brings_file(files[i].instruction, files[i].path) != files[i].brings)
			fail_msg("%s: %s", files[i].instruction, files[i].path);
}

static const struct {
	const char *instruction, *from;
} froms[] = {
	{ "COPY --from=build /a /b", "build" },
	{ "COPY --link --from=0 /a /b", "0" },
	{ "COPY a --from=build", NULL },
	{ "RUN --mount=type=bind,from=deps,source=/x,target=/y make", "deps" },
	{ "RUN --mount=type=cache,target=/y --mount=from=deps,target=/x make", "deps" },
	{ "RUN make --from=x", NULL },
	{ "WORKDIR /x", NULL },
};

static void test_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(froms); i++) {
		lb_autofree char *from = brings_from(froms[i].instruction);
		if (!from != !froms[i].from || (from && strcmp(from, froms[i].from) != 0))
			fail_msg("%s: %s", froms[i].instruction, from ? from : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_files), cmocka_unit_test(test_from) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
