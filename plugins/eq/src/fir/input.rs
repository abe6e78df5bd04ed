// SPDX-License-Identifier: MPL-2.0
//! What a convolver remembers of its input.
use super::filter::{Filter, Plan};
use super::frames::{all_sound, separate, separate_pair, sound};
use super::kernel::{Arithmetic, LANES, TILE, Tile, store, twist};
use super::transform::Work;
use auris_dsp::simd::Level;
use std::sync::Arc;

/// Past input of all channels, as samples and as spectra of blocks.
pub(super) struct Input {
    plan: Arc<Plan>,
    channels: Vec<Channel>,
    /// Where the next sample goes in [`Channel::samples`].
    pub(super) at: usize,
    /// Samples before `at` that have to stay.
    keep: usize,
    /// Frames since all stages last ran together.
    pub(super) clock: usize,
    /// Per stage, the slot of the newest spectrum.
    newest: Vec<usize>,
}

struct Channel {
    samples: Vec<f64>,
    /// Whether `spectra` are kept up to date.
    transformed: bool,
    /// Per stage, see [`Tile`].
    spectra: Vec<Vec<Tile>>,
}

impl Input {
    pub(super) fn new(filter: &Filter) -> Self {
        let plan = filter.plan.clone();
        let layout = &plan.layout;
        let stages = layout.stages.iter();
        let spectra = stages.clone().map(|s| (s.parts + 2) * s.block).max();
        let keep = spectra.unwrap_or(0).max(plan.taps + layout.delay);
        let room = 2 * keep + layout.chunk() + LANES;
        let channel = |c| Channel {
            samples: vec![0.0; room],
            transformed: filter.transforms(c),
            spectra: stages
                .clone()
                .map(|s| vec![Tile::ZERO; s.parts * s.block / TILE])
                .collect(),
        };
        Input {
            channels: (0..plan.channels).map(channel).collect(),
            at: keep,
            keep,
            clock: 0,
            newest: vec![0; layout.stages.len()],
            plan,
        }
    }

    /// Takes in interleaved frames, [`Layout::chunk`](super::layout::Layout::chunk) at most: they
    /// begin at `at` then, until [`Input::advance`] goes past them. Makes those that are not sound
    /// zero, and tells whether there was none.
    pub(super) fn take<A: Arithmetic>(&mut self, level: Level, frames: &mut [f64]) -> bool {
        let channels = self.channels.len();
        let count = frames.len() / channels;
        if self.at + count > 2 * self.keep + self.plan.layout.chunk() {
            for channel in &mut self.channels {
                channel.samples.copy_within(self.at - self.keep..self.at, 0);
            }
            self.at = self.keep;
        }
        let good = all_sound::<A>(level, frames);
        if !good {
            frames.iter_mut().for_each(|x| *x = sound(*x));
        }
        let now = self.at..self.at + count;
        if let [left, right] = &mut self.channels[..] {
            let left = &mut left.samples[now.clone()];
            separate_pair::<A>(level, frames, left, &mut right.samples[now]);
        } else {
            for (c, channel) in self.channels.iter_mut().enumerate() {
                separate(frames, channels, c, &mut channel.samples[now.clone()]);
            }
        }
        good
    }

    /// Goes on by `frames`, not past the end of a block of the first stage.
    pub(super) fn advance<A: Arithmetic>(&mut self, level: Level, frames: usize, work: &mut Work) {
        self.at += frames;
        if self.clock == self.plan.layout.period() {
            self.clock = 0;
        }
        self.clock += frames;
        for (stage, at) in self.plan.layout.stages.iter().enumerate() {
            if self.clock.is_multiple_of(at.block) {
                let newest = &mut self.newest[stage];
                *newest = newest.checked_sub(1).unwrap_or(at.parts - 1);
                let newest = *newest;
                for channel in self.channels.iter_mut().filter(|c| c.transformed) {
                    channel.transform::<A>(level, &self.plan, stage, self.at, newest, work);
                }
            }
        }
    }

    /// Frames until the first stage has to run.
    pub(super) fn until_block(&self) -> usize {
        let chunk = self.plan.layout.chunk();
        chunk - self.clock % chunk
    }

    /// From now on, keeps up to date the spectra that `filters` use.
    pub(super) fn serve<A: Arithmetic>(
        &mut self,
        level: Level,
        filters: [&Filter; 2],
        work: &mut Work,
    ) {
        for (c, channel) in self.channels.iter_mut().enumerate() {
            let wanted = filters.iter().any(|filter| filter.transforms(c));
            if wanted && !channel.transformed {
                for (i, stage) in self.plan.layout.stages.iter().enumerate() {
                    let last = self.at - self.clock % stage.block;
                    for age in 0..stage.parts {
                        let slot = (self.newest[i] + age) % stage.parts;
                        let end = last - age * stage.block;
                        channel.transform::<A>(level, &self.plan, i, end, slot, work);
                    }
                }
            }
            channel.transformed = wanted;
        }
    }

    /// Samples of a channel, the next one at `at`, with [`LANES`] behind those taken in.
    pub(super) fn samples(&self, channel: usize) -> &[f64] {
        &self.channels[channel].samples
    }

    /// Spectra of a channel, and the slot of the newest.
    pub(super) fn spectra(&self, channel: usize, stage: usize) -> (&[Tile], usize) {
        (&self.channels[channel].spectra[stage], self.newest[stage])
    }

    pub(super) fn reset(&mut self) {
        for channel in &mut self.channels {
            channel.samples.fill(0.0);
            channel.spectra.iter_mut().for_each(|s| s.fill(Tile::ZERO));
        }
        self.at = self.keep;
        self.clock = 0;
        self.newest.fill(0);
    }
}

impl Channel {
    /// Transforms the block that ends at `end`, and the one before it, into a slot.
    fn transform<A: Arithmetic>(
        &mut self,
        level: Level,
        plan: &Plan,
        stage: usize,
        end: usize,
        slot: usize,
        work: &mut Work,
    ) {
        let (transform, at) = (&plan.transforms[stage], plan.layout.stages[stage]);
        let (before, block) = self.samples[end - 2 * at.block..end].split_at(at.block);
        twist::<A>(level, before, block, &transform.twist, &mut work.a);
        transform.forward(work);
        let spectrum = &work.b[..at.block];
        store::<A>(level, spectrum, &mut self.spectra[stage], at.parts, slot);
    }
}
