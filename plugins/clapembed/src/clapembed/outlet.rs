// SPDX-License-Identifier: MPL-2.0
//! Where results leave the element, in the streaming thread.
use super::message;
use super::output::Sink;
use super::settings::Settings;
use auris_support::result_sink::{ResultSink, lock};
use gst::prelude::*;
use std::sync::Mutex;

/// Results that wait for a buffer to take them along; of more, the latest are left out.
const MAX_UNATTACHED: usize = 1024;

/// Results that no buffer has taken along.
#[derive(Default)]
pub struct Unattached(Mutex<Vec<gst::Structure>>);

impl Unattached {
    fn add(&self, result: gst::Structure) {
        let mut results = lock(&self.0);
        if results.len() < MAX_UNATTACHED {
            results.push(result);
        }
    }

    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Attaches them, to a shallow copy if anybody else has the buffer too.
    pub fn attach_to(&self, buffer: &mut gst::Buffer) {
        let results = std::mem::take(&mut *lock(&self.0));
        if results.is_empty() {
            return;
        }
        let buffer = buffer.make_mut();
        let results = results.iter();
        results.for_each(|result| message::attach(buffer, result));
    }
}

/// Posts, sends and attaches results.
pub struct Outlet<'a> {
    pub element: gst_base::BaseTransform,
    pub results: &'a ResultSink,
    pub unattached: &'a Unattached,
    pub settings: Settings,
}

impl Sink for Outlet<'_> {
    fn emit(&mut self, result: gst::Structure, at: Option<gst::ClockTime>) {
        if self.settings.attach_meta {
            self.unattached.add(result.clone());
        }
        if self.settings.send_events {
            let event = gst::event::CustomDownstream::new(result.clone());
            // Nobody downstream having use for it is no fault.
            let _ = self
                .element
                .static_pad("src")
                .map(|pad| pad.push_event(event));
        }
        if self.settings.post_messages {
            let at = at.filter(|_| self.settings.sync);
            self.results.post(self.element.upcast_ref(), result, at);
        }
    }
}
