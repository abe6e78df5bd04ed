// SPDX-License-Identifier: MPL-2.0
use super::load::{self, Loaded};
use super::message::{self, Reason};
use super::outlet::{Outlet, Unattached};
use super::output::{Halt, Sink};
use super::settings::{self, Settings, Texts};
use super::stream::{Analysis, Audio};
use super::times::Segment;
use auris_support::clip::{frame_at, frames_in_segment};
use auris_support::layout;
use auris_support::planes::Planes;
use auris_support::result_sink::{ResultSink, lock};
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_audio::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::GenerateOutputSuccess;
use std::sync::{Arc, LazyLock, Mutex};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "clapembed",
        gst::DebugColorFlags::empty(),
        Some("CLAP embeddings"),
    )
});

/// A gap that is longer than this is a mistake, and would be silence without end.
const LONGEST_GAP: gst::ClockTime = gst::ClockTime::from_seconds(24 * 3600);

/// What the streaming thread knows. It takes out what it works on, so that nobody waits for it.
#[derive(Default)]
struct Input {
    segment: Option<Segment>,
    info: Option<gst_audio::AudioInfo>,
    analysis: Option<Box<Analysis>>,
    /// The latest tags from upstream.
    tags: Option<gst::TagList>,
    /// Audio that runs backwards was told of.
    backwards: bool,
}

#[derive(Default)]
pub struct ClapEmbed {
    settings: Mutex<Settings>,
    texts: Mutex<Texts>,
    loaded: Mutex<Option<Arc<Loaded>>>,
    input: Mutex<Input>,
    results: ResultSink,
    unattached: Unattached,
}

#[glib::object_subclass]
impl ObjectSubclass for ClapEmbed {
    const NAME: &'static str = "AurisClapEmbed";
    type Type = super::ClapEmbed;
    type ParentType = gst_audio::AudioFilter;
}

impl ClapEmbed {
    fn settings(&self) -> Settings {
        *lock(&self.settings)
    }

    fn outlet(&self, settings: Settings) -> Outlet<'_> {
        Outlet {
            element: self.obj().clone().upcast(),
            results: &self.results,
            unattached: &self.unattached,
            settings,
        }
    }

    /// Wakes the streaming thread, and forgets what it waits for.
    fn cancel(&self) {
        let loaded = lock(&self.loaded).clone();
        if let Some(loaded) = loaded {
            loaded.queue.cancel();
        }
        self.results.cancel();
    }

    /// The stream that is under way, or one that begins now: every property set before counts.
    fn take_analysis(&self, settings: Settings) -> Result<Option<Box<Analysis>>, Halt> {
        let info = {
            let mut input = lock(&self.input);
            if let Some(mut analysis) = input.analysis.take() {
                analysis.update(&settings);
                return Ok(Some(analysis));
            }
            input.info.clone()
        };
        let loaded = lock(&self.loaded).clone();
        let (Some(info), Some(loaded)) = (info, loaded) else {
            return Ok(None);
        };
        let analysis = Analysis::new(&info, &loaded, settings).map_err(Halt::Failed)?;
        gst::debug!(CAT, imp = self, "a stream begins: {info:?}");
        Ok(Some(Box::new(analysis)))
    }

    /// Takes in what lies in the segment.
    fn feed(&self, audio: &Audio<'_>, pts: Option<gst::ClockTime>, rate: u32) -> Result<(), Halt> {
        let settings = self.settings();
        let segment = lock(&self.input).segment.clone();
        if segment.as_ref().is_some_and(|segment| segment.rate() < 0.0) {
            if !std::mem::replace(&mut lock(&self.input).backwards, true) {
                gst::element_imp_warning!(
                    self,
                    gst::StreamError::Failed,
                    ("Audio that is played backwards is not embedded")
                );
            }
            return Ok(());
        }
        let heard = frames_in_segment(segment.as_ref(), pts, audio.frames(), rate);
        if heard.is_empty() {
            return Ok(());
        }
        let Some(mut analysis) = self.take_analysis(settings)? else {
            return Ok(());
        };
        let offset = auris_support::clip::duration_of(heard.start, rate);
        let pts = pts.and_then(|pts| pts.checked_add(offset));
        let range = (heard.start, heard.end);
        analysis.push(
            audio,
            range,
            pts,
            segment.as_ref(),
            &mut self.outlet(settings),
        )?;
        if analysis.must_warn() {
            gst::element_imp_warning!(
                self,
                gst::StreamError::Decode,
                ("Samples that are no numbers (NaN or infinite) are counted as silence; check what is upstream")
            );
        }
        lock(&self.input).analysis = Some(analysis);
        Ok(())
    }

    fn embed(&self, buffer: &gst::BufferRef) -> Result<(), Halt> {
        let Some(info) = lock(&self.input).info.clone() else {
            return Ok(());
        };
        let map = buffer.map_readable().map_err(|_| {
            Halt::Failed(gst::error_msg!(
                gst::ResourceError::Read,
                ("Cannot map a buffer for reading")
            ))
        })?;
        let planes = Planes::new(buffer, &map, &info).map_err(|bad| {
            Halt::Failed(gst::error_msg!(
                gst::StreamError::Format,
                ("Broken buffer: {bad}")
            ))
        })?;
        let audio = if buffer.flags().contains(gst::BufferFlags::GAP) {
            Audio::Silence(planes.frames())
        } else {
            Audio::Samples(&planes)
        };
        self.feed(&audio, buffer.pts(), info.rate())
    }

    /// A GAP event counts as silence as long as it says.
    fn gap(&self, gap: &gst::event::Gap) -> Result<(), Halt> {
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

    /// Ends the stream that is under way, if there is one: waits for its windows, and tells the rest.
    fn conclude(&self, reason: Reason) {
        let Some(mut analysis) = lock(&self.input).analysis.take() else {
            return;
        };
        let settings = self.settings();
        analysis.update(&settings);
        let mut outlet = self.outlet(settings);
        if reason != Reason::Stop
            && let Err(halt) = analysis.drain(&mut outlet)
        {
            // An event has no way to tell upstream.
            let _ = self.halted(halt);
            return;
        }
        let upstream = lock(&self.input).tags.clone();
        let done = analysis.finish(reason, upstream.as_ref());
        self.results.set_last(Some(done.result.clone()));
        if reason == Reason::Stop {
            return;
        }
        if settings.emits_aggregate() {
            outlet.emit(done.result, None);
        }
        if let Some(tags) = done.tags {
            // Nobody downstream having use for them is no fault.
            let _ = self.obj().src_pad().push_event(gst::event::Tag::new(tags));
        }
    }

    /// What is left of a stream that cannot go on is gone.
    fn halted(&self, halt: Halt) -> gst::FlowError {
        match halt {
            Halt::Cancelled => gst::FlowError::Flushing,
            Halt::Failed(error) => {
                // What was under way must not be taken for the next stream's.
                let loaded = lock(&self.loaded).clone();
                if let Some(loaded) = loaded {
                    loaded.queue.clear();
                }
                self.post_error_message(error);
                gst::FlowError::Error
            }
        }
    }

    /// After a flush another stream begins.
    fn discard(&self) {
        {
            let mut input = lock(&self.input);
            input.analysis = None;
            input.segment = None;
        }
        self.unattached.clear();
        let loaded = lock(&self.loaded).clone();
        if let Some(loaded) = loaded {
            loaded.queue.resume();
        }
    }
}

