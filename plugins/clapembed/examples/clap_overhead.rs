// SPDX-License-Identifier: MPL-2.0
//! What the element adds to the engine's own cost: CPU time of the whole process per window of 10 s,
//! on a model of the size of `laion/clap-htsat-unfused` with made-up weights. By hand, on Linux.
//!
//! usage: clap_overhead [WINDOWS]
mod feed;

use auris_clap::{FrontEnd, LogMel, Model, Padding, Precision, WINDOW};
use feed::{Feed, Format, MONO, model};
use std::error::Error;
use std::path::Path;

const CD: Format = Format {
    name: "S16LE",
    rate: 44_100,
    channels: 2,
};

fn main() -> Result<(), Box<dyn Error>> {
    let windows = std::env::args().nth(1).map_or(Ok(30), |n| n.parse())?;
    gst::init()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, model::model(&model::UNFUSED))?;
    println!("| CPU ms per window | f32 | int8 |\n|---|---|---|");
    let precisions = [("f32", Precision::F32), ("int8", Precision::Int8)];
    let mut least = [[f64::INFINITY; 2]; 3];
    for _ in 0..3 {
        for (column, (nick, precision)) in precisions.into_iter().enumerate() {
            let costs = [
                engine(&path, precision, windows)?,
                element(&path, nick, MONO, windows)?,
                element(&path, nick, CD, windows)?,
            ];
            for (row, cost) in costs.into_iter().enumerate() {
                least[row][column] = least[row][column].min(cost);
            }
        }
    }
    let names = [
        "engine alone",
        "element, 48 kHz mono float",
        "element, CD audio",
    ];
    for (name, [f32, int8]) in names.into_iter().zip(least) {
        let more = |cost: f64, column: usize| 100.0 * (cost / least[0][column] - 1.0);
        println!(
            "| {name} | {f32:.2} ({:+.1} %) | {int8:.2} ({:+.1} %) |",
            more(f32, 0),
            more(int8, 1)
        );
    }
    Ok(())
}

/// CPU time of this process so far, in ms.
fn cpu() -> Result<f64, Box<dyn Error>> {
    let mut sum = 0.0;
    // Of each thread, in ns; those that end take theirs along, so none may end meanwhile.
    for thread in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        sum += text.split(' ').next().unwrap_or("0").parse::<f64>()? / 1e6;
    }
    Ok(sum)
}

fn engine(path: &Path, precision: Precision, windows: u64) -> Result<f64, Box<dyn Error>> {
    let model = Model::open(path, precision)?;
    let samples: Vec<f32> = model::numbers(1).take(WINDOW).collect();
    let (mut front_end, mut log_mel) = (FrontEnd::new(model.bank()), LogMel::new());
    let mut workspace = model.workspace();
    model.embed(&log_mel, &mut workspace)?;
    let begin = cpu()?;
    for _ in 0..windows {
        front_end.compute(&samples, Padding::Pad, &mut log_mel)?;
        model.embed(&log_mel, &mut workspace)?;
    }
    Ok((cpu()? - begin) / windows as f64)
}

fn element(
    path: &Path,
    precision: &str,
    format: Format,
    windows: u64,
) -> Result<f64, Box<dyn Error>> {
    let feed = Feed::new(feed::element(path, precision, 1), format)?;
    let begin = cpu()?;
    feed.push(windows)?;
    Ok((cpu()? - begin) / windows as f64)
}
