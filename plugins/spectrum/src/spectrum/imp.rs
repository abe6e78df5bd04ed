// SPDX-License-Identifier: MPL-2.0
use super::feature_pad::{self, FeaturePad};
use super::latest::Latest;
use super::plan::Plan;
use super::settings::Settings;
use super::stream::{Audio, Stream};
use super::summary::Whole;
use auris_support::result_sink::{ResultSink, lock};
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_audio::subclass::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "aurisspectrum",
        gst::DebugColorFlags::empty(),
        Some("Spectrum analyser"),
    )
});

/// The settings, whether there are pads for frames, and how many times either was changed.
#[derive(Default, Clone, Copy)]
pub struct Current {
    pub settings: Settings,
    pub has_pads: bool,
    pub change: u64,
}

#[derive(Default)]
pub struct Spectrum {
    pub(super) current: Mutex<Current>,
    /// What is analysed, for who plans. It is written before the settings are read, and they are
    /// written before it is read: of two who plan at once, one sees the newer of both.
    pub(super) info: Mutex<Option<gst_audio::AudioInfo>>,
    /// A plan that the streaming thread has not taken yet.
    pub(super) next: Mutex<Option<Box<Plan>>>,
    /// Counts whatever the streaming thread should look at before the next buffer.
    pub(super) news: AtomicU64,
    /// Taken out by the streaming thread while it works: no lock is held meanwhile.
    pub(super) stream: Mutex<Option<Box<Stream>>>,
    pub(super) segment: Mutex<Option<gst::FormattedSegment<gst::ClockTime>>>,
    pub(super) flushed: AtomicBool,
    /// Those that were requested; what they have sent is the streaming thread's.
    pub(super) pads: Mutex<Vec<gst::Pad>>,
    /// Of the next of them that nobody names.
    pub(super) next_pad: AtomicU32,
    pub(super) results: ResultSink,
    pub(super) latest: Mutex<Latest>,
    pub(super) whole: Mutex<Whole>,
    /// Why audio was refused the last time: those upstream try again and again.
    refusal: Mutex<Option<String>>,
}

#[glib::object_subclass]
impl ObjectSubclass for Spectrum {
    // GStreamer calls an element that nobody names after its type, without `Gst` and in lower case:
    // `spectrum0` is what pipelines refer to. `GstSpectrum` is gst-plugins-good's, which may be in the
    // same process.
    const NAME: &'static str = "GstSPECTRUM";
    type Type = super::Spectrum;
    type ParentType = gst_audio::AudioFilter;

    fn class_init(class: &mut Self::Class) {
        auris_support::lean::leave_buffers_to_parent(class);
        auris_support::lean::leave_before_transform_to_parent(class);
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
            before.same_plan(&current.settings, current.has_pads)
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

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| feature_pad::template().into_iter().collect());
        &TEMPLATES
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        _caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        self.add_feature_pad(template, name)
    }

    fn release_pad(&self, pad: &gst::Pad) {
        self.remove_feature_pad(pad);
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
        *lock(&self.refusal) = None;
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
                self.with_stream(|stream, _| {
                    stream.pads.iter_mut().for_each(FeaturePad::begin_segment);
                });
            }
            EventView::StreamStart(_) => {
                self.with_stream(|stream, _| {
                    stream.pads.iter_mut().for_each(FeaturePad::begin);
                });
            }
            EventView::Gap(gap) => self.gap(gap),
            EventView::Eos(_) => self.end(),
            EventView::FlushStart(_) => {
                self.results.cancel();
                self.flush_pads(&event);
            }
            EventView::FlushStop(_) => {
                self.flush_pads(&event);
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
        let before = lock(&self.info).replace(info.clone());
        if before.as_ref() != Some(info) {
            self.end_part();
        }
        let plan = match self.plan() {
            Some(Ok(plan)) => plan,
            Some(Err(reason)) => {
                *lock(&self.stream) = None;
                // Upstream only says that something was not negotiated.
                let said = lock(&self.refusal).replace(reason.clone());
                if said.as_ref() != Some(&reason) {
                    gst::element_imp_error!(
                        self,
                        gst::StreamError::Format,
                        ("Cannot analyse this audio: {reason}")
                    );
                }
                return Err(gst::loggable_error!(CAT, "{reason}"));
            }
            None => return Ok(()),
        };
        *lock(&self.refusal) = None;
        let mut stream = Box::new(Stream::new(plan));
        let before = lock(&self.stream).take();
        if let Some(before) = before {
            stream.pads = before.pads;
        }
        *lock(&self.stream) = Some(stream);
        self.news.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }
}
