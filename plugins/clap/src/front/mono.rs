// SPDX-License-Identifier: MPL-2.0
//! From PCM of any format to one channel of floats.
use auris_dsp::pcm::{SampleFormat, read_24};

/// Mixes channels down to their mean, summed in f64.
///
/// Integers are divided by the magnitude of their smallest value, as libsndfile and FFmpeg do.
/// Samples that are no finite number count as 0, and are counted.
#[derive(Debug, Clone)]
pub struct Mixer {
    format: SampleFormat,
    channels: usize,
    planar: bool,
    non_finite: u64,
}

impl Mixer {
    /// One for so many channels, interleaved or in planes.
    pub fn new(format: SampleFormat, channels: usize, planar: bool) -> Mixer {
        Mixer {
            format,
            channels: channels.max(1),
            planar,
            non_finite: 0,
        }
    }

    /// Appends to `mono` what `planes` hold: one slice of interleaved samples, or one per channel.
    /// Bytes that make no whole frame are left out.
    pub fn mix(&mut self, planes: &[&[u8]], mono: &mut Vec<f32>) {
        // Powers of two: the quotients are exact.
        let scale = 1.0 / f64::from(1_u32 << 31);
        match self.format {
            SampleFormat::S16 => self.all(planes, mono, |b| {
                f64::from(i16::from_ne_bytes(b)) / 32_768.0
            }),
            SampleFormat::S24 => {
                self.all(planes, mono, |b| f64::from(read_24(b)) / 8_388_608.0);
            }
            SampleFormat::S24In32 => self.all(planes, mono, |b| {
                f64::from(i32::from_ne_bytes(b) << 8) * scale
            }),
            SampleFormat::S32 => {
                self.all(planes, mono, |b| f64::from(i32::from_ne_bytes(b)) * scale)
            }
            SampleFormat::F32 => {
                self.all(planes, mono, |b| f64::from(f32::from_ne_bytes(b)));
            }
            SampleFormat::F64 => self.all(planes, mono, f64::from_ne_bytes),
        }
    }

    /// Samples so far that were no finite number.
    pub fn non_finite(&self) -> u64 {
        self.non_finite
    }

    fn all<const N: usize>(
        &mut self,
        planes: &[&[u8]],
        mono: &mut Vec<f32>,
        read: impl Fn([u8; N]) -> f64,
    ) {
        let begin = mono.len();
        let channels = self.channels;
        if self.planar {
            let shortest = planes.iter().map(|plane| plane.len() / N).min();
            let frames = shortest.filter(|_| planes.len() == channels).unwrap_or(0);
            let sample = |frame: usize, channel: usize| {
                let plane = planes[channel].as_chunks::<N>().0;
                read(plane[frame])
            };
            mono.extend((0..frames).map(|frame| mean(channels, |c| sample(frame, c))));
            self.clean(&mut mono[begin..], sample);
        } else if let [bytes, ..] = planes {
            let samples = bytes.as_chunks::<N>().0;
            let sample = |frame: usize, c: usize| read(samples[frame * channels + c]);
            match channels {
                1 => mono.extend(samples.iter().map(|&sample| read(sample) as f32)),
                2 => {
                    let frames = samples.as_chunks::<2>().0.iter();
                    mono.extend(frames.map(|&[l, r]| ((read(l) + read(r)) * 0.5) as f32));
                }
                _ => {
                    let frames = 0..samples.len() / channels;
                    mono.extend(frames.map(|frame| mean(channels, |c| sample(frame, c))));
                }
            }
            self.clean(&mut mono[begin..], sample);
        }
    }

    /// Does frames again that came to no finite number, without the samples that are none.
    fn clean(&mut self, mono: &mut [f32], sample: impl Fn(usize, usize) -> f64) {
        for (frame, value) in mono.iter_mut().enumerate() {
            if value.is_finite() {
                continue;
            }
            let channels = self.channels;
            let is_number = |c: &usize| (sample(frame, *c) as f32).is_finite();
            let numbers = (0..channels).filter(is_number).count();
            self.non_finite += (channels - numbers) as u64;
            *value = mean(channels, |c| match is_number(&c) {
                true => sample(frame, c),
                false => 0.0,
            });
        }
    }
}

