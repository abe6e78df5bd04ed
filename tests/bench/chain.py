#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""What each of our elements adds to a chain that plays HLS: CPU time and peak memory of gst-launch-1.0.

    tests/bench/chain.py [--runs N] [--model FILE]

60 s of AAC in TS from a server on the loopback interface, decoded as fast as it goes; every chain in turn, N times each,
medians. The plugins are those of `tests/run.sh meson`; the model is the tiny one of the tests unless one is named.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
from pathlib import Path

import hls_memory

sys.path.append(str(hls_memory.ROOT / "tests" / "python"))
import tiny_clap  # noqa: E402

MINUTES = 1
START = "souphttpsrc location={url} ! hlsdemux2 ! hlsbufcap {cap} ! decodebin3 ! audioconvert ! audio/x-raw,format=F32LE"
END = "! fakesink sync=false"
STEPS = [
    ("hlsbufcap", ""),
    ("paraeq, 8 bands", "! paraeq num-bands=8 " + " ".join(f"band{n}::gain={n - 4.5}" for n in range(8))),
    ("drmeter, loudness", "! drmeter loudness=integrated"),
    ("spectrum, 128 bands", "! spectrum"),
    ("clapembed", "! clapembed model={model} threads=1"),
]


def run(line, environment):
    """CPU seconds and peak KiB of a pipeline."""
    with subprocess.Popen(["gst-launch-1.0", "-q", *line.split()], env=environment, stdout=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"failed: {line}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    hls_memory.make_stream("aac")
    model = options.model or hls_memory.WORK / "tiny.safetensors"
    if not options.model:
        model.write_bytes(tiny_clap.model())
    server = hls_memory.Server(("127.0.0.1", 0), hls_memory.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = os.environ | {
        "GST_PLUGIN_PATH": str(hls_memory.PLUGINS),
        "GST_REGISTRY": str(hls_memory.WORK / "registry.bin"),
    }
    url = f"http://127.0.0.1:{server.server_port}/plain/aac/index.m3u8"
    names = ["nothing of ours", *(f"with {name}" for name, _ in STEPS)]
    lines = [START.format(url=url, cap="manage-upstream=false") + END]
    for n in range(len(STEPS)):
        middle = " ".join(step.format(model=model) for _, step in STEPS[: n + 1])
        lines.append(f"{START.format(url=url, cap='max-size-bytes=500000')} {middle} {END}")
    run(lines[0], environment)
    runs = [[] for _ in lines]
    for _ in range(options.runs):
        for line, results in zip(lines, runs):
            results.append(run(line, environment))
    print("| Chain | CPU s per hour of audio | Peak RSS, MiB |\n|---|---|---|")
    for name, results in zip(names, runs):
        seconds, memory = (statistics.median(column) for column in zip(*results))
        print(f"| {name} | {seconds * 60 / MINUTES:.1f} | {memory / 1024:.1f} |")
    server.shutdown()


if __name__ == "__main__":
    main()
