// SPDX-License-Identifier: MPL-2.0
//! `labels`: vectors of texts, made by the text tower of a CLAP model, for `clapembed` to compare with.
//!
//! - `list`: the labels, as they are read and written; `text`: the tokenizer and the tower.
mod list;
mod text;

use crate::cli::{LabelsArgs, Template};
use crate::output::Output;
use std::error::Error;
use std::process::ExitCode;
use text::Embedder;

/// Makes the vectors and writes them.
///
/// # Errors
/// What cannot be read, run or written, told so that a user knows what to do.
pub fn run(args: &LabelsArgs) -> Result<ExitCode, Box<dyn Error>> {
    let labels = list::read(&args.labels)?;
    let mut embedder = Embedder::open(&args.text_model, args.tokenizer.as_deref())?;
    // Before it is worked for: what cannot be written is told now.
    let mut output = Output::open(Some(&args.out))?;
    let vectors = labels.iter().map(|label| {
        let vector = vector(&mut embedder, &args.template, label);
        vector.map_err(|error| format!("\"{label}\": {error}"))
    });
    let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
    let pairs = labels.iter().map(String::as_str).zip(&vectors);
    let pairs: Vec<(&str, &[f32])> = pairs.map(|(label, v)| (label, &v[..])).collect();
    let safetensors = args.out.extension().is_some_and(|e| e == "safetensors");
    let written = match safetensors {
        true => list::write_safetensors(&pairs, output.writer()),
        false => list::write_json(&pairs, output.writer()),
    };
    written.map_err(|error| output.explain(error))?;
    output.commit()?;
    Ok(ExitCode::SUCCESS)
}

/// The direction of the mean of what the templates give, each of length 1.
fn vector(
    embedder: &mut Embedder,
    templates: &[Template],
    label: &str,
) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut sum: Vec<f64> = Vec::new();
    for template in templates {
        let embedding = embedder.embed(&template.of(label))?;
        sum.resize(embedding.len(), 0.0);
        sum.iter_mut()
            .zip(embedding)
            .for_each(|(sum, x)| *sum += f64::from(x));
    }
    let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    match (1.0 / length).is_normal() {
        true => Ok(sum.iter().map(|x| (x / length) as f32).collect()),
        false => Err("what the templates give cancels out: use fewer".into()),
    }
}
