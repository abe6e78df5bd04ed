#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""CPU time and peak memory of `auris-farm measure` beside ffmpeg's `drmeter` filter.

usage: measure_vs_ffmpeg.py [--runs N] [--farm PATH] CORPUS [FORMAT ...]

CORPUS has one folder of files per format (tests/differential/make-corpus.sh makes one). For each
format the two are run in turn, N times each; the table has medians of user + system time, per hour
of audio for information, and their ratio, which is what counts. Peak memory is the largest
resident set of the farm's process.
"""
import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path


def cpu_and_memory(command):
    """User + system seconds and peak resident KiB of one command."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{command[0]} failed with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def ffmpeg_seconds(files):
    """ffmpeg measures one file per process, as its users run it."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", "", "-map", "0:a", "-af", "drmeter", "-f", "null", "-"]
    total = 0.0
    for file in files:
        command[5] = str(file)
        total += cpu_and_memory(command)[0]
    return total


def hours(farm, folder):
    lines = subprocess.run(
        [farm, "measure", "--format", "ndjson", "-q", folder], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    tracks = [json.loads(line) for line in lines]
    return sum(t["duration_s"] for t in tracks if t["type"] == "track") / 3600


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--farm", default="target/release/auris-farm")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("formats", nargs="*", default=["wav", "flac", "mp3", "m4a", "ogg"])
    args = parser.parse_args()
    print("| format | auris-farm CPU s/h | ffmpeg CPU s/h | ratio | peak RSS, 4 jobs |")
    print("|---|---|---|---|---|")
    for name in args.formats:
        folder = args.corpus / name
        files = sorted(f for f in folder.iterdir() if f.is_file())
        audio = hours(args.farm, folder)
        ours, theirs, peak = [], [], 0
        for _ in range(args.runs):
            seconds, memory = cpu_and_memory([args.farm, "measure", "--jobs", "4", "-q", str(folder)])
            ours.append(seconds)
            peak = max(peak, memory)
            theirs.append(ffmpeg_seconds(files))
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"| {name} | {a / audio:.2f} | {b / audio:.2f} | {a / b:.2f} | {peak / 1024:.1f} MiB |", flush=True)


main()
