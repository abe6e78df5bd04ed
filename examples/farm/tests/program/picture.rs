// SPDX-License-Identifier: MPL-2.0
//! `auris-farm picture`: what is drawn, and what is not.
use super::farm::{Farm, folder, is_ok, names};
use super::media::{self, Music, Sample};
use std::fs;
use std::path::Path;

fn picture(out: &Path) -> Farm {
    Farm::new(&["picture", "--report", "ndjson", "--quiet", "--out"]).arg(out)
}

/// A PNG file, decoded: size, and red, green and blue of each pixel.
struct Png {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
    title: Option<String>,
}

impl Png {
    fn read(path: &Path) -> Self {
        let file = std::io::BufReader::new(fs::File::open(path).unwrap());
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        let texts = reader.info().utf8_text.iter();
        let mut title = texts
            .filter(|text| text.keyword == "Title")
            .map(|text| text.get_text().unwrap());
        Png {
            width: frame.width as usize,
            height: frame.height as usize,
            title: title.next(),
            pixels: bytes[..frame.buffer_size()].as_chunks().0.to_vec(),
        }
    }

    fn light(&self, x: usize, y: usize) -> u32 {
        self.pixels[y * self.width + x]
            .iter()
            .map(|c| u32::from(*c))
            .sum()
    }
}

/// A mono WAV file of a tone from one time to another, in seconds.
fn write_tone(path: &Path, frequency: f64, seconds: f64, on: std::ops::Range<f64>) {
    let rate = 48_000;
    let samples = (0..(seconds * f64::from(rate)) as u32).map(|n| {
        let time = f64::from(n) / f64::from(rate);
        let tone = 0.5 * (std::f64::consts::TAU * frequency * time).sin();
        if on.contains(&time) { tone as f32 } else { 0.0 }
    });
    let data: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    let mut file = media::wav_header(rate, 1, Sample::F32, data.len() as u32);
    file.extend(data);
    fs::write(path, file).unwrap();
}

#[test]
fn a_tone_is_where_it_should_be() {
    let folder = folder();
    let input = folder.path().join("tone.wav");
    write_tone(&input, 6000.0, 4.0, 1.0..2.0);
    let out = folder.path().join("out");
    let bare = [
        "--no-axes",
        "--no-colour-bar",
        "--no-title",
        "--palette",
        "grey",
    ];
    let ended = picture(&out)
        .args(bare)
        .args(["--size", "400x200", "--scale", "linear"])
        .arg(&input)
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let png = Png::read(&out.join("tone.png"));
    assert_eq!((png.width, png.height), (400, 200));
    // A quarter of the way up, in the second quarter of the time.
    assert!(png.light(150, 149) > 500 && png.light(110, 150) > 500);
    for (x, y) in [(50, 150), (250, 150), (150, 100), (150, 190)] {
        assert!(png.light(x, y) < 100, "{x} {y}");
    }
    let record = ended.only();
    assert_eq!(record["type"], "pictured");
    assert_eq!(record["frames"], 192_000);
    assert_eq!(record["picture"]["width"], 400);
    let bytes = fs::metadata(out.join("tone.png")).unwrap().len();
    assert_eq!(record["picture"]["bytes"], bytes);
}

#[test]
fn every_format_that_is_measured_is_drawn() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 100_000, 1).write_wav(&wav, Sample::S16);
    let inputs = media::encode_all(&wav);
    assert!(!inputs.is_empty());
    for (index, (_, input)) in inputs.iter().enumerate() {
        let out = folder.path().join(format!("out{index}"));
        let ended = picture(&out).args(["--size", "300x200"]).arg(input).run();
        assert_eq!(ended.code, Some(0), "{}: {ended:?}", input.display());
        let name = input.with_extension("png");
        let png = Png::read(&out.join(name.file_name().unwrap()));
        assert_eq!((png.width, png.height), (300, 200));
    }
}

