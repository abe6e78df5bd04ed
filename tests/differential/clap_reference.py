#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""The CLAP engine beside transformers, torch and ONNX Runtime, on models of made-up weights.

    cargo build --release -p auris-clap --example clap_run
    tests/differential/clap_reference.py golden    the embeddings in plugins/clap/tests/data/golden.csv:
                                                   writes them; no difference may come of it
    tests/differential/clap_reference.py compare   full-size models and the front end against
                                                   transformers: fails where they differ by too much
    tests/differential/clap_reference.py time      what a window costs one thread, beside the same

The first run makes a Python environment of its own in target/clap (5 GB).
"""

import hashlib
import json
import os
import pathlib
import resource
import statistics
import struct
import subprocess
import sys
import time

import clap_env
from clap_env import ROOT, TARGET, WORK

if __name__ == "__main__":
    clap_env.enter()

import numpy as np
import torch
from transformers import ClapAudioConfig, ClapAudioModelWithProjection, ClapFeatureExtractor

torch.set_grad_enabled(False)
torch.set_num_threads(1)
np.seterr(over="ignore")

PROGRAM = TARGET / "release/examples/clap_run"
GOLDEN = ROOT / "plugins/clap/tests/data/golden.csv"

SMALL = dict(
    patch_embeds_hidden_size=8, depths=[1, 2, 1, 1], num_attention_heads=[1, 1, 2, 4], hidden_size=64,
    projection_dim=64, mlp_ratio=2.0)
CONFIGS = {
    "tiny": SMALL,
    "tiny-fused": dict(SMALL, enable_fusion=True),
    # laion/clap-htsat-unfused, -fused, and laion/larger_clap_*.
    "unfused": {},
    "fused": dict(enable_fusion=True),
    "larger": dict(depths=[2, 2, 12, 2], hidden_size=1024, patch_embeds_hidden_size=128),
}
TINY_SHA256 = "51eb3764446cff0f08fdbc8fe6b7ab0c1311477a7353ad9230fe6231725e5c22"


def hash_of(text):
    """FNV-1a."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def numbers(seed, count):
    """The upper 24 bits of SplitMix64, from -1 up to 1."""
    z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (((z ^ z >> np.uint64(31)) >> np.uint64(40)) / 2**23 - 1).astype(np.float32)


def weights(name, shape):
    """As plugins/clap/tests/common has them."""
    u = numbers(hash_of(name), int(np.prod(shape))).reshape(shape)
    if name.endswith("running_mean"):
        return -35 + 8 * u
    if name.endswith("running_var"):
        return 300 + 64 * u
    if "norm" in name and name.endswith("weight"):
        return 1 + np.float32(0.125) * u
    if name.endswith("bias") or "bias_table" in name:
        return np.float32(0.25) * u
    return u * np.float32(2.0 ** np.round(np.log2(1.7 / np.sqrt(np.prod(shape[1:])))))


def spectrogram(seed):
    return (-35 + 30 * numbers(hash_of(seed), 1001 * 64)).reshape(1001, 64).astype(np.float32)


def build(kind):
    """The model of transformers, and the path of the same as a file."""
    model = ClapAudioModelWithProjection(ClapAudioConfig(**CONFIGS[kind])).eval()
    tensors = {
        name: torch.from_numpy(weights(name, tuple(tensor.shape)))
        for name, tensor in sorted(model.state_dict().items())
        if tensor.is_floating_point()
    }
    model.load_state_dict(tensors, strict=False)
    path = WORK / f"{kind}.safetensors"
    write_safetensors(path, tensors)
    return model, path


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + 4 * tensor.numel()
        header[name] = dict(dtype="F32", shape=list(tensor.shape), data_offsets=[offset, end])
        offset = end
    text = json.dumps(header, separators=(",", ":"))
    text += " " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text.encode())
        for tensor in tensors.values():
            out.write(tensor.contiguous().numpy().tobytes())


def embed(model, mel):
    """What transformers gives for one window; normalised, as it does not."""
    views = 4 if model.config.enable_fusion else 1
    features = torch.from_numpy(mel)[None, None].repeat(1, views, 1, 1)
    longer = dict(is_longer=torch.tensor([[True]])) if views > 1 else {}
    out = model(input_features=features, **longer).audio_embeds[0]
    return (out / out.norm()).numpy()


