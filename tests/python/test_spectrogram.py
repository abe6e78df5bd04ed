# SPDX-License-Identifier: MPL-2.0
"""`spectrogram` as an application uses it: a picture in memory, and video."""

import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def frames(line):
    """Return the frames that a line of elements gives, each as caps' size and bytes."""
    pipeline = Gst.parse_launch(f"{line} ! appsink name=out sync=false")
    sink, found = pipeline.get_by_name("out"), []
    pipeline.set_state(Gst.State.PLAYING)
    while (sample := sink.emit("try-pull-sample", 30 * Gst.SECOND)) is not None:
        structure, buffer = sample.get_caps().get_structure(0), sample.get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        found.append((structure.get_value("width"), structure.get_value("height"), buffer.pts, data))
    pipeline.set_state(Gst.State.NULL)
    return found


TONE = "audiotestsrc freq=6000 num-buffers=100 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1"
BARE = "axes=false colour-bar=false palette=grey frequency-scale=linear"


class Spectrogram(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)

    def test_a_whole_picture_shows_the_tone(self):
        caps = "video/x-raw,format=GRAY8,width=64,height=100"
        found = frames(f"{TONE} ! spectrogram mode=whole {BARE} ! {caps}")
        self.assertEqual(len(found), 1)
        width, height, _, data = found[0]
        self.assertEqual((width, height), (64, 100))
        for x in (5, 32, 60):
            column = data[x::64]
            # A quarter of 24 kHz.
            self.assertIn(column.index(max(column)), (74, 75))

    def test_video_has_a_frame_for_every_moment(self):
        found = frames(f"{TONE} ! spectrogram {BARE} ! video/x-raw,format=BGRx,framerate=50/1")
        self.assertEqual([pts for _, _, pts, _ in found], [20 * Gst.MSECOND * i for i in range(50)])

    def test_the_latency_is_told(self):
        pipeline = Gst.parse_launch(
            "audiotestsrc is-live=true ! audio/x-raw,rate=48000 ! spectrogram fft-size=4800 ! fakesink sync=true"
        )
        pipeline.set_state(Gst.State.PLAYING)
        pipeline.get_state(10 * Gst.SECOND)
        query = Gst.Query.new_latency()
        self.assertTrue(pipeline.query(query))
        live, least, _ = query.parse_latency()
        pipeline.set_state(Gst.State.NULL)
        self.assertTrue(live)
        self.assertGreaterEqual(least, 50 * Gst.MSECOND)


if __name__ == "__main__":
    unittest.main()
