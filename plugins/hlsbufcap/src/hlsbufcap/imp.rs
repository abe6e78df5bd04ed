// SPDX-License-Identifier: MPL-2.0
//! GObject and GstElement.
use super::gauge;
use super::governor::{Governor, Outcome};
use super::message::Snapshot;
use super::pairs::{self, Pair};
use super::settings::{self, Settings};
use super::watch::{self, Found, Kind};
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
type Undo = Box<dyn FnOnce() + Send>;

/// See [`super::HlsBufCap`].
#[derive(Default)]
pub struct HlsBufCap {
    settings: Mutex<Settings>,
    pairs: Mutex<Vec<Pair>>,
    found: Mutex<Found>,
    undo: Mutex<Vec<Undo>>,
    /// Only ever tried for: who has it works for those who did not get it.
    governor: Mutex<Option<Governor>>,
    /// Between NULL and NULL.
    runs: AtomicBool,
    /// There is something to look at.
    news: AtomicBool,
    /// Of the latest look and message, in microseconds.
    looked: AtomicI64,
    told: AtomicI64,
    snapshot: Mutex<Snapshot>,
    /// Percent that was posted last; 100 where nothing was.
    percent: AtomicI32,
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
            _ => snapshot.structure().to_value(),
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
    fn start(&self) {
        let object = self.obj();
        watch::mark_streams_aware(object.upcast_ref());
        {
            let settings = lock(&self.settings).clone();
            let mut governor = self.governor.lock().unwrap_or_else(|e| e.into_inner());
            *governor = Some(Governor::new(&settings));
        }
        *lock(&self.snapshot) = Snapshot::default();
        self.percent.store(100, Ordering::Relaxed);
        self.told.store(glib::monotonic_time(), Ordering::Relaxed);
        self.runs.store(true, Ordering::SeqCst);
        let Some(top) = watch::top_bin(object.upcast_ref()) else {
            return;
        };
        let weak = object.downgrade();
        let added = top.connect_deep_element_added(move |_, _, element| {
            if let Some(object) = weak.upgrade() {
                object.imp().meet(element);
            }
        });
        let weak = object.downgrade();
        let removed = top.connect_deep_element_removed(move |_, _, element| {
            if let Some(object) = weak.upgrade() {
                lock(&object.imp().found).remove(element);
                object.imp().look();
            }
        });
        for handler in [added, removed] {
            self.undo_signal(&top, handler);
        }
        let mut elements = top.iterate_recurse();
        let mut there = Vec::new();
        loop {
            match elements.next() {
                Ok(Some(element)) => there.push(element),
                Ok(None) | Err(gst::IteratorError::Error) => break,
                Err(gst::IteratorError::Resync) => {
                    there.clear();
                    elements.resync();
                }
            }
        }
        there.iter().for_each(|element| self.meet(element));
    }

    /// Puts back what was set, and gives back the part of the budget.
    fn stop(&self) {
        self.runs.store(false, Ordering::SeqCst);
        let undo = std::mem::take(&mut *lock(&self.undo));
        undo.into_iter().for_each(|undo| undo());
        *lock(&self.found) = Found::default();
        self.look();
    }

    fn undo_signal(&self, object: &impl IsA<gst::Object>, handler: glib::SignalHandlerId) {
        let weak = object.upcast_ref::<gst::Object>().downgrade();
        lock(&self.undo).push(Box::new(move || {
            if let Some(object) = weak.upgrade() {
                object.disconnect(handler);
            }
        }));
    }

    fn undo_probe(&self, pad: &gst::Pad, probe: Option<gst::PadProbeId>) {
        let weak = pad.downgrade();
        let Some(probe) = probe else { return };
        lock(&self.undo).push(Box::new(move || {
            if let Some(pad) = weak.upgrade() {
                pad.remove_probe(probe);
            }
        }));
    }

    /// What is called after something flowed.
    fn ticker(&self) -> impl Fn() + Send + Sync + 'static {
        let weak = self.obj().downgrade();
        move || {
            if let Some(object) = weak.upgrade() {
                object.imp().look_at_times();
            }
        }
    }

    /// An element is in the pipeline, or came there.
    fn meet(&self, element: &gst::Element) {
        gst::trace!(
            CAT,
            imp = self,
            "{} came: {:?}",
            element.name(),
            Kind::of(element)
        );
        match Kind::of(element) {
            Some(Kind::Demuxer) => self.meet_demuxer(element),
            Some(Kind::Parser) => self.meet_parser(element),
            Some(Kind::Queue) => {
                if lock(&self.found).queue(element) {
                    self.look();
                }
            }
            None => {}
        }
    }

    fn meet_demuxer(&self, element: &gst::Element) {
        let (counts, is_new) = lock(&self.found).demuxer(element);
        if !is_new {
            return;
        }
        gst::debug!(CAT, imp = self, "found {}", element.name());
        // Its limit must be set before it fetches anything.
        self.look();
        let weak = self.obj().downgrade();
        let pads_counts = counts.clone();
        let handler = element.connect_pad_added(move |_, pad| {
            if let Some(object) = weak.upgrade()
                && pad.direction() == gst::PadDirection::Src
            {
                let element = object.imp();
                let probe = gauge::watch_exit(pad, &pads_counts, element.ticker());
                element.undo_probe(pad, probe);
            }
        });
        self.undo_signal(element, handler);
        for pad in element.src_pads() {
            let probe = gauge::watch_exit(&pad, &counts, self.ticker());
            self.undo_probe(&pad, probe);
        }
        if let Some(bin) = element.downcast_ref::<gst::Bin>() {
            bin.children().iter().for_each(|child| self.meet(child));
        }
    }

    fn meet_parser(&self, element: &gst::Element) {
        let Some(demuxer) = watch::parent_demuxer(element) else {
            return;
        };
        self.meet_demuxer(&demuxer);
        let counts = {
            let mut found = lock(&self.found);
            if !found.parser(element) {
                return;
            }
            found.demuxer(&demuxer).0
        };
        if let Some(sink) = element.static_pad("sink") {
            let probe = gauge::watch_download(&sink, &counts);
            self.undo_probe(&sink, probe);
        }
        let weak = self.obj().downgrade();
        let handler = element.connect_pad_added(move |_, pad| {
            if let Some(object) = weak.upgrade() {
                let element = object.imp();
                let probe = gauge::watch_entry(pad, &counts, element.ticker());
                element.undo_probe(pad, probe);
            }
        });
        self.undo_signal(element, handler);
    }

    /// Looks, unless somebody did just now.
    fn look_at_times(&self) {
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
    fn look(&self) {
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
