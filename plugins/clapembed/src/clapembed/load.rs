// SPDX-License-Identifier: MPL-2.0
//! What the element needs before the first buffer, and what to do where it is not to be had.
use super::kinds::{Backend, Precision};
use super::settings::{Settings, Texts};
use auris_clap::{Device, Engine, Error, Labels, Limits, Scheduler, Stream};
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A model that is ready, and the element's place among those who use it.
pub struct Loaded {
    pub engine: Arc<Engine>,
    pub queue: Arc<Stream>,
    pub labels: Option<Labels>,
}

/// Opens the model and everything that goes with it, and computes once: what is wrong is told now,
/// and the first window takes no longer than others.
pub fn load(settings: &Settings, texts: &Texts) -> Result<Loaded, gst::ErrorMessage> {
    let Some(model) = texts.model.as_deref().filter(|model| !model.is_empty()) else {
        return Err(gst::error_msg!(
            gst::LibraryError::Settings,
            ("No model is set: set 'model' to the model.safetensors or audio_model.onnx of a CLAP model")
        ));
    };
    let sha256 = texts.model_sha256.as_deref().map(str::trim);
    let sha256 = sha256.filter(|digits| !digits.is_empty());
    let device = device(settings, texts)?;
    let engine = match settings.backend {
        Backend::Native => Engine::open(model, settings.precision.into(), sha256),
        Backend::OnnxRuntime => Engine::open_in_onnxruntime(model, device, sha256),
    };
    let engine = engine.map_err(|error| explain(model, &error))?;
    let labels = match texts.labels.as_deref() {
        None | Some("") => None,
        Some(path) => {
            let labels = Labels::open(path, engine.dimensions());
            Some(labels.map_err(|error| {
                gst::error_msg!(
                    gst::LibraryError::Settings,
                    ("Cannot use 'labels': {error}")
                )
            })?)
        }
    };
    let limits = limits(settings, Scheduler::global().most_threads());
    let queue = Stream::new(Scheduler::global(), engine.clone(), limits)
        .map_err(|error| gst::error_msg!(gst::ResourceError::Failed, ("{error}")))?;
    warm_up(&queue).map_err(|error| explain(model, &error))?;
    Ok(Loaded {
        engine,
        queue: Arc::new(queue),
        labels,
    })
}

/// Where the back end is to compute, if that and the precision are something it has.
fn device(settings: &Settings, texts: &Texts) -> Result<Device, gst::ErrorMessage> {
    let wrong = |what: String| Err(gst::error_msg!(gst::LibraryError::Settings, ("{what}")));
    let name = texts.device.as_deref().unwrap_or_default().trim();
    let device = match name {
        "" => Device::Cpu,
        _ => match name.parse() {
            Ok(device) => device,
            Err(problem) => return wrong(format!("There is no such device: {problem}")),
        },
    };
    match settings.backend {
        Backend::Native if device != Device::Cpu => wrong(format!(
            "The native back end has no device '{device}': set 'device' to cpu, or 'backend' to onnxruntime"
        )),
        Backend::OnnxRuntime if settings.precision != Precision::F32 => wrong(
            "ONNX Runtime computes in what the model was saved in: leave 'precision' at f32, and take a model in \
             16 bits or bytes"
                .to_owned(),
        ),
        _ => Ok(device),
    }
}

fn limits(settings: &Settings, most_threads: usize) -> Limits {
    let positive = |n: usize| NonZeroUsize::new(n).unwrap_or(NonZeroUsize::MIN);
    let threads = match settings.threads as usize {
        0 => most_threads,
        threads => threads.min(most_threads),
    };
    let windows = |seconds: u32| {
        let windows = u64::from(seconds) * 1_000_000_000 / settings.window.max(1);
        usize::try_from(windows).unwrap_or(usize::MAX).min(1 << 16)
    };
    Limits {
        threads: positive(threads),
        windows: positive(match settings.queue_seconds {
            0 => 2 * threads,
            seconds => windows(seconds),
        }),
        batch: positive(windows(settings.max_batch_seconds)),
    }
}

/// Embeds silence.
fn warm_up(queue: &Stream) -> Result<(), Error> {
    if let Ok(Some(task)) = queue.try_room() {
        queue.submit(task);
    }
    // Nobody else has the queue yet, to cancel it.
    if let Ok(Some(mut task)) = queue.done() {
        let outcome = task.take_error();
        queue.recycle(task);
        return outcome.map_or(Ok(()), Err);
    }
    Ok(())
}

/// An element error for what is wrong with a model: a code of its own for each thing that a user has to
/// do something else about.
fn explain(model: &str, error: &Error) -> gst::ErrorMessage {
    use gst::{LibraryError, ResourceError, StreamError};
    macro_rules! told {
        ($code:expr) => {
            gst::error_msg!($code, ("Cannot use the model '{model}': {error}"))
        };
    }
    match error {
        Error::Open { source, .. } if source.kind() == ErrorKind::NotFound => gst::error_msg!(
            ResourceError::NotFound,
            ("There is no model '{model}': set 'model' to the model.safetensors or audio_model.onnx of a CLAP model")
        ),
        Error::Open { .. } => told!(ResourceError::OpenRead),
        Error::Read(_) | Error::Truncated { .. } => told!(ResourceError::Read),
        Error::Hash { .. } => told!(ResourceError::Settings),
        Error::NotSafetensors(_) | Error::HeaderTooLong { .. } => told!(StreamError::TypeNotFound),
        Error::Header { .. } | Error::NotOnnx(_) => told!(StreamError::Demux),
        Error::Graph(_) => told!(StreamError::CodecNotFound),
        Error::Quantized { .. } => told!(StreamError::NotImplemented),
        Error::ExternalData { .. } => told!(ResourceError::OpenRead),
        Error::Missing { .. } | Error::Unsupported(_) => told!(StreamError::WrongType),
        Error::Shape { .. } | Error::Type { .. } => told!(StreamError::Format),
        Error::WeightNotFinite { .. } | Error::NoDirection => told!(StreamError::Decode),
        Error::TooCoarse { .. } | Error::NoDevice { .. } => told!(LibraryError::Settings),
        Error::NoRuntime(_) => told!(LibraryError::Init),
        Error::Session { .. } => told!(StreamError::WrongType),
        _ => told!(LibraryError::Failed),
    }
}
