// SPDX-License-Identifier: MPL-2.0
//! Which frames of a buffer lie in the segment, that is: would be heard.
use std::ops::Range;

/// The frames of a buffer (or gap) of `frames` frames at `pts` that lie in `segment`.
///
/// Times are rounded to the nearest frame, so a nanosecond lost on the way never costs a sample.
/// Everything counts where there is nothing to compare: another format, or no timestamp.
pub fn frames_in_segment(
    segment: Option<&gst::FormattedSegment<gst::ClockTime>>,
    pts: Option<gst::ClockTime>,
    frames: u64,
    rate: u32,
) -> Range<u64> {
    let (Some(segment), Some(pts)) = (segment, pts) else {
        return 0..frames;
    };
    let at = frame_at(pts, rate);
    let start = segment.start().map_or(0, |start| frame_at(start, rate));
    let skip = start.saturating_sub(at).min(frames);
    let end = match segment.stop() {
        Some(stop) => frame_at(stop, rate).saturating_sub(at).min(frames),
        None => frames,
    };
    skip..end.max(skip)
}

/// The frame nearest to a time.
pub fn frame_at(time: gst::ClockTime, rate: u32) -> u64 {
    let frames = u128::from(time.nseconds()) * u128::from(rate) + 500_000_000;
    u64::try_from(frames / 1_000_000_000).unwrap_or(u64::MAX)
}

/// How long `frames` frames take.
pub fn duration_of(frames: u64, rate: u32) -> gst::ClockTime {
    let rate = rate.max(1);
    // Days of audio fit into 64 bits, whose division is far quicker.
    let ns = match frames.checked_mul(1_000_000_000) {
        Some(product) => product / u64::from(rate),
        None => {
            let ns = u128::from(frames) * 1_000_000_000 / u128::from(rate);
            u64::try_from(ns).unwrap_or(u64::MAX)
        }
    };
    // One below the value that means "none".
    gst::ClockTime::from_nseconds(ns.min(u64::MAX - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_of_timestamps_never_costs_a_frame() {
        gst::init().unwrap();
        for rate in [8_000, 44_100, 48_000, 192_000] {
            for frame in [0u64, 1, 2, 1_234_567, 10_000_000_001] {
                let at = duration_of(frame, rate);
                assert_eq!(frame_at(at, rate), frame);
                let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
                segment.set_start(at);
                segment.set_stop(duration_of(frame + 100, rate));
                let before = frame.min(10);
                let pts = duration_of(frame - before, rate);
                let kept = frames_in_segment(Some(&segment), Some(pts), 1000, rate);
                assert_eq!(kept, before..before + 100);
            }
        }
    }

    #[test]
    fn a_buffer_outside_gives_nothing() {
        gst::init().unwrap();
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_start(gst::ClockTime::from_seconds(10));
        let kept = frames_in_segment(Some(&segment), Some(gst::ClockTime::ZERO), 100, 48_000);
        assert!(kept.is_empty());
        assert_eq!(frames_in_segment(Some(&segment), None, 100, 48_000), 0..100);
    }
}
