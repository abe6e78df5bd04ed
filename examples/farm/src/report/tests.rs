// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::record::{AlbumDr, Dialect, Record, SCHEMA, Status};
use crate::samples::{failed, track};
use proptest::prelude::*;
use std::fs;
use std::sync::{Arc, Mutex};

/// A writer that the test can read while the report is being written.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn album(path: &str) -> Album {
    Album {
        schema: SCHEMA,
        path: path.to_owned(),
        status: Status::Ok,
        error: None,
        title: Some("Hills".to_owned()),
        artist: Some("Band".to_owned()),
        tracks: 2,
        duration_s: Some(3725.0),
        dr: Some(AlbumDr {
            official: Some(11),
            precise: Some(10.5),
            dialect: Dialect::Foobar,
        }),
    }
}

/// The report of these tracks and, with `grouped`, of their album `a`.
fn report(format: Format, look: Look, tracks: &[Track], grouped: bool) -> String {
    let page = Page::default();
    let mut reporter = Reporter::to_writer(format, look, Box::new(page.clone())).unwrap();
    for track in tracks {
        reporter.track(track, grouped.then_some("a")).unwrap();
    }
    if grouped {
        reporter.album(&album("a")).unwrap();
    }
    reporter.finish().unwrap();
    page.text()
}

