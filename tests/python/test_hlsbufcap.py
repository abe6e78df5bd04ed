# SPDX-License-Identifier: MPL-2.0
"""What a media application does with hlsbufcap: adds it to playbin3 and reads the gauge."""

import functools
import http.server
import tempfile
import threading
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

NEEDED = ("avenc_ac3", "hlssink2", "hlsdemux2", "souphttpsrc", "playbin3", "avdec_ac3")
CAP = 300_000


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nobody reads it."""


def wait(pipeline, kinds, seconds=30):
    """Return the next message of these kinds; errors are none of them."""
    message = pipeline.get_bus().timed_pop_filtered(
        seconds * Gst.SECOND, kinds | Gst.MessageType.ERROR
    )
    if message is None or message.type == Gst.MessageType.ERROR:
        raise AssertionError(message and message.parse_error())
    return message


class HlsBufCap(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)
        for name in NEEDED:
            if Gst.ElementFactory.find(name) is None:
                raise unittest.SkipTest(f"NOT TESTED: there is no {name}")
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        maker = Gst.parse_launch(
            "audiotestsrc wave=white-noise num-buffers=400 samplesperbuffer=4800"
            " ! audio/x-raw,rate=48000,channels=2 ! avenc_ac3 bitrate=640000 ! ac3parse ! sink.audio"
            " hlssink2 name=sink target-duration=2 max-files=0 playlist-length=0"
            f" location={cls.folder.name}/%05d.ts playlist-location={cls.folder.name}/index.m3u8"
        )
        maker.set_state(Gst.State.PLAYING)
        wait(maker, Gst.MessageType.EOS)
        maker.set_state(Gst.State.NULL)
        handler = functools.partial(Quiet, directory=cls.folder.name)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.url = f"http://127.0.0.1:{server.server_port}/index.m3u8"

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
            message = wait(player, Gst.MessageType.ELEMENT)
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
