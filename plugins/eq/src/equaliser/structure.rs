// SPDX-License-Identifier: MPL-2.0
//! Bands that come into a structure, and bands that leave it.
use super::motion::Motion;
use super::plan::{Domain, Key, Place, Shape, arrange, channels, lane};
use super::recursive::{Recursive, Slot, Stage, gain_stage, is_flat};
use super::settings::Context;
use crate::band::{Band, Curve};
use crate::cascade::Cascade;
use crate::design;
use crate::section::Section;
use auris_dsp::decibel::to_amplitude;

/// How far a flat band may still ring when it is taken out,
const SILENT: f64 = 1e-9;
/// and what is enough after this many attempts: the rounding errors of a band far below 20 Hz can
/// keep it above the first.
const NEARLY_SILENT: (f64, u32) = (1e-6, 512);

/// Octaves that any filter may glide,
const NEAR: f64 = 1.0 / 3.0;
/// and octaves times Q.
const FAR: f64 = 3.0;
/// Parts of the rate below and above which a band lies at an end of the spectrum.
const ENDS: (f64, f64) = (1e-5, 0.4999);

impl Recursive {
    /// How many bands have to come in before it can glide to `curve`; `None` if it cannot.
    pub(super) fn newcomers(&self, context: &Context, curve: &Curve) -> Option<usize> {
        if curve.design != self.design && !self.slots.is_empty() {
            return None;
        }
        let mut new = 0;
        let mut slots = self.slots.iter().peekable();
        for (i, band) in curve.bands.iter().enumerate() {
            let slot = slots.next_if(|slot| slot.band == i);
            let active = !is_flat(context, band, curve.design);
            let glides = match slot {
                Some(slot) if active => {
                    slot.key == Key::new(band, &context.layout)
                        && !self.is_far(context, &slot.motion, band)
                }
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

    /// Whether a band would ring on its way to `to`: what a sharp filter has stored at one frequency
    /// swings many times as high where its poles are dragged to another one far away. At an end of the spectrum
    /// it would hardly fade at all.
    fn is_far(&self, context: &Context, from: &Motion, to: &Band) -> bool {
        let octaves = from.octaves_to(to);
        let sharpness = |band: &Band| {
            let sections = design::sections(band, context.rate, self.design);
            let each = sections.as_slice().iter().map(Section::resonance);
            each.fold(0.0, f64::max)
        };
        let is_at_end = |band: &Band| {
            let part = band.freq / context.rate;
            part < ENDS.0 || part > ENDS.1
        };
        // Few changes go far enough to ask.
        octaves > NEAR
            && (is_at_end(to)
                || is_at_end(&from.now())
                || octaves * sharpness(to).max(sharpness(&from.now())) > FAR)
    }

    /// The slots there are, and those of bands of `curve` that come in, flat.
    pub(super) fn joined_by(&self, context: &Context, curve: &Curve) -> Vec<Slot> {
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

    /// Changes over to `slots`, which take the state of their sections along. `uneven` is whether
    /// the channels of the pair are to have different gains. Returns false, with nothing changed,
    /// if what is at work would have to go on with other signals than before. On a grid point only.
    pub(super) fn build(&mut self, context: &Context, mut slots: Vec<Slot>, uneven: bool) -> bool {
        let size = context.layout.channels();
        let (mut places, mut shapes) = arrange(slots.iter().map(|slot| &slot.key), size);
        let turned = shapes.iter().any(|s| s.domain == Domain::MidSide);
        let lead = !slots.is_empty() && (self.lead || (uneven && turned));
        if lead || (slots.is_empty() && !self.is_unity()) {
            shapes.insert(0, Shape::GAIN);
            places.iter_mut().for_each(|place| place.stage += 1);
        }
        let pair = (context.layout.pair).map_or(0, |(l, r)| lane(l) | lane(r));
        let stays = slots.iter().zip(&places).all(|(slot, to)| {
            slot.place.is_none_or(|from| {
                let same = self.stages[from.stage].domain == shapes[to.stage].domain;
                lead == self.lead && (same || slot.key.lanes & pair == 0)
            })
        });
        if !stays {
            return false;
        }
        let mut stages: Vec<Stage> = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let mut cascade = Cascade::new(context.level, size, shape.sections);
            cascade.set_threads(self.threads);
            stages.push(Stage::new(shape.domain, cascade));
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
        (self.slots, self.stages, self.lead) = (slots, stages, lead);
        let gaining = gain_stage(self.stages.len(), lead);
        if let Some(stage) = self.stages.get_mut(gaining) {
            for (c, gain) in self.gains.iter().enumerate() {
                stage.cascade.set_gain(c, to_amplitude(gain.now()));
            }
        }
        true
    }

    /// Takes the state of sections that have their like in `past`. Another kind of filter, or one at
    /// another frequency, is not alike: input and output that do not fit each other, or an output
    /// that rings too fast, would set off a swing many times as large.
    pub(super) fn inherit(&mut self, past: &Recursive) {
        if self.lead != past.lead {
            return;
        }
        for slot in &self.slots {
            let same = |old: &&Slot| {
                (old.band, old.key.kind, old.key.lanes, old.key.count)
                    == (slot.band, slot.key.kind, slot.key.lanes, slot.key.count)
                    && old.motion.is_near(&slot.motion)
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

    /// Takes out bands that are flat and silent. Returns false if something was no finite number.
    /// On a grid point only.
    pub(super) fn settle(&mut self, context: &Context) -> bool {
        let mut finite = true;
        for stage in &mut self.stages {
            finite &= stage.cascade.settle();
        }
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
        let idle = self.slots.is_empty() && !self.is_dry() && self.is_unity();
        if slots.capacity() > 0 || idle {
            self.stuck = !self.build(context, slots, false);
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
}

impl Slot {
    pub(super) fn new(context: &Context, number: usize, band: &Band, motion: Motion) -> Self {
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
