// SPDX-License-Identifier: MPL-2.0
//! Fourteen signals at the edges of the DR14 algorithm, which other tools measured: see
//! `tests/data/dr_reference.csv`.
//!
//! They were first made with numpy. Order of operations and roundings are therefore part of the
//! definition, odd as some look: the samples must come out the same, bit for bit.
use crate::pcg64::Pcg64;
use auris_dsp::pcm::SampleFormat;
use std::f64::consts::PI;

/// PCM with a name.
pub struct EdgeCase {
    /// As in the reference table, less `.wav`.
    pub name: &'static str,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Number of channels.
    pub channels: usize,
    /// Bits per sample: 16 or 24.
    pub bits: u32,
    /// Interleaved samples.
    pub samples: Vec<i32>,
}

impl EdgeCase {
    fn new(name: &'static str, rate: u32, bits: u32, planes: &[Vec<f64>]) -> Self {
        let scale = f64::from(1 << (bits - 1));
        let quantise = |x: f64| (x * scale).round_ties_even().clamp(-scale, scale - 1.0) as i32;
        let frames = planes[0].len();
        EdgeCase {
            name,
            rate,
            channels: planes.len(),
            bits,
            samples: (0..frames)
                .flat_map(|i| planes.iter().map(move |plane| quantise(plane[i])))
                .collect(),
        }
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.channels
    }

    /// The format that holds the samples and no more.
    pub fn native_format(&self) -> SampleFormat {
        match self.bits {
            16 => SampleFormat::S16,
            _ => SampleFormat::S24,
        }
    }

    /// The samples in `format`, in one piece if interleaved, else in one piece per channel. All
    /// formats hold them exactly, unless `format` has fewer bits.
    pub fn encode(&self, format: SampleFormat, planar: bool) -> Vec<Vec<u8>> {
        let part = |first: usize, step: usize| {
            let samples = self.samples[first..].iter().step_by(step);
            samples.fold(Vec::new(), |mut bytes, &sample| {
                push_sample(&mut bytes, format, sample, self.bits);
                bytes
            })
        };
        if planar {
            (0..self.channels).map(|c| part(c, self.channels)).collect()
        } else {
            vec![part(0, 1)]
        }
    }
}

fn push_sample(bytes: &mut Vec<u8>, format: SampleFormat, sample: i32, bits: u32) {
    let high = sample << (32 - bits);
    let real = f64::from(sample) / f64::from(1 << (bits - 1));
    match format {
        SampleFormat::S16 => bytes.extend(((high >> 16) as i16).to_ne_bytes()),
        SampleFormat::S24 if cfg!(target_endian = "little") => {
            bytes.extend(&high.to_ne_bytes()[1..])
        }
        SampleFormat::S24 => bytes.extend(&high.to_ne_bytes()[..3]),
        SampleFormat::S24In32 => bytes.extend((high >> 8).to_ne_bytes()),
        SampleFormat::S32 => bytes.extend(high.to_ne_bytes()),
        SampleFormat::F32 => bytes.extend((real as f32).to_ne_bytes()),
        SampleFormat::F64 => bytes.extend(real.to_ne_bytes()),
    }
}

/// All of them, one at a time: they are large.
pub fn all() -> impl Iterator<Item = EdgeCase> {
    CASES.iter().map(|make| make())
}

/// The one of that name.
///
/// # Panics
/// If there is none.
pub fn named(name: &str) -> EdgeCase {
    all().find(|case| case.name == name).expect("a known name")
}

const CD: u32 = 44_100;
/// One block of `foobar` at 44.1 kHz.
const BLOCK: usize = 132_480;
const LOUD: (f64, f64) = (-30.0, -12.0);

