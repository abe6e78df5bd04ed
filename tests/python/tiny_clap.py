#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Writes a CLAP model of made-up weights, 290 kB, for tests that need one on disk.

    tests/python/tiny_clap.py FILE

The same to the bit as plugins/clap/tests/common makes, in Python that needs nothing else.
"""

import hashlib
import json
import math
import pathlib
import struct
import sys

SHA256 = "51eb3764446cff0f08fdbc8fe6b7ab0c1311477a7353ad9230fe6231725e5c22"
WIDTH, DEPTHS, HEADS, DIMENSIONS, RATIO = 8, (1, 2, 1, 1), (1, 1, 2, 4), 64, 2
ENCODER = "audio_model.audio_encoder."
MASK = 2**64 - 1


def tensors():
    """Names and shapes, in the order of the file."""
    shapes = {f"{ENCODER}batch_norm.{part}": [64] for part in ("weight", "bias", "running_mean", "running_var")}

    def layer(name, shape, bias=True):
        shapes[f"{name}.weight"] = shape
        if bias:
            shapes[f"{name}.bias"] = shape[:1]

    last = WIDTH * 8
    layer(f"{ENCODER}patch_embed.proj", [WIDTH, 1, 4, 4])
    layer(f"{ENCODER}patch_embed.norm", [WIDTH])
    layer(f"{ENCODER}norm", [last])
    layer("audio_projection.linear1", [DIMENSIONS, last])
    layer("audio_projection.linear2", [DIMENSIONS, DIMENSIONS])
    for stage, (depth, heads) in enumerate(zip(DEPTHS, HEADS)):
        width = WIDTH << stage
        for block in range(depth):
            name = f"{ENCODER}layers.{stage}.blocks.{block}."
            layer(f"{name}layernorm_before", [width])
            layer(f"{name}layernorm_after", [width])
            for part in ("query", "key", "value"):
                layer(f"{name}attention.self.{part}", [width, width])
            layer(f"{name}attention.output.dense", [width, width])
            layer(f"{name}intermediate.dense", [width * RATIO, width])
            layer(f"{name}output.dense", [width, width * RATIO])
            shapes[f"{name}attention.self.relative_position_bias_table"] = [225, heads]
        if stage < 3:
            name = f"{ENCODER}layers.{stage}.downsample."
            layer(f"{name}norm", [4 * width])
            layer(f"{name}reduction", [2 * width, 4 * width], bias=False)
    return sorted(shapes.items())


def hash_of(text):
    """FNV-1a."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def numbers(seed, count):
    """The upper 24 bits of SplitMix64, from -1 up to 1."""
    for i in range(1, count + 1):
        z = seed + i * 0x9E3779B97F4A7C15 & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        yield ((z ^ z >> 31) >> 40) / 2**23 - 1


def weights(name, shape):
    if name.endswith("running_mean"):
        offset, scale = -35, 8
    elif name.endswith("running_var"):
        offset, scale = 300, 64
    elif "norm" in name and name.endswith("weight"):
        offset, scale = 1, 0.125
    elif name.endswith("bias") or "bias_table" in name:
        offset, scale = 0, 0.25
    else:
        # A power of two, for every language to have the same products.
        offset, scale = 0, 2.0 ** round(math.log2(1.7 / math.sqrt(math.prod(shape[1:]))))
    return [offset + scale * u for u in numbers(hash_of(name), math.prod(shape))]


def model():
    """The file as bytes."""
    header, data = {}, []
    for name, shape in tensors():
        begin = 4 * len(data)
        data += weights(name, shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, 4 * len(data)]}
    text = json.dumps(header, separators=(",", ":"))
    text += " " * (-len(text) % 8)
    file = struct.pack("<Q", len(text)) + text.encode() + struct.pack(f"<{len(data)}f", *data)
    assert hashlib.sha256(file).hexdigest() == SHA256, "this is another model"
    return file


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_bytes(model())
