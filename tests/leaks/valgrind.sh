#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Runs the pipelines of plugins that recycle messages under valgrind: what is used again must not be in use,
# nor freed. Any access to memory that is not theirs fails.
#
#   tests/leaks/valgrind.sh FOLDER   with FOLDER as for run.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: tests/leaks/valgrind.sh FOLDER}
program=$folder/leaks

# shellcheck disable=SC2046 # pkg-config prints words
cc -std=c11 -Wall -Wextra -Werror -O1 -g -o "$program" "$here/leaks.c" $(pkg-config --cflags --libs gstreamer-1.0)
for plugin in spectrum drmeter; do
	gst-inspect-1.0 --plugin "$plugin" >/dev/null
	# valgrind knows neither AVX-512 nor all of AVX2; slices would hide what is freed.
	G_SLICE=always-malloc AURIS_SIMD=baseline \
		valgrind --quiet --error-exitcode=9 --num-callers=30 "$program" "$plugin" "$here/$plugin.txt"
done
