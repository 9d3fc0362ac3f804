#!/bin/sh
# Fetches a page, says how long it took.
set -eu

url=${1:?which page?}
curl --silent --show-error --output /dev/null --write-out '%{time_total} s, %{http_code}\n' "$url"
