#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""CPU time of `spectrum` beside ffmpeg's aspectralstats, per channel, transforms of 2048, 75 % overlap.

    tests/bench/spectrum_vs_ffmpeg.py [--minutes N] [--runs N] [--plugin FILE]

Both take N minutes of stereo noise, 32-bit floats at 48 kHz, in turn. ffmpeg's is the CPU time of a process with the
filter less that of one without, one thread; ours that of the thread that pushes buffers in `push`
(tests/bench/push.c), less that of `identity`: the spectrum of each channel per 100 ms, and one descriptor or five of
each transform. Quoted is the least of each. Needs ffmpeg and a Meson build (tests/run.sh meson). AURIS_SIMD chooses
instruction sets as always.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PUSH = ROOT / "target" / "check" / "push"
OURS = "aurisspectrum fft-size=2048 overlap=0.75 window=hann multi-channel=true"
ELEMENTS = {
    "spectra, 1025 bands": f"{OURS} bands=1025",
    "centroid": f"{OURS} message-magnitude=false features=centroid",
    "centroid, bandwidth, roll-off, flatness, flux": f"{OURS} message-magnitude=false "
    "features=centroid+bandwidth+rolloff+flatness+flux",
}


def build_push():
    PUSH.parent.mkdir(parents=True, exist_ok=True)
    words = ["pkg-config", "--cflags", "--libs", "gstreamer-1.0"]
    flags = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    subprocess.run(["cc", "-O2", "-o", str(PUSH), str(ROOT / "tests/bench/push.c"), *flags], check=True)


def ours(plugin, seconds):
    """CPU seconds per hour of each element, net of identity."""
    command = [str(PUSH), "--load", str(plugin), "--seconds", str(seconds), "--rounds", "1", "identity"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GST_PLUGIN")}
    environment["GST_REGISTRY"] = str(ROOT / "target" / "check" / "bench-system-registry.bin")
    environment["XDG_DATA_HOME"] = str(ROOT / "target" / "check" / "none")
    found = subprocess.run(
        [*command, *ELEMENTS.values()], check=True, capture_output=True, text=True, env=environment
    ).stdout
    values = [float(value) for value in re.findall(r"^\| `.*?` \| ([0-9.]+) \|", found, re.MULTILINE)]
    if len(values) != len(ELEMENTS):
        sys.exit(f"not understood:\n{found}")
    return values


def cpu_time(command):
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{command}: ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def ffmpeg(wav, *options):
    command = ["ffmpeg", "-v", "error", "-threads", "1", "-filter_threads", "1", "-i", str(wav), *options]
    return cpu_time([*command, "-f", "null", "-"])


def make_wav(path, seconds):
    source = "anoisesrc=r=48000:c=white:a=0.5:seed={}"
    inputs = [word for seed in (1, 2) for word in ("-f", "lavfi", "-t", str(seconds), "-i", source.format(seed))]
    join = ["-filter_complex", "join=inputs=2:channel_layout=stereo", "-c:a", "pcm_f32le"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, *join, str(path)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--runs", type=int, default=3)
    plugin = ROOT / "target" / "meson" / "check" / "plugins" / "libgstspectrum.so"
    parser.add_argument("--plugin", type=Path, default=plugin)
    options = parser.parse_args()
    if not shutil.which("ffmpeg") or not options.plugin.exists():
        sys.exit("ffmpeg is not installed, or the plugin not built")
    build_push()
    seconds = round(60 * options.minutes)
    per_hour = 3600 / seconds
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "noise.wav"
        make_wav(wav, seconds)
        bare, filtered, found = [], [], []
        for _ in range(options.runs):
            bare.append(ffmpeg(wav))
            filtered.append(ffmpeg(wav, "-af", "aspectralstats=win_size=2048:overlap=0.75"))
            found.append(ours(options.plugin, seconds))
    peer = (min(filtered) - min(bare)) * per_hour
    print("| Of each channel | aspectralstats, CPU s per hour | `spectrum`, CPU s per hour | Times less |")
    print("|---|---|---|---|")
    for what, values in zip(ELEMENTS, zip(*found)):
        print(f"| {what} | {peer:.2f} | {min(values):.3f} | {peer / min(values):.1f} |")


if __name__ == "__main__":
    main()
