// SPDX-License-Identifier: MPL-2.0
//! Spectra with any settings, samples and cuts: what is fed in pieces must give the very bits that
//! one pass over the same bytes gives, and nothing but numbers.
#![no_main]

use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use auris_dsp::spectrum::classic::{self, Classic};
use auris_dsp::spectrum::intake::{Downmix, Intake};
use auris_dsp::spectrum::stft::{self, Padding, Precision, Prepare, Stft};
use libfuzzer_sys::fuzz_target;

const FORMATS: [SampleFormat; 6] = [
    SampleFormat::S16,
    SampleFormat::S24,
    SampleFormat::S24In32,
    SampleFormat::S32,
    SampleFormat::F32,
    SampleFormat::F64,
];

struct Settings {
    format: SampleFormat,
    channels: usize,
    flags: u8,
    rate: u32,
    size: usize,
    interval: u32,
    level: Level,
}

fuzz_target!(|input: (u8, u8, u16, u16, u32, u8, &[u8])| {
    let (flags, channels, rate, size, interval, cut, bytes) = input;
    let levels: Vec<_> = Level::available().collect();
    let settings = Settings {
        format: FORMATS[usize::from(flags) % FORMATS.len()],
        channels: usize::from(channels) % 64 + 1,
        flags,
        rate: u32::from(rate) + 1,
        size: usize::from(size) % 1025,
        interval,
        level: levels[usize::from(cut) % levels.len()],
    };
    let cut = usize::from(cut) + 1;
    let whole = run_classic(&settings, bytes, usize::MAX);
    assert_eq!(whole, run_classic(&settings, bytes, cut));
    assert_eq!(run_stft(&settings, bytes, usize::MAX), run_stft(&settings, bytes, cut));
});

/// The bits of all results.
fn run_classic(settings: &Settings, bytes: &[u8], cut: usize) -> Vec<u32> {
    let config = classic::Config {
        format: settings.format,
        rate: settings.rate,
        channels: settings.channels,
        bands: settings.size,
        interval: u64::from(settings.interval),
        multi_channel: settings.flags & 0x20 != 0,
        threshold: -i32::from(settings.flags) * 2,
        magnitude: settings.flags & 0x40 == 0,
        phase: settings.flags & 0x80 != 0,
    };
    let Ok(mut classic) = Classic::with_level(settings.level, config) else {
        return Vec::new();
    };
    let frame = settings.channels * settings.format.bytes();
    let mut results = Vec::new();
    for piece in bytes.chunks(cut.saturating_mul(frame)) {
        let mut rest = piece;
        while rest.len() >= frame {
            let taken = classic.push(rest);
            rest = &rest[taken.frames * frame..];
            if taken.due {
                for row in 0..classic.rows() {
                    let values = classic.magnitude(row).iter().chain(classic.phase(row));
                    results.extend(values.map(|x| {
                        assert!(!x.is_nan());
                        x.to_bits()
                    }));
                }
            }
        }
    }
    classic.push_silence(u64::from(settings.interval));
    classic.discontinuity();
    classic.reset();
    results
}

fn run_stft(settings: &Settings, bytes: &[u8], cut: usize) -> Vec<u32> {
    let downmix = [Downmix::Mean, Downmix::Channels, Downmix::MidSide];
    let downmix = downmix[usize::from(settings.flags >> 5) % 3];
    let rows = downmix.rows(settings.channels);
    let frame = (settings.size / (1 + settings.interval as usize % 2)).max(1);
    let padding = [Padding::None, Padding::Zero, Padding::Reflect];
    let config = stft::Config {
        rate: settings.rate,
        rows,
        size: settings.size,
        frame,
        window: vec![0.5; frame],
        hop: settings.interval as usize % 700 + frame / 8 + 1,
        padding: padding[settings.rate as usize % 3],
        prepare: match settings.flags & 0x80 {
            0 => Prepare::Nothing,
            _ => Prepare::Kaldi {
                scale: 32_768.0,
                remove_dc: true,
                preemphasis: 0.97,
            },
        },
        whole_only: settings.flags & 0x40 != 0,
        phase: settings.flags & 0x20 != 0,
        precision: match settings.flags & 0x10 {
            0 => Precision::Single,
            _ => Precision::Double,
        },
    };
    let (format, channels) = (settings.format, settings.channels);
    let intake = Intake::with_level(settings.level, format, channels, downmix, 100);
    let stft = Stft::with_level(settings.level, config);
    let (Ok(mut intake), Ok(mut stft)) = (intake, stft) else {
        return Vec::new();
    };
    let mut results = Vec::new();
    let mut emit = |frame: &stft::Frame<'_>| {
        results.push(frame.start as u32);
        for row in 0..rows {
            let values = frame.power(row).iter().chain(frame.phase(row));
            results.extend(values.map(|x| x.to_bits()));
            results.push(frame.energy(row).to_bits());
        }
    };
    let frame = channels * format.bytes();
    for piece in bytes.chunks(cut.saturating_mul(frame)) {
        let mut rest = piece;
        while rest.len() >= frame {
            let rows = intake.rows(rest);
            stft.push_rows(rows, &mut emit);
            rest = &rest[rows.frames() * frame..];
        }
    }
    stft.finish(&mut emit);
    results
}
