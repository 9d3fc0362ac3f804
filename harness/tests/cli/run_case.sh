#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run_case.sh LBENCH SOURCE CASE
#
# CASE/cmd is a shell script; it runs in an empty directory with $LBENCH (the program) and $SOURCE (the
# repository), its output and errors together. What it prints must be CASE/expected and its exit code what
# CASE/exit says (0 without that file). LBENCH_REWRITE=1 writes both anew. A cmd that exits 77 skips: its output
# is the reason, and with LBENCH_MUST_RUN=1 that is a failure; one that exits 78 skips for what no package mends.
set -eu
LBENCH=$1 SOURCE=$2 case=$3
export LBENCH SOURCE
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT
unset NO_COLOR LBENCH_PLOTS_DIR || true
export LC_ALL=C.UTF-8 TERM=dumb

mkdir "$work/here"
set +e
(cd "$work/here" && sh -eu "$case/cmd") >"$work/out" 2>&1 </dev/null
got=$?
set -e
# what differs from call to call
sed -E -e "s|$work/here|HERE|g" -e "s|$SOURCE|SOURCE|g" -e 's/2[0-9]{7}-[0-9]{6}-[0-9]{3}-[0-9]+/RUN-ID/g' "$work/out" >"$work/printed"

if [ "$got" = 77 ] || [ "$got" = 78 ]; then
	cat "$work/printed"
	[ "$got" = 77 ] && [ "${LBENCH_MUST_RUN:-}" = 1 ] && exit 1
	exit 77
fi
if [ "${LBENCH_REWRITE:-}" = 1 ]; then
	cp "$work/printed" "$case/expected"
	if [ "$got" = 0 ]; then rm -f "$case/exit"; else echo "$got" >"$case/exit"; fi
	exit 0
fi
want=0
[ -f "$case/exit" ] && want=$(cat "$case/exit")
status=0
diff -u "$case/expected" "$work/printed" || status=1
[ "$got" = "$want" ] || { echo "exit $got, expected $want"; status=1; }
exit $status
