// SPDX-License-Identifier: MPL-2.0
//! How much a demuxer may read ahead: arithmetic, and nothing of GStreamer.
//!
//! A demuxer looks at its limit only before it fetches a segment, and then takes all of it. What it
//! holds at most is therefore the limit and one segment more.
use std::time::Duration;

/// The limit of hlsdemux2 where nobody sets one; more than this is never asked for.
pub const LONGEST: Duration = Duration::from_secs(30);

/// What is known of a demuxer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Bytes per second of media; `None` before there is any.
    pub rate: Option<f64>,
    /// The largest segment lately, in bytes.
    pub segment: u64,
}

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// Never less than this is read ahead, as far as it fits into the bytes.
    pub least: Duration,
    /// Never more than this; `None` for no limit in time.
    pub most: Option<Duration>,
}

/// Bytes that cannot be done without: the least time and the segment that comes after it.
pub fn floor(load: Load, wish: Wish) -> u64 {
    let rate = load.rate.unwrap_or(0.0);
    ((rate * wish.least.as_secs_f64()) as u64).saturating_add(load.segment)
}

/// Time that may be read ahead with `bytes` to hold it in.
///
/// What comes after it, one segment, has room as well where `bytes` allow; where they are few, the least
/// time goes before that, and nothing goes before the bytes.
pub fn read_ahead(bytes: u64, load: Load, wish: Wish) -> Duration {
    let most = wish.most.unwrap_or(LONGEST).min(LONGEST);
    let least = wish.least.min(most);
    let Some(rate) = load.rate.filter(|rate| *rate > 0.0) else {
        return least;
    };
    let seconds = |bytes: u64| Duration::try_from_secs_f64(bytes as f64 / rate).unwrap_or(LONGEST);
    let with_segment = seconds(bytes.saturating_sub(load.segment));
    with_segment.max(least.min(seconds(bytes))).min(most)
}

/// The bit rate at which `bytes` last for the least time; a variant above it cannot be played.
pub fn bit_rate(bytes: u64, wish: Wish) -> u32 {
    let seconds = wish.least.as_secs_f64().max(0.1);
    (bytes as f64 * 8.0 / seconds).min(f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WISH: Wish = Wish {
        least: Duration::from_secs(2),
        most: None,
    };

    fn load(rate: f64, segment: u64) -> Load {
        Load {
            rate: Some(rate),
            segment,
        }
    }

    #[test]
    fn a_segment_has_room_beside_what_is_read_ahead() {
        // 8 Mbit/s in segments of 10 s.
        let eight = load(1e6, 10_000_000);
        assert_eq!(read_ahead(25_000_000, eight, WISH), Duration::from_secs(15));
        assert_eq!(read_ahead(10_000_000, eight, WISH), Duration::from_secs(2));
        assert_eq!(read_ahead(1_000_000, eight, WISH), Duration::from_secs(1));
        assert_eq!(read_ahead(u64::MAX, eight, WISH), LONGEST);
        assert_eq!(read_ahead(0, eight, WISH), Duration::ZERO);
    }

    #[test]
    fn little_is_asked_for_before_anything_is_known() {
        assert_eq!(read_ahead(1 << 30, Load::default(), WISH), WISH.least);
        assert_eq!(floor(Load::default(), WISH), 0);
        assert_eq!(floor(load(1e6, 5), WISH), 2_000_005);
        assert_eq!(bit_rate(1_000_000, WISH), 4_000_000);
        assert_eq!(bit_rate(u64::MAX, WISH), u32::MAX);
    }

    proptest! {
        #[test]
        fn what_is_read_ahead_fits(
            bytes in 0u64..1 << 34, rate in 1.0f64..1e8, segment in 0u64..1 << 30,
            least in 0u64..10_000, most in prop::option::of(0u64..60_000),
        ) {
            let wish = Wish { least: Duration::from_millis(least), most: most.map(Duration::from_millis) };
            let time = read_ahead(bytes, load(rate, segment), wish);
            prop_assert!(time.as_secs_f64() * rate <= bytes as f64 + rate * 1e-9 + 1.0);
            prop_assert!(time <= LONGEST);
            prop_assert!(wish.most.is_none_or(|most| time <= most));
        }
    }
}
