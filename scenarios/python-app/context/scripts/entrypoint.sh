#!/bin/sh
# Waits for the volume of the data base, then hands over.
set -eu
until [ -d "$(dirname "${DATABASE:-linkbox.sqlite}")" ]; do
	sleep 1
done
exec "$@"
