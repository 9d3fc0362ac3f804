#!/bin/sh
# A consistent copy of the data base while the service runs.
set -eu
sqlite3 "${DATABASE:-linkbox.sqlite}" ".backup '${1:?usage: backup.sh FILE}'"
