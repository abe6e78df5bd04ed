// SPDX-License-Identifier: MPL-2.0
//! A Vorbis decoder for our own pipelines: Symphonia's, as a GStreamer element.
//!
//! `vorbisdec` uses the system's libvorbis, which takes more than twice as long, and decoding is all
//! that measuring Ogg costs. Symphonia is memory-safe, which decides between it and patched versions
//! of libvorbis that are nearly as fast. The element is not in the registry and nobody else sees it.
#[cfg(test)]
mod tests;

use gst::glib;
use gst::subclass::prelude::*;
use gst_audio::prelude::*;

glib::wrapper! {
    /// Decodes `audio/x-vorbis` to interleaved 32-bit floats, not limited to full scale.
    pub struct VorbisDecoder(ObjectSubclass<imp::VorbisDecoder>)
        @extends gst_audio::AudioDecoder, gst::Element, gst::Object;
}

impl VorbisDecoder {
    /// The name by which reports call it.
    pub const NAME: &str = "symphonia-vorbis";
    /// More channels are left to `vorbisdec`: Symphonia 0.6.1 does not give what libvorbis gives for
    /// three and more.
    pub const MAX_CHANNELS: u32 = 2;

    /// A new element.
    pub fn new() -> Self {
        glib::Object::new()
    }
}

impl Default for VorbisDecoder {
    fn default() -> Self {
        Self::new()
    }
}

mod imp {
    use super::*;
    use auris_support::result_sink::lock;
    use gst_audio::AudioChannelPosition as Position;
    use gst_audio::subclass::prelude::*;
    use std::sync::{LazyLock, Mutex};
    use symphonia_codec_vorbis::VorbisDecoder as Symphonia;
    use symphonia_core::codecs::audio::well_known::CODEC_ID_VORBIS;
    use symphonia_core::codecs::audio::{
        AudioCodecParameters, AudioDecoder as _, AudioDecoderOptions,
    };
    use symphonia_core::packet::PacketRef;
    use symphonia_core::units::{Duration, Timestamp};

    /// First bytes of the headers that decoding needs; audio packets are even.
    const IDENTIFICATION: u8 = 1;
    const SETUP: u8 = 5;
    /// Real setup headers have some KiB; this bounds what is kept of a wrong one.
    const MAX_HEADER: usize = 1 << 20;

    #[derive(Default)]
    struct State {
        /// The identification header, while the setup header is awaited.
        headers: Vec<u8>,
        decoder: Option<Symphonia>,
        channels: usize,
    }

    #[derive(Default)]
    pub struct VorbisDecoder {
        state: Mutex<State>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for VorbisDecoder {
        const NAME: &'static str = "AurisFarmVorbisDecoder";
        type Type = super::VorbisDecoder;
        type ParentType = gst_audio::AudioDecoder;
    }

    impl ObjectImpl for VorbisDecoder {}
    impl GstObjectImpl for VorbisDecoder {}

