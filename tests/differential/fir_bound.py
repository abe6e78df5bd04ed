#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""How close any linear-phase filter can come to a bell, beside what `dsp/src/fir/design.rs` makes.

The least largest error of all symmetric filters of a length, as a linear program: minimise e where
|A(w) / D(w) - 1| <= e, with A a cosine polynomial and D the bell. It is solved on a grid, and no filter
has less at all frequencies than the best one has on some of them. Needs numpy and scipy.
"""

import numpy as np
from scipy.optimize import linprog


def bell(w0, gain, width, w):
    """Magnitude at `w` of the Audio EQ Cookbook's peaking filter, `width` in radians per sample."""
    a, alpha = 10 ** (gain / 40), np.tan(width / 2)
    z = np.exp(-1j * w)
    up = 1 + alpha * a - 2 * np.cos(w0) * z + (1 - alpha * a) * z * z
    down = 1 + alpha / a - 2 * np.cos(w0) * z + (1 - alpha / a) * z * z
    return abs(up / down)


def cut_off(taps, w0, gain, width, w):
    """What sampling four times as densely and cutting off gives at `w`."""
    grid = 4 * taps
    ideal = np.fft.irfft(bell(w0, gain, width, 2 * np.pi * np.arange(grid // 2 + 1) / grid))
    k = np.arange(1, (taps - 1) // 2 + 1)
    return ideal[0] + 2 * np.cos(np.outer(w, k)) @ ideal[k]


def least(taps, wanted, w):
    terms = np.cos(np.outer(w, np.arange((taps - 1) // 2 + 1))) / wanted[:, None]
    one = np.ones((len(w), 1))
    solved = linprog(
        np.r_[np.zeros(terms.shape[1]), 1],
        A_ub=np.r_[np.c_[terms, -one], np.c_[-terms, -one]],
        b_ub=np.r_[np.ones(len(w)), -np.ones(len(w))],
        bounds=[(None, None)] * terms.shape[1] + [(0, None)],
        method="highs-ds",
    )
    # The smaller of the two ways in which 1 +- e counts in dB.
    return 20 * np.log10(1 + solved.fun)


print("| taps | gain in dB | bandwidth in rate/taps | least possible in dB | cut off |")
print("|---|---|---|---|---|")
for taps in (128, 256):
    for gain, bins in ((9, 6), (-9, 6), (12, 6), (-12, 6), (12, 7.5)):
        w0, width = 0.7, 2 * np.pi * bins / taps
        near = w0 + np.linspace(-8, 8, 6 * taps // 4) * 2 * np.pi / taps
        w = np.unique(np.r_[np.linspace(0, np.pi, 6 * taps), near])
        wanted = bell(w0, gain, width, w)
        error = np.max(abs(20 * np.log10(cut_off(taps, w0, gain, width, w) / wanted)))
        print(f"| {taps} | {gain} | {bins} | {least(taps, wanted, w):.4f} | {error:.4f} |")
