// SPDX-License-Identifier: MPL-2.0
//! All that makes up the response, as it stands at one moment; and its bands, which come and go.
use super::band::{Band, State, properties};
use super::kinds::Kind;
use super::settings::{Settings, differences};
use auris_eq::band::{Curve, Graphic, MAX_BANDS};
use auris_eq::equaliser;
use auris_support::result_sink::lock;
use gst::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Bands that an element is made with, as in `equalizer-nbands`.
pub const DEFAULT_COUNT: usize = 10;

/// Band `index` of `count` as `equalizer-nbands` lays it out: between 20 Hz and 20 kHz, each as many
/// times as wide as the one below, shelves at the ends. Its defining `freq` is the middle of its
/// edges in Hz.
pub fn default_state(index: usize, count: usize) -> State {
    // Where the compiler knew the count it would compute other last digits than the C library does,
    // and a new element would not be like a new element.
    let (index, count) = std::hint::black_box((index, count));
    let step = 1000f64.powf(1.0 / count as f64);
    let low = 20.0 * step.powi(index as i32);
    let high = low * step;
    State {
        kind: match index {
            0 => Kind::LowShelf,
            _ if index + 1 == count => Kind::HighShelf,
            _ => Kind::Peak,
        },
        freq: low + (high - low) / 2.0,
        bandwidth: high - low,
        ..State::default()
    }
}

/// What only a configuration says, see [`Curve`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rest {
    pub graphics: Vec<Graphic>,
    pub gains: Vec<(u64, f64)>,
}

impl Rest {
    /// Allocates nothing if that is there already.
    fn write(&self, to: &mut Curve) {
        if to.graphics != self.graphics {
            to.graphics.clone_from(&self.graphics);
        }
        to.gains.clone_from(&self.gains);
    }
}

/// What is replaced as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    pub settings: Settings,
    pub bands: Vec<State>,
    pub rest: Rest,
}

impl Content {
    /// As an element is made.
    pub fn with_count(count: usize) -> Self {
        let count = count.clamp(1, MAX_BANDS);
        Content {
            settings: Settings::default(),
            bands: (0..count).map(|i| default_state(i, count)).collect(),
            rest: Rest::default(),
        }
    }

    /// The response alone.
    pub fn curve(&self) -> Curve {
        let mut settings = equaliser::Settings::default();
        self.write(&mut settings);
        settings.curve
    }

    fn write(&self, to: &mut equaliser::Settings) {
        self.settings.apply(to);
        to.curve.bands.clear();
        to.curve.bands.extend(self.bands.iter().map(State::band));
        self.rest.write(&mut to.curve);
    }
}

struct Inner {
    settings: Settings,
    bands: Vec<Band>,
    rest: Rest,
}

/// The settings and bands of one element, for any thread. Nothing is called back under its lock.
pub struct Bands {
    inner: Mutex<Inner>,
    generation: Arc<AtomicU64>,
}

/// What a change did to the children, to be told when no lock is held.
#[derive(Default)]
pub struct Change {
    pub added: Vec<Band>,
    pub removed: Vec<Band>,
    /// Bands whose properties changed.
    changed: Vec<Band>,
    /// Properties of the element that did.
    settings: Vec<&'static str>,
}

impl Default for Bands {
    fn default() -> Self {
        Bands {
            inner: Mutex::new(Inner {
                settings: Settings::default(),
                bands: Vec::new(),
                rest: Rest::default(),
            }),
            generation: Arc::default(),
        }
    }
}

