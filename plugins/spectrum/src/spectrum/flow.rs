// SPDX-License-Identifier: MPL-2.0
//! What goes through the element: audio, settings on their way to it, results on theirs.
use super::feature_pad::FeaturePad;
use super::imp::{Current, Spectrum};
use super::message::Times;
use super::plan::Plan;
use super::stream::{Audio, Stream, Told, frames_between};
use super::summary::Part;
use auris_support::result_sink::lock;
use gst::{prelude::*, subclass::prelude::*};
use gst_base::prelude::*;
use std::sync::atomic::Ordering;

/// A gap that is longer than this is a mistake, and would be silence without end.
const LONGEST_GAP: gst::ClockTime = gst::ClockTime::from_seconds(24 * 3600);

impl Spectrum {
    /// A plan for what is analysed, by the settings of now; `None` where nothing is.
    pub(super) fn plan(&self) -> Option<Result<Box<Plan>, String>> {
        let info = lock(&self.info).clone()?;
        let Current {
            settings,
            has_pads,
            change,
        } = *lock(&self.current);
        Some(Plan::new(info, settings, change, has_pads).map(Box::new))
    }

    /// Prepares for settings that were changed, in the thread of who changed them.
    pub(super) fn replan(&self) {
        match self.plan() {
            Some(Ok(plan)) => {
                let mut next = lock(&self.next);
                let is_newer = next.as_ref().is_none_or(|next| next.change < plan.change);
                let old = match is_newer {
                    true => next.replace(plan),
                    false => Some(plan),
                };
                drop(next);
                // Freed outside of the lock.
                drop(old);
            }
            Some(Err(reason)) => self.warn(&format!("Analysing as before: {reason}")),
            None => {}
        }
    }

    /// Takes over what was set and prepared since the last buffer.
    fn refresh(&self, stream: &mut Stream) {
        let news = self.news.load(Ordering::Acquire);
        if news == stream.news {
            return;
        }
        stream.news = news;
        if self.flushed.swap(false, Ordering::AcqRel) {
            stream.reset();
        }
        let next = lock(&self.next).take();
        if let Some(next) = next
            && next.info == stream.plan.info
            && next.change > stream.plan.change
        {
            stream.replace(next);
        }
        stream.set_live(lock(&self.current).settings);
        let pads = lock(&self.pads);
        stream.pads.retain(|known| pads.contains(&known.pad));
        for pad in pads.iter() {
            if !stream.pads.iter().any(|known| known.pad == *pad) {
                stream.pads.push(FeaturePad::new(pad.clone()));
            }
        }
    }

    pub(super) fn warn(&self, text: &str) {
        gst::element_imp_warning!(self, gst::LibraryError::Settings, ("{text}"));
    }

