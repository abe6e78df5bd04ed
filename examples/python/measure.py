#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Dynamic range, loudness and peaks of audio files, one line each.

usage: measure.py FILE|URI...

A small client of the element `drmeter`: what it prints comes from the message that the element posts
at the end of a stream. For a library use `auris-farm measure`, which is leaner and looks for damage.
Exit code 0 when every file was measured.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

# Only audio is decoded; audioconvert does nothing unless the decoder's format is one that drmeter does
# not read.
PIPELINE = """
    uridecodebin name=source caps=audio/x-raw expose-all-streams=false
    ! audioconvert
    ! drmeter tags=false loudness=integrated+range+true-peak
    ! fakesink
"""
COLUMNS = (
    ("DR", "dr", "{:d}"),
    ("precise", "precise", "{:.2f}"),
    ("LUFS", "loudness-integrated", "{:.1f}"),
    ("LU range", "loudness-range", "{:.1f}"),
    ("dBTP", "true-peak", "{:.2f}"),
    ("dB peak", "peak", "{:.2f}"),
)
# Python runs its signal handlers between calls: a wait without end could not be interrupted.
PATIENCE = Gst.SECOND // 5


def measure(uri):
    """Return the results for each part of a stream (most have one) as structures.

    Raises RuntimeError with GStreamer's reason.
    """
    pipeline = Gst.parse_launch(PIPELINE)
    pipeline.get_by_name("source").set_property("uri", uri)
    bus = pipeline.get_bus()
    wanted = Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR
    results = []
    pipeline.set_state(Gst.State.PLAYING)
    try:
        while True:
            message = bus.timed_pop_filtered(PATIENCE, wanted)
            if message is None:
                continue
            if message.type == Gst.MessageType.ERROR:
                raise RuntimeError(message.parse_error()[0].message)
            if message.type == Gst.MessageType.EOS:
                return results
            result = message.get_structure()
            if result.get_name() == "drmeter" and result.get_value("final"):
                results.append(result)
    finally:
        pipeline.set_state(Gst.State.NULL)


def cells(result):
    """A field is missing where there is no such value: silence has no dynamic range."""
    for _, field, form in COLUMNS:
        yield form.format(result.get_value(field)) if result.has_field(field) else "-"


def main(names):
    """Measure every file and return the exit code."""
    if not names:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    Gst.init(None)
    if Gst.ElementFactory.find("drmeter") is None:
        print("GStreamer does not find drmeter: is it installed, or on GST_PLUGIN_PATH?", file=sys.stderr)
        return 1
    print(*(title.rjust(8) for title, _, _ in COLUMNS), " file")
    code = 0
    for name in names:
        uri = name if Gst.uri_is_valid(name) else Path(name).absolute().as_uri()
        try:
            for result in measure(uri):
                print(*(cell.rjust(8) for cell in cells(result)), "", name, flush=True)
        except RuntimeError as error:
            print(f"{name}: {error}", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
