// SPDX-License-Identifier: MPL-2.0
//! Bands as rows of second-order sections: a structure in which parameters glide.
use super::motion::{Glide, Motion};
use super::plan::{Domain, Key, Place, channels};
use super::settings::{Context, GRID, Pace, Settings};
use crate::band::{Band, Curve, Design};
use crate::cascade::Cascade;
use crate::design;
use crate::response::Headroom;
use auris_dsp::decibel::to_amplitude;

/// Effort of a search for headroom that is nothing beside the filter.
const CHEAP: usize = 1 << 14;

/// dB that a gain may move within one segment.
const SMALL_GAIN: f64 = 1.5;

/// A band at work.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    /// Number in the curve.
    pub(super) band: usize,
    pub(super) key: Key,
    pub(super) motion: Motion,
    /// `None` until it has been given sections.
    pub(super) place: Option<Place>,
    /// How often it was found flat.
    pub(super) idle: u32,
}

pub(super) struct Stage {
    pub(super) domain: Domain,
    pub(super) cascade: Cascade,
    /// Whether something in it is to move in the segment that begins.
    aimed: bool,
}

impl Stage {
    pub(super) fn new(domain: Domain, cascade: Cascade) -> Self {
        Stage {
            domain,
            cascade,
            aimed: false,
        }
    }
}

/// Stages one after another, and the bands that are in them.
pub(super) struct Recursive {
    /// Whether it stands for a bypass, and so has neither bands nor preamp.
    bypass: bool,
    pub(super) design: Design,
    /// Of each channel, in dB. They are applied behind all bands, where no band notices, or, with
    /// `lead`, before them.
    pub(super) gains: Vec<Glide>,
    pub(super) lead: bool,
    pub(super) slots: Vec<Slot>,
    pub(super) stages: Vec<Stage>,
    moving: bool,
    /// Whether flat bands have to stay, because what follows them depends on their domain.
    pub(super) stuck: bool,
    pub(super) threads: usize,
    headroom: Headroom,
    /// What it came to, or the preamp as it is.
    preamp: f64,
    /// Whether the headroom is that of an earlier curve: see [`Recursive::owes_headroom`].
    owes: bool,
}

impl Recursive {
    /// Without bands.
    pub(super) fn bypass(context: &Context, settings: &Settings) -> Self {
        Recursive {
            bypass: true,
            design: settings.curve.design,
            gains: vec![Glide::at(0.0); context.layout.channels()],
            lead: false,
            slots: Vec::new(),
            stages: Vec::new(),
            moving: false,
            stuck: false,
            threads: settings.threads,
            headroom: Headroom::default(),
            preamp: 0.0,
            owes: false,
        }
    }

