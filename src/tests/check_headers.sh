#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every public header compiles by itself.  check_headers.sh CC SOURCE_DIR
set -e
status=0
for h in "$2"/src/include/lbench/*.h; do
	"$1" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$2/src/include" -fsyntax-only -x c "$h" || status=1
done
exit $status
