// SPDX-License-Identifier: MPL-2.0
//! What gst-plugins-good computes.
use super::message::{Shape, Values};
use super::settings::Settings;
use auris_dsp::pcm::SampleFormat;
use auris_dsp::spectrum::classic::{Classic, Config, Taken};
use gst_audio::AudioInfo;

pub struct ClassicPath {
    kernel: Classic,
    shape: Shape,
}

impl ClassicPath {
    /// # Errors
    /// A sentence, if there is no such analysis.
    pub fn new(
        format: SampleFormat,
        info: &AudioInfo,
        settings: &Settings,
    ) -> Result<Self, String> {
        let (channels, bands) = (info.channels() as usize, settings.bands as usize);
        let kernel = Classic::new(Config {
            format,
            rate: info.rate(),
            channels,
            bands,
            interval: settings.interval,
            multi_channel: settings.multi_channel,
            threshold: settings.threshold,
            magnitude: settings.post_messages && settings.message_magnitude,
            phase: settings.post_messages && settings.message_phase,
        })
        .map_err(|error| error.to_string())?;
        let rows = if settings.multi_channel { channels } else { 1 };
        let shape = Shape {
            multi_channel: settings.multi_channel,
            ..Shape::new(rows, bands, info.rate())
        };
        Ok(ClassicPath { kernel, shape })
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Takes over what needs no other plan. What nobody is told is not computed.
    pub fn set_live(&mut self, settings: &Settings) {
        self.kernel.set_threshold(settings.threshold);
        let told = settings.post_messages;
        self.kernel.set_outputs(
            told && settings.message_magnitude,
            told && settings.message_phase,
        );
    }

    pub fn reset(&mut self) {
        self.kernel.reset();
    }

    /// Begins an interval anew.
    pub fn discontinuity(&mut self) {
        self.kernel.discontinuity();
    }

    pub fn push(&mut self, bytes: &[u8]) -> Taken {
        self.kernel.push(bytes)
    }

    pub fn push_silence(&mut self, frames: u64) -> Taken {
        self.kernel.push_silence(frames)
    }

    /// Samples so far that were no numbers.
    pub fn non_finite(&self) -> u64 {
        self.kernel.non_finite()
    }
}

impl Values for ClassicPath {
    fn magnitude(&self, row: usize) -> &[f32] {
        self.kernel.magnitude(row)
    }

    fn phase(&self, row: usize) -> &[f32] {
        self.kernel.phase(row)
    }

    fn frequencies(&self) -> Vec<f32> {
        let step = f64::from(self.shape.rate) / (2 * self.shape.bands - 2) as f64;
        let bands = 0..self.shape.bands;
        bands.map(|i| (i as f64 * step) as f32).collect()
    }
}
