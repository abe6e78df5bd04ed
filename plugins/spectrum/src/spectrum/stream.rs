// SPDX-License-Identifier: MPL-2.0
//! What the streaming thread works on.
use super::analysis::{Analysis, Event};
use super::feature_pad::FeaturePad;
use super::message::{Publisher, Values};
use super::plan::{Path, Plan};
use super::settings::Settings;
use auris_support::clip::{duration_of, frame_at};

/// Timestamps that differ by less than this from what was to be expected are no jump.
const TOLERANCE: gst::ClockTime = gst::ClockTime::from_mseconds(20);

/// What is analysed.
#[derive(Clone, Copy)]
pub enum Audio<'a> {
    /// Interleaved.
    Samples(&'a [u8]),
    /// That many frames of value 0.
    Silence(u64),
}

/// Frames that a result is of, counted from where the analysis began.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub start: u64,
    pub frames: u64,
}

/// A result.
pub struct Told<'a> {
    pub settings: &'a Settings,
    pub publisher: &'a mut Publisher,
    pub timestamp: Option<gst::ClockTime>,
    /// In ns.
    pub duration: u64,
    pub values: &'a dyn Values,
}

/// One stream of one kind of audio.
pub struct Stream {
    pub plan: Box<Plan>,
    /// As of the latest buffer.
    settings: Settings,
    /// How much of the element's news was seen.
    pub news: u64,
    /// For frames by themselves.
    pub pads: Vec<FeaturePad>,
    place: Place,
    warned: bool,
}

/// Where the analysis stands in time.
#[derive(Default)]
struct Place {
    /// Of the first frame of the interval, where gst-plugins-good has it.
    timestamp: Option<gst::ClockTime>,
    /// Frames of the interval.
    frames: u64,
    /// Frames since the analysis began.
    total: u64,
    /// A frame, and its timestamp.
    anchor: Option<(u64, gst::ClockTime)>,
}

impl Place {
    /// Audio begins that has this timestamp.
    fn begin(&mut self, timestamp: Option<gst::ClockTime>, rate: u32) {
        if self.frames == 0 {
            self.timestamp = timestamp;
        }
        let Some(timestamp) = timestamp else { return };
        let expected = self.time_of(self.total, rate);
        if expected.is_none_or(|expected| expected.absdiff(timestamp) > TOLERANCE) {
            self.anchor = Some((self.total, timestamp));
        }
    }

    /// When a frame is.
    fn time_of(&self, frame: u64, rate: u32) -> Option<gst::ClockTime> {
        let (at, time) = self.anchor?;
        match frame.checked_sub(at) {
            Some(since) => time.checked_add(duration_of(since, rate)),
            None => Some(time.saturating_sub(duration_of(at - frame, rate))),
        }
    }
}

impl Stream {
    pub fn new(plan: Box<Plan>) -> Self {
        Stream {
            settings: plan.settings,
            news: 0,
            pads: Vec::new(),
            place: Place::default(),
            warned: false,
            plan,
        }
    }

    /// Goes on with another plan, from the beginning of an interval. Pads do not notice where nothing
    /// but results changes; otherwise what they wait for, and is complete, goes out.
    pub fn replace(&mut self, mut plan: Box<Plan>) {
        if !plan.take_over(&mut self.plan) {
            self.analyse(0, &mut |_| {}, Analysis::interrupt);
            self.interrupt();
        }
        self.plan = plan;
    }

    /// What comes does not follow what came.
    fn interrupt(&mut self) {
        self.place = Place::default();
        self.pads.iter_mut().for_each(FeaturePad::interrupt);
    }

    /// Takes over what needs no other plan.
    pub fn set_live(&mut self, settings: Settings) {
        self.settings = settings;
        match &mut self.plan.path {
            Path::Classic(path) => path.set_live(&settings),
            Path::Analysis(path) => path.set_live(&settings),
        }
    }

    /// Forgets what was heard.
    pub fn reset(&mut self) {
        match &mut self.plan.path {
            Path::Classic(path) => path.reset(),
            Path::Analysis(path) => path.reset(),
        }
        self.place = Place::default();
    }

    /// When the audio so far ends.
    pub fn end(&self) -> Option<gst::ClockTime> {
        let rate = self.plan.info.rate();
        match &self.plan.path {
            Path::Classic(_) => {
                let interval = duration_of(self.place.frames, rate);
                self.place.timestamp?.checked_add(interval)
            }
            Path::Analysis(_) => self.place.time_of(self.place.total, rate),
        }
    }

    /// Whole frames in a buffer.
    pub fn frames_of(&self, bytes: &[u8]) -> u64 {
        (bytes.len() / self.plan.info.bpf().max(1) as usize) as u64
    }

