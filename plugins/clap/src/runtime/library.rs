// SPDX-License-Identifier: MPL-2.0
//! The shared library, which is loaded when somebody asks for it, and its sessions.
use super::Device;
use crate::{Error, Failure};
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{env, panic};

/// Names the library's file, or the folder that it lies in.
const VARIABLE: &str = "ORT_DYLIB_PATH";

/// The library, once it is loaded; that it was not to be had may change.
fn environment() -> Result<&'static Environment, Error> {
    static LOADED: OnceLock<Environment> = OnceLock::new();
    static LOADING: Mutex<()> = Mutex::new(());
    let _alone = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = LOADED.get() {
        return Ok(environment);
    }
    let mut problem = String::new();
    for path in candidates() {
        match caught(|| load(&path)) {
            Ok(environment) => return Ok(LOADED.get_or_init(|| environment)),
            // What a variable names is the first; of several names, the last one's story is as good.
            Err(told) => problem = told,
        }
    }
    Err(Error::NoRuntime(problem))
}

fn load(path: &Path) -> Result<Environment, String> {
    // Checks that the library is there, is ONNX Runtime, and is new enough, before anything is asked of it.
    let builder = ort::init_from(path).map_err(|error| error.to_string())?;
    let environment = builder.with_name("auris").with_telemetry(false).build();
    environment.map_err(|error| error.to_string())
}

/// Where the library may be: where the user says, or where the system's loader looks.
fn candidates() -> Vec<PathBuf> {
    match env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => vec![within(PathBuf::from(path))],
        None => {
            let [before, after] = [env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX];
            let name = format!("{before}onnxruntime{after}");
            [name.clone(), format!("{name}.1")]
                .map(PathBuf::from)
                .into()
        }
    }
}

/// The library in a folder, whatever version its name ends with; any other path as it is.
fn within(path: PathBuf) -> PathBuf {
    let [before, after] = [env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX];
    let begin = format!("{before}onnxruntime.");
    let entries = path.read_dir().into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let name = names.find(|name| name.starts_with(&begin) && name.contains(after));
    name.map_or(path.clone(), |name| path.join(name))
}

/// What unwinds becomes an error: the bindings assert what a library gives them.
fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let done = panic::catch_unwind(panic::AssertUnwindSafe(work));
    done.unwrap_or_else(|panic| Err(reason(&*panic)))
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let told = literal.or_else(|| panic.downcast_ref::<String>().cloned());
    told.unwrap_or_else(|| "the library cannot be used".to_owned())
}

/// What the library says of itself: where it is the same, so are results.
pub(super) fn version() -> String {
    let told = caught(|| {
        environment()
            .map(|_| ort::info())
            .map_err(|e| e.to_string())
    });
    let told = told.unwrap_or_default();
    let fields = told
        .split([',', ' '])
        .filter_map(|field| field.split_once('='));
    let wanted = fields.filter(|(name, _)| ["git-branch", "git-commit-id"].contains(name));
    let wanted: Vec<&str> = wanted.map(|(_, value)| value).collect();
    wanted.join(" ")
}

/// A session of the model in a file, which computes in the thread that asks if `threads` is 1.
pub(super) fn open(path: &Path, device: Device, threads: usize) -> Result<Session, Error> {
    let environment = environment()?;
    let refused = |problem: String| Error::Session {
        path: path.to_owned(),
        problem,
    };
    let builder = caught(|| builder(environment, threads).map_err(|e| e.to_string()));
    let builder = builder.map_err(refused)?;
    let mut builder = match device {
        Device::Cpu => builder,
        Device::Cuda(number) => {
            let told = caught(|| on_cuda(builder, number).map_err(|e| e.to_string()));
            told.map_err(|problem| Error::NoDevice { device, problem })?
        }
    };
    caught(|| builder.commit_from_file(path).map_err(|e| e.to_string())).map_err(refused)
}

fn builder(environment: &Environment, threads: usize) -> ort::Result<SessionBuilder> {
    let builder = Session::builder(environment)?;
    let builder = builder.with_log_level(ort::logging::LogLevel::Fatal)?;
    Ok(builder.with_intra_threads(threads)?.with_inter_threads(1)?)
}

fn on_cuda(builder: SessionBuilder, number: u16) -> ort::Result<SessionBuilder> {
    let provider = ort::ep::CUDA::default().with_device_id(i32::from(number));
    Ok(builder.with_execution_providers([provider.build().error_on_failure()])?)
}

/// Why a run failed, from what the library tells.
pub(super) fn failure(told: &str) -> Failure {
    let lower = told.to_lowercase();
    let memory = [
        "out of memory",
        "failed to allocate",
        "bad_alloc",
        "bad allocation",
        "alloc_failed",
    ];
    match memory.iter().any(|words| lower.contains(words)) {
        true => Failure::OutOfMemory,
        false => Failure::Other(told.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_memory_is_one() {
        for told in [
            "Non-zero status code returned while running MatMul node. Status Message: BFCArena::AllocateRawInternal \
             Failed to allocate memory for requested buffer of size 4096",
            "CUDA failure 2: out of memory ; GPU=0",
            "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED",
            "std::bad_alloc",
        ] {
            assert_eq!(failure(told), Failure::OutOfMemory, "{told}");
        }
        let other = "Got invalid dimensions for input: input_features";
        assert_eq!(failure(other), Failure::Other(other.to_owned()));
    }

    #[test]
    fn a_panic_is_told() {
        let told = caught::<()>(|| panic!("number {}", 7));
        assert_eq!(told, Err("number 7".to_owned()));
        assert_eq!(
            caught::<()>(|| panic!("as it is")),
            Err("as it is".to_owned())
        );
    }

    #[test]
    fn a_folder_stands_for_the_library_in_it() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().to_owned();
        assert_eq!(within(path.clone()), path);
        let [before, after] = [env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX];
        let provider = path.join(format!("{before}onnxruntime_providers_shared{after}"));
        let library = path.join(format!("{before}onnxruntime{after}.1.32.0"));
        for file in [&provider, &library] {
            std::fs::write(file, "").expect("there is room");
        }
        assert_eq!(within(path), library);
        assert_eq!(within(library.clone()), library);
    }
}
