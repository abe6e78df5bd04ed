#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Compares `auris-farm measure` with other tools on the same files, tools that are run now.

usage: peers.py [--farm PATH] [--seed N] [WAV ...]

Without files it makes some of its own from a random seed, which it prints; --seed makes them again.

- dr14_t.meter 2.1.2, in a virtual environment below target/, which pip fills once: the value of the
  dialect `tt` on 16 bit at 44.1 kHz. It converts everything else to that first.
- ffmpeg's `ebur128`: loudness and true peak. Its `drmeter` is another algorithm (see the table that
  tests/data/dr_reference.csv describes) and is shown for information.
- ffmpeg's `md5` and FLAC's own checksum, read by `metaflac`: the checksum.

What is not installed is skipped, and said. Exit code 0: all agree, 1: something differs, 77: nothing
could be compared.
"""
import argparse
import array
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import wave
from pathlib import Path

from farm import FARM, ROOT, Verdict, skip, tracks

DR14 = "DR14-T.meter==2.1.2"
# dr14_t.meter sums in 32-bit floats: 24 bits of mantissa, of which sums over a block lose a few.
TT = 1e-5
# LU, where both gate with the same windows: bins of 0.1 LU on our side, 0.01 on ffmpeg's. It is also
# what EBU Tech 3341 allows.
LOUDNESS = 0.1
# LU, which EBU Tech 3342 allows each meter. For the range ffmpeg takes short-term loudness every
# 0.1 s, we every 1 s, which the document allows as well; that shows where there are few of them.
RANGE, RANGE_SECONDS = 1.0, 60
# dB. ffmpeg oversamples to 192 kHz by another filter than ours; EBU Tech 3341 allows a meter to lie
# between 0.4 dB below and 0.2 dB above the truth, so two may be 0.6 apart. On white noise they can be
# further apart: neither is defined near the Nyquist frequency.
TRUE_PEAK = 0.6

# `round` is looked up in the module before the builtins: this shows what the tool rounds.
DR14_CLIENT = """
import sys
import dr14tmeter.compute_dr14 as module
from dr14tmeter.audio_track import AudioTrack
module.round = float
track = AudioTrack()
if not track.open(sys.argv[1]):
    sys.exit("dr14_t.meter cannot read it")
print(module.compute_dr14(track.Y, track.Fs)[0])
"""

missing = set()


def say_once(reason):
    if reason not in missing:
        missing.add(reason)
        print(f"SKIPPED: {reason}", file=sys.stderr)


def have(program):
    found = shutil.which(program) is not None
    if not found:
        say_once(f"{program} is not installed")
    return found


def output(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, timeout=300)


def dr14_python():
    """The interpreter of an environment that has dr14_t.meter, or None."""
    folder = ROOT / "target" / "peers"
    python = folder / "bin" / "python"
    probe = [python, "-c", "import dr14tmeter.compute_dr14"]
    try:
        if not python.exists():
            venv.create(folder, with_pip=True)
        if subprocess.run(probe, capture_output=True).returncode != 0:
            output(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", DR14)
        return python if have("ffmpeg") else None
    except (subprocess.SubprocessError, OSError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        say_once(f"dr14_t.meter cannot be installed: {reason[-1] if reason else error}")
        return None


def make_music(path, seed, rate, bits, channels, frames):
    """A chord and a little noise whose level wanders, and struck notes above it, as a WAV file.

    It fades out, because ffmpeg's `ebur128` leaves out what does not fill the last tenth of a second.
    """
    chance = random.Random(seed)
    full = 2 ** (bits - 1) - 1
    tones = [chance.uniform(60, 3000) for _ in range(3)]
    struck = chance.uniform(1000, 5000)
    level, target = 0.1, 0.1
    samples = array.array("i")
    for i in range(frames):
        if i % rate == 0:
            target = 10 ** (chance.uniform(-40, -6) / 20)
        level += (target - level) * 1e-4
        chord = sum(math.sin(math.tau * f * i / rate) for f in tones) / 3
        since = i % (2 * rate)
        note = 0.8 * math.exp(-since / 2000) * math.sin(math.tau * struck * since / rate)
        for channel in range(channels):
            value = level * (0.9 * chord + 0.1 * chance.uniform(-1, 1)) + note / (channel + 1)
            value *= min(1.0, 2 * (frames - i) / rate)
            samples.append(round(max(-1.0, min(1.0, value)) * full))
    width = bits // 8
    raw = b"".join(sample.to_bytes(width, "little", signed=True) for sample in samples)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(raw)


def make_files(folder, seed):
    """Odd lengths, and one that is a whole number of dr14_t.meter's blocks."""
    chance = random.Random(seed)
    block = 132480
    for index, (rate, bits, channels, frames) in enumerate([
        (44100, 16, 2, 5 * block + chance.randrange(2, block)),
        (44100, 16, 1, 6 * block),
        (44100, 16, 2, chance.randrange(1000, block)),
        (48000, 24, 2, chance.randrange(15 * 48000, 20 * 48000)),
        (96000, 24, 1, chance.randrange(10 * 96000, 12 * 96000)),
        (22050, 16, 1, chance.randrange(70 * 22050, 80 * 22050)),
    ]):
        path = folder / f"{index}-{rate}-{bits}-{channels}ch-{frames}.wav"
        make_music(path, chance.random(), rate, bits, channels, frames)
        yield path


