// SPDX-License-Identifier: MPL-2.0
//! The outgoing contract: the structure `spectrum`. `plugins/spectrum/README.md` lists the fields; the
//! first of them are those of gst-plugins-good, in its order and of its types.
use super::kinds::DataForm;
use super::settings::Settings;
use auris_support::blocks::BlockPool;
use auris_support::recycle::{Draft, Fields, MessagePool};
use gst::glib::{self, Quark};
use gst::prelude::*;
use std::sync::LazyLock;

/// Memory that messages may take up while nobody has them.
const MOST_IDLE_BYTES: usize = 4 << 20;

/// When a result is: in ns, `GST_CLOCK_TIME_NONE` where unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    pub timestamp: u64,
    pub stream_time: u64,
    pub running_time: u64,
    pub duration: u64,
}

impl Times {
    /// Of what begins at `timestamp`, in the terms of `segment`.
    pub fn new(
        segment: Option<&gst::FormattedSegment<gst::ClockTime>>,
        timestamp: Option<gst::ClockTime>,
        duration: u64,
    ) -> Self {
        let ns = |time: Option<gst::ClockTime>| time.map_or(u64::MAX, |time| time.nseconds());
        Times {
            timestamp: ns(timestamp),
            stream_time: ns(segment.and_then(|segment| segment.to_stream_time(timestamp))),
            running_time: ns(segment.and_then(|segment| segment.to_running_time(timestamp))),
            duration,
        }
    }

    /// Stream time of the end; like gst-plugins-good it adds to an unknown time as well.
    fn end(&self) -> u64 {
        self.stream_time.wrapping_add(self.duration)
    }

    /// Running time of the end, if it is known.
    pub fn presented(&self) -> Option<gst::ClockTime> {
        let end = self.running_time.checked_add(self.duration)?;
        (end != u64::MAX).then(|| gst::ClockTime::from_nseconds(end))
    }
}

/// Which fields there are, and how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    pub magnitude: bool,
    pub phase: bool,
    pub form: DataForm,
    /// One row per channel, in arrays; else a list of one row.
    pub multi_channel: bool,
    pub rows: usize,
    pub bands: usize,
    pub rate: u32,
}

impl Shape {
    /// With the fields that `settings` ask for.
    pub fn with(mut self, settings: &Settings) -> Self {
        self.magnitude = settings.message_magnitude;
        self.phase = settings.message_phase;
        self.form = settings.message_data;
        self
    }

    fn lists(&self) -> bool {
        self.form != DataForm::Bytes
    }

    fn bytes(&self) -> bool {
        self.form != DataForm::List
    }

    /// Of one message, about.
    fn size(&self) -> usize {
        let fields = usize::from(self.magnitude) + usize::from(self.phase);
        1000 + fields * self.rows * self.bands * size_of::<glib::Value>()
    }
}

/// A result's values.
pub trait Values {
    /// One value per band, of a channel.
    fn magnitude(&self, row: usize) -> &[f32];
    /// In radians.
    fn phase(&self, row: usize) -> &[f32];
    /// Centre of each band in Hz.
    fn frequencies(&self) -> Vec<f32>;
}

macro_rules! names {
    ($($name:ident = $text:literal;)*) => {$(
        static $name: LazyLock<Quark> = LazyLock::new(|| Quark::from_str($text));
    )*};
}
names! {
    END_TIME = "endtime";
    TIMESTAMP = "timestamp";
    STREAM_TIME = "stream-time";
    RUNNING_TIME = "running-time";
    DURATION = "duration";
    MAGNITUDE = "magnitude";
    PHASE = "phase";
    MAGNITUDE_DATA = "magnitude-data";
    PHASE_DATA = "phase-data";
}

/// The structure `spectrum`.
pub fn structure(
    shape: &Shape,
    times: &Times,
    values: &dyn Values,
    with_frequencies: bool,
) -> gst::Structure {
    let mut s = gst::Structure::builder("spectrum")
        .field("endtime", times.end())
        .field("timestamp", times.timestamp)
        .field("stream-time", times.stream_time)
        .field("running-time", times.running_time)
        .field("duration", times.duration)
        .build();
    let bytes = BlockPool::new(0);
    if shape.magnitude && shape.lists() {
        set_numbers(&mut s, "magnitude", shape, &|row| values.magnitude(row));
    }
    if shape.phase && shape.lists() {
        set_numbers(&mut s, "phase", shape, &|row| values.phase(row));
    }
    if shape.bytes() {
        s.set("rate", shape.rate as i32);
        s.set("rows", shape.rows as u32);
        s.set("bands", shape.bands as u32);
        let rows = 0..shape.rows;
        if shape.magnitude {
            let data = bytes.bytes(rows.clone().map(|row| values.magnitude(row)));
            s.set("magnitude-data", data);
        }
        if shape.phase {
            s.set("phase-data", bytes.bytes(rows.map(|row| values.phase(row))));
        }
        if with_frequencies {
            let frequencies = values.frequencies();
            s.set("frequencies", bytes.bytes([&frequencies[..]].into_iter()));
        }
    }
    s
}

