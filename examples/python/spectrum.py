#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Print the spectrum of an audio file as bars, one line per result, in one of two ways.

    spectrum.py FILE             from the list, as Strawberry, EasyEffects and others read it; works with
                                 gst-plugins-good's element as well
    spectrum.py --bytes FILE     from bytes, a thousand times faster where there are many bands
"""

import argparse
import array
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

BARS = " ▁▂▃▄▅▆▇█"
THRESHOLD = -80


def from_list(structure):
    """Return the magnitudes of the compatible list.

    Python's bindings know no GstValueList; through its text it can be read all the same.
    """
    text = structure.to_string()
    _, _, numbers = text.partition("magnitude=(float){")
    numbers, _, _ = numbers.partition("}")
    return [float(number) for number in numbers.split(",")]


def from_bytes(structure):
    """Return the magnitudes of magnitude-data: 32-bit little-endian floats, row after row."""
    values = array.array("f", structure.get_value("magnitude-data").get_data())
    if sys.byteorder == "big":
        values.byteswap()
    return values


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bytes", action="store_true", help="read bytes rather than the list")
    parser.add_argument("--bands", type=int, default=64)
    parser.add_argument("--interval", type=float, default=0.25, help="seconds between results")
    return parser.parse_args()


def main():
    args = parse()
    Gst.init(None)
    pipeline = Gst.parse_launch("filesrc name=file ! decodebin ! audioconvert ! spectrum name=s ! fakesink")
    pipeline.get_by_name("file").set_property("location", str(args.file))
    spectrum = pipeline.get_by_name("s")
    spectrum.set_property("bands", args.bands)
    spectrum.set_property("interval", int(args.interval * Gst.SECOND))
    spectrum.set_property("threshold", THRESHOLD)
    read = from_list
    if args.bytes:
        Gst.util_set_object_arg(spectrum, "message-data", "bytes")
        read = from_bytes
    pipeline.set_state(Gst.State.PLAYING)
    try:
        for message in iter(lambda: pipeline.get_bus().timed_pop(Gst.CLOCK_TIME_NONE), None):
            if message.type == Gst.MessageType.ELEMENT:
                structure = message.get_structure()
                if structure.get_name() == "spectrum":
                    heights = (1 - max(x, THRESHOLD) / THRESHOLD for x in read(structure))
                    bars = "".join(BARS[min(int(h * len(BARS)), len(BARS) - 1)] for h in heights)
                    print(f"{structure.get_value('stream-time') / Gst.SECOND:9.3f} {bars}")
            elif message.type == Gst.MessageType.ERROR:
                print(f"spectrum.py: {message.parse_error()[0].message}", file=sys.stderr)
                return 1
            elif message.type == Gst.MessageType.EOS:
                return 0
    finally:
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main())
