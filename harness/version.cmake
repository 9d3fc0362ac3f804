# SPDX-License-Identifier: Apache-2.0
# Writes OUT with the version and the commit of SOURCE, when that changed.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "/* SPDX-License-Identifier: Apache-2.0 */
#define LBENCH_VERSION \"${VERSION}\"
#define LBENCH_COMMIT \"${commit}\"
")
