// SPDX-License-Identifier: MPL-2.0
//! The last element before the encoder: lets as many frames through as went into the equaliser,
//! counts time from the first, and rounds. It is not in the registry and nobody else sees it.
use super::layout;
use super::quantise::Quantiser;
use super::target::Encoding;
use crate::engine::Failure;
use auris_support::result_sink::lock;
use gst::glib;
use gst::prelude::*;
use gst::subclass::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

glib::wrapper! {
    /// Takes 64-bit floats and gives what an [`Encoding`] wants.
    pub struct Edge(ObjectSubclass<imp::Edge>) @extends gst::Element, gst::Object;
}

/// What went through.
#[derive(Debug, Clone, Default)]
pub struct Passed {
    /// Frames that left.
    pub frames: u64,
    /// Their format; `None` if there were none.
    pub info: Option<gst_audio::AudioInfo>,
    /// See [`Quantiser`].
    pub peak: f64,
    /// See [`Quantiser`].
    pub clipped: u64,
    /// See [`Quantiser`].
    pub non_finite: u64,
}

impl Edge {
    /// For one encoding; `fed` is how many frames the equaliser was given so far.
    pub fn new(encoding: &Encoding, fed: Arc<AtomicU64>) -> Self {
        let edge: Self = glib::Object::new();
        *lock(&edge.imp().job) = Some(imp::Job {
            encoding: encoding.clone(),
            fed,
        });
        edge
    }

    /// Why nothing goes through, if the encoder does not take what came.
    pub fn refusal(&self) -> Option<Failure> {
        lock(&self.imp().refusal).clone()
    }

    /// What went through so far.
    pub fn passed(&self) -> Passed {
        let state = lock(&self.imp().state);
        state.as_ref().map_or_else(Passed::default, |state| Passed {
            frames: state.frames,
            info: Some(state.info.clone()),
            peak: state.quantiser.peak,
            clipped: state.quantiser.clipped,
            non_finite: state.quantiser.non_finite,
        })
    }
}

mod imp {
    use super::*;
    use auris_support::clip::duration_of;
    use std::sync::{LazyLock, Mutex};

    pub(super) struct State {
        pub quantiser: Quantiser,
        /// Of what leaves.
        pub info: gst_audio::AudioInfo,
        pub frames: u64,
    }

    pub(super) struct Job {
        pub encoding: Encoding,
        /// Frames that the equaliser took.
        pub fed: Arc<AtomicU64>,
    }

    pub struct Edge {
        pub(super) job: Mutex<Option<Job>>,
        pub(super) state: Mutex<Option<State>>,
        pub(super) refusal: Mutex<Option<Failure>>,
        sink: gst::Pad,
        source: gst::Pad,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Edge {
        const NAME: &'static str = "AurisFarmEdge";
        type Type = super::Edge;
        type ParentType = gst::Element;

        fn with_class(class: &Self::Class) -> Self {
            let template = |name| class.pad_template(name).expect("declared below");
            let sink = gst::Pad::builder_from_template(&template("sink"))
                .chain_function(|_, parent, buffer| {
                    Edge::catch_panic_pad_function(
                        parent,
                        || Err(gst::FlowError::Error),
                        |edge| edge.chain(buffer),
                    )
                })
                .event_function(|pad, parent, event| {
                    Edge::catch_panic_pad_function(
                        parent,
                        || false,
                        |edge| edge.event(pad, parent, event),
                    )
                })
                .build();
            let source = gst::Pad::builder_from_template(&template("src"))
                .flags(gst::PadFlags::FIXED_CAPS)
                .build();
            Edge {
                job: Mutex::default(),
                state: Mutex::default(),
                refusal: Mutex::default(),
                sink,
                source,
            }
        }
    }

    impl ObjectImpl for Edge {
        fn constructed(&self) {
            self.parent_constructed();
            let edge = self.obj();
            // An element that was just made has no pads of these names.
            let _ = edge.add_pad(&self.sink);
            let _ = edge.add_pad(&self.source);
        }
    }

    impl GstObjectImpl for Edge {}

    impl ElementImpl for Edge {
        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let floats = gst_audio::AudioCapsBuilder::new_interleaved()
                    .format(gst_audio::AUDIO_FORMAT_F64)
                    .build();
                let any = gst::Caps::new_empty_simple("audio/x-raw");
                let always = gst::PadPresence::Always;
                let make = |name, direction, caps| {
                    gst::PadTemplate::new(name, direction, always, caps).expect("valid caps")
                };
                vec![
                    make("sink", gst::PadDirection::Sink, &floats),
                    make("src", gst::PadDirection::Src, &any),
                ]
            });
            TEMPLATES.as_ref()
        }
    }

    impl Edge {
        fn event(
            &self,
            pad: &gst::Pad,
            parent: Option<&impl IsA<gst::Object>>,
            event: gst::Event,
        ) -> bool {
            match event.view() {
                gst::EventView::Caps(caps) => match self.caps(caps.caps()) {
                    Some(out) => self.source.push_event(gst::event::Caps::new(&out)),
                    None => false,
                },
                // Positions are ours, counted from the first frame that leaves.
                gst::EventView::Segment(_) => {
                    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
                    self.source.push_event(gst::event::Segment::new(&segment))
                }
                gst::EventView::Gap(_) => true,
                _ => gst::Pad::event_default(pad, parent, event),
            }
        }

        fn caps(&self, caps: &gst::CapsRef) -> Option<gst::Caps> {
            let info = gst_audio::AudioInfo::from_caps(caps).ok()?;
            let job = lock(&self.job);
            let encoding = &job.as_ref()?.encoding;
            let mut out =
                gst_audio::AudioInfo::builder(encoding.format, info.rate(), info.channels());
            let positions = layout::positions(encoding.target, &info)
                .map_err(|refusal| *lock(&self.refusal) = Some(refusal))
                .ok()?;
            if let Some(positions) = &positions {
                out = out.positions(positions);
            }
            let out = out.build().ok()?;
            let channels = info.channels() as usize;
            *lock(&self.state) = Some(State {
                quantiser: Quantiser::new(
                    encoding.format,
                    encoding.bits,
                    encoding.dither,
                    channels,
                ),
                info: out.clone(),
                frames: 0,
            });
            out.to_caps().ok()
        }

        fn chain(&self, mut buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
            let fed = lock(&self.job)
                .as_ref()
                .map_or(0, |job| job.fed.load(Ordering::Acquire));
            {
                let mut state = lock(&self.state);
                let state = state.as_mut().ok_or(gst::FlowError::NotNegotiated)?;
                let frame = 8 * state.info.channels() as usize;
                let rate = state.info.rate();
                let frames = (buffer.size() / frame) as u64;
                // Nothing of a tail once as much has come out as went in.
                let frames = frames.min(fed.saturating_sub(state.frames));
                if frames == 0 {
                    return Ok(gst::FlowSuccess::Ok);
                }
                let bytes = frames as usize * frame;
                let out = buffer.make_mut();
                let length = {
                    let mut map = out.map_writable().map_err(|_| gst::FlowError::Error)?;
                    state.quantiser.run(&mut map[..bytes])
                };
                out.set_size(length);
                let at = |frames| duration_of(frames, rate);
                out.set_pts(at(state.frames));
                out.set_duration(at(state.frames + frames) - at(state.frames));
                out.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::RESYNC);
                state.frames += frames;
            }
            self.source.push(buffer)
        }
    }
}
