# SPDX-License-Identifier: MPL-2.0
"""What a media application does with hlsbufcap: adds it to playbin3 and reads the gauge."""

import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

import local_hls  # noqa: E402

CAP = 300_000


class HlsBufCap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)
        cls.url = local_hls.serve(cls)

    def test_playbin3_is_kept_within_its_bytes(self):
        player = Gst.ElementFactory.make("playbin3")
        player.set_property("uri", self.url)
        for kind in ("audio", "video"):
            sink = Gst.ElementFactory.make("fakesink")
            sink.set_property("sync", True)
            player.set_property(f"{kind}-sink", sink)
        cap = Gst.ElementFactory.make("hlsbufcap")
        cap.set_property("max-size-bytes", CAP)
        cap.set_property("interval", 100 * Gst.MSECOND)
        player.add(cap)
        player.set_state(Gst.State.PLAYING)
        self.addCleanup(player.set_state, Gst.State.NULL)
        told = []
        while not told or told[-1]["current-level-time"] < 2 * Gst.SECOND or len(told) < 20:
            message = local_hls.wait(player, Gst.MessageType.ELEMENT)
            stats = message.get_structure()
            if stats.get_name() == "hlsbufcap-stats":
                names = [stats.nth_field_name(n) for n in range(stats.n_fields())]
                told.append({name: stats.get_value(name) for name in names})
        for stats in told:
            self.assertLessEqual(stats["current-level-bytes"], CAP + stats["segment-bytes"])
            self.assertLessEqual(stats["share-bytes"], CAP)
        self.assertEqual(told[-1]["demuxers"], 1)
        self.assertGreaterEqual(told[-1]["queues"], 1)
        self.assertEqual(told[-1]["over-budget"], 0)
        self.assertGreater(cap.get_property("peak-level-bytes"), CAP // 4)
        player.set_state(Gst.State.NULL)
        self.assertEqual(cap.get_property("current-level-bytes"), 0)


if __name__ == "__main__":
    unittest.main()
