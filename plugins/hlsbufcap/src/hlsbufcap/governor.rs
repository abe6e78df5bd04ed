// SPDX-License-Identifier: MPL-2.0
//! Keeps what was found within its share of the budget.
//!
//! There is no thread for it: the streaming threads whose data is counted do it every now and then. While
//! nothing flows, nothing grows.
use super::control::{self, Load, Wish};
use super::gauge::Gauge;
use super::knob::Knob;
use super::message::Snapshot;
use super::settings::Settings;
use super::watch::{Demuxer, Found, Hold, is_users};
use crate::budget::{Claim, Member};
use gst::{glib, prelude::*};
use std::time::Duration;

/// Least size that a queue is cut to.
const SMALL_QUEUE: u64 = 256 << 10;
/// Seconds that everyone is counted to have beyond what is buffered, so that an empty buffer is not
/// infinitely much nearer to running dry than a short one.
const CUSHION: f64 = 0.25;
/// A limit that changes by less than this part is left alone.
const STEADY: f64 = 0.05;

/// A demuxer, and what of it is ours to set.
struct Managed {
    gauge: Gauge,
    read_ahead: Option<Knob>,
    max_bitrate: Option<Knob>,
    set: Duration,
    _hold: Hold,
}

/// A queue, and what of it is ours to set.
struct Queue {
    element: glib::WeakRef<gst::Element>,
    size: Option<Knob>,
    _hold: Hold,
}

/// The state of one element's governing; whoever has it alone reads and sets other elements.
pub struct Governor {
    member: Member,
    demuxers: Vec<Managed>,
    queues: Vec<Queue>,
    peak: u64,
    over_budget: u64,
    is_over: bool,
}

/// What came of a look around.
pub struct Outcome {
    pub snapshot: Snapshot,
    /// More is held than allowed, and was not when last looked.
    pub went_over: bool,
}

impl Governor {
    pub fn new(settings: &Settings) -> Governor {
        let claim = claim(settings, 0, 0.0);
        Governor {
            member: Member::join(&settings.budget_name, settings.limit(), claim),
            demuxers: Vec::new(),
            queues: Vec::new(),
            peak: 0,
            over_budget: 0,
            is_over: false,
        }
    }

    /// Takes over what was found or went away since the last time.
    pub fn take_over(&mut self, found: &Found, settings: &Settings) {
        let same = |one: &glib::WeakRef<gst::Element>, other: &glib::WeakRef<gst::Element>| {
            one.upgrade().is_some() && one.upgrade() == other.upgrade()
        };
        self.demuxers.retain(|managed| {
            let element = &managed.gauge.demuxer;
            found
                .demuxers
                .iter()
                .any(|found| same(&found.element, element))
        });
        for demuxer in &found.demuxers {
            let known = |managed: &Managed| same(&managed.gauge.demuxer, &demuxer.element);
            if !self.demuxers.iter().any(known)
                && let Some(managed) = Managed::new(demuxer, settings)
            {
                self.demuxers.push(managed);
            }
        }
        self.queues
            .retain(|queue| found.queues.iter().any(|found| same(found, &queue.element)));
        for queue in &found.queues {
            if !self.queues.iter().any(|known| same(&known.element, queue))
                && let Some(queue) = Queue::new(queue, settings)
            {
                self.queues.push(queue);
            }
        }
    }

    /// Looks at what is held, and sets what may be.
    pub fn govern(&mut self, settings: &Settings) -> Outcome {
        let wish = settings.wish();
        let mut level_time = Duration::ZERO;
        let mut starving = f64::INFINITY;
        let (mut held, mut floor, mut downloaded) = (0, 0, 0);
        let mut loads = Vec::with_capacity(self.demuxers.len());
        for managed in &mut self.demuxers {
            let time = managed.gauge.time();
            let load = managed.gauge.load(time);
            let counts = &managed.gauge.counts;
            held += counts.held();
            downloaded += counts.downloaded();
            floor += control::floor(load, wish);
            level_time = level_time.max(time);
            starving = starving.min(time.as_secs_f64());
            loads.push(load);
        }
        let queued: u64 = self.queues.iter().map(Queue::level).sum();
        let level = held + queued;
        self.peak = self.peak.max(level);
        let claim = claim(settings, floor, starving);
        let share = self.member.update(settings.limit(), claim, level);
        // Queues behind a demuxer hold little, and what they hold is no longer in it.
        let for_demuxers = share.saturating_sub(queued.min(share / 4));
        let read_ahead = self.set_demuxers(for_demuxers, &loads, settings, wish);
        self.set_queues(share);
        let segment = loads.iter().map(|load| load.segment).sum::<u64>();
        let is_over = level > share.saturating_add(segment);
        let went_over = is_over && !std::mem::replace(&mut self.is_over, is_over);
        self.over_budget += u64::from(went_over);
        let standing = self.member.standing();
        Outcome {
            went_over,
            snapshot: Snapshot {
                level_bytes: level,
                level_time,
                peak_bytes: self.peak,
                share_bytes: share,
                budget_bytes: standing.limit.unwrap_or(0),
                budget_level_bytes: standing.level,
                members: standing.members as u32,
                downloaded_bytes: downloaded,
                rate: loads
                    .iter()
                    .filter_map(|load| load.rate)
                    .fold(0.0, |sum, rate| sum + rate),
                segment_bytes: segment,
                read_ahead,
                demuxers: self.demuxers.len() as u32,
                queues: self.queues.len() as u32,
                over_budget: self.over_budget,
            },
        }
    }

