// SPDX-License-Identifier: MPL-2.0
//! Building, running and ending a pipeline that begins with a decoder.
use super::chain::{self, Chain, Plan};
use super::failure::{Failure, Kind};
use super::symphonia::Decoder;
use super::watchdog::Watchdog;
use crate::allocator;
use crate::inputs::Source;
use gst::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a running pipeline looks whether it should stop.
const LOOK: gst::ClockTime = gst::ClockTime::from_mseconds(200);

/// A pipeline that is taken down whatever happens.
pub struct Running(pub gst::Pipeline);

impl Drop for Running {
    fn drop(&mut self) {
        // Without this a dropped pipeline would leave its threads behind.
        let _ = self.0.set_state(gst::State::Null);
        if let Some(bus) = self.0.bus() {
            bus.set_flushing(true);
        }
    }
}

/// What may end a pipeline before its time.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// When to give up.
    pub deadline: Option<Instant>,
    /// Set when the whole run is to end.
    pub cancelled: &'a AtomicBool,
}

impl Limits<'_> {
    /// That nothing has ended it.
    ///
    /// # Errors
    /// What has.
    pub fn check(&self) -> Result<(), Failure> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Failure::new(Kind::Cancelled, "the run was ended"));
        }
        if self.deadline.is_some_and(|at| Instant::now() > at) {
            return Err(Failure::new(
                Kind::Timeout,
                "it took longer than --timeout allows",
            ));
        }
        Ok(())
    }
}

/// What is decoded, and how.
#[derive(Clone, Copy)]
pub struct Decode<'a> {
    /// What to read.
    pub source: &'a Source,
    /// The elements.
    pub plan: &'a Plan,
    /// How long nothing may arrive where it is watched; see [`super::watchdog`].
    pub stall: Duration,
    /// What may end it early.
    pub limits: Limits<'a>,
    /// Whether libav may be loaded by [`Plan::Auto`].
    pub libav: bool,
}

impl Running {
    /// A pipeline of `elements`, linked one to the next.
    ///
    /// # Errors
    /// Two of them do not fit together.
    pub fn new(elements: &[gst::Element]) -> Result<Self, Failure> {
        let running = Running(gst::Pipeline::new());
        running.0.add_many(elements).map_err(Failure::internal)?;
        for pair in elements.windows(2) {
            link(&pair[0], &pair[1])?;
        }
        Ok(running)
    }

    /// Brings it into a state, or on the way there.
    ///
    /// # Errors
    /// What an element said.
    pub fn start(&self, state: gst::State) -> Result<(), Failure> {
        match self.0.set_state(state) {
            Ok(_) => {
                // What plugins needed to be loaded and elements to be linked has been.
                allocator::forget_code();
                Ok(())
            }
            // The reason is on the bus.
            Err(error) => Err(self
                .first_error()
                .unwrap_or_else(|| Failure::internal(error))),
        }
    }

    fn first_error(&self) -> Option<Failure> {
        let message = self.0.bus()?.pop_filtered(&[gst::MessageType::Error])?;
        match message.view() {
            gst::MessageView::Error(error) => Some(failure(error)),
            _ => None,
        }
    }

    /// Takes messages until `done` says so.
    ///
    /// # Errors
    /// What an element said, what `done` said, or what ended it early.
    pub fn listen(
        &self,
        limits: Limits<'_>,
        watchdog: &mut Watchdog,
        mut done: impl FnMut(&gst::Message) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        loop {
            if let Some(message) = self.next(limits, watchdog)?
                && done(&message)?
            {
                return Ok(());
            }
        }
    }

    /// The next message, if one comes within a moment.
    ///
    /// # Errors
    /// What an element said, or what ended it early.
    pub fn next(
        &self,
        limits: Limits<'_>,
        watchdog: &mut Watchdog,
    ) -> Result<Option<gst::Message>, Failure> {
        let bus = self.0.bus();
        let bus = bus.ok_or_else(|| Failure::internal("a pipeline without a bus"))?;
        let began = Instant::now();
        let message = bus.timed_pop(LOOK);
        if let Some(message) = &message
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(failure(error));
        }
        watchdog.look(began.elapsed().min(LOOK.into()))?;
        limits.check()?;
        Ok(message)
    }
}

/// A new element of the registry, or the decoder of our own.
///
/// # Errors
/// There is none.
pub fn make(factory: &str) -> Result<gst::Element, Failure> {
    if let Some(decoder) = Decoder::named(factory) {
        return Ok(decoder.upcast());
    }
    gst::ElementFactory::make(factory).build().map_err(|_| {
        Failure::new(
            Kind::NoDecoder,
            format!("GStreamer's element '{factory}' cannot be made; see `auris-farm doctor`"),
        )
    })
}

