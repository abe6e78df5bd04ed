#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Peak memory of HLS playback up to the demuxer, with hlsbufcap and without, in turn.

    tests/bench/hls_memory.py [--runs N] [--seconds S]

Makes 80 s of 8 Mbit/s video in segments of 10 s with ffmpeg and libx264, serves them on the loopback interface, and
plays them with hlsdemux2. The plugin is that of `tests/run.sh meson`. Ratios of the medians; our own memory included.
"""

import argparse
import functools
import http.server
import os
import statistics
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "hls"
PLUGINS = ROOT / "target" / "meson" / "check" / "plugins"
CAP = "hlsbufcap max-size-bytes=1000000 min-buffer-time=1000000000"
CASES = {"1 stream": 1, "8 streams": 8}


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nobody reads it."""


def make_stream():
    """Write the stream, unless it is there."""
    folder = WORK / "av"
    if (folder / "index.m3u8").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    command = "ffmpeg -hide_banner -loglevel error -y"
    command += " -f lavfi -i testsrc2=s=1280x720:r=30,noise=alls=24:allf=t -f lavfi -i sine=f=440:r=48000 -t 80"
    command += " -c:v libx264 -preset ultrafast -b:v 8M -maxrate 8M -bufsize 8M -g 60 -keyint_min 60"
    command += " -sc_threshold 0 -pix_fmt yuv420p -c:a aac -b:a 192k -f hls -hls_playlist_type vod -hls_list_size 0"
    command += f" -hls_time 10 -hls_segment_filename {folder}/%04d.ts {folder}/part.m3u8"
    subprocess.run(command.split(), check=True)
    (folder / "part.m3u8").rename(folder / "index.m3u8")
    return folder


def build():
    """Compile the player."""
    program = WORK / "hls"
    flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "gstreamer-1.0"], text=True)
    source = ROOT / "tests" / "bench" / "hls.c"
    subprocess.run(["cc", "-O2", "-o", program, source, *flags.split()], check=True)
    return program


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=12)
    options = parser.parse_args()
    if not (PLUGINS / "libgsthlsbufcap.so").exists():
        raise SystemExit("there is no plugin: run tests/run.sh meson")
    handler = functools.partial(Quiet, directory=make_stream())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/index.m3u8"
    program = build()
    environment = os.environ | {
        "GST_PLUGIN_PATH": str(PLUGINS),
        "GST_REGISTRY": str(WORK / "registry.bin"),
    }

    def play(streams, *more):
        command = [program, url, str(streams), str(options.seconds), *more]
        output = subprocess.check_output(command, env=environment, text=True)
        return [int(number) for number in output.split()]

    play(1)  # scans the plugins
    for name, streams in CASES.items():
        alone, capped = [], []
        for _ in range(options.runs):
            alone.append(play(streams))
            capped.append(play(streams, CAP))
        median = [statistics.median(run[0] for run in runs) / 1024 for runs in (alone, capped)]
        gaps = [max(run[1] for run in runs) for runs in (alone, capped)]
        print(
            f"{name}: {median[0]:.1f} MiB without, {median[1]:.1f} MiB with: {median[1] / median[0]:.2f};"
            f" longest gap {gaps[0]} and {gaps[1]} ms"
        )
    server.shutdown()


if __name__ == "__main__":
    main()
