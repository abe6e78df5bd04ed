// SPDX-License-Identifier: MPL-2.0
mod bad;
mod good;
mod round_trip;
mod samples;

use super::super::band::{Band, Curve};
use super::parse;

/// The only band of `line`.
fn band(line: &str) -> Band {
    let curve = parse(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    assert_eq!(curve.bands.len(), 1, "{line:?}");
    curve.bands[0]
}

fn curve(text: &str) -> Curve {
    parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}
