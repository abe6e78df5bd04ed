// SPDX-License-Identifier: MPL-2.0
//! `tests/data/dr_reference.csv`, and what is compared with it.
use auris_dsp::dr14::{Dialect, Report};
use std::{collections::HashMap, fs};

/// What the tools gave for one file.
pub struct Row {
    fields: HashMap<String, String>,
}

impl Row {
    fn field(&self, column: &str) -> &str {
        let missing = || panic!("dr_reference.csv has no column {column}");
        self.fields.get(column).unwrap_or_else(missing)
    }

    /// Name of the file.
    pub fn file(&self) -> &str {
        self.field("file")
    }

    /// A number; `None` where the tool gave no value.
    ///
    /// # Panics
    /// If there is no such column, or something else in it.
    pub fn number(&self, column: &str) -> Option<f64> {
        let text = self.field(column);
        (!text.is_empty()).then(|| text.parse().expect("a number"))
    }

    /// One number per channel; `None` where the tool gave no value.
    ///
    /// # Panics
    /// As [`Row::number`].
    pub fn per_channel(&self, column: &str) -> Vec<Option<f64>> {
        let values = self.field(column).split(';');
        values
            .map(|text| (text != "null").then(|| text.parse().expect("a number")))
            .collect()
    }
}

/// The reference table.
///
/// # Panics
/// If it cannot be read.
pub fn rows() -> Vec<Row> {
    let path = crate::root().join("tests/data/dr_reference.csv");
    let text = fs::read_to_string(path).expect("dr_reference.csv is readable");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines
        .map(|line| {
            let fields = line.split(',').map(str::to_owned);
            let fields: Vec<_> = names.iter().map(|n| (*n).to_owned()).zip(fields).collect();
            assert_eq!(fields.len(), names.len(), "{line}");
            Row {
                fields: fields.into_iter().collect(),
            }
        })
        .collect()
}

/// The row of a file, given without `.wav`.
///
/// # Panics
/// If there is none.
pub fn row(name: &str) -> Row {
    let file = format!("{name}.wav");
    let found = rows().into_iter().find(|row| row.file() == file);
    found.expect("the table has every case")
}

/// A measurement in one dialect, whichever way it was obtained. Levels in dB.
#[derive(Debug, Default, PartialEq)]
pub struct Seen {
    /// The published number.
    pub official: Option<i64>,
    /// Before rounding.
    pub precise: Option<f64>,
    /// Dynamic range per channel; `None` for one that does not count.
    pub ranges: Vec<Option<f64>>,
    /// The block peak that counts, per channel.
    pub peaks: Vec<f64>,
    /// RMS of the loud part, per channel.
    pub loud: Vec<f64>,
    /// Highest sample, per channel.
    pub sample_peaks: Vec<f64>,
    /// Number of blocks.
    pub blocks: usize,
    /// Number of blocks that are the loud part, per channel.
    pub loud_counts: Vec<usize>,
}

impl From<&Report> for Seen {
    fn from(report: &Report) -> Self {
        let db = |ratio: f64| 20.0 * ratio.log10();
        let channels = &report.channels;
        Seen {
            official: report.headline.official,
            precise: report.headline.precise,
            ranges: channels.iter().map(|c| c.dr).collect(),
            peaks: channels.iter().map(|c| db(c.peak)).collect(),
            loud: channels.iter().map(|c| db(c.loud)).collect(),
            sample_peaks: channels.iter().map(|c| db(c.sample_peak)).collect(),
            blocks: report.blocks,
            loud_counts: channels.iter().map(|c| c.loud_blocks.len()).collect(),
        }
    }
}

