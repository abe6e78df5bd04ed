// SPDX-License-Identifier: MPL-2.0
//! Runs the program, and never for ever.
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than any run here takes on a busy machine; a child that goes on then hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// A folder for the files of one test.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder")
}

/// A command line in the making.
pub struct Farm {
    command: Command,
    stdin: Vec<u8>,
}

/// A child under way.
pub struct Running {
    pub child: Child,
    stdout: Drain,
    stderr: Drain,
    began: Instant,
    peak: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// Most resident memory in bytes.
    pub peak: u64,
}

/// `auris-farm measure --format ndjson`, without a word on standard error that is not needed.
pub fn measure() -> Farm {
    Farm::new(&["measure", "--format", "ndjson"])
}

/// The program to test instead of the one that is built beside the tests, as it is installed: what `tests/run.sh`
/// measures the memory of.
pub fn installed() -> Option<OsString> {
    std::env::var_os("AURIS_FARM")
}

impl Farm {
    pub fn new(args: &[&str]) -> Self {
        let mut command = Command::new(match installed() {
            Some(program) => program,
            None => env!("CARGO_BIN_EXE_auris-farm").into(),
        });
        command.args(args);
        Self {
            command,
            stdin: Vec::new(),
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it reads on its standard input.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    pub fn start(mut self) -> Running {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        // Whether it reads all of it is its own affair.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        Running {
            stdout: Drain::new(child.stdout.take().unwrap()),
            stderr: Drain::new(child.stderr.take().unwrap()),
            child,
            began: Instant::now(),
            peak: 0,
        }
    }

    pub fn run(self) -> Ended {
        self.start().end()
    }
}

impl Running {
    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.peak = self.peak.max(peak(self.child.id()).unwrap_or(0));
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it has written that many lines to its standard output.
    pub fn wait_for_lines(&mut self, lines: usize) {
        let found = self.wait_until(|out, _| out.lines().count() >= lines);
        assert!(found, "in vain: {}", self.stderr.so_far());
    }

    /// Waits until `done` says so of standard output and standard error; false if it ends before.
    pub fn wait_until(&mut self, done: impl Fn(&str, &str) -> bool) -> bool {
        loop {
            let runs = self.runs();
            if done(&self.stdout.so_far(), &self.stderr.so_far()) {
                return true;
            }
            if !runs {
                return false;
            }
            assert!(
                self.began.elapsed() < LIMIT,
                "it hangs: {}",
                self.stderr.so_far()
            );
            thread::sleep(LOOK);
        }
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.is_ok(), "kill -s {name} {pid}");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        while self.runs() {
            if self.began.elapsed() > LIMIT {
                let _ = self.child.kill();
                panic!("it hangs; so far: {}", self.stderr.so_far());
            }
            thread::sleep(LOOK);
        }
        let status = self.child.wait().unwrap();
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout: self.stdout.end(),
            stderr: self.stderr.end(),
            peak: self.peak,
        }
    }
}

impl Ended {
    /// The lines of NDJSON, each of which must be whole.
    pub fn records(&self) -> Vec<Value> {
        records(&self.stdout)
    }

    /// The one record of a run over one input.
    pub fn only(&self) -> Value {
        let mut records = self.records();
        assert_eq!(records.len(), 1, "{self:?}");
        records.remove(0)
    }
}

/// The lines of NDJSON, each of which must be whole.
pub fn records(text: &str) -> Vec<Value> {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line is cut: {text}"
    );
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).collect()
}

/// Whether the record is that of a measured track.
pub fn is_ok(record: &Value) -> bool {
    record["status"] == "ok"
}

/// Asserts what holds for every failure and gives its reason.
pub fn reason(record: &Value) -> &str {
    assert_eq!(record["status"], "error", "{record}");
    assert!(record["dr"].is_null(), "{record}");
    assert!(record["error_kind"].is_string(), "{record}");
    let reason = record["error"].as_str().unwrap_or_default();
    assert!(!reason.is_empty(), "no reason: {record}");
    reason
}

/// Names of all that lies in a folder, hidden files included.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Reads a pipe to its end in a thread of its own.
struct Drain {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Drain {
    fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let filled = bytes.clone();
        let thread = thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                filled.lock().unwrap().extend(&chunk[..read]);
            }
        });
        Self { bytes, thread }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    fn end(self) -> String {
        self.thread.join().unwrap();
        let bytes = std::mem::take(&mut *self.bytes.lock().unwrap());
        String::from_utf8(bytes).expect("the output is UTF-8")
    }
}

/// Most resident memory so far. The usage that `wait4` reports would do less: it includes what this
/// process held when it forked.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}
