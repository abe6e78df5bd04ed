// SPDX-License-Identifier: MPL-2.0
//! What the user can set.
use super::kinds::{Aggregate, Backend, DataForm, Emit, PadMode, Precision, Tail};
use gst::glib::{self, ParamFlags, ParamSpec, prelude::*};
use std::sync::LazyLock;

/// What the model looks at, in ns.
const MODEL_WINDOW: u64 = 10_000_000_000;
/// The device unless another one is set.
const CPU: &str = "cpu";

/// What the user set. Cheap to copy; locked only for the length of a copy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub backend: Backend,
    pub precision: Precision,
    /// 0 for as many as there are cores.
    pub threads: u32,
    /// In ns.
    pub window: u64,
    /// In ns; 0 for the window.
    pub hop: u64,
    pub pad_mode: PadMode,
    pub tail: Tail,
    pub quantize_input: bool,
    pub aggregate: Aggregate,
    pub emit: Emit,
    pub top_k: u32,
    pub max_batch_seconds: u32,
    /// 0 for two windows per thread.
    pub queue_seconds: u32,
    pub live_drop: bool,
    pub message_data: DataForm,
    pub post_messages: bool,
    pub send_events: bool,
    pub attach_meta: bool,
    pub sync: bool,
    pub tags: bool,
}

/// What the user set as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    pub model: Option<String>,
    pub model_sha256: Option<String>,
    pub labels: Option<String>,
    pub device: Option<String>,
}

impl Default for Texts {
    fn default() -> Self {
        Texts {
            model: None,
            model_sha256: None,
            labels: None,
            device: Some(CPU.to_owned()),
        }
    }
}

impl Texts {
    /// Sets the property `name`, if it is among these.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "model" => read(value, &mut self.model),
            "model-sha256" => read(value, &mut self.model_sha256),
            "labels" => read(value, &mut self.labels),
            "device" => read(value, &mut self.device),
            _ => {}
        }
    }

    /// The property `name`, if it is among these.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "model" => self.model.to_value(),
            "model-sha256" => self.model_sha256.to_value(),
            "labels" => self.labels.to_value(),
            "device" => self.device.to_value(),
            _ => return None,
        })
    }
}

fn read<'a, T: glib::value::FromValue<'a>>(value: &'a glib::Value, setting: &mut T) {
    if let Ok(value) = value.get() {
        *setting = value;
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            backend: Backend::Native,
            precision: Precision::F32,
            threads: 0,
            window: MODEL_WINDOW,
            hop: 0,
            pad_mode: PadMode::RepeatPad,
            tail: Tail::Pad,
            quantize_input: false,
            aggregate: Aggregate::Mean,
            emit: Emit::Both,
            top_k: 5,
            max_batch_seconds: 160,
            queue_seconds: 0,
            live_drop: false,
            message_data: DataForm::Bytes,
            post_messages: true,
            send_events: true,
            attach_meta: false,
            sync: false,
            tags: true,
        }
    }
}

impl Settings {
    /// Whether somebody wants the embedding of each window.
    pub fn emits_windows(&self) -> bool {
        self.emit != Emit::Aggregate && (self.post_messages || self.send_events || self.attach_meta)
    }

    /// Whether the aggregate leaves the element.
    pub fn emits_aggregate(&self) -> bool {
        self.emit != Emit::Windows && self.aggregate != Aggregate::None
    }

