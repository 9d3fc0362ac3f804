# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the engines_* cases: skips where the real engines are not there, or may not be started.
[ "$(id -u)" = 0 ] || { echo "skipped: real engines are started by root alone"; exit 77; }
for tool in ${NEEDED:-dockerd docker buildah podman}; do
	command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
. "$SOURCE/harness/tests/cli/exec_needs.sh"
# two stages, one that nobody needs, and lines like those of the engines in a RUN's output
mkdir -p s/context/src
echo one >s/context/src/a.txt
echo two >s/context/doc.md
cat >s/scenario.yaml <<'Y'
name: small
context: context
bases: { busybox: { busybox: true } }
variants: [{ name: v, dockerfile: Dockerfile }]
edits:
  - { name: source, changes: [{ edit: src/a.txt }], weight: 3 }
  - { name: doc, changes: [{ edit: doc.md }], weight: 1 }
workload: [each, mix]
Y
cat >s/Dockerfile <<'D'
ARG NAME=busybox
FROM busybox AS unused
RUN true
FROM $NAME AS made
ENV A=1
COPY src /src
RUN cat /src/* > /all && \
    echo "#7 CACHED" && echo "Step 7/11 : RUN true" && echo " ---> Using cache" && \
    echo "[2/3] STEP 5/6: RUN true" && echo "--> Using cache 0" && sh -c 'echo "Step 7/11 : x"'
WORKDIR /w
FROM busybox
COPY --from=made /all /all
COPY . /ctx
CMD ["cat", "/all"]
D
# a daemon has to be let start: where there are no cgroups, or no mounts, nothing that can be installed helps
case " ${NEEDED:-dockerd} " in *" dockerd "*)
	"$LBENCH" run -q --no-plots --on docker --edit doc --builder cold -o probe s >said 2>&1 || {
		grep -qiE 'dockerd .*(cgroup|permission denied|not permitted|overlay|mount|network controller)' said &&
			{ echo "skipped: dockerd does not start on this machine: $(tail -n 1 said)"; exit 78; }
	}
	rm -rf probe said
	;;
esac
