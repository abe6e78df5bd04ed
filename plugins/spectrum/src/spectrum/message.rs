// SPDX-License-Identifier: MPL-2.0
//! The outgoing contract: the structure `spectrum`. `plugins/spectrum/README.md` lists the fields; the
//! first of them are those of gst-plugins-good, in its order and of its types.
use super::kinds::DataForm;
use super::settings::Settings;
use auris_dsp::features::Output;
use auris_support::blocks::BlockPool;
use auris_support::recycle::{Draft, Fields, MessagePool};
use gst::glib::{self, Quark};
use gst::prelude::*;
use std::sync::{Arc, LazyLock};

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
    pub fn end(&self) -> u64 {
        self.stream_time.wrapping_add(self.duration)
    }

    /// The fields that every result begins with.
    pub fn structure(&self, name: &str) -> gst::Structure {
        gst::Structure::builder(name)
            .field("endtime", self.end())
            .field("timestamp", self.timestamp)
            .field("stream-time", self.stream_time)
            .field("running-time", self.running_time)
            .field("duration", self.duration)
            .build()
    }

    /// Running time of the end, if it is known.
    pub fn presented(&self) -> Option<gst::ClockTime> {
        let end = self.running_time.checked_add(self.duration)?;
        (end != u64::MAX).then(|| gst::ClockTime::from_nseconds(end))
    }
}

/// Which fields there are, and how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub magnitude: bool,
    pub phase: bool,
    pub form: DataForm,
    /// Bands are bins, which have phases.
    pub has_phase: bool,
    /// One row per channel, in arrays; else a list of one row.
    pub multi_channel: bool,
    pub rows: usize,
    pub bands: usize,
    pub rate: u32,
    /// Features, one after the other.
    pub outputs: Arc<[Output]>,
}

impl Shape {
    pub fn new(rows: usize, bands: usize, rate: u32) -> Self {
        Shape {
            magnitude: true,
            phase: false,
            form: DataForm::List,
            has_phase: true,
            multi_channel: false,
            rows,
            bands,
            rate,
            outputs: Arc::new([]),
        }
    }

    /// The fields that `settings` ask for; whether they are others than before.
    pub fn ask(&mut self, settings: &Settings) -> bool {
        let asked = (
            settings.message_magnitude,
            settings.message_phase && self.has_phase,
            settings.message_data,
        );
        let before = (self.magnitude, self.phase, self.form);
        (self.magnitude, self.phase, self.form) = asked;
        asked != before
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
        let features: usize = self.outputs.iter().map(|output| output.length).sum();
        let values = self.rows * (fields * self.bands + features);
        1000 + values * size_of::<glib::Value>()
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
    /// As [`Shape::outputs`] says.
    fn features(&self, _row: usize) -> &[f32] {
        &[]
    }
}

/// The values of a feature in `row`.
fn feature<'a>(values: &'a dyn Values, output: &Output, row: usize) -> &'a [f32] {
    let range = output.offset..output.offset + output.length;
    values.features(row).get(range).unwrap_or_default()
}

/// The one value of a feature that has no more.
fn only(values: &[f32]) -> f32 {
    values.first().copied().unwrap_or_default()
}

/// One field: its names as a list and as bytes, and its values per row.
struct Field<'a> {
    names: [Quark; 2],
    /// A list, or arrays, rather than a number per row.
    is_vector: bool,
    row: &'a dyn Fn(usize) -> &'a [f32],
}

/// Calls `visit` with every field that carries values, in their order.
fn for_each_field<'a>(shape: &Shape, values: &'a dyn Values, visit: &mut dyn FnMut(Field<'_>)) {
    if shape.magnitude {
        visit(Field {
            names: NAMES[0],
            is_vector: true,
            row: &|row| values.magnitude(row),
        });
    }
    if shape.phase {
        visit(Field {
            names: NAMES[1],
            is_vector: true,
            row: &|row| values.phase(row),
        });
    }
    for output in shape.outputs.iter() {
        visit(Field {
            names: NAMES[2 + output.feature as usize],
            is_vector: output.length > 1,
            row: &|row| feature(values, output, row),
        });
    }
}