    /// Lets `work` have the stream, with what was set and prepared since the last time; nobody has
    /// the lock meanwhile. What it tells is posted. False where there is no stream.
    pub(super) fn with_stream(
        &self,
        work: impl FnOnce(&mut Stream, &mut dyn FnMut(Told<'_>)),
    ) -> bool {
        let Some(mut stream) = lock(&self.stream).take() else {
            return false;
        };
        self.refresh(&mut stream);
        work(&mut stream, &mut |told| self.tell(told));
        if stream.must_warn() {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Decode,
                ("Samples that are no numbers (NaN, infinite or beyond ±10¹⁰) are analysed as silence; check what is upstream")
            );
        }
        *lock(&self.stream) = Some(stream);
        true
    }

    fn tell(&self, told: Told<'_>) {
        let times = {
            let segment = lock(&self.segment);
            Times::new(segment.as_ref(), told.timestamp, told.duration)
        };
        let draft = told.publisher.draft(told.settings, &times, told.values);
        let shape = told.publisher.shape();
        lock(&self.latest).set(shape, &times, told.values);
        if told.settings.summary {
            let before = lock(&self.whole).push(shape, &times, told.values);
            self.summarise(before);
        }
        let at = times.presented().filter(|_| told.settings.sync);
        let element = self.obj();
        self.results.post_draft(element.upcast_ref(), draft, at);
    }

    /// Posts the summary of a part of the stream, behind the results that it sums up.
    fn summarise(&self, part: Option<Part>) {
        let Some(part) = part else { return };
        let sync = lock(&self.current).settings.sync;
        let at = part.presented.filter(|_| sync);
        self.results
            .post(self.obj().upcast_ref(), part.structure, at);
    }

    /// A part of the stream has ended, whose results were told.
    pub(super) fn end_part(&self) {
        let whole = std::mem::take(&mut *lock(&self.whole));
        self.summarise(whole.part());
    }

    /// The stream has ended.
    pub(super) fn end(&self) {
        let mut end = None;
        let told = self.with_stream(|stream, tell| {
            end = stream.end();
            stream.finish(tell);
            stream.pads.iter_mut().for_each(FeaturePad::end);
        });
        if !told {
            // There never was any audio.
            let pads = lock(&self.pads).clone();
            pads.into_iter().for_each(|pad| FeaturePad::new(pad).end());
        }
        self.end_part();
        let segment = lock(&self.segment).clone();
        if let Some(end) = segment.and_then(|segment| segment.to_running_time(end)) {
            self.results.hasten(self.obj().upcast_ref(), end);
        }
    }

    /// Passes on that a flush begins or ends; no lock is held meanwhile.
    pub(super) fn flush_pads(&self, event: &gst::Event) {
        let pads = lock(&self.pads).clone();
        for pad in pads {
            pad.push_event(event.clone());
        }
    }

    /// The pads for frames became more or fewer.
    fn note_pads(&self) {
        let other_plan = {
            let mut current = lock(&self.current);
            current.change += 1;
            let has_pads = !lock(&self.pads).is_empty();
            let changed = std::mem::replace(&mut current.has_pads, has_pads) != has_pads;
            // Any other analysis makes frames anyhow, and goes on undisturbed.
            changed && current.settings.is_classic()
        };
        if other_plan {
            self.replan();
        }
        self.news.fetch_add(1, Ordering::AcqRel);
    }

    /// A long gap must not keep a flush waiting.
    pub(super) fn is_flushing(&self) -> bool {
        let flags = self.obj().sink_pad().pad_flags();
        flags.contains(gst::PadFlags::FLUSHING)
    }

    /// A GAP event counts as silence as long as it says.
    pub(super) fn gap(&self, gap: &gst::event::Gap) {
        let Some(rate) = lock(&self.info).as_ref().map(|info| info.rate()) else {
            return;
        };
        let (pts, duration) = gap.get();
        let duration = duration.unwrap_or_default();
        if duration > LONGEST_GAP {
            self.warn(&format!(
                "A gap of {duration} is counted as {LONGEST_GAP}; check what is upstream"
            ));
        }
        let end = pts.saturating_add(duration.min(LONGEST_GAP));
        let silence = Audio::Silence(frames_between(pts, end, rate));
        self.with_stream(|stream, tell| {
            stream.feed(silence, Some(pts), &|| !self.is_flushing(), tell);
        });
    }

    pub(super) fn add_feature_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
    ) -> Option<gst::Pad> {
        let name = match name {
            // Adding it would be a critical warning.
            Some(name) if self.obj().static_pad(name).is_some() => return None,
            Some(name) => name.to_owned(),
            None => self.free_pad_name(),
        };
        let pad = gst::Pad::builder_from_template(template).name(name).build();
        pad.use_fixed_caps();
        pad.set_active(true).ok()?;
        self.obj().add_pad(&pad).ok()?;
        lock(&self.pads).push(pad.clone());
        self.note_pads();
        Some(pad)
    }

    /// A name that no pad has, of a number that no pad without a name had before.
    fn free_pad_name(&self) -> String {
        loop {
            let number = self.next_pad.fetch_add(1, Ordering::Relaxed);
            let name = format!("features_{number}");
            if self.obj().static_pad(&name).is_none() {
                return name;
            }
        }
    }

    pub(super) fn remove_feature_pad(&self, pad: &gst::Pad) {
        lock(&self.pads).retain(|known| known != pad);
        // What is not there is not released.
        let _ = pad.set_active(false);
        let _ = self.obj().remove_pad(pad);
        self.note_pads();
    }
}
