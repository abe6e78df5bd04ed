// SPDX-License-Identifier: MPL-2.0
//! The models of these tests as ONNX files, with the names and nodes that torch's exporter writes.
//! Nodes between those that weights go into are left out. What the exporter itself writes is compared
//! in tests/differential/clap_onnx.py.
mod message;

pub use message::*;

use super::{Config, tensors, weights};
use std::collections::HashMap;

/// A graph in the making.
struct Writer {
    form: Form,
    weights: HashMap<String, (Vec<usize>, Vec<f32>)>,
    graph: Message,
    made: usize,
}

impl Writer {
    fn take(&mut self, name: &str) -> (Vec<usize>, Vec<f32>) {
        self.weights
            .remove(name)
            .expect("each weight goes somewhere once")
    }

    /// Stores numbers under a name that the exporter makes up.
    fn store(&mut self, op: &str, shape: &[usize], numbers: &[f32]) -> String {
        self.made += 7;
        let name = format!("onnx::{op}_{}", 2000 + self.made);
        self.store_as(&name, shape, numbers);
        name
    }

    fn store_as(&mut self, name: &str, shape: &[usize], numbers: &[f32]) {
        let tensor = tensor(self.form, name, shape, numbers);
        self.graph = std::mem::take(&mut self.graph).bytes(5, tensor.0);
    }

    /// Stores a weight under its own name.
    fn keep(&mut self, name: &str) -> String {
        let (shape, numbers) = self.take(name);
        let name = format!("{}{name}", self.form.prefix);
        self.store_as(&name, &shape, &numbers);
        name
    }

    fn node(&mut self, op: &str, inputs: &[&str]) -> String {
        self.made += 1;
        let output = format!("/{op}_{}_output_0", self.made);
        let node = node(op, inputs, &[&output]);
        self.graph = std::mem::take(&mut self.graph).bytes(1, node.0);
        output
    }

    fn norm(&mut self, name: &str, value: &str) -> String {
        let [weight, bias] = ["weight", "bias"].map(|part| self.keep(&format!("{name}.{part}")));
        match self.form.old {
            false => self.node("LayerNormalization", &[value, &weight, &bias]),
            true => {
                let scaled = self.node("Mul", &[value, &weight]);
                self.node("Add", &[&scaled, &bias])
            }
        }
    }

    fn product(&mut self, name: &str, value: &str) -> String {
        let (shape, numbers) = self.take(&format!("{name}.weight"));
        let mut flipped = Vec::new();
        for column in 0..shape[1] {
            flipped.extend(numbers.iter().skip(column).step_by(shape[1]));
        }
        let weight = self.store("MatMul", &[shape[1], shape[0]], &flipped);
        self.node("MatMul", &[value, &weight])
    }

    fn linear(&mut self, name: &str, value: &str) -> String {
        let product = self.product(name, value);
        let bias = self.keep(&format!("{name}.bias"));
        self.node("Add", &[&bias, &product])
    }

    fn gemm(&mut self, name: &str, value: &str, output: &str) -> String {
        let [weight, bias] = ["weight", "bias"].map(|part| self.keep(&format!("{name}.{part}")));
        let gemm = node("Gemm", &[value, &weight, &bias], &[output]);
        let gemm = gemm.bytes(5, number("transB", 1).0);
        self.graph = std::mem::take(&mut self.graph).bytes(1, gemm.0);
        output.to_owned()
    }

    fn convolution(&mut self, name: &str, value: &str) -> String {
        let [weight, bias] = ["weight", "bias"].map(|part| self.keep(&format!("{name}.{part}")));
        self.node("Conv", &[value, &weight, &bias])
    }

    /// A convolution with the batch normalisation that follows.
    fn folded(&mut self, name: &str, norm: &str, value: &str) -> String {
        let (shape, mut weights) = self.take(&format!("{name}.weight"));
        let (_, mut biases) = self.take(&format!("{name}.bias"));
        let [gain, offset, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| self.take(&format!("{norm}.{part}")).1);
        for channel in 0..shape[0] {
            let factor = gain[channel] / (variance[channel] + 1e-5).sqrt();
            let row = weights[channel * shape[1]..][..shape[1]].iter_mut();
            row.for_each(|w| *w *= factor);
            biases[channel] = (biases[channel] - mean[channel]) * factor + offset[channel];
        }
        let weight = self.store("Conv", &shape, &weights);
        let bias = self.store("Conv", &shape[..1], &biases);
        self.node("Conv", &[value, &weight, &bias])
    }

