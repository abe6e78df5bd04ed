#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""CLAP models as exporters write them to ONNX, loaded by the engine: embeddings are those of the same
model's safetensors file, bit for bit, or the file is refused for what it is.

    cargo build --release -p auris-clap --example clap_run
    tests/differential/clap_onnx.py [KIND…]    of tiny, tiny-fused, unfused, fused, larger; all if none is named

What ONNX Runtime computes from the same file is compared with that, too.

Exporters: torch's older one at opsets 14 and 17, with and without folded constants, and its present one;
then what onnxslim and the conversion to 16 bits make of the former.
"""

import os
import pathlib
import subprocess
import sys
import warnings

import clap_env
from clap_env import WORK

if __name__ == "__main__":
    clap_env.enter()

import clap_reference
import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import float16

warnings.filterwarnings("ignore")
os.environ["ORT_DYLIB_PATH"] = str(pathlib.Path(onnxruntime.__file__).parent / "capi")

# Opset, whether constants are folded; or the present exporter.
EXPORTS = {"opset14": (14, True), "opset17": (17, True), "unfolded": (17, False), "present": None}

# 1 - cosine of what 16 bits may cost.
HALVES = 1e-5


class Tower(torch.nn.Module):
    """What the public exports compute."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.eval()

    def forward(self, input_features):
        return self.model(input_features=input_features).audio_embeds


class FusedTower(Tower):
    """The same of a model that also wants to know whether audio was longer."""

    def forward(self, input_features, is_longer):
        return self.model(input_features=input_features, is_longer=is_longer).audio_embeds


def export(model, path, how):
    """Writes the model as ONNX."""
    fused = model.config.enable_fusion
    mel = torch.from_numpy(clap_reference.spectrogram("one"))[None, None]
    arguments = (mel.repeat(2, 4 if fused else 1, 1, 1),)
    names = ["input_features"]
    if fused:
        arguments += (torch.tensor([[True], [False]]),)
        names += ["is_longer"]
    tower = (FusedTower if fused else Tower)(model)
    common = dict(input_names=names, output_names=["audio_embeds"])
    if how is None:
        torch.onnx.export(tower, arguments, str(path), dynamo=True, external_data=False, **common)
        return
    axes = {"input_features": {0: "batch", 1: "channels", 2: "height", 3: "width"}, "audio_embeds": {0: "batch"}}
    if fused:
        axes["is_longer"] = {0: "batch"}
    opset, fold = how
    torch.onnx.export(
        tower, arguments, str(path), dynamo=False, opset_version=opset, do_constant_folding=fold,
        dynamic_axes=axes, **common)


def halves(kind, model):
    """The same model with the weights that the conversion to 16 bits leaves, as safetensors."""
    state = model.state_dict()
    tensors = {
        name: torch.from_numpy(float16.convert_np_to_float16(t.numpy()).astype(np.float32))
        for name, t in sorted(state.items())
        if t.is_floating_point()
    }
    path = WORK / f"{kind}-halves.safetensors"
    clap_reference.write_safetensors(path, tensors)
    return path


def embed(path, way="f32"):
    return clap_reference.run("embed", path, way, WORK / "mels.f32", None)[1]


def worst(found, expected):
    """The largest 1 - cosine of three embeddings."""
    pairs = zip(found.reshape(3, -1), expected.reshape(3, -1))
    return max(clap_reference.distance(a, b) for a, b in pairs)


def refusal(path):
    """What the engine says of a file that it does not take."""
    command = [clap_reference.PROGRAM, "embed", path, "f32", WORK / "mels.f32", WORK / "out.f32"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else "taken"


def compare(kind):
    """Lines of what was found, and whether all is well."""
    model, safetensors = clap_reference.build(kind)
    expected, good = embed(safetensors), True

    def tell(what, path, reference):
        nonlocal good
        found = embed(path)
        same = reference is None or np.array_equal(found.view(np.uint32), reference.view(np.uint32))
        good &= same
        apart = worst(found, expected)
        good &= apart <= HALVES
        bits = "" if reference is None else "same bits" if same else "OTHER BITS"
        print(f"{kind:11} {what:26} {bits:11} 1 - cosine to f32 {apart:.1e} (at most {HALVES:.0e})", flush=True)

    for name, how in EXPORTS.items():
        path = WORK / f"{kind}-{name}.onnx"
        try:
            export(model, path, how)
        except Exception as problem:
            # The present exporter cannot do fused models: their shapes depend on numbers.
            first = str(problem).strip().splitlines()[0] if str(problem).strip() else ""
            print(f"{kind:11} {name:26} not exported: {type(problem).__name__} {first[:70]}", flush=True)
            good &= how is None and model.config.enable_fusion
            continue
        tell(name, path, expected)
        peer = embed(path, "onnxruntime")
        apart = worst(peer, expected)
        good &= apart <= 1e-6
        print(f"{kind:11} {name:26} in ONNX Runtime, 1 - cosine to f32 {apart:.1e} (at most 1e-06)", flush=True)
        if name not in ("opset14", "opset17"):
            continue
        slim = WORK / f"{kind}-{name}-slim.onnx"
        onnx.save(onnxslim.slim(str(path)), str(slim))
        tell(f"{name}, slimmed", slim, expected)
        small = WORK / f"{kind}-{name}-fp16.onnx"
        onnx.save(float16.convert_float_to_float16(onnx.load(str(path)), keep_io_types=True), str(small))
        # Folded convolutions were rounded after they were folded, which no safetensors file can tell.
        reference = None if model.config.enable_fusion else embed(halves(kind, model))
        tell(f"{name}, 16 bits", small, reference)
    return good & refuse(kind)


def refuse(kind):
    """Files that are not taken, each for its reason."""
    whole, good = WORK / f"{kind}-opset14.onnx", True
    coarse, apart = WORK / f"{kind}-int8.onnx", WORK / f"{kind}-apart.onnx"
    quantize_dynamic(str(whole), str(coarse), weight_type=QuantType.QUInt8)
    (WORK / "apart.data").unlink(missing_ok=True)
    onnx.save(onnx.load(str(whole)), str(apart), save_as_external_data=True, location="apart.data")
    for path, reason in [(coarse, "quantized"), (apart, "another file")]:
        told = refusal(path)
        good &= reason in told
        print(f"{kind:11} {path.name:26} {told}", flush=True)
    return good


if __name__ == "__main__":
    mels = [clap_reference.spectrogram(seed) for seed in ("one", "two", "three")]
    np.concatenate(mels).tofile(WORK / "mels.f32")
    results = [compare(kind) for kind in sys.argv[1:] or clap_reference.CONFIGS]
    sys.exit(0 if all(results) else "not the same")
