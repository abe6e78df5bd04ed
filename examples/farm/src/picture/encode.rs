// SPDX-License-Identifier: MPL-2.0
//! PNG of one byte per pixel: a third of what three would take, to compress and to keep.
use super::pipeline::Seen;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Writes a picture.
///
/// # Errors
/// The system's.
pub fn png(file: &mut File, seen: &Seen) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let mut encoder = png::Encoder::new(&mut out, seen.width, seen.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(&seen.palette[..]);
    encoder.set_compression(png::Compression::Fast);
    // Neighbours along the frequency axis differ least.
    encoder.set_filter(png::Filter::Up);
    if !seen.title.is_empty() {
        encoder.add_itxt_chunk("Title".to_owned(), seen.title.clone())?;
    }
    encoder.add_text_chunk("Software".to_owned(), "auris-farm".to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&seen.pixels)?;
    writer.finish()?;
    out.flush()
}
