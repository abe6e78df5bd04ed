// SPDX-License-Identifier: MPL-2.0
//! Settings in layers, of which the first that has a value counts: the command line, the environment, a file,
//! the default.
use crate::cli::{
    AggregateArg, ArrayForm, Extract, Hertz, Hours, PrecisionArg, Seconds, Sha256Hex,
};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// A variable of the environment.
    Environment(&'static str),
    /// The file of `--config`.
    File(PathBuf),
    /// Nobody has set it.
    Default,
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("command line"),
            Origin::Environment(name) => write!(f, "environment, {name}"),
            Origin::File(path) => write!(f, "file, {}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A setting that is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its name: that of its flag, where it has one.
    pub name: &'static str,
    /// Its value as it would be written.
    pub value: String,
    /// Where that comes from.
    pub origin: Origin,
}

/// A value that can be written in all layers.
pub trait Value: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What can be written.
    fn read(text: &str) -> Result<Self, String>;

    /// Writes it.
    fn write(&self) -> String;
}

/// Types that are written as they are read.
macro_rules! plain {
    ($($kind:ty),*) => {$(
        impl Value for $kind {
            fn read(text: &str) -> Result<Self, String> {
                text.trim().parse::<$kind>().map_err(|error| error.to_string())
            }

            fn write(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

plain!(
    u32,
    u64,
    NonZeroUsize,
    AggregateArg,
    ArrayForm,
    Extract,
    Hertz,
    Hours,
    PrecisionArg,
    Seconds,
    Sha256Hex
);

impl Value for PathBuf {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn write(&self) -> String {
        self.display().to_string()
    }
}

impl Value for bool {
    fn read(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err("write true or false".to_owned()),
        }
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// Layers of settings, and what was read of them.
pub struct Layers {
    environment: HashMap<&'static str, String>,
    file: Option<(PathBuf, toml::Table)>,
    lines: Vec<Line>,
}

/// Variables that are read.
const VARIABLES: [&str; 10] = [
    "PERF_THREADS",
    "AUDIO_TARGET_SR",
    "CLAP_ENABLE_AMP",
    "CLAP_MAX_BATCH_AUDIO_SECONDS",
    "SEGMENT_WINDOW_SECONDS",
    "SEGMENT_HOP_SECONDS",
    "SEGMENT_AGGREGATE_MODE",
    "CACHE_DIR",
    "CACHE_TTL_HOURS",
    "CACHE_ENABLED",
];

impl Layers {
    /// What `environment` has of each variable, and the file.
    ///
    /// # Errors
    /// The file cannot be read, or is no TOML; a variable is no text.
    pub fn new(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, String> {
        let mut variables = HashMap::new();
        for name in VARIABLES {
            // One that is empty is not set, as everywhere.
            let Some(value) = environment(name).filter(|value| !value.is_empty()) else {
                continue;
            };
            let text = value.into_string();
            let text = text.map_err(|_| format!("environment, {name}: it is no UTF-8"))?;
            variables.insert(name, text);
        }
        let file = match file {
            Some(path) => {
                let told = |error: &dyn Display| format!("{}: {error}", path.display());
                let text = fs::read_to_string(path).map_err(|error| told(&error))?;
                let table = text.parse().map_err(|error: toml::de::Error| {
                    told(&error.to_string().replace('\n', " ").trim())
                })?;
                Some((path.to_owned(), table))
            }
            None => None,
        };
        Ok(Layers {
            environment: variables,
            file,
            lines: Vec::new(),
        })
    }

    /// A setting that always has a value.
    ///
    /// # Errors
    /// What is wrong with the value of the layer that counts.
    pub fn value<T: Value>(
        &mut self,
        name: &'static str,
        variable: Option<&'static str>,
        flag: Option<T>,
        default: T,
    ) -> Result<T, String> {
        let (value, origin) = match self.found(name, variable, flag)? {
            Some(found) => found,
            None => (default, Origin::Default),
        };
        self.note(name, value.write(), origin);
        Ok(value)
    }

    /// A setting that may have none.
    ///
    /// # Errors
    /// As [`Layers::value`].
    pub fn optional<T: Value>(
        &mut self,
        name: &'static str,
        variable: Option<&'static str>,
        flag: Option<T>,
    ) -> Result<Option<T>, String> {
        let (value, origin) = match self.found(name, variable, flag)? {
            Some((value, origin)) => (Some(value), origin),
            None => (None, Origin::Default),
        };
        let text = value.as_ref().map_or("none".to_owned(), Value::write);
        self.note(name, text, origin);
        Ok(value)
    }

    /// Ends the reading: what the file has beside it is a mistake.
    ///
    /// # Errors
    /// The names that nobody knows.
    pub fn finish(self) -> Result<Vec<Line>, String> {
        if let Some((path, table)) = &self.file {
            let known: Vec<&str> = self.lines.iter().map(|line| line.name).collect();
            let unknown: Vec<&str> = table
                .keys()
                .map(String::as_str)
                .filter(|key| !known.contains(key))
                .collect();
            if !unknown.is_empty() {
                return Err(format!(
                    "{}: there is no setting {}; there are {}",
                    path.display(),
                    unknown.join(", "),
                    known.join(", ")
                ));
            }
        }
        Ok(self.lines)
    }

    fn note(&mut self, name: &'static str, value: String, origin: Origin) {
        self.lines.push(Line {
            name,
            value,
            origin,
        });
    }

    fn found<T: Value>(
        &self,
        name: &'static str,
        variable: Option<&'static str>,
        flag: Option<T>,
    ) -> Result<Option<(T, Origin)>, String> {
        if let Some(value) = flag {
            return Ok(Some((value, Origin::Flag)));
        }
        let read = |text: &str, origin: Origin| match T::read(text) {
            Ok(value) => Ok(Some((value, origin))),
            Err(error) => Err(format!("{origin}: {name} is {text:?}: {error}")),
        };
        if let Some((variable, text)) =
            variable.and_then(|name| self.environment.get_key_value(name))
        {
            return read(text, Origin::Environment(variable));
        }
        if let Some((path, table)) = &self.file
            && let Some(value) = table.get(name)
        {
            let origin = Origin::File(path.clone());
            let text = text_of(value)
                .ok_or_else(|| format!("{origin}: {name} is neither text nor a number"))?;
            return read(&text, origin);
        }
        Ok(None)
    }
}

/// A value of TOML as it would stand on the command line; a list with commas.
fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(on) => Some(on.to_string()),
        toml::Value::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(text_of).collect();
            texts.map(|texts| texts.join(","))
        }
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