    /// The most that any of them may read ahead.
    fn set_demuxers(
        &mut self,
        bytes: u64,
        loads: &[Load],
        settings: &Settings,
        wish: Wish,
    ) -> Duration {
        let rates: f64 = loads.iter().filter_map(|load| load.rate).sum();
        let mut longest = Duration::ZERO;
        for (managed, load) in self.demuxers.iter_mut().zip(loads) {
            // Several demuxers in a pipeline share as they need.
            let part = match load.rate {
                Some(rate) if rates > 0.0 => (bytes as f64 * rate / rates) as u64,
                _ => bytes,
            };
            managed.set_read_ahead(control::read_ahead(part, *load, wish));
            longest = longest.max(managed.set);
            if settings.allow_lower_variant {
                managed.set_max_bitrate(
                    control::bit_rate(part.saturating_sub(load.segment), wish),
                    *load,
                    part,
                    wish,
                );
            }
        }
        longest
    }

    fn set_queues(&mut self, share: u64) {
        let part = share / 4 / (self.queues.len() as u64).max(1);
        for queue in &mut self.queues {
            queue.set_size(part.max(SMALL_QUEUE));
        }
    }
}

/// What is wanted of the budget.
fn claim(settings: &Settings, floor: u64, seconds: f64) -> Claim {
    let most = match settings.max_size_bytes {
        0 => u64::MAX,
        bytes => u64::from(bytes),
    };
    let seconds = if seconds.is_finite() { seconds } else { 0.0 };
    Claim {
        floor: floor.min(most),
        most,
        weight: f64::from(settings.priority) / (CUSHION + seconds),
    }
}

impl Managed {
    /// `None` while somebody else manages it, who then counts it as well.
    fn new(found: &Demuxer, settings: &Settings) -> Option<Managed> {
        let element = found.element.upgrade()?;
        let hold = Hold::take(&element)?;
        let may_set = settings.manage_upstream;
        let knob = |name| may_set.then(|| Knob::new(&element, name, is_users(&element)))?;
        Some(Managed {
            read_ahead: knob("max-buffering-time"),
            max_bitrate: knob("max-bitrate"),
            gauge: Gauge::with_counts(&element, found.counts.clone()),
            set: Duration::ZERO,
            _hold: hold,
        })
    }

    fn set_read_ahead(&mut self, time: Duration) {
        let (now, new) = (self.set.as_secs_f64(), time.as_secs_f64());
        if (now - new).abs() <= now * STEADY && now > 0.0 {
            return;
        }
        // 0 would be no limit at all.
        let nanoseconds = time.max(Duration::from_millis(1)).as_nanos() as u64;
        if let Some(knob) = &mut self.read_ahead
            && !knob.set(nanoseconds)
        {
            self.read_ahead = None;
        }
        self.set = time;
    }

    /// Where the budget is too small for the variant that plays.
    fn set_max_bitrate(&mut self, most: u32, load: Load, bytes: u64, wish: Wish) {
        if control::floor(load, wish) <= bytes || load.rate.is_none() {
            return;
        }
        if let Some(knob) = &mut self.max_bitrate
            && !knob.set(u64::from(most.max(1)))
        {
            self.max_bitrate = None;
        }
    }
}

impl Queue {
    /// `None` while somebody else manages it, who then counts it as well.
    fn new(found: &glib::WeakRef<gst::Element>, settings: &Settings) -> Option<Queue> {
        let element = found.upgrade()?;
        let hold = Hold::take(&element)?;
        let may_set = settings.manage_upstream;
        Some(Queue {
            size: may_set
                .then(|| Knob::new(&element, "max-size-bytes", is_users(&element)))
                .flatten(),
            element: element.downgrade(),
            _hold: hold,
        })
    }

    /// Bytes in it; multiqueue's pads tell each its own.
    fn level(&self) -> u64 {
        let Some(element) = self.element.upgrade() else {
            return 0;
        };
        let of = |object: &glib::Object| match object.find_property("current-level-bytes") {
            Some(_) => u64::from(object.property::<u32>("current-level-bytes")),
            None => 0,
        };
        let pads = element.sink_pads();
        of(element.upcast_ref()) + pads.iter().map(|pad| of(pad.upcast_ref())).sum::<u64>()
    }

    /// Only ever smaller than it was.
    fn set_size(&mut self, bytes: u64) {
        let Some(knob) = &mut self.size else {
            return;
        };
        let before = knob.before();
        // 0 is no limit, and a queue without one is cut like any other.
        let bytes = if before > 0 { bytes.min(before) } else { bytes };
        if !knob.set(bytes) {
            self.size = None;
        }
    }
}
