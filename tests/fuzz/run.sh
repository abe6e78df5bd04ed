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
    cargo build --locked --release --target-dir target --target x86_64-unknown-linux-gnu

# One target, alone or beside others; what it says is kept, and shown where it fails.
fuzz() {
    name=$1
    program=target/x86_64-unknown-linux-gnu/release/$name
    seeds=corpus/$name
    log=target/$name.log
    mkdir -p "$seeds" "artifacts/$name"
    # Without a run, only the seeds are written.
    AURIS_FUZZ_SEEDS=$seeds "$program" -runs=0 >/dev/null 2>&1
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=32768 \
        -artifact_prefix="artifacts/$name/" -print_final_stats=1 "$seeds" >"$log" 2>&1; then
        echo "$name, $seconds s: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
    else
        tail -n 100 "$log"
        echo "$name FAILED"
        return 1
    fi
}

# As many at once as there are processors.
failed=0 running=""
collect() {
    for job in $running; do
        wait "$job" || failed=1
    done
    running=""
}
for source in fuzz_targets/*.rs; do
    fuzz "$(basename "$source" .rs)" &
    running="$running $!"
    # shellcheck disable=SC2086 # a list of numbers
    set -- $running
    [ $# -lt "$(nproc)" ] || collect
done
collect
exit $failed
