# SPDX-License-Identifier: MPL-2.0
"""Results of drmeter, read in each of the three ways in which they leave it."""

import array
import math
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

RATE = 44_100
SECONDS = 16
# A square wave at a tenth of full scale with one full-scale sample in each second: by the definition
# of DR14 (RMS times √2), 20·log10(1 / (0.1·√2)) is nearly the result, a little less by the peaks.
QUIET, PEAK = 3277, 32767
EXPECTED = 20 * math.log10(PEAK / (QUIET * math.sqrt(2)))


def music(seconds=SECONDS):
    """Return S16 stereo as bytes."""
    second = [QUIET if i % 100 < 50 else -QUIET for i in range(RATE)]
    second[RATE // 2] = PEAK
    stereo = array.array("h", (sample for sample in second for _ in range(2)))
    return stereo.tobytes() * seconds


class DrMeter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)

    def measure(self, properties="", during=None):
        """Run music through drmeter and return the element and all messages on the bus."""
        caps = f"audio/x-raw,format=S16LE,layout=interleaved,channels=2,rate={RATE}"
        pipeline = Gst.parse_launch(
            f"appsrc name=in format=time caps={caps} ! drmeter name=dr {properties} ! fakesink"
        )
        source, drmeter = pipeline.get_by_name("in"), pipeline.get_by_name("dr")
        pipeline.set_state(Gst.State.PLAYING)
        self.addCleanup(pipeline.set_state, Gst.State.NULL)
        buffer = Gst.Buffer.new_wrapped(music())
        buffer.pts = 0
        buffer.duration = SECONDS * Gst.SECOND
        source.emit("push-buffer", buffer)
        if during:
            during(pipeline, drmeter)
        source.emit("end-of-stream")
        messages, ends = [], Gst.MessageType.EOS | Gst.MessageType.ERROR
        while True:
            message = pipeline.get_bus().timed_pop(20 * Gst.SECOND)
            self.assertIsNotNone(message, "the pipeline hangs")
            messages.append(message)
            if message.type & ends:
                self.assertEqual(message.type, Gst.MessageType.EOS)
                return drmeter, messages

    @staticmethod
    def results(messages):
        structures = (m.get_structure() for m in messages if m.type == Gst.MessageType.ELEMENT)
        return [s for s in structures if s.get_name() == "drmeter"]

    def check_values(self, result):
        self.assertEqual(result.get_value("dr"), round(EXPECTED))
        self.assertAlmostEqual(result.get_value("precise"), EXPECTED, delta=0.02)
        present, per_channel = result.get_array("channel-dr")
        self.assertTrue(present)
        self.assertEqual(per_channel.n_values, 2)
        for channel in range(2):
            self.assertAlmostEqual(per_channel.get_nth(channel), EXPECTED, delta=0.02)

    def test_message(self):
        _, messages = self.measure()
        (result,) = self.results(messages)
        self.assertTrue(result.get_value("final"))
        self.assertEqual(result.get_value("reason"), "eos")
        self.assertEqual(result.get_value("frames"), RATE * SECONDS)
        self.check_values(result)

    def test_last_result(self):
        drmeter, messages = self.measure("post-messages=false")
        self.assertEqual(self.results(messages), [])
        self.check_values(drmeter.get_property("last-result"))

    def test_tags(self):
        _, messages = self.measure("loudness=integrated")
        comments, gains = [], []
        for message in messages:
            if message.type == Gst.MessageType.TAG:
                tags = message.parse_tag()
                for i in range(tags.get_tag_size("extended-comment")):
                    comments.append(tags.get_string_index("extended-comment", i)[1])
                present, gain = tags.get_double("replaygain-track-gain")
                if present:
                    gains.append(gain)
        self.assertIn(f"DYNAMIC RANGE={round(EXPECTED)}", comments)
        self.assertTrue(gains)

    def test_provisional_results(self):
        _, messages = self.measure(f"interval={4 * Gst.SECOND}")
        *provisional, final = self.results(messages)
        self.assertGreaterEqual(len(provisional), 3)
        self.assertFalse(any(result.get_value("final") for result in provisional))
        self.assertTrue(final.get_value("final"))
        self.check_values(final)

    def test_reset_ends_a_measurement(self):
        early = []

        def reset(pipeline, drmeter):
            # The pipeline has prerolled when all that was pushed is measured.
            pipeline.get_state(20 * Gst.SECOND)
            drmeter.emit("reset")
            message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.ELEMENT)
            self.assertIsNotNone(message, "reset posts nothing")
            early.append(message)

        self.measure(during=reset)
        (result,) = self.results(early)
        self.assertEqual(result.get_value("reason"), "reset")
        self.check_values(result)


if __name__ == "__main__":
    unittest.main()
