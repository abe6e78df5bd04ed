// SPDX-License-Identifier: MPL-2.0
//! What every command that writes a file per input says of it.
use super::{Format, SCHEMA, Status};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The fields that all of its records begin with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rendering {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The input as it was found: a path or a URL.
    pub path: String,
    /// Where its result lies, or would.
    pub output: Option<String>,
    /// Whether there is a result.
    pub status: Status,
    /// Why there is none, for people; null when `status` is `ok`.
    pub error: Option<String>,
    /// The same for programs: as in [`Track`](super::Track), and `refused` (something is in the
    /// way), `unsupported` (the format cannot be made of this input).
    pub error_kind: Option<String>,
    /// What the user should know of the result.
    pub warnings: Vec<String>,
    /// Length of the audio in seconds.
    pub duration_s: Option<f64>,
    /// Length of the audio in sample frames.
    pub frames: Option<u64>,
    /// Sample rate in Hz.
    pub rate: Option<u32>,
    /// Number of channels.
    pub channels: Option<u32>,
    /// The input's container and codec.
    pub input_format: Option<Format>,
}

impl Rendering {
    /// Of an input of which nothing is known yet.
    pub fn blank(path: String, output: Option<String>) -> Self {
        Self {
            schema: SCHEMA,
            path,
            output,
            status: Status::Error,
            error: None,
            error_kind: None,
            warnings: Vec::new(),
            duration_s: None,
            frames: None,
            rate: None,
            channels: None,
            input_format: None,
        }
    }

    /// Makes it that of a success with so much audio.
    pub fn succeed(&mut self, frames: u64, rate: Option<u32>, channels: Option<u32>) {
        self.status = Status::Ok;
        (self.frames, self.rate, self.channels) = (Some(frames), rate, channels);
        self.duration_s = rate.map(|rate| frames as f64 / f64::from(rate.max(1)));
    }

    /// Makes it that of a failure: what was written has not come to its place.
    pub fn fail(&mut self, why: String, kind: &str) {
        self.status = Status::Error;
        (self.error, self.error_kind) = (Some(why), Some(kind.to_owned()));
        (self.duration_s, self.frames) = (None, None);
        (self.rate, self.channels) = (None, None);
    }
}

/// A record that begins so.
pub trait Rendered: From<Rendering> + Serialize + DeserializeOwned + Send {
    /// Its beginning.
    fn rendering(&self) -> &Rendering;

    /// The same, to be changed.
    fn rendering_mut(&mut self) -> &mut Rendering;

    /// Forgets the result.
    fn forget_result(&mut self);
}

macro_rules! rendered {
    ($record:ident, $result:ident) => {
        impl From<$crate::record::Rendering> for $record {
            fn from(rendering: $crate::record::Rendering) -> Self {
                Self {
                    rendering,
                    $result: None,
                }
            }
        }

        impl $crate::record::Rendered for $record {
            fn rendering(&self) -> &$crate::record::Rendering {
                &self.rendering
            }

            fn rendering_mut(&mut self) -> &mut $crate::record::Rendering {
                &mut self.rendering
            }

            fn forget_result(&mut self) {
                self.$result = None;
            }
        }
    };
}
pub(super) use rendered;