/// The elements from a source to raw audio: the last one has or will have a pad of it.
///
/// # Errors
/// One cannot be made.
pub fn decoder(decode: &Decode<'_>) -> Result<Vec<gst::Element>, Failure> {
    match (decode.plan, decode.source) {
        (Plan::Chain(chain), Source::File(path)) => {
            let file = make("filesrc")?;
            file.set_property("location", path);
            let mut elements = vec![file];
            elements.extend(steps(chain)?);
            Ok(elements)
        }
        (_, source) => Ok(vec![
            auto_decoder(source, decode.libav)?,
            make("audioconvert")?,
        ]),
    }
}

fn steps(chain: &Chain) -> Result<Vec<gst::Element>, Failure> {
    let made = chain.steps.iter().map(|step| {
        let element = make(step.factory)?;
        for (name, value) in step.properties {
            set(&element, name, value);
        }
        if *step == chain::JOIN {
            be_one_stream(&element);
        }
        Ok(element)
    });
    made.collect()
}

/// Keeps back that another stream begins: what follows would take it for the next track.
fn be_one_stream(join: &gst::Element) {
    let Some(pad) = join.static_pad("src") else {
        return;
    };
    let begun = AtomicBool::new(false);
    pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
        let begins = info.event().map(|event| event.type_()) == Some(gst::EventType::StreamStart);
        if begins && begun.swap(true, Ordering::Relaxed) {
            // Taken, not dropped: a dropped one would be sent again with every buffer.
            info.data.take();
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// Sets a property, in GStreamer's serialized form. Older versions of an element may lack one; it
/// does without.
pub fn set(element: &gst::Element, name: &str, value: &str) {
    if element.find_property(name).is_some() {
        element.set_property_from_str(name, value);
    }
}

fn auto_decoder(source: &Source, libav: bool) -> Result<gst::Element, Failure> {
    let uri = match source {
        Source::Url(url) => url.clone(),
        Source::File(path) => {
            let path = std::path::absolute(path)?;
            gst::glib::filename_to_uri(&path, None)
                .map_err(Failure::internal)?
                .to_string()
        }
    };
    if libav {
        super::registry::recall_recognisers();
    }
    let decoder = make("uridecodebin")?;
    decoder.set_property("uri", uri);
    decoder.set_property("caps", gst::Caps::new_empty_simple("audio/x-raw"));
    decoder.set_property("expose-all-streams", false);
    if !libav {
        // 2 is GST_AUTOPLUG_SELECT_SKIP, in an enumeration of the plugin's own.
        decoder.connect("autoplug-select", false, |values| {
            let factory = values.get(3)?.get::<gst::ElementFactory>().ok()?;
            let select = gst::glib::Type::from_name("GstAutoplugSelectResult")?;
            let class = gst::glib::EnumClass::with_type(select)?;
            let skip = factory.plugin_name().is_some_and(|name| name == "libav");
            class.to_value(if skip { 2 } else { 0 })
        });
    }
    Ok(decoder)
}

/// Links two elements now, or as soon as the first has an audio pad.
fn link(from: &gst::Element, to: &gst::Element) -> Result<(), Failure> {
    if from.static_pad("src").is_some() {
        return from.link(to).map_err(Failure::internal);
    }
    let to = to.downgrade();
    from.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let is_audio = caps.structure(0).is_none_or(|s| {
            let name = s.name();
            name.starts_with("audio/") || !name.starts_with("video/") && !name.starts_with("image/")
        });
        let Some(to) = to.upgrade().filter(|_| is_audio) else {
            return;
        };
        let sink = to.static_pad("sink");
        let sink = sink.or_else(|| to.request_pad_simple("sink_%u"));
        if let Some(sink) = sink.filter(|sink| !sink.is_linked()) {
            // If it fails, the pad stays unlinked and the demuxer reports that.
            let _ = pad.link(&sink);
        }
    });
    Ok(())
}

fn failure(message: &gst::message::Error) -> Failure {
    let error = message.error();
    let kind = if error.matches(gst::ResourceError::NotFound) {
        Kind::Missing
    } else if error.is::<gst::ResourceError>() {
        Kind::Io
    } else if error.matches(gst::StreamError::CodecNotFound)
        || error.matches(gst::CoreError::MissingPlugin)
    {
        Kind::NoDecoder
    } else if error.matches(gst::StreamError::TypeNotFound)
        || error.matches(gst::StreamError::WrongType)
    {
        Kind::Undecodable
    } else {
        Kind::Damaged
    };
    Failure::new(kind, sentence(&error, message.debug().as_deref()))
}

/// GStreamer's message, and the part of the debug text that says what happened.
pub fn sentence(error: &gst::glib::Error, debug: Option<&str>) -> String {
    // "file.c(123): function (): /path/of/element:\nwhat happened"
    let detail = debug.and_then(|d| d.split_once('\n')).map(|(_, rest)| rest);
    match detail.map(|d| d.split_whitespace().collect::<Vec<_>>().join(" ")) {
        Some(detail) if !detail.is_empty() => format!("{} ({detail})", error.message()),
        _ => error.message().to_owned(),
    }
}

/// A deadline this far away.
pub fn deadline(seconds: u32) -> Option<Instant> {
    (seconds > 0).then(|| Instant::now() + Duration::from_secs(u64::from(seconds)))
}