    /// Sets the property `name`. GObject has checked type and range.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "backend" => read(value, &mut self.backend),
            "precision" => read(value, &mut self.precision),
            "threads" => read(value, &mut self.threads),
            "window" => read(value, &mut self.window),
            "hop" => read(value, &mut self.hop),
            "pad-mode" => read(value, &mut self.pad_mode),
            "tail" => read(value, &mut self.tail),
            "quantize-input" => read(value, &mut self.quantize_input),
            "aggregate" => read(value, &mut self.aggregate),
            "emit" => read(value, &mut self.emit),
            "top-k" => read(value, &mut self.top_k),
            "max-batch-seconds" => read(value, &mut self.max_batch_seconds),
            "queue-seconds" => read(value, &mut self.queue_seconds),
            "live-drop" => read(value, &mut self.live_drop),
            "message-data" => read(value, &mut self.message_data),
            "post-messages" => read(value, &mut self.post_messages),
            "send-events" => read(value, &mut self.send_events),
            "attach-meta" => read(value, &mut self.attach_meta),
            "sync" => read(value, &mut self.sync),
            "tags" => read(value, &mut self.tags),
            _ => {}
        }
    }

    /// The property `name`; `None` if it is not among the settings.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "backend" => self.backend.to_value(),
            "precision" => self.precision.to_value(),
            "threads" => self.threads.to_value(),
            "window" => self.window.to_value(),
            "hop" => self.hop.to_value(),
            "pad-mode" => self.pad_mode.to_value(),
            "tail" => self.tail.to_value(),
            "quantize-input" => self.quantize_input.to_value(),
            "aggregate" => self.aggregate.to_value(),
            "emit" => self.emit.to_value(),
            "top-k" => self.top_k.to_value(),
            "max-batch-seconds" => self.max_batch_seconds.to_value(),
            "queue-seconds" => self.queue_seconds.to_value(),
            "live-drop" => self.live_drop.to_value(),
            "message-data" => self.message_data.to_value(),
            "post-messages" => self.post_messages.to_value(),
            "send-events" => self.send_events.to_value(),
            "attach-meta" => self.attach_meta.to_value(),
            "sync" => self.sync.to_value(),
            "tags" => self.tags.to_value(),
            _ => return None,
        })
    }
}

/// Counts from the next time the element starts.
const START: ParamFlags = ParamFlags::READWRITE.union(gst::PARAM_FLAG_MUTABLE_READY);
/// Counts from the next stream.
const NEXT: ParamFlags = ParamFlags::READWRITE;
/// Counts at once.
const LIVE: ParamFlags = ParamFlags::READWRITE.union(gst::PARAM_FLAG_MUTABLE_PLAYING);

