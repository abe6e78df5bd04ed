// SPDX-License-Identifier: MPL-2.0
//! From decoded audio to what is extracted of it, in one pass.
//!
//! - [`pcm`]: what takes the samples as they are, in all channels; [`features`], [`clap`] and [`audio`]: what
//!   takes them mixed down, at a rate of its own; [`rates`]: how they get there.
mod audio;
mod clap;
mod features;
mod pcm;
mod rates;

pub use audio::NAME as AUDIO;
pub use clap::{Engine, Found as ClapFound, WINDOWS as CLAP_WINDOWS};
pub use rates::RESAMPLER;

use super::artefact::Writer;
use crate::cli::Extractor;
use crate::engine::{Failure, Kind};
use auris_clap::{Mixer, RATE};
use auris_support::layout;
use auris_support::planes::Planes;
use gst_audio::{AudioInfo, AudioLayout};
use rates::Branch;
use std::time::{Duration, Instant};

/// What an artefact is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// An extractor.
    Extracted(Extractor),
    /// The audio itself, mixed down, at 48 kHz.
    Audio,
}

impl What {
    /// The name in a cache.
    pub fn name(self) -> String {
        match self {
            What::Extracted(extractor) => extractor.to_string(),
            What::Audio => "audio".to_owned(),
        }
    }
}

/// An artefact that is to be made.
pub struct Sheet {
    /// What of.
    pub what: What,
    /// Where to.
    pub writer: Box<Writer>,
}

/// What became of it.
pub struct Product {
    /// What of.
    pub what: What,
    /// What was found.
    pub result: Result<serde_json::Value, Failure>,
    /// With all its arrays.
    pub writer: Box<Writer>,
}

impl Sheet {
    fn done(self, result: Result<serde_json::Value, Failure>) -> Product {
        Product {
            what: self.what,
            result,
            writer: self.writer,
        }
    }
}

/// Everything that is to be made of an input.
#[derive(Default)]
pub struct Recipe {
    /// The artefacts.
    pub sheets: Vec<Sheet>,
    /// Sample rate of features; `None` for the input's.
    pub target_rate: Option<u32>,
    /// What computes embeddings.
    pub clap: Option<Engine>,
}

/// Takes in samples in all channels.
trait Pcm: Send {
    fn push(&mut self, planes: &[&[u8]]);
    fn finish(self: Box<Self>) -> Vec<Product>;
}

/// Takes in samples that were mixed down.
trait Mono: Send {
    fn push(&mut self, samples: &[f32]);
    fn finish(self: Box<Self>) -> Vec<Product>;
}

/// A name for the time that something takes.
type Stage = &'static str;

/// Something that takes in samples, and how long it took.
struct Timed<T: ?Sized> {
    stage: Stage,
    elapsed: Duration,
    inner: Box<T>,
}

impl<T: ?Sized> Timed<T> {
    fn new(stage: Stage, inner: Box<T>) -> Self {
        Timed {
            stage,
            elapsed: Duration::ZERO,
            inner,
        }
    }

    fn run(&mut self, act: impl FnOnce(&mut T)) {
        let begin = Instant::now();
        act(&mut self.inner);
        self.elapsed += begin.elapsed();
    }

    /// Ends it with `act`, and takes note of what came of it.
    fn finish(self, act: impl FnOnce(Box<T>) -> Vec<Product>, extracted: &mut Extracted) {
        let begin = Instant::now();
        extracted.products.extend(act(self.inner));
        let elapsed = self.elapsed + begin.elapsed();
        extracted.times.push((self.stage, elapsed));
    }
}

/// What came of a pass.
pub struct Extracted {
    /// The artefacts.
    pub products: Vec<Product>,
    /// How long each stage took.
    pub times: Vec<(Stage, Duration)>,
}

/// A pass under way.
pub struct Pass {
    pcm: Vec<Timed<dyn Pcm>>,
    mixer: Option<Mixer>,
    /// Samples that were mixed down.
    mono: Vec<f32>,
    mixing: Duration,
    branches: Vec<Branch>,
    /// Those that could not begin.
    failed: Vec<Product>,
}

/// Frames that are worked on at once.
const BLOCK: u64 = 16_384;

