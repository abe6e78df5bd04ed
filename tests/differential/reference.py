#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Compares `auris-farm measure` with tests/data/dr_reference.csv on real music.

usage: reference.py [--farm PATH] CORPUS

CORPUS is what tests/differential/make-corpus.sh made. Beside the reference values: FLAC must give
exactly what WAV gives, a file alone what it gives among others, and a file split over several jobs
what it gives in one pass. Exit code 0: all as it should be, 1: something was missed, 77: skipped.
"""
import argparse
import csv
from pathlib import Path

from farm import FARM, ROOT, Verdict, skip, tracks

TABLE = ROOT / "tests" / "data" / "dr_reference.csv"
# dB. The table has nine digits after the point for whole files, six for channels; dr14_t.meter
# sums in 32-bit floats.
FOOBAR, TT = 1e-6, 1e-5


def reference():
    """The table's rows by file name."""
    with TABLE.open(newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["file"]: row for row in rows}


def number(text):
    return float(text) if text else None


def whole(text):
    return int(text) if text else None


def compare(verdict, name, record, row):
    """Compare one file with its row; return cells of the printed table."""
    dr = record["dr"]
    foobar, tt, exact = dr["foobar"], dr["tt"], dr["exact"]
    verdict.equal(f"{name} frames", record["frames"], int(row["frames"]))
    verdict.equal(f"{name} foobar", foobar["official"], whole(row["foobar_model_official"]))
    # What the table says of the format decides: MacinMeter drops blocks of more channels,
    # dr14_t.meter converts everything but 16 bit at 44.1 kHz.
    if record["channels"] <= 2:
        verdict.equal(f"{name} MacinMeter", foobar["official"], whole(row["macinmeter_official"]))
    cells = [verdict.near(f"{name} foobar", foobar["precise"], number(row["foobar_model_precise"]), FOOBAR)]
    for channel, expected in zip(dr["channels"], row["foobar_model_ch_dr"].split(";"), strict=True):
        # A silent channel has no value here and 0 in the table.
        ours = 0.0 if channel["dr"] is None else channel["dr"]
        verdict.near(f"{name} {channel['name']}", ours, number(expected), FOOBAR)
    cells.append(verdict.near(f"{name} exact", exact["precise"], number(row["exact_precise"]), FOOBAR))
    if record["rate"] == 44100 and record["format"]["bits"] == 16:
        verdict.equal(f"{name} tt", tt["official"], whole(row["dr14tmeter_official"]))
        cells.append(verdict.near(f"{name} tt", tt["precise"], number(row["dr14tmeter_precise"]), TT))
    else:
        cells.append("")
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--farm", type=Path, default=FARM)
    parser.add_argument("corpus", type=Path)
    args = parser.parse_args()
    wav, flac = args.corpus / "wav", args.corpus / "flac"
    if not wav.is_dir():
        skip(f"no {wav}; tests/differential/make-corpus.sh {args.corpus} makes it")

    rows = reference()
    batch = tracks(args.farm, wav)
    as_flac = tracks(args.farm, flac) if flac.is_dir() else {}
    split = tracks(args.farm, "--split", "auto", "--jobs", "4", wav)
    unsplit = tracks(args.farm, "--split", "never", wav)

    verdict = Verdict()
    print("| file | DR | foobar − reference | exact − reference | tt − reference | FLAC | alone | alone, split | split |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, record in batch.items():
        if name not in rows:
            print(f"| {name} | not in the table |")
            continue
        cells = compare(verdict, name, record, rows[name])
        dr = record["dr"]
        path = wav / name
        coded = as_flac.get(path.with_suffix(".flac").name)
        if as_flac:
            cells.append(verdict.equal(f"{name} as FLAC", coded and coded["dr"], dr))
        else:
            cells.append("none")
        alone = tracks(args.farm, "--split", "never", path)[name]
        shared = tracks(args.farm, "--split", "auto", "--jobs", "4", path)[name]
        cells.append(verdict.equal(f"{name} alone", alone["dr"], dr))
        cells.append(verdict.equal(f"{name} alone, split", shared["dr"], dr))
        cells.append(verdict.equal(f"{name} split", split[name]["dr"], unsplit[name]["dr"]))
        print("|", " | ".join([name, str(dr["official"]), *cells]), "|", flush=True)
    if not rows.keys() & batch.keys():
        raise SystemExit(f"{wav} has none of the table's files")
    verdict.conclude()


main()
