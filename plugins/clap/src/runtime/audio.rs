// SPDX-License-Identifier: MPL-2.0
//! The audio tower.
use super::{Device, library};
use crate::direction::to_unit_length;
use crate::identity::Identity;
use crate::schedule::{Backend, Failure, Session, Task};
use crate::{Bank, Error, FRAMES, LogMel, MELS};
use ort::session::Session as Graph;
use ort::value::TensorRef;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Windows that a GPU takes at once at most; their activations need 60 MB each.
const MOST_ON_GPU: usize = 64;
/// Views of the audio that a fused model looks at.
const VIEWS: usize = 4;

/// An exported audio tower in ONNX Runtime.
///
/// On the processor each thread has a session of its own, which computes in that thread alone: so do
/// several windows sooner than in one session with as many threads. A GPU has one session for all.
pub struct OnnxRuntime {
    path: PathBuf,
    file: Identity,
    device: Device,
    version: String,
    dimensions: usize,
    fused: bool,
    /// The session that the model was looked at with: the first thread's, or on a GPU everybody's.
    first: Mutex<Option<Shared>>,
}

type Shared = Arc<Mutex<Graph>>;

impl OnnxRuntime {
    /// The model in a file on a device, tried once.
    ///
    /// # Errors
    /// [`Error::NoRuntime`], [`Error::NoDevice`], [`Error::Session`], and [`Error::Inference`] if it
    /// computes no embedding.
    pub fn open(path: impl AsRef<Path>, device: Device) -> Result<OnnxRuntime, Error> {
        let path = path.as_ref();
        let file = Identity::of(&fs::metadata(path).map_err(|source| Error::Open {
            path: path.to_owned(),
            source,
        })?);
        let graph = library::open(path, device, 1)?;
        let wrong = |problem: &str| {
            Err(Error::Session {
                path: path.to_owned(),
                problem: problem.to_owned(),
            })
        };
        let has = |name: &str| graph.inputs().iter().any(|input| input.name() == name);
        if !has("input_features") || graph.outputs().iter().all(|o| o.name() != "audio_embeds") {
            return wrong("it does not compute audio_embeds from input_features");
        }
        let fused = has("is_longer");
        let mut run = Run::new(Arc::new(Mutex::new(graph)), fused, 0);
        let silence = LogMel::new();
        run.fill(&silence);
        let dimensions = run.compute(1, &mut |numbers| numbers.len());
        let dimensions = dimensions.map_err(|failure| Error::Inference(failure.to_string()))?;
        if dimensions == 0 {
            return wrong("its embeddings are empty");
        }
        Ok(OnnxRuntime {
            path: path.to_owned(),
            file,
            device,
            version: library::version(),
            dimensions,
            fused,
            first: Mutex::new(Some(run.graph)),
        })
    }

    /// The same model on the processor, which is not loaded before it is needed.
    pub fn on_cpu(&self) -> OnnxRuntime {
        OnnxRuntime {
            path: self.path.clone(),
            file: self.file.clone(),
            device: Device::Cpu,
            version: self.version.clone(),
            dimensions: self.dimensions,
            fused: self.fused,
            first: Mutex::new(None),
        }
    }

    fn graph(&self) -> Result<Shared, Error> {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match self.device {
            Device::Cuda(_) => {
                if let Some(shared) = &*first {
                    return Ok(shared.clone());
                }
                let shared = self.load()?;
                *first = Some(shared.clone());
                Ok(shared)
            }
            Device::Cpu => match first.take() {
                Some(graph) => Ok(graph),
                None => {
                    drop(first);
                    self.load()
                }
            },
        }
    }

    fn load(&self) -> Result<Shared, Error> {
        let graph = library::open(&self.path, self.device, 1)?;
        match fs::metadata(&self.path).map(|m| Identity::of(&m)) {
            Ok(file) if file == self.file => Ok(Arc::new(Mutex::new(graph))),
            _ => Err(Error::Session {
                path: self.path.clone(),
                problem: "it changed since it was opened".to_owned(),
            }),
        }
    }
}

