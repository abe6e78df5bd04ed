#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# What `spectrum` costs beside gst-plugins-good's, in one process each.
#
#   tests/bench/spectrum_vs_c.sh [LEVEL…]     levels of AURIS_SIMD; that of this processor if none is named
#
# SECONDS_EACH is the audio pushed per round, 60 if unset. Needs a Meson build of the plugins
# (tests/run.sh meson makes one).
set -eu
seconds=${SECONDS_EACH:-60}
cd "$(dirname "$0")/../.."
push=target/check/push
plugin=${PLUGIN:-$PWD/target/meson/check/plugins/libgstspectrum.so}
mkdir -p target/check
# shellcheck disable=SC2046 # pkg-config prints words
cc -O2 -o "$push" tests/bench/push.c $(pkg-config --cflags --libs gstreamer-1.0)
# Theirs is found, ours is loaded.
GST_REGISTRY=$PWD/target/check/bench-system-registry.bin
export GST_REGISTRY
unset GST_PLUGIN_PATH GST_PLUGIN_SYSTEM_PATH
XDG_DATA_HOME=$PWD/target/check/none
export XDG_DATA_HOME

# Of so many seconds, elements with the properties $2; what follows are options.
compare() {
	many=$1 properties=$2
	shift 2
	"$push" --keep spectrum=c-spectrum --load "$plugin" --seconds "$many" "$@" \
		identity "c-spectrum $properties" "aurisspectrum $properties"
}

[ $# -gt 0 ] || set -- best
for level in "$@"; do
	export AURIS_SIMD="$level"
	printf '\n## %s\n\n' "$level"
	for bands in 128 1024 8193; do
		for interval in 10000000 100000000; do
			compare "$seconds" "bands=$bands interval=$interval"
		done
	done
	# In this one is the prime 8191, which makes theirs quadratic.
	compare "$((seconds / 20))" "bands=8192 interval=100000000" --rounds 3
	compare "$((seconds / 60))" "bands=8192 interval=10000000" --rounds 2
	compare "$seconds" "bands=1024 multi-channel=true"
	compare "$seconds" "bands=1024" --format S16LE
done
