// SPDX-License-Identifier: MPL-2.0
//! Keeping the process below `--mem-budget-mb`.
//!
//! What a pipeline takes is known before it is built: it depends on the decoder, and for MP4 on
//! the length of the sample tables, which the demuxer holds whole. A job waits until what it will
//! take is free, and fails if that can never be. The figures were measured as peak RSS with the
//! commands in BENCHMARKS.md, and rounded up.
use super::failure::{Failure, Kind};
use crate::inputs::Input;
use crate::integrity::{Container, Facts};
use auris_support::result_sink::lock;
use std::sync::{Condvar, Mutex};

const MIB: u64 = 1 << 20;

/// GStreamer, its registry, this program, the state of `--resume`, and the decoders of all formats.
const BASE: u64 = 20 * MIB;
/// libav's libraries, once loaded.
const LIBAV: u64 = 38 * MIB;
/// Most kinds of pipeline: parser, decoder (of which that of Vorbis takes most), meter, one thread.
const PIPELINE: u64 = 3 * MIB;
/// Tables of Vorbis that are counted in it.
const TABLES: u64 = 4 * MIB;
/// A pipeline with a libav decoder.
const LIBAV_PIPELINE: u64 = 3 * MIB;
/// One entry of an MP4 sample table, as `qtdemux` holds it beside the table itself.
const MP4_ENTRY: u64 = 32;
/// What `uridecodebin` may hold: network buffers, queues of 2 MiB, whatever it plugs.
const AUTO: u64 = 10 * MIB;
/// What loudness keeps of each channel: three seconds in 64 bits.
const LOUDNESS_SECONDS: u64 = 3;
/// Rate and channels where they are known too late, such as those of a URL: more is rare.
const MOST_SAMPLES: u64 = 192_000 * 2;
/// An encoder, its muxer and what lies between.
const ENCODER: u64 = 6 * MIB;
/// Linear phase, per channel.
const CONVOLVER: u64 = 2 * MIB;
/// Transforms and tables of a picture.
const PICTURE: u64 = 2 * MIB;
/// Libraries for the network and for encryption, once one input is a URL.
const NETWORK: u64 = 10 * MIB;
/// A result, its tags and its place in the report.
const RECORD: u64 = 4096;

/// What a job will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    bytes: u64,
}

impl Need {
    /// Of nothing beside what every run takes.
    pub const NOTHING: Need = Need { bytes: 0 };

    /// Of that many bytes.
    pub fn of_bytes(bytes: u64) -> Self {
        Need { bytes }
    }

    /// The same and that many bytes.
    pub fn with_bytes(self, bytes: u64) -> Self {
        Need {
            bytes: self.bytes.saturating_add(bytes),
        }
    }

    /// Of a pipeline that decodes with libav or without, and holds that many MP4 entries.
    pub fn of_chain(libav: bool, index_entries: u64) -> Self {
        let pipeline = if libav { LIBAV_PIPELINE } else { PIPELINE };
        Need {
            bytes: pipeline.saturating_add(index_entries.saturating_mul(MP4_ENTRY)),
        }
    }

    /// The same with what a file declares: the tables of its decoder, and the metadata that it has in its
    /// container; how many times that is in memory at its worst was measured with pictures of 2 to 15 MB.
    pub fn with_metadata(self, facts: Option<&Facts>) -> Self {
        let metadata = facts.map_or(0, |facts| match facts.container {
            Container::Flac => facts.metadata.saturating_mul(3),
            // Base64 first, then what it says.
            Container::Ogg => facts.metadata.saturating_mul(8),
            Container::Mp4 => facts.metadata.saturating_mul(2),
            _ => 0,
        });
        let tables = facts.map_or(0, |facts| facts.tables.saturating_sub(TABLES));
        Need {
            bytes: self.bytes.saturating_add(metadata).saturating_add(tables),
        }
    }

    /// The same over a file that begins with that many bytes of tags: they are held as they were
    /// read, as a list of tags, and while one becomes the other.
    pub fn with_tags(self, bytes: u64) -> Self {
        Need {
            bytes: self.bytes.saturating_add(bytes.saturating_mul(3)),
        }
    }

    /// Of a pipeline that GStreamer puts together.
    pub fn of_auto() -> Self {
        Need { bytes: AUTO }
    }

    /// The same with an equaliser and an encoder behind it, for that many channels.
    pub fn with_encoder(self, linear_phase: bool, channels: Option<u32>) -> Self {
        let channels = u64::from(channels.unwrap_or(2));
        let equaliser = if linear_phase {
            CONVOLVER * channels
        } else {
            0
        };
        Need {
            bytes: self.bytes.saturating_add(ENCODER + equaliser),
        }
    }

