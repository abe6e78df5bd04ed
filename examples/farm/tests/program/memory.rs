// SPDX-License-Identifier: MPL-2.0
//! Memory: flat over many files and long ones, and below the budget.
use super::farm::{Ended, folder, is_ok, measure, reason};
use super::media::{self, Music, Sample, wav_header};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const MIB: u64 = 1 << 20;

#[test]
fn a_thousand_files_take_no_more_than_a_hundred() {
    let folder = folder();
    let file = folder.path().join("file.wav");
    Music::new(8000, 1, 4000, 12).write_wav(&file, Sample::S16);
    let peak = |count: usize| {
        let links = folder.path().join(count.to_string());
        fs::create_dir(&links).unwrap();
        for number in 0..count {
            symlink(&file, links.join(format!("{number}.wav"))).unwrap();
        }
        let ended = measure().args(["--jobs", "4"]).arg(&links).run();
        assert_eq!((ended.code, ended.records().len()), (Some(0), count));
        ended.peak
    };
    let (hundred, thousand) = (peak(100), peak(1000));
    // Names, and what became of them.
    assert!(thousand < hundred + 3 * MIB, "{hundred} {thousand}");
}

#[test]
fn six_hours_take_no_more_than_a_minute() {
    let folder = folder();
    let peak = |name: &str, seconds: u32| {
        let path = folder.path().join(name);
        let data = seconds * 8000 * 2;
        fs::write(&path, wav_header(8000, 1, Sample::S16, data)).unwrap();
        // Silence, of which the disk holds nothing.
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_len(44 + u64::from(data)).unwrap();
        let ended = measure().args(["--jobs", "4"]).arg(&path).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(ended.only()["duration_s"], f64::from(seconds));
        ended.peak
    };
    let (minute, hours) = (peak("minute.wav", 60), peak("hours.wav", 6 * 3600));
    // Four parts at once, and the blocks of each.
    assert!(hours < minute + 6 * MIB, "{minute} {hours}");
}

/// Two songs in every format, as many times as it takes to keep eight jobs busy.
fn library(folder: &Path) {
    for seed in 0..2 {
        let wav = folder.join(format!("{seed}.wav"));
        Music::new(44_100, 2, 44_100 * 10, seed).write_wav(&wav, Sample::S16);
        for (_, path) in media::encode_all(&wav) {
            let name = path.file_name().unwrap().to_str().unwrap();
            symlink(&path, folder.join(format!("again-{name}"))).unwrap();
        }
    }
}

#[test]
fn a_budget_is_kept_by_a_library_of_all_formats() {
    let folder = folder();
    library(folder.path());
    let run = |budget: &str, flags: &[&str]| {
        let args = ["--jobs", "8", "--mem-budget-mb", budget];
        let ended = measure().args(args).args(flags).arg(folder.path()).run();
        let most = budget.parse::<u64>().unwrap() * MIB;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.peak < most, "{} of {most} bytes", ended.peak);
        ended
    };
    let decoders = |ended: &Ended| -> Vec<(String, bool)> {
        let records = ended.records();
        let aac = records
            .iter()
            .filter(|r| r["path"].as_str().unwrap().ends_with(".m4a"));
        aac.map(|record| {
            let warned = record["warnings"].to_string().contains("memory budget");
            assert_eq!(record["clipped_by_decoder"], warned, "{record}");
            (
                record["format"]["decoder"].as_str().unwrap().to_owned(),
                warned,
            )
        })
        .collect()
    };
    let (wide, tight) = (run("72", &[]), run("48", &[]));
    run("28", &["--loudness"]);
    if media::can_make("avenc_aac ! mp4mux ! faad") {
        assert!(
            decoders(&wide)
                .iter()
                .all(|d| *d == ("avdec_aac".into(), false))
        );
        assert!(decoders(&tight).iter().all(|d| *d == ("faad".into(), true)));
    }
}

#[test]
fn a_budget_below_the_floor_is_refused() {
    let ended = measure().args(["--mem-budget-mb", "5", "/dev/null"]).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.contains("take at least"), "{}", ended.stderr);
}

