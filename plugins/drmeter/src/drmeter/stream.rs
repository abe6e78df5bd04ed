// SPDX-License-Identifier: MPL-2.0
//! One measurement: everything between two results that are final.
use super::message::{self, Reason};
use super::settings::Settings;
use auris_dsp::checksum::PcmMd5;
use auris_dsp::decibel;
use auris_dsp::dr14::{Config, Measurement, Meter, Report};
use auris_dsp::loudness::{Loudness, LoudnessMeter};
use auris_support::clip::{duration_of, frame_at};
use auris_support::layout;
use auris_support::planes::Planes;
use gst_audio::{AudioInfo, AudioLayout};

/// Jumps in time that are remembered, so that a broken stream cannot fill the memory.
const MAX_ANCHORS: usize = 4096;

/// Timestamps that differ by less than this from what was to be expected are no jump.
const TOLERANCE: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// The segment that timestamps belong to.
pub type Segment = gst::FormattedSegment<gst::ClockTime>;

/// A moment as the application knows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub stream_time: Option<gst::ClockTime>,
    pub running_time: Option<gst::ClockTime>,
}

/// What is measured.
pub enum Audio<'a> {
    Samples(&'a Planes<'a>),
    /// That many frames of value 0.
    Silence(u64),
}

impl Audio<'_> {
    pub fn frames(&self) -> u64 {
        match self {
            Audio::Samples(planes) => planes.frames(),
            Audio::Silence(frames) => *frames,
        }
    }
}

/// Where a jump in time leads to.
struct Anchor {
    /// Frames pushed before it.
    at: u64,
    pts: gst::ClockTime,
    segment: Segment,
}

/// A provisional result.
pub struct Due {
    pub result: gst::Structure,
    /// Running time of the end of what it describes.
    pub at: Option<gst::ClockTime>,
}

/// A final result.
pub struct Final {
    pub result: gst::Structure,
    pub tags: Option<gst::TagList>,
    pub measurement: Measurement,
}

/// One measurement that is under way.
pub struct Stream {
    info: AudioInfo,
    names: Vec<String>,
    lfe: Vec<bool>,
    meter: Meter,
    loudness: Option<LoudnessMeter>,
    md5: Option<PcmMd5>,
    /// The beginning, and wherever time jumped since.
    anchors: Vec<Anchor>,
    /// Index of the first frame in the whole.
    origin: u64,
    /// Frames pushed, trimmed ones included.
    pushed: u64,
    warned: bool,
}

