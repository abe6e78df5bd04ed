// SPDX-License-Identifier: MPL-2.0
//! From the tensors of a model, under the names that transformers gives them, to packed weights.
use super::fusion::Fusion;
use super::image::Image;
use super::shape::{GRID, PATCH, Shape, Stage as StageShape};
use super::tower::{Block, Merge, Stage, Tower};
use super::{Precision, fusion};
use crate::Error;
use crate::front::MELS;
use crate::kernel::{Bias, Isa, Norm, Packed, SIDE};
use crate::weights::Weights;

/// What the names of the audio tower begin with.
pub(super) const ENCODER: &str = "audio_model.audio_encoder.";

/// What keeps a variance of batch normalisation from being zero.
const EPSILON: f32 = 1e-5;

/// Reads tensors and packs them.
pub(super) struct Loader<'a> {
    pub tensors: &'a mut dyn Weights,
    pub isa: Isa,
    /// Of the large products.
    pub precision: Precision,
}

/// Weights before they are packed.
pub(super) struct Dense {
    pub weights: Vec<f32>,
    pub inputs: usize,
    pub bias: Option<Vec<f32>>,
}

impl Dense {
    pub fn pack(&self, isa: Isa, precision: Precision) -> Packed {
        Packed::new(
            isa,
            precision,
            &self.weights,
            self.inputs,
            self.bias.as_deref(),
        )
    }

    /// Multiplies all outputs.
    fn scale(&mut self, factor: f32) {
        let bias = self.bias.iter_mut().flatten();
        self.weights
            .iter_mut()
            .chain(bias)
            .for_each(|w| *w *= factor);
    }

    /// Takes in the outputs of another one of the same inputs.
    fn append(&mut self, other: Dense) {
        self.weights.extend(other.weights);
        if let (Some(bias), Some(other)) = (&mut self.bias, other.bias) {
            bias.extend(other);
        }
    }

    /// Takes in the batch normalisation that follows, in the order in which torch's exporter to ONNX
    /// does: to the bit.
    fn fold(&mut self, norm: &Statistics) {
        let gain = norm.weight.iter().zip(&norm.variance);
        let gain: Vec<f32> = gain
            .map(|(w, v)| w / (v.max(0.0) + EPSILON).sqrt())
            .collect();
        for (row, gain) in self.weights.chunks_exact_mut(self.inputs).zip(&gain) {
            row.iter_mut().for_each(|w| *w *= gain);
        }
        let bias = self.bias.get_or_insert_with(|| vec![0.0; gain.len()]);
        for (i, bias) in bias.iter_mut().enumerate() {
            *bias = (*bias - norm.mean[i]) * gain[i] + norm.bias[i];
        }
    }
}

/// A batch normalisation, as many numbers each as there are channels.
struct Statistics {
    weight: Vec<f32>,
    bias: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

impl Loader<'_> {
    pub fn tower(&mut self, shape: &Shape) -> Result<Tower, Error> {
        let width = shape.stages.first().map_or(0, |stage| stage.width);
        let patch = self.dense(
            &format!("{ENCODER}patch_embed.proj"),
            &[width, 1, PATCH, PATCH],
        )?;
        let (gain, offset) = self.batch_norm(&format!("{ENCODER}batch_norm"), MELS)?;
        let mut stages = Vec::with_capacity(shape.stages.len());
        for (index, stage) in shape.stages.iter().enumerate() {
            stages.push(self.stage(index, stage, index + 1 < shape.stages.len())?);
        }
        let (last, dimensions) = (shape.last_width(), shape.dimensions);
        let projection = [
            self.dense("audio_projection.linear1", &[dimensions, last])?,
            self.dense("audio_projection.linear2", &[dimensions, dimensions])?,
        ];
        Ok(Tower {
            image: Image::new(&gain, &offset),
            // What costs little stays in f32.
            patch: patch.pack(self.isa, Precision::F32),
            fusion: match shape.fused {
                true => Some(self.fusion(width)?),
                false => None,
            },
            patch_norm: self.norm(&format!("{ENCODER}patch_embed.norm"), width)?,
            stages,
            norm: self.norm(&format!("{ENCODER}norm"), last)?,
            projection: projection.map(|dense| dense.pack(self.isa, Precision::F32)),
        })
    }

    fn stage(&mut self, index: usize, shape: &StageShape, merges: bool) -> Result<Stage, Error> {
        // Their number is the file's word, and each is looked for first.
        let mut blocks = Vec::new();
        for block in 0..shape.blocks {
            // Every other block looks past the borders of windows, where there are several.
            let shifted = block % 2 == 1 && shape.side > SIDE;
            let name = format!("{ENCODER}layers.{index}.blocks.{block}.");
            blocks.push(self.block(&name, shape, shifted)?);
        }
        let merge = match merges {
            true => Some(self.merge(&format!("{ENCODER}layers.{index}.downsample."), shape)?),
            false => None,
        };
        Ok(Stage::new(shape, blocks, merge))
    }

