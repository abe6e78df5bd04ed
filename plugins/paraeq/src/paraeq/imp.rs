// SPDX-License-Identifier: MPL-2.0
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_audio::subclass::prelude::*;
use std::sync::{LazyLock, Mutex};

#[derive(Default)]
pub struct ParaEq {
    config_file: Mutex<Option<String>>,
}

#[glib::object_subclass]
impl ObjectSubclass for ParaEq {
    const NAME: &'static str = "AurisParaEq";
    type Type = super::ParaEq;
    type ParentType = gst_audio::AudioFilter;
}

impl ObjectImpl for ParaEq {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            vec![
                glib::ParamSpecString::builder("config-file")
                    .nick("Config file")
                    .blurb("Equalizer APO configuration file")
                    .mutable_playing()
                    .build(),
            ]
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, _pspec: &glib::ParamSpec) {
        *self.config_file.lock().expect("not poisoned") = value.get().ok();
    }

    fn property(&self, _id: usize, _pspec: &glib::ParamSpec) -> glib::Value {
        self.config_file.lock().expect("not poisoned").to_value()
    }
}

impl GstObjectImpl for ParaEq {}

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
}

impl BaseTransformImpl for ParaEq {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn transform_ip(
        &self,
        _buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        Ok(gst::FlowSuccess::Ok)
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
                .channels_range(1..=64)
                .build()
        });
        &CAPS
    }
}