fn mean(channels: usize, sample: impl Fn(usize) -> f64) -> f32 {
    let sum: f64 = (0..channels).map(sample).sum();
    (sum / channels as f64) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(format: SampleFormat, channels: usize, planes: &[&[u8]]) -> (Vec<f32>, u64) {
        let mut mixer = Mixer::new(format, channels, planes.len() > 1);
        let mut mono = vec![7.0];
        mixer.mix(planes, &mut mono);
        assert_eq!(mono.remove(0), 7.0);
        (mono, mixer.non_finite())
    }

    fn bytes<const N: usize>(samples: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
        samples.into_iter().flatten().collect()
    }

    #[test]
    fn every_format_has_its_full_scale() {
        let expected = vec![-1.0, 0.5, 0.0];
        let s16 = bytes([i16::MIN, 1 << 14, 0].map(i16::to_ne_bytes));
        let s32 = bytes([i32::MIN, 1 << 30, 0].map(i32::to_ne_bytes));
        // The highest byte means nothing.
        let low = bytes([0x5580_0000_u32, 0xaa40_0000, 0x1100_0000].map(u32::to_ne_bytes));
        let s24 = bytes([-1_i32 << 23, 1 << 22, 0].map(|x| {
            let [a, b, c, d] = x.to_ne_bytes();
            if cfg!(target_endian = "little") {
                [a, b, c]
            } else {
                [b, c, d]
            }
        }));
        let f32 = bytes([-1.0_f32, 0.5, 0.0].map(f32::to_ne_bytes));
        let f64 = bytes([-1.0_f64, 0.5, 0.0].map(f64::to_ne_bytes));
        for (format, bytes) in [
            (SampleFormat::S16, s16),
            (SampleFormat::S24, s24),
            (SampleFormat::S24In32, low),
            (SampleFormat::S32, s32),
            (SampleFormat::F32, f32),
            (SampleFormat::F64, f64),
        ] {
            assert_eq!(
                mix(format, 1, &[&bytes]),
                (expected.clone(), 0),
                "{format:?}"
            );
            // One byte too many makes no sample.
            let more = [&bytes[..], &[1]].concat();
            assert_eq!(mix(format, 1, &[&more]).0, expected, "{format:?}");
        }
    }

    #[test]
    fn channels_come_to_their_mean_in_any_layout() {
        for channels in [1, 2, 3, 6, 64] {
            let sample = |f: usize, c: usize| (f * 100 + c) as f32 * 0.25;
            let frames = 0..50;
            let interleaved = frames
                .clone()
                .flat_map(|f| (0..channels).map(move |c| sample(f, c)));
            let interleaved = bytes(interleaved.map(f32::to_ne_bytes));
            let planes: Vec<_> = (0..channels)
                .map(|c| bytes(frames.clone().map(|f| sample(f, c).to_ne_bytes())))
                .collect();
            let planes: Vec<&[u8]> = planes.iter().map(Vec::as_slice).collect();
            let expected: Vec<f32> = frames
                .map(|f| {
                    let sum: f64 = (0..channels).map(|c| f64::from(sample(f, c))).sum();
                    (sum / channels as f64) as f32
                })
                .collect();
            let found = mix(SampleFormat::F32, channels, &[&interleaved]);
            assert_eq!(found, (expected.clone(), 0), "{channels} interleaved");
            let found = mix(SampleFormat::F32, channels, &planes);
            assert_eq!(found, (expected, 0), "{channels} planes");
        }
    }

    #[test]
    fn what_is_no_number_counts_as_silence() {
        let samples = [
            1.0,
            f64::NAN,
            1e300,
            2.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            3.0,
            5.0,
        ];
        let bytes = bytes(samples.map(f64::to_ne_bytes));
        let expected = vec![0.5, 1.0, 0.0, 4.0];
        assert_eq!(mix(SampleFormat::F64, 2, &[&bytes]), (expected, 4));
        let loud = f32::MAX.to_ne_bytes().repeat(2);
        assert_eq!(mix(SampleFormat::F32, 2, &[&loud]), (vec![f32::MAX], 0));
    }
}