impl From<&gst::StructureRef> for Seen {
    /// # Panics
    /// If a documented field is not there.
    fn from(message: &gst::StructureRef) -> Self {
        let array = |name: &str| message.get::<gst::Array>(name).expect("a field");
        let numbers = |name: &str| -> Vec<f64> {
            let array = array(name);
            array.iter().map(|v| v.get().expect("a double")).collect()
        };
        let count = |times: &gst::glib::SendValue| times.get::<gst::Array>().expect("times").len();
        Seen {
            official: message.get::<i32>("dr").ok().map(i64::from),
            precise: message.get("precise").ok(),
            ranges: numbers("channel-dr")
                .into_iter()
                .map(|dr| (!dr.is_nan()).then_some(dr))
                .collect(),
            peaks: numbers("channel-peak"),
            loud: numbers("channel-loud"),
            sample_peaks: numbers("channel-sample-peak"),
            blocks: message.get::<i32>("blocks").expect("blocks") as usize,
            loud_counts: array("channel-loud-times").iter().map(count).collect(),
        }
    }
}

impl Seen {
    /// Compares with what other tools gave for the same samples.
    ///
    /// # Panics
    /// Where they differ by more than the table's rounding allows, and, in the dialect `tt`, more
    /// than its own arithmetic in 32-bit floats explains.
    pub fn check(&self, row: &Row, dialect: Dialect) {
        let at = format!("{} {}", row.file(), dialect.name());
        match dialect {
            Dialect::Foobar => self.check_foobar(row, &at),
            Dialect::Exact => {
                same(&at, self.precise, row.number("exact_precise"), 1e-6);
                self.check_blocks(row, &at);
            }
            Dialect::Tt => {
                let official = self.official.map(|dr| dr as f64);
                same(&at, official, row.number("dr14tmeter_official"), 0.0);
                same(&at, self.precise, row.number("dr14tmeter_precise"), 1e-5);
                same_each(
                    &at,
                    &self.ranges,
                    &row.per_channel("dr14tmeter_ch_dr"),
                    1e-5,
                );
            }
        }
        for (seen, told) in self.sample_peaks.iter().zip(row.per_channel("maxpeak_db")) {
            same(&at, Some(*seen), told, 1e-4);
        }
    }

    fn check_foobar(&self, row: &Row, at: &str) {
        let official = self.official.map(|dr| dr as f64);
        let none_if_silent = |column: &str| -> Vec<Option<f64>> {
            let (ranges, peaks) = (row.per_channel(column), row.per_channel("maxpeak_db"));
            let heard = |peak: Option<f64>| peak.is_some_and(f64::is_finite);
            let ranges = ranges.into_iter().zip(peaks);
            ranges
                .map(|(dr, peak)| dr.filter(|_| heard(peak)))
                .collect()
        };
        same(at, official, row.number("foobar_model_official"), 0.0);
        same(at, self.precise, row.number("foobar_model_precise"), 1e-6);
        same_each(
            at,
            &self.ranges,
            &none_if_silent("foobar_model_ch_dr"),
            1e-6,
        );
        self.check_blocks(row, at);
        if self.ranges.len() > 2 {
            return;
        }
        same(at, official, row.number("macinmeter_official"), 0.0);
        same(at, self.precise, row.number("macinmeter_precise"), 1e-6);
        same_each(at, &self.ranges, &none_if_silent("macinmeter_ch_dr"), 1e-6);
        for (ours, column) in [
            (&self.peaks, "macinmeter_ch_selpeak_db"),
            (&self.loud, "macinmeter_ch_rms20_db"),
        ] {
            let ours: Vec<_> = ours
                .iter()
                .map(|db| db.is_finite().then_some(*db))
                .collect();
            same_each(at, &ours, &row.per_channel(column), 1e-4);
        }
    }

    fn check_blocks(&self, row: &Row, at: &str) {
        same(at, Some(self.blocks as f64), row.number("blocks"), 0.0);
        for &count in &self.loud_counts {
            same(at, Some(count as f64), row.number("topk"), 0.0);
        }
    }
}

fn same(at: &str, ours: Option<f64>, theirs: Option<f64>, tolerance: f64) {
    let agree = match (ours, theirs) {
        // Infinite values have no difference.
        (Some(a), Some(b)) => a == b || (a - b).abs() <= tolerance,
        (a, b) => a == b,
    };
    assert!(agree, "{at}: {ours:?}, but the reference is {theirs:?}");
}

fn same_each(at: &str, ours: &[Option<f64>], theirs: &[Option<f64>], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{at}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        same(at, *ours, *theirs, tolerance);
    }
}
