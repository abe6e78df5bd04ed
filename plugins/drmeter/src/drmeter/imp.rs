// SPDX-License-Identifier: MPL-2.0
use super::flow::Input;
use super::message::Reason;
use super::settings::{self, Settings};
use auris_dsp::dr14::Measurement;
use auris_support::layout;
use auris_support::result_sink::{ResultSink, lock};
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_audio::subclass::prelude::*;
use std::sync::{LazyLock, Mutex};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "drmeter",
        gst::DebugColorFlags::empty(),
        Some("Dynamic range meter"),
    )
});

#[derive(Default)]
pub struct DrMeter {
    settings: Mutex<Settings>,
    pub(super) input: Mutex<Input>,
    pub(super) results: ResultSink,
    pub(super) measurement: Mutex<Option<Measurement>>,
}

#[glib::object_subclass]
impl ObjectSubclass for DrMeter {
    const NAME: &'static str = "AurisDrMeter";
    type Type = super::DrMeter;
    type ParentType = gst_audio::AudioFilter;

    fn class_init(class: &mut Self::Class) {
        auris_support::lean::leave_buffers_to_parent(class);
    }
}

impl DrMeter {
    pub fn take_measurement(&self) -> Option<Measurement> {
        lock(&self.measurement).take()
    }

    pub(super) fn settings(&self) -> Settings {
        *lock(&self.settings)
    }
}

impl ObjectImpl for DrMeter {
    fn properties() -> &'static [glib::ParamSpec] {
        settings::properties()
    }

    fn signals() -> &'static [glib::subclass::Signal] {
        static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
            let reset = glib::subclass::Signal::builder("reset")
                .action()
                .class_handler(|values| {
                    if let Ok(element) = values[0].get::<super::DrMeter>() {
                        element.imp().conclude(Reason::Reset);
                    }
                    None
                });
            vec![reset.build()]
        });
        &SIGNALS
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match self.settings().get(pspec.name()) {
            Some(value) => value,
            None => self.results.last().to_value(),
        }
    }
}

impl GstObjectImpl for DrMeter {}

impl ElementImpl for DrMeter {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Dynamic range meter",
                "Filter/Analyzer/Audio",
                "Measures DR14 dynamic range, EBU R128 loudness and peaks of what passes through",
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

impl BaseTransformImpl for DrMeter {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.input) = Input::default();
        *lock(&self.measurement) = None;
        self.results.set_last(None);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.results.cancel();
        self.conclude(Reason::Stop);
        *lock(&self.input) = Input::default();
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.measure(buffer).map_err(|error| {
            self.post_error_message(error);
            gst::FlowError::Error
        })?;
        Ok(gst::FlowSuccess::Ok)
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
                lock(&self.input).segment = time.cloned();
            }
            EventView::Gap(gap) => {
                if let Err(error) = self.gap(gap) {
                    self.post_error_message(error);
                }
            }
            EventView::FlushStart(_) => self.results.cancel(),
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

impl AudioFilterImpl for DrMeter {
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