    fn fusion(&mut self, patches: &str, views: &str) -> String {
        let sum = self.node("Add", &[patches, views]);
        let pool = self.node("GlobalAveragePool", &[&sum]);
        let ends =
            [("local_att", 0, &sum), ("global_att", 1, &pool)].map(|(part, first, value)| {
                let name = |i: usize| {
                    format!(
                        "audio_model.audio_encoder.patch_embed.fusion_model.{part}.{}",
                        first + i
                    )
                };
                let inner = self.folded(&name(0), &name(1), value);
                let inner = self.node("Relu", &[&inner]);
                self.folded(&name(3), &name(4), &inner)
            });
        self.node("Add", &[&ends[0], &ends[1]])
    }

    /// What is added to the scores: the table, looked up.
    fn positions(&mut self, name: &str) -> String {
        let (shape, table) = self.take(name);
        let mut positions = Vec::new();
        for head in 0..shape[1] {
            for (i, j) in (0..64 * 64).map(|pair| (pair / 64, pair % 64)) {
                let (down, right) = (7 + i / 8 - j / 8, 7 + i % 8 - j % 8);
                positions.push(table[(15 * down + right) * shape[1] + head]);
            }
        }
        self.store("Add", &[1, shape[1], 64, 64], &positions)
    }

    fn block(&mut self, name: &str, value: &str) -> String {
        let part = |rest: &str| format!("{name}{rest}");
        let before = self.norm(&part("layernorm_before"), value);
        let [queries, keys, values] = ["query", "key", "value"].map(|which| {
            let linear = self.linear(&part(&format!("attention.self.{which}")), &before);
            let heads = self.node("Reshape", &[&linear, "/shape"]);
            self.node("Transpose", &[&heads])
        });
        let scores = self.node("MatMul", &[&queries, &keys]);
        let scores = self.node("Div", &[&scores, "/root"]);
        let positions = self.positions(&part("attention.self.relative_position_bias_table"));
        let scores = self.node("Add", &[&scores, &positions]);
        let scores = self.node("Softmax", &[&scores]);
        let seen = self.node("MatMul", &[&scores, &values]);
        let out = self.linear(&part("attention.output.dense"), &seen);
        let after = self.norm(&part("layernorm_after"), &out);
        let up = self.linear(&part("intermediate.dense"), &after);
        self.linear(&part("output.dense"), &up)
    }
}

/// The file of a model.
pub fn model(config: &Config, form: Form) -> Vec<u8> {
    changed_model(config, form, |_, _, _| {})
}

/// The file of a model whose weights were changed before: names, shapes, and numbers.
pub fn changed_model(
    config: &Config,
    form: Form,
    mut change: impl FnMut(&str, &mut Vec<usize>, &mut Vec<f32>),
) -> Vec<u8> {
    let all = tensors(config).into_iter().map(|(name, mut shape)| {
        let mut numbers = weights(&name, &shape);
        change(&name, &mut shape, &mut numbers);
        (name, (shape, numbers))
    });
    let mut writer = Writer {
        form,
        weights: all.collect(),
        graph: Message::default(),
        made: 0,
    };
    let encoder = |rest: &str| format!("audio_model.audio_encoder.{rest}");
    let norm = ["weight", "bias", "running_mean", "running_var"];
    let norm = norm.map(|part| writer.keep(&encoder(&format!("batch_norm.{part}"))));
    let norm = norm.each_ref().map(String::as_str);
    let image = writer.node(
        "BatchNormalization",
        &["input_features", norm[0], norm[1], norm[2], norm[3]],
    );
    let mut value = writer.convolution(&encoder("patch_embed.proj"), &image);
    if config.fused {
        let views = writer.convolution(&encoder("patch_embed.mel_conv2d"), &image);
        value = writer.fusion(&value, &views);
    }
    value = writer.norm(&encoder("patch_embed.norm"), &value);
    for stage in 0..4 {
        for block in 0..config.depths[stage] {
            value = writer.block(&encoder(&format!("layers.{stage}.blocks.{block}.")), &value);
        }
        if stage < 3 {
            let merge = encoder(&format!("layers.{stage}.downsample."));
            value = writer.norm(&format!("{merge}norm"), &value);
            value = writer.product(&format!("{merge}reduction"), &value);
        }
    }
    value = writer.norm(&encoder("norm"), &value);
    value = writer.gemm("audio_projection.linear1", &value, "/linear1");
    value = writer.node("Relu", &[&value]);
    writer.gemm("audio_projection.linear2", &value, "audio_embeds");
    assert!(writer.weights.is_empty(), "{:?}", writer.weights.keys());
    let features = [None, None, Some(1001), Some(64)];
    let mut graph = end(
        writer.graph.bytes(2, "main_graph"),
        11,
        "input_features",
        &features,
    );
    if config.fused {
        graph = end_of(9, graph, 11, "is_longer", &[None, Some(1)]);
    }
    file(&end(graph, 12, "audio_embeds", &[None, None]))
}
