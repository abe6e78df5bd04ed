// SPDX-License-Identifier: MPL-2.0
//! Names of what can be asked for.

/// A feature of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// The mel spectrum.
    Mel,
    /// Mel-frequency cepstral coefficients.
    Mfcc,
    /// The twelve pitch classes from C to B, the strongest being 1.
    Chroma,
    /// The mean frequency, weighted by magnitude, in Hz.
    Centroid,
    /// The standard deviation from the centroid, weighted by magnitude, in Hz.
    Bandwidth,
    /// The frequency up to which there is a given share of the magnitude, in Hz.
    Rolloff,
    /// The geometric mean of the power over its arithmetic mean: 0 of a tone to 1 of white noise.
    Flatness,
    /// The Euclidean distance of the magnitudes from those of the frame before, a full-scale sine
    /// that appears in a bin counting as 1. 0 in the first frame.
    Flux,
    /// Onset strength: the mean over mel bands of what they rose by since the frame before, in dB;
    /// those that fell count as 0.
    Onset,
}

impl Feature {
    /// All of them, in the order in which they lie in a frame's values.
    pub const ALL: [Feature; 9] = [
        Feature::Mel,
        Feature::Mfcc,
        Feature::Chroma,
        Feature::Centroid,
        Feature::Bandwidth,
        Feature::Rolloff,
        Feature::Flatness,
        Feature::Flux,
        Feature::Onset,
    ];

    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Feature::Mel => "mel",
            Feature::Mfcc => "mfcc",
            Feature::Chroma => "chroma",
            Feature::Centroid => "centroid",
            Feature::Bandwidth => "bandwidth",
            Feature::Rolloff => "rolloff",
            Feature::Flatness => "flatness",
            Feature::Flux => "flux",
            Feature::Onset => "onset",
        }
    }

    /// The feature of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name)
    }
}

/// Which features are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeatureSet(u16);

impl FeatureSet {
    /// None of them.
    pub const NONE: FeatureSet = FeatureSet(0);
    /// All of them.
    pub const ALL: FeatureSet = FeatureSet((1 << Feature::ALL.len()) - 1);

    /// With `feature` as well.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        FeatureSet(self.0 | 1 << feature as u16)
    }

    /// Whether `feature` is among them.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u16 != 0
    }

    /// Whether one of `features` is among them.
    pub fn has_any(self, features: &[Feature]) -> bool {
        features.iter().any(|&feature| self.has(feature))
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are asked for, in order.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |&f| self.has(f))
    }
}

impl FromIterator<Feature> for FeatureSet {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        features.into_iter().fold(Self::NONE, FeatureSet::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        assert_eq!(FeatureSet::ALL.iter().collect::<Vec<_>>(), Feature::ALL);
        assert!(FeatureSet::NONE.is_empty() && FeatureSet::NONE.iter().next().is_none());
        for feature in Feature::ALL {
            let one: FeatureSet = [feature].into_iter().collect();
            assert!(one.iter().eq([feature]));
            assert_eq!(Feature::from_name(feature.name()), Some(feature));
        }
        assert_eq!(Feature::from_name("loudness"), None);
    }
}
