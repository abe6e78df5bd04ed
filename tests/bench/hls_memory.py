#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Peak memory and latency of HLS playback with hlsbufcap, with hlscapsrc and without either, in turn.

    tests/bench/hls_memory.py [--runs N] [--seconds S] [CASE…]

Makes streams with ffmpeg and libx264 (80 s of 8 Mbit/s video in segments of 10 s; FLAC in MP4, segments of 12 s; AAC
in TS, segments of 6 s), serves them on the loopback interface, and plays them with hlsdemux2. The plugin is that of
`tests/run.sh meson`, or that in --plugins. Ratios of the medians; our own memory included.
"""

import argparse
import http.server
import os
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "hls"
PLUGINS = ROOT / "target" / "meson" / "check" / "plugins"
CAP = "hlsbufcap max-size-bytes=1000000 min-buffer-time=1000000000"
SOURCE = "hlscapsrc"
STREAMS = {
    "av": "-f lavfi -i testsrc2=s=1280x720:r=30,noise=alls=24:allf=t -f lavfi -i sine=f=440:r=48000 -t 80"
    " -c:v libx264 -preset ultrafast -b:v 8M -maxrate 8M -bufsize 8M -g 60 -keyint_min 60 -sc_threshold 0"
    " -pix_fmt yuv420p -c:a aac -b:a 192k -hls_time 10 -hls_segment_filename {folder}/%04d.ts",
    "flac": "-f lavfi -i anoisesrc=r=48000:c=pink:a=0.3 -t 120 -ac 2 -c:a flac -sample_fmt s32 -strict -2"
    " -hls_time 12 -hls_segment_type fmp4 -hls_segment_filename {folder}/%04d.m4s",
    "aac": "-f lavfi -i anoisesrc=r=44100:c=pink:a=0.3 -t 60 -ac 2 -c:a aac -b:a 256k"
    " -hls_time 6 -hls_segment_filename {folder}/%04d.ts",
}


class Server(http.server.ThreadingHTTPServer):
    """Serves WORK; /slow/ at 6 Mbit/s with 50 ms before every answer, /stall/ with 8 s within one segment."""

    daemon_threads = True
    request_queue_size = 256


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Nobody reads it."""

    def do_GET(self):
        how, _, name = self.path.lstrip("/").partition("/")
        try:
            body = (WORK / name).read_bytes()
        except OSError:
            self.send_error(404)
            return
        if how == "slow":
            time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        piece = 15_000 if how == "slow" else 1 << 16
        middle = len(body) // 2
        try:
            for at in range(0, len(body), piece):
                if how == "stall" and name.endswith("0003.ts") and at <= middle < at + piece:
                    time.sleep(8)
                self.wfile.write(body[at : at + piece])
                if how == "slow":
                    time.sleep(piece * 8 / 6e6)
        except OSError:
            self.close_connection = True


def make_stream(name):
    """Write a stream, unless it is there."""
    folder = WORK / name
    if (folder / "index.m3u8").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = "ffmpeg -hide_banner -loglevel error -y " + STREAMS[name].format(folder=folder)
    command += f" -f hls -hls_playlist_type vod -hls_list_size 0 {folder}/part.m3u8"
    subprocess.run(command.split(), check=True)
    (folder / "part.m3u8").rename(folder / "index.m3u8")


def build():
    """Compile the player."""
    program = WORK / "hls"
    flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "gstreamer-1.0"], text=True)
    source = ROOT / "tests" / "bench" / "hls.c"
    subprocess.run(["cc", "-O2", "-o", program, source, *flags.split()], check=True)
    return program


class Bench:
    """Plays, and compares."""

    def __init__(self, options, server):
        self.options = options
        self.base = f"http://127.0.0.1:{server.server_port}"
        self.program = build()
        self.environment = os.environ | {
            "GST_PLUGIN_PATH": str(options.plugins),
            "GST_REGISTRY": str(WORK / "registry.bin"),
            "HLS_CACHE": str(WORK / "cache"),
        }
        self.play("plain/aac", 1, [], 1)  # scans the plugins

    def play(self, stream, count, more, seconds, scheme=""):
        """Peak in KiB, longest gap and first buffer in ms."""
        command = [self.program, f"{scheme}{self.base}/{stream}/index.m3u8", str(count), str(seconds)]
        command += more
        output = subprocess.check_output(command, env=self.environment, text=True)
        return [int(number) for number in output.split()]

    def memory(self, title, stream, count, ways, seconds=None):
        """One line for each way beside the first."""
        runs = {way: [] for way in ways}
        for _ in range(self.options.runs):
            for way, more in ways.items():
                runs[way].append(self.play(stream, count, more, seconds or self.options.seconds))
        median = {way: statistics.median(run[0] for run in all_) / 1024 for way, all_ in runs.items()}
        gap = {way: max(run[1] for run in all_) for way, all_ in runs.items()}
        alone = next(iter(ways))
        for way in list(ways)[1:]:
            print(
                f"{title}: {median[alone]:.1f} MiB without, {median[way]:.1f} MiB with {way}:"
                f" {median[way] / median[alone]:.2f}; longest gap {gap[alone]} and {gap[way]} ms",
                flush=True,
            )

    def latency(self):
        """First decoded buffer: without, cold, and from a warm cache."""
        decode = ["uridecodebin3"]
        alone, cold, warm = [], [], []
        for _ in range(max(self.options.runs, 10)):
            alone.append(self.play("slow/aac", 1, decode, 0)[2])
            shutil.rmtree(WORK / "cache", ignore_errors=True)
            cold.append(self.play("slow/aac", 1, decode, 0, "hlscap+")[2])
            self.play("slow/aac", 1, decode, 3, "hlscap+")
            warm.append(self.play("slow/aac", 1, decode, 0, "hlscap+")[2])
        alone, cold, warm = (statistics.median(each) for each in (alone, cold, warm))
        print(
            f"first PCM: {alone:.0f} ms without, {cold:.0f} ms cold ({cold / alone:.2f}),"
            f" {warm:.0f} ms warm ({warm / alone:.2f})",
            flush=True,
        )


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--plugins", type=Path, default=PLUGINS)
    parser.add_argument("cases", nargs="*", default=["1", "stall", "8", "flac", "first"])
    options = parser.parse_args()
    if not (options.plugins / "libgsthlsbufcap.so").exists():
        raise SystemExit("there is no plugin: run tests/run.sh meson")
    for name in STREAMS:
        make_stream(name)
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bench = Bench(options, server)
    alone = {"nothing": []}
    both = alone | {"hlsbufcap": ["", CAP], "hlscapsrc": [SOURCE]}
    ours = alone | {"hlscapsrc": [SOURCE]}
    if "1" in options.cases:
        bench.memory("1 stream", "plain/av", 1, both)
    if "stall" in options.cases:
        bench.memory("1 stream, stalled for 8 s", "stall/av", 1, ours, 45)
    if "8" in options.cases:
        bench.memory("8 streams", "plain/av", 8, both)
    if "flac" in options.cases:
        bench.memory("16 streams of FLAC", "plain/flac", 16, ours)
    if "first" in options.cases:
        bench.latency()
    server.shutdown()


if __name__ == "__main__":
    main()
