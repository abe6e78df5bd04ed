// SPDX-License-Identifier: MPL-2.0
use super::latest::Latest;
use super::message::Times;
use super::plan::Plan;
use super::settings::Settings;
use super::stream::{Audio, Stream, Told, frames_between};
use super::summary::Whole;
use auris_support::result_sink::{ResultSink, lock};
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_audio::subclass::prelude::*;
use gst_base::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "aurisspectrum",
        gst::DebugColorFlags::empty(),
        Some("Spectrum analyser"),
    )
});

/// A gap that is longer than this is a mistake, and would be silence without end.
const LONGEST_GAP: gst::ClockTime = gst::ClockTime::from_seconds(24 * 3600);

/// The settings, and how many times they were changed.
#[derive(Default, Clone, Copy)]
struct Current {
    settings: Settings,
    change: u64,
}

#[derive(Default)]
pub struct Spectrum {
    current: Mutex<Current>,
    /// What is analysed, for who plans. It is written before the settings are read, and they are
    /// written before it is read: of two who plan at once, one sees the newer of both.
    info: Mutex<Option<gst_audio::AudioInfo>>,
    /// A plan that the streaming thread has not taken yet.
    next: Mutex<Option<Box<Plan>>>,
    /// Counts whatever the streaming thread should look at before the next buffer.
    news: AtomicU64,
    /// Taken out by the streaming thread while it works: no lock is held meanwhile.
    stream: Mutex<Option<Box<Stream>>>,
    segment: Mutex<Option<gst::FormattedSegment<gst::ClockTime>>>,
    flushed: AtomicBool,
    results: ResultSink,
    latest: Mutex<Latest>,
    whole: Mutex<Whole>,
}

#[glib::object_subclass]
impl ObjectSubclass for Spectrum {
    const NAME: &'static str = "AurisSpectrum";
    type Type = super::Spectrum;
    type ParentType = gst_audio::AudioFilter;

    fn class_init(class: &mut Self::Class) {
        auris_support::lean::leave_buffers_to_parent(class);
        auris_support::lean::leave_before_transform_to_parent(class);
    }
}

impl Spectrum {
    /// A plan for what is analysed, by the settings of now; `None` where nothing is.
    fn plan(&self) -> Option<Result<Box<Plan>, String>> {
        let info = lock(&self.info).clone()?;
        let Current { settings, change } = *lock(&self.current);
        Some(Plan::new(info, settings, change).map(Box::new))
    }

    /// Prepares for settings that were changed, in the thread of who changed them.
    fn replan(&self) {
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
    }

    fn warn(&self, text: &str) {
        gst::element_imp_warning!(self, gst::LibraryError::Settings, ("{text}"));
    }

    /// Lets `work` have the stream, with what was set and prepared since the last time; nobody has
    /// the lock meanwhile. What it tells is posted.
    fn with_stream(&self, work: impl FnOnce(&mut Stream, &mut dyn FnMut(Told<'_>))) {
        let Some(mut stream) = lock(&self.stream).take() else {
            return;
        };
        self.refresh(&mut stream);
        work(&mut stream, &mut |told| self.tell(told));
        if stream.must_warn() {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Decode,
                ("Samples that are no numbers (NaN or infinite) are analysed as silence; check what is upstream")
            );
        }
        *lock(&self.stream) = Some(stream);
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
            lock(&self.whole).push(shape, &times, told.values);
        }
        let at = times.presented().filter(|_| told.settings.sync);
        let element = self.obj();
        self.results.post_draft(element.upcast_ref(), draft, at);
    }

    /// The stream has ended.
    fn end(&self) {
        self.with_stream(Stream::finish);
        let whole = std::mem::take(&mut *lock(&self.whole));
        if let Some(summary) = whole.structure() {
            self.results.post(self.obj().upcast_ref(), summary, None);
        }
    }

    /// A long gap must not keep a flush waiting.
    fn is_flushing(&self) -> bool {
        let flags = self.obj().sink_pad().pad_flags();
        flags.contains(gst::PadFlags::FLUSHING)
    }

