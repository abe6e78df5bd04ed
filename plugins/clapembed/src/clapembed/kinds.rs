// SPDX-License-Identifier: MPL-2.0
//! What properties choose from.
use auris_clap::Aggregation;
use gst::glib;

/// What computes embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedBackend")]
#[repr(i32)]
pub enum Backend {
    /// The engine of this plugin.
    #[default]
    #[enum_value(name = "The engine of this plugin, on the CPU", nick = "native")]
    Native = 0,
    /// ONNX Runtime.
    #[enum_value(
        name = "ONNX Runtime, where it is installed, for models in ONNX",
        nick = "onnxruntime"
    )]
    OnnxRuntime = 1,
}

/// What the large products of the model are computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedPrecision")]
#[repr(i32)]
pub enum Precision {
    /// 32-bit floats.
    #[default]
    #[enum_value(name = "32-bit floats", nick = "f32")]
    F32 = 0,
    /// bfloat16.
    #[enum_value(name = "bfloat16", nick = "bf16")]
    Bf16 = 1,
    /// 8-bit integers.
    #[enum_value(name = "8-bit integers, scaled per row", nick = "int8")]
    Int8 = 2,
}

impl From<Precision> for auris_clap::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => auris_clap::Precision::F32,
            Precision::Bf16 => auris_clap::Precision::Bf16,
            Precision::Int8 => auris_clap::Precision::Int8,
        }
    }
}

/// How audio that is shorter than the model's 10 s fills them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedPadMode")]
#[repr(i32)]
pub enum PadMode {
    /// As often as it fits as a whole, then silence.
    #[default]
    #[enum_value(
        name = "As often as it fits as a whole, then silence: transformers' default",
        nick = "repeatpad"
    )]
    RepeatPad = 0,
    /// As often as needed, the last time in part.
    #[enum_value(name = "As often as needed, the last time in part", nick = "repeat")]
    Repeat = 1,
    /// Once, then silence.
    #[enum_value(name = "Once, then silence", nick = "pad")]
    Pad = 2,
}

impl From<PadMode> for auris_clap::Padding {
    fn from(mode: PadMode) -> Self {
        match mode {
            PadMode::RepeatPad => auris_clap::Padding::RepeatPad,
            PadMode::Repeat => auris_clap::Padding::Repeat,
            PadMode::Pad => auris_clap::Padding::Pad,
        }
    }
}

/// What becomes of the end of longer audio, where it does not fill a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedTail")]
#[repr(i32)]
pub enum Tail {
    /// A window of its own, padded.
    #[default]
    #[enum_value(name = "A window of its own, filled as pad-mode says", nick = "pad")]
    Pad = 0,
    /// The last window is moved back.
    #[enum_value(
        name = "The last window is moved back, to end with the audio",
        nick = "align"
    )]
    Align = 1,
}

impl From<Tail> for auris_clap::Tail {
    fn from(tail: Tail) -> Self {
        match tail {
            Tail::Pad => auris_clap::Tail::Pad,
            Tail::Align => auris_clap::Tail::Align,
        }
    }
}

/// How the embeddings of windows become one of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedAggregate")]
#[repr(i32)]
pub enum Aggregate {
    /// Not at all.
    #[enum_value(name = "Not at all", nick = "none")]
    None = 0,
    /// Mean.
    #[default]
    #[enum_value(name = "Mean", nick = "mean")]
    Mean = 1,
    /// Mean, weighted by energy.
    #[enum_value(name = "Mean, weighted by the windows' energy", nick = "weighted")]
    Weighted = 2,
    /// Trimmed mean.
    #[enum_value(
        name = "Mean of each number without its lowest and highest tenth",
        nick = "robust"
    )]
    Robust = 3,
    /// Median.
    #[enum_value(name = "Median of each number", nick = "median")]
    Median = 4,
}

impl Aggregate {
    /// In the engine's terms.
    pub fn aggregation(self) -> Option<Aggregation> {
        match self {
            Aggregate::None => None,
            Aggregate::Mean => Some(Aggregation::Mean),
            Aggregate::Weighted => Some(Aggregation::Weighted),
            Aggregate::Robust => Some(Aggregation::Robust),
            Aggregate::Median => Some(Aggregation::Median),
        }
    }

    /// As the property calls it.
    pub fn nick(self) -> &'static str {
        match self {
            Aggregate::None => "none",
            Aggregate::Mean => "mean",
            Aggregate::Weighted => "weighted",
            Aggregate::Robust => "robust",
            Aggregate::Median => "median",
        }
    }
}

/// Which results leave the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedEmit")]
#[repr(i32)]
pub enum Emit {
    /// One per window.
    #[enum_value(name = "One per window", nick = "windows")]
    Windows = 0,
    /// One per stream.
    #[enum_value(name = "One per stream", nick = "aggregate")]
    Aggregate = 1,
    /// All.
    #[default]
    #[enum_value(name = "One per window and one per stream", nick = "both")]
    Both = 2,
}

/// How the numbers of a result are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "AurisClapEmbedDataForm")]
#[repr(i32)]
pub enum DataForm {
    /// Bytes.
    #[default]
    #[enum_value(name = "Bytes of 32-bit little-endian floats", nick = "bytes")]
    Bytes = 0,
    /// A list.
    #[enum_value(name = "An array of floats", nick = "list")]
    List = 1,
    /// Both.
    #[enum_value(name = "Bytes and an array", nick = "both")]
    Both = 2,
}
