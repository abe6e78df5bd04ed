// SPDX-License-Identifier: MPL-2.0
//! Any settings, samples and cuts.
use super::classic::{assert_close, config, quantised, read, reference, run};
use super::common::{FORMATS, encode, noise};
use crate::simd::Level;
use crate::spectrum::classic::{Classic, Config};
use proptest::prelude::*;

fn any_config() -> impl Strategy<Value = Config> {
    let interval = prop_oneof![1u64..1_000_000, 1_000_000..20_000_000u64];
    (
        0..6usize,
        1000..200_000u32,
        1..6usize,
        2..80usize,
        interval,
        any::<bool>(),
        -140..0,
    )
        .prop_map(
            |(format, rate, channels, bands, interval, multi_channel, threshold)| Config {
                format: FORMATS[format],
                rate,
                channels,
                multi_channel,
                threshold,
                ..config(bands, interval)
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equals_the_definition(config in any_config(), seed: u64, frames in 1..700usize) {
        let samples = quantised(config.format, &noise(seed, frames * config.channels));
        let bytes = encode(config.format, &samples);
        let expected = reference(&config, &samples);
        for level in Level::available() {
            let mut classic = Classic::with_level(level, config.clone()).unwrap();
            assert_close(&run(&mut classic, &config, &bytes, &[usize::MAX / 64]), &expected);
        }
    }

    #[test]
    fn cuts_do_not_matter(
        config in any_config(),
        seed: u64,
        frames in 1..5000usize,
        cuts in prop::collection::vec(0..400usize, 1..8),
    ) {
        prop_assume!(cuts.iter().any(|&cut| cut > 0));
        let mut bytes = encode(config.format, &noise(seed, frames * config.channels));
        for level in Level::available() {
            let mut whole = Classic::with_level(level, config.clone()).unwrap();
            let mut pieces = Classic::with_level(level, config.clone()).unwrap();
            let expected = run(&mut whole, &config, &bytes, &[frames]);
            prop_assert_eq!(run(&mut pieces, &config, &bytes, &cuts), expected.clone());
            // As if new; and at another alignment.
            pieces.reset();
            bytes.insert(0, 0);
            prop_assert_eq!(run(&mut pieces, &config, &bytes[1..], &[97]), expected);
            bytes.remove(0);
        }
    }

    #[test]
    fn silence_is_as_good_as_zeros(
        config in any_config(),
        seed: u64,
        runs in prop::collection::vec((any::<bool>(), 0..300usize), 1..12),
    ) {
        let mut gaps = Classic::new(config.clone()).unwrap();
        let mut zeros = Classic::new(config.clone()).unwrap();
        let frame = config.channels * config.format.bytes();
        for (is_gap, frames) in runs {
            let noise = encode(config.format, &noise(seed, frames * config.channels));
            let silence = vec![0; frames * frame];
            let bytes = if is_gap { &silence } else { &noise };
            let mut at = 0;
            while at < frames {
                let a = zeros.push(&bytes[at * frame..]);
                let b = match is_gap {
                    true => gaps.push_silence((frames - at) as u64),
                    false => gaps.push(&bytes[at * frame..]),
                };
                prop_assert_eq!(a, b);
                at += a.frames;
                if a.due {
                    prop_assert_eq!(read(&zeros), read(&gaps));
                }
            }
        }
    }
}
