// SPDX-License-Identifier: MPL-2.0
//! Decoders for our own pipelines: Symphonia's, as a GStreamer element.
//!
//! Decoding is nearly all that measuring costs. `vorbisdec` uses the system's libvorbis, which takes
//! more than twice as long, `flacdec` libFLAC, which takes half as long again. Symphonia is memory-safe,
//! which decides between it and patched versions of libvorbis that are nearly as fast. The element is not in
//! the registry and nobody else sees it.
mod flac;
mod stream;
#[cfg(test)]
mod tests;
mod vorbis;

use gst::glib;
use gst::subclass::prelude::*;
use gst_audio::prelude::*;
use stream::Codec;

glib::wrapper! {
    /// Decodes `audio/x-vorbis` to interleaved 32-bit floats, not limited to full scale, or framed
    /// `audio/x-flac` to integers.
    pub struct Decoder(ObjectSubclass<imp::Decoder>)
        @extends gst_audio::AudioDecoder, gst::Element, gst::Object;
}

/// The names by which reports call decoders.
pub const VORBIS: &str = "symphonia-vorbis";
/// See [`VORBIS`].
pub const FLAC: &str = "symphonia-flac";

/// More channels are left to others: Symphonia 0.6.1 does not give what libvorbis gives for three and
/// more, nor does it know the order of GStreamer's channels.
pub const MAX_CHANNELS: u32 = 2;
/// Bits of FLAC's samples that are decoded; others are left to `flacdec`.
pub const FLAC_BITS: [u32; 2] = [16, 24];

impl Decoder {
    /// The decoder of that name.
    pub fn named(name: &str) -> Option<Self> {
        let codec = match name {
            VORBIS => Codec::Vorbis,
            FLAC => Codec::Flac,
            _ => return None,
        };
        let decoder: Self = glib::Object::new();
        decoder.imp().set_codec(codec);
        Some(decoder)
    }

    /// Whether there is a decoder of that name.
    pub fn is_one(name: &str) -> bool {
        [VORBIS, FLAC].contains(&name)
    }
}

mod imp {
    use super::stream::{Codec, Format, News, Stream, interleave, size};
    use super::*;
    use auris_support::result_sink::lock;
    use gst_audio::AudioChannelPosition as Position;
    use gst_audio::subclass::prelude::*;
    use std::sync::{LazyLock, Mutex, OnceLock};

    #[derive(Default)]
    pub struct Decoder {
        codec: OnceLock<Codec>,
        state: Mutex<Option<Box<State>>>,
    }

    #[derive(Default)]
    struct State {
        stream: Stream,
        format: Option<Format>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for Decoder {
        const NAME: &'static str = "AurisFarmDecoder";
        type Type = super::Decoder;
        type ParentType = gst_audio::AudioDecoder;
    }

    impl ObjectImpl for Decoder {}
    impl GstObjectImpl for Decoder {}

    impl ElementImpl for Decoder {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Vorbis and FLAC decoder",
                    "Codec/Decoder/Audio",
                    "Decodes Vorbis and FLAC with Symphonia",
                    "The auris authors",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let raw = gst_audio::AudioCapsBuilder::new_interleaved()
                    .format_list([
                        gst_audio::AUDIO_FORMAT_F32,
                        gst_audio::AUDIO_FORMAT_S16,
                        gst_audio::AUDIO_FORMAT_S2432,
                    ])
                    .build();
                let coded = gst::Caps::builder_full()
                    .structure(gst::Structure::new_empty("audio/x-vorbis"))
                    .structure(
                        gst::Structure::builder("audio/x-flac")
                            .field("framed", true)
                            .build(),
                    )
                    .build();
                [
                    ("sink", gst::PadDirection::Sink, coded),
                    ("src", gst::PadDirection::Src, raw),
                ]
                .into_iter()
                .filter_map(|(name, direction, caps)| {
                    gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
                })
                .collect()
            });
            &TEMPLATES
        }
    }

    impl AudioDecoderImpl for Decoder {
        fn start(&self) -> Result<(), gst::ErrorMessage> {
            *lock(&self.state) = None;
            Ok(())
        }

        fn stop(&self) -> Result<(), gst::ErrorMessage> {
            *lock(&self.state) = None;
            Ok(())
        }

        fn handle_frame(
            &self,
            buffer: Option<&gst::Buffer>,
        ) -> Result<gst::FlowSuccess, gst::FlowError> {
            let Some(buffer) = buffer else {
                return Ok(gst::FlowSuccess::Ok);
            };
            let decoded = self.decode(buffer).map_err(|reason| {
                gst::element_imp_error!(self, gst::StreamError::Decode, ["{reason}"]);
                gst::FlowError::Error
            })?;
            // Headers and the first packet give nothing.
            self.obj().finish_frame(decoded, 1)
        }

        fn flush(&self, _hard: bool) {
            let mut state = lock(&self.state);
            if let Some(decoder) = state.as_mut().and_then(|s| s.stream.decoder.as_mut()) {
                decoder.reset();
            }
        }
    }

    impl Decoder {
        pub(super) fn set_codec(&self, codec: Codec) {
            // A new element's first.
            let _ = self.codec.set(codec);
        }

        /// The state is taken out while it is worked on: what is asked of downstream on the way
        /// must not wait for a lock of ours.
        fn decode(&self, buffer: &gst::Buffer) -> Result<Option<gst::Buffer>, String> {
            let map = buffer
                .map_readable()
                .map_err(|_| "a buffer cannot be read")?;
            let mut state = lock(&self.state).take().unwrap_or_default();
            let decoded = self.packet(&mut state, &map);
            *lock(&self.state) = Some(state);
            decoded
        }

        fn packet(&self, state: &mut State, packet: &[u8]) -> Result<Option<gst::Buffer>, String> {
            let codec = *self.codec.get().ok_or("nobody said which codec it is")?;
            match state.stream.news(codec, packet)? {
                News::Nothing => Ok(None),
                News::Format(format) => {
                    if state.format.replace(format) != Some(format) {
                        self.announce(format)?;
                    }
                    Ok(None)
                }
                News::Audio => self.audio(state, packet),
            }
        }

        fn announce(&self, format: Format) -> Result<(), String> {
            let positions: &[Position] = match format.channels {
                1 => &[Position::Mono],
                _ => &[Position::FrontLeft, Position::FrontRight],
            };
            let info = gst_audio::AudioInfo::builder(format.sample, format.rate, format.channels)
                .positions(positions)
                .build()
                .map_err(|e| e.to_string())?;
            self.obj()
                .set_output_format(&info)
                .map_err(|_| "its format cannot be negotiated".to_owned())
        }

        fn audio(&self, state: &mut State, packet: &[u8]) -> Result<Option<gst::Buffer>, String> {
            let format = state.format.ok_or("audio before its headers")?;
            let samples = state.stream.decode(packet)?;
            let bytes = size(&samples, format);
            if bytes == 0 {
                return Ok(None);
            }
            let mut buffer = self.obj().allocate_output_buffer(bytes);
            {
                let buffer = buffer.get_mut().ok_or("an output buffer is shared")?;
                let mut map = buffer
                    .map_writable()
                    .map_err(|_| "an output buffer cannot be written")?;
                interleave(&samples, format, &mut map[..bytes])?;
            }
            Ok(Some(buffer))
        }
    }
}
