# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the exec_* cases: skips where this machine cannot carry RUNs out.
command -v bwrap >/dev/null || { echo "skipped: bubblewrap is not installed"; exit 77; }
[ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || { echo "skipped: there is no static busybox"; exit 77; }
mkdir -p probe/context
printf 'name: probe\ncontext: context\nbases: { busybox: { busybox: true } }\nvariants: [{ name: v, dockerfile: Dockerfile }]\n' >probe/scenario.yaml
printf 'FROM busybox\nRUN true\n' >probe/Dockerfile
"$LBENCH" run -q --no-plots --builder warm -o probe/out probe >probe/said 2>&1 || {
	echo "skipped: $(tail -n 1 probe/said)"
	exit 77
}
rm -rf probe
