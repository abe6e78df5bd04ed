#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Build with cargo and put the results where Meson expects its outputs.

Plugins go through `cargo rustc --crate-type` and not `cargo build`: their crates are rlibs too,
for the tests, and a crate with an rlib beside its cdylib is built without LTO, without a word.
Static libraries are built without LTO on purpose: each then keeps Rust's runtime in objects that a
linker can merge with those of another plugin.

Plugins have a target folder of their own below the given one: as a dependency of a program the same
crate is built again, under the same file name, and the two would replace each other for ever.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

SUFFIX = {"cdylib": "so", "staticlib": "a"}


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


def build_plugin(args, name, kind):
    package = ["-p", f"gst-plugin-{name}", "--lib", "--crate-type", kind]
    if kind == "staticlib":
        package += ["--config", f"profile.{args.profile}.lto='off'"]
    return cargo(args, "rustc", args.target_dir / "plugins", *package) / f"libgst{name}.{SUFFIX[kind]}"


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
    for name in args.names:
        if args.what == "binary":
            built = cargo(args, "build", args.target_dir, "-p", name, "--bin", name)
            place(built / name, args.outdir)
        else:
            for kind in args.kinds:
                place(build_plugin(args, name, kind), args.outdir)


main()
