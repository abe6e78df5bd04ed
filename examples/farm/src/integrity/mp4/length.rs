// SPDX-License-Identifier: MPL-2.0
//! How many frames a decoder gives for a track.
use super::tables::Totals;
use super::track::Track;
use crate::integrity::{Codec, Facts, Length};

/// Fills in the length, from the tables and the edit list.
pub(super) fn declare(facts: &mut Facts, track: &Track, totals: &Totals, movie_scale: u32) {
    let Some(rate) = facts.rate else {
        return;
    };
    let all = scale(totals.duration, rate, track.timescale);
    let edited = scale(track.edits.duration, rate, movie_scale);
    // A duration of zero in an edit list of a fragmented file means everything.
    let cut = track.edits.present && edited > 0 && edited < all;
    let heard = if cut { edited } else { all };
    facts.length = match &facts.codec {
        // Demuxers and decoders round the edit's times differently, or leave its end alone.
        Codec::Pcm { .. } | Codec::Alac | Codec::Flac => {
            let total = track.entry.flac_total().unwrap_or(all);
            Length::within(heard.min(total), total)
        }
        Codec::Aac => {
            // Decoders drop up to two frames of their own delay beside what the edit list drops,
            // and where the core's rate is low, they may give twice the frames.
            let frame = track.entry.aac_frame;
            let factor = if track.entry.aac_doubles { 2 } else { 1 };
            let most = (totals.samples * frame * factor).max(all);
            Length::Between((heard / factor).saturating_sub(2 * frame).min(most), most)
        }
        Codec::Opus => Length::Between(heard.saturating_sub(LONGEST_OPUS), all + LONGEST_OPUS),
        Codec::Mp3 => Length::Between(heard.saturating_sub(2 * 1152), all + 1152),
        _ => Length::Unknown,
    };
    if track.duration > 0 && totals.duration < track.duration {
        facts.warn(format!(
            "the media header declares {} ticks, the tables {}",
            track.duration, totals.duration
        ));
    }
}

/// Frames in the longest Opus packet.
const LONGEST_OPUS: u64 = 5760;

/// Time units to frames, rounded down; nothing if there is no scale.
fn scale(duration: u64, rate: u32, timescale: u32) -> u64 {
    if timescale == 0 {
        return 0;
    }
    let frames = u128::from(duration) * u128::from(rate) / u128::from(timescale);
    u64::try_from(frames).unwrap_or(u64::MAX)
}
