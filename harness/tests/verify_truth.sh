#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# verify_truth.sh LBENCH CASES
#
# All observed cases. They are data beside the repository and no package: where they are not, this is skipped,
# with LBENCH_MUST_RUN=1 too.
set -eu
lbench=$1 cases=$2
if [ ! -d "$cases" ]; then
	echo "skipped: $cases is not there"
	exit 77
fi
exec "$lbench" verify "$cases"
