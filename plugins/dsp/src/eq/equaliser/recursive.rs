// SPDX-License-Identifier: MPL-2.0
//! Bands as rows of second-order sections: a structure in which parameters glide.
use super::motion::{Glide, Motion};
use super::plan::{Domain, Key, Place, Shape, arrange, channels, lane};
use super::settings::{Context, GRID, Pace, Settings};
use crate::decibel::to_amplitude;
use crate::eq::band::{Band, Curve, Design};
use crate::eq::cascade::Cascade;
use crate::eq::{design, response};

/// How far a flat band may still ring when it is taken out,
const SILENT: f64 = 1e-9;
/// and what is enough after this many attempts: the rounding errors of a band far below 20 Hz can
/// keep it above the first.
const NEARLY_SILENT: (f64, u32) = (1e-6, 512);
/// dB that the preamp may move within one segment.
const SMALL_PREAMP: f64 = 1.5;

/// A band at work.
#[derive(Clone, Copy)]
struct Slot {
    /// Number in the curve.
    band: usize,
    key: Key,
    motion: Motion,
    /// `None` until it has been given sections.
    place: Option<Place>,
    /// How often it was found flat.
    idle: u32,
}

struct Stage {
    domain: Domain,
    cascade: Cascade,
}

/// Stages one after another, and the bands that are in them.
pub(super) struct Recursive {
    /// Whether it stands for a bypass, and so has neither bands nor preamp.
    bypass: bool,
    design: Design,
    preamp: Glide,
    slots: Vec<Slot>,
    stages: Vec<Stage>,
    moving: bool,
    /// Whether flat bands have to stay, because what follows them depends on their domain.
    stuck: bool,
    threads: usize,
}

impl Recursive {
    /// Without bands.
    pub(super) fn bypass(settings: &Settings) -> Self {
        Recursive {
            bypass: true,
            design: settings.curve.design,
            preamp: Glide::at(0.0),
            slots: Vec::new(),
            stages: Vec::new(),
            moving: false,
            stuck: false,
            threads: settings.threads,
        }
    }

    /// What `settings` ask for, at rest, without a past.
    pub(super) fn new(context: &Context, settings: &Settings) -> Self {
        let mut recursive = Recursive::bypass(settings);
        let curve = &settings.curve;
        if !settings.bypass {
            recursive.bypass = false;
            recursive.preamp = Glide::at(preamp(context, curve));
            let slots = curve.bands.iter().enumerate();
            let slots = slots
                .filter(|(_, band)| !is_flat(context, band, curve.design))
                .map(|(i, band)| Slot::new(context, i, band, Motion::at(band)));
            recursive.build(context, slots.collect());
        }
        recursive
    }

    /// Whether it lets everything through as it is.
    pub(super) fn is_dry(&self) -> bool {
        self.stages.is_empty()
    }

    pub(super) fn is_moving(&self) -> bool {
        self.moving
    }

    /// Sets out for `settings`. Returns false, with nothing changed, if they need another
    /// structure. On a grid point only.
    pub(super) fn follow(&mut self, context: &Context, settings: &Settings, pace: Pace) -> bool {
        let curve = &settings.curve;
        if self.bypass || settings.bypass {
            return self.bypass == settings.bypass;
        }
        let Some(new) = self.newcomers(context, curve) else {
            return false;
        };
        let segments = context.segments(settings.ramp_time);
        let before = self.preamp;
        let gain = preamp(context, curve);
        self.preamp.aim(gain, SMALL_PREAMP, pace, segments);
        if new > 0 || (self.is_dry() && gain != 0.0) {
            self.design = curve.design;
            if !self.build(context, self.joined_by(context, curve)) {
                self.preamp = before;
                return false;
            }
        }
        self.stuck = false;
        if self.threads != settings.threads {
            self.threads = settings.threads;
            for stage in &mut self.stages {
                stage.cascade.set_threads(settings.threads);
            }
        }
        self.moving |= self.preamp.is_moving();
        for slot in &mut self.slots {
            match curve.bands.get(slot.band) {
                Some(band) if !is_flat(context, band, curve.design) => {
                    slot.motion.aim(band, pace, segments);
                }
                _ => slot.motion.aim_flat(pace, segments),
            }
            self.moving |= slot.motion.is_moving();
        }
        true
    }

