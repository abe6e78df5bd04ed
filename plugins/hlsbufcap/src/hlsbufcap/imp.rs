// SPDX-License-Identifier: MPL-2.0
//! GObject and GstElement.
use super::governor::{Governor, Outcome};
use super::message::Snapshot;
use super::pairs::{self, Pair};
use super::settings::{self, Settings};
use super::watch::{self, Found};
use crate::budget::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, Ordering};
use std::sync::{LazyLock, Mutex, TryLockError};

pub static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "hlsbufcap",
        gst::DebugColorFlags::empty(),
        Some("HLS in a fixed amount of memory"),
    )
});

/// Microseconds between two looks at what is held: a segment takes longer to come.
const LOOK: i64 = 20_000;

/// Undoes a probe or a signal handler.
pub(super) type Undo = Box<dyn FnOnce() + Send>;

/// See [`super::HlsBufCap`].
#[derive(Default)]
pub struct HlsBufCap {
    pub(super) settings: Mutex<Settings>,
    pairs: Mutex<Vec<Pair>>,
    pub(super) found: Mutex<Found>,
    pub(super) undo: Mutex<Vec<Undo>>,
    /// Only tried for while it runs: who has it works for those who did not get it.
    pub(super) governor: Mutex<Option<Governor>>,
    /// Between NULL and NULL.
    pub(super) runs: AtomicBool,
    /// There is something to look at.
    news: AtomicBool,
    /// Of the latest look and message, in microseconds.
    looked: AtomicI64,
    pub(super) told: AtomicI64,
    pub(super) snapshot: Mutex<Snapshot>,
    /// Percent that was posted last; 100 where nothing was.
    pub(super) percent: AtomicI32,
}

#[glib::object_subclass]
impl ObjectSubclass for HlsBufCap {
    const NAME: &'static str = "AurisHlsBufCap";
    type Type = super::HlsBufCap;
    type ParentType = gst::Element;
}

impl ObjectImpl for HlsBufCap {
    fn properties() -> &'static [glib::ParamSpec] {
        settings::properties()
    }

    fn signals() -> &'static [glib::subclass::Signal] {
        static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
            // More is held than the share and one segment: bytes that are held, bytes of the share.
            let types = [u64::static_type(), u64::static_type()];
            vec![
                glib::subclass::Signal::builder("over-budget")
                    .param_types(types)
                    .build(),
            ]
        });
        &SIGNALS
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
        self.look();
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if let Some(value) = lock(&self.settings).get(pspec.name()) {
            return value;
        }
        self.look();
        let snapshot = *lock(&self.snapshot);
        match pspec.name() {
            "current-level-bytes" => snapshot.level_bytes.to_value(),
            "current-level-time" => (snapshot.level_time.as_nanos() as u64).to_value(),
            "peak-level-bytes" => snapshot.peak_bytes.to_value(),
            // Nothing to tell before it ever ran.
            _ => (self.told.load(Ordering::Relaxed) > 0)
                .then(|| snapshot.structure())
                .to_value(),
        }
    }

    fn constructed(&self) {
        self.parent_constructed();
        let object = self.obj();
        object.connect_notify(Some("parent"), |element, _| {
            watch::mark_streams_aware(element.upcast_ref());
        });
    }
}

impl GstObjectImpl for HlsBufCap {}

impl ElementImpl for HlsBufCap {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "HLS buffer cap",
                "Generic",
                "Keeps what HLS playback buffers within a number of bytes that elements share",
                "auris",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        pairs::templates()
    }

    fn request_new_pad(
        &self,
        _template: &gst::PadTemplate,
        name: Option<&str>,
        _caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        let wanted = name.and_then(|name| name.strip_prefix("sink_")?.parse().ok());
        let pair = {
            let mut pairs = lock(&self.pairs);
            let taken = |number: u32| {
                let name = format!("sink_{number}");
                pairs.iter().any(|pair| pair.sink.name() == name)
            };
            let number = wanted.or_else(|| (0..u32::MAX).find(|number| !taken(*number)))?;
            if taken(number) {
                gst::error!(CAT, imp = self, "There is a sink_{number} already");
                return None;
            }
            let pair = pairs::make(self, number)?;
            pairs.push(pair.clone());
            pair
        };
        let object = self.obj();
        pair.src.set_active(true).ok()?;
        pair.sink.set_active(true).ok()?;
        object.add_pad(&pair.sink).ok()?;
        object.add_pad(&pair.src).ok()?;
        Some(pair.sink)
    }

    fn release_pad(&self, pad: &gst::Pad) {
        let pair = {
            let mut pairs = lock(&self.pairs);
            let place = pairs.iter().position(|pair| pair.sink == *pad);
            place.map(|place| pairs.remove(place))
        };
        for pad in pair.iter().flat_map(|pair| [&pair.sink, &pair.src]) {
            let _ = pad.set_active(false);
            let _ = self.obj().remove_pad(pad);
        }
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady {
            self.start();
        }
        let result = self.parent_change_state(transition);
        if transition == gst::StateChange::ReadyToNull {
            self.stop();
        }
        result
    }
}