def ffmpeg_loudness(path):
    """What `ebur128` says at the end, and the highest values on the way."""
    graph = "ebur128=peak=true:metadata=1:framelog=verbose,ametadata=mode=print:file=-"
    text = output("ffmpeg", "-v", "error", "-nostdin", "-i", path, "-af", graph, "-f", "null", "-").stdout
    values = {}
    for name, value in re.findall(r"^lavfi\.r128\.(\w+)=(\S+)$", text, re.MULTILINE):
        values.setdefault(name, []).append(float(value))
    peak = values["true_peak"][-1]
    return {
        "integrated": values["I"][-1],
        "range": values["LRA"][-1],
        "max_momentary": max(values["M"]),
        "max_short_term": max(values["S"]),
        # Given with three digits, full scale being 1.
        "true_peak": 20 * math.log10(peak) if peak > 0 else None,
    }


def ffmpeg_drmeter(path):
    log = output("ffmpeg", "-nostdin", "-i", path, "-af", "drmeter", "-f", "null", "-").stderr
    found = re.search(r"Overall DR: (\S+)", log)
    return found[1] if found else "none"


def compare_tt(verdict, python, path, record):
    if python is None:
        return "skipped"
    if record["rate"] != 44100 or record["format"]["bits"] != 16:
        return ""
    theirs = float(output(python, "-c", DR14_CLIENT, path).stdout.splitlines()[-1])
    ours = record["dr"]["tt"]
    verdict.equal(f"{path.name} tt", ours["official"], round(theirs))
    return verdict.near(f"{path.name} tt", ours["precise"], theirs, TT)


def compare_loudness(verdict, path, record):
    """Cells for integrated, range, maximum momentary, maximum short-term, true peak."""
    if not have("ffmpeg"):
        return ["skipped"] * 5
    ours, theirs = record["loudness"], ffmpeg_loudness(path)
    tolerances = {"range": RANGE, "true_peak": TRUE_PEAK}
    cells = []
    for name, value in theirs.items():
        if ours[name] is None:
            # Too short for a window of that length; ffmpeg fills it with silence.
            cells.append("none")
            continue
        if name == "range" and record["duration_s"] < RANGE_SECONDS:
            cells.append("short")
            continue
        cells.append(verdict.near(f"{path.name} {name}", ours[name], value, tolerances.get(name, LOUDNESS)))
    return cells


def compare_md5(verdict, farm, folder, path, record):
    """The WAV file's own bytes, then the checksum that an encoder stored."""
    if not have("ffmpeg"):
        return "skipped"
    theirs = output("ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0:a", "-c", "copy", "-f", "md5", "-")
    cell = verdict.equal(f"{path.name} MD5", record["md5"], theirs.stdout.strip().removeprefix("MD5="))
    if not have("flac") or not have("metaflac"):
        return cell
    coded = folder / path.with_suffix(".flac").name
    output("flac", "--silent", "--force", "-o", coded, path)
    stored = output("metaflac", "--show-md5sum", coded).stdout.strip()
    (again,) = tracks(farm, "--checksum", coded).values()
    coded.unlink()
    return f"{cell} {verdict.equal(f'{path.name} MD5 in FLAC', again['md5'], stored)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--farm", type=Path, default=FARM)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("files", nargs="*", type=Path, metavar="WAV")
    args = parser.parse_args()
    verdict, python = Verdict(), dr14_python()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        files = args.files
        if not files:
            print(f"seed {args.seed}\n")
            files = list(make_files(folder, args.seed))
        print("| file | tt | tt − dr14_t.meter | I | LRA | max M | max S | true peak | MD5 | foobar, ffmpeg drmeter |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for path in files:
            (record,) = tracks(args.farm, "--loudness", "--checksum", path).values()
            cells = [str(record["dr"]["tt"]["official"]), compare_tt(verdict, python, path, record)]
            cells += compare_loudness(verdict, path, record)
            cells.append(compare_md5(verdict, args.farm, folder, path, record))
            if have("ffmpeg"):
                cells.append(f"{record['dr']['foobar']['precise']}, {ffmpeg_drmeter(path)}")
            print("|", " | ".join([path.name, *cells]), "|", flush=True)
    if verdict.made == 0:
        skip("nothing could be compared")
    verdict.conclude()


main()
