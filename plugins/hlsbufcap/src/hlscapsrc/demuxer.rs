// SPDX-License-Identifier: MPL-2.0
//! The demuxer that a source feeds, wherever a player put it, and what can be told from it.
use crate::hlsbufcap::{Kind as Element, Knob};
use crate::proxy::{Kind, Level};
use gst::{glib, prelude::*};
use std::time::Duration;

/// Elements between a source and its demuxer; there are two or three.
const DEPTH: usize = 24;
/// Of the servers' rate that is said to be there, the demuxer's own share of what it measures.
const SHARE: f64 = 0.8;
/// Changes of the rate that matter.
const STEADY: f64 = 0.1;

/// A demuxer, once it was found.
#[derive(Debug, Default)]
pub struct Downstream {
    demuxer: glib::WeakRef<gst::Element>,
    knob: Option<Knob>,
    /// Bits per second that were said last.
    said: f64,
}

impl Downstream {
    /// What to tell it of the servers' rate, which it cannot measure: it only sees how fast it is fed.
    /// Whoever takes the knob sets it without holding any lock, since the application may listen to the property,
    /// and then gives it back.
    pub fn rate_to_tell(&mut self, source: &gst::Pad, rate: u64) -> Option<(Knob, u64)> {
        let rate = (rate as f64 * SHARE).min(f64::from(u32::MAX));
        if (rate - self.said).abs() < self.said * STEADY {
            return None;
        }
        let demuxer = self.find(source)?;
        let is_first = self.said == 0.0;
        // A rate that the user has set stays; later there is none while another thread has the knob.
        let new = || Knob::new(&demuxer, "connection-bitrate", true).filter(|_| is_first);
        let knob = self.knob.take().or_else(new)?;
        self.said = rate;
        Some((knob, rate as u64))
    }

    /// Keeps the knob, which puts the property back when it is dropped; the one that it replaces, if any, is for the
    /// caller to drop without a lock.
    #[must_use]
    pub fn give_back(&mut self, knob: Knob) -> Option<Knob> {
        self.knob.replace(knob)
    }

    /// The demuxer, where there is one that tells what it holds.
    pub fn find(&mut self, source: &gst::Pad) -> Option<gst::Element> {
        if let Some(known) = self.demuxer.upgrade() {
            return Some(known);
        }
        let found = search(source, DEPTH)?;
        found.find_property("current-level-time-audio")?;
        *self = Downstream::default();
        self.demuxer.set(Some(&found));
        Some(found)
    }
}

/// Time of media that a demuxer holds.
pub fn level(demuxer: &gst::Element, kind: Kind) -> Level {
    let level = |name| match demuxer.property::<u64>(name) {
        // There is no such stream.
        u64::MAX => None,
        level => Some(Duration::from_nanos(level)),
    };
    let audio = level("current-level-time-audio");
    let level = match kind {
        Kind::Main => level("current-level-time-video").or(audio),
        Kind::Audio | Kind::Other => audio,
    };
    level.map_or(Level::Coming, Level::Held)
}

/// The demuxer behind a source pad.
fn search(pad: &gst::Pad, depth: usize) -> Option<gst::Element> {
    let depth = depth.checked_sub(1)?;
    let peer = pad.peer()?;
    let element = peer.parent_element();
    if let Some(element) = element.filter(|element| Element::of(element) == Some(Element::Demuxer))
    {
        return Some(element);
    }
    let links = peer.iterate_internal_links();
    links
        .into_iter()
        .flatten()
        .find_map(|pad| search(&pad, depth))
}