    /// What comes does not follow what came.
    pub fn discontinuity(&mut self, tell: &mut dyn FnMut(Told<'_>)) {
        if let Path::Classic(path) = &mut self.plan.path {
            path.discontinuity();
        }
        self.finish(tell);
        self.interrupt();
    }

    /// Analyses audio that begins at `timestamp`, and tells each result. `goes_on` is asked now and
    /// then during long silences.
    pub fn feed(
        &mut self,
        audio: Audio<'_>,
        timestamp: Option<gst::ClockTime>,
        goes_on: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Told<'_>),
    ) {
        self.place.begin(timestamp, self.plan.info.rate());
        match self.plan.path {
            Path::Classic(_) => self.feed_classic(audio, goes_on, tell),
            Path::Analysis(_) => self.feed_analysis(audio, goes_on, tell),
        }
    }

    fn feed_classic(
        &mut self,
        mut audio: Audio<'_>,
        goes_on: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Told<'_>),
    ) {
        let rate = self.plan.info.rate();
        let Plan {
            path: Path::Classic(path),
            publisher,
            info,
            settings: planned,
            ..
        } = &mut *self.plan
        else {
            return;
        };
        loop {
            let taken = match &mut audio {
                Audio::Samples(bytes) => {
                    let taken = path.push(bytes);
                    let used = taken.frames * info.bpf() as usize;
                    *bytes = bytes.get(used..).unwrap_or_default();
                    taken
                }
                Audio::Silence(frames) => {
                    let taken = path.push_silence(*frames);
                    *frames -= taken.frames as u64;
                    taken
                }
            };
            let place = &mut self.place;
            place.frames += taken.frames as u64;
            if !taken.due {
                return;
            }
            if self.settings.post_messages {
                tell(Told {
                    settings: &self.settings,
                    publisher,
                    timestamp: place.timestamp,
                    duration: planned.interval,
                    values: &**path,
                });
            }
            let took = duration_of(place.frames, rate);
            place.timestamp = place.timestamp.and_then(|start| start.checked_add(took));
            place.frames = 0;
            if matches!(audio, Audio::Silence(_)) && !goes_on() {
                return;
            }
        }
    }

    fn feed_analysis(
        &mut self,
        audio: Audio<'_>,
        goes_on: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Told<'_>),
    ) {
        let rate = self.plan.info.rate();
        let frame = self.plan.info.bpf() as usize;
        let begins = self.place.time_of(self.place.total, rate);
        match audio {
            Audio::Samples(bytes) => {
                self.analyse((bytes.len() / frame) as u64, tell, |path, tell| {
                    path.push(bytes, frame, tell);
                });
            }
            Audio::Silence(mut frames) => {
                while frames > 0 && goes_on() {
                    let now = frames.min(u64::from(rate));
                    self.analyse(now, tell, |path, tell| path.push_silence(now, tell));
                    frames -= now;
                }
            }
        }
        if let Path::Analysis(path) = &self.plan.path {
            for pad in &mut self.pads {
                pad.preroll(path.layout(), begins);
            }
        }
    }

    /// What belongs together has ended: what of it was not told yet is told. gst-plugins-good's
    /// element does not.
    pub fn finish(&mut self, tell: &mut dyn FnMut(Told<'_>)) {
        if matches!(self.plan.path, Path::Analysis(_)) {
            self.analyse(0, tell, Analysis::finish);
            self.place = Place::default();
        }
    }

    fn analyse(
        &mut self,
        frames: u64,
        tell: &mut dyn FnMut(Told<'_>),
        work: impl FnOnce(&mut Analysis, &mut dyn FnMut(Event<'_>)),
    ) {
        let rate = self.plan.info.rate();
        let Plan {
            path: Path::Analysis(path),
            publisher,
            ..
        } = &mut *self.plan
        else {
            return;
        };
        let (settings, place, pads) = (&self.settings, &self.place, &mut self.pads);
        for pad in pads.iter_mut().filter(|pad| !pad.is_wanted()) {
            pad.interrupt();
        }
        path.set_sends(pads.iter().any(FeaturePad::is_wanted));
        let layout = path.layout().clone();
        let hop = duration_of(layout.hop as u64, rate);
        work(path, &mut |event| match event {
            Event::Frame(start, values) => {
                let pts = place.time_of(start, rate);
                for pad in pads.iter_mut() {
                    pad.push(&layout, values, pts, hop);
                }
            }
            Event::Result(span, values) if settings.post_messages => {
                let end = duration_of(span.start.saturating_add(span.frames), rate);
                tell(Told {
                    settings,
                    publisher,
                    timestamp: place.time_of(span.start, rate),
                    // Rounding ends, not lengths, leaves no gaps between results.
                    duration: end.saturating_sub(duration_of(span.start, rate)).nseconds(),
                    values,
                });
            }
            Event::Result(..) => {}
        });
        self.place.total += frames;
    }

    /// True once, when a sample that is no number was seen.
    pub fn must_warn(&mut self) -> bool {
        let seen = match &self.plan.path {
            Path::Classic(path) => path.non_finite(),
            Path::Analysis(path) => path.non_finite(),
        };
        let odd = !self.warned && seen > 0;
        self.warned |= odd;
        odd
    }
}

/// Frames of a gap: rounding its ends, not its length, keeps many small ones from adding up to an
/// error.
pub fn frames_between(start: gst::ClockTime, end: gst::ClockTime, rate: u32) -> u64 {
    frame_at(end, rate).saturating_sub(frame_at(start, rate))
}
