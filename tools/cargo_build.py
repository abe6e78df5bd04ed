#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Build with cargo and put the results where Meson expects its outputs.

Everything that ships is built by one call, whatever Meson asks for: with another selection of packages cargo
would choose other features of what they depend on, and build most of it once more.

Static libraries go through `cargo rustc --crate-type`, since no one else needs them, in a target folder of
their own below the given one. They are built without LTO on purpose: each then keeps Rust's runtime in objects
that a linker can merge with those of another plugin.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("cargo", "manifest", "profile"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("target-dir", "outdir"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--kinds", type=lambda kinds: kinds.split(","), default=["cdylib"])
    parser.add_argument("what", choices=("plugins", "binary"))
    parser.add_argument("names", nargs="+")
    return parser.parse_args()


def cargo(args, command, target_dir, *more):
    line = [args.cargo, command, "--locked", "--manifest-path", args.manifest]
    line += ["--target-dir", str(target_dir), "--profile", args.profile, *more]
    status = subprocess.run(line, check=False).returncode
    if status:
        sys.exit(status)
    return target_dir / {"dev": "debug"}.get(args.profile, args.profile)


def build_shipped(args):
    return cargo(args, "build", args.target_dir, "--workspace", "--exclude", "auris-tests")


def build_static(args, name):
    package = ["-p", f"gst-plugin-{name}", "--lib", "--crate-type", "staticlib"]
    return cargo(args, "rustc", args.target_dir / "static", *package, "--config", f"profile.{args.profile}.lto='off'")


def place(built, outdir):
    """Copy unless the copy is current, and never leave half a file where GStreamer may scan."""
    placed = outdir / built.name
    if placed.exists() and placed.stat().st_mtime_ns == built.stat().st_mtime_ns:
        return
    partial = placed.with_suffix(placed.suffix + ".partial")
    shutil.copy2(built, partial)
    os.replace(partial, placed)


def main():
    args = parse()
    args.outdir.mkdir(parents=True, exist_ok=True)
    if args.what == "binary" or "cdylib" in args.kinds:
        shipped = build_shipped(args)
    for name in args.names:
        if args.what == "binary":
            place(shipped / name, args.outdir)
            continue
        if "cdylib" in args.kinds:
            place(shipped / f"libgst{name}.so", args.outdir)
        if "staticlib" in args.kinds:
            place(build_static(args, name) / f"libgst{name}.a", args.outdir)


main()