impl Bands {
    /// Counts changes.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn settings(&self) -> Settings {
        lock(&self.inner).settings
    }

    pub fn count(&self) -> usize {
        lock(&self.inner).bands.len()
    }

    pub fn get(&self, index: usize) -> Option<Band> {
        lock(&self.inner).bands.get(index).cloned()
    }

    pub fn all(&self) -> Vec<Band> {
        lock(&self.inner).bands.clone()
    }

    /// Sets a property of the element; whether it is among the settings.
    pub fn set(&self, name: &str, value: &gst::glib::Value) -> bool {
        let mut inner = lock(&self.inner);
        let before = inner.settings;
        let known = inner.settings.set(name, value);
        if inner.settings != before {
            self.count_change();
        }
        known
    }

    /// All of it.
    pub fn content(&self) -> Content {
        let inner = lock(&self.inner);
        Content {
            settings: inner.settings,
            bands: inner.bands.iter().map(Band::state).collect(),
            rest: inner.rest.clone(),
        }
    }

    /// Writes all of it to where the kernel reads it, and which bands these are. Allocates nothing
    /// once their number has been the same before.
    pub fn snapshot(&self, to: &mut equaliser::Settings, bands: &mut Vec<Band>) -> u64 {
        let inner = lock(&self.inner);
        // What changes from here on is counted again, and read next time.
        let generation = self.generation();
        inner.settings.apply(to);
        to.curve.bands.clear();
        let now = inner.bands.iter().map(|band| band.state().band());
        to.curve.bands.extend(now);
        inner.rest.write(&mut to.curve);
        if *bands != inner.bands {
            let before = std::mem::replace(bands, inner.bands.clone());
            drop(inner);
            // Whoever waits for the end of a band may be called.
            drop(before);
        }
        generation
    }

    /// Another number of bands, laid out anew; what is not about frequency stays.
    #[must_use]
    pub fn resize(&self, parent: &impl IsA<gst::Object>, count: usize) -> Change {
        let count = count.clamp(1, MAX_BANDS);
        self.change(parent, |inner| {
            if inner.bands.len() == count {
                return None;
            }
            let laid_out = |index| {
                let new = default_state(index, count);
                match inner.bands.get(index).map(Band::state) {
                    Some(old) => State {
                        kind: new.kind,
                        freq: new.freq,
                        bandwidth: new.bandwidth,
                        width: new.width,
                        slope_shapes: new.slope_shapes,
                        ..old
                    },
                    None => new,
                }
            };
            Some((0..count).map(laid_out).collect())
        })
    }

    /// Replaces everything, in one step for those who read [`Bands::snapshot`].
    #[must_use]
    pub fn replace(&self, parent: &impl IsA<gst::Object>, content: Content) -> Change {
        let mut settings = Vec::new();
        let mut change = self.change(parent, |inner| {
            settings = differences(&inner.settings, &content.settings);
            inner.settings = content.settings;
            inner.rest = content.rest;
            Some(content.bands)
        });
        change.settings = settings;
        change
    }

    fn change(
        &self,
        parent: &impl IsA<gst::Object>,
        make: impl FnOnce(&mut Inner) -> Option<Vec<State>>,
    ) -> Change {
        let mut change = Change::default();
        {
            let mut inner = lock(&self.inner);
            let Some(states) = make(&mut inner) else {
                return change;
            };
            for (index, state) in states.iter().enumerate() {
                match inner.bands.get(index) {
                    Some(band) if band.replace(*state) => change.changed.push(band.clone()),
                    Some(_) => {}
                    None => {
                        let band = Band::new(index, *state, &self.generation);
                        inner.bands.push(band.clone());
                        change.added.push(band);
                    }
                }
            }
            change.removed = inner.bands.split_off(states.len());
            // What a parent notifies of must wait until the lock is free.
            let guards: Vec<_> = change.added.iter().map(|b| b.freeze_notify()).collect();
            for band in &change.added {
                band.set_property("parent", parent.upcast_ref::<gst::Object>());
            }
            self.count_change();
            drop(inner);
            drop(guards);
        }
        change.removed.iter().for_each(|band| band.unparent());
        change
    }

    fn count_change(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }
}

impl Change {
    /// Tells of what changed: to be called without any lock.
    pub fn notify(&self, element: &super::ParaEq) {
        for band in &self.removed {
            element.child_removed(band, &band.name());
        }
        for band in &self.added {
            element.child_added(band, &band.name());
        }
        for band in &self.changed {
            let _frozen = band.freeze_notify();
            properties().iter().for_each(|p| band.notify_by_pspec(p));
        }
        if self.added.len() != self.removed.len() {
            element.notify("num-bands");
        }
        self.settings.iter().for_each(|name| element.notify(name));
    }
}
