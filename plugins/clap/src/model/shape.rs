// SPDX-License-Identifier: MPL-2.0
//! What a model is like, from the shapes of its tensors.
use super::load::ENCODER;
use crate::Error;
use crate::front::MELS;
use crate::kernel::{Bias, TOKENS, WIDEST_HEAD};
use crate::weights::Weights;

/// Pixels of a patch on each side.
pub(super) const PATCH: usize = 4;
/// Patches of the image on each side.
pub(super) const GRID: usize = 64;

/// Widest row: what four tokens of the last stage have with the widest patch. Sums of so many
/// products of bytes fit 32 bits.
const WIDEST: usize = 32_768;
/// Widest patch: eight times that of the largest published model.
const WIDEST_PATCH: usize = 1024;
/// Widths are multiples of this, as the product wants it.
const STEP: usize = 8;
/// Each stage halves the image, which the last one sees in one window.
const MOST_STAGES: usize = 4;
const _: () = assert!((GRID >> (MOST_STAGES - 1)).pow(2) == TOKENS);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage {
    /// Numbers of a token.
    pub width: usize,
    /// Tokens on each side of the image.
    pub side: usize,
    pub blocks: usize,
    pub heads: usize,
    /// Numbers of a token inside a block's perceptron.
    pub hidden: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub stages: Vec<Stage>,
    /// Numbers of an embedding.
    pub dimensions: usize,
    /// The model was trained with several views of long audio.
    pub fused: bool,
}

impl Shape {
    pub fn of(tensors: &dyn Weights) -> Result<Shape, Error> {
        let patches = format!("{ENCODER}patch_embed.proj.weight");
        let width = match *tensors.shape(&patches)? {
            [width, 1, PATCH, PATCH] if fits(width) && width <= WIDEST_PATCH => width,
            ref other => {
                let expected =
                    format!("[a multiple of {STEP} up to {WIDEST_PATCH}, 1, {PATCH}, {PATCH}]");
                return shape_error(patches, other, expected);
            }
        };
        let mels = format!("{ENCODER}batch_norm.weight");
        match *tensors.shape(&mels)? {
            [MELS] => {}
            ref other => return shape_error(mels, other, format!("[{MELS}]")),
        }
        let count = tensors.count(&format!("{ENCODER}layers."));
        if count > MOST_STAGES {
            return Err(Error::Unsupported(format!(
                "it has {count} stages, and the last of {MOST_STAGES} is one window"
            )));
        }
        // Without one, the first is missed.
        let stages =
            (0..count.max(1)).map(|index| Stage::of(tensors, index, width << index, GRID >> index));
        let stages = stages.collect::<Result<_, _>>()?;
        let projection = "audio_projection.linear2.weight".to_owned();
        let dimensions = match *tensors.shape(&projection)? {
            [dimensions, inputs] if fits(dimensions) && inputs == dimensions => dimensions,
            ref other => {
                let expected = format!("square, of a multiple of {STEP}");
                return shape_error(projection, other, expected);
            }
        };
        Ok(Shape {
            stages,
            dimensions,
            fused: tensors.has(&format!("{ENCODER}patch_embed.mel_conv2d.weight")),
        })
    }

    /// Numbers of a token at the end.
    pub fn last_width(&self) -> usize {
        self.stages.last().map_or(0, |stage| stage.width)
    }
}

impl Stage {
    fn of(tensors: &dyn Weights, index: usize, width: usize, side: usize) -> Result<Stage, Error> {
        let block = format!("{ENCODER}layers.{index}.blocks.0.");
        let table = format!("{block}attention.self.relative_position_bias_table");
        let heads = match *tensors.shape(&table)? {
            [Bias::TABLE, heads]
                if heads > 0 && width.is_multiple_of(heads) && width / heads <= WIDEST_HEAD =>
            {
                heads
            }
            ref other => {
                let expected = format!(
                    "[{}, a divisor of {width} that leaves at most {WIDEST_HEAD}]",
                    Bias::TABLE
                );
                return shape_error(table, other, expected);
            }
        };
        let dense = format!("{block}intermediate.dense.weight");
        let hidden = match *tensors.shape(&dense)? {
            [hidden, inputs] if fits(hidden) && inputs == width => hidden,
            ref other => {
                return shape_error(dense, other, format!("[a multiple of {STEP}, {width}]"));
            }
        };
        Ok(Stage {
            width,
            side,
            blocks: tensors.count(&format!("{ENCODER}layers.{index}.blocks.")),
            heads,
            hidden,
        })
    }

    /// Tokens of the image.
    pub fn tokens(&self) -> usize {
        self.side * self.side
    }
}

fn fits(width: usize) -> bool {
    (STEP..=WIDEST).contains(&width) && width.is_multiple_of(STEP)
}

fn shape_error<T>(name: String, found: &[usize], expected: String) -> Result<T, Error> {
    Err(Error::Shape {
        name,
        found: found.to_vec(),
        expected,
    })
}
