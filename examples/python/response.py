#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Draws what an equaliser does, as SVG (or PNG where rsvg-convert is installed).

usage: response.py [--rate HZ] [--channels N] [--output FILE] SETTING...

A setting is a property of the element `paraeq` or of one of its bands, as gst-launch takes it:

    response.py band2::gain=4 band2::q=1.4 preamp=-4 >curve.svg
    response.py config-file=headphones.txt auto-headroom=true --output curve.png

The curve is asked for with the element's action signal `get-response`; no audio is involved but a
moment of silence that tells the element rate and channels.
"""

import argparse
import math
import subprocess
import sys
from array import array
from xml.sax.saxutils import escape

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

WIDTH, HEIGHT, MARGIN = 800, 400, 50
LOWEST, HIGHEST = 20.0, 20_000.0
POINTS = 500
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf")


def make(settings, rate, channels):
    """Return a pipeline that has seen audio, and the equaliser in it.

    Raises RuntimeError with GStreamer's reason.
    """
    caps = f"audio/x-raw,rate={rate},channels={channels}"
    try:
        pipeline = Gst.parse_launch(
            f"audiotestsrc wave=silence num-buffers=1 ! {caps} ! paraeq name=eq ! fakesink"
        )
        equaliser = pipeline.get_by_name("eq")
        for setting in settings:
            name, equals, value = setting.partition("=")
            if not equals:
                raise RuntimeError(f"{setting}: no setting; NAME=VALUE is one")
            child, _, name = name.rpartition("::")
            target = equaliser.get_child_by_name(child) if child else equaliser
            if target is None or target.find_property(name) is None:
                raise RuntimeError(f"{setting}: there is no such property")
            kind = target.find_property(name).value_type.name
            try:
                # What Gst.util_set_object_arg cannot read it passes over in silence.
                if kind != "gchararray":
                    Gst.Structure.from_string(f"x, y=({kind}){value}")
            except TypeError:
                raise RuntimeError(f"{setting}: the property does not take that") from None
            Gst.util_set_object_arg(target, name, value)
    except GLib.Error as error:
        raise RuntimeError(error.message) from None
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
    message = pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, ends)
    if message is None or message.type != Gst.MessageType.EOS:
        pipeline.set_state(Gst.State.NULL)
        if message is None:
            raise RuntimeError("the pipeline does not start")
        error = message.type == Gst.MessageType.ERROR
        raise RuntimeError((message.parse_error() if error else message.parse_warning())[0].message)
    return pipeline, equaliser


def respond(equaliser, frequencies):
    """Return (name, levels in dB) for each channel."""
    asked = GLib.Bytes.new(array("d", frequencies).tobytes())
    response = equaliser.emit("get-response", asked)
    magnitudes = array("d", response.get_value("magnitudes").get_data())
    count = len(frequencies)
    return [
        (name, magnitudes[i * count : (i + 1) * count])
        for i, name in enumerate(response.get_value("channel-names"))
    ]


def draw(frequencies, curves):
    """Return the SVG."""
    finite = [level for _, levels in curves for level in levels if math.isfinite(level)] or [0.0]
    top = max(6.0, 3 * math.ceil(max(finite) / 3 + 0.5))
    bottom = max(min(-6.0, 3 * math.floor(min(finite) / 3 - 0.5)), top - 96)
    octaves = math.log(HIGHEST / LOWEST)

    def x(hz):
        return MARGIN + (WIDTH - 2 * MARGIN) * math.log(hz / LOWEST) / octaves

    def y(level):
        level = max(level, bottom) if not math.isnan(level) else 0.0
        return MARGIN + (HEIGHT - 2 * MARGIN) * (top - level) / (top - bottom)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        '<g stroke="#ccc">',
    ]
    decades = [step * 10**power for power in (1, 2, 3, 4) for step in range(1, 10)]
    lines = [hz for hz in decades if LOWEST <= hz <= HIGHEST]
    out += [f'<path d="M{x(hz):.1f} {y(top):.1f}V{y(bottom):.1f}"/>' for hz in lines]
    step = 3 if top - bottom <= 30 else 6 if top - bottom <= 60 else 12
    levels = [level for level in range(-240, 241, step) if bottom <= level <= top]
    out += [f'<path d="M{x(LOWEST):.1f} {y(level):.1f}H{x(HIGHEST):.1f}"/>' for level in levels]
    out.append('</g>\n<g fill="#555">')
    for hz in (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000):
        name = f"{hz // 1000}k" if hz >= 1000 else hz
        place = f'x="{x(hz):.1f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle"'
        out.append(f"<text {place}>{name}</text>")
    for level in levels:
        place = f'x="{MARGIN - 6}" y="{y(level) + 4:.1f}" text-anchor="end"'
        out.append(f"<text {place}>{level}</text>")
    out.append(f'<text x="{MARGIN - 6}" y="{MARGIN - 16}" text-anchor="end">dB</text>')
    out.append(f'<text x="{WIDTH - MARGIN + 20}" y="{HEIGHT - MARGIN + 18}">Hz</text>')
    out.append("</g>")
    # Channels that are alike lie on each other: drawn thinner and thinner, all of them show.
    for number, (name, levels) in enumerate(curves):
        points = " ".join(f"{x(hz):.1f},{y(level):.2f}" for hz, level in zip(frequencies, levels))
        colour = COLOURS[number % len(COLOURS)]
        width = max(1.0, 3.0 - number)
        out.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )
        place = f'x="{MARGIN + 40 * number}" y="{MARGIN - 16}" fill="{colour}"'
        out.append(f"<text {place}>{escape(name)}</text>")
    out.append("</svg>\n")
    return "\n".join(out)


def write(svg, output):
    if output is None:
        sys.stdout.write(svg)
    elif output.endswith(".png"):
        command = ["rsvg-convert", "--output", output]
        subprocess.run(command, input=svg.encode(), check=True)
    else:
        with open(output, "w", encoding="utf-8") as file:
            file.write(svg)


def main():
    summary, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary,
        epilog=details.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("settings", nargs="+", metavar="SETTING")
    parser.add_argument("--rate", type=int, default=48_000, metavar="HZ")
    parser.add_argument("--channels", type=int, default=2, metavar="N")
    parser.add_argument("--output", metavar="FILE", help="default: standard output, as SVG")
    # Options may stand between settings.
    arguments = parser.parse_intermixed_args()
    Gst.init(None)
    highest = min(HIGHEST, arguments.rate / 2)
    if highest <= LOWEST:
        parser.error("a rate above 40 Hz is needed")
    step = (highest / LOWEST) ** (1 / (POINTS - 1))
    frequencies = [LOWEST * step**i for i in range(POINTS)]
    try:
        pipeline, equaliser = make(arguments.settings, arguments.rate, arguments.channels)
        curves = respond(equaliser, frequencies)
        pipeline.set_state(Gst.State.NULL)
        write(draw(frequencies, curves), arguments.output)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"response.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
