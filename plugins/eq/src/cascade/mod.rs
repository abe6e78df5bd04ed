// SPDX-License-Identifier: MPL-2.0
//! Many biquads in a row, for many channels: the kernel of the equaliser.
//!
//! - `plan`: channels and sections dealt out to kernels: [`Cascade`] consists of groups of channels,
//!   a group of passes, which are as many sections as a kernel runs at once.
//! - `pass`: coefficients and state, laid out in `rows` as the kernel reads them.
//! - `kernel`: the kernel, with `work`, what it has in registers, and `wide`, the one for as many
//!   channels as there are lanes, over `lanes`, which is SIMD in the abstract; `x86` has the real thing.
//! - `group`: channels on their way through their passes, in `scratch`.
//! - `reference`: the same with plain numbers.
mod group;
mod kernel;
mod lanes;
mod pass;
mod place;
mod plan;
mod reference;
mod rows;
mod scratch;
#[cfg(test)]
mod tests;
mod wide;
mod work;
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
mod x86;

use super::section::Section;
use crate::crew::Crew;
use auris_dsp::simd::Level;
use group::{Direct, Group, Samples};
use pass::{Pass, State};

/// Samples times sections of a call that are worth the pains of sharing them out to threads.
const WORTH_THREADS: usize = 1 << 18;

/// Samples that several groups go over, one after the other, while they are in the first-level cache,
const AT_ONCE: usize = 4096;
/// and frames of which there are enough for the lanes' late start not to matter.
const SHORTEST: usize = 128;

/// A row of sections for each channel of interleaved audio, and a gain at its end.
///
/// Arithmetic is f64 throughout. The result does not depend on how the input is cut into calls,
/// not by one bit; levels may differ by rounding. Nothing is allocated but in [`Cascade::new`].
pub struct Cascade {
    channels: usize,
    sections: usize,
    groups: Vec<Group>,
    ramp_left: usize,
    crew: Option<Crew>,
}

impl Cascade {
    /// `channels` × `sections` identities at gain 1.
    pub fn new(level: Level, channels: usize, sections: usize) -> Self {
        let mut first = 0;
        let groups = plan::shapes(level, channels, sections)
            .into_iter()
            .map(|shape| {
                let (begin, width) = (first, shape.width);
                first += width;
                Group::new(level, begin, shape)
            })
            .collect();
        Cascade {
            channels,
            sections,
            groups,
            ramp_left: 0,
            crew: None,
        }
    }

    /// Shares out large calls, groups of channels each, to `threads` threads, the caller's among
    /// them; 0 and 1 are for none but the caller's. The result is the same, with as many as the
    /// system gives.
    pub fn set_threads(&mut self, threads: usize) {
        let now = self.crew.as_ref().map_or(1, Crew::size);
        let wanted = threads.clamp(1, self.groups.len().max(1));
        if now != wanted {
            self.crew = (wanted > 1).then(|| Crew::new(wanted));
        }
    }

    /// Channels of a frame.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Sections of a channel.
    pub fn sections(&self) -> usize {
        self.sections
    }

    /// Sets one section, at once. Not while a ramp is under way.
    pub fn set(&mut self, channel: usize, section: usize, to: Section) {
        let (pass, slot) = self.locate_mut(channel, section);
        pass.set(slot, to);
    }

    /// Sets the gain of one channel, at once. Not while a ramp is under way.
    pub fn set_gain(&mut self, channel: usize, to: f64) {
        let (pass, lane) = self.last_mut(channel);
        pass.set_gain(lane, to);
    }

    /// What one section has to come to with the next ramp; one that is not aimed stays.
    pub fn aim(&mut self, channel: usize, section: usize, to: Section) {
        let (pass, slot) = self.locate_mut(channel, section);
        pass.aim(slot, to);
    }

    /// What the gain of one channel has to come to with the next ramp.
    pub fn aim_gain(&mut self, channel: usize, to: f64) {
        let (pass, lane) = self.last_mut(channel);
        pass.aim_gain(lane, to);
    }

    /// From the next frame on, over `frames` frames, coefficients and gains go in straight lines
    /// to what was aimed at, and are exactly that afterwards. The last ramp must have ended.
    pub fn begin_ramp(&mut self, frames: usize) {
        for pass in self.passes_mut() {
            pass.begin_ramp(frames);
        }
        self.ramp_left = frames;
        self.end_ramp();
    }

    /// Frames until the ramp ends; 0 if none is under way.
    pub fn ramp_left(&self) -> usize {
        self.ramp_left
    }