#[test]
fn titles_are_those_of_the_tags_or_the_file() {
    let folder = folder();
    let plain = folder.path().join("Name of a file.wav");
    write_tone(&plain, 500.0, 1.0, 0.0..1.0);
    let tagged = folder.path().join("tagged.flac");
    let quoted = |path: &Path| format!("\"{}\"", path.display());
    media::launch(&format!(
        "audiotestsrc num-buffers=50 ! taginject tags=\"artist=Somebody,title=Something\" ! flacenc ! filesink location={}",
        quoted(&tagged)
    ));
    let out = folder.path().join("out");
    let ended = picture(&out).args([&plain, &tagged]).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let titles: Vec<_> = ended
        .records()
        .iter()
        .map(|r| r["picture"]["title"].clone())
        .collect();
    assert_eq!(titles, ["Name of a file", "Somebody – Something"]);
    let title = Png::read(&out.join("tagged.png")).title;
    assert_eq!(title.as_deref(), Some("Somebody – Something"));
}

#[test]
fn what_fails_leaves_nothing_and_the_rest_is_drawn() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir_all(music.join("sub")).unwrap();
    let good = Music::new(44_100, 2, 60_000, 3);
    good.write_wav(&music.join("sub/good.wav"), Sample::S16);
    fs::write(music.join("cut.wav"), &good.wav(Sample::S16)[..50_000]).unwrap();
    fs::write(
        music.join("empty.wav"),
        media::wav_header(44_100, 2, Sample::S16, 0),
    )
    .unwrap();
    fs::write(music.join("text.wav"), "no audio at all").unwrap();
    let out = folder.path().join("out");
    let ended = picture(&out).arg(&music).arg(music.join("gone.wav")).run();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let kinds: Vec<_> = ended
        .records()
        .iter()
        .map(|r| r["error_kind"].as_str().unwrap_or("ok").to_owned())
        .collect();
    assert_eq!(kinds.len(), 5);
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "ok").count(),
        1,
        "{kinds:?}"
    );
    assert_eq!(kinds.last().map(String::as_str), Some("missing"));
    for record in ended.records().iter().filter(|record| !is_ok(record)) {
        assert!(record["picture"].is_null() && record["error"].is_string());
    }
    assert_eq!(names(&out), ["sub"]);
    assert_eq!(names(&out.join("sub")), ["good.png"]);
}

