// SPDX-License-Identifier: MPL-2.0
//! From `GstAudioInfo` to the kernels' terms.
use auris_dsp::loudness::Weight;
use auris_dsp::pcm::SampleFormat;
use auris_eq::band::Layout;
use gst_audio::{AudioChannelPosition as Position, AudioFormat, AudioInfo};

/// Sample formats that the kernels read in place: native-endian, in the order of preference.
pub const FORMATS: [AudioFormat; 6] = [
    gst_audio::AUDIO_FORMAT_F32,
    gst_audio::AUDIO_FORMAT_S16,
    gst_audio::AUDIO_FORMAT_S32,
    gst_audio::AUDIO_FORMAT_S2432,
    gst_audio::AUDIO_FORMAT_S24,
    gst_audio::AUDIO_FORMAT_F64,
];

/// Channels that the kernels take at most, as GStreamer does.
pub const MAX_CHANNELS: i32 = 64;

/// Caps of everything the kernels read in place, interleaved or in planes.
pub fn caps() -> gst::Caps {
    gst_audio::AudioCapsBuilder::new()
        .format_list(FORMATS)
        .channels_range(1..=MAX_CHANNELS)
        .layout_list([
            gst_audio::AudioLayout::Interleaved,
            gst_audio::AudioLayout::NonInterleaved,
        ])
        .build()
}

/// The kernels' name of a sample format; `None` for one they do not read.
pub fn sample_format(format: AudioFormat) -> Option<SampleFormat> {
    match format {
        gst_audio::AUDIO_FORMAT_S16 => Some(SampleFormat::S16),
        gst_audio::AUDIO_FORMAT_S24 => Some(SampleFormat::S24),
        gst_audio::AUDIO_FORMAT_S2432 => Some(SampleFormat::S24In32),
        gst_audio::AUDIO_FORMAT_S32 => Some(SampleFormat::S32),
        gst_audio::AUDIO_FORMAT_F32 => Some(SampleFormat::F32),
        gst_audio::AUDIO_FORMAT_F64 => Some(SampleFormat::F64),
        _ => None,
    }
}

/// Short speaker names in the order of the stream: `FL`, `LFE`, …; `ch0`, `ch1`, … where the
/// stream has no positions.
pub fn channel_names(info: &AudioInfo) -> Vec<String> {
    let positions = positions(info);
    (0..info.channels() as usize)
        .map(|i| match positions.get(i).and_then(|p| short_name(*p)) {
            Some(name) => name.to_string(),
            None => format!("ch{i}"),
        })
        .collect()
}

/// Which channel is which to an equaliser. As in Equalizer APO, one pair of surround channels is
/// found under either name, side or rear, and the seventh and eighth channel, which are the sides
/// of 7.1, under their numbers: bits 6 and 7, where no channel has these positions.
pub fn eq_layout(info: &AudioInfo) -> Layout {
    let channels = info.channels() as usize;
    let positions = positions(info);
    let masks: Vec<u64> = positions.iter().map(|p| p.to_mask()).collect();
    // None and Mono have no bit.
    if channels < 2 || masks.len() < channels || masks.contains(&0) {
        return Layout::unpositioned(channels);
    }
    let find = |wanted| positions.iter().position(|p| *p == wanted);
    let taken = masks.iter().fold(0, |all, mask| all | mask);
    let bits = positions.iter().zip(&masks).enumerate();
    let bits = bits.map(|(channel, (position, mask))| {
        let number = match channel {
            6 | 7 => 1 << channel,
            _ => 0,
        };
        mask | (number | other_surround(*position)) & !taken
    });
    Layout {
        bits: bits.collect(),
        pair: find(Position::FrontLeft).zip(find(Position::FrontRight)),
    }
}

/// The bit of the side channel for the rear channel, and the other way round.
fn other_surround(position: Position) -> u64 {
    match position {
        Position::RearLeft => Position::SideLeft.to_mask(),
        Position::RearRight => Position::SideRight.to_mask(),
        Position::SideLeft => Position::RearLeft.to_mask(),
        Position::SideRight => Position::RearRight.to_mask(),
        _ => 0,
    }
}

