// SPDX-License-Identifier: MPL-2.0
//! Models that are open in this process: each file is read and packed once for all who use it.
use crate::identity::Identity;
use crate::{Backend, Device, Engine, Error, Level, Model, OnnxRuntime, Precision};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// What computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Native(Precision, Level),
    OnnxRuntime(Device),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    file: Identity,
    way: Way,
}

/// A file that was opened, or is being opened while this is locked.
#[derive(Default)]
struct Slot {
    engine: Weak<Engine>,
    sha256: Option<String>,
}

static OPEN: Mutex<Vec<(Key, Arc<Mutex<Slot>>)>> = Mutex::new(Vec::new());

impl Engine {
    /// The model in a file, on the CPU: the same for all who ask while anybody has it.
    ///
    /// With `sha256`, in hexadecimal digits, the file must be that one. A file that changes becomes
    /// another model; who has the old one keeps it.
    ///
    /// # Errors
    /// As [`Model::open`], and [`Error::Hash`].
    pub fn open(
        path: impl AsRef<Path>,
        precision: Precision,
        sha256: Option<&str>,
    ) -> Result<Arc<Engine>, Error> {
        let level = Level::best();
        let way = Way::Native(precision, level);
        shared(path.as_ref(), way, sha256, |file| {
            let model = Model::read(file, precision, level)?;
            Ok(Engine::native(Arc::new(model)))
        })
    }

    /// The same for a model that was exported to ONNX, in ONNX Runtime. What a GPU has no memory for,
    /// the CPU computes.
    ///
    /// # Errors
    /// As [`OnnxRuntime::open`], and [`Error::Hash`].
    pub fn open_in_onnxruntime(
        path: impl AsRef<Path>,
        device: Device,
        sha256: Option<&str>,
    ) -> Result<Arc<Engine>, Error> {
        let path = path.as_ref();
        shared(path, Way::OnnxRuntime(device), sha256, |_| {
            let backend = OnnxRuntime::open(path, device)?;
            let fallback: Option<Arc<dyn Backend>> = match device {
                Device::Cpu => None,
                Device::Cuda(_) => Some(Arc::new(backend.on_cpu())),
            };
            Ok(Engine::new(Arc::new(backend), fallback))
        })
    }
}

/// The engine that is open, or the one that `open` makes of the file.
fn shared(
    path: &Path,
    way: Way,
    sha256: Option<&str>,
    open: impl FnOnce(&mut File) -> Result<Arc<Engine>, Error>,
) -> Result<Arc<Engine>, Error> {
    let mut file = File::open(path).map_err(|source| Error::Open {
        path: path.to_owned(),
        source,
    })?;
    let key = Key {
        file: Identity::of(&file.metadata()?),
        way,
    };
    let slot = slot(&key);
    // Who asks for the same file waits here, others do not.
    let mut slot = lock(&slot);
    if let Some(expected) = sha256 {
        let found = match &slot.sha256 {
            Some(known) => known.clone(),
            None => hash_of(&mut file)?,
        };
        let matches = expected.trim().eq_ignore_ascii_case(&found);
        slot.sha256 = Some(found.clone());
        if !matches {
            let expected = expected.trim().to_owned();
            return Err(Error::Hash { expected, found });
        }
    }
    if let Some(engine) = slot.engine.upgrade() {
        return Ok(engine);
    }
    let engine = open(&mut file)?;
    if Identity::of(&file.metadata()?) != key.file {
        let problem = "it changed while it was read";
        return Err(Error::Read(io::Error::other(problem)));
    }
    slot.engine = Arc::downgrade(&engine);
    Ok(engine)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The slot of a file. Those that nobody needs any more are dropped.
fn slot(key: &Key) -> Arc<Mutex<Slot>> {
    let mut open = lock(&OPEN);
    open.retain(|(known, slot)| {
        let in_use = Arc::strong_count(slot) > 1;
        known == key || in_use || lock(slot).engine.strong_count() > 0
    });
    if let Some((_, slot)) = open.iter().find(|(known, _)| known == key) {
        return slot.clone();
    }
    let slot = Arc::<Mutex<Slot>>::default();
    open.push((key.clone(), slot.clone()));
    slot
}

/// The SHA-256 of a file, which is at its beginning again afterwards.
fn hash_of(file: &mut File) -> Result<String, Error> {
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block)? {
            0 => break,
            count => hash.update(&block[..count]),
        }
    }
    file.seek(SeekFrom::Start(0))?;
    let digits = hash.finalize();
    Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
}
