// SPDX-License-Identifier: MPL-2.0
//! What takes the samples as they are, in all channels.
use super::{Pcm, Product, Sheet, Timed, What};
use crate::cli::Extractor;
use crate::engine::{Failure, Kind};
use crate::measure::track;
use crate::record::{Dynamics, Loudness};
use auris_dsp::decibel;
use auris_dsp::dr14::{Config, Meter, Options};
use auris_dsp::loudness::{LoudnessMeter, Wanted};
use auris_dsp::pcm::SampleFormat;
use auris_support::layout;
use gst_audio::{AudioInfo, AudioLayout};

/// Starts the extractor of a sheet.
///
/// # Errors
/// The product of one that does not know such audio.
pub fn start(
    sheet: Sheet,
    format: SampleFormat,
    info: &AudioInfo,
) -> Result<Timed<dyn Pcm>, Product> {
    let channels = info.channels() as usize;
    if sheet.what == What::Extracted(Extractor::Loudness) {
        let weights = layout::loudness_weights(info);
        return match LoudnessMeter::new(format, info.rate(), &weights, Wanted::ALL) {
            Ok(meter) => Ok(Timed::new("loudness", Box::new(Ebu { sheet, meter }))),
            Err(why) => Err(sheet.done(Err(Failure::new(Kind::Unsupported, why)))),
        };
    }
    let meter = Meter::new(Config {
        planar: info.layout() == AudioLayout::NonInterleaved,
        ..Config::new(format, info.rate(), channels)
    });
    let options = Options {
        lfe: layout::lfe_channels(info),
        ..Options::default()
    };
    let names = layout::channel_names(info);
    Ok(Timed::new(
        "dr",
        Box::new(Dr {
            sheet,
            meter,
            options,
            names,
        }),
    ))
}

struct Dr {
    sheet: Sheet,
    meter: Meter,
    options: Options,
    names: Vec<String>,
}

impl Pcm for Dr {
    fn push(&mut self, planes: &[&[u8]]) {
        self.meter.push(planes);
    }

    fn finish(self: Box<Self>) -> Vec<Product> {
        let report = self.meter.finish().report(&self.options);
        let dynamics = Dynamics {
            range: track::dynamic_range(&report, &self.names),
            peak_db: track::level(report.sample_peak()),
            rms_db: track::level(report.rms()),
            over_full_scale: report.oddities.over_full_scale,
            non_finite: report.oddities.non_finite,
        };
        let result = serde_json::to_value(dynamics).map_err(Failure::internal);
        vec![self.sheet.done(result)]
    }
}

struct Ebu {
    sheet: Sheet,
    meter: LoudnessMeter,
}

impl Pcm for Ebu {
    fn push(&mut self, planes: &[&[u8]]) {
        self.meter.push(planes);
    }

    fn finish(self: Box<Self>) -> Vec<Product> {
        let found = self.meter.read();
        let loudness = Loudness {
            integrated: found.integrated,
            range: found.range,
            max_momentary: found.max_momentary,
            max_short_term: found.max_short_term,
            true_peak: found.true_peak.map(decibel::from_amplitude),
        };
        // JSON has no infinity: silence has no peak there.
        let result = serde_json::to_value(loudness).map_err(Failure::internal);
        vec![self.sheet.done(result)]
    }
}
