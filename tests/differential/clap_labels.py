#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""`auris-farm labels` beside transformers: the same tokens, and vectors that differ by rounding alone.

    cargo build --release -p auris-farm
    tests/differential/clap_labels.py

The text tower has the size of `laion/clap-htsat-unfused`'s and made-up weights; the tokenizer is of the same
kind, with a vocabulary learnt from this repository's documents.
"""

import json
import os
import pathlib
import subprocess
import sys
import warnings

import clap_env
from clap_env import ROOT, TARGET, WORK

if __name__ == "__main__":
    clap_env.enter()

import clap_reference
import numpy as np
import onnxruntime
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import ClapTextConfig, ClapTextModelWithProjection

warnings.filterwarnings("ignore")
torch.set_grad_enabled(False)

PROGRAM = TARGET / "release/auris-farm"
FOLDER = WORK / "text"
LABELS = ["a dog barks", "rain", "Müller's café", "the sound of 1,000 drums — far away", "音楽", "x" * 90]
TEMPLATES = ["This is a sound of {}.", "{}", "I hear {}, and then {} again"]
# 1 - cosine.
LIMIT = 1e-6


def tokenizer():
    """A byte-level BPE with RoBERTa's special tokens at their places."""
    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2000, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    made.train([str(path) for path in sorted(ROOT.glob("*.md"))], trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    # As published: neither may change what is embedded.
    made.enable_truncation(64)
    made.enable_padding(pad_id=1, pad_token="<pad>", length=64)
    return made


class Tower(torch.nn.Module):
    """What the public exports compute."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.eval()

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).text_embeds


def build(vocabulary):
    """The model, with weights that any machine makes alike."""
    model = ClapTextModelWithProjection(ClapTextConfig(vocab_size=vocabulary)).eval()
    tensors = {
        name: torch.from_numpy(np.asarray(clap_reference.weights(name, tuple(tensor.shape)), np.float32))
        for name, tensor in model.state_dict().items()
        if tensor.is_floating_point()
    }
    model.load_state_dict(tensors, strict=False)
    return model


def export(model, path):
    ids = torch.tensor([[0, 5, 6, 7, 2], [0, 8, 2, 1, 1]])
    axes = {0: "batch_size", 1: "sequence_length"}
    torch.onnx.export(
        Tower(model), (ids, (ids != 1).long()), str(path), input_names=["input_ids", "attention_mask"],
        output_names=["text_embeds"], opset_version=17, dynamo=False,
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "text_embeds": {0: "batch_size"}})


def expected(model, tokens, templates):
    """The direction of the mean of what the templates give."""
    vectors = []
    for label in LABELS:
        total = 0
        for template in templates:
            ids = torch.tensor([tokens.encode(template.replace("{}", label)).ids])
            out = model(input_ids=ids, attention_mask=torch.ones_like(ids)).text_embeds[0].double()
            total = total + out / out.norm()
        vectors.append((total / total.norm()).numpy())
    return vectors


def run(out, templates):
    """What the program writes, per label."""
    labels = WORK / "labels.txt"
    labels.write_text("\n".join(LABELS) + "\n", encoding="utf-8")
    library = pathlib.Path(onnxruntime.__file__).parent / "capi"
    command = [PROGRAM, "labels", "--text-model", FOLDER, "--labels", labels, "--out", out]
    for template in templates:
        command += ["--template", template]
    subprocess.run(command, check=True, env=dict(os.environ, ORT_DYLIB_PATH=str(library)))
    read = load_file(out) if out.suffix == ".safetensors" else json.loads(out.read_text(encoding="utf-8"))
    assert sorted(read) == sorted(LABELS)
    return [np.asarray(read[label], np.float32) for label in LABELS]


def main():
    (FOLDER / "onnx").mkdir(parents=True, exist_ok=True)
    tokens = tokenizer()
    tokens.save(str(FOLDER / "tokenizer.json"))
    tokens.no_padding()
    tokens.no_truncation()
    model = build(tokens.get_vocab_size())
    export(model, FOLDER / "onnx/text_model.onnx")
    failed = False
    for templates in (["{}"], TEMPLATES[:1], TEMPLATES):
        reference = expected(model, tokens, templates)
        json_vectors = run(WORK / "labels.json", templates)
        tensors = run(WORK / "labels.safetensors", templates)
        same = all(np.array_equal(a, b) for a, b in zip(json_vectors, tensors))
        apart = max(clap_reference.distance(a, b) for a, b in zip(json_vectors, reference))
        failed |= not same or not apart <= LIMIT
        forms = "both files the same" if same else "FILES DIFFER"
        print(f"{len(templates)} templates, {len(LABELS)} labels: 1 - cosine {apart:.1e} (at most {LIMIT:.0e}), {forms}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
