// SPDX-License-Identifier: MPL-2.0
use super::bands::{Bands, DEFAULT_COUNT};
use super::config::Watch;
use super::response::{self, Shape};
use super::settings;
use super::stream::{Stream, audio_of};
use auris_support::layout;
use auris_support::result_sink::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_audio::subclass::prelude::*;
use gst_base::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

pub static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "paraeq",
        gst::DebugColorFlags::empty(),
        Some("Parametric equaliser"),
    )
});

#[derive(Default)]
pub struct ParaEq {
    pub(super) bands: Bands,
    watch: Watch,
    /// Taken out by the streaming thread while it works: no lock is held meanwhile.
    pub(super) stream: Mutex<Option<Box<Stream>>>,
    pub(super) segment: Mutex<Option<gst::FormattedSegment<gst::ClockTime>>>,
    /// For the response; outlives the stream.
    pub(super) shape: Mutex<Option<Shape>>,
    /// In ns.
    pub(super) latency: AtomicU64,
}

#[glib::object_subclass]
impl ObjectSubclass for ParaEq {
    const NAME: &'static str = "AurisParaEq";
    type Type = super::ParaEq;
    type ParentType = gst_audio::AudioFilter;
    type Interfaces = (gst::ChildProxy, gst::Preset);

    fn class_init(class: &mut Self::Class) {
        auris_support::lean::leave_buffers_to_parent(class);
    }
}

impl ObjectImpl for ParaEq {
    fn constructed(&self) {
        self.parent_constructed();
        let element = self.obj();
        element.set_gap_aware(true);
        // Nobody can listen yet.
        let _ = self.bands.resize(&*element, DEFAULT_COUNT);
    }

    fn dispose(&self) {
        self.bands.all().iter().for_each(|band| band.unparent());
    }

    fn properties() -> &'static [glib::ParamSpec] {
        settings::properties()
    }

    fn signals() -> &'static [glib::subclass::Signal] {
        response::signals()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let text = || value.get::<Option<String>>().ok().flatten();
        match pspec.name() {
            "num-bands" => {
                let count = value.get::<u32>().unwrap_or_default();
                let element = self.obj();
                self.bands
                    .resize(&*element, count as usize)
                    .notify(&element);
            }
            "config" => self.set_config(text().as_deref()),
            "config-file" => self.watch.set_path(&self.obj(), text()),
            name => {
                self.bands.set(name, value);
            }
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "num-bands" => (self.bands.count() as u32).to_value(),
            "config" => self.config().to_value(),
            "config-file" => self.watch.path().to_value(),
            name => {
                let value = self.bands.settings().get(name);
                value.unwrap_or_else(|| pspec.default_value().clone())
            }
        }
    }
}

impl GstObjectImpl for ParaEq {}

impl ChildProxyImpl for ParaEq {
    fn child_by_index(&self, index: u32) -> Option<glib::Object> {
        self.bands.get(index as usize).map(|band| band.upcast())
    }

    fn child_by_name(&self, name: &str) -> Option<glib::Object> {
        let index: usize = name.strip_prefix("band")?.parse().ok()?;
        let band = self.bands.get(index)?;
        (band.name() == name).then(|| band.upcast())
    }

    fn children_count(&self) -> u32 {
        self.bands.count() as u32
    }
}

impl ElementImpl for ParaEq {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Parametric equaliser",
                "Filter/Effect/Audio",
                "Equalises audio in up to 64 bands, in minimum or linear phase",
                "The auris authors",
            )
        });
        Some(&METADATA)
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady
            && let Err(reason) = self.watch.start(&self.obj())
        {
            gst::element_imp_error!(
                self,
                gst::ResourceError::Settings,
                ("{reason}. Correct it, or set config-file to null")
            );
            return Err(gst::StateChangeError);
        }
        let changed = self.parent_change_state(transition)?;
        if transition == gst::StateChange::ReadyToNull {
            self.watch.stop();
        }
        Ok(changed)
    }
}

