#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# three-nights.sh DIR
#
# Plays three nights in a scratch repository below DIR: a good commit, a bad one (somebody moves `COPY . .` up) and its
# repair. The gate passes, fails and passes again; the second night names the line that did it. $LBENCH is the program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
export LBENCH="${LBENCH:-lbench}"
export GIT_AUTHOR_NAME=dev GIT_AUTHOR_EMAIL=dev@example.org GIT_COMMITTER_NAME=dev GIT_COMMITTER_EMAIL=dev@example.org

cp -r "$here/project" "$dir/shop"
cd "$dir/shop"
git init -q -b main .
git add -A && git commit -qm 'The shop'

night() {
	echo "== night $1: $2"
	sh "$here/nightly.sh" "$dir/shop" "$dir/artefacts" && echo "passes" || echo "fails ($?)"
}

# once, by hand: the state that counts from here on
"$LBENCH" run --quiet --no-plots --builder warm,fresh --out "$dir/first" . >/dev/null
"$LBENCH" check "$dir/first/shop/latest" --baseline ci/baseline --update --reason 'measured for the first time'
git add -A && git commit -qm 'A baseline for the nightly check'
night 1 'nothing special'

cp Dockerfile "$dir/good.Dockerfile"
grep -v '^COPY' "$dir/good.Dockerfile" | sed 's/^WORKDIR .*/&\nCOPY . ./' >Dockerfile
git commit -qam 'One COPY is enough'
night 2 'somebody moved COPY . . up'

cp "$dir/good.Dockerfile" Dockerfile
git commit -qam 'Install before the source comes in again'
night 3 'repaired'

echo "== what the nights show"
cat "$dir/artefacts/trend.txt"
