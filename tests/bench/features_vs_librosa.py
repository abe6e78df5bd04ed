#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""CPU time of our log-mel spectrum beside librosa's, in the same run.

usage: features_vs_librosa.py [--minutes N] [--runs N] [--program PATH]

librosa comes from the virtual environment that tests/differential/features.py makes. Both take N
minutes of mono noise at 48 kHz from memory or a file in the page cache: librosa in this process, one thread,
imports and a first call excluded; ours as a program of its own (the example `features` of auris-dsp,
`cargo build --release -p auris-dsp --example features`), from start to exit, less a run that only
reads; what either has found stays in memory. They take turns; the table has the least user + system time of each, per hour of audio for
information, and the ratio, which is what counts.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "target" / "features-peers"
PROGRAM = ROOT / "target" / "release" / "examples" / "features"
RATE = 48000
ONE_THREAD = {
    name: "1" for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"]
}

if Path(sys.prefix) != FOLDER:
    python = FOLDER / "bin" / "python"
    if not python.exists():
        raise SystemExit("tests/differential/features.py makes the environment: run it first")
    os.execve(python, [str(python), *sys.argv], {**os.environ, **ONE_THREAD})

import librosa  # noqa: E402
import numpy  # noqa: E402


def log_mel(x):
    """As the preset has it: what `librosa.load` gives, 32-bit floats, and no `top_db`."""
    mel = librosa.feature.melspectrogram(y=x, sr=RATE)
    return librosa.power_to_db(mel, top_db=None)


def mfcc(x):
    return librosa.feature.mfcc(S=log_mel(x))


def descriptors(x):
    """The spectrum once, as a careful user would have it."""
    magnitude = numpy.abs(librosa.stft(x))
    feature = librosa.feature
    feature.spectral_centroid(S=magnitude, sr=RATE)
    feature.spectral_bandwidth(S=magnitude, sr=RATE)
    feature.spectral_rolloff(S=magnitude, sr=RATE)
    feature.spectral_flatness(S=magnitude)


def theirs(function, x):
    """CPU seconds of one call."""
    before = os.times()
    function(x)
    after = os.times()
    return after.user + after.system - before.user - before.system


def ours(program, preset, features, source):
    """CPU seconds of a process."""
    command = [program, preset, str(RATE), features, source, "-"]
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        raise SystemExit(f"{program} failed with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    arguments = parser.parse_args()
    x = (numpy.random.default_rng(1).random(int(60 * RATE * arguments.minutes)) - 0.5).astype(numpy.float32)
    hour = 60 / arguments.minutes
    print("| | librosa, CPU s per hour | auris, CPU s per hour | ratio |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in"
        x.astype("<f4").tofile(source)
        for name, function, features in [
            ("log-mel", log_mel, "mel"),
            ("MFCC", mfcc, "mfcc"),
            ("centroid, bandwidth, roll-off, flatness", descriptors, "centroid,bandwidth,rolloff,flatness"),
        ]:
            function(x[: 10 * RATE])
            peer, whole, reading = [], [], []
            for _ in range(arguments.runs):
                peer.append(theirs(function, x))
                whole.append(ours(arguments.program, "librosa", features, source))
                reading.append(ours(arguments.program, "nothing", features, source))
            net = min(whole) - min(reading)
            print(f"| {name} | {min(peer) * hour:.2f} | {net * hour:.2f} | {min(peer) / net:.1f} |", flush=True)


main()
