#!/bin/sh
# fetch.sh LIST DIR: stands for a package manager. Each line of LIST is a package and how many files it has.
set -eu
mkdir -p "$2"
while read -r name files; do
	mkdir -p "$2/$name"
	for i in $(seq 1 "$files"); do
		seq "$i" $((i + 200)) >"$2/$name/$i.txt"
	done
	cat "$2/$name"/*.txt | sha256sum >"$2/$name/checksum"
done <"$1"
