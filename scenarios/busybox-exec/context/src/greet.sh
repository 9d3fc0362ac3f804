#!/bin/sh
# The program: says hello, and what it was built with.
. /usr/lib/app/words.sh
echo "$hello from $(ls /usr/lib/packages | wc -l) packages"
