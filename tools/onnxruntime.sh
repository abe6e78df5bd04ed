#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Prints the folder of ONNX Runtime's library in a Python environment of its own, which the first call
# makes. Without a network it says so and fails.
#
#   AURIS_ONNXRUNTIME=$(tools/onnxruntime.sh) cargo test -p auris-clap --test runtime
set -eu
cd "$(dirname "$0")/.."
venv=$PWD/target/onnxruntime
version=1.23.2

library() {
	find "$venv" -path '*/onnxruntime/capi/libonnxruntime.so*' -print -quit 2>/dev/null
}

if [ -z "$(library)" ]; then
	log=$PWD/target/onnxruntime.log
	mkdir -p "$PWD/target"
	# The library is all that is wanted of it.
	if ! { python3 -m venv "$venv" && timeout 300 "$venv/bin/pip" install --quiet --no-deps "onnxruntime==$version"; } >"$log" 2>&1; then
		echo "ONNX Runtime $version cannot be had: see $log" >&2
		exit 1
	fi
fi
dirname "$(library)"