    /// How many bands have to come in before it can glide to `curve`; `None` if it cannot.
    fn newcomers(&self, context: &Context, curve: &Curve) -> Option<usize> {
        if curve.design != self.design && !self.slots.is_empty() {
            return None;
        }
        let mut new = 0;
        let mut slots = self.slots.iter().peekable();
        for (i, band) in curve.bands.iter().enumerate() {
            let slot = slots.next_if(|slot| slot.band == i);
            let active = !is_flat(context, band, curve.design);
            let glides = match slot {
                Some(slot) if active => slot.key == Key::new(band, &context.layout),
                Some(slot) => slot.key.has_gain(),
                None if active => {
                    new += 1;
                    Key::new(band, &context.layout).has_gain()
                }
                None => true,
            };
            if !glides {
                return None;
            }
        }
        // What is left are bands that the curve no longer has.
        slots.all(|slot| slot.key.has_gain()).then_some(new)
    }

    /// The slots there are, and those of bands of `curve` that come in, flat.
    fn joined_by(&self, context: &Context, curve: &Curve) -> Vec<Slot> {
        let mut slots = self.slots.clone();
        for (i, band) in curve.bands.iter().enumerate() {
            if let Err(at) = slots.binary_search_by_key(&i, |slot| slot.band)
                && !is_flat(context, band, curve.design)
            {
                slots.insert(at, Slot::new(context, i, band, Motion::flat(band)));
            }
        }
        slots
    }

    /// Changes over to `slots`, which take the state of their sections along. Returns false, with
    /// nothing changed, if one would have to work in another domain. On a grid point only.
    fn build(&mut self, context: &Context, mut slots: Vec<Slot>) -> bool {
        let size = context.layout.channels();
        let (places, mut shapes) = arrange(slots.iter().map(|slot| &slot.key), size);
        let pair = (context.layout.pair).map_or(0, |(l, r)| lane(l) | lane(r));
        let stays = slots.iter().zip(&places).all(|(slot, to)| {
            slot.place.is_none_or(|from| {
                let same = self.stages[from.stage].domain == shapes[to.stage].domain;
                same || slot.key.lanes & pair == 0
            })
        });
        if !stays {
            return false;
        }
        if shapes.is_empty() && (self.preamp.is_moving() || self.preamp.now() != 0.0) {
            shapes.push(Shape::GAIN);
        }
        let mut stages: Vec<Stage> = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let mut cascade = Cascade::new(context.level, size, shape.sections);
            cascade.set_threads(self.threads);
            stages.push(Stage {
                domain: shape.domain,
                cascade,
            });
        }
        for (slot, place) in slots.iter_mut().zip(places) {
            let cascade = &mut stages[place.stage].cascade;
            let sections = design::sections(&slot.motion.now(), context.rate, self.design);
            for (k, section) in sections.as_slice().iter().enumerate() {
                for c in channels(slot.key.lanes) {
                    cascade.set(c, place.first + k, *section);
                }
            }
            if let Some(from) = slot.place.replace(place) {
                let past = &self.stages[from.stage].cascade;
                adopt(cascade, place, past, from, &slot.key);
            }
        }
        if let Some(first) = stages.first_mut() {
            for c in 0..size {
                first.cascade.set_gain(c, to_amplitude(self.preamp.now()));
            }
        }
        (self.slots, self.stages) = (slots, stages);
        true
    }

    /// Takes the state of sections that have their like in `past`.
    pub(super) fn inherit(&mut self, past: &Recursive) {
        for slot in &self.slots {
            let same = |old: &&Slot| {
                (old.band, old.key.lanes, old.key.count)
                    == (slot.band, slot.key.lanes, slot.key.count)
            };
            if let Some(to) = slot.place
                && let Some(old) = past.slots.iter().find(same)
                && let Some(from) = old.place
                && past.stages[from.stage].domain == self.stages[to.stage].domain
            {
                let past = &past.stages[from.stage].cascade;
                adopt(
                    &mut self.stages[to.stage].cascade,
                    to,
                    past,
                    from,
                    &slot.key,
                );
            }
        }
    }

    /// Goes one segment ahead. On a grid point only.
    pub(super) fn advance(&mut self, context: &Context) {
        if !self.moving {
            return;
        }
        let mut ramps = 0u64;
        self.moving = false;
        for slot in self.slots.iter_mut().filter(|s| s.motion.is_moving()) {
            slot.motion.step();
            self.moving |= slot.motion.is_moving();
            let Some(place) = slot.place else { continue };
            ramps |= lane(place.stage);
            let sections = design::sections(&slot.motion.now(), context.rate, self.design);
            for (k, section) in sections.as_slice().iter().enumerate() {
                for c in channels(slot.key.lanes) {
                    let cascade = &mut self.stages[place.stage].cascade;
                    cascade.aim(c, place.first + k, *section);
                }
            }
        }
        if self.preamp.is_moving() {
            self.preamp.step();
            self.moving |= self.preamp.is_moving();
            ramps |= 1;
            for c in 0..context.layout.channels() {
                let gain = to_amplitude(self.preamp.now());
                self.stages[0].cascade.aim_gain(c, gain);
            }
        }
        for stage in channels(ramps) {
            self.stages[stage].cascade.begin_ramp(GRID);
        }
    }

    /// Takes out bands that are flat and silent. Returns false if something was no finite number.
    /// On a grid point only.
    pub(super) fn settle(&mut self, context: &Context) -> bool {
        let finite = (self.stages.iter_mut()).fold(true, |all, s| s.cascade.settle() && all);
        let before = self.slots.len();
        let mut slots = Vec::new();
        for i in 0..before {
            let slot = &mut self.slots[i];
            let flat = !slot.motion.is_moving() && slot.key.has_gain() && slot.motion.is_flat();
            slot.idle = if flat { slot.idle.saturating_add(1) } else { 0 };
            if flat && !self.stuck && self.residue(i) < self.tolerance(i) {
                // The first one that goes makes it necessary to list those that stay.
                if slots.capacity() == 0 {
                    slots.reserve_exact(before);
                    slots.extend_from_slice(&self.slots[..i]);
                }
            } else if slots.capacity() > 0 {
                slots.push(self.slots[i]);
            }
        }
        let unity = !self.preamp.is_moving() && self.preamp.now() == 0.0;
        if slots.capacity() > 0 || (self.slots.is_empty() && !self.is_dry() && unity) {
            self.stuck = !self.build(context, slots);
        }
        finite
    }

    fn residue(&self, slot: usize) -> f64 {
        let slot = &self.slots[slot];
        let Some(place) = slot.place else { return 0.0 };
        let cascade = &self.stages[place.stage].cascade;
        (place.first..place.first + slot.key.count)
            .map(|section| cascade.residue(section, slot.key.lanes))
            .fold(0.0, f64::max)
    }

    fn tolerance(&self, slot: usize) -> f64 {
        let (enough, after) = NEARLY_SILENT;
        if self.slots[slot].idle > after {
            enough
        } else {
            SILENT
        }
    }

    /// The only cascade, if it works on the channels as they come.
    pub(super) fn single(&mut self) -> Option<&mut Cascade> {
        match &mut self.stages[..] {
            [stage] if stage.domain == Domain::LeftRight => Some(&mut stage.cascade),
            _ => None,
        }
    }

    /// Filters whole frames in place.
    pub(super) fn process(&mut self, context: &Context, io: &mut [f64]) {
        for stage in &mut self.stages {
            match (stage.domain, context.layout.pair) {
                (Domain::MidSide, Some(pair)) => {
                    let size = context.layout.channels();
                    rotate(io, size, pair, |l, r| ((l + r) * 0.5, (l - r) * 0.5));
                    stage.cascade.process(io);
                    rotate(io, size, pair, |m, s| (m + s, m - s));
                }
                _ => stage.cascade.process(io),
            }
        }
    }

    /// Forgets all past input.
    pub(super) fn reset(&mut self) {
        for stage in &mut self.stages {
            stage.cascade.reset();
        }
    }
}

