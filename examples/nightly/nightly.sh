#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# nightly.sh PROJECT ARTEFACTS
#
# One night: measures the project, holds the result against the baseline that lies in the project's repository
# (PROJECT/ci/baseline), keeps the result below ARTEFACTS and says what the nights so far show. Exit 1: something got
# worse, or an expectation of lbench.yaml is broken; everything is written all the same. $LBENCH is the program.
set -eu
project=$1
LBENCH=${LBENCH:-lbench}
mkdir -p "$2/results"
artefacts=$(cd "$2" && pwd)
status=0

cd "$project"
"$LBENCH" run --quiet --no-plots --builder warm,fresh --keep 1000 --out "$artefacts/results" . >"$artefacts/table.txt" || status=$?
# 1: an expectation is broken; everything above: there is nothing to check
[ "$status" -le 1 ] || exit "$status"

result=$(echo "$artefacts"/results/*/latest)
annotations=
[ -z "${GITHUB_ACTIONS:-}" ] || annotations=--annotations
"$LBENCH" check "$result" --baseline ci/baseline --budget ci/budget.yaml $annotations \
	--junit "$artefacts/junit.xml" --markdown "$artefacts/summary.md" || status=$?

"$LBENCH" trend "$artefacts/results" --baseline ci/baseline >"$artefacts/trend.txt"
exit "$status"
