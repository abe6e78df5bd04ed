// SPDX-License-Identifier: MPL-2.0
//! Dynamic range against what other tools measured: see `tests/data/dr_reference.csv`.
use auris_dsp::dr14::{Config, Dialect, Meter, Options};
use auris_dsp::pcm::SampleFormat;
use auris_dsp::simd::Level;
use auris_tests::edge_cases::{self, EdgeCase};
use auris_tests::reference::{Row, Seen, row};
use auris_tests::rig::{self, Pcm};
use std::process::Command;

/// No divisor of a block, nor of a vector.
const CUT: usize = 4099;

/// dr14_t.meter has everything else converted to 16 bit at 44.1 kHz before it measures.
fn dialects(case: &EdgeCase) -> impl Iterator<Item = Dialect> {
    let comparable = case.rate == 44_100 && case.bits == 16;
    let all = Dialect::ALL.into_iter();
    all.filter(move |dialect| comparable || *dialect != Dialect::Tt)
}

fn described(case: &EdgeCase) -> Row {
    let row = row(case.name);
    assert_eq!(row.number("rate"), Some(f64::from(case.rate)));
    assert_eq!(row.number("channels"), Some(case.channels as f64));
    assert_eq!(row.number("frames"), Some(case.frames() as f64));
    row
}

fn through_element(
    case: &EdgeCase,
    format: SampleFormat,
    planar: bool,
    dialect: Dialect,
) -> gst::Structure {
    let planes = case.encode(format, planar);
    let pcm = Pcm::new(format, case.rate, case.channels, planar, planes);
    let properties = [("dialect", dialect.name()), ("checksum", "true")];
    rig::measure("drmeter", &properties, &pcm, CUT)
}

/// Prints the results, which [`every_instruction_set_gives_the_same_bits`] reads.
#[test]
fn element_agrees_in_every_dialect() {
    println!("{LEVEL}{}", Level::best().name());
    for case in edge_cases::all() {
        let row = described(&case);
        for dialect in dialects(&case) {
            let result = through_element(&case, case.native_format(), false, dialect);
            Seen::from(&*result).check(&row, dialect);
            println!("{RESULT}{} {result}", case.name);
        }
    }
}

#[test]
fn element_agrees_on_planes() {
    for case in edge_cases::all() {
        let [planar, interleaved] = [true, false]
            .map(|planar| through_element(&case, case.native_format(), planar, Dialect::Foobar));
        Seen::from(&*planar).check(&described(&case), Dialect::Foobar);
        let md5 = |result: &gst::Structure| result.get::<String>("md5").expect("a checksum");
        assert_eq!(md5(&planar), md5(&interleaved), "{}", case.name);
        // Sums of 16-bit samples are exact, so the order in which they are added does not show.
        if case.bits == 16 {
            assert_eq!(planar.to_string(), interleaved.to_string());
        }
    }
}

#[test]
fn element_agrees_in_every_wider_format() {
    for case in ["e08_mono", "e01_short_1s5"].map(edge_cases::named) {
        let row = described(&case);
        for format in [
            SampleFormat::S24,
            SampleFormat::S24In32,
            SampleFormat::S32,
            SampleFormat::F32,
            SampleFormat::F64,
        ] {
            for planar in [false, true] {
                for dialect in Dialect::ALL {
                    let result = through_element(&case, format, planar, dialect);
                    Seen::from(&*result).check(&row, dialect);
                }
            }
        }
    }
}

#[test]
fn kernels_agree_without_gstreamer() {
    for case in edge_cases::all() {
        let row = described(&case);
        for planar in [false, true] {
            let format = case.native_format();
            let mut meter = Meter::new(Config {
                planar,
                ..Config::new(format, case.rate, case.channels)
            });
            let planes = case.encode(format, planar);
            let slices: Vec<&[u8]> = planes.iter().map(Vec::as_slice).collect();
            assert_eq!(meter.push(&slices), case.frames());
            let measurement = meter.finish();
            for dialect in dialects(&case) {
                let report = measurement.report(&Options {
                    dialect,
                    explain: true,
                    ..Options::default()
                });
                Seen::from(&report).check(&row, dialect);
            }
        }
    }
}

const LEVEL: &str = "level ";
const RESULT: &str = "result ";

/// The level is chosen once per process, so each runs in one of its own: this program again, with
/// nothing but the test that compares every signal with the reference.
#[test]
fn every_instruction_set_gives_the_same_bits() {
    let mut results: Option<Vec<String>> = None;
    for level in Level::available() {
        let out = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["--exact", "element_agrees_in_every_dialect", "--nocapture"])
            .env("AURIS_SIMD", level.name())
            .output()
            .expect("this program runs");
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{}: {text}", level.name());
        let of = |prefix| text.lines().filter_map(move |line| line.split_once(prefix));
        let ran: Vec<&str> = of(LEVEL).map(|(_, name)| name).collect();
        assert_eq!(ran, [level.name()]);
        let seen: Vec<String> = of(RESULT).map(|(_, result)| result.to_owned()).collect();
        assert!(!seen.is_empty(), "{text}");
        let first = results.get_or_insert_with(|| seen.clone());
        assert_eq!(
            &seen,
            first,
            "{} differs from the first level",
            level.name()
        );
    }
}
