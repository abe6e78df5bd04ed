#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Writes tests/data/eq/expected.csv: the response of every file in tests/data/eq/good.

What each file means is written down below by hand; nothing here reads the files. Responses are
those of the analogue prototypes of the Audio EQ Cookbook (R. Bristow-Johnson) under its bilinear
transform: s = j·tan(w/2)/tan(w0/2). The parser and the design under test share no code with this.
"""

import csv
import math
import pathlib

RATE = 48000
FREQUENCIES = [20, 31.5, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150, 5000, 8000, 12500, 20000]
CHANNELS = ["L", "R", "C", "LFE", "RL", "RR", "SL", "SR"]
PAIR = ["L", "R"]


class Filter:
    """A prototype H(s), its frequency and the channels it works on (None: all)."""

    def __init__(self, frequency, prototype, width=None):
        self.frequency, self.prototype, self.width = frequency, prototype, width
        self.channels, self.stereo = None, None

    def on(self, channels):
        self.channels = channels.split()
        return self

    def to(self, stereo):
        self.stereo = stereo
        return self

    def response(self, f):
        w, w0 = 2 * math.pi * f / RATE, 2 * math.pi * self.frequency / RATE
        s = 1j * math.tan(w / 2) / math.tan(w0 / 2)
        return self.prototype(s, self.width(w0) if self.width else None)


class Gain(Filter):
    def __init__(self, db):
        super().__init__(1, lambda s, d: 10 ** (db / 20))


class Graphic(Filter):
    def __init__(self, *points):
        super().__init__(1, None)
        self.points = sorted(points)

    def response(self, f):
        points = self.points
        if f <= points[0][0]:
            db = points[0][1]
        elif f >= points[-1][0]:
            db = points[-1][1]
        else:
            (f1, g1), (f2, g2) = next(p for p in zip(points, points[1:]) if p[0][0] <= f <= p[1][0])
            db = g1 + (g2 - g1) * math.log(f / f1) / math.log(f2 / f1)
        return 10 ** (db / 20)


# Widths are damping d = 1/Q, as a function of w0.
def q(value):
    return lambda w0: 1 / value


def octaves(value):
    return lambda w0: 2 * math.sinh(math.log(2) / 2 * value * w0 / math.sin(w0))


def amplitude(db):
    return 10 ** (db / 40)


def slope(value, db):
    a = amplitude(db)
    return lambda w0: math.sqrt((a + 1 / a) * (1 / value - 1) + 2)


def pk(f, db, width):
    a = amplitude(db)
    return Filter(f, lambda s, d: (s * s + s * a * d + 1) / (s * s + s / a * d + 1), width)


def lsc(f, db, width):
    a = amplitude(db)
    r = math.sqrt(a)
    return Filter(f, lambda s, d: a * (s * s + r * d * s + a) / (a * s * s + r * d * s + 1), width)


def hsc(f, db, width):
    a = amplitude(db)
    r = math.sqrt(a)
    return Filter(f, lambda s, d: a * (a * s * s + r * d * s + 1) / (s * s + r * d * s + a), width)


def slope_of_q(value, db):
    """S that has the width of Q."""
    a = amplitude(db)
    return 1 / ((1 / value**2 - 2) / (a + 1 / a) + 1)


def far(db, s):
    """From the corner to the middle: half the gain, at 40 S dB per decade."""
    return 10 ** (abs(db) / 2 / (40 * s))


def ls(f, db, s):
    return lsc(f * far(db, s), db, slope(s, db))


def hs(f, db, s):
    return hsc(f / far(db, s), db, slope(s, db))


def lsq(f, db, value):
    return lsc(f * far(db, slope_of_q(value, db)), db, q(value))


def hsq(f, db, value):
    return hsc(f / far(db, slope_of_q(value, db)), db, q(value))


def lp(f, width=q(math.sqrt(0.5))):
    return Filter(f, lambda s, d: 1 / (s * s + d * s + 1), width)


def hp(f, width=q(math.sqrt(0.5))):
    return Filter(f, lambda s, d: s * s / (s * s + d * s + 1), width)


def bp(f, width=q(math.sqrt(0.5))):
    return Filter(f, lambda s, d: d * s / (s * s + d * s + 1), width)


def no(f, width=q(30)):
    return Filter(f, lambda s, d: (s * s + 1) / (s * s + d * s + 1), width)


def butterworth(f, order, high=False):
    """Magnitude only."""
    power = -2 * order if high else 2 * order
    return Filter(f, lambda s, d: 1 / math.sqrt(1 + abs(s) ** power))


def linkwitz_riley(f, order):
    return Filter(f, lambda s, d: 1 / (1 + abs(s) ** order))


def autoeq_points():
    """127 points, 1.0563 apart, rounded down to whole Hz."""
    frequencies = sorted({int(20 * 1.0563**k) for k in range(127)})
    return [(f, round(5 * math.cos(i / 9) - i / 30, 1)) for i, f in enumerate(frequencies)]


def own_gain(filters, channel, f):
    """Gain of `channel` for what comes in there, in dB; mid and side only as the first filter."""
    direct = 1
    for one in filters:
        h = one.response(f)
        if one.channels is not None and channel not in one.channels:
            continue
        if one.stereo is None:
            direct *= h
        elif channel in PAIR and one.stereo in PAIR:
            if channel == one.stereo:
                direct *= h
        elif channel in PAIR:
            assert one is filters[0]
            direct = (1 + h) / 2
    return 20 * math.log10(abs(direct))


ALL = ["L", "SR"]
FILES = {
    "autoeq-parametric": (ALL, [
        Gain(-6.3), lsc(105, 6, q(0.7)), pk(183, -3.4, q(0.54)), pk(772, 1.3, q(1.86)),
        pk(1471, -2.1, q(2.08)), pk(2846, 4.2, q(1.31)), pk(4203, -1.7, q(4.97)), pk(5478, 3.9, q(3.4)),
        pk(6902, -4.8, q(5.21)), pk(9154, 2.6, q(2.95)), hsc(10000, -1.9, q(0.7))]),
    "autoeq-peaks": (ALL, [
        Gain(-5.9), pk(22, 5.6, q(0.92)), pk(128, -2.4, q(0.48)), pk(1034, -1.8, q(1.07)),
        pk(3216, 6.1, q(1.95)), pk(18977, -7.3, q(0.33))]),
    "autoeq-fixed-band": (ALL, [
        Gain(-4.4), pk(31, 4.1, q(1.41)), pk(62, 2, q(1.41)), pk(125, -1.6, q(1.41)), pk(250, -2.2, q(1.41)),
        pk(500, 0.3, q(1.41)), pk(1000, 1, q(1.41)), pk(2000, -0.7, q(1.41)), pk(4000, 3.8, q(1.41)),
        pk(8000, -2.9, q(1.41)), pk(16000, -5.5, q(1.41))]),
    "autoeq-graphic": (ALL, [Graphic(*autoeq_points())]),
    "autoeq-corner-shelves": (ALL, [
        Gain(-7), lsq(105, 6.7, 0.71), pk(215, -2.7, q(0.86)), hsq(9000, -3.1, 0.71)]),
    "rew-generic": (ALL, [
        pk(38.5, -7.3, q(6.692)), pk(63.4, 3, q(10.723)), pk(141, -4.2, q(3.998)), pk(1284, 2.1, q(1))]),
    "rew-decimal-comma": (ALL, [
        pk(45.8, -5.5, q(22.248)), pk(136, 3, q(1.812)), pk(3155, -3.5, q(1)), pk(12400, 1.5, q(2))]),
    "rew-grouped-blank": (ALL, [pk(1284, -5.5, q(2.5)), pk(8368, 3, q(1.812))]),
    "rew-grouped-comma": (ALL, [pk(1000, 4, q(1.5)), pk(10500, -3, q(2)), pk(2512.5, 1, q(4))]),
    "rew-bandwidth": (ALL, [
        pk(100, 1, octaves(0.167)), pk(251, -6, octaves(1)), pk(9440, 8, octaves(2.5))]),
    "rew-modal": (ALL, [pk(31.7, -9, q(12.41)), pk(100, 3, q(5.41))]),
    "rew-dcx2496": (ALL, [ls(50, 7.2, 0.5), ls(2000, -5, 1), hs(12000, 10, 0.5), hs(500, 5, 1)]),
    "preamp": (ALL, [Gain(-6.2)]),
    "preamp-sum": (ALL, [Gain(-4.25), pk(900, 2, q(1))]),
    "preamp-channels": (["L", "R", "C", "LFE"], [
        Gain(-5), Gain(-4).on("L"), Gain(-1).on("R C"), Gain(-0.5).on("R")]),
    "preamp-spelling": (ALL, [Gain(-3.5)]),
    "preamp-bare": (ALL, [Gain(3)]),
    "low-pass": (ALL, [lp(4000)]),
    "low-pass-q": (ALL, [lp(6000, q(0.4)), lp(9000, q(2))]),
    "high-pass": (ALL, [hp(30)]),
    "high-pass-q": (ALL, [hp(24, q(0.5)), hp(60, octaves(1.5))]),
    "band-pass": (ALL, [bp(1100), bp(900, q(0.1))]),
    "notch": (ALL, [no(805)]),
    "notch-q": (ALL, [no(60, q(4)), no(2100, octaves(0.5))]),
    "all-pass": (ALL, [Gain(-1)]),
    "shelves-default": (ALL, [lsc(300, 5, slope(0.9, 5)), hsc(4000, -3, slope(0.9, -3))]),
    "shelves-centre-default": (ALL, [lsc(250, -4.5, slope(0.9, -4.5)), hsc(7000, 6, slope(0.9, 6))]),
    "low-shelf-6db": (ALL, [ls(80, 9, 0.5)]),
    "low-shelf-12db": (ALL, [ls(200, -8, 1)]),
    "high-shelf-6db": (ALL, [hs(9000, -7.5, 0.5)]),
    "high-shelf-12db": (ALL, [hs(5000, 11, 1)]),
    "low-shelf-corner-q": (ALL, [lsq(150, -6, 0.5), lsq(40, 3, 1.2)]),
    "high-shelf-corner-q": (ALL, [hsq(6000, 7, 0.6)]),
    "centre-slope": (ALL, [
        lsc(300, 5, slope(0.9, 5)), hsc(3000, -6, slope(0.5, -6)), hsc(9000, 4, slope(13 / 12, 4))]),
    "centre-q": (ALL, [lsc(300, 5, q(0.6473)), hsc(1000, -6, q(0.4272))]),
    "off": (ALL, [Gain(-1), pk(2000, -4, q(2))]),
    "comments": (ALL, [Gain(-2), pk(640, 2.5, q(0.9))]),
    "crlf": (["L", "R"], [Gain(-1.5), pk(440, -3, q(3)).on("R")]),
    "utf8-mark": (ALL, [Gain(-4), pk(60, 4, q(0.8))]),
    "utf16-little": (ALL, [Gain(-4), pk(70, 4, q(0.8))]),
    "utf16-big": (ALL, [Gain(-3), pk(75, 3, q(0.8))]),
    "latin1": (ALL, [pk(1500, -2, q(1.5))]),
    "tabs": (ALL, [pk(3000, -2.5, q(1.25))]),
    "lower-case": (["L", "R"], [
        Gain(-2), pk(350, 3, q(2)), lsc(60, 2, q(0.7)), Graphic((100, 1), (1000, -1)),
        pk(5000, -1.5, octaves(1)).on("R")]),
    "unnumbered": (ALL, [
        pk(125, 2, q(1)), pk(4000, -2, q(1)), pk(9000, 1, q(1)), pk(1500, 1, q(1))]),
    "no-blanks": (ALL, [pk(100, -3, q(1)), pk(2500, 2, q(0.8)), Gain(-1).on("L R")]),
    "minus-signs": (ALL, [Gain(-6.2), pk(105, -3.5, q(0.7)), pk(1050, -2, q(0.7))]),
    "exponents": (ALL, [pk(1000, -2.5, q(1)), pk(125, 0.5, q(2))]),
    "field-order": (ALL, [pk(400, 3, q(1.1)), hsc(8000, -2, q(0.7))]),
    "fractions": (ALL, [
        pk(99.5, 1, q(5)), pk(63.25, 1, q(5)), pk(440, 1, q(5)), pk(123.456, 2, q(5)), pk(0.125, -1, q(0.01))]),
    "indented": (ALL, [Gain(-1), pk(800, 1, q(1))]),
    "channel-names": (CHANNELS, [
        pk(100, 1, q(1)).on("L RL"), pk(200, 2, q(1)).on("R C"), lp(120).on("LFE"),
        pk(50, -3, q(1)).on("LFE RR"), pk(800, 4, q(1)).on("SL SR")]),
    "channel-numbers": (["L", "R", "C", "LFE", "RL", "RR"], [
        pk(3000, -1, q(1)), hp(30).on("R C"), pk(1000, 3, q(2)).on("L"), pk(5000, 3, q(2)).on("L LFE RL")]),
    "channel-all": (["L", "R"], [pk(1000, 3, q(2)).on("L"), pk(2000, -3, q(2))]),
    "graphic": (ALL, [Graphic(
        (25, 6), (40, 4.5), (63, 3), (100, 1.5), (160, 0), (250, 0), (400, 0), (630, 0), (1000, 0), (1600, 0),
        (2500, 0), (4000, 0), (6300, 1.5), (10000, 3), (16000, 3))]),
    "graphic-unsorted": (ALL, [Graphic((40, 1), (100, -3.5), (1000, 0), (10000, 3))]),
    "graphic-decimal-comma": (ALL, [Graphic((31.5, 2.5), (250, -1.25), (4000, 3), (16000, -2.5))]),
    "graphic-commas": (ALL, [Graphic((50, 2.5), (500, -1.5), (5000, 3))]),
    "graphic-channels": (["L", "R", "C"], [
        Graphic((50, 2), (500, -2)).on("L"), Graphic((100, -3), (10000, 3)).on("R"), Gain(1).on("R"),
        Graphic((200, 0), (2000, -1))]),
    "graphic-one-point": (ALL, [Gain(-2.5)]),
    "graphic-and-filters": (ALL, [Gain(-8), Graphic((100, 6), (300, 0)), pk(3000, 4, q(1.4))]),
    "device-and-stage": (ALL, [Gain(-1), pk(1700, 5, q(0.9))]),
    "empty": (ALL, []),
    "band-orders": (ALL, [
        butterworth(30, 3, high=True), linkwitz_riley(9000, 4), butterworth(15000, 8),
        butterworth(15, 1, high=True)]),
    "band-widths": (ALL, [
        pk(123.4567, 3, q(1.5)), lsc(300, 4, slope(0.75, 4)), pk(6000, -3, octaves(1.5)), bp(700, q(0.05)),
        no(450, q(10)), hsc(5000, -2, q(0.6))]),
    "band-stereo": (["L", "R", "C"], [
        pk(1000, 6, q(1)).to("mid"), pk(100, 3, q(1)).to("L"), pk(5000, -3, q(1)).to("R"), pk(300, -2, q(2))]),
    "band-side": (["L", "R", "C"], [lp(3000).to("side")]),
}


def main():
    folder = pathlib.Path(__file__).resolve().parent.parent / "data/eq"
    names = {path.stem for path in (folder / "good").iterdir()}
    assert names == set(FILES), names ^ set(FILES)
    with open(folder / "expected.csv", "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["file", "channel", "Hz", "dB"])
        for name, (channels, filters) in sorted(FILES.items()):
            for channel in channels:
                for f in FREQUENCIES:
                    rows.writerow([name, channel, f, f"{own_gain(filters, channel, f):.5f}"])


if __name__ == "__main__":
    main()
