// SPDX-License-Identifier: MPL-2.0
//! Equalizer APO text: as a property, and as a file that is watched.
use super::band::State;
use super::bands::{Content, DEFAULT_COUNT, Rest};
use super::imp::{CAT, ParaEq};
use auris_eq::band::{Curve, MAX_BANDS};
use auris_eq::text;
use auris_support::result_sink::lock;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

/// How often a file is looked at.
const INTERVAL: Duration = Duration::from_millis(150);

/// For how long a file that changed has to stay as it is, so that nobody writes to it any more.
const SETTLED: Duration = Duration::from_millis(100);

/// A longer file is none of these.
const LONGEST: u64 = 16 << 20;

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    fn of(path: &str) -> std::io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Ok(Stamp {
            modified: metadata.modified().ok(),
            bytes: metadata.len(),
            inode,
        })
    }
}

/// Reads a file; the error names it, the line if there is one, and the reason.
fn read(path: &str) -> Result<Curve, String> {
    let unreadable = |error: std::io::Error| format!("Cannot read config-file '{path}': {error}");
    // To open a pipe would be to wait for whoever writes to it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(format!(
            "Cannot read config-file '{path}': it is no regular file"
        ));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let taken = file.take(LONGEST + 1).read_to_end(&mut bytes);
    if taken.map_err(unreadable)? as u64 > LONGEST {
        return Err(format!(
            "Cannot read config-file '{path}': it is longer than {LONGEST} bytes"
        ));
    }
    text::parse_bytes(&bytes).map_err(|error| format!("config-file '{path}', {error}"))
}

/// The thread that looks at the file, as far as others see it.
#[derive(Default)]
pub struct Watch {
    control: Arc<(Mutex<Control>, Condvar)>,
}

#[derive(Default)]
struct Control {
    path: Option<String>,
    /// What the version in force of `path` was like.
    stamp: Option<Stamp>,
    /// Counts starts and stops; a thread ends when it is not its number.
    run: u64,
    running: bool,
    /// From READY on.
    active: bool,
}

impl Watch {
    pub fn path(&self) -> Option<String> {
        lock(&self.control.0).path.clone()
    }

    /// Another file; read by the thread, if the element is active.
    pub fn set_path(&self, element: &super::ParaEq, path: Option<String>) {
        let mut control = lock(&self.control.0);
        control.path = path.filter(|path| !path.is_empty());
        control.stamp = None;
        self.spawn_if_needed(element, &mut control);
        self.control.1.notify_all();
    }

    /// Reads the file, then looks after it.
    ///
    /// # Errors
    /// If the file cannot be read or has a bad line.
    pub fn start(&self, element: &super::ParaEq) -> Result<(), String> {
        let path = self.path();
        if let Some(path) = path {
            // Taken first, so that no later change is missed.
            let stamp = Stamp::of(&path).ok();
            element.imp().apply_curve(read(&path)?);
            lock(&self.control.0).stamp = stamp;
        }
        let mut control = lock(&self.control.0);
        control.active = true;
        self.spawn_if_needed(element, &mut control);
        Ok(())
    }

    pub fn stop(&self) {
        let mut control = lock(&self.control.0);
        control.active = false;
        control.running = false;
        control.run += 1;
        self.control.1.notify_all();
    }

    /// One that never watches a file needs no thread.
    fn spawn_if_needed(&self, element: &super::ParaEq, control: &mut Control) {
        if !control.active || control.running || control.path.is_none() {
            return;
        }
        control.run += 1;
        let (shared, run, weak) = (self.control.clone(), control.run, element.downgrade());
        let thread = std::thread::Builder::new().name("paraeq-config".into());
        control.running = thread.spawn(move || watch(&shared, run, &weak)).is_ok();
        if !control.running {
            gst::warning!(CAT, obj = element, "no thread to watch config-file");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

fn watch(shared: &(Mutex<Control>, Condvar), run: u64, weak: &glib::WeakRef<super::ParaEq>) {
    let (mutex, wake) = shared;
    let mut control = lock(mutex);
    // The version that has to settle.
    let mut fresh = None;
    while control.run == run {
        let (path, known) = (control.path.clone(), control.stamp);
        drop(control);
        let mut pause = INTERVAL;
        if let Some(path) = path {
            // A file that is away for a moment is being replaced.
            let stamp = Stamp::of(&path).ok();
            let changed = known.is_some() && stamp.is_some() && stamp != known;
            if changed && stamp != fresh {
                fresh = stamp;
                pause = SETTLED;
            } else if known.is_none() || changed {
                let read = read(&path);
                let Some(element) = weak.upgrade() else {
                    return;
                };
                let current = {
                    let mut control = lock(mutex);
                    let current = control.run == run && control.path.as_ref() == Some(&path);
                    if current {
                        control.stamp = stamp.or(Some(NEVER));
                    }
                    current
                };
                match read {
                    _ if !current => {}
                    Ok(curve) => element.imp().apply_curve(curve),
                    Err(reason) => warn(&element, &reason),
                }
            }
        }
        control = lock(mutex);
        if control.run == run {
            let waited = wake.wait_timeout(control, pause);
            control = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }
}

/// Stands for a file that was not there and of which the user knows it.
const NEVER: Stamp = Stamp {
    modified: None,
    bytes: u64::MAX,
    inode: 0,
};

fn warn(element: &super::ParaEq, reason: &str) {
    gst::element_warning!(
        element,
        gst::ResourceError::Settings,
        ("{reason}. The equaliser stays as it was; correct the text")
    );
}

impl ParaEq {
    /// The present state as text; `None` while it is that of a new element.
    pub(super) fn config(&self) -> Option<String> {
        let content = self.bands.content();
        let new = Content::with_count(DEFAULT_COUNT);
        let same = content.bands == new.bands
            && content.rest == new.rest
            && content.settings.preamp == new.settings.preamp;
        (!same).then(|| text::write(&content.curve()))
    }

    /// Takes over a text, `None` for the state of a new element. A bad one brings a warning.
    pub(super) fn set_config(&self, config: Option<&str>) {
        let Some(config) = config.filter(|config| !config.is_empty()) else {
            let new = Content::with_count(DEFAULT_COUNT);
            self.replace(Content {
                settings: super::settings::Settings {
                    preamp: new.settings.preamp,
                    ..self.bands.settings()
                },
                ..new
            });
            return;
        };
        match text::parse(config) {
            Ok(curve) => self.apply_curve(curve),
            Err(error) => warn(&self.obj(), &format!("config, {error}")),
        }
    }

    fn apply_curve(&self, curve: Curve) {
        gst::debug!(CAT, imp = self, "{} bands from text", curve.bands.len());
        self.replace(content_of(curve, self.bands.settings()));
    }

    /// Replaces everything and tells of it.
    pub(super) fn replace(&self, content: Content) {
        let element = self.obj();
        self.bands.replace(&*element, content).notify(&element);
    }
}

/// What `curve` comes to with the other settings as they are. There is one band at least: one that
/// does nothing, if need be.
pub fn content_of(curve: Curve, settings: super::settings::Settings) -> Content {
    let mut bands: Vec<State> = curve.bands.iter().map(State::of).collect();
    bands.truncate(MAX_BANDS);
    if bands.is_empty() {
        bands.push(State::of(&auris_eq::band::Band::default()));
    }
    Content {
        settings: super::settings::Settings {
            preamp: curve.preamp,
            ..settings
        },
        bands,
        rest: Rest {
            graphics: curve.graphics,
            gains: curve.gains,
        },
    }
}