/// Which channels are low-frequency effects.
pub fn lfe_channels(info: &AudioInfo) -> Vec<bool> {
    positions(info).iter().map(|p| is_lfe(*p)).collect()
}

/// Weights of ITU-R BS.1770-4, table 4: what stands between 60° and 120° counts more, LFE not at
/// all. In 5.1 the rear pair is the surround pair; beside a side pair, as in 7.1, it stands at 135°.
pub fn loudness_weights(info: &AudioInfo) -> Vec<Weight> {
    let positions = positions(info);
    let has_sides = positions.contains(&Position::SideLeft);
    (0..info.channels() as usize)
        .map(|i| match positions.get(i) {
            Some(p) if is_lfe(*p) => Weight::None,
            Some(Position::RearLeft | Position::RearRight) if has_sides => Weight::Front,
            Some(
                Position::SideLeft
                | Position::SideRight
                | Position::SurroundLeft
                | Position::SurroundRight
                | Position::WideLeft
                | Position::WideRight
                | Position::RearLeft
                | Position::RearRight,
            ) => Weight::Surround,
            _ => Weight::Front,
        })
        .collect()
}

fn positions(info: &AudioInfo) -> &[Position] {
    let known = info.positions().unwrap_or_default();
    &known[..known.len().min(info.channels() as usize)]
}

fn is_lfe(position: Position) -> bool {
    matches!(position, Position::Lfe1 | Position::Lfe2)
}

