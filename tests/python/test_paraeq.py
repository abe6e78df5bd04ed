# SPDX-License-Identifier: MPL-2.0
"""`paraeq` as an application finds it that was written for `equalizer-nbands`."""

import os
import subprocess
import sys
import tempfile
import unittest
from array import array
from pathlib import Path
from xml.etree import ElementTree

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

RATE = 48_000
SCRIPT = Path(__file__).parents[2] / "examples" / "python" / "response.py"


def process(line, seconds=1):
    """Return what a line of elements makes of pink noise, as doubles."""
    caps = f"audio/x-raw,format=F64LE,rate={RATE},channels=2"
    pipeline = Gst.parse_launch(
        f"audiotestsrc wave=saw freq=37 num-buffers={seconds * 50} samplesperbuffer={RATE // 50}"
        f" ! {caps} ! {line} ! appsink name=out sync=false"
    )
    sink, out = pipeline.get_by_name("out"), array("d")
    pipeline.set_state(Gst.State.PLAYING)
    while (sample := sink.emit("try-pull-sample", 10 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        out.frombytes(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    return out


class DropIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)

    def test_the_same_line_gives_the_same_sound(self):
        lines = (
            "band0::gain=6 band5::gain=-12 band9::gain=3",
            "num-bands=4 band1::freq=500 band1::bandwidth=60 band1::gain=12",
            "num-bands=1 band0::type=high-shelf band0::freq=3000 band0::gain=-24",
        )
        for line in lines:
            with self.subTest(line=line):
                theirs = process(f"equalizer-nbands {line}")
                ours = process(f"paraeq {line}")
                self.assertEqual(len(theirs), len(ours))
                self.assertEqual(len(ours), 2 * RATE)
                difference = max(abs(a - b) for a, b in zip(theirs, ours))
                # 0.001 dB are 1.15e-4 of a signal below 1.
                self.assertLess(difference, 1e-6)

    def test_an_application_finds_its_way(self):
        equaliser = Gst.ElementFactory.make("paraeq")
        equaliser.set_property("num-bands", 5)
        self.assertEqual(equaliser.get_children_count(), 5)
        for i in range(5):
            band = equaliser.get_child_by_index(i)
            self.assertEqual(band.get_name(), f"band{i}")
            band.set_property("freq", 100.0 * (i + 1))
            band.set_property("bandwidth", 50.0)
            band.set_property("gain", -12.0 + i)
            band.set_property("type", 0)
        found, band, spec = equaliser.lookup("band4::gain")
        self.assertTrue(found)
        band.set_property(spec.name, 3.5)
        self.assertEqual(equaliser.get_child_by_name("band4").get_property("gain"), 3.5)

    def test_a_response_can_be_asked_for(self):
        equaliser = Gst.ElementFactory.make("paraeq")
        band = equaliser.get_child_by_index(5)
        band.set_property("gain", 6.0)
        frequencies = array("d", (band.get_property("freq"), 20.0))
        response = equaliser.emit("get-response", GLib.Bytes.new(frequencies.tobytes()))
        self.assertEqual(response.get_value("channels"), 2)
        magnitudes = array("d", response.get_value("magnitudes").get_data())
        self.assertEqual(len(magnitudes), 4)
        self.assertAlmostEqual(magnitudes[0], 6.0, delta=0.01)
        self.assertAlmostEqual(magnitudes[1], 0.0, delta=0.1)


# What another process says of itself: where presets lie is decided once per process.
PRESETS = """
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
nbands, ours = (Gst.ElementFactory.make(name) for name in ("equalizer-nbands", "paraeq"))
nbands.set_property("num-bands", 12)
nbands.get_child_by_index(11).set_property("gain", -7.5)
nbands.get_child_by_index(3).set_property("freq", 321.0)
assert nbands.save_preset("from nbands")
ours.set_property("num-bands", 2)
ours.get_child_by_index(1).set_property("q", 4.0)
ours.get_child_by_index(1).set_property("gain", 2.5)
assert ours.save_preset("from paraeq")
saved = ours.get_property("config")
assert {"from nbands", "from paraeq"} <= set(ours.get_preset_names())
assert ours.load_preset("from nbands")
assert ours.get_property("num-bands") == 12
assert ours.get_child_by_index(11).get_property("gain") == -7.5
assert ours.get_child_by_index(3).get_property("freq") == 321.0
assert ours.load_preset("from paraeq")
assert ours.get_property("num-bands") == 2
assert ours.get_child_by_index(1).get_property("q") == 4.0
assert ours.get_property("config") == saved
assert not ours.load_preset("of nobody")
"""


class Presets(unittest.TestCase):
    def test_ours_and_those_of_nbands(self):
        with tempfile.TemporaryDirectory() as home:
            environment = {**os.environ, "XDG_DATA_HOME": home}
            command = [sys.executable, "-c", PRESETS]
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=60
            )
        self.assertEqual(done.returncode, 0, done.stderr)


class Response(unittest.TestCase):
    def draw(self, *arguments):
        command = [sys.executable, str(SCRIPT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def test_it_is_an_svg_with_a_curve_per_channel(self):
        done = self.draw("band3::gain=6", "preamp=-6", "--channels", "2", "--rate", "44100")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        root = ElementTree.fromstring(done.stdout)
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        curves = root.findall("{http://www.w3.org/2000/svg}polyline")
        self.assertEqual(len(curves), 2)
        points = [point.split(",") for point in curves[0].get("points").split()]
        heights = [float(y) for _, y in points]
        self.assertGreater(len(heights), 100)
        # Downwards on the screen is downwards in level: the peak is above the ends.
        self.assertLess(min(heights) + 20, min(heights[0], heights[-1]))

    def test_what_is_wrong_is_said(self):
        for wrong in (
            "band3::loudness=6",
            "band99::gain=1",
            "band3::gain=lots",
            "band3::type=peaky",
            "gain",
            "config-file=/nowhere",
        ):
            done = self.draw(wrong)
            self.assertEqual(done.returncode, 1, wrong)
            self.assertTrue(done.stderr.startswith("response.py: "), done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
