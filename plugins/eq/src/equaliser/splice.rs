// SPDX-License-Identifier: MPL-2.0
//! From one equaliser to another one of another latency, in the time of what comes out: without a
//! click, a hole or a repetition.
use super::edge;
use super::{Equaliser, GRID, Outcome};

/// Seconds that a filter without latency has to take in what came before, at least.
const WARM: f64 = 0.05;
/// Seconds that the change takes at most.
const LONGEST: f64 = 0.1;

/// Whole frames that wait, from `at` on.
#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    at: usize,
}

impl Queue {
    fn len(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn take(&mut self, len: usize) -> &mut [u8] {
        let from = self.at;
        self.at += len;
        &mut self.bytes[from..self.at]
    }
}

/// Two equalisers at work on the same audio: the new one first takes in what it needs to know of the
/// past, then the output fades over, frame by frame of the same time.
pub struct Splice {
    next: Equaliser,
    frame: usize,
    /// Frames taken in since the beginning.
    taken: usize,
    /// The frame from which on, and for how many, the two are mixed; how many have been.
    from: usize,
    over: usize,
    mixed: usize,
    old: Queue,
    new: Queue,
    copy: Vec<u8>,
    scratch: [Vec<f64>; 2],
}

impl Splice {
    /// From `old` to `next`, which is for the same audio, within `seconds`, from 64 frames to 0.1 s.
    pub fn new(old: &Equaliser, next: Equaliser, seconds: f64) -> Self {
        let frames = |seconds: f64| (seconds * next.context.rate).ceil() as usize;
        let context = old.latency().max(next.latency());
        Splice {
            frame: next.format.bytes() * next.context.layout.channels(),
            taken: 0,
            from: context.max(frames(WARM)),
            over: frames(seconds.clamp(0.0, LONGEST)).max(GRID),
            mixed: 0,
            old: Queue::default(),
            new: Queue::default(),
            copy: Vec::new(),
            scratch: Default::default(),
            next,
        }
    }

    /// The new one.
    pub fn newer(&mut self) -> &mut Equaliser {
        &mut self.next
    }

    /// Frames by which output comes late: what either needs.
    pub fn latency(&self, old: &Equaliser) -> usize {
        old.latency().max(self.next.latency())
    }

    /// Whether the new one has taken over.
    pub fn is_over(&self) -> bool {
        self.mixed == self.over
    }

    /// Ends it, at once if it is not over.
    pub fn into_next(self) -> Equaliser {
        self.next
    }

    /// Filters whole frames. What goes on where the output ended last is left in the first so many
    /// frames of `bytes`, and goes on in what is appended to `out`.
    pub fn process(
        &mut self,
        old: &mut Equaliser,
        bytes: &mut [u8],
        out: &mut Vec<u8>,
    ) -> (usize, Outcome) {
        let frames = bytes.len() / self.frame;
        self.copy.clear();
        self.copy.extend_from_slice(bytes);
        let outcome = Outcome {
            non_finite: old.process(bytes).non_finite
                | self.next.process(&mut self.copy).non_finite,
        };
        let ahead = |latency: usize| (self.from + latency).saturating_sub(self.taken).min(frames);
        let (kept, early) = (ahead(old.latency()), ahead(self.next.latency()));
        self.taken += frames;
        let after = |bytes, frames: usize| <[u8]>::split_at(bytes, frames * self.frame).1;
        self.old.bytes.extend_from_slice(after(bytes, kept));
        self.new.bytes.extend_from_slice(after(&self.copy, early));
        self.mix(out);
        if self.is_over() {
            let rest = self.new.len();
            out.extend_from_slice(self.new.take(rest));
        }
        (kept, outcome)
    }

    /// Mixes what there is of both.
    fn mix(&mut self, out: &mut Vec<u8>) {
        let (format, channels) = (self.next.format, self.next.context.layout.channels());
        let both = self.old.len().min(self.new.len()) / self.frame;
        let frames = both.min(self.over - self.mixed);
        let [a, b] = &mut self.scratch;
        a.resize(frames * channels, 0.0);
        b.resize(frames * channels, 0.0);
        let new = self.new.take(frames * self.frame);
        edge::load(format, self.old.take(frames * self.frame), a);
        edge::load(format, new, b);
        let step = 1.0 / (self.over + 1) as f64;
        for (i, (a, b)) in a.iter().zip(&mut *b).enumerate() {
            let t = (self.mixed + i / channels + 1) as f64 * step;
            // Without a bend at its ends.
            *b = a + (*b - a) * (t * t * (3.0 - 2.0 * t));
        }
        let index = (self.mixed * channels) as u64;
        edge::store(self.next.context.level, format, b, index, new);
        out.extend_from_slice(new);
        self.mixed += frames;
    }
}
