// SPDX-License-Identifier: MPL-2.0
//! Samples into a measurement, and its results out.
use super::imp::{CAT, DrMeter};
use super::message::{Reason, merge_tags};
use super::settings::Settings;
use super::stream::{Audio, Due, Segment, Stream};
use auris_support::clip::{duration_of, frame_at, frames_in_segment};
use auris_support::planes::Planes;
use auris_support::result_sink::lock;
use gst::{prelude::*, subclass::prelude::*};
use gst_base::prelude::*;

/// A gap that is longer than this is a mistake, and would be silence without end.
const LONGEST_GAP: gst::ClockTime = gst::ClockTime::from_seconds(24 * 3600);

/// What the streaming thread works on; the action signal and property changes take their turn.
/// The lock is held while samples are summed, never while something is posted or pushed.
#[derive(Default)]
pub struct Input {
    pub segment: Option<Segment>,
    pub info: Option<gst_audio::AudioInfo>,
    pub stream: Option<Stream>,
    /// The latest tags from upstream.
    pub tags: Option<gst::TagList>,
    /// Tags of a result that the action signal asked for, to be sent by the streaming thread.
    pub pending_tags: Option<gst::TagList>,
}

impl DrMeter {
    /// Makes sure that a measurement is under way. Made no earlier than its first frame comes, so
    /// that every property set before counts.
    fn begin(&self) -> Result<(), gst::ErrorMessage> {
        let info = match &*lock(&self.input) {
            Input {
                stream: None,
                info: Some(info),
                ..
            } => info.clone(),
            _ => return Ok(()),
        };
        let stream = Stream::new(&info, &self.settings()).map_err(|reason| {
            gst::error_msg!(
                gst::StreamError::Format,
                ("Cannot measure: {reason}. Switch off 'loudness' or convert the audio first")
            )
        })?;
        gst::debug!(CAT, imp = self, "measuring {:?}: {info:?}", stream.names());
        lock(&self.input).stream = Some(stream);
        Ok(())
    }

    /// Ends the present measurement, if there is one.
    ///
    /// All that it leaves behind changes hands under one lock, so that a result which the action
    /// signal asks for can neither overtake nor be mistaken for one of the streaming thread.
    pub(super) fn conclude(&self, reason: Reason) {
        let settings = self.settings();
        let (result, tags) = {
            let mut input = lock(&self.input);
            let input = &mut *input;
            let done = input.stream.take().map(|s| s.finish(reason, &settings));
            let (result, ours) = match done {
                Some(done) => {
                    self.results.set_last(Some(done.result.clone()));
                    *lock(&self.measurement) = Some(done.measurement);
                    (Some(done.result), done.tags)
                }
                None => (None, None),
            };
            let merged = ours.map(|ours| merge_tags(input.tags.as_ref(), &ours));
            let earlier = input.pending_tags.take();
            match reason {
                // Not our thread: what the streaming thread does next takes them along.
                Reason::Reset => {
                    input.pending_tags = merged.or(earlier);
                    (result, [None, None])
                }
                Reason::Stop => return,
                _ => (result, [earlier, merged]),
            }
        };
        // A reset's tags are older than this result, and go first.
        let [earlier, merged] = tags;
        earlier.into_iter().for_each(|tags| self.push_tags(tags));
        if let Some(result) = result.filter(|_| settings.post_messages) {
            gst::debug!(CAT, imp = self, "result: {result}");
            self.results.post(self.obj().upcast_ref(), result, None);
        }
        merged.into_iter().for_each(|tags| self.push_tags(tags));
    }

    fn push_tags(&self, tags: gst::TagList) {
        // Nobody downstream having use for them is no fault.
        let _ = self.obj().src_pad().push_event(gst::event::Tag::new(tags));
    }

    fn push_pending_tags(&self) {
        let pending = lock(&self.input).pending_tags.take();
        if let Some(tags) = pending {
            self.push_tags(tags);
        }
    }