#[test]
fn nothing_is_drawn_twice_or_replaced_unasked() {
    let folder = folder();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    for number in 0..6 {
        let path = music.join(format!("{number}.wav"));
        Music::new(8000, 1, 20_000, number).write_wav(&path, Sample::S16);
    }
    let (out, state) = (folder.path().join("out"), folder.path().join("state"));
    let run = |more: &[&str]| {
        let farm = picture(&out).args(["--resume".as_ref(), state.as_os_str()]);
        farm.args(more).arg(&music).run()
    };
    let part = run(&["--shard", "1/2"]);
    let begun = part.records().len();
    assert!(part.code == Some(0) && (1..6).contains(&begun), "{part:?}");
    let stamp = |name: &str| fs::metadata(out.join(name)).unwrap().modified().unwrap();
    let first = names(&out)[0].clone();
    let before = stamp(&first);
    let whole = run(&[]);
    assert_eq!(
        (whole.code, whole.records().len()),
        (Some(0), 6),
        "{whole:?}"
    );
    assert_eq!(stamp(&first), before);
    // One that is gone is drawn again, one that changed as well.
    let kept = stamp("0.png");
    fs::remove_file(out.join("3.png")).unwrap();
    let old = fs::read(out.join("4.png")).unwrap();
    Music::new(8000, 1, 30_000, 9).write_wav(&music.join("4.wav"), Sample::S16);
    let again = run(&[]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(out.join("3.png").exists() && fs::read(out.join("4.png")).unwrap() != old);
    assert_eq!(stamp("0.png"), kept);
    // Other settings draw all of them, the former ones too.
    for more in [&["--palette", "grey"][..], &[]] {
        let before = fs::read(out.join(&first)).unwrap();
        assert_eq!(run(more).code, Some(0), "{more:?}");
        assert!(fs::read(out.join(&first)).unwrap() != before, "{more:?}");
    }
    // What somebody else put there stays.
    fs::write(out.join("4.png"), "mine").unwrap();
    let refused = run(&["--palette", "heat"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let refused: Vec<_> = refused
        .records()
        .into_iter()
        .filter(|r| !is_ok(r))
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["error_kind"], "refused");
    assert_eq!(fs::read(out.join("4.png")).unwrap(), b"mine");
    assert_eq!(run(&["--palette", "heat", "--overwrite"]).code, Some(0));
}

#[test]
fn a_clash_of_names_says_what_helps() {
    let folder = folder();
    for name in ["A/x.wav", "B/x.wav", "C/y.wav", "C/y.WAV"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_tone(&path, 500.0, 0.1, 0.0..0.1);
    }
    let run = |out: &str, inputs: &[&str]| {
        let out = folder.path().join(out);
        let inputs = inputs.iter().map(|name| folder.path().join(name));
        let farm = inputs.fold(picture(&out), |farm, input| farm.arg(&input));
        farm.args(["--size", "60x60"]).run()
    };
    let ended = run("o1", &["A", "B"]);
    let why = ended.records()[0]["error"].as_str().unwrap().to_owned();
    assert!(ended.code == Some(1) && why.contains("holds both"), "{why}");
    let ended = run("o2", &["C"]);
    let why = ended.records()[0]["error"].as_str().unwrap().to_owned();
    assert!(why.contains("apart") && !why.contains("folder"), "{why}");
    // It does help.
    let ended = run("o4", &["."]);
    let done = ended.records().iter().filter(|r| is_ok(r)).count();
    assert_eq!(done, 2, "{ended:?}");
}

#[test]
fn a_frequency_range_without_anything_in_it_is_refused_or_warned_of() {
    let folder = folder();
    let input = folder.path().join("tone.wav");
    write_tone(&input, 500.0, 0.5, 0.0..0.5);
    let out = folder.path().join("out");
    let run = |range: &[&str]| picture(&out).args(range).arg(&input).run();
    let ended = run(&["--min-frequency", "5000", "--max-frequency", "100"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("--max-frequency") && !out.exists());
    // What there is of this file is known by then only.
    let ended = run(&["--min-frequency", "30000"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let warnings = ended.only()["warnings"].to_string();
    assert!(warnings.contains("24000 Hz"), "{warnings}");
}

#[test]
fn hours_fit_into_a_small_budget() {
    let folder = folder();
    let input = folder.path().join("long.wav");
    let header = media::wav_header(8000, 1, Sample::S16, 3 * 3600 * 8000 * 2);
    let mut file = fs::File::create(&input).unwrap();
    std::io::Write::write_all(&mut file, &header).unwrap();
    // Three hours of silence that take no room on the disk.
    file.set_len(header.len() as u64 + 3 * 3600 * 8000 * 2)
        .unwrap();
    let out = folder.path().join("out");
    let budget = ["--mem-budget-mb", "48", "--size", "640x360"];
    let ended = picture(&out).args(budget).arg(&input).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.peak < 48 << 20, "{} MiB", ended.peak >> 20);
    let tight = picture(&out).args([
        "--overwrite",
        "--mem-budget-mb",
        "32",
        "--size",
        "4000x3000",
    ]);
    let ended = tight.arg(&input).run();
    assert_eq!(ended.only()["error_kind"], "budget", "{ended:?}");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let folder = folder();
    for wrong in [
        ["--size", "0x100"],
        ["--size", "1280"],
        ["--palette", "mauve"],
        ["--range", "5"],
        ["--max-frequency", "-1"],
    ] {
        let ended = picture(folder.path()).args(wrong).arg("x.wav").run();
        assert_eq!(ended.code, Some(2), "{wrong:?}: {ended:?}");
    }
}
