# SPDX-License-Identifier: MPL-2.0
"""A stream of HLS on the loopback interface: 40 s of noise as AC-3 of 640 kbit/s in segments of 2 s."""

import functools
import http.server
import tempfile
import threading
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

NEEDED = ("avenc_ac3", "hlssink2", "hlsdemux2", "souphttpsrc", "playbin3", "avdec_ac3")


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


def serve(case):
    """Return the address of its playlist, which is there until the test case (a class) is done."""
    for name in NEEDED:
        if Gst.ElementFactory.find(name) is None:
            raise unittest.SkipTest(f"NOT TESTED: there is no {name}")
    folder = tempfile.TemporaryDirectory()
    case.addClassCleanup(folder.cleanup)
    maker = Gst.parse_launch(
        "audiotestsrc wave=white-noise num-buffers=400 samplesperbuffer=4800"
        " ! audio/x-raw,rate=48000,channels=2 ! avenc_ac3 bitrate=640000 ! ac3parse ! sink.audio"
        " hlssink2 name=sink target-duration=2 max-files=0 playlist-length=0"
        f" location={folder.name}/%05d.ts playlist-location={folder.name}/index.m3u8"
    )
    maker.set_state(Gst.State.PLAYING)
    wait(maker, Gst.MessageType.EOS)
    maker.set_state(Gst.State.NULL)
    handler = functools.partial(Quiet, directory=folder.name)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    case.addClassCleanup(server.server_close)
    case.addClassCleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}/index.m3u8"
