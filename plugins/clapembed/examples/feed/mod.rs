// SPDX-License-Identifier: MPL-2.0
//! The element between two pads, which noise is pushed through: what measurements have in common.
#[path = "../../../clap/tests/common/mod.rs"]
pub mod model;

use gst::prelude::*;
use std::error::Error;
use std::path::Path;

/// Buffers of a window of 10 s.
const BUFFERS: u64 = 500;

/// What is pushed.
#[derive(Clone, Copy)]
pub struct Format {
    pub name: &'static str,
    pub rate: usize,
    pub channels: usize,
}

/// What the model looks at.
pub const MONO: Format = Format {
    name: "F32LE",
    rate: 48_000,
    channels: 1,
};

/// The element with this model, which may start `threads` threads.
pub fn element(path: &Path, precision: &str, threads: u32) -> gstclapembed::ClapEmbed {
    let element = gstclapembed::ClapEmbed::new();
    element.set_property("model", path.to_str());
    element.set_property("threads", threads);
    element.set_property_from_str("precision", precision);
    element
}

/// A stream through the element, which plays.
pub struct Feed {
    element: gstclapembed::ClapEmbed,
    source: gst::Pad,
    _sink: gst::Pad,
    memory: gst::Buffer,
}

impl Feed {
    pub fn new(element: gstclapembed::ClapEmbed, format: Format) -> Result<Feed, Box<dyn Error>> {
        let Format {
            name,
            rate,
            channels,
        } = format;
        let source = gst::Pad::builder(gst::PadDirection::Src)
            .name("source")
            .build();
        let sink = gst::Pad::builder(gst::PadDirection::Sink)
            .name("sink")
            .chain_function(|_, _, _| Ok(gst::FlowSuccess::Ok))
            .build();
        source.link(&element.static_pad("sink").ok_or("no pad")?)?;
        element.static_pad("src").ok_or("no pad")?.link(&sink)?;
        sink.set_active(true)?;
        source.set_active(true)?;
        element.set_state(gst::State::Playing)?;
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", name)
            .field("layout", "interleaved")
            .field("rate", rate as i32)
            .field("channels", channels as i32)
            .field_if("channel-mask", gst::Bitmask::new(3), channels == 2)
            .build();
        source.push_event(gst::event::StreamStart::new("feed"));
        source.push_event(gst::event::Caps::new(&caps));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        source.push_event(gst::event::Segment::new(&segment));
        let noise: Vec<f32> = model::numbers(1).take(rate / 50 * channels).collect();
        let bytes: Vec<u8> = match name {
            "F32LE" => noise.iter().flat_map(|x| x.to_le_bytes()).collect(),
            _ => {
                let samples = noise.iter().map(|x| (x * 32_767.0) as i16);
                samples.flat_map(i16::to_le_bytes).collect()
            }
        };
        Ok(Feed {
            element,
            source,
            _sink: sink,
            memory: gst::Buffer::from_slice(bytes),
        })
    }

    /// Pushes so many windows of noise, and the end of the stream, which waits for them all.
    pub fn push(&self, windows: u64) -> Result<(), Box<dyn Error>> {
        for i in 0..windows * BUFFERS {
            let mut buffer = self.memory.copy();
            let fresh = buffer.make_mut();
            fresh.set_pts(gst::ClockTime::from_mseconds(20 * i));
            fresh.set_duration(gst::ClockTime::from_mseconds(20));
            self.source.push(buffer)?;
        }
        self.source.push_event(gst::event::Eos::new());
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let _nothing_to_do = self.element.set_state(gst::State::Null);
    }
}
