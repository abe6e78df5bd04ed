// SPDX-License-Identifier: MPL-2.0
//! From NULL to NULL: the elements around are met when they come, and let go of at the end.
use super::gauge;
use super::governor::Governor;
use super::imp::{CAT, HlsBufCap};
use super::message::Snapshot;
use super::watch::{self, Found, Kind};
use crate::budget::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::sync::atomic::Ordering;

impl HlsBufCap {
    pub(super) fn start(&self) {
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
    pub(super) fn stop(&self) {
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
            Some(Kind::Queue) if lock(&self.found).queue(element) => self.look(),
            Some(Kind::Queue) | None => {}
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
}
