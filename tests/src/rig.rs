// SPDX-License-Identifier: MPL-2.0
//! An analysis element alone in a harness: audio in, the final result out.
use auris_dsp::pcm::SampleFormat;
use gst::prelude::*;
use gst_audio::{AudioCapsBuilder, AudioFormat, AudioInfo, AudioLayout, AudioMeta};
use gst_check::Harness;

/// Audio as it goes into an element.
pub struct Pcm {
    info: AudioInfo,
    /// One piece if interleaved, else one per channel.
    planes: Vec<Vec<u8>>,
}

impl Pcm {
    /// Describes `planes`. Channels beyond two have the positions that are usual for their number.
    ///
    /// # Panics
    /// If GStreamer knows no such audio.
    pub fn new(
        format: SampleFormat,
        rate: u32,
        channels: usize,
        planar: bool,
        planes: Vec<Vec<u8>>,
    ) -> Self {
        crate::init();
        let layout = match planar {
            true => AudioLayout::NonInterleaved,
            false => AudioLayout::Interleaved,
        };
        let caps = AudioCapsBuilder::new()
            .format(audio_format(format))
            .rate(rate as i32)
            .channels(channels as i32)
            .layout(layout)
            .fallback_channel_mask()
            .build();
        let info = AudioInfo::from_caps(&caps).expect("GStreamer knows such audio");
        Pcm { info, planes }
    }

    fn stride(&self) -> usize {
        self.info.bpf() as usize / self.planes.len()
    }

    fn frames(&self) -> usize {
        self.planes[0].len() / self.stride()
    }

    fn buffer(&self, from: usize, to: usize) -> gst::Buffer {
        let part = |plane: &Vec<u8>| plane[from * self.stride()..to * self.stride()].to_vec();
        let parts: Vec<Vec<u8>> = self.planes.iter().map(part).collect();
        let mut buffer = gst::Buffer::from_mut_slice(parts.concat());
        let made = buffer.make_mut();
        if self.info.layout() == AudioLayout::NonInterleaved {
            let length = parts[0].len();
            let offsets: Vec<usize> = (0..parts.len()).map(|i| i * length).collect();
            AudioMeta::add(made, &self.info, to - from, &offsets).expect("planes fit the buffer");
        }
        let time = |frame: usize| {
            let rate = u64::from(self.info.rate());
            gst::ClockTime::SECOND.mul_div_round(frame as u64, rate)
        };
        made.set_pts(time(from));
        made.set_duration(time(to).zip(time(from)).map(|(end, start)| end - start));
        buffer
    }
}

fn audio_format(format: SampleFormat) -> AudioFormat {
    match format {
        SampleFormat::S16 => gst_audio::AUDIO_FORMAT_S16,
        SampleFormat::S24 => gst_audio::AUDIO_FORMAT_S24,
        SampleFormat::S24In32 => gst_audio::AUDIO_FORMAT_S2432,
        SampleFormat::S32 => gst_audio::AUDIO_FORMAT_S32,
        SampleFormat::F32 => gst_audio::AUDIO_FORMAT_F32,
        SampleFormat::F64 => gst_audio::AUDIO_FORMAT_F64,
    }
}

/// Runs `pcm`, in buffers of `cut` frames, through a new `element` whose properties are set first,
/// and returns the final result that it posts at end of stream.
///
/// # Panics
/// If the element refuses, or posts no result or more than one.
pub fn measure(
    element: &str,
    properties: &[(&str, &str)],
    pcm: &Pcm,
    cut: usize,
) -> gst::Structure {
    let element = gst::ElementFactory::make(element).build();
    let element = element.expect("the element is registered");
    for (name, value) in properties {
        element.set_property_from_str(name, value);
    }
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
    let caps = pcm.info.to_caps().expect("caps of a valid description");
    harness.set_caps(caps.clone(), caps);
    for from in (0..pcm.frames()).step_by(cut) {
        let to = pcm.frames().min(from + cut);
        let out = harness.push_and_pull(pcm.buffer(from, to));
        out.expect("the element passes buffers through");
    }
    assert!(harness.push_event(gst::event::Eos::new()));
    let results: Vec<gst::Structure> = bus
        .iter_filtered(&[gst::MessageType::Element])
        .filter_map(|message| message.structure().map(|s| s.to_owned()))
        .filter(|s| s.get("final") == Ok(true))
        .collect();
    let [result] = <[_; 1]>::try_from(results).expect("one final result");
    result
}