fn short_name(position: Position) -> Option<&'static str> {
    Some(match position {
        Position::Mono => "M",
        Position::FrontLeft => "FL",
        Position::FrontRight => "FR",
        Position::FrontCenter => "FC",
        Position::Lfe1 => "LFE",
        Position::Lfe2 => "LFE2",
        Position::RearLeft => "BL",
        Position::RearRight => "BR",
        Position::RearCenter => "BC",
        Position::FrontLeftOfCenter => "FLC",
        Position::FrontRightOfCenter => "FRC",
        Position::SideLeft => "SL",
        Position::SideRight => "SR",
        Position::SurroundLeft => "LS",
        Position::SurroundRight => "RS",
        Position::WideLeft => "WL",
        Position::WideRight => "WR",
        Position::TopCenter => "TC",
        Position::TopFrontLeft => "TFL",
        Position::TopFrontRight => "TFR",
        Position::TopFrontCenter => "TFC",
        Position::TopRearLeft => "TBL",
        Position::TopRearRight => "TBR",
        Position::TopRearCenter => "TBC",
        Position::TopSideLeft => "TSL",
        Position::TopSideRight => "TSR",
        Position::BottomFrontCenter => "BFC",
        Position::BottomFrontLeft => "BFL",
        Position::BottomFrontRight => "BFR",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_5_1_stream_has_its_names_lfe_and_weights() {
        gst::init().unwrap();
        let positions = [
            Position::FrontLeft,
            Position::FrontRight,
            Position::FrontCenter,
            Position::Lfe1,
            Position::RearLeft,
            Position::RearRight,
        ];
        let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, 48_000, 6)
            .positions(&positions)
            .build()
            .unwrap();
        assert_eq!(channel_names(&info), ["FL", "FR", "FC", "LFE", "BL", "BR"]);
        assert_eq!(lfe_channels(&info).iter().position(|l| *l), Some(3));
        assert_eq!(loudness_weights(&info)[3], Weight::None);
        assert_eq!(loudness_weights(&info)[5], Weight::Surround);
    }

    #[test]
    fn an_equaliser_finds_the_pair_and_the_bits_of_the_mask() {
        gst::init().unwrap();
        let info = |channels, positions: &[Position]| {
            let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, 48_000, channels);
            info.positions(positions).build().unwrap()
        };
        let positions = [
            Position::FrontLeft,
            Position::FrontRight,
            Position::Lfe1,
            Position::SideLeft,
        ];
        let layout = eq_layout(&info(4, &positions));
        assert_eq!(layout.bits[..3], [1 << 0, 1 << 1, 1 << 3]);
        assert_eq!(layout.pair, Some((0, 1)));
        let rear = [Position::RearLeft, Position::RearRight];
        assert_eq!(eq_layout(&info(2, &rear)).pair, None);
        assert_eq!(eq_layout(&info(1, &[Position::Mono])).bits, [0b111]);
        let unpositioned = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, 48_000, 3)
            .flags(gst_audio::AudioFlags::UNPOSITIONED)
            .build();
        let layout = eq_layout(&unpositioned.unwrap());
        assert_eq!(layout, Layout::unpositioned(3));
        assert_eq!(layout.pair, Some((0, 1)));
    }

    #[test]
    fn an_equaliser_finds_surround_channels_as_equalizer_apo_does() {
        gst::init().unwrap();
        let bits = |positions: &[Position]| {
            let channels = positions.len() as u32;
            let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, 48_000, channels);
            eq_layout(&info.positions(positions).build().unwrap()).bits
        };
        let front = [
            Position::FrontLeft,
            Position::FrontRight,
            Position::FrontCenter,
            Position::Lfe1,
        ];
        let rear = [Position::RearLeft, Position::RearRight];
        let side = [Position::SideLeft, Position::SideRight];
        let centre = [Position::FrontLeftOfCenter, Position::FrontRightOfCenter];
        // In 5.1 the one surround pair has both names, and numbers 5 and 6.
        for pair in [rear, side] {
            let bits = bits(&[&front[..], &pair].concat());
            assert_eq!(bits[..4], [1 << 0, 1 << 1, 1 << 2, 1 << 3]);
            assert_eq!(bits[4..], [1 << 4 | 1 << 10, 1 << 5 | 1 << 11]);
        }
        // In 7.1 each has its own, and the sides are 7 and 8.
        let home = bits(&[&front[..], &rear, &side].concat());
        assert_eq!(home[4..6], [1 << 4, 1 << 5]);
        assert_eq!(home[6..], [1 << 6 | 1 << 10, 1 << 7 | 1 << 11]);
        // What has these positions keeps them.
        let cinema = bits(&[&front[..], &rear, &centre].concat());
        assert_eq!(cinema[4..6], [1 << 4 | 1 << 10, 1 << 5 | 1 << 11]);
        assert_eq!(cinema[6..], [1 << 6, 1 << 7]);
        let eight = [&front[..], &rear, &centre, &side].concat();
        assert_eq!(bits(&eight)[6..], [1 << 6, 1 << 7, 1 << 10, 1 << 11]);
    }

    #[test]
    fn the_rear_pair_counts_more_only_where_it_is_the_surround_pair() {
        gst::init().unwrap();
        let positions = [
            Position::FrontLeft,
            Position::FrontRight,
            Position::FrontCenter,
            Position::Lfe1,
            Position::RearLeft,
            Position::RearRight,
            Position::SideLeft,
            Position::SideRight,
        ];
        let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_F32, 48_000, 8)
            .positions(&positions)
            .build()
            .unwrap();
        let weights = loudness_weights(&info);
        assert_eq!(weights[4..6], [Weight::Front; 2]);
        assert_eq!(weights[6..8], [Weight::Surround; 2]);
    }

    #[test]
    fn a_stream_without_positions_has_numbers() {
        gst::init().unwrap();
        let info = AudioInfo::builder(gst_audio::AUDIO_FORMAT_S16, 48_000, 11)
            .flags(gst_audio::AudioFlags::UNPOSITIONED)
            .build()
            .unwrap();
        assert_eq!(channel_names(&info)[10], "ch10");
        assert!(!lfe_channels(&info).contains(&true));
        assert_eq!(loudness_weights(&info).len(), 11);
    }
}
