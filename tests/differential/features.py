#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Compares our features with those of librosa, transformers and kaldi-native-fbank, on the same samples.

usage: features.py [--program PATH] [--write]

The packages come from PyPI into a virtual environment below target/, which pip fills once; where
there is no network, nothing is compared, and that is said. PATH is the example `features` of
auris-dsp, built by `cargo build --release -p auris-dsp --example features`. References are computed in
double precision where the package can.

--write writes tests/data/features/*.csv, which the tests of auris-dsp compare with: a few values of
each feature on signals that they make themselves. No difference may come of it unless a package changed.

Exit code 0: all agree, 1: something differs, 77: nothing could be compared.
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from farm import ROOT, Verdict, skip

PACKAGES = ["librosa==0.11.0", "transformers==5.24.0", "kaldi-native-fbank==1.23.0"]
PROGRAM = ROOT / "target" / "release" / "examples" / "features"
GOLDEN = ROOT / "tests" / "data" / "features"
FOLDER = ROOT / "target" / "features-peers"

# dB, and nepers or Whisper's units, for mel bands. librosa and transformers compute in double precision, and
# so do we; kaldi-native-fbank in single but for its transform. So we must be near what double precision gives by
# Kaldi's own formulas (EXACT, nepers) everywhere, and near the package wherever it is near that itself. Everything
# else is relative; MFCC to the largest coefficient of the frame, for one that is near 0 has no relative error.
DECIBEL, OTHER_LOGARITHM, EXACT = 1e-4, 1e-3, 1e-4
RELATIVE = {"librosa": 1e-4, "kaldi": 1e-3, "kaldi-exact": 1e-4}


def in_environment():
    """Run this script again by the interpreter that has the packages."""
    python = FOLDER / "bin" / "python"
    probe = [python, "-c", "import kaldi_native_fbank, librosa, transformers"]
    try:
        if not python.exists():
            venv.create(FOLDER, with_pip=True)
        if subprocess.run(probe, capture_output=True).returncode != 0:
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    except (subprocess.SubprocessError, OSError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        skip(f"{', '.join(PACKAGES)} cannot be installed: {reason[-1] if reason else error}")
    os.execv(python, [str(python), *sys.argv])


if Path(sys.prefix) != FOLDER:
    in_environment()

import kaldi_native_fbank  # noqa: E402
import librosa  # noqa: E402
import numpy  # noqa: E402
from transformers import WhisperFeatureExtractor  # noqa: E402


def split_mix(seed, count):
    """Sebastiano Vigna's SplitMix64: `count` outputs after state `seed`."""
    with numpy.errstate(over="ignore"):
        steps = numpy.arange(1, count + 1, dtype=numpy.uint64)
        z = numpy.uint64(seed) + steps * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))


def uniform(seed, count):
    """Numbers from -1 to 1."""
    return (split_mix(seed, count) >> numpy.uint64(11)) * 2.0**-52 - 1.0


def signal(name, rate, count):
    """As plugins/dsp/src/features/presets/tests/signal.rs has it: 16-bit samples."""
    n = numpy.arange(count)
    t = n / rate
    if name == "noise":
        x = 0.5 * uniform(1, count)
    elif name == "sweep":
        # From 50 Hz to 0.4 times the rate, one second there, beginning again; noise 40 dB below.
        octaves = numpy.log(0.4 * rate / 50)
        phase = 50 / octaves * numpy.expm1(octaves * (t % 1.0))
        x = 0.5 * numpy.sin(2 * numpy.pi * phase) + 0.005 * uniform(2, count)
    else:
        # Every quarter of a second three notes with six overtones that die away, and noise behind.
        length = rate // 4
        x = 0.01 * uniform(3, count)
        for step in range(-(-count // length)):
            here = n[step * length : (step + 1) * length]
            since = (here - step * length) / rate
            for note in split_mix(1000 + step, 3):
                frequency = 440 * 2 ** ((int(note % numpy.uint64(48)) - 33) / 12)
                for overtone in range(1, 7):
                    tone = numpy.sin(2 * numpy.pi * (frequency * overtone * since))
                    x[here] += 0.1 / overtone * numpy.exp(-6 * since) * tone
    return (numpy.rint(numpy.clip(x, -1, 1) * 32767) / 32768).astype(numpy.float32)


def with_librosa(x, rate):
    """Every feature as librosa has it by default but for `top_db`, frame by frame."""
    x = x.astype(numpy.float64)
    complex_spectrum = librosa.stft(x)
    magnitude = numpy.abs(complex_spectrum)
    mel = librosa.feature.melspectrogram(S=magnitude**2, sr=rate)
    decibel = librosa.power_to_db(mel, top_db=None)
    flux = numpy.sqrt((numpy.diff(magnitude, axis=1, prepend=magnitude[:, :1]) ** 2).sum(axis=0))
    feature = librosa.feature
    return {
        "mel": decibel,
        "mfcc": feature.mfcc(S=decibel),
        "chroma": feature.chroma_stft(S=magnitude**2, sr=rate, tuning=0),
        "centroid": feature.spectral_centroid(S=magnitude, sr=rate),
        "bandwidth": feature.spectral_bandwidth(S=magnitude, sr=rate),
        "rolloff": feature.spectral_rolloff(S=magnitude, sr=rate),
        "flatness": feature.spectral_flatness(S=magnitude),
        # A full-scale sine has a quarter of the window's length.
        "flux": flux[None, :] / 512,
        "onset": librosa.onset.onset_strength(S=decibel, sr=rate)[None, :],
    }


def with_whisper(x, rate, bands):
    """The model's input, one chunk of 30 s after the other."""
    extractor = WhisperFeatureExtractor(feature_size=bands)
    chunks = [x[at : at + 30 * rate] for at in range(0, len(x), 30 * rate)]
    inputs = [extractor(chunk, sampling_rate=rate, return_tensors="np").input_features[0] for chunk in chunks]
    return {"mel": numpy.concatenate(inputs, axis=1)}


def with_kaldi(x, rate, bands):
    """Fbank and MFCC; kaldi-native-fbank computes in single precision."""
    found = {}
    for name, module, options in [
        ("mel", kaldi_native_fbank.OnlineFbank, kaldi_native_fbank.FbankOptions()),
        ("mfcc", kaldi_native_fbank.OnlineMfcc, kaldi_native_fbank.MfccOptions()),
    ]:
        options.frame_opts.samp_freq = rate
        options.frame_opts.dither = 0
        options.mel_opts.num_bins = bands
        computer = module(options)
        computer.accept_waveform(rate, (x * 32768).tolist())
        computer.input_finished()
        frames = [computer.get_frame(i) for i in range(computer.num_frames_ready)]
        found[name] = numpy.array(frames).T
    return found


def kaldi_exactly(x, rate, bands):
    """The same by the formulas of Kaldi's feature-window.cc, mel-computations.cc and feature-mfcc.cc, in double
    precision."""
    size, hop = rate * 25 // 1000, rate * 10 // 1000
    count = 1 + (len(x) - size) // hop
    epsilon = float(numpy.finfo(numpy.float32).eps)
    frames = numpy.lib.stride_tricks.sliding_window_view(x.astype(numpy.float64) * 32768, size)[::hop][:count]
    frames = frames - frames.mean(axis=1, keepdims=True)
    energy = numpy.log(numpy.maximum((frames**2).sum(axis=1), epsilon))
    before = numpy.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    window = (0.5 - 0.5 * numpy.cos(2 * numpy.pi * numpy.arange(size) / (size - 1))) ** 0.85
    length = 1 << (size - 1).bit_length()
    power = numpy.abs(numpy.fft.rfft((frames - 0.97 * before) * window, length)) ** 2

    def mel(hertz):
        return 1127 * numpy.log1p(hertz / 700)

    low, high = mel(20.0), mel(rate / 2)
    step = (high - low) / (bands + 1)
    places = mel(numpy.arange(length // 2) * rate / length)
    centres = low + step * numpy.arange(1, bands + 1)[:, None]
    weights = numpy.maximum(0, 1 - numpy.abs(places[None, :] - centres) / step)
    logarithms = numpy.log(numpy.maximum(power[:, : length // 2] @ weights.T, epsilon))
    n, k = numpy.arange(13)[:, None], numpy.arange(bands)[None, :]
    cosines = numpy.sqrt(2 / bands) * numpy.cos(numpy.pi / bands * (k + 0.5) * n)
    cosines[0] = numpy.sqrt(1 / bands)
    mfcc = (logarithms @ cosines.T) * (1 + 11 * numpy.sin(numpy.pi * numpy.arange(13) / 22))
    mfcc[:, 0] = energy
    return {"mel": logarithms.T, "mfcc": mfcc.T}


def ours(program, preset, rate, features, x, shapes, bands):
    """The features by name, of our program's output."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "in", Path(folder) / "out"
        x.astype("<f4").tofile(source)
        command = [program, preset, str(rate), ",".join(features), source, result, str(bands)]
        subprocess.run(command, check=True, timeout=300)
        values = numpy.fromfile(result, "<f4")
    values = values.reshape(-1, sum(shapes)).T.astype(numpy.float64)
    return dict(zip(features, numpy.split(values, numpy.cumsum(shapes)[:-1])))


def limits(feature, preset, expected):
    """What each value may be away by."""
    if feature == "mel":
        limit = {"librosa": DECIBEL, "kaldi-exact": EXACT}.get(preset, OTHER_LOGARITHM)
        return numpy.full_like(expected, limit)
    if feature in ("mfcc", "chroma"):
        return RELATIVE[preset] * numpy.abs(expected).max(axis=0, keepdims=True)
    return numpy.maximum(RELATIVE[preset] * numpy.abs(expected), 1e-30)


# preset of our program, rate, mel bands, seconds
CASES = [
    ("librosa", 48000, 128, 10),
    ("librosa", 22050, 128, 10),
    ("librosa", 44100, 64, 3),
    ("whisper-chunks", 16000, 80, 34),
    ("whisper-chunks", 16000, 128, 8),
    ("kaldi", 16000, 80, 10),
    ("kaldi", 16000, 23, 10),
    ("kaldi", 8000, 23, 5),
    ("kaldi", 44100, 40, 5),
]


def reference(preset, x, rate, bands):
    if preset == "librosa":
        found = with_librosa(x, rate)
        if bands != 128:
            power = numpy.abs(librosa.stft(x.astype(numpy.float64))) ** 2
            mel = librosa.feature.melspectrogram(S=power, sr=rate, n_mels=bands)
            return {"mel": librosa.power_to_db(mel, top_db=None)}
        return found
    return with_whisper(x, rate, bands) if preset == "whisper-chunks" else with_kaldi(x, rate, bands)


def compare(program, verdict):
    print("| preset | rate | bands | signal | feature | frames | largest difference | most of its limit |")
    print("|---|---|---|---|---|---|---|---|")
    for preset, rate, bands, seconds in CASES:
        for name in ["music", "noise", "sweep"]:
            x = signal(name, rate, seconds * rate + 123)
            expected = reference(preset, x, rate, bands)
            shapes = [len(values) for values in expected.values()]
            found = ours(program, preset, rate, list(expected), x, shapes, bands)
            for feature, values in expected.items():
                what = f"{preset} {rate} {bands} {name} {feature}"
                frames = verdict.equal(f"{what}: frames", found[feature].shape[1], values.shape[1])
                if frames != "=":
                    continue
                shape = f"{rate} | {bands} | {name} | {feature} | {values.shape[1]}"
                near = numpy.full(values.shape, True)
                if preset == "kaldi":
                    exact = kaldi_exactly(x, rate, bands)[feature]
                    near = numpy.abs(values - exact) <= limits(feature, preset, values)
                    report(verdict, "kaldi-exact", shape, what, numpy.abs(found[feature] - exact), feature, exact)
                away = numpy.where(near, numpy.abs(found[feature] - values), 0)
                report(verdict, preset, shape, what, away, feature, values)
                if not near.all():
                    print(f"kaldi-native-fbank is itself further off in {(~near).sum()} of {near.size}", flush=True)


def report(verdict, preset, shape, what, away, feature, values):
    share = (away / limits(feature, preset, values)).max()
    verdict.near(f"{what} ({preset})", float(share), 0.0, 1.0)
    print(f"| {preset} | {shape} | {away.max():.1e} | {share:.0%} |")


def write():
    """A few values of the first two seconds of music and sweep, and of every feature."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for file, preset, rate, bands in [
        ("librosa-48000.csv", "librosa", 48000, 128),
        ("librosa-22050.csv", "librosa", 22050, 128),
        ("whisper-80.csv", "whisper-chunks", 16000, 80),
        ("whisper-128.csv", "whisper-chunks", 16000, 128),
        ("kaldi-80.csv", "kaldi", 16000, 80),
        ("kaldi-23.csv", "kaldi", 16000, 23),
    ]:
        with open(GOLDEN / file, "w", encoding="utf-8") as table:
            exactly = ",exact" if preset == "kaldi" else ""
            print(f"signal,feature,frame,index,value{exactly}", file=table)
            for name in ["music", "sweep"]:
                x = signal(name, rate, 2 * rate)
                expected = reference(preset, x, rate, bands)
                exact = kaldi_exactly(x, rate, bands) if exactly else None
                for feature, values in expected.items():
                    places = {"mel": [0, 1, bands // 3, bands // 2, bands - 1], "mfcc": [0, 1, 5, 12]}
                    frames = min(values.shape[1], 200)
                    for frame in [0, 1, frames // 3, frames // 2, frames - 1]:
                        for index in places.get(feature, range(0, len(values), 4)):
                            row = [name, feature, frame, index, f"{values[index][frame]:.9g}"]
                            if exact:
                                row.append(f"{exact[feature][index][frame]:.9g}")
                            print(*row, sep=",", file=table)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.write:
        return write()
    if not arguments.program.exists():
        raise SystemExit(f"{arguments.program} is not built")
    verdict = Verdict()
    compare(arguments.program, verdict)
    verdict.conclude()


main()
