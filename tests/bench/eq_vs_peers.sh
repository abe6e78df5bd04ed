#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# What `paraeq` costs beside equalizer-nbands and LSP's parametric equaliser, in one process each.
#
#   tests/bench/eq_vs_peers.sh [LEVEL…]     levels of AURIS_SIMD; avx512 avx2 baseline if none is named
#
# SECONDS_EACH is the audio pushed per round, 60 if unset.
#
# Needs a Meson build of the plugins (tests/run.sh meson makes one) and, for LSP, Debian's
# lsp-plugins-lv2.
set -eu
seconds=${SECONDS_EACH:-60}
cd "$(dirname "$0")/../.."
push=target/check/push
mkdir -p target/check
# shellcheck disable=SC2046 # pkg-config prints words
cc -O2 -o "$push" tests/bench/push.c $(pkg-config --cflags --libs gstreamer-1.0)
GST_PLUGIN_PATH=$PWD/target/meson/check/plugins
GST_REGISTRY=$PWD/target/check/bench-registry.bin
export GST_PLUGIN_PATH GST_REGISTRY

frequencies="60 150 400 1000 2500 5000 8000 12000 300 3500"
gains="4 -3 2 -4 3 -2 4 -3 1 -1"

# The first $2 bands in the terms of element $1.
bands() {
	i=0
	# shellcheck disable=SC2086 # a list of words
	set -- "$1" "$2" $gains
	element=$1 count=$2
	shift 2
	for frequency in $frequencies; do
		[ "$i" -lt "$count" ] || break
		case $element in
		lsp) printf ' ft-%d=Bell f-%d=%d g-%d=%s q-%d=2' "$i" "$i" "$frequency" "$i" \
			"$(awk "BEGIN { print 10 ^ ($1 / 20) }")" "$i" ;;
		*) printf ' band%d::freq=%d band%d::gain=%d band%d::bandwidth=%d' "$i" "$frequency" "$i" "$1" \
			"$i" $((frequency / 2)) ;;
		esac
		shift
		i=$((i + 1))
	done
}

eight=$(bands nbands 8)
ten=$(bands nbands 10)
nbands8="equalizer-nbands num-bands=8$eight"
nbands10="equalizer-nbands num-bands=10$ten"
paraeq8="paraeq num-bands=8$eight"
paraeq10="paraeq num-bands=10$ten"
lsp="lsp-plug-in-plugins-lv2-para-equalizer-x16-stereo enabled=true$(bands lsp 8)"
peers=""
gst-inspect-1.0 --exists "${lsp%% *}" && peers=yes

[ $# -gt 0 ] || set -- avx512 avx2 baseline
for level in "$@"; do
	export AURIS_SIMD="$level"
	printf '\n## %s\n\n' "$level"
	"$push" --seconds "$seconds" identity "$nbands8" "$paraeq8"
	"$push" --seconds "$seconds" --frames 64 identity "$nbands8" "$paraeq8"
	"$push" --seconds "$seconds" --format F64LE identity "$nbands8" "$paraeq8"
	"$push" --seconds "$seconds" --format S16LE identity "$nbands8" "$paraeq8"
	"$push" --seconds "$((seconds / 4))" --channels 16 identity "$nbands10" "$paraeq10"
	[ -z "$peers" ] || "$push" --seconds "$seconds" identity "$lsp" "$paraeq8"
	[ -z "$peers" ] || "$push" --seconds "$seconds" identity "$lsp mode=FIR" "$paraeq8 phase=linear fir-length=8192"
done
