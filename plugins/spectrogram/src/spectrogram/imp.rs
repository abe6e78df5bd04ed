// SPDX-License-Identifier: MPL-2.0
use super::output;
use super::plan::{Context, Next};
use super::qos::Qos;
use super::settings::{self, Settings};
use super::stream::Stream;
use auris_support::layout;
use auris_support::result_sink::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "spectrogram",
        gst::DebugColorFlags::empty(),
        Some("Spectrograms as video"),
    )
});

pub struct Spectrogram {
    pub(super) sinkpad: gst::Pad,
    pub(super) srcpad: gst::Pad,
    /// And how many times they were changed.
    settings: Mutex<(Settings, u64)>,
    /// What is drawn, for who plans.
    pub(super) context: Mutex<Option<Arc<Context>>>,
    /// A plan that the streaming thread has not taken yet.
    pub(super) next: Mutex<Option<Next>>,
    /// Taken out while the streaming thread works on it, so that no lock is held while pushing.
    stream: Mutex<Stream>,
    /// What drawing adds to the latency, in ns.
    pub(super) latency: AtomicU64,
    pub(super) qos: Qos,
}

#[glib::object_subclass]
impl ObjectSubclass for Spectrogram {
    const NAME: &'static str = "AurisSpectrogram";
    type Type = super::Spectrogram;
    type ParentType = gst::Element;

    fn with_class(class: &Self::Class) -> Self {
        let failed = || Err(gst::FlowError::Error);
        let sinkpad = class.pad_template("sink").map(|template| {
            gst::Pad::builder_from_template(&template)
                .chain_function(move |_, parent, buffer| {
                    Self::catch_panic_pad_function(parent, failed, |this| this.chain(buffer))
                })
                .event_function(|pad, parent, event| {
                    Self::catch_panic_pad_function(
                        parent,
                        || false,
                        |this| this.sink_event(pad, event),
                    )
                })
                .build()
        });
        let srcpad = class.pad_template("src").map(|template| {
            gst::Pad::builder_from_template(&template)
                .event_function(|pad, parent, event| {
                    Self::catch_panic_pad_function(
                        parent,
                        || false,
                        |this| this.src_event(pad, event),
                    )
                })
                .query_function(|pad, parent, query| {
                    Self::catch_panic_pad_function(
                        parent,
                        || false,
                        |this| this.src_query(pad, query),
                    )
                })
                .build()
        });
        Spectrogram {
            sinkpad: sinkpad.unwrap_or_else(|| gst::Pad::new(gst::PadDirection::Sink)),
            srcpad: srcpad.unwrap_or_else(|| gst::Pad::new(gst::PadDirection::Src)),
            settings: Mutex::default(),
            context: Mutex::default(),
            next: Mutex::default(),
            stream: Mutex::default(),
            latency: AtomicU64::new(0),
            qos: Qos::default(),
        }
    }
}

impl Spectrogram {
    /// The settings, and how many times they were changed.
    pub(super) fn settings(&self) -> (Settings, u64) {
        lock(&self.settings).clone()
    }

    /// Lets `work` have the stream, without the lock.
    pub(super) fn with_stream<T>(&self, work: impl FnOnce(&mut Stream) -> T) -> T {
        let mut stream = std::mem::take(&mut *lock(&self.stream));
        let done = work(&mut stream);
        *lock(&self.stream) = stream;
        done
    }
}

impl ObjectImpl for Spectrogram {
    fn constructed(&self) {
        self.parent_constructed();
        for pad in [&self.sinkpad, &self.srcpad] {
            // It fails only for a pad that is there already.
            let _ = self.obj().add_pad(pad);
        }
    }

    fn properties() -> &'static [glib::ParamSpec] {
        settings::properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let changed = {
            let mut settings = lock(&self.settings);
            let before = settings.0.clone();
            settings.0.set(pspec.name(), value);
            let changed = settings.0 != before;
            settings.1 += u64::from(changed);
            changed
        };
        if changed {
            self.replan();
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        lock(&self.settings).0.get(pspec.name())
    }
}

impl GstObjectImpl for Spectrogram {}

impl ElementImpl for Spectrogram {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Spectrogram",
                "Visualization",
                "Draws the spectrogram of audio, as video that scrolls or as one picture of the whole",
                "The auris authors",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let audio = gst_audio::AudioCapsBuilder::new_interleaved()
                .format_list(layout::FORMATS)
                .channels_range(1..=layout::MAX_CHANNELS)
                .build();
            let template = |name, direction, caps: &gst::Caps| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Always, caps)
            };
            let sink = template("sink", gst::PadDirection::Sink, &audio);
            let src = template("src", gst::PadDirection::Src, &output::caps());
            [sink, src].into_iter().flatten().collect()
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        let changed = self.parent_change_state(transition)?;
        if transition == gst::StateChange::PausedToReady {
            // Pads are inactive: no streaming thread is left.
            *lock(&self.stream) = Stream::default();
            *lock(&self.context) = None;
            *lock(&self.next) = None;
            self.latency.store(0, Ordering::Release);
            self.qos.reset();
        }
        Ok(changed)
    }
}