impl ObjectImpl for ClapEmbed {
    fn properties() -> &'static [glib::ParamSpec] {
        settings::properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
        lock(&self.texts).set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let setting = self.settings().get(pspec.name());
        let setting = setting.or_else(|| lock(&self.texts).get(pspec.name()));
        setting.unwrap_or_else(|| self.results.last().to_value())
    }
}

impl GstObjectImpl for ClapEmbed {}

impl ElementImpl for ClapEmbed {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "CLAP embeddings",
                "Filter/Analyzer/Audio",
                "Computes CLAP embeddings of what passes through, and finds the labels that fit",
                "The auris authors",
            )
        });
        Some(&METADATA)
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match transition {
            gst::StateChange::PlayingToPaused => self.results.pause(),
            // The streaming thread may be waiting, and the parent would wait for it.
            gst::StateChange::PausedToReady => self.cancel(),
            _ => {}
        }
        let changed = self.parent_change_state(transition)?;
        if transition == gst::StateChange::PausedToPlaying {
            self.results.resume(self.obj().upcast_ref());
        }
        Ok(changed)
    }
}

impl BaseTransformImpl for ClapEmbed {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.input) = Input::default();
        self.unattached.clear();
        self.results.set_last(None);
        message::register_meta();
        let (settings, texts) = (self.settings(), lock(&self.texts).clone());
        let loaded = load::load(&settings, &texts)?;
        gst::debug!(CAT, imp = self, "{texts:?} on {}", loaded.engine.name());
        *lock(&self.loaded) = Some(Arc::new(loaded));
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.cancel();
        self.conclude(Reason::Stop);
        *lock(&self.input) = Input::default();
        let loaded = lock(&self.loaded).take();
        drop(loaded);
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.embed(buffer).map_err(|halt| self.halted(halt))?;
        Ok(gst::FlowSuccess::Ok)
    }

    fn generate_output(&self) -> Result<GenerateOutputSuccess, gst::FlowError> {
        let mut output = self.parent_generate_output()?;
        if let GenerateOutputSuccess::Buffer(buffer) = &mut output {
            self.unattached.attach_to(buffer);
        }
        Ok(output)
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        use gst::EventView;
        match event.view() {
            EventView::StreamStart(_) => {
                self.conclude(Reason::StreamStart);
                lock(&self.input).tags = None;
            }
            EventView::Eos(_) => self.conclude(Reason::Eos),
            EventView::Segment(segment) => {
                let time = segment.segment().downcast_ref::<gst::ClockTime>();
                let mut input = lock(&self.input);
                input.segment = time.cloned();
                input.backwards = false;
            }
            EventView::Gap(gap) => {
                if let Err(halt) = self.gap(gap) {
                    let _ = self.halted(halt);
                }
            }
            EventView::FlushStart(_) => self.cancel(),
            EventView::FlushStop(_) => {
                // What was under way when the flush began may have scheduled more since.
                self.results.cancel();
                self.discard();
            }
            EventView::Tag(tag) if tag.tag().scope() == gst::TagScope::Stream => {
                lock(&self.input).tags = Some(tag.tag_owned());
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

impl AudioFilterImpl for ClapEmbed {
    fn allowed_caps() -> &'static gst::Caps {
        static CAPS: LazyLock<gst::Caps> = LazyLock::new(layout::caps);
        &CAPS
    }

    fn setup(&self, info: &gst_audio::AudioInfo) -> Result<(), gst::LoggableError> {
        if lock(&self.input).info.as_ref() == Some(info) {
            return Ok(());
        }
        self.conclude(Reason::Caps);
        lock(&self.input).info = Some(info.clone());
        Ok(())
    }
}
