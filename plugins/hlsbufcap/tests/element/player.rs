// SPDX-License-Identifier: MPL-2.0
//! Pipelines that play the stream.
use crate::server::Server;
use crate::stream;
use gst::prelude::*;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub struct Player {
    pub pipeline: gst::Pipeline,
    pub element: gst::Element,
    pub demuxer: gst::Element,
    /// Kept up for as long as something plays from it.
    pub _server: Server,
}

/// As an application would: the demuxer's pads end in sinks. `through`: by way of our pads.
pub fn player(properties: &str, through: bool, sync: bool) -> Option<Player> {
    let server = Server::new(stream::folder()?.path());
    register();
    let text = match through {
        true => format!("hlsdemux2 name=demux ! hlsbufcap name=cap {properties}"),
        false => format!("hlsdemux2 name=demux hlsbufcap name=cap {properties}"),
    };
    let pipeline = gst::parse::launch(&format!(
        "souphttpsrc location={} ! {text}",
        server.url("index.m3u8")
    ));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let element = pipeline.by_name("cap").unwrap();
    let demuxer = pipeline.by_name("demux").unwrap();
    let source = if through { &element } else { &demuxer };
    let weak = pipeline.downgrade();
    let cap = element.downgrade();
    let end = move |pad: &gst::Pad| {
        let Some(pipeline) = weak.upgrade() else {
            return;
        };
        end_in_sink(&pipeline, pad, sync);
    };
    if through {
        source.connect_pad_added(move |_, pad| {
            if pad.direction() == gst::PadDirection::Src {
                end(pad);
            }
        });
        demuxer.connect_pad_added(move |_, pad| {
            if let Some(cap) = cap.upgrade()
                && !pad.is_linked()
            {
                let sink = cap.request_pad_simple("sink_%u").unwrap();
                pad.link(&sink).unwrap();
            }
        });
    } else {
        source.connect_pad_added(move |_, pad| end(pad));
    }
    Some(Player {
        pipeline,
        element,
        demuxer,
        _server: server,
    })
}

pub fn register() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        gst::init().unwrap();
        let elements = [
            ("hlsbufcap", gsthlsbufcap::HlsBufCap::static_type()),
            ("hlscapsrc", gsthlsbufcap::HlsCapSrc::static_type()),
        ];
        for (name, kind) in elements {
            gst::Element::register(None, name, gst::Rank::PRIMARY, kind).unwrap();
        }
    });
}

/// From our source; `hlsbufcap` only measures.
pub fn source_player(server: Server, properties: &str, sync: bool) -> Player {
    from_source(server, "hlscapsrc", properties, sync)
}

/// From the source that everybody has.
pub fn plain_player(server: Server, sync: bool) -> Player {
    from_source(server, "souphttpsrc", "", sync)
}

fn from_source(server: Server, source: &str, properties: &str, sync: bool) -> Player {
    register();
    let url = server.url("index.m3u8");
    let text = format!(
        "{source} name=source location={url} {properties} ! hlsdemux2 name=demux \
         hlsbufcap name=cap manage-upstream=false"
    );
    let pipeline = gst::parse::launch(&text).unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let element = pipeline.by_name("cap").unwrap();
    let demuxer = pipeline.by_name("demux").unwrap();
    let weak = pipeline.downgrade();
    demuxer.connect_pad_added(move |_, pad| {
        if let Some(pipeline) = weak.upgrade() {
            end_in_sink(&pipeline, pad, sync);
        }
    });
    Player {
        pipeline,
        element,
        demuxer,
        _server: server,
    }
}

fn end_in_sink(pipeline: &gst::Pipeline, pad: &gst::Pad, sync: bool) {
    let sink = gst::ElementFactory::make("fakesink").property("sync", sync);
    let sink = sink.build().unwrap();
    pipeline.add(&sink).unwrap();
    sink.sync_state_with_parent().unwrap();
    pad.link(&sink.static_pad("sink").unwrap()).unwrap();
}

impl Player {
    pub fn play(&self) {
        self.pipeline.set_state(gst::State::Playing).unwrap();
    }

    pub fn stop(&self) {
        self.halt().unwrap();
    }

    /// hlsdemux2 of 1.22.0 waits for ever where it is stopped before a thread that it started runs.
    fn halt(&self) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        std::thread::sleep(Duration::from_millis(250));
        self.pipeline.set_state(gst::State::Null)
    }

    /// The first error, or the end without one; panics after a minute.
    pub fn outcome(&self) -> Result<(), String> {
        let bus = self.pipeline.bus().unwrap();
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(90), &wanted);
        match message.expect("an end").view() {
            gst::MessageView::Error(error) => {
                let source = error.src().map(|source| source.name());
                Err(format!(
                    "{}: {} ({:?})",
                    source.unwrap_or_default(),
                    error.error(),
                    error.debug()
                ))
            }
            _ => Ok(()),
        }
    }

    /// Messages until one is wanted; panics at errors, and after 60 s.
    pub fn wait(&self, wanted: impl Fn(&gst::Message) -> bool) -> gst::Message {
        let bus = self.pipeline.bus().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let Some(message) = bus.timed_pop(gst::ClockTime::from_mseconds(100)) else {
                continue;
            };
            assert_ne!(message.type_(), gst::MessageType::Error, "{message:?}");
            if wanted(&message) {
                return message;
            }
        }
        panic!("nothing of the kind came");
    }

    /// Until `done`; panics after 30 s.
    pub fn until(&self, mut done: impl FnMut(&Player) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !done(self) {
            assert!(Instant::now() < end, "it never came to that");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn level(&self) -> u64 {
        self.element.property("current-level-bytes")
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.halt();
    }
}

/// The bytes of every buffer that an element's source pads send, in order.
pub fn record(element: &gst::Element) -> Arc<Mutex<Vec<Vec<u8>>>> {
    let all = Arc::new(Mutex::new(Vec::new()));
    let out = all.clone();
    element.connect_pad_added(move |_, pad| {
        if pad.direction() != gst::PadDirection::Src {
            return;
        }
        let out = out.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            if let Some(buffer) = info.buffer() {
                let bytes = buffer.map_readable().unwrap().to_vec();
                out.lock().unwrap().push(bytes);
            }
            gst::PadProbeReturn::Ok
        });
    });
    all
}
