// SPDX-License-Identifier: MPL-2.0
//! EBU R128 loudness over the `ebur128` crate, in histogram mode so that memory is bounded.
use crate::pcm::{SampleFormat, read_24};
use ebur128::{Channel, EbuR128, Mode};

/// Where a channel belongs in ITU-R BS.1770's weighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Left, right, centre and whatever has no special weight.
    Front,
    /// Surround: +1.5 dB.
    Surround,
    /// Left out, as the LFE is.
    None,
}

/// Which values are measured; each costs what it costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Integrated loudness.
    pub integrated: bool,
    /// Loudness range.
    pub range: bool,
    /// Highest momentary loudness.
    pub momentary: bool,
    /// Highest short-term loudness.
    pub short_term: bool,
    /// True peak.
    pub true_peak: bool,
}

impl Wanted {
    /// Everything.
    pub const ALL: Wanted = Wanted {
        integrated: true,
        range: true,
        momentary: true,
        short_term: true,
        true_peak: true,
    };

    fn mode(self) -> Mode {
        let parts = [
            (self.integrated, Mode::I),
            (self.range, Mode::LRA),
            (self.momentary, Mode::M),
            (self.short_term, Mode::S),
            (self.true_peak, Mode::TRUE_PEAK),
        ];
        let wanted = parts.into_iter().filter(|(wanted, _)| *wanted);
        wanted.fold(Mode::HISTOGRAM, |all, (_, mode)| all | mode)
    }
}

/// Loudness of a stream so far; `None` where it was not wanted or nothing could be said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Loudness {
    /// Integrated loudness in LUFS; `None` while nothing passed the absolute gate.
    pub integrated: Option<f64>,
    /// Loudness range in LU.
    pub range: Option<f64>,
    /// Highest momentary loudness (400 ms) in LUFS.
    pub max_momentary: Option<f64>,
    /// Highest short-term loudness (3 s) in LUFS.
    pub max_short_term: Option<f64>,
    /// Highest true peak of any channel, full scale being 1.
    pub true_peak: Option<f64>,
}

/// The first filter of BS.1770 turns at 1682 Hz: at a rate below twice that it is not stable.
const LOWEST_RATE: u32 = 3364;

/// Measures loudness. Samples that are no number count as 0.
pub struct LoudnessMeter {
    ebu: EbuR128,
    format: SampleFormat,
    channels: usize,
    /// Frames between two looks at the momentary loudness: 100 ms, as EBU Tech 3341 has it.
    step: usize,
    /// Frames of the present step already added.
    filled: usize,
    scratch: Vec<f64>,
    wanted: Wanted,
    seen: Loudness,
    frames: u64,
}

impl LoudnessMeter {
    /// A meter for samples of `format` at `rate` Hz, one weight per channel.
    ///
    /// # Errors
    /// A sentence, if loudness is not defined at the rate, or the number of channels is beyond what
    /// `ebur128` takes.
    pub fn new(
        format: SampleFormat,
        rate: u32,
        weights: &[Weight],
        wanted: Wanted,
    ) -> Result<Self, String> {
        let channels = weights.len();
        if rate < LOWEST_RATE {
            return Err(format!(
                "loudness at {rate} Hz is not defined: it takes {LOWEST_RATE} Hz or more"
            ));
        }
        let mut ebu = EbuR128::new(channels as u32, rate, wanted.mode())
            .map_err(|e| format!("loudness of {channels} channels at {rate} Hz: {e}"))?;
        let map: Vec<Channel> = weights
            .iter()
            .enumerate()
            .map(|(i, weight)| match weight {
                Weight::None => Channel::Unused,
                Weight::Surround => Channel::LeftSurround,
                // ITU's weight of 1; left and right only differ in name.
                Weight::Front if i == 1 => Channel::Right,
                Weight::Front => Channel::Left,
            })
            .collect();
        ebu.set_channel_map(&map)
            .map_err(|e| format!("loudness of {channels} channels: {e}"))?;
        let step = (rate as usize / 10).max(1);
        Ok(LoudnessMeter {
            ebu,
            format,
            channels,
            step,
            filled: 0,
            scratch: vec![0.0; step * channels],
            wanted,
            seen: Loudness::default(),
            frames: 0,
        })
    }

    /// Adds samples; `planes` as for [`crate::dr14::Meter::push`].
    pub fn push(&mut self, planes: &[&[u8]]) {
        let width = self.channels / planes.len().max(1);
        let stride = (width * self.format.bytes()).max(1);
        let frames = planes.iter().map(|p| p.len() / stride).min().unwrap_or(0);
        let mut from = 0;
        while from < frames {
            let take = (self.step - self.filled).min(frames - from);
            for (i, plane) in planes.iter().enumerate() {
                let bytes = &plane[from * stride..(from + take) * stride];
                let out = self.scratch[..take * self.channels].chunks_exact_mut(self.channels);
                decode(
                    self.format,
                    bytes,
                    width,
                    out.map(|frame| &mut frame[i..i + width]),
                );
            }
            self.add(take);
            from += take;
        }
    }

    /// Adds frames of value 0.
    pub fn push_silence(&mut self, mut frames: u64) {
        while frames > 0 {
            let take = ((self.step - self.filled) as u64).min(frames);
            self.scratch[..take as usize * self.channels].fill(0.0);
            self.add(take as usize);
            frames -= take;
        }
    }

