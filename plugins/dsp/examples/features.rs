// SPDX-License-Identifier: MPL-2.0
//! Features of a file of mono f32 samples, little-endian, as f32, frame by frame: what
//! `tests/differential/features.py` compares with other packages.
//!
//! usage: features PRESET RATE FEATURE[,FEATURE…] IN OUT [MEL-BANDS]
//!
//! Where OUT is -, the features stay in memory, as they do with other packages. PRESET is librosa, whisper, kaldi, whisper-chunks (mel only, 30 s at a time), or nothing, which
//! only reads: what is left of another's time without its own.
use auris_dsp::features::presets::{FrontEnd, Preset, WhisperChunks};
use auris_dsp::features::{Feature, FeatureSet};
use std::{env, error::Error, fs, process::ExitCode};

/// Samples at a time, as buffers bring them.
const BUFFER: usize = 4096;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let (required, bands) = arguments.split_at(arguments.len().min(5));
    let [preset, rate, names, input, output] = required else {
        return Err("usage: features PRESET RATE FEATURE[,FEATURE…] IN OUT [MEL-BANDS]".into());
    };
    let bands = bands
        .first()
        .map(|bands| bands.parse::<usize>())
        .transpose()?;
    let features = names
        .split(',')
        .map(|name| Feature::from_name(name).ok_or(format!("there is no feature {name}")))
        .collect::<Result<FeatureSet, String>>()?;
    let bytes = fs::read(input)?;
    let samples: Vec<f32> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&b| f32::from_le_bytes(b))
        .collect();
    let mut out = Vec::new();
    match preset.as_str() {
        "nothing" => {}
        "whisper-chunks" => {
            let mut chunks = WhisperChunks::new(1, bands.unwrap_or(80))?;
            for buffer in samples.chunks(BUFFER) {
                chunks.push(&[buffer], &mut |chunk| {
                    out.extend_from_slice(chunk.values(0))
                });
            }
            chunks.finish(&mut |chunk| out.extend_from_slice(chunk.values(0)));
        }
        name => {
            let preset = Preset::from_name(name).ok_or(format!("there is no preset {name}"))?;
            let mut plan = preset.plan(rate.parse()?, 1, features)?;
            if let Some(bands) = bands {
                plan.features.mel.bands = bands;
            }
            let frames = samples.len() / plan.stft.hop + 2;
            let mut front_end = FrontEnd::new(plan)?;
            // At once, as other packages do.
            out.reserve_exact(frames * front_end.length());
            for buffer in samples.chunks(BUFFER) {
                front_end.push(&[buffer], &mut |frame| {
                    out.extend_from_slice(frame.values(0))
                });
            }
            front_end.finish(&mut |frame| out.extend_from_slice(frame.values(0)));
        }
    }
    if output == "-" {
        std::hint::black_box(&out);
        return Ok(());
    }
    let bytes: Vec<u8> = out.iter().flat_map(|x| x.to_le_bytes()).collect();
    Ok(fs::write(output, bytes)?)
}
