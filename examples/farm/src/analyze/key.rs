// SPDX-License-Identifier: MPL-2.0
//! What an artefact depends on. Where all of it is the same, so are its bits.
use super::digest;
use super::extract::{RESAMPLER, What};
use super::settings::{ClapSettings, Settings};
use crate::cli::Extractor;
use crate::engine::{Plan, symphonia::Decoder};
use gst::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::OnceLock;

/// Version of artefacts: of their form, and of how keys are written.
const SCHEMA: u32 = 1;

/// Version of an extractor, to be raised when it finds something else in the same samples.
fn version(what: What) -> u32 {
    match what {
        What::Extracted(
            Extractor::Dr
            | Extractor::Loudness
            | Extractor::Mel
            | Extractor::Mfcc
            | Extractor::Descriptors
            | Extractor::Clap,
        )
        | What::Audio => 1,
    }
}

/// What all artefacts of an input depend on.
#[derive(Debug, Clone)]
pub struct Basis {
    /// SHA-256 of the input's bytes.
    pub input: String,
    /// What may decode it; see [`decoders`].
    pub decoders: String,
}

/// What an embedding depends on beside that.
#[derive(Debug, Clone)]
pub struct ModelIdentity {
    /// SHA-256 of the file.
    pub sha256: String,
    /// What it is computed with.
    pub engine: String,
}

/// The key of an artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// All that it depends on, in JSON.
    pub text: String,
    /// SHA-256 of that, in hexadecimal.
    pub name: String,
}

/// In the order in which they are written.
#[derive(Serialize)]
struct Parts<'a> {
    schema: u32,
    input: &'a str,
    gstreamer: String,
    decoders: &'a str,
    resampler: Option<&'a str>,
    extractor: String,
    extractor_version: u32,
    auris: &'a str,
    instructions: &'a str,
    parameters: Value,
    model: Option<&'a str>,
    engine: Option<&'a str>,
    precision: Option<String>,
}

impl Key {
    /// Of an artefact.
    pub fn new(
        what: What,
        basis: &Basis,
        settings: &Settings,
        model: Option<&ModelIdentity>,
    ) -> Self {
        let clap = settings.clap.as_ref();
        let clap = clap.filter(|_| what == What::Extracted(Extractor::Clap));
        let model = model.filter(|_| clap.is_some());
        let parts = Parts {
            schema: SCHEMA,
            input: &basis.input,
            gstreamer: gst::version_string().into(),
            decoders: &basis.decoders,
            resampler: mixes_down(what).then_some(RESAMPLER),
            extractor: what.name(),
            extractor_version: version(what),
            auris: env!("CARGO_PKG_VERSION"),
            instructions: auris_dsp::simd::Level::best().name(),
            parameters: parameters(what, settings, clap),
            model: model.map(|model| model.sha256.as_str()),
            engine: model.map(|model| model.engine.as_str()),
            precision: clap.map(|clap| clap.precision.to_string()),
        };
        // Nothing in it can fail to be written.
        let text = serde_json::to_string(&parts).unwrap_or_default();
        Key {
            name: digest::hex(&digest::of(text.as_bytes())),
            text,
        }
    }
}

/// Whether it is of audio that was mixed down and resampled.
fn mixes_down(what: What) -> bool {
    !matches!(what, What::Extracted(Extractor::Dr | Extractor::Loudness))
}

/// Settings that it depends on.
fn parameters(what: What, settings: &Settings, clap: Option<&ClapSettings>) -> Value {
    match (what, clap) {
        (What::Extracted(Extractor::Dr), _) => json!({"dialect": "foobar"}),
        (What::Extracted(Extractor::Mel | Extractor::Mfcc | Extractor::Descriptors), _) => {
            json!({"preset": "librosa", "rate": settings.target_rate})
        }
        (What::Extracted(Extractor::Clap), Some(clap)) => json!({
            "window": clap.cut.window.get(),
            "hop": clap.cut.hop.get(),
            "padding": format!("{:?}", clap.cut.padding),
            "tail": format!("{:?}", clap.cut.tail),
        }),
        (What::Audio, _) => json!({"rate": auris_clap::RATE, "channels": "mean"}),
        (What::Extracted(_), _) => json!({}),
    }
}

/// SHA-256 of what may decode an input: of a chain its elements, else of all that an autoplugger may choose
/// from, which it does only while it decodes.
pub fn decoders(plan: &Plan, libav: bool) -> String {
    static CANDIDATES: OnceLock<String> = OnceLock::new();
    let text = match plan {
        Plan::Chain(chain) => {
            let steps = chain.steps.iter().map(|step| {
                let properties = step.properties;
                format!("{} {properties:?}\n", element(step.factory))
            });
            steps.collect()
        }
        Plan::Auto => format!("{}libav={libav}\n", CANDIDATES.get_or_init(candidates)),
    };
    digest::hex(&digest::of(text.as_bytes()))
}

fn element(factory: &str) -> String {
    if Decoder::is_one(factory) {
        return factory.to_owned();
    }
    let found = gst::ElementFactory::find(factory);
    found.map_or_else(|| factory.to_owned(), |factory| describe(&factory))
}

fn describe(factory: &gst::ElementFactory) -> String {
    let (name, rank) = (factory.name(), i32::from(factory.rank()));
    let plugin = factory.plugin();
    let version = plugin.map_or_else(String::new, |plugin| {
        format!("{} {}", plugin.plugin_name(), plugin.version())
    });
    format!("{name} {rank} {version}")
}

