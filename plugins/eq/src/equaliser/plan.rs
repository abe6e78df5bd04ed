// SPDX-License-Identifier: MPL-2.0
//! From bands to rows of sections, in as few passes over the audio as their order allows.
use crate::band::{Alignment, Band, Kind, Layout, StereoMode, Width};
use crate::design;

/// What the channels of a stage stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    /// Each for itself.
    LeftRight,
    /// The pair's left channel for (L + R) / 2, its right channel for (L − R) / 2.
    MidSide,
}

/// All about a band that cannot move gradually.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Key {
    pub(super) kind: Kind,
    /// Order and alignment, where they mean something.
    slope: Option<(u8, Alignment)>,
    /// Unit of the width, where it means something.
    unit: Option<std::mem::Discriminant<Width>>,
    /// Channels of a stage, one bit each, on which the band has sections.
    pub(super) lanes: u64,
    /// What these channels have to stand for, unless that makes no difference.
    domain: Option<Domain>,
    /// Sections that the band takes.
    pub(super) count: usize,
}

impl Key {
    /// The key of `band`; with no lanes if it reaches no channel.
    pub(super) fn new(band: &Band, layout: &Layout) -> Self {
        let masked = layout
            .bits
            .iter()
            .enumerate()
            .filter(|(_, bits)| band.channels & **bits != 0)
            .fold(0u64, |lanes, (c, _)| lanes | lane(c));
        let (left, right) = layout.pair.map_or((0, 0), |(l, r)| (lane(l), lane(r)));
        let whole = masked & (left | right) == left | right;
        let (lanes, domain) = match band.stereo_mode {
            StereoMode::Stereo if whole || masked & (left | right) == 0 => (masked, None),
            StereoMode::Stereo => (masked, Some(Domain::LeftRight)),
            StereoMode::Left => (masked & left, Some(Domain::LeftRight)),
            StereoMode::Right => (masked & right, Some(Domain::LeftRight)),
            StereoMode::Mid if whole => (left, Some(Domain::MidSide)),
            StereoMode::Side if whole => (right, Some(Domain::MidSide)),
            StereoMode::Mid | StereoMode::Side => (0, Some(Domain::MidSide)),
        };
        let pass = matches!(band.kind, Kind::LowPass | Kind::HighPass);
        Key {
            kind: band.kind,
            slope: pass.then_some((band.order, band.alignment)),
            unit: (!pass || band.alignment == Alignment::Resonant)
                .then(|| std::mem::discriminant(&band.width)),
            lanes,
            domain,
            count: design::count(band),
        }
    }

    /// Whether a gain of 0 dB makes the band do nothing.
    pub(super) fn has_gain(&self) -> bool {
        matches!(
            self.kind,
            Kind::Peak | Kind::LowShelf | Kind::HighShelf | Kind::Tilt
        )
    }
}

/// Where the sections of a band are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) stage: usize,
    /// Number of the first section; the others follow.
    pub(super) first: usize,
}

/// One pass over the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) domain: Domain,
    pub(super) sections: usize,
}

impl Shape {
    /// A stage that is there for its gain alone.
    pub(super) const GAIN: Shape = Shape {
        domain: Domain::LeftRight,
        sections: 0,
    };
}

/// Places bands, given in the order in which they are applied. A band goes into the stage of the
/// one before it unless their domains differ, and there behind all that works on a channel of its
/// own: bands for different channels lie side by side.
pub(super) fn arrange<'a>(
    keys: impl Iterator<Item = &'a Key>,
    channels: usize,
) -> (Vec<Place>, Vec<Shape>) {
    let mut places = Vec::new();
    let mut stages: Vec<(Option<Domain>, Vec<usize>)> = Vec::new();
    for key in keys {
        let open = stages.last().is_some_and(|(domain, _)| {
            domain.is_none() || key.domain.is_none() || *domain == key.domain
        });
        if !open {
            stages.push((None, vec![0; channels]));
        }
        let stage = stages.len() - 1;
        let (domain, used) = &mut stages[stage];
        *domain = domain.or(key.domain);
        let taken = || (0..channels).filter(|c| key.lanes & lane(*c) != 0);
        let first = taken().map(|c| used[c]).max().unwrap_or(0);
        taken().for_each(|c| used[c] = first + key.count);
        places.push(Place { stage, first });
    }
    let shapes = stages
        .into_iter()
        .map(|(domain, used)| Shape {
            domain: domain.unwrap_or(Domain::LeftRight),
            sections: used.into_iter().max().unwrap_or(0),
        })
        .collect();
    (places, shapes)
}

/// The bit of a channel.
pub(super) fn lane(channel: usize) -> u64 {
    1u64.checked_shl(channel as u32).unwrap_or(0)
}

/// The channels that a mask of bits stands for.
pub(super) fn channels(lanes: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |c| lanes & lane(*c) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(modes: &[StereoMode]) -> (Vec<Place>, Vec<Shape>) {
        let layout = Layout::unpositioned(2);
        let keys: Vec<_> = modes
            .iter()
            .map(|m| {
                let band = Band {
                    stereo_mode: *m,
                    ..Band::default()
                };
                Key::new(&band, &layout)
            })
            .collect();
        arrange(keys.iter(), 2)
    }

    #[test]
    fn what_commutes_shares_a_stage() {
        use StereoMode::*;
        let stages = |modes: &[StereoMode]| -> Vec<_> {
            let (_, shapes) = plan(modes);
            shapes.iter().map(|s| (s.domain, s.sections)).collect()
        };
        let (lr, ms) = (Domain::LeftRight, Domain::MidSide);
        assert_eq!(stages(&[Stereo, Stereo]), [(lr, 2)]);
        assert_eq!(stages(&[Stereo, Mid, Side, Stereo]), [(ms, 3)]);
        assert_eq!(
            stages(&[Left, Stereo, Mid, Stereo, Right]),
            [(lr, 2), (ms, 2), (lr, 1)]
        );
        // Left and right lie side by side, and what follows on both comes behind both.
        assert_eq!(stages(&[Left, Left, Right, Right]), [(lr, 2)]);
        let (places, _) = plan(&[Left, Left, Right, Stereo, Right]);
        let firsts: Vec<_> = places.iter().map(|p| p.first).collect();
        assert_eq!(firsts, [0, 1, 0, 2, 3]);
    }

    #[test]
    fn outside_the_pair_only_stereo_reaches() {
        let layout = Layout {
            bits: vec![0b100, 0b1, 0b10],
            pair: Some((1, 2)),
        };
        let key = |stereo_mode, channels| {
            let band = Band {
                stereo_mode,
                channels,
                ..Band::default()
            };
            Key::new(&band, &layout)
        };
        assert_eq!(key(StereoMode::Stereo, u64::MAX).lanes, 0b111);
        assert_eq!(key(StereoMode::Stereo, 0b100).domain, None);
        assert_eq!(key(StereoMode::Left, u64::MAX).lanes, 0b010);
        assert_eq!(key(StereoMode::Side, u64::MAX).lanes, 0b100);
        assert_eq!(key(StereoMode::Mid, 0b101).lanes, 0);
        let mono = Layout::unpositioned(1);
        let band = Band {
            stereo_mode: StereoMode::Mid,
            ..Band::default()
        };
        assert_eq!(Key::new(&band, &mono).lanes, 0);
    }
}