#[test]
fn a_long_index_counts() {
    let encoder = "audioconvert ! avenc_aac ! mp4mux";
    if !media::can_make(encoder) {
        return;
    }
    let folder = folder();
    let wav = folder.path().join("long.wav");
    // Three hours are 84 375 packets at this rate, each with an entry in the index.
    let data = 10_800 * 8000 * 2;
    fs::write(&wav, wav_header(8000, 1, Sample::S16, data)).unwrap();
    let file = fs::File::options().write(true).open(&wav).unwrap();
    file.set_len(44 + u64::from(data)).unwrap();
    let path = media::encode(&wav, "m4a", encoder);
    let run = |budget: &str| measure().args(["--mem-budget-mb", budget]).arg(&path).run();
    for (budget, megabytes) in [("48", 48), ("80", 80)] {
        let enough = run(budget);
        assert!(is_ok(&enough.only()), "{enough:?}");
        assert!(enough.peak < megabytes * MIB, "{}", enough.peak);
    }
    let little = run("24").only();
    assert_eq!(little["error_kind"], "budget", "{little}");
    assert!(reason(&little).contains("--mem-budget-mb"), "{little}");
}

/// A FLAC file with a picture of that many bytes put before its samples.
fn with_picture(flac: &[u8], bytes: u32) -> Vec<u8> {
    // STREAMINFO is 42 bytes with all before it, and no longer the last block.
    let mut file = flac[..42].to_vec();
    file[4] &= 0x7f;
    let mut picture = 3u32.to_be_bytes().to_vec();
    picture.extend(10u32.to_be_bytes());
    picture.extend(b"image/jpeg");
    picture.extend([0; 20]);
    picture.extend(bytes.to_be_bytes());
    picture.extend([0xff, 0xd8, 0xff, 0xe0]);
    picture.resize(picture.len() + bytes as usize - 4, 0x5a);
    let last = flac[4] & 0x80;
    file.extend((u32::from(last | 6) << 24 | picture.len() as u32).to_be_bytes());
    file.extend(picture);
    file.extend(&flac[42..]);
    file
}

#[test]
fn a_huge_picture_counts() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100 * 10, 3).write_wav(&wav, Sample::S16);
    let flac = fs::read(media::encode(&wav, "flac", "flacenc")).unwrap();
    for name in ["a", "b", "c", "d"] {
        let path = folder.path().join(format!("{name}.flac"));
        fs::write(path, with_picture(&flac, 8 << 20)).unwrap();
    }
    fs::remove_file(wav.with_extension("flac")).unwrap();
    let run = |budget: u64| {
        let args = ["--jobs", "4", "--mem-budget-mb", &budget.to_string()];
        let ended = measure().args(args).arg(folder.path()).run();
        assert!(ended.peak < budget * MIB, "{} of {budget} MiB", ended.peak);
        ended.records()
    };
    for budget in [48, 72] {
        let records = run(budget);
        assert_eq!(records.len(), 5);
        assert!(records.iter().all(is_ok), "{records:?}");
    }
    for record in run(30) {
        let flac = record["path"].as_str().unwrap().ends_with(".flac");
        assert_eq!(record["error_kind"] == "budget", flac, "{record}");
    }
}

#[test]
fn a_picture_brings_no_other_decoder_in() {
    let folder = folder();
    let wav = folder.path().join("music.wav");
    Music::new(44_100, 2, 44_100 * 10, 4).write_wav(&wav, Sample::S16);
    let path = media::encode(&wav, "flac", "flacenc");
    let plain = measure().arg(&path).run().peak;
    let flac = fs::read(&path).unwrap();
    fs::write(&path, with_picture(&flac, 1 << 20)).unwrap();
    let ended = measure().arg(&path).run();
    assert!(is_ok(&ended.only()), "{ended:?}");
    assert!(ended.peak < plain + 8 * MIB, "{plain} {}", ended.peak);
}
