#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Instructions of the kernels, counted by callgrind, as Markdown tables: per sample of the DR14 kernel on
# stereo, and per frame of the equaliser's cascade and of spectra of stereo.
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

cargo build --release --locked --quiet -p auris-dsp -p auris-eq --example dr14_kernel --example eq_kernel \
	--example spectrum_kernel
programs=${CARGO_TARGET_DIR:-target}/release/examples
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# count PROGRAM ARGUMENT…: prints "instructions samples"; fails where valgrind does.
count() {
	program=$1
	shift
	told=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$programs/$program" "$@") ||
		return 1
	[ "${told%% *}" = "$AURIS_SIMD" ] || { echo "this processor has no $AURIS_SIMD" >&2 && return 1; }
	echo "$(sed -n 's/.*Collected : //p' "$log") ${told#* }"
}

# figure BUFFERS PROGRAM ARGUMENT…: instructions per sample, from a run of one buffer and one of BUFFERS.
figure() {
	buffers=$1
	shift
	if few=$(count "$@" 1) && many=$(count "$@" "$buffers"); then
		echo "$few $many" | awk '{ printf "%.2f", ($3 - $1) / ($4 - $2) }'
	else
		grep -m 1 -i 'unrecognised instruction\|illegal opcode' "$log" >&2 || true
		echo none
	fi
}

echo "| format | level | instructions per sample |"
echo "|---|---|---|"
for level in "${@:-avx2}"; do
	export AURIS_SIMD="$level"
	for format in s16 s24 s32 f32 f64; do
		# Half a minute of audio, so that the ends of blocks are counted as often as they come.
		echo "| $format | $level | $(figure 3001 dr14_kernel $format) |"
	done
done

echo
echo "| format | channels | sections | level | instructions per frame |"
echo "|---|---|---|---|---|"
for level in "${@:-avx2}"; do
	export AURIS_SIMD="$level"
	for shape in "2 8" "2 10" "16 10"; do
		for format in f32 f64 ramp; do
			# shellcheck disable=SC2086 # two arguments
			echo "| $format | ${shape% *} | ${shape#* } | $level | $(figure 21 eq_kernel $format $shape) |"
		done
	done
done

echo
echo "| spectra | size | interval or hop | level | instructions per frame |"
echo "|---|---|---|---|---|"
for level in "${@:-avx2}"; do
	export AURIS_SIMD="$level"
	for shape in "classic 128 10" "classic 128 100" "classic 1024 10" "classic 1024 100" "classic 8193 100" \
		"stft 2048 512" "stft 512 160"; do
		# shellcheck disable=SC2086 # three arguments
		echo "| $(echo $shape | sed 's/ / | /g') | $level | $(figure 201 spectrum_kernel $shape) |"
	done
done