    /// Filters whole frames in place.
    pub fn process(&mut self, io: &mut [f64]) {
        self.run(io);
    }

    /// Filters whole frames in place, f64 inside.
    pub fn process_f32(&mut self, io: &mut [f32]) {
        self.run(io);
    }

    #[allow(unsafe_code)]
    fn run<T: Direct>(&mut self, io: &mut [T]) {
        let stride = self.channels.max(1);
        let mut left = io;
        while left.len() >= stride {
            let frames = match self.ramp_left {
                0 => left.len() / stride,
                ramp => ramp.min(left.len() / stride),
            };
            let work = frames * stride * self.sections;
            let crew = self.crew.as_mut().filter(|_| work >= WORTH_THREADS);
            let frames = match crew {
                None if self.groups.len() > 1 => frames.min((AT_ONCE / stride).max(SHORTEST)),
                _ => frames,
            };
            let (now, later) = left.split_at_mut(frames * stride);
            let all = Samples::new(now, stride);
            let each = |group: &mut Group| {
                // SAFETY: no two groups have a channel in common.
                unsafe { group.run(all) }
            };
            match crew {
                Some(crew) => crew.for_each(&mut self.groups, each),
                None => self.groups.iter_mut().for_each(each),
            }
            if self.ramp_left > 0 {
                self.ramp_left -= frames;
                self.end_ramp();
            }
            left = later;
        }
    }

    fn end_ramp(&mut self) {
        if self.ramp_left == 0 {
            for pass in self.passes_mut() {
                pass.end_ramp();
            }
        }
    }

    /// Takes over what sections of another cascade of as many channels remember: for each (here,
    /// there, lanes), section `there` of `other` goes on as section `here`, on the channels whose
    /// bit is set in `lanes`.
    pub fn adopt(&mut self, other: &Cascade, sections: &[(usize, usize, u64)]) {
        for &(here, there, lanes) in sections {
            for channel in self.among(lanes) {
                let state = other.state(channel, there);
                let (pass, slot) = self.locate_mut(channel, here);
                pass.set_state(slot, state);
            }
        }
    }

    /// How far the output of a section may still differ, at most, from what an identity would give:
    /// the largest difference between what it remembers of input and of output, over the channels
    /// whose bit is set in `lanes`. Only of use where the coefficients are an identity.
    pub fn residue(&self, section: usize, lanes: u64) -> f64 {
        self.among(lanes)
            .map(|channel| self.state(channel, section))
            .map(|[x1, x2, y1, y2]| (x1 - y1).abs().max((x2 - y2).abs()))
            .fold(0.0, f64::max)
    }

    fn among(&self, lanes: u64) -> impl Iterator<Item = usize> + use<> {
        (0..self.channels.min(64)).filter(move |channel| lanes >> channel & 1 != 0)
    }

    /// To be called now and then: makes what is so small that it costs time without being heard
    /// zero, and, if something is no finite number, forgets everything and returns false.
    pub fn settle(&mut self) -> bool {
        let finite = self.passes_mut().all(Pass::settle);
        if !finite {
            self.reset();
        }
        finite
    }

    /// Forgets all past input.
    pub fn reset(&mut self) {
        self.passes_mut().for_each(Pass::reset);
    }

    fn passes_mut(&mut self) -> impl Iterator<Item = &mut Pass> {
        self.groups.iter_mut().flat_map(|group| &mut group.passes)
    }

    /// Index of the group of a channel, and the channel's lane in it.
    fn lane(&self, channel: usize) -> (usize, usize) {
        let group = self.groups.partition_point(|group| group.first <= channel) - 1;
        (group, channel - self.groups[group].first)
    }

    fn locate_mut(&mut self, channel: usize, section: usize) -> (&mut Pass, usize) {
        let (group, lane) = self.lane(channel);
        let group = &mut self.groups[group];
        let (pass, slot) = group.locate(lane, section);
        (&mut group.passes[pass], slot)
    }

    /// The pass that has the gain of a channel, and the channel's lane.
    fn last_mut(&mut self, channel: usize) -> (&mut Pass, usize) {
        let (group, lane) = self.lane(channel);
        let passes = &mut self.groups[group].passes;
        let last = passes.len() - 1;
        (&mut passes[last], lane)
    }

    fn state(&self, channel: usize, section: usize) -> State {
        let (group, lane) = self.lane(channel);
        let group = &self.groups[group];
        let (pass, slot) = group.locate(lane, section);
        group.passes[pass].state(slot)
    }
}