def run(*arguments):
    """What clap_run prints, and what it writes."""
    out = WORK / "out.f32"
    arguments = [str(a) if a is not None else str(out) for a in arguments]
    told = subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout
    return told.split(), np.fromfile(out, np.float32)


def distance(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return 1 - a @ b / np.sqrt((a @ a) * (b @ b))


def golden():
    rows = []
    for kind in ("tiny", "tiny-fused"):
        model, path = build(kind)
        if kind == "tiny":
            assert hashlib.sha256(path.read_bytes()).hexdigest() == TINY_SHA256
        for seed in ("input", "other", "third"):
            row = [kind, seed, *(f"{x:.9g}" for x in embed(model, spectrogram(seed)))]
            rows.append(",".join(row) + "\n")
    GOLDEN.write_text("".join(rows))


def signals():
    """Audio that is hard on a front end in one way or another."""
    noise = numbers(1, 480000).astype(np.float64)
    t = np.arange(480000) / 48000
    yield "noise", 0.1 * noise
    yield "sine", 0.5 * np.sin(2 * np.pi * 440 * t)
    yield "silence, 3 s", np.zeros(144000)
    yield "noise, 3.3 s", 0.1 * noise[:158411]
    yield "chirp, 7 s", 0.3 * np.sin(2 * np.pi * (50 * t + 900 * t * t))[:336000]
    yield "click in quiet", np.r_[1e-4 * noise[:200000], 1.0, 1e-7 * noise[:100000]]
    yield "0.05 s", 0.2 * noise[:2400]
    yield "16 bits", np.round(noise * 3000) / 32768


def compare():
    failures = []

    def hold(what, found, limit):
        print(f"{what:58} {found:9.2e}  (at most {limit:.0e})", flush=True)
        if not found <= limit:
            failures.append(what)

    banks = {
        "slaney": ClapFeatureExtractor(frequency_min=50, frequency_max=14000, truncation="rand_trunc"),
        "htk": ClapFeatureExtractor(frequency_min=50, frequency_max=14000, truncation="fusion"),
    }
    clips, music = WORK / "samples.f32", None
    for bank, extractor in banks.items():
        for padding in ("repeatpad", "repeat", "pad"):
            worst = 0
            for _, samples in signals():
                samples = samples.astype(np.float32)
                samples.tofile(clips)
                expected = extractor([samples], sampling_rate=48000, padding=padding)["input_features"]
                expected = np.asarray(expected[0])[0]
                _, found = run("mel", bank, padding, clips, None)
                worst = max(worst, np.abs(expected - found.reshape(1001, 64)).max())
            hold(f"front end, {bank}, {padding}: largest difference in dB", worst, 1e-5)

    limits = {"f32": (2e-5, 1e-8), "bf16": (None, 3e-5), "int8": (None, 5e-4)}
    inputs = WORK / "mels.f32"
    mels = [spectrogram(seed) for seed in ("one", "two", "three")]
    for _, samples in list(signals())[:2]:
        features = banks["slaney"]([samples], sampling_rate=48000)["input_features"]
        mels.append(np.asarray(features[0])[0].astype(np.float32))
    np.concatenate(mels).tofile(inputs)
    for kind in ("tiny", "tiny-fused", "unfused", "fused", "larger"):
        model, path = build(kind)
        expected = [embed(model, mel) for mel in mels]
        for precision, (largest, angle) in limits.items():
            told, found = run("embed", path, precision, inputs, None)
            found = found.reshape(len(mels), -1)
            what = f"{kind}, {precision} on {told[0]}:"
            if largest:
                worst = max(np.abs(a - b).max() for a, b in zip(expected, found))
                hold(f"{what} largest difference", worst, largest)
            worst = max(distance(a, b) for a, b in zip(expected, found))
            hold(f"{what} 1 - cosine", worst, angle)
    sys.exit(f"{len(failures)} too large" if failures else 0)


def taken(function, repeats, clock=time.process_time):
    """The median of what calls took, in ms; of this process, whatever else the machine does."""
    times = []
    for _ in range(repeats):
        begin = clock()
        function()
        times.append(clock() - begin)
    return 1e3 * statistics.median(times)


def taken_by_us(repeats, *arguments):
    """The same of an item in clap_run, without its start; and what else it prints first."""

    def once(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        told, _ = run(*arguments, repeats)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return told[0], after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    _, start = once(1)
    told, all_of_it = once(1 + repeats)
    return told, 1e3 * (all_of_it - start) / repeats


def onnx_session(model, path, threads):
    """The same model in ONNX Runtime, as the public export has it."""
    import onnxruntime

    class Audio(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model
            self.eval()

        def forward(self, input_features):
            return self.model(input_features=input_features).audio_embeds

    if not path.exists():
        torch.onnx.export(
            Audio(), (torch.from_numpy(spectrogram("one"))[None, None],), str(path),
            input_names=["input_features"], output_names=["audio_embeds"],
            dynamic_axes={"input_features": {0: "batch"}, "audio_embeds": {0: "batch"}},
            opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def side_by_side(*arguments):
    """Windows per second of two processes of one thread each, at once."""
    outs = [WORK / f"out{i}.f32" for i in range(2)]
    both = [
        subprocess.Popen([PROGRAM, *(str(a or out) for a in arguments)], stdout=subprocess.PIPE, text=True)
        for out in outs
    ]
    told = [process.communicate()[0].split() for process in both]
    return sum(1e3 / float(words[-1]) for words in told)


def times():
    model, path = build("unfused")
    one, two = (onnx_session(model, WORK / "unfused.onnx", threads) for threads in (1, 2))
    mel = spectrogram("one")
    inputs, clip = WORK / "mels.f32", WORK / "samples.f32"
    mel.tofile(inputs)
    features = mel[None, None]
    samples = next(signals())[1].astype(np.float32)
    samples.tofile(clip)
    extractor = ClapFeatureExtractor(frequency_min=50, frequency_max=14000, truncation="rand_trunc")
    levels = os.environ.get("CLAP_LEVELS", os.environ.get("AURIS_SIMD", "")).split()
    all_times, rates = {}, {}

    def note(what, ms):
        all_times.setdefault(what, []).append(ms)

    # CPU time, interleaved, and the median of all: so that everybody meets the same machine.
    onnx, theirs = "ONNX Runtime, f32", "ClapFeatureExtractor"
    for _ in range(int(os.environ.get("CLAP_ROUNDS", "5"))):
        note(onnx, taken(lambda: one.run(None, {"input_features": features}), 8))
        for level in levels or [""]:
            os.environ["AURIS_SIMD"] = level
            for precision in ("f32", "bf16", "int8"):
                told, ms = taken_by_us(40, "embed", path, precision, inputs, None)
                note(f"auris-clap, {precision}, {told}", ms)
        os.environ["AURIS_SIMD"] = (levels or [""])[0]
        note("torch, f32", taken(lambda: embed(model, mel), 3))
        note(theirs, taken(lambda: extractor([samples], sampling_rate=48000), 4))
        _, ms = taken_by_us(200, "mel", "slaney", "repeatpad", clip, None)
        note("auris-clap, front end", ms)
        rate = 1e3 / taken(lambda: two.run(None, {"input_features": features}), 8, time.perf_counter)
        rates.setdefault("ONNX Runtime, one session of two threads", []).append(rate)
        rate = side_by_side("embed", path, "f32", inputs, None, 20)
        rates.setdefault("auris-clap, two streams of one thread", []).append(rate)
    ms = {what: statistics.median(found) for what, found in all_times.items()}
    print("| one window of 10 s, one thread | CPU ms | against |\n|---|---|---|")
    for what, found in ms.items():
        peer = theirs if "front" in what or what == theirs else onnx
        print(f"| {what} | {found:.2f} | {ms[peer] / found:.2f} × |")
    whole = ms[theirs] + ms["torch, f32"]
    ours = {what: found + ms["auris-clap, front end"] for what, found in ms.items() if "auris-clap, f32" in what}
    for what, found in ours.items():
        print(f"| from samples: {what} | {found:.2f} | {whole / found:.2f} × transformers' {whole:.2f} |")
    print("\n| windows per second, two cores | | against |\n|---|---|---|")
    rates = {what: statistics.median(found) for what, found in rates.items()}
    for what, found in rates.items():
        print(f"| {what} | {found:.1f} | {found / next(iter(rates.values())):.2f} × |")


if __name__ == "__main__":
    {"golden": golden, "compare": compare, "time": times}[sys.argv[1] if len(sys.argv) > 1 else "compare"]()
