#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# Builds all fuzz targets once and runs each for SECONDS (60 if not given).
# The corpus grows in corpus/TARGET; an input that fails is left in artifacts/TARGET.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}

# libFuzzer's instrumentation as the stable toolchain can switch it on.
RUSTFLAGS="-Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares \
--cfg fuzzing" \
    cargo build --release --target-dir target --target x86_64-unknown-linux-gnu

for source in fuzz_targets/*.rs; do
    name=$(basename "$source" .rs)
    seeds=corpus/$name
    mkdir -p "$seeds" "artifacts/$name"
    echo "== $name, $seconds s"
    # Without a run, only the seeds are written.
    AURIS_FUZZ_SEEDS=$seeds "target/x86_64-unknown-linux-gnu/release/$name" -runs=0 >/dev/null 2>&1
    "target/x86_64-unknown-linux-gnu/release/$name" \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=16384 \
        -artifact_prefix="artifacts/$name/" -print_final_stats=1 "$seeds"
done