const CASES: [fn() -> EdgeCase; 14] = [
    || EdgeCase::new("e01_short_1s5", CD, 16, &channels(1, 66_150, CD, 2)),
    || EdgeCase::new("e02_exact_3s", CD, 16, &channels(2, 132_300, CD, 2)),
    || EdgeCase::new("e03_exact_block_132480", CD, 16, &channels(3, BLOCK, CD, 2)),
    || {
        EdgeCase::new(
            "e04_exact_10_blocks_44k1",
            CD,
            16,
            &channels(4, 10 * BLOCK, CD, 2),
        )
    },
    || EdgeCase::new("e06_silence_10s", CD, 16, &vec![vec![0.0; 441_000]; 2]),
    || {
        let mut planes = channels(7, 882_000, CD, 2);
        planes[1].fill(0.0);
        EdgeCase::new("e07_one_silent_channel", CD, 16, &planes)
    },
    || EdgeCase::new("e08_mono", CD, 16, &channels(8, 882_000, CD, 1)),
    surround,
    || {
        EdgeCase::new(
            "e10_96k_24bit",
            96_000,
            24,
            &channels(10, 1_920_000, 96_000, 2),
        )
    },
    || EdgeCase::new("e11_8k", 8_000, 16, &channels(11, 160_000, 8_000, 2)),
    square,
    || EdgeCase::new("e14_24bit_44k1", CD, 24, &channels(14, 882_000, CD, 2)),
    sine,
    very_quiet,
];

/// 5.1; the LFE channel hums in bursts.
fn surround() -> EdgeCase {
    let rate = 48_000;
    let mut planes = channels(9, 960_000, rate, 6);
    for (i, lfe) in planes[3].iter_mut().enumerate() {
        let t = i as f64 / f64::from(rate);
        let on = if (2.0 * PI * 0.21 * t).sin() > 0.0 {
            1.0
        } else {
            0.0
        };
        *lfe = 0.5 * (2.0 * PI * 45.0 * t).sin() * (0.2 + 0.8 * on);
    }
    EdgeCase::new("e09_surround51_lfe", rate, 16, &planes)
}

fn square() -> EdgeCase {
    let sign = |i: usize| {
        if i * 441 / CD as usize % 2 == 1 {
            -1.0
        } else {
            1.0
        }
    };
    let plane: Vec<f64> = (0..12 * CD as usize).map(sign).collect();
    EdgeCase::new("e12_square_fullscale", CD, 16, &[plane.clone(), plane])
}

fn sine() -> EdgeCase {
    let value = |i: u32| (2.0 * PI * 997.0 * (f64::from(i) / f64::from(CD))).sin();
    let plane: Vec<f64> = (0..60 * CD).map(value).collect();
    EdgeCase::new("e16_sine_0dbfs", CD, 16, &[plane.clone(), plane])
}

/// Block RMS values of a few steps of `foobar`'s quantisation.
fn very_quiet() -> EdgeCase {
    let planes = (0..2).map(|c| music(24 + 17 * c, 5_292_000, CD, (-62.0, -55.0)));
    let quieter = planes.map(|plane| plane.into_iter().map(|x| x * 0.02).collect());
    EdgeCase::new("e24_very_quiet", CD, 24, &quieter.collect::<Vec<_>>())
}

fn channels(seed: u32, frames: usize, rate: u32, channels: u32) -> Vec<Vec<f64>> {
    let seeds = (0..channels).map(|c| seed + 17 * c);
    seeds.map(|seed| music(seed, frames, rate, LOUD)).collect()
}

/// Noise whose level wanders, under a sparse row of clicks.
fn music(seed: u32, frames: usize, rate: u32, levels: (f64, f64)) -> Vec<f64> {
    let (noise, level) = (
        gauss(seed, frames),
        envelope(seed + 1000, frames, rate, levels),
    );
    let clicks = clicks(seed + 2000, frames, rate);
    (0..frames)
        .map(|i| (noise[i] * level[i] * 0.5 + clicks[i]).clamp(-0.97, 0.97))
        .collect()
}

/// Numbers from 0 to 1, 1 excluded.
fn uniform(seed: u32, count: usize) -> Vec<f64> {
    let unit = (0.5f64).powi(53);
    let raw = Pcg64::new(seed).take(count);
    raw.map(|bits| (bits >> 11) as f64 * unit).collect()
}

