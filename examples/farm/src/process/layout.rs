// SPDX-License-Identifier: MPL-2.0
//! Which channels and rates an encoder takes.
//!
//! GStreamer's encoders do not refuse the others in a way that could be told from a damaged input:
//! some fail in the middle, some end the process.
use super::target::unsupported;
use crate::cli::Target;
use crate::engine::Failure;
use gst_audio::AudioChannelPosition as Position;
use std::ops::RangeInclusive;

/// The layouts of three to six channels that FLAC knows, as masks of GStreamer's positions.
const FLAC: &[u64] = &[0x7, 0x33, 0x37, 0x3f];
/// Those of Vorbis, up to eight channels, which Opus shares.
const VORBIS: &[u64] = &[0x7, 0x33, 0x37, 0x3f, 0xd0f, 0xc3f];
/// Those that have a number in AAC.
const AAC: &[u64] = &[0x7, 0x107, 0x37, 0x3f];

/// Surround channels at the back, and those at the sides.
const BACK: u64 = 0x30;
const SIDE: u64 = 0xc00;
/// Channels whose place is between the two.
const BETWEEN: u64 = 0x3c0;

/// Refuses what the encoder of `target` does not take, as far as it is known.
///
/// # Errors
/// [`Kind::Unsupported`](crate::engine::Kind::Unsupported).
pub fn check(target: Target, channels: Option<u32>, rate: Option<u32>) -> Result<(), Failure> {
    let name = target.name();
    let most = most_channels(target);
    if let Some(channels) = channels.filter(|channels| *channels > most) {
        return Err(unsupported(format!(
            "{name} takes at most {most} channels here, not {channels}"
        )));
    }
    let rates = rates(target);
    if let Some(rate) = rate.filter(|rate| !rates.contains(rate)) {
        let (least, most) = (rates.start(), rates.end());
        return Err(unsupported(format!(
            "{name} takes {least} to {most} Hz here, not {rate} Hz"
        )));
    }
    Ok(())
}

/// The positions of a result whose samples are like `info`, in the same order: its own, or where the
/// format has one layout for a pair of surround channels, that one. `None` where none are stored.
///
/// # Errors
/// See [`check`]; or the format has no such layout.
pub fn positions(
    target: Target,
    info: &gst_audio::AudioInfo,
) -> Result<Option<Vec<Position>>, Failure> {
    check(target, Some(info.channels()), Some(info.rate()))?;
    let own = || info.positions().map(<[Position]>::to_vec);
    let known = match target {
        Target::Flac => FLAC,
        Target::Ogg | Target::Opus => VORBIS,
        Target::M4a => AAC,
        Target::Mp3 | Target::Wavpack | Target::Alac => &[],
        Target::Keep | Target::Wav | Target::Aiff => return Ok(own()),
    };
    match info.channels() {
        1 => return Ok(Some(vec![Position::Mono])),
        2 => return Ok(Some(vec![Position::FrontLeft, Position::FrontRight])),
        // Vorbis counts them only.
        9.. => return Ok(None),
        _ => {}
    }
    let mask = own().and_then(|own| Position::positions_to_mask(&own, true).ok());
    let mask = mask.unwrap_or(0);
    let at_the_back = mask & !SIDE | BACK;
    let fitting = if known.contains(&mask) {
        mask
    } else if mask & (SIDE | BACK | BETWEEN) == SIDE && known.contains(&at_the_back) {
        at_the_back
    } else {
        let channels = info.channels();
        return Err(unsupported(format!(
            "{} has no layout for these {channels} channels (mask {mask:#x})",
            target.name()
        )));
    };
    let mut positions = vec![Position::None; info.channels() as usize];
    Position::positions_from_mask(fitting, &mut positions).map_err(Failure::internal)?;
    Ok(Some(positions))
}

fn most_channels(target: Target) -> u32 {
    match target {
        // GStreamer's encoders of WavPack and ALAC cannot do more, whatever they say.
        Target::Mp3 | Target::Wavpack | Target::Alac => 2,
        // Of more, GStreamer's FLAC encoder mixes up the order.
        Target::M4a | Target::Flac => 6,
        // Of more, no AIFF is read back.
        Target::Opus | Target::Aiff => 8,
        _ => 64,
    }
}

/// Rates that are not resampled.
fn rates(target: Target) -> RangeInclusive<u32> {
    match target {
        Target::Flac => 1..=655_350,
        Target::Wavpack => 6000..=192_000,
        Target::Alac => 4000..=96_000,
        Target::Ogg => 1..=200_000,
        _ => 1..=u32::MAX,
    }
}
