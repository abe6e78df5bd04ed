// SPDX-License-Identifier: MPL-2.0
//! ONNX Runtime: what is told where it is not to be had, and what it computes where it is.
//!
//! The latter need the library. `AURIS_ONNXRUNTIME` names it, or the folder that it lies in; without it
//! they say that they were skipped. tests/run.sh fetches it. Graphs are small here; full models are
//! compared in tests/differential/clap_onnx.py.
mod common;

use auris_clap::{
    Bank, Counts, Device, Engine, Error, Limits, LogMel, Scheduler, Stream, TextTower,
};
use common::log_mel;
use common::onnx::{self, Message, PLAIN, end, end_of, file, node, number, numbers};
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the process is told that runs the test of this name again, for what a variable says is a whole
/// process's.
fn told() -> Option<String> {
    env::var("AURIS_TEST_CHILD").ok()
}

/// Runs the test of this name in a process of its own that is told this, and in which `ORT_DYLIB_PATH` is
/// `library`.
fn again(name: &str, tell: &str, library: impl AsRef<OsStr>) {
    let mut child = Command::new(env::current_exe().expect("this program has a file"));
    child.args([name, "--exact", "--nocapture"]);
    child
        .env("AURIS_TEST_CHILD", tell)
        .env("ORT_DYLIB_PATH", library);
    let output = child.output().expect("this program can be run");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{tell}: {said}"
    );
}

/// The library, where there is one.
fn library() -> Option<PathBuf> {
    let named = env::var_os("AURIS_ONNXRUNTIME").filter(|path| !path.is_empty());
    if named.is_none() {
        eprintln!("skipped: AURIS_ONNXRUNTIME does not name the library of ONNX Runtime");
    }
    named.map(PathBuf::from)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("there is room");
    path
}

fn refusal(path: &Path, device: Device) -> Error {
    match Engine::open_in_onnxruntime(path, device, None) {
        Ok(engine) => panic!("{} was opened", engine.name()),
        Err(error) => error,
    }
}

/// A shared library of this source.
fn compiled(folder: &Path, name: &str, source: &str) -> PathBuf {
    let code = write(folder, &format!("{name}.c"), source.as_bytes());
    let path = folder.join(format!("{name}.so"));
    let cc = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&path)
        .arg(&code)
        .status();
    assert!(cc.expect("a C compiler is needed").success());
    path
}

#[test]
fn libraries_that_will_not_do_are_told() {
    let folder = tempfile::tempdir().expect("there is room");
    if let Some(part) = told() {
        let model = write(
            folder.path(),
            "model.onnx",
            &onnx::model(&common::TINY, PLAIN),
        );
        let error = refusal(&model, Device::Cpu);
        assert!(matches!(error, Error::NoRuntime(_)), "{error}");
        let text = error.to_string();
        for part in [&part, "pip install onnxruntime", "ORT_DYLIB_PATH"] {
            assert!(text.contains(part) && !text.contains('\n'), "{text}");
        }
        return;
    }
    let old = r#"
        static const char *version(void) { return "1.16.3"; }
        static const struct { void *api; const char *(*version)(void); } base = { 0, version };
        const void *OrtGetApiBase(void) { return &base; }"#;
    let none = "const void *OrtGetApiBase(void) { return 0; }";
    for (library, part) in [
        (folder.path().join("missing.so"), "missing.so"),
        (
            write(folder.path(), "text.so", b"<!DOCTYPE html>"),
            "text.so",
        ),
        (
            compiled(folder.path(), "other", "int answer = 42;"),
            "OrtGetApiBase",
        ),
        (compiled(folder.path(), "old", old), "1.16.3"),
        (compiled(folder.path(), "none", none), "null"),
    ] {
        again("libraries_that_will_not_do_are_told", part, library);
    }
}

/// A model whose embedding is the mean of each band over all frames and views.
fn mean_of_bands(views: u64) -> Vec<u8> {
    let features = [None, Some(views), Some(1001), Some(64)];
    let mut graph = end(
        Message::default().bytes(2, "g"),
        11,
        "input_features",
        &features,
    );
    if views > 1 {
        graph = end_of(9, graph, 11, "is_longer", &[None, Some(1)]);
    }
    let mean = node("ReduceMean", &["input_features"], &["audio_embeds"]);
    let mean = mean
        .bytes(5, numbers("axes", &[1, 2]).0)
        .bytes(5, number("keepdims", 0).0);
    file(&end(
        graph.bytes(1, mean.0),
        12,
        "audio_embeds",
        &[None, Some(64)],
    ))
}