impl HlsBufCap {
    /// Looks, unless somebody did just now.
    pub(super) fn look_at_times(&self) {
        let now = glib::monotonic_time();
        let looked = self.looked.load(Ordering::Relaxed);
        let is_mine = now - looked >= LOOK
            && self
                .looked
                .compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_mine {
            self.look();
        }
    }

    /// Looks at what is held and sets what may be, or leaves it to who is just doing so: nobody waits, and
    /// who reacts to what is set may call us.
    pub(super) fn look(&self) {
        self.news.store(true, Ordering::SeqCst);
        while self.news.load(Ordering::SeqCst) {
            let mut governor = match self.governor.try_lock() {
                Ok(governor) => governor,
                Err(TryLockError::Poisoned(governor)) => governor.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            self.news.store(false, Ordering::SeqCst);
            if !self.runs.load(Ordering::SeqCst) {
                *governor = None;
                let mut snapshot = lock(&self.snapshot);
                *snapshot = Snapshot {
                    peak_bytes: snapshot.peak_bytes,
                    ..Snapshot::default()
                };
                continue;
            }
            let settings = lock(&self.settings).clone();
            let found = lock(&self.found).clone();
            let Some(outcome) = governor.as_mut().map(|governor| {
                governor.take_over(&found, &settings);
                governor.govern(&settings)
            }) else {
                continue;
            };
            drop(governor);
            self.publish(&outcome, &settings);
        }
    }

    fn publish(&self, outcome: &Outcome, settings: &Settings) {
        let snapshot = outcome.snapshot;
        gst::trace!(CAT, imp = self, "{snapshot:?}");
        *lock(&self.snapshot) = snapshot;
        let object = self.obj();
        if outcome.went_over {
            gst::warning!(
                CAT,
                imp = self,
                "{} bytes are buffered, {} allowed beside a segment of {}",
                snapshot.level_bytes,
                snapshot.share_bytes,
                snapshot.segment_bytes
            );
            object.emit_by_name::<()>(
                "over-budget",
                &[&snapshot.level_bytes, &snapshot.share_bytes],
            );
        }
        self.tell_buffering(&snapshot, settings);
        let now = glib::monotonic_time();
        let told = self.told.load(Ordering::Relaxed);
        let is_due = settings.interval > 0
            && (now - told) as u64 >= settings.interval / 1000
            && settings.post_messages;
        if is_due
            && self
                .told
                .compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            let message = gst::message::Element::builder(snapshot.structure())
                .src(&*object)
                .build();
            let _ = object.post_message(message);
        }
    }

    /// Below the low watermark buffering begins, and goes on until it is complete.
    fn tell_buffering(&self, snapshot: &Snapshot, settings: &Settings) {
        if !settings.use_buffering || snapshot.demuxers == 0 {
            return;
        }
        let before = self.percent.load(Ordering::Relaxed);
        let now = snapshot.percent(settings.high_watermark);
        let low = (settings.low_watermark / settings.high_watermark.max(0.01) * 100.0) as i32;
        let now = if before >= 100 && now > low { 100 } else { now };
        if self.percent.swap(now, Ordering::Relaxed) != now {
            let object = self.obj();
            let message = gst::message::Buffering::builder(now).src(&*object).build();
            let _ = object.post_message(message);
        }
    }

    /// Answers a BUFFERING query, where that is ours to answer.
    pub(super) fn answer(&self, query: &mut gst::QueryRef) -> bool {
        if !lock(&self.settings).use_buffering {
            return false;
        }
        let gst::QueryViewMut::Buffering(buffering) = query.view_mut() else {
            return false;
        };
        let percent = self.percent.load(Ordering::Relaxed);
        buffering.set_percent(percent < 100, percent);
        true
    }
}
