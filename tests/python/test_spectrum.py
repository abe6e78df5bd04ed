# SPDX-License-Identifier: MPL-2.0
"""Clients of spectrum: the list that everyone reads, and bytes."""

import array
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

SCRIPT = Path(__file__).parents[2] / "examples" / "python" / "spectrum.py"
PATIENCE = 20 * Gst.SECOND


class Spectrum(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)

    def run_to_end(self, line):
        """Run a pipeline to its end and return the structures of its element messages."""
        pipeline = Gst.parse_launch(line)
        self.addCleanup(pipeline.set_state, Gst.State.NULL)
        pipeline.set_state(Gst.State.PLAYING)
        structures = []
        while True:
            message = pipeline.get_bus().timed_pop(PATIENCE)
            self.assertIsNotNone(message, "the pipeline hangs")
            self.assertNotEqual(message.type, Gst.MessageType.ERROR)
            if message.type == Gst.MessageType.ELEMENT:
                structures.append(message.get_structure().copy())
            if message.type == Gst.MessageType.EOS:
                return structures

    def test_bytes_hold_a_tone_where_it_is(self):
        structures = self.run_to_end(
            "audiotestsrc freq=3000 volume=0.5 num-buffers=100 ! audio/x-raw,format=F32LE,rate=48000"
            " ! spectrum bands=513 message-data=bytes scale=dbfs ! fakesink"
        )
        self.assertGreater(len(structures), 10)
        frequencies = array.array("f", structures[0].get_value("frequencies").get_data())
        self.assertFalse(structures[1].has_field("frequencies"))
        values = array.array("f", structures[5].get_value("magnitude-data").get_data())
        self.assertEqual(len(values), len(frequencies))
        loudest = max(range(len(values)), key=values.__getitem__)
        self.assertAlmostEqual(frequencies[loudest], 3000, delta=1)
        self.assertAlmostEqual(values[loudest], -6.02, delta=0.01)

    def test_the_client_reads_the_same_both_ways(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tone.wav"
            self.run_to_end(
                "audiotestsrc wave=saw num-buffers=50 ! audio/x-raw,rate=44100,channels=2"
                f' ! wavenc ! filesink location="{path}"'
            )
            lines = []
            for options in ([], ["--bytes"]):
                command = [sys.executable, str(SCRIPT), *options, str(path)]
                done = subprocess.run(command, capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                lines.append(done.stdout.splitlines())
            self.assertEqual(lines[0], lines[1])
            self.assertEqual(len(lines[0]), 4)
            self.assertIn("▇", lines[0][0])
            self.assertEqual(len(lines[0][0]), 10 + 64)

    def test_the_client_says_what_is_wrong(self):
        command = [sys.executable, str(SCRIPT), "/nowhere/at/all"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.startswith("spectrum.py: "), done.stderr)


if __name__ == "__main__":
    unittest.main()
