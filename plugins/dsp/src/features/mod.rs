// SPDX-License-Identifier: MPL-2.0
//! Features of sound from power spectra.
//!
//! - [`feature`]: which there are; [`config`]: how they are computed; [`extractor`]: computing them.
//! - [`presets`]: whole front ends, from samples to what a package would give.
//! - [`mel`], [`cepstrum`], [`chroma`]: filters and transforms.
//! - [`magnitudes`], [`flatness`](mod@flatness): one number of a spectrum.
//! - [`summary`]: a whole stream in a few numbers.
//!
//! What the values are compared with lies in `tests/data/features`;
//! `tests/differential/features.py` makes it.
pub mod cepstrum;
pub mod chroma;
pub mod config;
mod descriptor_kernel;
pub mod extractor;
pub mod feature;
pub mod flatness;
pub mod magnitudes;
pub mod mel;
mod onset;
pub mod presets;
pub mod range;
pub mod summary;

pub use config::{Config, MelUnit};
pub use extractor::{Extractor, Output};
pub use feature::{Feature, FeatureSet};
