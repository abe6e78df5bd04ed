// SPDX-License-Identifier: MPL-2.0
//! The source pad: its caps, its buffers, and what is too late.
use super::kinds::Mode;
use super::pixels::{FORMATS, Pixels};
use auris_dsp::picture::canvas::Canvas;
use auris_dsp::picture::colour::Rgb;
use auris_dsp::picture::settings::MAX_EXTENT;
use gst::prelude::*;
use gst_video::VideoInfo;

/// Size of a picture that nobody asks to have another.
const WHOLE: (i32, i32) = (1280, 720);
const LIVE: (i32, i32) = (640, 360);
const LIVE_RATE: gst::Fraction = gst::Fraction::new_raw(30, 1);

/// What was agreed on with downstream.
pub struct Output {
    pub info: VideoInfo,
    pool: gst::BufferPool,
    pixels: Pixels,
}

impl Drop for Output {
    fn drop(&mut self) {
        // Buffers that are still downstream are freed when they come back.
        let _ = self.pool.set_active(false);
    }
}

/// Caps of the source pad.
pub fn caps() -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .format_list(FORMATS)
        .width_range(1..=MAX_EXTENT as i32)
        .height_range(1..=MAX_EXTENT as i32)
        .build()
}

/// Chooses of what `allowed` leaves open.
pub fn fixate(mut allowed: gst::Caps, mode: Mode) -> gst::Caps {
    allowed.truncate();
    let (width, height) = match mode {
        Mode::Live => LIVE,
        Mode::Whole => WHOLE,
    };
    let rate = match mode {
        Mode::Live => LIVE_RATE,
        Mode::Whole => gst::Fraction::new(0, 1),
    };
    if let Some(structure) = allowed.make_mut().structure_mut(0) {
        structure.fixate_field_nearest_int("width", width);
        structure.fixate_field_nearest_int("height", height);
        structure.fixate_field_nearest_fraction("framerate", rate);
        if structure.has_field("pixel-aspect-ratio") {
            structure.fixate_field_nearest_fraction("pixel-aspect-ratio", gst::Fraction::new(1, 1));
        } else {
            structure.set("pixel-aspect-ratio", gst::Fraction::new(1, 1));
        }
    }
    allowed.fixate();
    allowed
}

impl Output {
    /// Agrees on caps and a pool. Sends the caps, unless they are those that were sent before.
    ///
    /// # Errors
    /// Downstream takes nothing that can be drawn, or has no buffers.
    pub fn negotiate(pad: &gst::Pad, mode: Mode, colours: &[Rgb; 256]) -> Result<Self, String> {
        let template = pad.pad_template_caps();
        let allowed = pad.peer_query_caps(Some(&template));
        if allowed.is_empty() {
            return Err("downstream takes none of the video formats that are drawn".to_owned());
        }
        let caps = fixate(allowed, mode);
        let info = VideoInfo::from_caps(&caps).map_err(|error| error.to_string())?;
        let pixels = Pixels::new(info.format(), colours).ok_or("no such video format")?;
        let sent = pad
            .current_caps()
            .is_some_and(|now| now.is_strictly_equal(&caps));
        if !sent && !pad.push_event(gst::event::Caps::new(&caps)) {
            return Err(format!("downstream refuses {caps}"));
        }
        let pool = pool(pad, &caps, &info).map_err(|error| error.to_string())?;
        Ok(Output { info, pool, pixels })
    }

    /// Pixels across and down.
    pub fn size(&self) -> (usize, usize) {
        (self.info.width() as usize, self.info.height() as usize)
    }

    /// Frames per second as a fraction.
    pub fn rate(&self) -> (u64, u64) {
        let rate = self.info.fps();
        let (n, d) = (rate.numer().max(0) as u64, rate.denom().max(1) as u64);
        if n == 0 {
            (LIVE_RATE.numer() as u64, 1)
        } else {
            (n, d)
        }
    }

    /// Uses other colours.
    pub fn recolour(&mut self, colours: &[Rgb; 256]) {
        if let Some(pixels) = Pixels::new(self.info.format(), colours) {
            self.pixels = pixels;
        }
    }

    /// A buffer from the pool with a canvas in it.
    ///
    /// # Errors
    /// The pool is flushing, or its buffers are not what they should be.
    pub fn buffer(&self, canvas: &Canvas) -> Result<gst::Buffer, gst::FlowError> {
        let mut buffer = self.pool.acquire_buffer(None)?;
        let written = buffer
            .get_mut()
            .map(|buffer| self.pixels.write(canvas, buffer, &self.info));
        match written {
            Some(Ok(())) => Ok(buffer),
            _ => Err(gst::FlowError::Error),
        }
    }
}

/// Downstream's pool, or one of our own.
fn pool(
    pad: &gst::Pad,
    caps: &gst::Caps,
    info: &VideoInfo,
) -> Result<gst::BufferPool, gst::glib::BoolError> {
    let mut query = gst::query::Allocation::new(Some(caps), true);
    // Where nobody answers, nothing was proposed.
    let _ = pad.peer_query(&mut query);
    let (allocator, params) = match query.allocation_params().next() {
        Some((allocator, params)) => (allocator, Some(params)),
        None => (None, None),
    };
    let proposed = query.allocation_pools().next();
    let metas = query
        .find_allocation_meta::<gst_video::VideoMeta>()
        .is_some();
    let (theirs, size, least, most) = proposed.unwrap_or((None, 0, 0, 0));
    let size = size.max(u32::try_from(info.size()).unwrap_or(u32::MAX));
    let configure = |pool: &gst::BufferPool| {
        let mut config = pool.config();
        config.set_params(Some(caps), size, least, most);
        if allocator.is_some() || params.is_some() {
            config.set_allocator(allocator.as_ref(), params.as_ref());
        }
        if metas && pool.has_option("GstBufferPoolOptionVideoMeta") {
            config.add_option("GstBufferPoolOptionVideoMeta");
        }
        pool.set_config(config)?;
        pool.set_active(true)
    };
    if let Some(pool) = theirs
        && configure(&pool).is_ok()
    {
        return Ok(pool);
    }
    let own: gst::BufferPool = gst_video::VideoBufferPool::new().upcast();
    configure(&own)?;
    Ok(own)
}