/// A text tower whose embedding is the mean of its tokens' rows.
fn mean_of_tokens(table: &[[f32; 3]]) -> Vec<u8> {
    let mut graph = Message::default().bytes(2, "g");
    for name in ["input_ids", "attention_mask"] {
        graph = end_of(7, graph, 11, name, &[None, None]);
    }
    let rows = onnx::tensor(PLAIN, "table", &[table.len(), 3], table.as_flattened());
    let gather = node("Gather", &["table", "input_ids"], &["rows"]);
    let mean = node("ReduceMean", &["rows"], &["text_embeds"]);
    let mean = mean
        .bytes(5, numbers("axes", &[1]).0)
        .bytes(5, number("keepdims", 0).0);
    let graph = graph.bytes(5, rows.0).bytes(1, gather.0).bytes(1, mean.0);
    file(&end(graph, 12, "text_embeds", &[None, Some(3)]))
}

/// Embeddings of spectrograms, or what is wrong with them, and what was counted.
fn run(
    engine: &std::sync::Arc<Engine>,
    mels: &[LogMel],
) -> (Vec<Result<Vec<f32>, String>>, Counts) {
    let two = NonZeroUsize::new(2).expect("2 is not 0");
    let limits = Limits {
        threads: two,
        windows: two,
        batch: two,
    };
    let stream = Stream::new(Scheduler::global(), engine.clone(), limits).expect("a thread starts");
    let mut results = Vec::new();
    let mut take = || {
        let done = stream.done().expect("nobody cancels");
        let task = done.expect("one is under way");
        results.push(
            task.embedding()
                .map(<[f32]>::to_vec)
                .map_err(ToString::to_string),
        );
        stream.recycle(task);
    };
    for (i, mel) in mels.iter().enumerate() {
        if i >= 2 {
            take();
        }
        let mut task = stream
            .try_room()
            .expect("nobody cancels")
            .expect("there is room");
        let bands = task.log_mel_mut().frames_mut().as_flattened_mut();
        bands.copy_from_slice(mel.frames().as_flattened());
        stream.submit(task);
    }
    (0..mels.len().min(2)).for_each(|_| take());
    (results, engine.counts())
}