    fn post_due(&self, due: Due, settings: &Settings) {
        if settings.post_messages {
            let at = due.at.filter(|_| settings.sync);
            self.results.post(self.obj().upcast_ref(), due.result, at);
        }
    }

    fn warn_non_finite(&self) {
        gst::element_imp_warning!(
            self,
            gst::StreamError::Decode,
            ("Samples that are no numbers (NaN or infinite) are counted as silence; check what is upstream")
        );
    }

    /// Measures what lies in the segment, piece by piece from one provisional result to the next.
    fn feed(
        &self,
        audio: &Audio<'_>,
        pts: Option<gst::ClockTime>,
        rate: u32,
    ) -> Result<(), gst::ErrorMessage> {
        self.push_pending_tags();
        let segment = lock(&self.input).segment.clone();
        let heard = frames_in_segment(segment.as_ref(), pts, audio.frames(), rate);
        let mut at = heard.start;
        while at < heard.end {
            if matches!(audio, Audio::Silence(_)) && self.is_flushing() {
                return Ok(());
            }
            self.begin()?;
            let settings = self.settings();
            let (due, warn) = {
                let mut input = lock(&self.input);
                let Some(stream) = &mut input.stream else {
                    // The action signal came between: another measurement begins here.
                    continue;
                };
                let time = pts.and_then(|pts| pts.checked_add(duration_of(at, rate)));
                // What begins with the segment must not begin a rounding error before it.
                let first = segment.as_ref().and_then(|segment| segment.start());
                stream.note_time(time.max(first.filter(|_| time.is_some())), segment.as_ref());
                at += stream.push(audio, at, heard.end, &settings);
                let due = stream.due(&settings);
                if let Some(due) = &due {
                    self.results.set_last(Some(due.result.clone()));
                }
                (due, stream.must_warn())
            };
            if warn {
                self.warn_non_finite();
            }
            if let Some(due) = due {
                self.post_due(due, &settings);
            }
        }
        Ok(())
    }

    /// A long gap must not keep a flush waiting.
    fn is_flushing(&self) -> bool {
        let flags = self.obj().sink_pad().pad_flags();
        flags.contains(gst::PadFlags::FLUSHING)
    }

    pub(super) fn measure(&self, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let Some(info) = lock(&self.input).info.clone() else {
            return Ok(());
        };
        let map = buffer.map_readable().map_err(|_| {
            gst::error_msg!(
                gst::ResourceError::Read,
                ("Cannot map a buffer for reading")
            )
        })?;
        let planes = Planes::new(buffer, &map, &info)
            .map_err(|bad| gst::error_msg!(gst::StreamError::Format, ("Broken buffer: {bad}")))?;
        let audio = if buffer.flags().contains(gst::BufferFlags::GAP) {
            Audio::Silence(planes.frames())
        } else {
            Audio::Samples(&planes)
        };
        self.feed(&audio, buffer.pts(), info.rate())
    }

    /// A GAP event counts as silence as long as it says.
    pub(super) fn gap(&self, gap: &gst::event::Gap) -> Result<(), gst::ErrorMessage> {
        let Some(rate) = lock(&self.input).info.as_ref().map(|info| info.rate()) else {
            return Ok(());
        };
        let (pts, duration) = gap.get();
        let duration = duration.unwrap_or_default();
        if duration > LONGEST_GAP {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Failed,
                ("A gap of {duration} is counted as {LONGEST_GAP}; check what is upstream")
            );
        }
        // Rounding its ends, not its length, keeps many small gaps from adding up to an error.
        let end = pts.saturating_add(duration.min(LONGEST_GAP));
        let frames = frame_at(end, rate) - frame_at(pts, rate);
        self.feed(&Audio::Silence(frames), Some(pts), rate)
    }

    /// Forgets what was measured since the last result.
    pub(super) fn discard(&self) {
        let mut input = lock(&self.input);
        input.stream = None;
        input.segment = None;
        input.pending_tags = None;
    }
}
