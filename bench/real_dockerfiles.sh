#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Parses Dockerfiles that people wrote: those in a few npm packages and Debian source packages, fetched by name
# through npm and apt-get into a directory that is removed again. Prints counts a package, and every refusal with
# its message, to be judged. A crash, or an exit that is neither 0 nor 65, fails.
#
#   bench/real_dockerfiles.sh LBENCH [DIR]     DIR: keep what was fetched there, and use it the next time
set -eu

NPM="statsd mongo-express sitespeed.io generator-jhipster"
DEBIAN="golang-github-containers-buildah docker.io libpod prometheus etcd syncthing"

[ $# -ge 1 ] || { echo "usage: real_dockerfiles.sh LBENCH [DIR]" >&2; exit 64; }
lbench=$(realpath "$1")
if [ $# -ge 2 ]; then
	mkdir -p "$2"
	dir=$(realpath "$2")
else
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
fi

# apt-get with source packages, its lists kept in $dir, whatever the system's own sources say
apt() {
	apt-get -q -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$dir/sources" -o "Dir::State::lists=$dir/lists" \
		-o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root "$@"
}

debian_sources() {
	mkdir -p "$dir/sources" "$dir/lists/partial" "$dir/cache/archives/partial"
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -e "$f" ] && sed 's/^Types:.*/Types: deb-src/' "$f" >"$dir/sources/$(basename "$f")"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -e "$f" ] && sed -n 's/^deb /deb-src /p' "$f" >"$dir/sources/$(basename "$f")"
	done
	apt update >"$dir/apt.log" 2>&1
}

unpack_all() {
	for archive in "$1"/*.tgz "$1"/*.tar.*; do
		case "$archive" in
		*.asc | */\*.*) continue ;;
		esac
		mkdir -p "$archive.d"
		tar xf "$archive" -C "$archive.d" --no-same-owner 2>/dev/null || true
	done
}

fetch() {
	kind=$1 name=$2 to="$dir/$1/$2"
	[ -d "$to" ] && return 0
	mkdir -p "$to"
	if [ "$kind" = npm ]; then
		(cd "$to" && npm pack --silent "$name" >/dev/null) || echo "  could not be fetched"
	else
		[ -d "$dir/sources" ] || debian_sources
		(cd "$to" && apt source --download-only "$name" >>"$dir/apt.log" 2>&1) || echo "  could not be fetched"
	fi
	unpack_all "$to"
}

files_of() {
	find "$1" -type f -size -1024k \( -iname 'Dockerfile*' -o -iname '*.Dockerfile' -o -iname 'Containerfile*' \) \
		! -iname '*ignore' ! -name '*.ejs' ! -name '*.go' ! -name '*.md' ! -name '*.in' ! -name '*.tmpl' ! -name '*.sh' \
		! -name '*.vim' ! -name '*.rst' ! -name '*.tar*' | sort
}

total=0 good=0 refused=0 failed=0
run() {
	printf '%s %s\n' "$1" "$2"
	fetch "$1" "$2"
	files_of "$dir/$1/$2" >"$dir/files"
	n=0 ok=0
	while IFS= read -r file; do
		n=$((n + 1)) rc=0
		"$lbench" parse --check "$file" >/dev/null 2>"$dir/message" || rc=$?
		case $rc in
		0) ok=$((ok + 1)) ;;
		65)
			refused=$((refused + 1))
			printf '  refused %s\n' "$(sed "s|^$dir/||" "$dir/message")"
			;;
		*)
			failed=$((failed + 1))
			printf '  FAILED with %s: %s\n' "$rc" "$file"
			;;
		esac
	done <"$dir/files"
	echo "  $ok of $n read"
	total=$((total + n)) good=$((good + ok))
}

for name in $NPM; do run npm "$name"; done
for name in $DEBIAN; do run debian "$name"; done
echo "$total files: $good read, $refused refused, $failed failed"
[ "$total" -gt 0 ] && [ "$failed" -eq 0 ]
