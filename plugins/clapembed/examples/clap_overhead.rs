// SPDX-License-Identifier: MPL-2.0
//! What the element adds to the engine's own cost: CPU time of the whole process per window of 10 s,
//! on a model of the size of `laion/clap-htsat-unfused` with made-up weights. By hand, on Linux.
//!
//! usage: clap_overhead [WINDOWS]
#[path = "../../clap/tests/common/mod.rs"]
mod model;

use auris_clap::{FrontEnd, LogMel, Model, Padding, Precision, WINDOW};
use gst::prelude::*;
use std::error::Error;
use std::path::Path;

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
                element(&path, nick, "F32LE", 48_000, 1, windows)?,
                element(&path, nick, "S16LE", 44_100, 2, windows)?,
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

fn engine(path: &Path, precision: Precision, windows: usize) -> Result<f64, Box<dyn Error>> {
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
    format: &str,
    rate: usize,
    channels: usize,
    windows: usize,
) -> Result<f64, Box<dyn Error>> {
    let element = gstclapembed::ClapEmbed::new();
    element.set_property("model", path.to_str());
    element.set_property("threads", 1_u32);
    element.set_property_from_str("precision", precision);
    let source = gst::Pad::builder(gst::PadDirection::Src)
        .name("source")
        .build();
    let sink = gst::Pad::builder(gst::PadDirection::Sink)
        .name("sink")
        .chain_function(|_, _, _| Ok(gst::FlowSuccess::Ok))
        .build();
    source.link(&element.static_pad("sink").ok_or("no pad")?)?;
    element.static_pad("src").ok_or("no pad")?.link(&sink)?;
    sink.set_active(true)?;
    source.set_active(true)?;
    element.set_state(gst::State::Playing)?;
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", format)
        .field("layout", "interleaved")
        .field("rate", rate as i32)
        .field("channels", channels as i32)
        .field_if("channel-mask", gst::Bitmask::new(3), channels == 2)
        .build();
    source.push_event(gst::event::StreamStart::new("overhead"));
    source.push_event(gst::event::Caps::new(&caps));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    source.push_event(gst::event::Segment::new(&segment));
    let noise: Vec<f32> = model::numbers(1).take(rate / 50 * channels).collect();
    let bytes: Vec<u8> = match format {
        "F32LE" => noise.iter().flat_map(|x| x.to_le_bytes()).collect(),
        _ => {
            let samples = noise.iter().map(|x| (x * 32_767.0) as i16);
            samples.flat_map(i16::to_le_bytes).collect()
        }
    };
    let memory = gst::Buffer::from_slice(bytes);
    let begin = cpu()?;
    for i in 0..windows as u64 * 500 {
        let mut buffer = memory.copy();
        let fresh = buffer.make_mut();
        fresh.set_pts(gst::ClockTime::from_mseconds(20 * i));
        fresh.set_duration(gst::ClockTime::from_mseconds(20));
        source.push(buffer)?;
    }
    source.push_event(gst::event::Eos::new());
    let cost = (cpu()? - begin) / windows as f64;
    element.set_state(gst::State::Null)?;
    Ok(cost)
}