impl Pass {
    /// Over decoded samples.
    ///
    /// # Errors
    /// The kernels do not know their format.
    pub fn new(recipe: Recipe, info: &AudioInfo) -> Result<Self, Failure> {
        let format = layout::sample_format(info.format()).ok_or_else(|| {
            let format = info.format();
            Failure::internal(format!("it was decoded to {format}, which nobody reads"))
        })?;
        let planar = info.layout() == AudioLayout::NonInterleaved;
        let mut pass = Pass::begin(recipe, info.rate(), |sheet| pcm::start(sheet, format, info));
        pass.mixer = Some(Mixer::new(format, info.channels() as usize, planar));
        Ok(pass)
    }

    /// Over audio that is at 48 kHz already, and mixed down.
    pub fn of_audio(recipe: Recipe) -> Self {
        Pass::begin(recipe, RATE as u32, |sheet| {
            Err(sheet.done(Err(Failure::internal("it needs all channels"))))
        })
    }

    fn begin(
        recipe: Recipe,
        rate: u32,
        start: impl Fn(Sheet) -> Result<Timed<dyn Pcm>, Product>,
    ) -> Self {
        let mut pass = Pass {
            pcm: Vec::new(),
            mixer: None,
            mono: Vec::with_capacity(BLOCK as usize),
            mixing: Duration::ZERO,
            branches: Vec::new(),
            failed: Vec::new(),
        };
        let mut framed = Vec::new();
        for sheet in recipe.sheets {
            match sheet.what {
                What::Extracted(Extractor::Dr | Extractor::Loudness) => match start(sheet) {
                    Ok(extractor) => pass.pcm.push(extractor),
                    Err(product) => pass.failed.push(product),
                },
                What::Extracted(Extractor::Clap) => {
                    match clap::Clap::new(sheet, recipe.clap.as_ref()) {
                        Ok(clap) => pass.join(rate, RATE as u32, Timed::new("clap", clap)),
                        Err(product) => pass.failed.push(product),
                    }
                }
                What::Extracted(_) => framed.push(sheet),
                What::Audio => {
                    let audio = Box::new(audio::Audio::new(sheet));
                    pass.join(rate, RATE as u32, Timed::new("audio", audio));
                }
            }
        }
        if !framed.is_empty() {
            let target = recipe.target_rate.unwrap_or(rate);
            match features::Frames::new(framed, target) {
                Ok(frames) => pass.join(rate, target, Timed::new("features", Box::new(frames))),
                Err(products) => pass.failed.extend(products),
            }
        }
        pass
    }

    /// Lets `extractor` have the audio at a rate.
    fn join(&mut self, from: u32, to: u32, extractor: Timed<dyn Mono>) {
        let branch = self.branches.iter_mut().find(|branch| branch.rate == to);
        if let Some(branch) = branch {
            branch.extractors.push(extractor);
            return;
        }
        match Branch::new(from, to) {
            Ok(mut branch) => {
                branch.extractors.push(extractor);
                self.branches.push(branch);
            }
            Err(why) => {
                let mut products = extractor.inner.finish();
                for product in &mut products {
                    product.result = Err(Failure::new(Kind::Unsupported, why.clone()));
                }
                self.failed.extend(products);
            }
        }
    }

    /// Takes in decoded samples.
    pub fn push(&mut self, planes: &Planes<'_>) {
        let mut at = 0;
        while at < planes.frames() {
            let end = planes.frames().min(at + BLOCK);
            let part = planes.range(at, end);
            for extractor in &mut self.pcm {
                extractor.run(|extractor| extractor.push(part.as_slices()));
            }
            if let Some(mixer) = self.mixer.as_mut().filter(|_| !self.branches.is_empty()) {
                let begin = Instant::now();
                self.mono.clear();
                mixer.mix(part.as_slices(), &mut self.mono);
                self.mixing += begin.elapsed();
                for branch in &mut self.branches {
                    branch.push(&self.mono);
                }
            }
            at = end;
        }
    }

    /// Takes in audio that is mixed down.
    pub fn push_mono(&mut self, samples: &[f32]) {
        for branch in &mut self.branches {
            branch.push(samples);
        }
    }

    /// Ends it.
    pub fn finish(self) -> Extracted {
        let mut extracted = Extracted {
            products: self.failed,
            times: Vec::new(),
        };
        for extractor in self.pcm {
            extractor.finish(Pcm::finish, &mut extracted);
        }
        let mut resampling = self.mixing;
        for branch in self.branches {
            resampling += branch.finish(&mut extracted);
        }
        extracted.times.push(("resample", resampling));
        extracted
    }
}
