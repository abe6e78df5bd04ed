# SPDX-License-Identifier: MPL-2.0
"""The example client, run as its users run it."""

import array
import math
import subprocess
import sys
import tempfile
import unittest
import wave
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "examples" / "python" / "measure.py"
RATE = 48_000
SECONDS = 10


def write_tone(path, level):
    """A mono tone of 1 kHz with its peak at `level` dB of full scale, as a WAV file."""
    peak = 32767 * 10 ** (level / 20)
    period = [round(peak * math.sin(math.tau * i / 48)) for i in range(48)]
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(array.array("h", period * (RATE // 48 * SECONDS)).tobytes())


class Measure(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_client(self, *names):
        command = [sys.executable, str(CLIENT), *map(str, names)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def test_prints_what_a_tone_has(self):
        path = self.folder / "a tone #1.wav"
        write_tone(path, -20)
        done = self.run_client(path, path.as_uri())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        _, *lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 2)
        for line, name in zip(lines, (path, path.as_uri())):
            self.assertTrue(line.endswith(f"  {name}"), line)
            dr, precise, integrated, loudness_range, true_peak, peak = map(float, line.split()[:6])
            # A sine's RMS counts √2 times: it has no dynamic range. BS.1770 gives mono 3 dB less.
            self.assertEqual(dr, 0)
            self.assertAlmostEqual(precise, 0, delta=0.02)
            # Bins of 0.1 LU, printed with one digit.
            self.assertAlmostEqual(integrated, -23, delta=0.11)
            self.assertAlmostEqual(loudness_range, 0, delta=0.1)
            self.assertAlmostEqual(true_peak, -20, delta=0.1)
            self.assertAlmostEqual(peak, -20, delta=0.01)

    def test_silence_has_no_value(self):
        path = self.folder / "silence.wav"
        write_tone(path, -200)
        done = self.run_client(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[1].split()[:3], ["-", "-", "-"])

    def test_goes_on_after_a_failure_and_tells_of_it(self):
        text, missing, path = (self.folder / name for name in ("notes.wav", "missing.wav", "tone.wav"))
        text.write_text("no audio at all\n" * 100)
        write_tone(path, -20)
        done = self.run_client(text, missing, path)
        self.assertEqual(done.returncode, 1)
        complaints = [line.split(": ")[0] for line in done.stderr.splitlines()]
        self.assertEqual(complaints, [str(text), str(missing)])
        self.assertEqual(len(done.stdout.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
