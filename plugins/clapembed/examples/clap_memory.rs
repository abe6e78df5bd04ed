// SPDX-License-Identifier: MPL-2.0
//! What streams side by side take together: peak memory of a process with so many elements on a model of
//! the size of `laion/clap-htsat-unfused` with made-up weights. By hand, on Linux.
//!
//! usage: clap_memory [STREAMS [WINDOWS]]
mod feed;

use feed::{Feed, MONO, element, model};
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::thread;

/// More than a stream alone: what the one of a process may grow by, and what each other may add.
const FACTOR: f64 = 1.2;
const EACH: f64 = 40.0;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["in", model, precision, streams, windows] => measure(
            Path::new(model),
            precision,
            streams.parse()?,
            windows.parse()?,
        ),
        [] => compare(4, 3),
        [streams] => compare(streams.parse()?, 3),
        [streams, windows] => compare(streams.parse()?, windows.parse()?),
        _ => Err("usage: clap_memory [STREAMS [WINDOWS]]".into()),
    }
}

/// A process for each number of streams: a peak is one of a process.
fn compare(streams: u32, windows: u64) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, model::model(&model::UNFUSED))?;
    println!(
        "| peak MB | 1 stream | {streams} streams | {FACTOR} × the one + {EACH} MB for each other |\n|---|---|---|---|"
    );
    for precision in ["f32", "bf16", "int8"] {
        let peak = |streams: u32| -> Result<f64, Box<dyn Error>> {
            let child = Command::new(std::env::current_exe()?)
                .arg("in")
                .arg(&path)
                .args([precision, &streams.to_string(), &windows.to_string()])
                .output()?;
            let told = String::from_utf8(child.stdout)?;
            let megabytes = told.trim().parse();
            Ok(megabytes.map_err(|_| String::from_utf8_lossy(&child.stderr).into_owned())?)
        };
        let (one, all) = (peak(1)?, peak(streams)?);
        let bound = FACTOR * one + EACH * f64::from(streams - 1);
        println!("| {precision} | {one:.0} | {all:.0} | {bound:.0} |");
    }
    Ok(())
}

/// Streams that are pushed at once; prints the peak of this process.
fn measure(path: &Path, precision: &str, streams: u32, windows: u64) -> Result<(), Box<dyn Error>> {
    gst::init()?;
    let feeds = (0..streams).map(|_| Feed::new(element(path, precision, 0), MONO));
    let feeds = feeds.collect::<Result<Vec<_>, _>>()?;
    thread::scope(|scope| {
        let pushing: Vec<_> = feeds
            .iter()
            .map(|feed| scope.spawn(|| feed.push(windows).map_err(|error| error.to_string())))
            .collect();
        let mut done = pushing.into_iter().map(|thread| thread.join());
        done.try_for_each(|done| done.unwrap_or_else(|_| Err("a stream panicked".to_owned())))
    })?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.trim().strip_suffix("kB"));
    let kilobytes: f64 = kilobytes
        .ok_or("no peak in /proc/self/status")?
        .trim()
        .parse()?;
    println!("{:.1}", kilobytes / 1024.0);
    Ok(())
}
