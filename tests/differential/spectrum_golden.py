#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Writes tests/data/spectrum.csv: what GStreamer's own element `spectrum` says of a few signals.

    tests/differential/spectrum_golden.py > tests/data/spectrum.csv

Written with gst-plugins-good 1.22.0. The kernels' unit tests read it; they make the same signals (see
`golden.rs`). One line per interval and row: the case, number and first frame of the interval, the row, then
magnitudes and phases."""

import math
import re
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

# signal, rate, channels, bands, interval in ns, multi-channel, threshold, frames
CASES = [
    ("noise", 48000, 2, 128, 10_000_000, False, -60, 1500),
    ("noise", 48000, 2, 33, 10_000_000, True, -90, 1500),
    ("tone", 44100, 1, 20, 7_300_000, False, -60, 2600),
    ("tone", 48000, 2, 65, 1_000_000, True, -80, 400),
    ("impulse", 48000, 3, 50, 2_000_000, False, -100, 500),
    ("noise", 8000, 1, 2, 1_000_000, False, -60, 40),
    ("tone", 48000, 1, 256, 20_000_000, False, -120, 2000),
]


def signal(name, rate, channels, frames):
    """Samples of 16 bits, interleaved."""
    state = 1
    out = []
    for i in range(frames * channels):
        frame, channel = divmod(i, channels)
        state = (state * 1664525 + 1013904223) % 2**32
        if name == "noise":
            out.append((state >> 16) - 32768)
        elif name == "tone":
            out.append(round(20000 / (channel + 1) * math.sin(math.tau * 1000 * frame / rate)))
        else:
            out.append(30000 if frame == 70 + channel else 0)
    return out


def run(case):
    name, rate, channels, bands, interval, multi, threshold, frames = case
    pipeline = Gst.parse_launch(
        f"appsrc name=in format=time caps=audio/x-raw,format=S16LE,rate={rate},channels={channels},"
        f"layout=interleaved,channel-mask=(bitmask){(1 << channels) - 1 if channels > 1 else 4} ! "
        f"spectrum bands={bands} interval={interval} multi-channel={multi} threshold={threshold} "
        "message-phase=true ! fakesink sync=false"
    )
    pipeline.set_state(Gst.State.PLAYING)
    source = pipeline.get_by_name("in")
    data = b"".join(x.to_bytes(2, "little", signed=True) for x in signal(name, rate, channels, frames))
    buffer = Gst.Buffer.new_wrapped(data)
    buffer.pts = 0
    source.emit("push-buffer", buffer)
    source.emit("end-of-stream")
    bus = pipeline.get_bus()
    number = 0
    while True:
        message = bus.timed_pop_filtered(
            10 * Gst.SECOND, Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR
        )
        if message is None or message.type == Gst.MessageType.ERROR:
            sys.exit(f"{case}: {message and message.parse_error()}")
        if message.type == Gst.MessageType.EOS:
            break
        structure = message.get_structure()
        text = structure.to_string()
        values = {}
        for field in ("magnitude", "phase"):
            # Of several channels, arrays in an array, each of which names its type.
            numbers = re.search(rf"{field}=([^=;]*)", text).group(1)
            values[field] = re.findall(r"-?\d[-+.e\d]*", numbers)
        start = structure.get_uint64("timestamp").value
        begin = round(start * rate / Gst.SECOND)
        rows = channels if multi else 1
        for row in range(rows):
            here = slice(row * bands, (row + 1) * bands)
            numbers = [f"{float(x):.5g}" for x in values["magnitude"][here] + values["phase"][here]]
            yield [name, rate, channels, bands, interval, int(multi), threshold, frames, number, begin, row, *numbers]
        number += 1
    pipeline.set_state(Gst.State.NULL)


def main():
    Gst.init(None)
    for case in CASES:
        for line in run(case):
            print(",".join(map(str, line)))


main()