impl BaseTransformImpl for ParaEq {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.stream) = None;
        *lock(&self.segment) = None;
        self.latency.store(0, Ordering::Release);
        self.obj().set_passthrough(false);
        Ok(())
    }

    fn before_transform(&self, buffer: &gst::BufferRef) {
        self.with_stream(|stream| {
            let untouched = self.prepare(stream, buffer);
            if untouched != stream.passthrough {
                stream.passthrough = untouched;
                self.obj().set_passthrough(untouched);
            }
        });
    }

    fn transform_ip(
        &self,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let done = self.with_stream(|stream| {
            let result = self.filter(stream, buffer);
            (result, stream.must_tell())
        });
        let (result, tell) = done.ok_or(gst::FlowError::NotNegotiated)?;
        if tell {
            self.post_response_changed();
        }
        result
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let tell = self.with_stream(|stream| {
            stream.skip(buffer.size());
            stream.must_tell()
        });
        if tell == Some(true) {
            self.post_response_changed();
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        use gst::EventView;
        match event.view() {
            EventView::StreamStart(_) => {
                self.drain_stream();
                self.with_stream(Stream::begin);
            }
            EventView::Segment(segment) => {
                let time = segment.segment().downcast_ref::<gst::ClockTime>();
                let before = std::mem::replace(&mut *lock(&self.segment), time.cloned());
                self.with_stream(|stream| {
                    let goes_on = before.zip(time).is_some_and(|(a, b)| stream.goes_on(&a, b));
                    if !goes_on {
                        self.drain(stream);
                    }
                });
            }
            EventView::Caps(caps) => {
                let info = gst_audio::AudioInfo::from_caps(caps.caps());
                let audio = info.ok().and_then(|info| audio_of(&info));
                self.with_stream(|stream| {
                    if audio.as_ref() != Some(stream.audio()) {
                        self.drain(stream);
                    }
                });
            }
            // It takes no time.
            EventView::Gap(gap) if gap.get().1 == Some(gst::ClockTime::ZERO) => {}
            EventView::Gap(_) | EventView::SegmentDone(_) | EventView::Eos(_) => {
                self.drain_stream();
            }
            EventView::FlushStop(_) => {
                let latency = self.with_stream(|stream| {
                    stream.reset();
                    stream.latency()
                });
                if let Some(latency) = latency {
                    self.publish_latency(latency);
                }
            }
            _ => {}
        }
        self.parent_sink_event(event)
    }

    fn query(&self, direction: gst::PadDirection, query: &mut gst::QueryRef) -> bool {
        let answered = BaseTransformImplExt::parent_query(self, direction, query);
        if answered
            && direction == gst::PadDirection::Src
            && let gst::QueryViewMut::Latency(query) = query.view_mut()
        {
            let own = gst::ClockTime::from_nseconds(self.latency.load(Ordering::Acquire));
            let (live, min, max) = query.result();
            query.set(live, min + own, max.map(|max| max.saturating_add(own)));
        }
        answered
    }
}

impl AudioFilterImpl for ParaEq {
    fn allowed_caps() -> &'static gst::Caps {
        static CAPS: LazyLock<gst::Caps> = LazyLock::new(|| {
            gst_audio::AudioCapsBuilder::new_interleaved()
                .format_list([
                    gst_audio::AUDIO_FORMAT_F32,
                    gst_audio::AUDIO_FORMAT_F64,
                    gst_audio::AUDIO_FORMAT_S16,
                    gst_audio::AUDIO_FORMAT_S32,
                ])
                .channels_range(1..=layout::MAX_CHANNELS)
                .build()
        });
        &CAPS
    }

    fn setup(&self, info: &gst_audio::AudioInfo) -> Result<(), gst::LoggableError> {
        let audio =
            audio_of(info).ok_or_else(|| gst::loggable_error!(CAT, "{info:?} is not equalised"))?;
        let same = self.with_stream(|stream| *stream.audio() == audio);
        if same == Some(true) {
            return Ok(());
        }
        let shape = Shape {
            rate: audio.rate,
            layout: audio.layout.clone(),
            names: layout::channel_names(info),
        };
        let mut stream = Box::new(Stream::new(audio, &self.bands));
        let before = lock(&self.shape).replace(shape.clone());
        if !before.unwrap_or_default().responds_like(&shape) {
            stream.note_other_response();
        }
        stream.passthrough = self.obj().is_passthrough();
        let latency = stream.latency();
        *lock(&self.stream) = Some(stream);
        self.publish_latency(latency);
        Ok(())
    }
}