    /// A GAP event counts as silence as long as it says.
    fn gap(&self, gap: &gst::event::Gap) {
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
}

impl ObjectImpl for Spectrum {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut properties = Settings::specs();
            properties.push(
                glib::ParamSpecBoxed::builder::<gst::Structure>("last-result")
                    .nick("Last result")
                    .blurb("The latest result, as posted on the bus")
                    .read_only()
                    .build(),
            );
            properties
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let same_plan = {
            let mut current = lock(&self.current);
            let before = current.settings;
            current.settings.set(pspec.name(), value);
            current.change += 1;
            before.same_plan(&current.settings)
        };
        if !same_plan {
            self.replan();
        }
        self.news.fetch_add(1, Ordering::AcqRel);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let settings = lock(&self.current).settings;
        match settings.get(pspec.name()) {
            Some(value) => value,
            None => lock(&self.latest).structure().to_value(),
        }
    }
}

impl GstObjectImpl for Spectrum {}

impl ElementImpl for Spectrum {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Spectrum analyser",
                "Filter/Analyzer/Audio",
                "Tells the spectrum, mel bands, cepstra and other features of what passes through",
                "The auris authors",
            )
        });
        Some(&METADATA)
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::PlayingToPaused {
            self.results.pause();
        }
        let changed = self.parent_change_state(transition)?;
        if transition == gst::StateChange::PausedToPlaying {
            self.results.resume(self.obj().upcast_ref());
        }
        Ok(changed)
    }
}

impl BaseTransformImpl for Spectrum {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.latest) = Latest::default();
        *lock(&self.whole) = Whole::default();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.results.cancel();
        *lock(&self.info) = None;
        *lock(&self.stream) = None;
        *lock(&self.next) = None;
        *lock(&self.segment) = None;
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let flags = buffer.flags();
        let discont = flags.contains(gst::BufferFlags::DISCONT);
        let Ok(map) = buffer.map_readable() else {
            gst::element_imp_error!(
                self,
                gst::ResourceError::Read,
                ("Cannot map a buffer for reading")
            );
            return Err(gst::FlowError::Error);
        };
        let gap = flags.contains(gst::BufferFlags::GAP);
        self.with_stream(|stream, tell| {
            if discont {
                stream.discontinuity(tell);
            }
            let audio = match gap {
                true => Audio::Silence(stream.frames_of(&map)),
                false => Audio::Samples(&map),
            };
            stream.feed(audio, buffer.pts(), &|| true, tell);
        });
        Ok(gst::FlowSuccess::Ok)
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        use gst::EventView;
        match event.view() {
            EventView::Segment(segment) => {
                let time = segment.segment().downcast_ref::<gst::ClockTime>();
                *lock(&self.segment) = time.cloned();
            }
            EventView::Gap(gap) => self.gap(gap),
            EventView::Eos(_) => self.end(),
            EventView::FlushStart(_) => self.results.cancel(),
            EventView::FlushStop(_) => {
                // What was under way when the flush began may have scheduled more since.
                self.results.cancel();
                *lock(&self.whole) = Whole::default();
                self.flushed.store(true, Ordering::Release);
                self.news.fetch_add(1, Ordering::AcqRel);
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn src_event(&self, event: gst::Event) -> bool {
        if let gst::EventView::Latency(latency) = event.view() {
            self.results.set_latency(latency.latency());
        }
        self.parent_src_event(event)
    }
}

impl AudioFilterImpl for Spectrum {
    fn allowed_caps() -> &'static gst::Caps {
        static CAPS: LazyLock<gst::Caps> = LazyLock::new(|| {
            gst_audio::AudioCapsBuilder::new_interleaved()
                .format_list([
                    gst_audio::AUDIO_FORMAT_S16,
                    gst_audio::AUDIO_FORMAT_S24,
                    gst_audio::AUDIO_FORMAT_S32,
                    gst_audio::AUDIO_FORMAT_F32,
                    gst_audio::AUDIO_FORMAT_F64,
                ])
                .build()
        });
        &CAPS
    }

    fn setup(&self, info: &gst_audio::AudioInfo) -> Result<(), gst::LoggableError> {
        // What is left of the audio before is told.
        self.with_stream(Stream::finish);
        *lock(&self.info) = Some(info.clone());
        let plan = match self.plan() {
            Some(Ok(plan)) => plan,
            Some(Err(reason)) => {
                *lock(&self.stream) = None;
                return Err(gst::loggable_error!(CAT, "{reason}"));
            }
            None => return Ok(()),
        };
        *lock(&self.stream) = Some(Box::new(Stream::new(plan)));
        self.news.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }
}
