# SPDX-License-Identifier: MPL-2.0
"""Results of clapembed, as a client reads them: messages, events, last-result, tags, and errors."""

import array
import json
import math
import tempfile
import unittest
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

import tiny_clap  # noqa: E402

RATE = 48_000


def sound(seconds, period=97):
    """Return a sawtooth as mono floats."""
    saw = array.array("f", ((i % period) / period - 0.5 for i in range(period)))
    samples = (saw * (seconds * RATE // period + 1))[: seconds * RATE]
    return samples.tobytes()


def vector(structure):
    """Return the embedding of a result."""
    return array.array("f", structure.get_value("embedding").get_data())


class ClapEmbed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.model = cls.folder / "model.safetensors"
        cls.model.write_bytes(tiny_clap.model())

    def start(self, properties="", model=None):
        caps = f"audio/x-raw,format=F32LE,layout=interleaved,channels=1,rate={RATE}"
        pipeline = Gst.parse_launch(
            f"appsrc name=in format=time caps={caps} ! "
            f"clapembed name=clap model={model or self.model} {properties} ! fakesink name=out"
        )
        self.addCleanup(pipeline.set_state, Gst.State.NULL)
        return pipeline

    def embed(self, audio, properties=""):
        """Run audio through clapembed; return the element and its results."""
        pipeline = self.start(properties)
        pipeline.set_state(Gst.State.PLAYING)
        buffer = Gst.Buffer.new_wrapped(audio)
        buffer.pts = 0
        source = pipeline.get_by_name("in")
        source.emit("push-buffer", buffer)
        source.emit("end-of-stream")
        messages, ends = [], Gst.MessageType.EOS | Gst.MessageType.ERROR
        while True:
            message = pipeline.get_bus().timed_pop(20 * Gst.SECOND)
            self.assertIsNotNone(message, "the pipeline hangs")
            if message.type & ends:
                self.assertEqual(message.type, Gst.MessageType.EOS)
                return pipeline.get_by_name("clap"), messages
            messages.append(message)

    @staticmethod
    def results(messages):
        structures = (m.get_structure() for m in messages if m.type == Gst.MessageType.ELEMENT)
        return [s for s in structures if s.get_name() == "clapembed"]

    def test_messages(self):
        element, messages = self.embed(sound(23))
        *windows, aggregate = self.results(messages)
        self.assertEqual([w.get_value("kind") for w in windows], ["window"] * 3)
        for i, window in enumerate(windows):
            self.assertEqual(window.get_value("index"), i)
            self.assertEqual(window.get_value("stream-time"), 10 * i * Gst.SECOND)
            numbers = vector(window)
            self.assertEqual(len(numbers), 64)
            self.assertAlmostEqual(math.sqrt(sum(x * x for x in numbers)), 1, places=5)
        self.assertEqual(aggregate.get_value("kind"), "aggregate")
        self.assertEqual(aggregate.get_value("windows"), 3)
        self.assertEqual(aggregate.get_value("reason"), "eos")
        last = element.get_property("last-result")
        self.assertEqual(vector(last), vector(aggregate))

    def test_the_same_bytes_every_time(self):
        first, second = (
            [vector(r) for r in self.results(self.embed(sound(12), properties)[1])]
            for properties in ("threads=1", "threads=2 queue-seconds=10")
        )
        self.assertEqual(first, second)
        other = self.results(self.embed(sound(12, period=210))[1])
        self.assertNotEqual(vector(other[0]), first[0])

    def test_a_list_on_request(self):
        _, messages = self.embed(sound(1), "message-data=both")
        window = self.results(messages)[0]
        present, numbers = window.get_array("embedding-list")
        self.assertTrue(present)
        self.assertEqual([numbers.get_nth(i) for i in range(64)], list(vector(window)))

    def test_labels(self):
        _, messages = self.embed(sound(2))
        saw = list(vector(self.results(messages)[0]))
        labels = self.folder / "labels.json"
        labels.write_text(json.dumps({"saw": saw, "anything but": [-x for x in saw]}))
        _, messages = self.embed(sound(2), f"labels={labels}")
        for result in self.results(messages):
            names, scores = result.get_array("labels")[1], result.get_array("scores")[1]
            self.assertEqual([names.get_nth(i) for i in range(2)], ["saw", "anything but"])
            self.assertAlmostEqual(scores.get_nth(0), 1, places=5)
        tags = [m.parse_tag() for m in messages if m.type == Gst.MessageType.TAG]
        keywords = [t.get_string("keywords") for t in tags]
        self.assertIn((True, "saw,anything but"), keywords)

    def test_a_model_that_is_not_there(self):
        pipeline = self.start(model="no/such.safetensors")
        self.assertEqual(pipeline.set_state(Gst.State.PAUSED), Gst.StateChangeReturn.FAILURE)
        message = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        error, _ = message.parse_error()
        self.assertTrue(error.matches(Gst.resource_error_quark(), Gst.ResourceError.NOT_FOUND))
        self.assertIn("no/such.safetensors", error.message)


if __name__ == "__main__":
    unittest.main()