impl Slot {
    fn new(context: &Context, number: usize, band: &Band, motion: Motion) -> Self {
        Slot {
            band: number,
            key: Key::new(band, &context.layout),
            motion,
            place: None,
            idle: 0,
        }
    }
}

fn adopt(here: &mut Cascade, to: Place, there: &Cascade, from: Place, key: &Key) {
    for k in 0..key.count {
        here.adopt(there, &[(to.first + k, from.first + k, key.lanes)]);
    }
}

fn rotate(
    io: &mut [f64],
    size: usize,
    (left, right): (usize, usize),
    turn: impl Fn(f64, f64) -> (f64, f64),
) {
    for frame in io.chunks_exact_mut(size) {
        (frame[left], frame[right]) = turn(frame[left], frame[right]);
    }
}

/// Whether a band does nothing wherever it stands.
fn is_flat(context: &Context, band: &Band, design: Design) -> bool {
    Key::new(band, &context.layout).lanes == 0
        || design::sections(band, context.rate, design)
            .as_slice()
            .iter()
            .all(|section| section.is_identity())
}

/// The gain in dB before everything else, headroom included, within what makes a finite factor.
fn preamp(context: &Context, curve: &Curve) -> f64 {
    let room = if curve.auto_headroom {
        response::maximum(curve, &context.layout, context.rate).max(0.0)
    } else {
        0.0
    };
    let sum = curve.preamp - room;
    if sum.is_nan() {
        0.0
    } else {
        sum.clamp(-300.0, 300.0)
    }
}
