#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Measures music, setting up first what is missing.
#
#   examples/measure.sh                      a small album that it makes itself
#   examples/measure.sh PATH|URL…            files, folders, playlists, URLs
#   examples/measure.sh --format json PATH…  any option of `auris-farm measure`
#   examples/measure.sh --no-rustup …        never installs Rust, only says how to
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

rustup=
if [ "${1-}" = --no-rustup ]; then
	rustup=--no-rustup
	shift
fi
# shellcheck disable=SC2086 # empty or one word
"$root/tools/setup.sh" --for measure $rustup

here=$PWD
cd "$root"
. tools/paths.sh
if [ $# = 0 ]; then
	target/release/auris-album "$root/target/album"
	set -- "$root/target/album"
fi
cd "$here"
exec "$farm" measure "$@"