    /// The same with a picture of that many pixels: what they are gathered from, twice as many columns
    /// of 32-bit values for a length that nobody knows; the picture, its copy and its file.
    pub fn with_picture(self, pixels: u64) -> Self {
        Need {
            bytes: self
                .bytes
                .saturating_add(PICTURE + pixels.saturating_mul(12)),
        }
    }

    /// Of copying tags of that size: as they were found, as they are written, as pages or atoms, and
    /// as they are read again.
    pub fn of_tags(size: u64) -> Self {
        Need {
            bytes: size.saturating_mul(4),
        }
    }

    /// The same with loudness, for that many samples a second in all channels.
    pub fn with_loudness(self, samples: Option<u64>) -> Self {
        let samples = samples.unwrap_or(MOST_SAMPLES);
        let window = samples.saturating_mul(LOUDNESS_SECONDS * size_of::<f64>() as u64);
        Need {
            bytes: self.bytes.saturating_add(window),
        }
    }
}

/// The bound, and what is left of it.
pub struct Memory {
    /// `None` for no bound.
    capacity: Option<u64>,
    /// Whether libav may be loaded.
    pub libav: bool,
    used: Mutex<u64>,
    freed: Condvar,
}

/// Whether an input is called like one that libav may have to decode.
fn may_need_libav(input: &Input) -> bool {
    const WITHOUT: [&str; 13] = [
        "wav", "wave", "rf64", "bwf", "w64", "au", "snd", "aif", "aiff", "aifc", "flac", "mp3",
        "wv",
    ];
    let extension = input
        .source
        .path()
        .and_then(|path| path.extension()?.to_str());
    !extension.is_some_and(|extension| WITHOUT.iter().any(|e| e.eq_ignore_ascii_case(extension)))
}

/// Memory that is reserved until it is dropped.
pub struct Reserved<'a> {
    memory: &'a Memory,
    bytes: u64,
}

impl Memory {
    /// A budget in MiB for a run over these inputs. `libav` says that it may be needed whatever they
    /// are.
    ///
    /// # Errors
    /// A sentence, if not even one job would fit.
    pub fn new(budget_mib: Option<u32>, inputs: &[Input], libav: bool) -> Result<Self, String> {
        let network = inputs.iter().any(|input| input.source.path().is_none());
        Self::for_inputs(
            budget_mib,
            inputs.len(),
            network,
            libav || inputs.iter().any(may_need_libav),
        )
    }

    fn for_inputs(
        budget_mib: Option<u32>,
        inputs: usize,
        network: bool,
        libav: bool,
    ) -> Result<Self, String> {
        let Some(mib) = budget_mib else {
            return Ok(Self::with(None, true));
        };
        let budget = u64::from(mib) * MIB;
        let base = BASE + RECORD * inputs as u64 + if network { NETWORK } else { 0 };
        let floor = base + PIPELINE;
        if budget < floor {
            return Err(format!(
                "--mem-budget-mb {mib} is too little: {inputs} inputs take at least {} MiB",
                floor.div_ceil(MIB)
            ));
        }
        let libav = libav && budget >= base + LIBAV + LIBAV_PIPELINE;
        let fixed = if libav { base + LIBAV } else { base };
        Ok(Self::with(Some(budget - fixed), libav))
    }

    fn with(capacity: Option<u64>, libav: bool) -> Self {
        Memory {
            capacity,
            libav,
            used: Mutex::new(0),
            freed: Condvar::new(),
        }
    }

    /// Waits until that much is free.
    ///
    /// # Errors
    /// If there is not that much.
    pub fn reserve(&self, need: Need) -> Result<Reserved<'_>, Failure> {
        let bytes = need.bytes;
        if let Some(capacity) = self.capacity {
            if bytes > capacity {
                let more = (bytes - capacity).div_ceil(MIB);
                return Err(Failure::new(
                    Kind::Budget,
                    format!("it needs {more} MiB more than --mem-budget-mb allows"),
                ));
            }
            let used = lock(&self.used);
            let enough = |used: &mut u64| *used + bytes > capacity;
            let waited = self.freed.wait_while(used, enough);
            *waited.unwrap_or_else(|poisoned| poisoned.into_inner()) += bytes;
        }
        Ok(Reserved {
            memory: self,
            bytes,
        })
    }

    /// Takes all that is free, for a single step outside a pipeline, such as rewriting tags: no job
    /// may have it meanwhile.
    pub fn reserve_rest(&self) -> Reserved<'_> {
        let bytes = match self.capacity {
            Some(capacity) => {
                let mut used = lock(&self.used);
                let rest = capacity.saturating_sub(*used);
                *used += rest;
                rest
            }
            None => u64::MAX,
        };
        Reserved {
            memory: self,
            bytes,
        }
    }
}

impl Reserved<'_> {
    /// How much it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if self.memory.capacity.is_some() {
            *lock(&self.memory.used) -= self.bytes;
            self.memory.freed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