#[test]
fn models_are_run_as_they_were_exported() {
    let folder = tempfile::tempdir().expect("there is room");
    if told().is_none() {
        if let Some(library) = library() {
            again("models_are_run_as_they_were_exported", "now", library);
        }
        return;
    }
    let mut mels: Vec<LogMel> = (0..5).map(|i| log_mel(&format!("{i}"))).collect();
    mels[3].frames_mut()[500][7] = f32::NAN;
    for (views, bank) in [(1, Bank::Slaney), (4, Bank::Htk)] {
        let path = write(
            folder.path(),
            &format!("{views}.onnx"),
            &mean_of_bands(views),
        );
        let open = || Engine::open_in_onnxruntime(&path, Device::Cpu, None).expect("it is a model");
        let engine = open();
        assert!(
            std::sync::Arc::ptr_eq(&engine, &open()),
            "it is open already"
        );
        assert!(engine.name().starts_with("onnxruntime ") && engine.name().ends_with(" cpu"));
        assert_eq!((engine.dimensions(), engine.bank()), (64, bank));
        let (results, counts) = run(&engine, &mels);
        assert_eq!((counts.windows, counts.failed, counts.panics), (4, 1, 0));
        for (i, (mel, result)) in mels.iter().zip(&results).enumerate() {
            if i == 3 {
                let told = result.as_ref().expect_err("a band is no number");
                assert!(told.contains("no finite numbers"), "{told}");
                continue;
            }
            let mean = |band: usize| mel.frames().iter().map(|f| f64::from(f[band])).sum::<f64>();
            let means: Vec<f64> = (0..64).map(mean).collect();
            let length = means.iter().map(|x| x * x).sum::<f64>().sqrt();
            let found = result.as_ref().expect("it is computed");
            for (mean, found) in means.iter().zip(found) {
                assert!((mean / length - f64::from(*found)).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn texts_have_embeddings_of_length_1() {
    let folder = tempfile::tempdir().expect("there is room");
    if told().is_none() {
        if let Some(library) = library() {
            again("texts_have_embeddings_of_length_1", "now", library);
        }
        return;
    }
    let file = mean_of_tokens(&[[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [-1.0, 0.0, 0.0]]);
    let path = write(folder.path(), "text_model.onnx", &file);
    let mut tower = TextTower::open(&path).expect("it is a text tower");
    let near = |found: Vec<f32>, expected: [f32; 3]| {
        let pairs = found.iter().zip(expected);
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6),
            "{found:?}"
        );
    };
    near(tower.embed(&[1]).expect("it has one"), [0.0, 1.0, 0.0]);
    let root = 5_f32.sqrt();
    near(
        tower.embed(&[0, 1]).expect("it has one"),
        [1.0 / root, 2.0 / root, 0.0],
    );
    assert!(matches!(tower.embed(&[0, 2]), Err(Error::NoDirection)));
    for wrong in [&[7][..], &[]] {
        let error = tower.embed(wrong).expect_err("there is no such token");
        assert!(
            matches!(error, Error::Inference(_) | Error::NoDirection),
            "{error}"
        );
    }
    let audio = write(folder.path(), "audio_model.onnx", &mean_of_bands(1));
    let error = TextTower::open(&audio).err().expect("it is no text tower");
    assert!(error.to_string().contains("text_model.onnx"), "{error}");
}

#[test]
fn what_the_library_does_not_take_is_told() {
    let folder = tempfile::tempdir().expect("there is room");
    if told().is_none() {
        if let Some(library) = library() {
            again("what_the_library_does_not_take_is_told", "now", library);
        }
        return;
    }
    let audio = write(folder.path(), "audio_model.onnx", &mean_of_bands(1));
    let missing = refusal(&folder.path().join("missing.onnx"), Device::Cpu);
    assert!(matches!(missing, Error::Open { .. }), "{missing}");
    for (name, bytes) in [
        ("model.safetensors", common::model(&common::TINY)),
        ("empty.onnx", Vec::new()),
        ("text.onnx", mean_of_tokens(&[[0.0; 3]])),
    ] {
        let error = refusal(&write(folder.path(), name, &bytes), Device::Cpu);
        assert!(matches!(error, Error::Session { .. }), "{name}: {error}");
        let text = error.to_string();
        assert!(text.contains(name) && !text.contains('\n'), "{text}");
    }
    let wrong = Engine::open_in_onnxruntime(&audio, Device::Cpu, Some("00"));
    assert!(matches!(wrong, Err(Error::Hash { .. })));
    // A model whose weights are kept elsewhere is still ONNX Runtime's own affair; a GPU that is not
    // there is not.
    if let Err(error) = Engine::open_in_onnxruntime(&audio, Device::Cuda(77), None) {
        assert!(matches!(error, Error::NoDevice { .. }), "{error}");
        assert!(error.to_string().contains("cuda:77"), "{error}");
    } else {
        panic!("there are no 78 GPUs");
    }
}

#[test]
fn a_file_that_changed_is_not_taken_for_the_same() {
    let folder = tempfile::tempdir().expect("there is room");
    if told().is_none() {
        if let Some(library) = library() {
            again(
                "a_file_that_changed_is_not_taken_for_the_same",
                "now",
                library,
            );
        }
        return;
    }
    use auris_clap::{Backend, OnnxRuntime};
    let path = write(folder.path(), "audio_model.onnx", &mean_of_bands(1));
    let backend = OnnxRuntime::open(&path, Device::Cpu).expect("it is a model");
    // The first thread has what the model was looked at with, another one reads the file.
    assert!(backend.session().is_ok() && backend.session().is_ok());
    fs::write(&path, mean_of_bands(4)).expect("there is room");
    let failure = backend.session().err().expect("the file is another one");
    assert!(failure.to_string().contains("changed"), "{failure}");
}
