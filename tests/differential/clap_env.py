# SPDX-License-Identifier: MPL-2.0
"""The Python environment of the scripts about CLAP models: made in target/clap (5 GB) by the first run, or
named by CLAP_VENV. Needs a network once."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WORK = TARGET / "clap"
PACKAGES = ["torch", "transformers", "safetensors", "onnxruntime", "onnx", "onnxscript", "onnxslim", "tokenizers"]

# One thread for everybody, from before the libraries look.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", HF_HUB_OFFLINE="1")


def enter():
    """Runs the script again under the environment's Python, which is made if need be."""
    WORK.mkdir(parents=True, exist_ok=True)
    python = pathlib.Path(os.environ.get("CLAP_VENV", WORK / "venv")) / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    if pathlib.Path(sys.prefix) != python.parents[1]:
        os.execv(python, [python, *sys.argv])