impl Stream {
    /// A measurement of audio as `info` describes it.
    ///
    /// # Errors
    /// A sentence, if loudness is wanted of audio that it is not defined for.
    pub fn new(info: &AudioInfo, settings: &Settings) -> Result<Self, String> {
        let format = layout::sample_format(info.format())
            .ok_or_else(|| format!("sample format {} is not measured", info.format()))?;
        let channels = info.channels() as usize;
        let rate = info.rate();
        let loudness = (!settings.loudness.is_empty())
            .then(|| {
                let weights = layout::loudness_weights(info);
                LoudnessMeter::new(format, rate, &weights, settings.loudness.into())
            })
            .transpose()?;
        let config = Config {
            planar: info.layout() == AudioLayout::NonInterleaved,
            origin: settings.first_frame,
            window: frame_at(gst::ClockTime::from_nseconds(settings.window), rate),
            edge_trim: settings
                .edge_trim
                .then(|| decibel::to_amplitude(settings.edge_threshold)),
            ..Config::new(format, rate, channels)
        };
        Ok(Stream {
            info: info.clone(),
            names: layout::channel_names(info),
            lfe: layout::lfe_channels(info),
            meter: Meter::new(config),
            loudness,
            md5: settings.checksum.then(|| PcmMd5::new(format)),
            anchors: Vec::with_capacity(16),
            origin: settings.first_frame,
            pushed: 0,
            warned: false,
        })
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Notes where the next frames stand in time.
    pub fn note_time(&mut self, pts: Option<gst::ClockTime>, segment: Option<&Segment>) {
        let (Some(pts), Some(segment)) = (pts, segment) else {
            return;
        };
        let goes_on = self.anchors.last().is_some_and(|last| {
            last.segment == *segment
                && self
                    .position(last, self.pushed)
                    .is_some_and(|expected| expected.absdiff(pts) <= TOLERANCE)
        });
        if !goes_on && self.anchors.len() < MAX_ANCHORS {
            self.anchors.push(Anchor {
                at: self.pushed,
                pts,
                segment: segment.clone(),
            });
        }
    }

    /// Adds the frames `from..to` of `audio`, or as many of them as the next provisional result
    /// needs, which falls due at a fixed frame however the stream is cut into buffers. Returns how
    /// many.
    pub fn push(&mut self, audio: &Audio<'_>, from: u64, to: u64, settings: &Settings) -> u64 {
        let most = to.saturating_sub(from);
        let mut frames = interval_frames(settings, self.info.rate())
            .map_or(most, |step| most.min(step - self.pushed % step));
        match audio {
            Audio::Samples(planes) => {
                let part = planes.range(from, from + frames);
                self.meter.push(part.as_slices());
                if let Some(loudness) = &mut self.loudness {
                    loudness.push(part.as_slices());
                }
                if let Some(md5) = &mut self.md5 {
                    md5.push(part.as_slices());
                }
            }
            Audio::Silence(_) => {
                // A second at a time, so that others get their turn during a long gap.
                frames = frames.min(u64::from(self.info.rate()));
                self.meter.push_silence(frames);
                if let Some(loudness) = &mut self.loudness {
                    loudness.push_silence(frames);
                }
                if let Some(md5) = &mut self.md5 {
                    md5.push_silence(frames.saturating_mul(u64::from(self.info.channels())));
                }
            }
        }
        self.pushed += frames;
        frames
    }

    /// The provisional result, if one is due after what was pushed last.
    pub fn due(&self, settings: &Settings) -> Option<Due> {
        let step = interval_frames(settings, self.info.rate())?;
        if self.pushed == 0 || !self.pushed.is_multiple_of(step) {
            return None;
        }
        let report = self.meter.report(&settings.options(&self.lfe, false));
        Some(Due {
            result: self.structure(
                &report,
                Reason::Interval,
                self.meter.skipped(),
                self.loudness.as_ref().map(|l| l.read()),
            ),
            at: self.times_at(self.pushed).running_time,
        })
    }

    /// True once, when a sample that is no number was seen.
    pub fn must_warn(&mut self) -> bool {
        let odd = !self.warned && self.meter.has_non_finite();
        self.warned |= odd;
        odd
    }

    /// Where in `anchor`'s segment the frame `pushed` of the measurement stands.
    fn position(&self, anchor: &Anchor, pushed: u64) -> Option<gst::ClockTime> {
        let since = pushed.saturating_sub(anchor.at);
        anchor.pts.checked_add(duration_of(since, self.info.rate()))
    }

    /// When the frame `pushed` of the measurement, trimmed ones included, is heard.
    fn times_at(&self, pushed: u64) -> Times {
        let after = self.anchors.partition_point(|anchor| anchor.at <= pushed);
        let anchor = after.checked_sub(1).and_then(|i| self.anchors.get(i));
        anchor
            .and_then(|anchor| {
                let position = self.position(anchor, pushed)?;
                Some(Times {
                    stream_time: anchor.segment.to_stream_time(position),
                    running_time: anchor.segment.to_running_time(position),
                })
            })
            .unwrap_or_default()
    }

    /// Ends the measurement.
    pub fn finish(mut self, reason: Reason, settings: &Settings) -> Final {
        let rate = self.info.rate();
        let channels = self.info.channels() as usize;
        let format = self.meter.config().format;
        let empty = Meter::new(Config::new(format, rate, channels));
        let skipped = self.meter.skipped();
        let measurement = std::mem::replace(&mut self.meter, empty).finish();
        let report = measurement.report(&settings.options(&self.lfe, true));
        let loudness = self.loudness.as_ref().map(|l| l.read());
        let tags = settings.tags.then(|| message::tags(&report, loudness));
        Final {
            result: self.structure(&report, reason, skipped, loudness),
            tags: tags.flatten(),
            measurement,
        }
    }

    fn structure(
        &self,
        report: &Report,
        reason: Reason,
        skipped: u64,
        loudness: Option<Loudness>,
    ) -> gst::Structure {
        // From the index of a frame in the whole to the number of frames pushed before it.
        let times_of = |frame: u64| {
            let pushed = frame.saturating_sub(self.origin).saturating_add(skipped);
            self.times_at(pushed)
        };
        message::structure(&message::Parts {
            reason,
            report,
            names: &self.names,
            start: times_of(report.first),
            block_time: &|frame| times_of(frame).stream_time,
            loudness,
            md5: self.md5.as_ref().map(|m| m.read()),
        })
    }
}

/// Frames between two provisional results; `None` where none are wanted.
fn interval_frames(settings: &Settings, rate: u32) -> Option<u64> {
    let interval = gst::ClockTime::from_nseconds(settings.interval);
    // Less than one frame apart would be a result per frame and more.
    (settings.interval > 0).then(|| frame_at(interval, rate).max(1))
}