fn set_numbers<'a>(
    s: &mut gst::StructureRef,
    name: &str,
    shape: &Shape,
    row: &dyn Fn(usize) -> &'a [f32],
) {
    if shape.multi_channel {
        let rows = (0..shape.rows).map(|i| gst::Array::new(row(i).iter().copied()));
        s.set(
            name,
            gst::Array::from_values(rows.map(|row| row.to_send_value())),
        );
    } else {
        s.set(name, gst::List::new(row(0).iter().copied()));
    }
}

/// Makes the messages of one stream.
#[derive(Debug)]
pub struct Publisher {
    shape: Shape,
    messages: Option<MessagePool>,
    bytes: BlockPool,
    told_frequencies: bool,
}

impl Publisher {
    pub fn new(shape: Shape) -> Self {
        Publisher {
            shape,
            messages: None,
            bytes: BlockPool::new(16),
            told_frequencies: false,
        }
    }

    /// A message with the fields that `settings` ask for.
    pub fn draft(&mut self, settings: &Settings, times: &Times, values: &dyn Values) -> Draft {
        let shape = self.shape.with(settings);
        if shape != self.shape {
            self.shape = shape;
            self.messages = None;
        }
        if shape.bytes() && !self.told_frequencies {
            self.told_frequencies = true;
            return Draft::new(structure(&shape, times, values, true));
        }
        let messages = self.messages.get_or_insert_with(|| {
            let most = (MOST_IDLE_BYTES / shape.size()).clamp(4, 32);
            MessagePool::new(structure(&shape, times, values, false), most)
        });
        let bytes = &self.bytes;
        messages.message(|fields| fill(fields, &shape, times, values, bytes))
    }
}

/// Writes what changes from one message to the next.
fn fill(
    fields: &mut Fields<'_>,
    shape: &Shape,
    times: &Times,
    values: &dyn Values,
    bytes: &BlockPool,
) {
    fields.set(*END_TIME, &times.end());
    fields.set(*TIMESTAMP, &times.timestamp);
    fields.set(*STREAM_TIME, &times.stream_time);
    fields.set(*RUNNING_TIME, &times.running_time);
    fields.set(*DURATION, &times.duration);
    let magnitudes = || (0..shape.rows).map(|row| values.magnitude(row));
    let phases = || (0..shape.rows).map(|row| values.phase(row));
    if shape.lists() {
        match (shape.magnitude, shape.multi_channel) {
            (true, true) => fields.rows(*MAGNITUDE, magnitudes()),
            (true, false) => fields.list(*MAGNITUDE, values.magnitude(0)),
            _ => {}
        }
        match (shape.phase, shape.multi_channel) {
            (true, true) => fields.rows(*PHASE, phases()),
            (true, false) => fields.list(*PHASE, values.phase(0)),
            _ => {}
        }
    }
    if shape.bytes() {
        if shape.magnitude {
            fields.set(*MAGNITUDE_DATA, &bytes.bytes(magnitudes()));
        }
        if shape.phase {
            fields.set(*PHASE_DATA, &bytes.bytes(phases()));
        }
    }
}

/// The latest result, for those who poll.
#[derive(Debug, Default)]
pub struct Latest {
    result: Option<(Shape, Times)>,
    magnitudes: Vec<f32>,
    phases: Vec<f32>,
    frequencies: Vec<f32>,
}

impl Latest {
    /// Takes note of a result; nothing is allocated while its shape stays the same.
    pub fn set(&mut self, settings: &Settings, shape: Shape, times: &Times, values: &dyn Values) {
        let shape = shape.with(settings);
        let before = self.result.replace((shape, *times));
        if before.is_none_or(|(before, _)| before != shape) {
            self.frequencies = values.frequencies();
        }
        self.magnitudes.clear();
        self.phases.clear();
        for row in 0..shape.rows {
            if shape.magnitude {
                self.magnitudes.extend_from_slice(values.magnitude(row));
            }
            if shape.phase {
                self.phases.extend_from_slice(values.phase(row));
            }
        }
    }

    pub fn structure(&self) -> Option<gst::Structure> {
        let (shape, times) = self.result?;
        Some(structure(&shape, &times, self, true))
    }

    fn row<'a>(&self, rows: &'a [f32], row: usize) -> &'a [f32] {
        let bands = self.result.map_or(0, |(shape, _)| shape.bands);
        rows.get(row * bands..(row + 1) * bands).unwrap_or_default()
    }
}

impl Values for Latest {
    fn magnitude(&self, row: usize) -> &[f32] {
        self.row(&self.magnitudes, row)
    }

    fn phase(&self, row: usize) -> &[f32] {
        self.row(&self.phases, row)
    }

    fn frequencies(&self) -> Vec<f32> {
        self.frequencies.clone()
    }
}
