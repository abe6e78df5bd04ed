#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""CPU time of `auris-farm picture` beside ffmpeg's showspectrumpic and sox's spectrogram.

    tests/bench/picture_vs_peers.py [--farm PROGRAM] [--minutes N] [--runs N] AUDIO…

The audio files (the demo album will do) are strung together and repeated to one WAV file of N minutes,
44.1 kHz, 16 bit, stereo. Each program makes one PNG of it per run, in turn; quoted are the CPU times
(user and system) of whole processes. Needs ffmpeg and sox. Prints a Markdown table, and rows for
BENCHMARKS.md.
"""
import argparse
import datetime
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def make_wav(audio, minutes, path):
    """One WAV file of all, repeated until it is long enough."""
    inputs = [word for file in audio for word in ("-i", str(file))]
    form = "aformat=sample_fmts=s16:sample_rates=44100:channel_layouts=stereo"
    parts = "".join(f"[{i}:a]{form}[a{i}];" for i in range(len(audio)))
    joined = "".join(f"[a{i}]" for i in range(len(audio)))
    once = path.with_name("once.wav")
    graph = f"{parts}{joined}concat=n={len(audio)}:v=0:a=1[out]"
    command = ["ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", graph, "-map", "[out]", str(once)]
    subprocess.run(command, check=True)
    repeated = ["-stream_loop", "-1", "-i", str(once), "-t", str(minutes * 60), "-c", "copy", str(path)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *repeated], check=True)
    once.unlink()


def cpu_time(command):
    """User and system time of a process that must succeed, and its peak memory in MiB."""
    pid = os.fork()
    if pid == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1):
                os.dup2(null, descriptor)
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command}: ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def commands(farm, wav, out):
    """Name, size and command of each, ours first among those of a size."""

    def ours(size, *more):
        options = ["picture", "--quiet", "--overwrite", "--size", size, *more]
        return [farm, *options, "--out", str(out / f"ours-{size}"), str(wav)]

    sox = ["sox", str(wav), "-n", "spectrogram", "-o", str(out / "sox.png")]
    # Of other sizes ffmpeg 5.1 takes minutes, or does not end.
    graph = ["-lavfi", "showspectrumpic", str(out / "ffmpeg.png")]
    ffmpeg = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(wav), *graph]
    return [
        ("auris-farm picture", "1280x720, its default", ours("1280x720")),
        ("sox spectrogram", "800x513 per channel, its default", sox),
        ("auris-farm picture", "4096x2048", ours("4096x2048")),
        ("ffmpeg showspectrumpic", "4096x2048, its default", ffmpeg),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--farm", default=str(ROOT / "target/release/auris-farm"))
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the pictures")
    parser.add_argument("audio", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    for tool in ("ffmpeg", "sox", options.farm):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed or not built")
    with tempfile.TemporaryDirectory() as folder:
        out = options.keep or pathlib.Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        wav = pathlib.Path(folder) / "music.wav"
        make_wav(options.audio, options.minutes, wav)
        rows = commands(options.farm, wav, out)
        times = [[] for _ in rows]
        memory = [0.0 for _ in rows]
        cpu_time(rows[0][2])  # the file is cached, and so is the registry
        for _ in range(options.runs):
            for index, (_, _, command) in enumerate(rows):
                seconds, peak = cpu_time(command)
                times[index].append(seconds)
                memory[index] = max(memory[index], peak)
        medians = [statistics.median(runs) for runs in times]
        report(options, rows, medians, memory)


def report(options, rows, medians, memory):
    hours = options.minutes / 60
    print("| Program | Picture | CPU s | CPU s per hour | Peak RSS, MiB |")
    print("|---|---|---|---|---|")
    for (name, size, _), seconds, peak in zip(rows, medians, memory):
        print(f"| {name} | {size} | {seconds:.3f} | {seconds / hours:.2f} | {peak:.1f} |")
    small, sox, large, ffmpeg = medians
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    date = datetime.date.today().isoformat()
    print("\n| Date | Machine | Minutes | ours, CPU s per hour | sox / ours | ffmpeg / ours | ffmpeg / ours at its size |")
    print(
        f"| {date} | {machine} | {options.minutes} | {small / hours:.2f} | {sox / small:.1f} | "
        f"{ffmpeg / small:.1f} | {ffmpeg / large:.1f} |"
    )


if __name__ == "__main__":
    main()