/// Nearly normal, variance 1: sums of four uniform numbers.
fn gauss(seed: u32, count: usize) -> Vec<f64> {
    let all = uniform(seed, 4 * count);
    let of = |part: usize, i: usize| all[part * count + i];
    (0..count)
        .map(|i| of(0, i) + of(1, i) + of(2, i) + of(3, i))
        .map(|sum| (sum - 2.0) * 3f64.sqrt())
        .collect()
}

/// Amplitudes that go in straight lines of dB from one random level to the next, 1.7 s apart.
fn envelope(seed: u32, frames: usize, rate: u32, (low, high): (f64, f64)) -> Vec<f64> {
    let step = f64::from(rate) * 1.7;
    let count = (frames as f64 / step) as usize + 2;
    let levels: Vec<f64> = uniform(seed, count)
        .into_iter()
        .map(|x| low + (high - low) * x)
        .collect();
    (0..frames)
        .map(|i| {
            let at = i as f64 / step;
            let left = at as usize;
            let slope = levels[left + 1] - levels[left];
            let level = slope * (at - left as f64) + levels[left];
            10f64.powf(level / 20.0)
        })
        .collect()
}

/// A decaying burst of 20 ms every 2.3 s.
fn clicks(seed: u32, frames: usize, rate: u32) -> Vec<f64> {
    const FIRST: f64 = 0.4;
    const EVERY: f64 = 2.3;
    let rate_f64 = f64::from(rate);
    let mut out = vec![0.0; frames];
    let length = (0.02 * rate_f64) as usize;
    let half_wave = (rate as usize / 4000).max(1);
    let shape: Vec<f64> = (0..length)
        .map(|i| (-(i as f64) / (0.004 * rate_f64)).exp())
        .collect();
    let seconds = frames as f64 / rate_f64;
    let count = ((seconds - FIRST) / EVERY).ceil().max(0.0) as usize;
    for (k, chance) in uniform(seed, count.max(1))
        .into_iter()
        .take(count)
        .enumerate()
    {
        let gain = 0.9 * (0.6 + 0.4 * chance);
        let start = ((FIRST + k as f64 * EVERY) * rate_f64) as usize;
        for (i, (to, decay)) in out[start..].iter_mut().zip(&shape).enumerate() {
            let sign = if i / half_wave % 2 == 1 { -1.0 } else { 1.0 };
            *to += gain * decay * sign;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use auris_dsp::checksum::{PcmMd5, hex};

    /// MD5 of the PCM in the WAV files that the other tools measured.
    const MD5: [(&str, &str); 14] = [
        ("e01_short_1s5", "46898eaa695377bc4e0494a846625979"),
        ("e02_exact_3s", "56efc32f100cc8800ad080e47e6abd73"),
        ("e03_exact_block_132480", "e473e890a11959d96bba6c4889b38f89"),
        (
            "e04_exact_10_blocks_44k1",
            "46c288d760f7bda2256cf6ca8d529a54",
        ),
        ("e06_silence_10s", "3078714f29b09408fbf800f7a2ce03d0"),
        ("e07_one_silent_channel", "c30d5af034796a7a9066e5291583a13d"),
        ("e08_mono", "b4b3b6cef41837e6cfdad5e16770648e"),
        ("e09_surround51_lfe", "68623ebefbb6304e67ac58d0300cf4a0"),
        ("e10_96k_24bit", "c85c4afd74f1fe5296310548a893ea6e"),
        ("e11_8k", "98b985172737baad70be71eefe52760a"),
        ("e12_square_fullscale", "45be0f50de1db98f7133f588343d2435"),
        ("e14_24bit_44k1", "23f6d70798c7e20c2f346a967db22225"),
        ("e16_sine_0dbfs", "57d7805c6e00d195e5c34b15ff8da15c"),
        ("e24_very_quiet", "552357b24073544d6c61676031440365"),
    ];

    #[test]
    fn are_the_samples_that_others_measured() {
        let made = all().map(|case| {
            let mut md5 = PcmMd5::new(case.native_format());
            md5.push(&[&case.encode(case.native_format(), false)[0]]);
            (case.name, hex(&md5.read()))
        });
        let expected = MD5.map(|(name, md5)| (name, md5.to_string()));
        assert_eq!(made.collect::<Vec<_>>(), expected);
    }
}