/// Of magnitude, phase, and the features in the order of [`auris_dsp::features::Feature`].
static NAMES: LazyLock<Vec<[Quark; 2]>> = LazyLock::new(|| {
    let features = auris_dsp::features::Feature::ALL;
    let names = ["magnitude", "phase"].into_iter();
    let names = names.chain(features.iter().map(|feature| feature.name()));
    names
        .map(|name| [name.to_owned(), format!("{name}-data")].map(|name| Quark::from_str(&*name)))
        .collect()
});

static TIMES: LazyLock<[Quark; 5]> = LazyLock::new(|| {
    [
        "endtime",
        "timestamp",
        "stream-time",
        "running-time",
        "duration",
    ]
    .map(Quark::from_str)
});

/// The structure `spectrum`.
pub fn structure(
    shape: &Shape,
    times: &Times,
    values: &dyn Values,
    with_frequencies: bool,
) -> gst::Structure {
    let mut s = times.structure("spectrum");
    if shape.lists() {
        set_lists(&mut s, shape, values, "");
    }
    if shape.bytes() {
        s.set("rate", shape.rate as i32);
        s.set("rows", shape.rows as u32);
        s.set("bands", shape.bands as u32);
        let bytes = BlockPool::new(0);
        for_each_field(shape, values, &mut |field| {
            let data = bytes.bytes((0..shape.rows).map(field.row));
            s.set(field.names[1].as_str(), data);
        });
        if with_frequencies {
            let frequencies = values.frequencies();
            s.set("frequencies", bytes.bytes([&frequencies[..]].into_iter()));
        }
    }
    s
}

/// Sets every field that carries values, its name followed by `suffix`.
pub fn set_lists(s: &mut gst::StructureRef, shape: &Shape, values: &dyn Values, suffix: &str) {
    for_each_field(shape, values, &mut |field| {
        let name = format!("{}{suffix}", field.names[0].as_str());
        set_list(s, &name, shape, &field);
    });
}

fn set_list(s: &mut gst::StructureRef, name: &str, shape: &Shape, field: &Field<'_>) {
    let first = (field.row)(0);
    match (field.is_vector, shape.multi_channel) {
        (true, true) => {
            let rows = (0..shape.rows).map(|i| gst::Array::new((field.row)(i).iter().copied()));
            let rows = rows.map(|row| row.to_send_value());
            s.set(name, gst::Array::from_values(rows));
        }
        (true, false) => s.set(name, gst::List::new(first.iter().copied())),
        (false, true) => {
            let rows = (0..shape.rows).map(|i| only((field.row)(i)));
            s.set(name, gst::Array::new(rows));
        }
        (false, false) => s.set(name, only(first)),
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

    /// What the latest message had.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// A message with the fields that `settings` ask for.
    pub fn draft(&mut self, settings: &Settings, times: &Times, values: &dyn Values) -> Draft {
        if self.shape.ask(settings) {
            self.messages = None;
        }
        let shape = &self.shape;
        if shape.bytes() && !self.told_frequencies {
            self.told_frequencies = true;
            return Draft::new(structure(shape, times, values, true));
        }
        let messages = self.messages.get_or_insert_with(|| {
            let most = (MOST_IDLE_BYTES / shape.size()).clamp(4, 32);
            MessagePool::new(structure(shape, times, values, false), most)
        });
        let bytes = &self.bytes;
        messages.message(|fields| fill(fields, shape, times, values, bytes))
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
    let numbers = [
        times.end(),
        times.timestamp,
        times.stream_time,
        times.running_time,
        times.duration,
    ];
    for (name, number) in TIMES.iter().zip(&numbers) {
        fields.set(*name, number);
    }
    for_each_field(shape, values, &mut |field| {
        let [list, data] = field.names;
        let rows = || (0..shape.rows).map(field.row);
        if shape.lists() {
            match (field.is_vector, shape.multi_channel) {
                (true, true) => fields.rows(list, rows()),
                (true, false) => fields.list(list, (field.row)(0)),
                (false, true) => fields.array(list, rows().map(only)),
                (false, false) => fields.set(list, &only((field.row)(0))),
            }
        }
        if shape.bytes() {
            fields.set(data, &bytes.bytes(rows()));
        }
    });
}