/// The table of properties.
pub fn properties() -> &'static [ParamSpec] {
    static PROPERTIES: LazyLock<Vec<ParamSpec>> = LazyLock::new(|| {
        let d = Settings::default();
        vec![
            text("model", "Model", "File of a CLAP model with an HTSAT audio tower (clap-htsat-*, larger_clap_*), as transformers saves it (model.safetensors) or as it is exported to ONNX in 32 or 16 bits (audio_model.onnx)", None),
            text("model-sha256", "SHA-256 of the model", "Refuse any other file, in hexadecimal digits", None),
            text("labels", "Labels", "File of labels to compare with: a JSON object that has an array of numbers for each label, or a safetensors file that has a tensor for each", None),
            text("device", "Device", "Where embeddings are computed: cpu, or with the back end onnxruntime cuda:0, cuda:1 …", Some(CPU)),
            choice("backend", "Back end", "What computes embeddings", START, d.backend),
            choice("precision", "Precision", "What the large products of the native back end are computed in; what comes too far from f32 is refused when the model is loaded", START, d.precision),
            number("threads", "Threads", "Threads that compute for all elements of this process, of which the largest number counts; never more than there are cores (0 = as many as there are cores)", START, (0, 1024, d.threads)),
            nanoseconds("window", "Window", "Audio of an embedding in ns, at most the model's 10 s; takes effect with the next stream", (100_000_000, MODEL_WINDOW, d.window)),
            nanoseconds("hop", "Hop", "Audio from one window to the next in ns, at least 10 ms (0 = the window); takes effect with the next stream", (0, i64::MAX as u64, d.hop)),
            choice("pad-mode", "Pad mode", "How a window that is shorter than 10 s fills them; takes effect with the next stream", NEXT, d.pad_mode),
            choice("tail", "Tail", "What becomes of the end of longer audio, where it does not fill a window; takes effect with the next stream", NEXT, d.tail),
            flag("quantize-input", "Quantize input", "Send audio through 16 bits before the model looks at it, as laion_clap does and transformers does not; takes effect with the next stream", NEXT, d.quantize_input),
            choice("aggregate", "Aggregate", "How the embeddings of windows become one of the stream; takes effect with the next stream", NEXT, d.aggregate),
            choice("emit", "Emit", "Which results are posted and sent", LIVE, d.emit),
            number("top-k", "Top k", "Labels in a result, the best first", LIVE, (0, 10_000, d.top_k)),
            number("max-batch-seconds", "Max batch seconds", "Audio that a back end may take at once, where it makes batches (on a processor it takes window by window)", START, (1, 86_400, d.max_batch_seconds)),
            number("queue-seconds", "Queue seconds", "Audio in windows that wait or are computed, at least one window; beyond that the stream waits (0 = two windows per thread)", START, (0, 86_400, d.queue_seconds)),
            flag("live-drop", "Live drop", "Skip windows rather than let the stream wait, and count them: for live sources", LIVE, d.live_drop),
            choice("message-data", "Message data", "How the numbers of an embedding are stored; bytes are what Python reads a thousand times faster", LIVE, d.message_data),
            flag("post-messages", "Post messages", "Post results on the bus", LIVE, d.post_messages),
            flag("send-events", "Send events", "Send results downstream as custom events, in order with the audio but later than what they describe", LIVE, d.send_events),
            flag("attach-meta", "Attach meta", "Attach results to buffers as AurisClapEmbedMeta, to those that pass when a result is ready", LIVE, d.attach_meta),
            flag("sync", "Sync", "Post results when the audio they describe has been presented", LIVE, d.sync),
            flag("tags", "Tags", "Send the labels of the stream's aggregate downstream as keywords", LIVE, d.tags),
            glib::ParamSpecBoxed::builder::<gst::Structure>("last-result")
                .nick("Last result")
                .blurb("The result of the latest stream that ended: aggregate, windows, time per stage")
                .read_only()
                .build(),
        ]
    });
    &PROPERTIES
}

fn text(name: &str, nick: &str, blurb: &str, default: Option<&str>) -> ParamSpec {
    glib::ParamSpecString::builder(name)
        .nick(nick)
        .blurb(blurb)
        .default_value(default)
        .flags(START)
        .build()
}

fn choice<T>(name: &str, nick: &str, blurb: &str, flags: ParamFlags, default: T) -> ParamSpec
where
    T: StaticType + glib::translate::FromGlib<i32> + glib::translate::IntoGlib<GlibType = i32>,
{
    glib::ParamSpecEnum::builder_with_default(name, default)
        .nick(nick)
        .blurb(blurb)
        .flags(flags)
        .build()
}

fn number(
    name: &str,
    nick: &str,
    blurb: &str,
    flags: ParamFlags,
    (least, most, default): (u32, u32, u32),
) -> ParamSpec {
    glib::ParamSpecUInt::builder(name)
        .nick(nick)
        .blurb(blurb)
        .minimum(least)
        .maximum(most)
        .default_value(default)
        .flags(flags)
        .build()
}

fn nanoseconds(
    name: &str,
    nick: &str,
    blurb: &str,
    (least, most, default): (u64, u64, u64),
) -> ParamSpec {
    glib::ParamSpecUInt64::builder(name)
        .nick(nick)
        .blurb(blurb)
        .minimum(least)
        .maximum(most)
        .default_value(default)
        .flags(NEXT)
        .build()
}

fn flag(name: &str, nick: &str, blurb: &str, flags: ParamFlags, default: bool) -> ParamSpec {
    glib::ParamSpecBoolean::builder(name)
        .nick(nick)
        .blurb(blurb)
        .default_value(default)
        .flags(flags)
        .build()
}