    impl ElementImpl for VorbisDecoder {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new(
                    "Vorbis decoder",
                    "Codec/Decoder/Audio",
                    "Decodes Vorbis with Symphonia",
                    "The auris authors",
                )
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                let raw = gst_audio::AudioCapsBuilder::new_interleaved()
                    .format(gst_audio::AUDIO_FORMAT_F32)
                    .build();
                let vorbis = gst::Caps::new_empty_simple("audio/x-vorbis");
                [
                    ("sink", gst::PadDirection::Sink, vorbis),
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

    impl AudioDecoderImpl for VorbisDecoder {
        fn start(&self) -> Result<(), gst::ErrorMessage> {
            *lock(&self.state) = State::default();
            Ok(())
        }

        fn stop(&self) -> Result<(), gst::ErrorMessage> {
            *lock(&self.state) = State::default();
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
            if let Some(decoder) = &mut lock(&self.state).decoder {
                decoder.reset();
            }
        }
    }

    impl VorbisDecoder {
        /// The state is taken out while it is worked on: what is asked of downstream on the way
        /// must not wait for a lock of ours.
        fn decode(&self, buffer: &gst::Buffer) -> Result<Option<gst::Buffer>, String> {
            let map = buffer
                .map_readable()
                .map_err(|_| "a buffer cannot be read")?;
            let mut state = std::mem::take(&mut *lock(&self.state));
            let decoded = match map.first() {
                // A packet without a byte means nothing, says the specification.
                None => Ok(None),
                Some(kind) if kind & 1 == 1 => self.header(&mut state, *kind, &map).map(|()| None),
                Some(_) => self.audio(&mut state, &map),
            };
            *lock(&self.state) = state;
            decoded
        }

        fn header(&self, state: &mut State, kind: u8, packet: &[u8]) -> Result<(), String> {
            match kind {
                // Comments may be as long as the pictures in them.
                IDENTIFICATION | SETUP if packet.len() > MAX_HEADER => {
                    return Err("a Vorbis header of absurd size".to_owned());
                }
                IDENTIFICATION => {
                    state.decoder = None;
                    state.headers = packet.to_vec();
                }
                SETUP if !state.headers.is_empty() => {
                    let rate = rate(&state.headers).ok_or("no rate in the Vorbis header")?;
                    state.headers.extend_from_slice(packet);
                    let parameters = AudioCodecParameters {
                        codec: CODEC_ID_VORBIS,
                        extra_data: Some(std::mem::take(&mut state.headers).into()),
                        ..AudioCodecParameters::default()
                    };
                    let options = AudioDecoderOptions::default();
                    let decoder = build(&parameters, &options)?;
                    state.channels = decoder.last_decoded().spec().channels().count();
                    self.announce(rate, state.channels)?;
                    state.decoder = Some(decoder);
                }
                _ => {}
            }
            Ok(())
        }

        fn announce(&self, rate: u32, channels: usize) -> Result<(), String> {
            let positions = positions(channels).ok_or("more channels than are decoded rightly")?;
            let format = gst_audio::AUDIO_FORMAT_F32;
            let info = gst_audio::AudioInfo::builder(format, rate, channels as u32)
                .positions(positions)
                .build()
                .map_err(|e| e.to_string())?;
            self.obj()
                .set_output_format(&info)
                .map_err(|_| "its format cannot be negotiated".to_owned())
        }

        fn audio(&self, state: &mut State, packet: &[u8]) -> Result<Option<gst::Buffer>, String> {
            let decoder = state.decoder.as_mut().ok_or("audio before its headers")?;
            let packet = PacketRef::new(0, Timestamp::default(), Duration::default(), packet);
            let samples = decoder.decode_ref(&packet).map_err(|e| e.to_string())?;
            if samples.frames() == 0 {
                return Ok(None);
            }
            let bytes = samples.frames() * state.channels * size_of::<f32>();
            let mut buffer = self.obj().allocate_output_buffer(bytes);
            {
                let buffer = buffer.get_mut().ok_or("an output buffer is shared")?;
                let mut map = buffer
                    .map_writable()
                    .map_err(|_| "an output buffer cannot be written")?;
                samples.copy_bytes_interleaved_as::<f32, _>(&mut map[..bytes]);
            }
            Ok(Some(buffer))
        }
    }

    /// A decoder's tables are built out of as much memory again: one decoder after the other, and
    /// what it took is given back before the next one.
    fn build(
        parameters: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Symphonia, String> {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = lock(&ONE);
        crate::allocator::tidy();
        let built = Symphonia::try_new(parameters, options).map_err(|e| e.to_string());
        crate::allocator::tidy();
        built
    }

    /// The sample rate in an identification header.
    fn rate(header: &[u8]) -> Option<u32> {
        let bytes = header.get(12..16)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes)).filter(|&rate| rate > 0)
    }

    /// Speakers of the channels; `None` for more of them than are decoded.
    fn positions(channels: usize) -> Option<&'static [Position]> {
        match channels {
            1 => Some(&[Position::Mono]),
            2 => Some(&[Position::FrontLeft, Position::FrontRight]),
            _ => None,
        }
    }
}
