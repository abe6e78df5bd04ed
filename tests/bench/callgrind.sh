#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Instructions per sample of the DR14 kernel on stereo, counted by callgrind, as a Markdown table.
#
#   tests/bench/callgrind.sh [LEVEL…]     avx2 unless told otherwise; scalar and baseline work too
#
# What the program needs beside the kernel is counted in a run of one buffer and taken away. Valgrind
# runs no AVX-512, and its version 3.19 trips over one rare form of VMOVQ, which the compiler may or may
# not choose: where it does, there is no figure.
set -eu
cd "$(dirname "$0")/../.."
. tools/paths.sh
find_rust
command -v valgrind >/dev/null || { echo "valgrind is not installed: apt-get install valgrind" >&2 && exit 1; }

# Half a minute of audio, so that the ends of blocks are counted as often as they come.
buffers=3001

cargo build --release --locked --quiet -p auris-dsp --example dr14_kernel
program=${CARGO_TARGET_DIR:-target}/release/examples/dr14_kernel
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# count FORMAT BUFFERS: prints "instructions samples"; fails where valgrind does.
count() {
	told=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$program" "$1" "$2") ||
		return 1
	[ "${told% *}" = "$AURIS_SIMD" ] || { echo "this processor has no $AURIS_SIMD" >&2 && return 1; }
	echo "$(sed -n 's/.*Collected : //p' "$log") ${told#* }"
}

echo "| format | level | instructions per sample |"
echo "|---|---|---|"
for level in "${@:-avx2}"; do
	export AURIS_SIMD="$level"
	for format in s16 s24 s32 f32 f64; do
		if few=$(count $format 1) && many=$(count $format $buffers); then
			figure=$(echo "$few $many" | awk '{ printf "%.2f", ($3 - $1) / ($4 - $2) }')
		else
			grep -m 1 -i 'unrecognised instruction\|illegal opcode' "$log" >&2 || true
			figure=none
		fi
		echo "| $format | $level | $figure |"
	done
done
