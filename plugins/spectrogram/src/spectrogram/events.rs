// SPDX-License-Identifier: MPL-2.0
//! Events and queries.
use super::flow::{Input, LONGEST_GAP, first_heard};
use super::imp::{CAT, Spectrogram};
use super::kinds::Mode;
use super::stream::{Audio, Drawing, Stream};
use auris_support::clip::{frame_at, frames_in_segment};
use gst::{prelude::*, subclass::prelude::*};
use std::sync::atomic::Ordering;

impl Spectrogram {
    pub(super) fn sink_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        use gst::EventView;
        match event.view() {
            EventView::Caps(caps) => self.with_stream(|stream| self.caps(stream, caps.caps())),
            EventView::Segment(segment) => {
                self.with_stream(|stream| self.segment(stream, segment, &event))
            }
            EventView::Gap(gap) => self.with_stream(|stream| self.gap(stream, gap)),
            EventView::Eos(_) => {
                self.with_stream(|stream| self.finish(stream));
                gst::Pad::event_default(pad, Some(&*self.obj()), event)
            }
            EventView::FlushStop(_) => {
                self.with_stream(|stream| {
                    stream.drawing = Drawing::Nothing;
                    (stream.segment, stream.pending_segment) = (None, None);
                });
                self.qos.reset();
                gst::Pad::event_default(pad, Some(&*self.obj()), event)
            }
            EventView::StreamStart(_) => {
                self.with_stream(|stream| stream.tags = None);
                gst::Pad::event_default(pad, Some(&*self.obj()), event)
            }
            EventView::Tag(tag) => {
                self.with_stream(|stream| {
                    let before = stream.tags.take().unwrap_or_default();
                    stream.tags = Some(before.merge(tag.tag(), gst::TagMergeMode::Replace));
                });
                gst::Pad::event_default(pad, Some(&*self.obj()), event)
            }
            _ => gst::Pad::event_default(pad, Some(&*self.obj()), event),
        }
    }

    fn caps(&self, stream: &mut Stream, caps: &gst::CapsRef) -> bool {
        let info = match gst_audio::AudioInfo::from_caps(caps) {
            Ok(info) => info,
            Err(error) => {
                gst::error!(CAT, imp = self, "{error}: {caps}");
                return false;
            }
        };
        let same = |before: &Audio| {
            before.info.rate() == info.rate() && before.info.channels() == info.channels()
        };
        let fits = stream.audio.as_ref().is_none_or(same);
        if !fits && matches!(stream.drawing, Drawing::Whole(_)) {
            gst::element_imp_error!(
                self,
                gst::StreamError::Format,
                ("Rate or channels change in the middle of a picture; put audioresample, audioconvert and a capsfilter in front")
            );
            return false;
        }
        match Audio::new(info) {
            Ok(audio) => stream.audio = Some(audio),
            Err(why) => {
                gst::element_imp_error!(self, gst::StreamError::Format, ("Cannot draw: {why}"));
                return false;
            }
        }
        if !fits {
            // The axes change.
            self.finish(stream);
        }
        true
    }

    fn segment(
        &self,
        stream: &mut Stream,
        event: &gst::event::Segment,
        whole: &gst::Event,
    ) -> bool {
        let time = event.segment().downcast_ref::<gst::ClockTime>().cloned();
        let onwards = match &time {
            Some(_) => whole.clone(),
            // What comes in bytes has no times: ours begin at 0.
            None => {
                let segment = gst::FormattedSegment::<gst::ClockTime>::new();
                gst::event::Segment::builder(&segment)
                    .seqnum(whole.seqnum())
                    .build()
            }
        };
        stream.segment = Some(time.unwrap_or_default());
        if stream.output.is_some() {
            return self.srcpad.push_event(onwards);
        }
        // Caps go first, and wait for the first samples.
        stream.pending_segment = Some(onwards);
        true
    }

    /// A gap is silence, as long as it says.
    fn gap(&self, stream: &mut Stream, gap: &gst::event::Gap) -> bool {
        let (pts, duration) = gap.get();
        let (Some(audio), Some(duration)) = (&stream.audio, duration) else {
            return true;
        };
        let rate = audio.info.rate();
        let end = pts.saturating_add(duration.min(LONGEST_GAP));
        // Rounding its ends, not its length, keeps many small gaps from adding up to an error.
        let frames = frame_at(end, rate) - frame_at(pts, rate);
        let heard = frames_in_segment(stream.segment.as_ref(), Some(pts), frames, rate);
        let first = first_heard(stream.segment.as_ref(), Some(pts), &heard, rate);
        self.draw(stream, Input::Silence, heard, first).is_ok()
    }

    pub(super) fn src_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Qos(qos) => {
                self.qos.update(qos);
                gst::Pad::event_default(pad, Some(&*self.obj()), event)
            }
            // It is about our caps, and upstream has others.
            gst::EventView::Reconfigure(_) => true,
            _ => gst::Pad::event_default(pad, Some(&*self.obj()), event),
        }
    }

    pub(super) fn src_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Latency(query) => {
                let mut upstream = gst::query::Latency::new();
                if !self.sinkpad.peer_query(&mut upstream) {
                    return false;
                }
                let (live, least, most) = upstream.result();
                let own = match self.settings().0.mode {
                    Mode::Live => self.latency.load(Ordering::Acquire),
                    Mode::Whole => 0,
                };
                let own = gst::ClockTime::from_nseconds(own);
                query.set(live, least + own, most.map(|most| most + own));
                true
            }
            _ => gst::Pad::query_default(pad, Some(&*self.obj()), query),
        }
    }
}