    /// What `settings` ask for, at rest, without a past.
    pub(super) fn new(context: &Context, settings: &Settings) -> Self {
        let mut recursive = Recursive::bypass(context, settings);
        let curve = &settings.curve;
        if !settings.bypass {
            recursive.bypass = false;
            let gains = Gains::new(context, curve, &mut recursive.headroom);
            let preamp = gains.preamp;
            recursive.gains = gains.iter().map(Glide::at).collect();
            let slots = curve.bands.iter().enumerate();
            let slots = slots
                .filter(|(_, band)| !is_flat(context, band, curve.design))
                .map(|(i, band)| Slot::new(context, i, band, Motion::at(band)));
            let uneven = gains.are_uneven();
            recursive.preamp = preamp;
            recursive.build(context, slots.collect(), uneven);
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

    /// Whether the headroom has not been searched for yet. That takes so long for many bands that it
    /// is done not for each of their steps, but now and then: where [`Recursive::follow`] may.
    pub(super) fn owes_headroom(&self) -> bool {
        self.owes
    }

    /// Sets out for `settings`. Returns false, with nothing changed, if they need another
    /// structure. On a grid point only.
    pub(super) fn follow(
        &mut self,
        context: &Context,
        settings: &Settings,
        pace: Pace,
        may_search: bool,
    ) -> bool {
        let curve = &settings.curve;
        if self.bypass || settings.bypass {
            return self.bypass == settings.bypass;
        }
        let Some(new) = self.newcomers(context, curve) else {
            return false;
        };
        let segments = context.segments(settings.ramp_time);
        self.owes = curve.auto_headroom && self.headroom.effort() > CHEAP && !may_search;
        let gains = match self.owes {
            false => Gains::new(context, curve, &mut self.headroom),
            true => Gains::with(context, curve, self.preamp),
        };
        self.preamp = gains.preamp;
        // On the way from one to the other as well.
        let now = |c: usize| self.gains[c].now();
        let uneven = gains.are_uneven()
            || (context.layout.pair).is_some_and(|(left, right)| now(left) != now(right));
        let turned = |stages: &[Stage]| stages.iter().any(|s| s.domain == Domain::MidSide);
        let lead = uneven && !self.lead && turned(&self.stages);
        let mut before = Vec::new();
        let begins = self.is_dry() && gains.iter().any(|gain| gain != 0.0);
        if new > 0 || lead || begins {
            self.design = curve.design;
            before.clone_from(&self.gains);
            if begins {
                // A gain that moves gets a stage even without a band.
                self.aim_gains(&gains, pace, segments);
            }
            if !self.build(context, self.joined_by(context, curve), uneven) {
                self.gains = before;
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
        self.aim_gains(&gains, pace, segments);
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

    fn aim_gains(&mut self, to: &Gains<'_>, pace: Pace, segments: u32) {
        for (glide, to) in self.gains.iter_mut().zip(to.iter()) {
            glide.aim(to, SMALL_GAIN, pace, segments);
            self.moving |= glide.is_moving();
        }
    }

    /// Whether gains are 0 dB for good.
    pub(super) fn is_unity(&self) -> bool {
        (self.gains.iter()).all(|gain| !gain.is_moving() && gain.now() == 0.0)
    }

    /// Goes one segment ahead. On a grid point only.
    pub(super) fn advance(&mut self, context: &Context) {
        if !self.moving {
            return;
        }
        self.moving = false;
        for slot in self.slots.iter_mut().filter(|s| s.motion.is_moving()) {
            slot.motion.step();
            self.moving |= slot.motion.is_moving();
            let Some(place) = slot.place else { continue };
            let stage = &mut self.stages[place.stage];
            stage.aimed = true;
            let sections = design::sections(&slot.motion.now(), context.rate, self.design);
            for (k, section) in sections.as_slice().iter().enumerate() {
                for c in channels(slot.key.lanes) {
                    stage.cascade.aim(c, place.first + k, *section);
                }
            }
        }
        let gaining = gain_stage(self.stages.len(), self.lead);
        for (c, gain) in self.gains.iter_mut().enumerate() {
            if gain.is_moving() {
                gain.step();
                self.moving |= gain.is_moving();
                let stage = &mut self.stages[gaining];
                stage.aimed = true;
                stage.cascade.aim_gain(c, to_amplitude(gain.now()));
            }
        }
        for stage in &mut self.stages {
            if std::mem::take(&mut stage.aimed) {
                stage.cascade.begin_ramp(GRID);
            }
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
pub(super) fn is_flat(context: &Context, band: &Band, design: Design) -> bool {
    Key::new(band, &context.layout).lanes == 0
        || design::sections(band, context.rate, design)
            .as_slice()
            .iter()
            .all(|section| section.is_identity())
}

/// Which of some stages has the gains.
pub(super) fn gain_stage(stages: usize, lead: bool) -> usize {
    if lead { 0 } else { stages.saturating_sub(1) }
}

/// The gains in dB that a curve asks for beside its bands, headroom included.
struct Gains<'a> {
    context: &'a Context,
    curve: &'a Curve,
    preamp: f64,
}

impl<'a> Gains<'a> {
    fn new(context: &'a Context, curve: &'a Curve, headroom: &mut Headroom) -> Self {
        let preamp = if curve.auto_headroom {
            headroom.preamp(curve, &context.layout, context.rate)
        } else {
            curve.preamp
        };
        Gains::with(context, curve, preamp)
    }

    fn with(context: &'a Context, curve: &'a Curve, preamp: f64) -> Self {
        Gains {
            context,
            curve,
            preamp,
        }
    }

    fn of(&self, channel: usize) -> f64 {
        let bits = self.context.layout.bits[channel];
        let own = self.curve.gains.iter().filter(|(mask, _)| mask & bits != 0);
        let sum = self.preamp + own.map(|(_, gain)| gain).sum::<f64>();
        if sum.is_nan() {
            0.0
        } else {
            sum.clamp(-400.0, 400.0)
        }
    }

    fn iter(&self) -> impl Iterator<Item = f64> {
        (0..self.context.layout.channels()).map(|c| self.of(c))
    }

    fn are_uneven(&self) -> bool {
        (self.context.layout.pair).is_some_and(|(l, r)| self.of(l) != self.of(r))
    }
}
