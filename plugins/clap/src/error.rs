// SPDX-License-Identifier: MPL-2.0
//! What can go wrong, told so that a user knows what to do.
use crate::{Device, Precision};
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;

/// Why there is no model or no embedding.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened.
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read.
    Read(io::Error),
    /// The file begins neither as a safetensors file does, nor as an ONNX file.
    NotSafetensors(String),
    /// The file begins as an ONNX file does, and goes on as none can.
    NotOnnx(String),
    /// The ONNX file keeps weights in another file.
    ExternalData {
        /// The tensor.
        name: String,
    },
    /// The weights of the ONNX file are bytes or less.
    Quantized {
        /// An operator that says so.
        operator: String,
    },
    /// The ONNX file computes something else, or in a way that does not lead to the weights.
    Graph(String),
    /// The file ends before what it promises.
    Truncated {
        /// Bytes that it must have at least.
        needed: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// The header is longer than that of any such model.
    HeaderTooLong {
        /// Bytes that it claims.
        length: u64,
    },
    /// What the header says about a tensor cannot be.
    Header {
        /// The tensor.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// The model lacks a tensor.
    Missing {
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than its place in the model asks for.
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that fits.
        expected: String,
    },
    /// The model is of another kind.
    Unsupported(String),
    /// A tensor has a type of number that is not supported.
    Type {
        /// The tensor.
        name: String,
        /// Its type, in safetensors' words.
        found: String,
    },
    /// A weight is NaN or infinite.
    WeightNotFinite {
        /// The tensor.
        name: String,
    },
    /// The model is not precise enough with these numbers.
    TooCoarse {
        /// The precision asked for.
        precision: Precision,
        /// 1 − cosine of the angle between its embedding and that of f32.
        distance: f64,
        /// The largest that is accepted.
        limit: f64,
    },
    /// There is not one sample of audio.
    NoAudio,
    /// A sample is NaN or infinite.
    SampleNotFinite {
        /// Its index.
        index: u64,
    },
    /// A band of a spectrogram is NaN or infinite.
    SpectrogramNotFinite,
    /// The embedding is zero or not finite, so that it has no direction.
    NoDirection,
    /// The model is another one than was asked for.
    Hash {
        /// The SHA-256 that was asked for.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The back end could not compute an embedding.
    Inference(String),
    /// ONNX Runtime is not to be had.
    NoRuntime(String),
    /// ONNX Runtime cannot compute there.
    NoDevice {
        /// Where.
        device: Device,
        /// What it says.
        problem: String,
    },
    /// ONNX Runtime does not load the file, or it computes something else.
    Session {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// There is no thread to compute in.
    NoThread(io::Error),
    /// A file of labels cannot be used.
    Labels(String),
    /// Audio of this sample rate cannot be resampled.
    Rate {
        /// In Hz.
        rate: u32,
    },
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Error::Open { path, source } => {
                write!(f, "cannot open the model {}: {source}", path.display())
            }
            Error::Read(source) => write!(f, "cannot read the model: {source}"),
            Error::NotSafetensors(problem) => write!(
                f,
                "this is neither a safetensors nor an ONNX file ({problem}): name the model.safetensors or audio_model.onnx \
                 of a CLAP model"
            ),
            Error::NotOnnx(problem) => write!(
                f,
                "this ONNX file is damaged ({problem}): download it again"
            ),
            Error::ExternalData { name } => write!(
                f,
                "{name} is kept in another file beside the ONNX file, which is not read: name the model.safetensors, \
                 or an audio_model.onnx that has everything in it"
            ),
            Error::Quantized { operator } => write!(
                f,
                "the weights of this ONNX file are quantized ({operator}): name the audio_model.onnx or \
                 audio_model_fp16.onnx beside it, or the model.safetensors that it was made of"
            ),
            Error::Graph(problem) => write!(
                f,
                "this ONNX file is no audio tower of a CLAP model as exporters write it ({problem}): name the \
                 audio_model.onnx of one, or its model.safetensors"
            ),
            Error::Truncated { needed, found } => write!(
                f,
                "the model has {found} bytes where {needed} are needed: download it again"
            ),
            Error::HeaderTooLong { length } => write!(
                f,
                "the header claims {length} bytes, more than any CLAP model has: is this a safetensors or ONNX file?"
            ),
            Error::Header { name, problem } => write!(
                f,
                "the header is wrong about {name}: {problem}; download the model again"
            ),
            Error::Missing { name } => write!(
                f,
                "the model has no {name}: it must be a CLAP model with HTSAT audio tower, saved by transformers"
            ),
            Error::Shape {
                name,
                found,
                expected,
            } => write!(
                f,
                "{name} has the shape {found:?} instead of {expected}: this kind of CLAP model is not supported"
            ),
            Error::Unsupported(problem) => {
                write!(f, "this kind of CLAP model is not supported: {problem}")
            }
            Error::Type { name, found } => write!(
                f,
                "{name} consists of {found}: save the model in float32, float16 or bfloat16"
            ),
            Error::WeightNotFinite { name } => write!(
                f,
                "{name} has weights that are no finite numbers: the model is damaged"
            ),
            Error::TooCoarse {
                precision,
                distance,
                limit,
            } => write!(
                f,
                "in {precision} this model's embeddings are off by {distance:.1e} (1 - cosine; {limit:.0e} is \
                 accepted): use f32"
            ),
            Error::NoAudio => f.write_str("there is no audio to embed"),
            Error::SampleNotFinite { index } => {
                write!(f, "sample {index} is no finite number")
            }
            Error::SpectrogramNotFinite => {
                f.write_str("the spectrogram has bands that are no finite numbers")
            }
            Error::NoDirection => {
                f.write_str("the embedding is zero or no finite number: the model is damaged")
            }
            Error::Hash { expected, found } => write!(
                f,
                "the model's SHA-256 is {found} instead of {expected}: download it again, or ask for what it is"
            ),
            Error::Inference(problem) => write!(f, "no embedding can be computed: {problem}"),
            Error::NoRuntime(problem) => write!(
                f,
                "ONNX Runtime cannot be used ({}): install it (pip install onnxruntime, or onnxruntime-gpu for CUDA), \
                 and name the folder of its library, onnxruntime/capi, in ORT_DYLIB_PATH",
                one_line(problem)
            ),
            Error::NoDevice { device, problem } => write!(
                f,
                "ONNX Runtime cannot use {device} ({}): install onnxruntime-gpu with the CUDA and cuDNN that it asks \
                 for, or compute on cpu",
                one_line(problem)
            ),
            Error::Session { path, problem } => write!(
                f,
                "ONNX Runtime cannot use {} ({}): name the audio_model.onnx or text_model.onnx of a CLAP model",
                path.display(),
                one_line(problem)
            ),
            Error::NoThread(source) => write!(f, "there is no thread to compute in: {source}"),
            Error::Labels(problem) => write!(f, "the labels cannot be used: {problem}"),
            Error::Rate { rate } => write!(
                f,
                "audio at {rate} Hz cannot be resampled here: do it before, to 48000 Hz"
            ),
        }
    }
}

/// What a library tells, without line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Open { source, .. } | Error::Read(source) | Error::NoThread(source) => {
                Some(source)
            }
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(source: io::Error) -> Self {
        Error::Read(source)
    }
}
