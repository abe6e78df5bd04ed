// SPDX-License-Identifier: MPL-2.0
//! The meter with any settings, samples and cuts: the fastest instruction set, fed in pieces, must
//! give the very bits that one scalar pass over the same bytes gives; loudness and checksum must
//! survive the same.
#![no_main]

use auris_dsp::checksum::PcmMd5;
use auris_dsp::dr14::{Config, Dialect, Meter, Options};
use auris_dsp::loudness::{LoudnessMeter, Wanted, Weight};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use libfuzzer_sys::fuzz_target;

const FORMATS: [SampleFormat; 6] = [
    SampleFormat::S16,
    SampleFormat::S24,
    SampleFormat::S24In32,
    SampleFormat::S32,
    SampleFormat::F32,
    SampleFormat::F64,
];

fuzz_target!(|input: (u8, u8, u8, u8, &[u8])| {
    let (settings, channels, rate, cut, bytes) = input;
    let format = FORMATS[usize::from(settings) % FORMATS.len()];
    let channels = usize::from(channels) % 64 + 1;
    let config = Config {
        // Low rates make blocks short enough for the input to have several.
        window: u64::from(settings >> 6) * 100,
        edge_trim: (settings & 0x20 != 0).then_some(0.25),
        ..Config::new(format, u32::from(rate) + 1, channels)
    };
    let options = Options {
        dialect: Dialect::ALL[usize::from(settings) % 3],
        lfe: vec![true],
        exclude_lfe: settings & 0x10 != 0,
        silence_filter: (settings & 8 != 0).then_some(0.1),
        explain: true,
    };
    let mut pieces = Meter::new(config.clone());
    let mut whole = Meter::with_level(config, Level::SCALAR);
    let frame = channels * format.bytes();
    let mut md5 = PcmMd5::new(format);
    let weights = vec![Weight::Front; channels];
    let mut loudness = LoudnessMeter::new(format, 8_000, &weights, Wanted::ALL).ok();
    for piece in bytes.chunks((usize::from(cut) + 1) * frame) {
        pieces.push(&[piece]);
        md5.push(&[piece]);
        if let Some(loudness) = &mut loudness {
            loudness.push(&[piece]);
        }
        let _ = pieces.report(&options);
    }
    pieces.push_silence(u64::from(cut));
    whole.push(&[bytes]);
    whole.push_silence(u64::from(cut));
    let _ = (md5.read(), loudness.map(|l| l.read()));
    let (pieces, whole) = (pieces.finish(), whole.finish());
    // NaN is not equal to itself; the text of it is.
    assert_eq!(
        format!("{:?}", pieces.report(&options)),
        format!("{:?}", whole.report(&options))
    );
});
