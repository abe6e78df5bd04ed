// SPDX-License-Identifier: MPL-2.0
//! Runs the engine on raw f32 files, for comparison and timing: see
//! `tests/differential/clap_reference.py`. Prints what an item took, in ms: the median.
//!
//! usage: clap_run embed MODEL f32|bf16|int8|onnxruntime SPECTROGRAMS EMBEDDINGS [REPEATS]
//!        clap_run mel slaney|htk repeatpad|repeat|pad SAMPLES SPECTROGRAM [REPEATS]
use auris_clap::{
    Bank, Device, Engine, FRAMES, FrontEnd, Limits, LogMel, MELS, Model, Padding, Scheduler, Stream,
};
use std::error::Error;
use std::num::NonZeroUsize;
use std::time::Instant;
use std::{env, fs, process::ExitCode};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["embed", model, "onnxruntime", from, to] => embed_in_onnxruntime(model, from, to),
        ["embed", model, precision, from, to, rest @ ..] => {
            embed(model, precision, from, to, repeats(rest))
        }
        ["mel", bank, padding, from, to, rest @ ..] => mel(bank, padding, from, to, repeats(rest)),
        _ => Err("usage: clap_run embed|mel …: see its source".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn repeats(rest: &[&str]) -> usize {
    rest.first().and_then(|n| n.parse().ok()).unwrap_or(1)
}

fn embed(
    model: &str,
    precision: &str,
    from: &str,
    to: &str,
    repeats: usize,
) -> Result<(), Box<dyn Error>> {
    let model = Model::open(model, precision.parse()?)?;
    let mut workspace = model.workspace();
    let (mut log_mel, mut embeddings) = (LogMel::new(), Vec::new());
    let mut times = Vec::new();
    for spectrogram in read(from)?.chunks_exact(FRAMES * MELS) {
        let bands = log_mel.frames_mut().as_flattened_mut();
        bands.copy_from_slice(spectrogram);
        for _ in 0..repeats {
            let begin = Instant::now();
            model.embed(&log_mel, &mut workspace)?;
            times.push(begin.elapsed().as_secs_f64());
        }
        embeddings.extend_from_slice(model.embed(&log_mel, &mut workspace)?);
    }
    write(to, &embeddings)?;
    println!("{} {:.3}", model.instructions(), 1e3 * median(times));
    Ok(())
}

fn embed_in_onnxruntime(model: &str, from: &str, to: &str) -> Result<(), Box<dyn Error>> {
    let engine = Engine::open_in_onnxruntime(model, Device::Cpu, None)?;
    let one = NonZeroUsize::MIN;
    let limits = Limits {
        threads: one,
        windows: one,
        batch: one,
    };
    let stream = Stream::new(Scheduler::global(), engine.clone(), limits)?;
    let mut embeddings = Vec::new();
    for spectrogram in read(from)?.chunks_exact(FRAMES * MELS) {
        let room = stream.try_room().ok().flatten();
        let mut task = room.ok_or("there is no room")?;
        let bands = task.log_mel_mut().frames_mut().as_flattened_mut();
        bands.copy_from_slice(spectrogram);
        stream.submit(task);
        let done = stream.done().ok().flatten();
        let done = done.ok_or("nothing is under way")?;
        embeddings.extend_from_slice(done.embedding().map_err(ToString::to_string)?);
        stream.recycle(done);
    }
    write(to, &embeddings)?;
    println!("{}", engine.name().replace(' ', "-"));
    Ok(())
}

fn mel(
    bank: &str,
    padding: &str,
    from: &str,
    to: &str,
    repeats: usize,
) -> Result<(), Box<dyn Error>> {
    let bank = match bank {
        "slaney" => Bank::Slaney,
        "htk" => Bank::Htk,
        other => return Err(format!("{other} is no bank").into()),
    };
    let padding = match padding {
        "repeatpad" => Padding::RepeatPad,
        "repeat" => Padding::Repeat,
        "pad" => Padding::Pad,
        other => return Err(format!("{other} is no padding").into()),
    };
    let (samples, mut log_mel) = (read(from)?, LogMel::new());
    let (mut front_end, mut times) = (FrontEnd::new(bank), Vec::new());
    for _ in 0..repeats {
        let begin = Instant::now();
        front_end.compute(&samples, padding, &mut log_mel)?;
        times.push(begin.elapsed().as_secs_f64());
    }
    write(to, log_mel.frames().as_flattened())?;
    println!("{:.3}", 1e3 * median(times));
    Ok(())
}

/// The upper one of the middle two, if there are such; of nothing, no number.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn read(path: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    Ok(numbers.iter().map(|&n| f32::from_le_bytes(n)).collect())
}

fn write(path: &str, numbers: &[f32]) -> Result<(), Box<dyn Error>> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    Ok(fs::write(path, bytes)?)
}