    fn block(&mut self, name: &str, shape: &StageShape, shifted: bool) -> Result<Block, Error> {
        let StageShape {
            width,
            heads,
            hidden,
            ..
        } = *shape;
        let square = [width, width];
        // The scores' factor goes into the queries.
        let mut looks = self.dense(&format!("{name}attention.self.query"), &square)?;
        looks.scale(1.0 / ((width / heads) as f32).sqrt());
        looks.append(self.dense(&format!("{name}attention.self.key"), &square)?);
        looks.append(self.dense(&format!("{name}attention.self.value"), &square)?);
        let table = format!("{name}attention.self.relative_position_bias_table");
        let table = self.tensors.read(&table, &[Bias::TABLE, heads])?;
        let out = self.dense(&format!("{name}attention.output.dense"), &square)?;
        let up = self.dense(&format!("{name}intermediate.dense"), &[hidden, width])?;
        let down = self.dense(&format!("{name}output.dense"), &[width, hidden])?;
        let pack = |dense: Dense| dense.pack(self.isa, self.precision);
        let [looks, out, up, down] = [looks, out, up, down].map(pack);
        Ok(Block {
            before: self.norm(&format!("{name}layernorm_before"), width)?,
            looks,
            bias: Bias::new(self.isa, self.precision, &table, heads, shifted),
            shifted,
            out,
            after: self.norm(&format!("{name}layernorm_after"), width)?,
            up,
            down,
        })
    }

    fn merge(&mut self, name: &str, shape: &StageShape) -> Result<Merge, Error> {
        let width = shape.width;
        let weights = format!("{name}reduction.weight");
        let weights = self.tensors.read(&weights, &[2 * width, 4 * width])?;
        let dense = Dense {
            weights,
            inputs: 4 * width,
            bias: None,
        };
        Ok(Merge {
            norm: self.norm(&format!("{name}norm"), 4 * width)?,
            reduction: dense.pack(self.isa, self.precision),
        })
    }

    fn fusion(&mut self, width: usize) -> Result<Fusion, Error> {
        let name = format!("{ENCODER}patch_embed.");
        let patch = [width, 1, PATCH, PATCH * fusion::VIEWS];
        let local = self.dense(&format!("{name}mel_conv2d"), &patch)?;
        let inner = width / fusion::REDUCTION;
        let mut pair = |attention: &str, layers: [usize; 4]| -> Result<[Packed; 2], Error> {
            let layer = |i: usize| format!("{name}fusion_model.{attention}.{}", layers[i]);
            let mut dense = |at: usize, outputs, inputs| -> Result<Packed, Error> {
                let mut dense = self.dense(&layer(at), &[outputs, inputs, 1, 1])?;
                let norm = layer(at + 1);
                if !self.tensors.folded(&norm) {
                    dense.fold(&self.statistics(&norm, outputs)?);
                }
                Ok(dense.pack(self.isa, Precision::F32))
            };
            Ok([dense(0, inner, width)?, dense(2, width, inner)?])
        };
        let local_attention = pair("local_att", [0, 1, 3, 4])?;
        let global_attention = pair("global_att", [1, 2, 4, 5])?;
        Ok(Fusion {
            views: local.pack(self.isa, Precision::F32),
            local: local_attention,
            global: global_attention,
        })
    }

    /// Weights and bias; all but the first dimension are inputs.
    fn dense(&mut self, name: &str, shape: &[usize]) -> Result<Dense, Error> {
        Ok(Dense {
            weights: self.tensors.read(&format!("{name}.weight"), shape)?,
            inputs: shape[1..].iter().product(),
            bias: Some(self.tensors.read(&format!("{name}.bias"), &shape[..1])?),
        })
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm, Error> {
        Ok(Norm::new(
            self.tensors.read(&format!("{name}.weight"), &[width])?,
            self.tensors.read(&format!("{name}.bias"), &[width])?,
        ))
    }

    /// Batch normalisation as a gain and an offset.
    fn batch_norm(&mut self, name: &str, width: usize) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let norm = self.statistics(name, width)?;
        let gain = norm.weight.iter().zip(&norm.variance);
        let gain: Vec<f32> = gain
            .map(|(w, v)| w * (1.0 / (v.max(0.0) + EPSILON).sqrt()))
            .collect();
        let offset = norm.bias.iter().zip(&norm.mean).zip(&gain);
        let offset = offset.map(|((b, m), g)| b - m * g).collect();
        Ok((gain, offset))
    }

    fn statistics(&mut self, name: &str, width: usize) -> Result<Statistics, Error> {
        let mut read = |rest: &str| self.tensors.read(&format!("{name}.{rest}"), &[width]);
        Ok(Statistics {
            weight: read("weight")?,
            bias: read("bias")?,
            mean: read("running_mean")?,
            variance: read("running_var")?,
        })
    }
}

/// Where the tokens of windows lie in the image, window by window; shifted windows begin half a
/// window further down and to the right, and go on at the other end.
pub(super) fn windows(side: usize, shifted: bool) -> Vec<u32> {
    let shift = if shifted { SIDE / 2 } else { 0 };
    let across = side / SIDE;
    let mut rows = Vec::with_capacity(side * side);
    for window in 0..across * across {
        for token in 0..SIDE * SIDE {
            let down = window / across * SIDE + token / SIDE + shift;
            let right = window % across * SIDE + token % SIDE + shift;
            rows.push((down % side * side + right % side) as u32);
        }
    }
    debug_assert!(side <= GRID);
    rows
}