    fn add(&mut self, frames: usize) {
        // The only error is a length that is no multiple of the channels, which cannot be.
        let _ = self
            .ebu
            .add_frames_f64(&self.scratch[..frames * self.channels]);
        self.filled += frames;
        self.frames += frames as u64;
        if self.filled == self.step {
            self.filled = 0;
            let tenths = self.frames / self.step as u64;
            if tenths >= 4 && self.wanted.momentary {
                raise(&mut self.seen.max_momentary, self.ebu.loudness_momentary());
            }
            if tenths >= 30 && self.wanted.short_term {
                raise(&mut self.seen.max_short_term, self.ebu.loudness_shortterm());
            }
        }
    }

    /// The values so far.
    pub fn read(&self) -> Loudness {
        let peaks = (0..self.channels as u32).filter_map(|c| self.ebu.true_peak(c).ok());
        let integrated = self.ebu.loudness_global().ok().filter(|l| l.is_finite());
        Loudness {
            integrated: integrated.filter(|_| self.wanted.integrated),
            range: self.ebu.loudness_range().ok().filter(|_| self.wanted.range),
            true_peak: self.wanted.true_peak.then(|| peaks.fold(0.0, f64::max)),
            ..self.seen
        }
    }
}

fn raise(highest: &mut Option<f64>, now: Result<f64, ebur128::Error>) {
    if let Ok(now) = now
        && now.is_finite()
        && highest.is_none_or(|h| now > h)
    {
        *highest = Some(now);
    }
}

/// Writes the frames of `bytes` (`width` samples each) to `out`, full scale being 1.
fn decode<'a>(
    format: SampleFormat,
    bytes: &[u8],
    width: usize,
    out: impl Iterator<Item = &'a mut [f64]>,
) {
    fn each<'a, const N: usize>(
        bytes: &[u8],
        width: usize,
        out: impl Iterator<Item = &'a mut [f64]>,
        read: impl Fn([u8; N]) -> f64,
    ) {
        for (frame, out) in bytes.as_chunks::<N>().0.chunks_exact(width).zip(out) {
            for (raw, out) in frame.iter().zip(out) {
                *out = read(*raw);
            }
        }
    }
    let finite = |x: f64| if x.is_finite() { x } else { 0.0 };
    match format {
        SampleFormat::S16 => each(bytes, width, out, |raw| {
            f64::from(i16::from_ne_bytes(raw)) / 32_768.0
        }),
        SampleFormat::S24 => each(bytes, width, out, |raw| {
            f64::from(read_24(raw)) / 8_388_608.0
        }),
        SampleFormat::S24In32 => each(bytes, width, out, |raw| {
            f64::from(i32::from_ne_bytes(raw) << 8 >> 8) / 8_388_608.0
        }),
        SampleFormat::S32 => each(bytes, width, out, |raw| {
            f64::from(i32::from_ne_bytes(raw)) / 2_147_483_648.0
        }),
        SampleFormat::F32 => each(bytes, width, out, |raw| {
            finite(f64::from(f32::from_ne_bytes(raw)))
        }),
        SampleFormat::F64 => each(bytes, width, out, |raw| finite(f64::from_ne_bytes(raw))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, seconds: u32, amplitude: f64) -> Vec<u8> {
        (0..rate * seconds)
            .flat_map(|i| {
                let phase = std::f64::consts::TAU * 997.0 * f64::from(i) / f64::from(rate);
                let x = (amplitude * phase.sin()) as f32;
                [x.to_ne_bytes(), x.to_ne_bytes()].concat()
            })
            .collect()
    }

    /// EBU Tech 3341, case 1: a stereo 1 kHz sine at −23 dBFS is −23 LUFS (±0.1 LU).
    #[test]
    fn ebu_case_1() {
        let weights = [Weight::Front; 2];
        let mut meter =
            LoudnessMeter::new(SampleFormat::F32, 48_000, &weights, Wanted::ALL).unwrap();
        meter.push(&[&sine(48_000, 20, 10f64.powf(-23.0 / 20.0))]);
        let seen = meter.read();
        assert!((seen.integrated.unwrap() + 23.0).abs() < 0.1, "{seen:?}");
        assert!((seen.max_momentary.unwrap() + 23.0).abs() < 0.1);
        assert!((seen.max_short_term.unwrap() + 23.0).abs() < 0.1);
        assert!((20.0 * seen.true_peak.unwrap().log10() + 23.0).abs() < 0.1);
        assert!(seen.range.unwrap() < 0.1);
    }

    #[test]
    fn what_is_not_wanted_is_not_there() {
        let wanted = Wanted {
            short_term: true,
            ..Wanted::default()
        };
        let weights = [Weight::Front; 2];
        let mut meter = LoudnessMeter::new(SampleFormat::F32, 8_000, &weights, wanted).unwrap();
        meter.push(&[&sine(8_000, 5, 0.5)]);
        let only = Loudness {
            max_short_term: meter.read().max_short_term,
            ..Loudness::default()
        };
        assert!(only.max_short_term.is_some());
        assert_eq!(meter.read(), only);
    }

    #[test]
    fn cutting_into_buffers_changes_nothing_and_what_is_no_number_counts_as_zero() {
        let mut bytes = sine(8_000, 5, 0.5);
        bytes[4000..4004].copy_from_slice(&f32::NAN.to_ne_bytes());
        let weights = [Weight::Front; 2];
        let new = || LoudnessMeter::new(SampleFormat::F32, 8_000, &weights, Wanted::ALL).unwrap();
        let (mut whole, mut cut) = (new(), new());
        whole.push(&[&bytes]);
        bytes.chunks(8 * 37).for_each(|part| cut.push(&[part]));
        assert_eq!(whole.read(), cut.read());
        assert!(whole.read().integrated.is_some());
    }
}