#[test]
fn ndjson_reads_back_as_it_was() {
    let tracks = [track("a/1", 10.25), failed("a/2", "cut \"short\"\n")];
    let text = report(Format::Ndjson, Look::default(), &tracks, true);
    let records: Vec<Record> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [one, two] = tracks.map(|track| Record::Track(Box::new(track)));
    assert_eq!(records, [one, two, Record::Album(Box::new(album("a")))]);
    assert!(
        text.starts_with(r#"{"type":"track","schema":1,"path":"a/1""#),
        "{text}"
    );
}

#[test]
fn json_is_one_object_even_when_empty() {
    for tracks in [&[][..], &[track("a/1", 10.0), failed("a/2", "x")]] {
        let text = report(Format::Json, Look::default(), tracks, false);
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(whole["schema"], SCHEMA);
        assert_eq!(whole["records"].as_array().unwrap().len(), tracks.len());
    }
}

#[test]
fn infinite_values_reach_no_report() {
    let mut odd = track("odd", f64::NAN);
    (odd.peak_db, odd.rms_db) = (Some(f64::NEG_INFINITY), Some(f64::INFINITY));
    odd.duration_s = Some(f64::NAN);
    odd.path = "odd".to_owned();
    for format in [Format::Json, Format::Ndjson, Format::Csv, Format::Table] {
        let text = report(format, Look::default(), &[odd.clone()], false).to_lowercase();
        let numbers = text.replace("non_finite", "");
        assert!(
            !numbers.contains("nan") && !numbers.contains("inf"),
            "{format:?}: {text}"
        );
    }
}

#[test]
fn streaming_formats_show_each_record_at_once() {
    for format in [Format::Ndjson, Format::Csv, Format::Table, Format::Json] {
        let page = Page::default();
        let mut reporter =
            Reporter::to_writer(format, Look::default(), Box::new(page.clone())).unwrap();
        reporter.track(&failed("a/first", "x"), None).unwrap();
        assert!(page.text().contains("a/first"), "{format:?}");
    }
}

#[test]
fn table_lines_up_in_any_script() {
    let mut cjk = track("a/2.flac", 9.0);
    cjk.tags
        .insert("title".into(), "交響曲第九番「合唱」".into());
    let mut hostile = track("a/3.flac", -12.0);
    hostile.tags.insert("title".into(), "a\u{1b}[31m\nb".into());
    let look = Look {
        width: Some(70),
        colour: false,
    };
    let text = report(
        Format::Table,
        look,
        &[track("a/1", 10.0), cjk, hostile],
        true,
    );
    let widths: Vec<usize> = text.lines().map(console::measure_text_width).collect();
    assert!(
        widths.iter().all(|width| *width <= 70),
        "{widths:?}\n{text}"
    );
    assert!(text.contains('…') && !text.contains('\u{1b}'), "{text}");
    let start = |line: &str, name: &str| line.find(name).expect(name);
    let lines: Vec<&str> = text.lines().collect();
    let names = [
        "Track",
        "a",
        "03 Knolls",
        "03 交響曲",
        "03 a",
        "album: Band",
    ];
    let columns: Vec<usize> = lines
        .iter()
        .zip(names)
        .map(|(line, name)| start(line, name))
        .collect();
    assert_eq!(columns, [52, 0, 52, 52, 52, 52], "{text}");
    assert!(
        lines[4].starts_with("DR-12   -0.20 dB  -14.55 dB  -12.30 LUFS      3:45  "),
        "{text}"
    );
}

#[test]
fn table_tells_the_whole_reason_and_colours_only_when_allowed() {
    let reason = "truncated: 12 of 345 bytes of sample data are missing";
    let look = Look {
        width: Some(40),
        colour: false,
    };
    let text = report(Format::Table, look, &[failed("x.wav", reason)], false);
    assert!(text.contains(&format!("x.wav: {reason}")), "{text}");
    assert!(
        text.contains("ERROR") && text.contains("1 of 1 inputs failed"),
        "{text}"
    );
    let colour = Look {
        width: None,
        colour: true,
    };
    assert!(
        report(Format::Table, colour, &[failed("x.wav", reason)], false).contains("\u{1b}[31m")
    );
}

/// What a reader of `foo_dr.txt` looks for.
#[test]
fn foo_dr_has_the_shape_of_the_log() {
    let mut second = track("a/2.flac", 10.0);
    (second.tags, second.peak_db, second.rate) = (Default::default(), None, Some(48_000));
    let text = report(
        Format::FooDr,
        Look::default(),
        &[track("a/1", 9.0), second],
        true,
    );
    let lines: Vec<&str> = text.lines().collect();
    let at = |wanted: &str| lines.iter().position(|line| *line == wanted).expect(wanted);
    assert!(lines[1].starts_with("log date: 20"));
    at("Analyzed: Band / Hills");
    let header = at("DR         Peak         RMS     Duration Track");
    assert_eq!(lines[header + 1], foo_dr::THIN);
    assert_eq!(
        lines[header + 2],
        "DR9       -0.20 dB   -14.55 dB      3:45 03-Knolls"
    );
    assert_eq!(
        lines[header + 3],
        "DR10       -inf dB   -14.55 dB      3:45 2.flac"
    );
    assert_eq!(lines[header + 4], foo_dr::THIN);
    for line in [
        "Number of tracks:  2",
        "Official DR value: DR11",
        "Samplerate:        44100 Hz / 48000 Hz",
        "Channels:          2",
        "Bits per sample:   16",
        "Bitrate:           887 kbps",
        "Codec:             FLAC",
        foo_dr::THICK,
    ] {
        at(line);
    }
}

#[test]
fn foo_dr_loses_no_track_without_an_album() {
    let text = report(
        Format::FooDr,
        Look::default(),
        &[track("x/1", 9.0), failed("x/2", "cut")],
        false,
    );
    assert!(
        text.contains("03-Knolls") && text.contains("2 (cut)"),
        "{text}"
    );
    assert!(
        text.contains("Failed tracks:     1") && !text.contains("Official DR"),
        "{text}"
    );
}

proptest! {
    #[test]
    fn csv_reads_back_as_it_was(
        path in any::<String>(),
        title in "[a-z,\"\r\n; =é]{0,20}",
        precise in -100.0..100.0_f64,
        peak in prop::option::of(-200.0..10.0_f64),
    ) {
        let mut one = track(&path, precise);
        one.peak_db = peak;
        one.tags.insert("title".into(), title.clone());
        let text = report(Format::Csv, Look::default(), &[one.clone(), failed("f", "x")], true);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|column| column == name).unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), 3);
        prop_assert_eq!(&rows[0][column("path")], &path);
        prop_assert_eq!(&rows[0][column("title")], &title);
        prop_assert_eq!(rows[0][column("dr_precise_db")].parse::<f64>().ok(), Some(precise));
        prop_assert_eq!(rows[0][column("peak_db")].parse::<f64>().ok(), peak);
        prop_assert_eq!(&rows[1][column("dr_official")], "");
        prop_assert_eq!(&rows[2][column("type")], "album");
    }
}

#[test]
fn file_appears_when_complete_and_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::TempDir::new().unwrap();
    let file = dir.path().join("report.ndjson");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o604)).unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();

    let mut reporter = Reporter::open(Format::Ndjson, Some(&link)).unwrap();
    reporter.track(&track("a", 9.0), None).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"old");
    reporter.finish().unwrap();
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .contains("\"path\":\"a\"")
    );
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o604
    );
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

    drop(Reporter::open(Format::Ndjson, Some(&file)).unwrap());
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        2,
        "a dropped report leaves nothing behind"
    );
    assert!(Reporter::open(Format::Csv, Some(&dir.path().join("no/such"))).is_err());
}

#[test]
fn full_disk_and_closed_pipe_are_errors() {
    let full = Path::new("/dev/full");
    let error = Reporter::open(Format::Csv, Some(full)).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
    assert!(error.to_string().contains("/dev/full"), "{error}");

    let (reader, writer) = io::pipe().unwrap();
    let mut reporter =
        Reporter::to_writer(Format::Ndjson, Look::default(), Box::new(writer)).unwrap();
    drop(reader);
    let error = reporter.track(&track("a", 9.0), None).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}
