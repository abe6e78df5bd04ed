// SPDX-License-Identifier: MPL-2.0
//! From indices into a palette to the pixels of a video format.
use auris_dsp::picture::canvas::Canvas;
use auris_dsp::picture::colour::Rgb;
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};

/// What the source pad can give, in the order of preference.
pub const FORMATS: [VideoFormat; 13] = [
    VideoFormat::Bgrx,
    VideoFormat::Rgbx,
    VideoFormat::Xrgb,
    VideoFormat::Xbgr,
    VideoFormat::Bgra,
    VideoFormat::Rgba,
    VideoFormat::Argb,
    VideoFormat::Abgr,
    VideoFormat::Rgb,
    VideoFormat::Bgr,
    VideoFormat::Gray8,
    VideoFormat::Rgb8p,
    VideoFormat::Gray16Be,
];

/// How the indices become pixels of one format.
pub enum Pixels {
    /// Four bytes each.
    Four(Box<[[u8; 4]; 256]>),
    /// Three.
    Three(Box<[[u8; 3]; 256]>),
    /// Two.
    Two(Box<[[u8; 2]; 256]>),
    /// One.
    One(Box<[[u8; 1]; 256]>),
    /// The indices themselves, and beside them the colours.
    Palette(Box<[[u8; 4]; 256]>),
}

impl Pixels {
    /// For a format and colours; `None` for a format that is not in [`FORMATS`].
    pub fn new(format: VideoFormat, colours: &[Rgb; 256]) -> Option<Self> {
        let four = |order: [usize; 4]| {
            let pixel = |[r, g, b]: Rgb| order.map(|part| [r, g, b, 255][part]);
            Box::new(colours.map(pixel))
        };
        let three = |order: [usize; 3]| Box::new(colours.map(|rgb| order.map(|part| rgb[part])));
        Some(match format {
            VideoFormat::Bgrx | VideoFormat::Bgra => Pixels::Four(four([2, 1, 0, 3])),
            VideoFormat::Rgbx | VideoFormat::Rgba => Pixels::Four(four([0, 1, 2, 3])),
            VideoFormat::Xrgb | VideoFormat::Argb => Pixels::Four(four([3, 0, 1, 2])),
            VideoFormat::Xbgr | VideoFormat::Abgr => Pixels::Four(four([3, 2, 1, 0])),
            VideoFormat::Rgb => Pixels::Three(three([0, 1, 2])),
            VideoFormat::Bgr => Pixels::Three(three([2, 1, 0])),
            VideoFormat::Gray8 => Pixels::One(Box::new(colours.map(|rgb| [grey(rgb)]))),
            VideoFormat::Gray16Be => Pixels::Two(Box::new(colours.map(|rgb| [grey(rgb); 2]))),
            // A native-endian word each, alpha on top.
            VideoFormat::Rgb8p => Pixels::Palette(Box::new(
                colours.map(|[r, g, b]| u32::from_be_bytes([255, r, g, b]).to_ne_bytes()),
            )),
            _ => return None,
        })
    }

    /// Writes a canvas into a buffer of its size.
    ///
    /// # Errors
    /// The buffer is not what `info` says.
    pub fn write(
        &self,
        canvas: &Canvas,
        buffer: &mut gst::BufferRef,
        info: &VideoInfo,
    ) -> Result<(), gst::glib::BoolError> {
        let mut frame = VideoFrameRef::from_buffer_ref_writable(buffer, info)?;
        let stride = frame.plane_stride()[0].unsigned_abs() as usize;
        let plane = frame.plane_data_mut(0)?;
        match self {
            Pixels::Four(table) => expand(canvas, plane, stride, table),
            Pixels::Three(table) => expand(canvas, plane, stride, table),
            Pixels::Two(table) => expand(canvas, plane, stride, table),
            Pixels::One(table) => expand(canvas, plane, stride, table),
            Pixels::Palette(colours) => {
                for (row, to) in canvas.rows().zip(plane.chunks_mut(stride)) {
                    to[..row.len()].copy_from_slice(row);
                }
                let bytes = colours.as_flattened();
                frame.plane_data_mut(1)?[..bytes.len()].copy_from_slice(bytes);
            }
        }
        Ok(())
    }
}

fn expand<const N: usize>(
    canvas: &Canvas,
    plane: &mut [u8],
    stride: usize,
    table: &[[u8; N]; 256],
) {
    for (row, to) in canvas.rows().zip(plane.chunks_mut(stride)) {
        let (pixels, _) = to.as_chunks_mut::<N>();
        for (pixel, index) in pixels.iter_mut().zip(row) {
            *pixel = table[usize::from(*index)];
        }
    }
}

/// BT.709's luma.
fn grey([r, g, b]: Rgb) -> u8 {
    let sum = 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b);
    ((sum + 5000) / 10_000) as u8
}
