// SPDX-License-Identifier: MPL-2.0
//! The way of the audio through the element.
use super::imp::{CAT, ParaEq};
use super::stream::Stream;
use auris_eq::equaliser::Pace;
use auris_support::result_sink::lock;
use gst::{prelude::*, subclass::prelude::*};
use gst_base::prelude::*;
use std::sync::atomic::Ordering;

/// Frames per buffer of what leaves at an end.
const TAIL: usize = 4096;

impl ParaEq {
    /// Lets the streaming thread work on the stream, if there is one.
    pub(super) fn with_stream<T>(&self, work: impl FnOnce(&mut Stream) -> T) -> Option<T> {
        let mut stream = lock(&self.stream).take()?;
        let result = work(&mut stream);
        *lock(&self.stream) = Some(stream);
        Some(result)
    }

    /// Pushes whole frames that follow what has left.
    fn push(&self, stream: &mut Stream, bytes: Vec<u8>) -> Result<(), gst::FlowError> {
        let frames = stream.frames_of(bytes.len());
        if frames > 0 {
            let mut buffer = gst::Buffer::from_mut_slice(bytes);
            stream.stamp(buffer.make_mut(), frames);
            self.obj().src_pad().push(buffer)?;
        }
        Ok(())
    }

    /// Pushes what linear phase holds back, and forgets it.
    pub(super) fn drain(&self, stream: &mut Stream) {
        if !stream.is_delayed() {
            return;
        }
        while stream.pending() > 0 {
            let bytes = stream.tail(TAIL);
            if self.push(stream, bytes).is_err() {
                // Flushing or at an end: nobody wants the rest.
                break;
            }
        }
        stream.reset();
        self.publish_latency(stream.latency());
    }

    pub(super) fn drain_stream(&self) {
        self.with_stream(|stream| self.drain(stream));
    }

    pub(super) fn publish_latency(&self, latency: gst::ClockTime) {
        let before = self.latency.swap(latency.nseconds(), Ordering::AcqRel);
        if before != latency.nseconds() {
            gst::debug!(CAT, imp = self, "latency is {latency}");
            let element = self.obj();
            let message = gst::message::Latency::builder().src(&*element).build();
            // It fails only where nobody listens.
            let _ = element.post_message(message);
        }
    }

    /// What has to be done ahead of a buffer: whether it goes past untouched.
    pub(super) fn prepare(&self, stream: &mut Stream, buffer: &gst::BufferRef) -> bool {
        if stream.jumps(buffer) {
            self.drain(stream);
        }
        if !stream.follow(&self.bands, Pace::Ramp) && stream.set_out() {
            self.publish_latency(stream.latency());
            if stream.jumps(buffer) {
                self.drain(stream);
            }
        }
        stream.prepare(&self.obj(), buffer)
    }

    pub(super) fn filter(
        &self,
        stream: &mut Stream,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let gap = buffer.flags().contains(gst::BufferFlags::GAP);
        let segment = match stream.is_controlled() {
            true => lock(&self.segment).clone(),
            false => None,
        };
        let changing = stream.is_changing();
        let (finite, frames) = {
            let mut map = buffer.map_writable().map_err(|_| {
                gst::element_imp_error!(
                    self,
                    gst::ResourceError::Write,
                    ("Cannot map a buffer for writing")
                );
                gst::FlowError::Error
            })?;
            if gap {
                map.fill(0);
            }
            let done = stream.process(&self.obj(), &self.bands, segment.as_ref(), &mut map);
            if gap && map.iter().any(|byte| *byte != 0) {
                drop(map);
                buffer.unset_flags(gst::BufferFlags::GAP);
            }
            done
        };
        if changing && !stream.is_changing() {
            self.publish_latency(stream.latency());
        }
        if !finite && stream.must_warn() {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Decode,
                ("Samples that are no numbers (NaN or infinite) are taken for silence; check what is upstream")
            );
        }
        let after = stream.take_after();
        if stream.is_delayed() || !after.is_empty() {
            let early = stream.drop_early(frames);
            let from = early as usize * stream.frame_bytes();
            let to = frames as usize * stream.frame_bytes();
            if !after.is_empty() {
                let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
                self.push(stream, map[from..to].to_vec())?;
                self.push(stream, after)?;
                return Ok(gst_base::BASE_TRANSFORM_FLOW_DROPPED);
            }
            if early == frames {
                return Ok(gst_base::BASE_TRANSFORM_FLOW_DROPPED);
            }
            buffer.resize(from..to).map_err(|_| gst::FlowError::Error)?;
            stream.stamp(buffer, frames - early);
        }
        Ok(gst::FlowSuccess::Ok)
    }
}
