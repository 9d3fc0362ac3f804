/* SPDX-License-Identifier: Apache-2.0
 *
 * The engines whose images are a chain, and the policy that keeps nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy_rows.h"

static const struct row rows[] = {
	/* docker's legacy builder */
	{ "classic: label",
	  WARM("classic"),
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".M") },
	  WHY(1, LB_PARENT_MISSED, "{\"inherited_from\":\"0:2\"}", LB_NEEDED_NO) },
	{ "classic: label breaks",
	  WARM("classic"),
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".M") },
	  WHY(0, LB_INSTRUCTION_CHANGED, "{\"attribute\":\"instruction\",\"was\":\"LABEL a=1\",\"now\":\"LABEL a=2\"}", LB_NEEDED_EMPTY) },
	{ "classic: quotes",
	  WARM("classic"),
	  { B("FROM base\nENV A=1\nRUN echo\n", FILES, ".M"), B("FROM base\nENV A=\"1\"\nRUN echo\n", FILES, ".H") },
	  REUSED(1) },
	{ "classic: moved source",
	  WARM("classic"),
	  { B("FROM base\nCOPY p/f /f\n", "f 0644 0:0" AT "p/f = x\n", "M"),
	    B("FROM base\nCOPY q/f /f\n", "f 0644 0:0" AT "q/f = x\n", "M") },
	  WHY(0, LB_INSTRUCTION_CHANGED, NULL, -1) },
	{ "classic: default of an argument",
	  WARM("classic"),
	  { B("FROM base\nARG V=1\nCOPY a.txt /a\n", FILES, ".M"), B("FROM base\nARG V=2\nCOPY a.txt /a\n", FILES, ".M") },
	  WHY(0, LB_INSTRUCTION_CHANGED, NULL, LB_NEEDED_EMPTY) },
	{ "classic: value of an argument",
	  WARM("classic"),
	  { B("FROM base\nARG V=1\nCOPY a.txt /a\nRUN echo\n", FILES, ".MM"),
	    B("FROM base\nARG V=1\nCOPY a.txt /a\nRUN echo\n", FILES, ".HM", .args = { "V", "2" }) },
	  WHY(2, LB_ARG_CHANGED, "{\"argument\":\"V\",\"was\":\"1\",\"now\":\"2\"}", LB_NEEDED_EMPTY) },
	{ "classic: directory's mode",
	  WARM("classic"),
	  { B("FROM base\nCOPY d /d\n", "d 0755 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M"),
	    B("FROM base\nCOPY d /d\n", "d 0700 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n", "M") },
	  WHY(0, LB_METADATA_CHANGED, NULL, -1) },
	{ "classic: what a link leads to",
	  WARM("classic"),
	  { B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "e = 1\nl 0777 0:0" AT "d/l -> ../e\n", "M"),
	    B("FROM base\nCOPY d /d\n", "f 0644 0:0" LATER "e = 2\nl 0777 0:0" AT "d/l -> ../e\n", "M") },
	  WHY(0, LB_EVICTED, NULL, -1) },
	{ "classic: undone",
	  WARM("classic"),
	  { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM"), B(COPY_RUN, FILES, "HH") },
	  REUSED(0) },
	{ "classic: stages are chains of their own",
	  WARM("classic"),
	  { B("FROM base AS s\nRUN x > /s\nFROM base AS t\nRUN x > /s\nFROM base\nCOPY --from=s /s /a\n", FILES, "MHM") },
	  REUSED(1) },
	{ "classic 20.10: spelled",
	  WARM("classic@20.10"),
	  { B("FROM base\nWORKDIR /etc\nRUN x\n", FILES, "MM"), B("FROM base\nWORKDIR /etc/\nRUN x\n", FILES, "MM") },
	  WHY(1, LB_PARENT_MISSED, NULL, -1) },
	{ "classic 26.1: spelled",
	  WARM("classic@26.1"),
	  { B("FROM base\nWORKDIR /etc\nRUN x\n", FILES, "MM"), B("FROM base\nWORKDIR /etc/\nRUN x\n", FILES, "HH") },
	  REUSED(1) },

	{ "classic: cold", COLD("classic"), { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, FILES, "MM") }, WHY(0, LB_EVICTED, "", LB_NEEDED_NO) },

	/* buildah */
	{ "buildah: moved source",
	  WARM("buildah"),
	  { B("FROM base\nCOPY p/f /f\n", "f 0644 0:0" AT "p/f = x\n", "M"),
	    B("FROM base\nCOPY q/g /f\n", "f 0644 0:0" AT "q/g = x\n", "H") },
	  REUSED(0) },
	{ "buildah: name in a directory",
	  WARM("buildah"),
	  { B("FROM base\nCOPY p/f /w/\n", "f 0644 0:0" AT "p/f = x\n", "M"),
	    B("FROM base\nCOPY q/g /w/\n", "f 0644 0:0" AT "q/g = x\n", "M") },
	  WHY(0, LB_INSTRUCTION_CHANGED, NULL, -1) },
	{ "buildah: owner, old",
	  WARM("buildah@1.39"),
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 7:7" AT "a.txt = a\n", "MM") },
	  WHY(0, LB_METADATA_CHANGED, "{\"path\":\"a.txt\",\"attribute\":\"owner\",\"was\":\"0:0\",\"now\":\"7:7\",\"changed\":1}", -1) },
	{ "buildah: owner",
	  WARM("buildah"),
	  { B(COPY_RUN, "f 0644 0:0" AT "a.txt = a\n", "MM"), B(COPY_RUN, "f 0644 7:7" AT "a.txt = a\n", "HH") },
	  REUSED(0) },
	{ "buildah: quotes",
	  WARM("buildah"),
	  { B("FROM base\nENV A=1\nRUN echo\n", FILES, ".M"), B("FROM base\nENV A=\"1\"\nRUN echo\n", FILES, ".M") },
	  WHY(0, LB_INSTRUCTION_CHANGED, "{\"attribute\":\"instruction\",\"was\":\"ENV A=1\",\"now\":\"ENV A=\\\"1\\\"\"}",
	      LB_NEEDED_EMPTY) },
	{ "buildah: default of an argument",
	  WARM("buildah"),
	  { B("FROM base\nARG V=1\nCOPY a.txt /a\n", FILES, ".M"), B("FROM base\nARG V=2\nCOPY a.txt /a\n", FILES, ".H") },
	  REUSED(1) },
	{ "buildah: bind, old",
	  WARM("buildah@1.28"),
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", FILES, "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", EDITED_A, "H") },
	  REUSED(0) },
	{ "buildah: bind touched, 1.39",
	  WARM("buildah@1.39"),
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" AT "a.txt = a\n", "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" LATER "a.txt = a\n", "M") },
	  WHY(0, LB_METADATA_CHANGED,
	      "{\"path\":\"a.txt\",\"attribute\":\"time\",\"was\":\"1600000000\",\"now\":\"1600000001\",\"changed\":1}", LB_NEEDED_NO) },
	{ "buildah: bind touched",
	  WARM("buildah"),
	  { B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" AT "a.txt = a\n", "M"),
	    B("FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n", "f 0644 0:0" LATER "a.txt = a\n", "H") },
	  REUSED(0) },

	/* kaniko, from source */
	{ "kaniko: rename in order",
	  WARM("kaniko"),
	  { B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "d/x = x\n", "M"), B("FROM base\nCOPY d /d\n", "f 0644 0:0" AT "d/z = x\n", "H") },
	  REUSED(0) },
	{ "kaniko: label",
	  WARM("kaniko"),
	  { B("FROM base\nLABEL a=1\nRUN echo\n", FILES, ".M"), B("FROM base\nLABEL a=2\nRUN echo\n", FILES, ".M") },
	  WHY(1, LB_PARENT_MISSED, NULL, -1) },
	{ "kaniko: undone",
	  WARM("kaniko"),
	  { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, EDITED_A, "MM"), B(COPY_RUN, FILES, "HH") },
	  REUSED(0) },

	{ "never", WARM("never"), { B(COPY_RUN, FILES, "MM"), B(COPY_RUN, FILES, "MM") }, WHY(0, LB_EVICTED, "", LB_NEEDED_NO) },
};

static void decides_as_the_engine_does(void **state)
{
	(void)state;
	check_rows(rows, LB_COUNT(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(decides_as_the_engine_does) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