/// All that may decode anything, one a line.
fn candidates() -> String {
    let kind = gst::ElementFactoryType::DECODABLE;
    let all = gst::ElementFactory::factories_with_type(kind, gst::Rank::NONE);
    let mut all: Vec<String> = all.iter().map(describe).collect();
    all.sort();
    all.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{AggregateArg, ArrayForm, Extract};
    use crate::engine::chain::{Chain, Step};
    use std::num::NonZeroUsize;

    fn settings() -> Settings {
        let size = NonZeroUsize::new(480_000).unwrap();
        Settings {
            extract: Extract::all(true),
            target_rate: Some(48_000),
            arrays: ArrayForm::None,
            threads: NonZeroUsize::MIN,
            jobs: NonZeroUsize::MIN,
            clap: Some(ClapSettings {
                model: "m".into(),
                sha256: None,
                precision: auris_clap::Precision::F32,
                batch: NonZeroUsize::MIN,
                labels: None,
                top_k: 5,
                cut: auris_clap::Cut {
                    window: size,
                    hop: size,
                    padding: auris_clap::Padding::default(),
                    tail: auris_clap::Tail::default(),
                },
                aggregate: AggregateArg::Mean,
            }),
            cache: None,
        }
    }

    fn keys(
        change: impl FnOnce(&mut Settings, &mut Basis, &mut ModelIdentity),
    ) -> Vec<(What, Key)> {
        let (mut settings, mut basis, mut model) = (
            settings(),
            Basis {
                input: "abc".to_owned(),
                decoders: "def".to_owned(),
            },
            ModelIdentity {
                sha256: "123".to_owned(),
                engine: "native".to_owned(),
            },
        );
        change(&mut settings, &mut basis, &mut model);
        let all = Extract::all(true);
        let all = all.iter().map(What::Extracted).chain([What::Audio]);
        all.map(|what| (what, Key::new(what, &basis, &settings, Some(&model))))
            .collect()
    }

    /// The artefacts whose key follows a change.
    fn followed(change: impl FnOnce(&mut Settings, &mut Basis, &mut ModelIdentity)) -> Vec<String> {
        let pairs = keys(|_, _, _| {}).into_iter().zip(keys(change));
        let changed = pairs.filter(|(before, after)| before.1 != after.1);
        changed.map(|(before, _)| before.0.name()).collect()
    }

    #[test]
    fn keys_follow_what_they_depend_on_and_nothing_else() {
        gst::init().unwrap();
        let all = keys(|_, _, _| {});
        let names: std::collections::HashSet<_> = all.iter().map(|(_, key)| &key.name).collect();
        assert_eq!(names.len(), all.len());
        assert_eq!(
            followed(|_, basis, _| basis.input.push('x')).len(),
            all.len()
        );
        assert_eq!(
            followed(|_, basis, _| basis.decoders.push('x')).len(),
            all.len()
        );
        let rate = followed(|settings, _, _| settings.target_rate = None);
        assert_eq!(rate, ["mel", "mfcc", "descriptors"]);
        let clap = |settings: &mut Settings, act: fn(&mut ClapSettings)| {
            act(settings.clap.as_mut().unwrap());
        };
        let of_clap: [fn(&mut ClapSettings); 3] = [
            |clap| clap.cut.hop = NonZeroUsize::MIN,
            |clap| clap.cut.window = NonZeroUsize::MIN,
            |clap| clap.precision = auris_clap::Precision::Bf16,
        ];
        for act in of_clap {
            assert_eq!(followed(|settings, _, _| clap(settings, act)), ["clap"]);
        }
        assert_eq!(followed(|_, _, model| model.sha256.push('x')), ["clap"]);
        assert_eq!(followed(|_, _, model| model.engine.push('x')), ["clap"]);
        let of_none: [fn(&mut ClapSettings); 3] = [
            |clap| clap.aggregate = AggregateArg::Median,
            |clap| clap.top_k = 9,
            |clap| clap.model = "elsewhere".into(),
        ];
        for act in of_none {
            assert!(followed(|settings, _, _| clap(settings, act)).is_empty());
        }
        assert!(followed(|settings, _, _| settings.arrays = ArrayForm::Npy).is_empty());
    }

    #[test]
    fn decoders_are_told_by_version_rank_and_settings() {
        gst::init().unwrap();
        let chain = |factory, properties| {
            let steps = vec![Step {
                factory,
                properties,
            }];
            decoders(
                &Plan::Chain(Chain {
                    steps,
                    ..Chain::default()
                }),
                true,
            )
        };
        let plain = chain("wavparse", &[]);
        assert_eq!(plain, chain("wavparse", &[]));
        assert_ne!(plain, chain("flacparse", &[]));
        assert_ne!(plain, chain("wavparse", &[("a", "b")]));
        assert_ne!(decoders(&Plan::Auto, true), decoders(&Plan::Auto, false));
        let factory = gst::ElementFactory::find("wavparse").unwrap();
        let rank = factory.rank();
        let before = candidates();
        assert!(before.contains("wavparse "));
        factory.set_rank(rank + 1);
        let after = (candidates(), chain("wavparse", &[]));
        factory.set_rank(rank);
        assert!(after.0 != before && after.1 != plain);
        assert_eq!(candidates(), before);
    }
}
