// SPDX-License-Identifier: MPL-2.0
//! Audio kernels in pure Rust. Nothing here knows a GStreamer type.
//!
//! - [`simd`]: which instruction set the kernels run on, chosen at run time.
//! - [`pcm`]: sample formats as bytes in memory.
//! - [`dr14`]: dynamic range in three dialects from one pass.
//! - [`loudness`]: EBU R128 in bounded memory.
//! - [`checksum`]: MD5 of the PCM, as FLAC's STREAMINFO has it.
//! - [`spectrum`]: spectra at intervals and short-time Fourier transforms.
//! - [`features`]: mel spectra, cepstra, chroma, descriptors.
//! - [`window`]: windows for them.
//! - [`decibel`]: ratios and their logarithms.
//! - [`dither`]: noise for the step down to integers.
//! - [`picture`]: spectrograms as pictures.
pub mod checksum;
pub mod decibel;
pub mod dither;
pub mod dr14;
pub mod features;
pub mod loudness;
pub mod pcm;
pub mod picture;
pub mod simd;
pub mod spectrum;
pub mod window;
