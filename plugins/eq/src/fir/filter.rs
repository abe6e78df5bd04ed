// SPDX-License-Identifier: MPL-2.0
//! Impulse responses made ready for convolution.
use super::frames::sound;
use super::kernel::{Plain, TILE, Tile, store, twist};
use super::layout::Layout;
use super::transform::{Transform, Work};
use auris_dsp::simd::Level;
use std::sync::Arc;

/// One path of a [`Filter`]: what goes from an input channel to an output channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Input channel.
    pub from: usize,
    /// Output channel.
    pub to: usize,
    /// Impulse response. A single tap that is not 0 costs next to nothing, wherever it is: the path
    /// is a delay and a gain then, and, at gain 1, exact.
    pub taps: Vec<f64>,
}

/// What a [`Convolver`](super::convolver::Convolver) does: transformed taps. Made aside, then
/// swapped in.
pub struct Filter {
    pub(super) plan: Arc<Plan>,
    /// Per output channel.
    pub(super) outputs: Vec<Output>,
    responses: Vec<Response>,
}

/// What filters have in common that can take each other's place.
pub(super) struct Plan {
    pub(super) channels: usize,
    pub(super) taps: usize,
    pub(super) layout: Layout,
    /// Per stage.
    pub(super) transforms: Vec<Transform>,
}

/// What leads to one output channel.
#[derive(Default)]
pub(super) struct Output {
    pub(super) delays: Vec<Delay>,
    /// Input channel, and index of its response.
    pub(super) dense: Vec<(usize, usize)>,
}

/// A path of a single tap.
pub(super) struct Delay {
    pub(super) from: usize,
    pub(super) frames: usize,
    pub(super) gain: f64,
}

/// A path of many taps.
pub(super) struct Response {
    /// What is applied sample by sample.
    pub(super) head: Vec<f64>,
    /// Per stage of the layout.
    pub(super) stages: Vec<Spectra>,
}

/// Transformed partitions, see [`Tile`]; none beyond the end of the taps.
pub(super) struct Spectra {
    pub(super) parts: usize,
    pub(super) tiles: Vec<Tile>,
}

impl Filter {
    /// `paths` between `channels` channels, of `taps` taps at most (longer is an error of the
    /// caller's and is cut), to be applied without delay. Paths to the same channel add up; a
    /// channel to which none leads is silent. Taps that are no finite numbers count as 0, and
    /// a path from or to a channel that there is not counts for nothing.
    pub fn new(channels: usize, taps: usize, paths: &[Path]) -> Self {
        Filter::with_layout(channels, taps, Layout::immediate(taps), paths)
    }

    /// The same at far less cost, but late by a block of at most 1024 frames: see
    /// [`Filter::delay`].
    pub fn blockwise(channels: usize, taps: usize, paths: &[Path]) -> Self {
        Filter::with_layout(channels, taps, Layout::blockwise(taps), paths)
    }

    /// Another filter for the same convolver: of as many channels and taps, and with the same
    /// delay. Saves planning the transforms.
    pub fn like(&self, paths: &[Path]) -> Self {
        Filter::with_plan(self.plan.clone(), paths)
    }

    /// Frames by which the output is late, on top of what the taps do.
    pub fn delay(&self) -> usize {
        self.plan.layout.delay
    }

    /// Channels of a frame.
    pub fn channels(&self) -> usize {
        self.plan.channels
    }

    fn with_layout(channels: usize, taps: usize, layout: Layout, paths: &[Path]) -> Self {
        let plan = Plan {
            channels,
            taps,
            transforms: layout
                .stages
                .iter()
                .map(|stage| Transform::new(stage.block))
                .collect(),
            layout,
        };
        Filter::with_plan(Arc::new(plan), paths)
    }

    fn with_plan(plan: Arc<Plan>, paths: &[Path]) -> Self {
        let mut outputs: Vec<_> = (0..plan.channels).map(|_| Output::default()).collect();
        let mut distinct: Vec<Vec<f64>> = Vec::new();
        for path in paths.iter().filter(|path| path.from < plan.channels) {
            let Some(output) = outputs.get_mut(path.to) else {
                continue;
            };
            let taps = path.taps.iter().take(plan.taps).map(|&x| sound(x));
            let mut taps: Vec<f64> = taps.collect();
            taps.truncate(taps.iter().rposition(|&x| x != 0.0).map_or(0, |i| i + 1));
            let Some((&gain, zeros)) = taps.split_last() else {
                continue;
            };
            if zeros.iter().all(|&x| x == 0.0) {
                output.delays.push(Delay {
                    from: path.from,
                    frames: zeros.len(),
                    gain,
                });
                continue;
            }
            let index = distinct.iter().position(|other| *other == taps);
            output
                .dense
                .push((path.from, index.unwrap_or(distinct.len())));
            if index.is_none() {
                distinct.push(taps);
            }
        }
        let mut work = Work::new(&plan.transforms);
        let responses = distinct
            .iter()
            .map(|taps| Response::new(&plan, taps, &mut work))
            .collect();
        Filter {
            plan,
            outputs,
            responses,
        }
    }

    pub(super) fn response(&self, index: usize) -> &Response {
        &self.responses[index]
    }

    /// Whether spectra of an input channel are of use.
    pub(super) fn transforms(&self, channel: usize) -> bool {
        let dense = |output: &Output| output.dense.iter().any(|&(from, _)| from == channel);
        self.outputs.iter().any(dense)
    }

    /// Whether it can take the place of `other`.
    pub(super) fn fits(&self, other: &Filter) -> bool {
        let (a, b) = (&self.plan, &other.plan);
        a.channels == b.channels && a.taps == b.taps && a.layout == b.layout
    }
}

impl Response {
    fn new(plan: &Plan, taps: &[f64], work: &mut Work) -> Self {
        let (head, _) = taps.split_at(plan.layout.head.min(taps.len()));
        let stages = plan.layout.stages.iter().zip(&plan.transforms);
        Response {
            head: head.to_vec(),
            stages: stages
                .map(|(stage, transform)| {
                    let begin = plan.layout.begin(stage);
                    let end = taps.len().min(begin + stage.block * stage.parts);
                    Spectra::new(transform, taps.get(begin..end).unwrap_or(&[]), work)
                })
                .collect(),
        }
    }
}

impl Spectra {
    fn new(transform: &Transform, taps: &[f64], work: &mut Work) -> Self {
        let block = transform.twist.len();
        let parts = taps.len().div_ceil(block);
        let mut tiles = vec![Tile::ZERO; parts * block / TILE];
        let zeros = vec![0.0; block];
        for (slot, taps) in taps.chunks(block).enumerate() {
            let mut padded = zeros.clone();
            for (padded, tap) in padded.iter_mut().zip(taps) {
                // What the inverse transform multiplies by is divided out here.
                *padded = tap / block as f64;
            }
            twist::<Plain>(
                Level::BASELINE,
                &padded,
                &zeros,
                &transform.twist,
                &mut work.a,
            );
            transform.forward(work);
            store::<Plain>(Level::BASELINE, &work.b[..block], &mut tiles, parts, slot);
        }
        Spectra { parts, tiles }
    }
}
