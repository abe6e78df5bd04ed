// SPDX-License-Identifier: MPL-2.0
//! From artefacts to the record of an input.
use super::artefact::Artefact;
use super::extract::{CLAP_WINDOWS, ClapFound, What};
use super::settings::ClapSettings;
use crate::cli::{AggregateArg, Extractor};
use crate::engine::Failure;
use crate::record::{Analyzed, Embeddings, Score, Segment};
use auris_clap::{Aggregate, Aggregation, Labels, RATE};
use serde::de::DeserializeOwned;

/// What is known of the CLAP model of a run.
pub struct Clap<'a> {
    /// The settings.
    pub settings: &'a ClapSettings,
    /// Labels to compare with.
    pub labels: Option<&'a Labels>,
}

/// Takes the result of an artefact into a record. Of embeddings it makes their aggregate.
///
/// # Errors
/// It cannot be read.
pub fn take(
    record: &mut Analyzed,
    what: What,
    artefact: &mut Artefact,
    clap: Option<&Clap<'_>>,
) -> Result<Option<Vec<f32>>, Failure> {
    let What::Extracted(extractor) = what else {
        return Ok(None);
    };
    let results = &mut record.results;
    match extractor {
        Extractor::Dr => results.dr = Some(read(artefact)?),
        Extractor::Loudness => results.loudness = Some(read(artefact)?),
        Extractor::Mel => results.mel = Some(read(artefact)?),
        Extractor::Mfcc => results.mfcc = Some(read(artefact)?),
        Extractor::Descriptors => results.descriptors = Some(read(artefact)?),
        Extractor::Clap => {
            let clap = clap.ok_or_else(|| Failure::internal("embeddings without a model"))?;
            return embeddings(record, artefact, clap);
        }
    }
    Ok(None)
}

fn read<T: DeserializeOwned>(artefact: &Artefact) -> Result<T, Failure> {
    serde_json::from_value(artefact.footer.result.clone()).map_err(Failure::internal)
}

fn embeddings(
    record: &mut Analyzed,
    artefact: &mut Artefact,
    clap: &Clap<'_>,
) -> Result<Option<Vec<f32>>, Failure> {
    let found: ClapFound = read(artefact)?;
    let kind = aggregation(clap.settings.aggregate);
    let mut aggregate = kind.map(|kind| Aggregate::new(kind, found.dimensions));
    let mut spans = found.spans.iter();
    let mut segments = Vec::with_capacity(found.spans.len());
    let mut best = Vec::new();
    artefact.rows(CLAP_WINDOWS, found.dimensions, |embedding| {
        let span = spans.next();
        let span = span.ok_or_else(|| Failure::internal("more embeddings than windows"))?;
        if let Some(aggregate) = &mut aggregate {
            aggregate.add(embedding, span.energy);
        }
        segments.push(Segment {
            index: segments.len() as u64,
            start_s: span.begin as f64 / RATE as f64,
            duration_s: span.samples as f64 / RATE as f64,
            labels: clap.labels.map(|labels| {
                labels.best(embedding, clap.settings.top_k, &mut best);
                scores(labels, &best)
            }),
        });
        Ok::<(), Failure>(())
    })?;
    let value = aggregate.as_ref().and_then(Aggregate::value);
    let labels = value.as_ref().zip(clap.labels).map(|(value, labels)| {
        labels.best(value, clap.settings.top_k, &mut best);
        scores(labels, &best)
    });
    record.results.clap = Some(Embeddings {
        dimensions: found.dimensions,
        windows: segments.len() as u64,
        precision: clap.settings.precision.to_string(),
        labels,
    });
    record.segments = segments;
    record.aggregate_strategy = aggregate.map(|_| clap.settings.aggregate.to_string());
    Ok(value)
}

fn scores(labels: &Labels, best: &[(usize, f32)]) -> Vec<Score> {
    let scores = best.iter().map(|&(label, score)| Score {
        label: labels.name(label).to_owned(),
        score,
    });
    scores.collect()
}

fn aggregation(mode: AggregateArg) -> Option<Aggregation> {
    match mode {
        AggregateArg::None => None,
        AggregateArg::Mean => Some(Aggregation::Mean),
        AggregateArg::Weighted => Some(Aggregation::Weighted),
        AggregateArg::Robust => Some(Aggregation::Robust),
        AggregateArg::Median => Some(Aggregation::Median),
    }
}
