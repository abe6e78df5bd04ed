// SPDX-License-Identifier: MPL-2.0
//! ONNX Runtime, where it is installed: any model as it was exported, on processors and GPUs.
//!
//! - `library`: the shared library, and sessions; `device`: where they compute.
//! - `audio`: a back end for streams; `text`: the other tower, which makes embeddings of labels.
//!
//! Nothing of it is linked. Where the library is not to be had, an error says what to install.
mod audio;
mod device;
mod library;
mod text;

pub use audio::OnnxRuntime;
pub use device::Device;
pub use text::TextTower;
