# SPDX-License-Identifier: MPL-2.0
"""The line of README that has every element of audio in it, as gst-launch-1.0 runs it."""

import pathlib
import re
import subprocess
import tempfile
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

import local_hls  # noqa: E402
import tiny_clap  # noqa: E402

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


class Chain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Gst.init(None)
        cls.url = local_hls.serve(cls)

    def test_the_line_of_readme(self):
        text = README.read_text(encoding="utf-8").replace("\\\n", " ")
        [line] = re.findall(r"^gst-launch-1\.0 .*hlsbufcap.*clapembed.*$", text, re.MULTILINE)
        line = line.split("|")[0].replace("http://127.0.0.1:8000/index.m3u8", self.url)
        line = line.replace("autoaudiosink", "fakesink")
        with tempfile.TemporaryDirectory() as folder:
            model = pathlib.Path(folder) / "model.safetensors"
            model.write_bytes(tiny_clap.model())
            done = subprocess.run(line.split(), cwd=folder, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        said = re.findall(r'^Got message #\d+ from element "\S+" \(element\): ([\w-]+)', done.stdout, re.MULTILINE)
        found = {name: said.count(name) for name in ("drmeter", "spectrum", "clapembed")}
        # 40 s: of the whole, of 100 ms, of 10 s and of the whole.
        self.assertEqual(found, {"drmeter": 1, "spectrum": 400, "clapembed": 5})


if __name__ == "__main__":
    unittest.main()