impl Backend for OnnxRuntime {
    fn name(&self) -> String {
        format!("onnxruntime {} {}", self.version, self.device)
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn bank(&self) -> Bank {
        match self.fused {
            true => Bank::Htk,
            false => Bank::Slaney,
        }
    }

    fn most_windows(&self) -> usize {
        match self.device {
            Device::Cpu => 1,
            Device::Cuda(_) => MOST_ON_GPU,
        }
    }

    fn session(&self) -> Result<Box<dyn Session>, Failure> {
        let graph = self.graph();
        let graph = graph.map_err(|error| library::failure(&error.to_string()))?;
        Ok(Box::new(Run::new(graph, self.fused, self.dimensions)))
    }
}

/// A session, and room for what goes in.
struct Run {
    graph: Shared,
    fused: bool,
    dimensions: usize,
    features: Vec<f32>,
    longer: Vec<bool>,
}

impl Run {
    fn new(graph: Shared, fused: bool, dimensions: usize) -> Run {
        Run {
            graph,
            fused,
            dimensions,
            features: Vec::new(),
            longer: Vec::new(),
        }
    }

    fn views(&self) -> usize {
        if self.fused { VIEWS } else { 1 }
    }

    /// Adds a window; all its views are the same, as audio is never longer than the model's window.
    fn fill(&mut self, log_mel: &LogMel) {
        for _ in 0..self.views() {
            self.features
                .extend_from_slice(log_mel.frames().as_flattened());
        }
        self.longer.push(true);
    }

    /// Computes the windows that were added, and hands over their embeddings, one after another.
    fn compute<T>(
        &mut self,
        windows: usize,
        take: &mut dyn FnMut(&[f32]) -> T,
    ) -> Result<T, Failure> {
        let told = |error: ort::Error| library::failure(&error.to_string());
        let shape = [windows, self.views(), FRAMES, MELS];
        let features = TensorRef::from_array_view((shape, &self.features[..])).map_err(told)?;
        let mut inputs = ort::inputs!["input_features" => features];
        if self.fused {
            let longer = TensorRef::from_array_view(([windows, 1], &self.longer[..]));
            inputs.extend(ort::inputs!["is_longer" => longer.map_err(told)?]);
        }
        let mut graph = self.graph.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = graph.run(inputs).map_err(told)?;
        let Some(embeddings) = outputs.get("audio_embeds") else {
            return Err(Failure::Other("it gives no audio_embeds".to_owned()));
        };
        let (_, numbers) = embeddings.try_extract_tensor::<f32>().map_err(told)?;
        Ok(take(numbers))
    }
}

impl Session for Run {
    fn embed(&mut self, batch: &mut [Box<Task>]) -> Result<(), Failure> {
        self.features.clear();
        self.longer.clear();
        for task in batch.iter_mut() {
            let finite = task
                .log_mel()
                .frames()
                .as_flattened()
                .iter()
                .all(|band| band.is_finite());
            if !finite {
                task.fail(Error::SpectrogramNotFinite);
            }
            self.fill(task.log_mel());
        }
        let (windows, dimensions) = (batch.len(), self.dimensions);
        self.compute(windows, &mut |numbers| {
            if numbers.len() != windows * dimensions {
                let found = numbers.len();
                let problem = format!("it gives {found} numbers for {windows} windows");
                return Err(Failure::Other(problem));
            }
            for (task, numbers) in batch.iter_mut().zip(numbers.chunks_exact(dimensions)) {
                let (_, to) = task.parts();
                to.copy_from_slice(numbers);
                if !to_unit_length(to) && task.embedding().is_ok() {
                    task.fail(Error::NoDirection);
                }
            }
            Ok(())
        })?
    }
}
