// SPDX-License-Identifier: MPL-2.0
//! Names of channels over plots that scroll.
use super::canvas::{Area, Canvas};
use super::layout::Layout;

/// The names, drawn once, and what they hide. They are lifted while plots scroll, or they would leave a
/// trail.
pub(super) struct Tags {
    tags: Vec<Tag>,
}

struct Tag {
    area: Area,
    drawn: Vec<u8>,
    hidden: Vec<u8>,
}

impl Tags {
    /// For a picture of that many pixels across and down.
    pub(super) fn new(layout: &Layout, names: &[String], size: (usize, usize)) -> Self {
        let mut canvas = Canvas::new(size.0, size.1);
        layout.draw_names(&mut canvas, names);
        let tag = |area: Area| Tag {
            area,
            drawn: lines(&canvas, area).flatten().copied().collect(),
            hidden: vec![0; area.width * area.height],
        };
        Tags {
            tags: layout.name_areas(names).map(tag).collect(),
        }
    }

    /// Shows what is hidden.
    pub(super) fn lift(&self, canvas: &mut Canvas) {
        for tag in &self.tags {
            put(canvas, tag.area, &tag.hidden);
        }
    }

    /// Lays the names over what is there.
    pub(super) fn lay(&mut self, canvas: &mut Canvas) {
        for tag in &mut self.tags {
            let hidden = tag.hidden.chunks_exact_mut(tag.area.width.max(1));
            for (hidden, line) in hidden.zip(lines(canvas, tag.area)) {
                hidden.copy_from_slice(line);
            }
            put(canvas, tag.area, &tag.drawn);
        }
    }

    /// Hides nothing: the plots were emptied.
    pub(super) fn clear(&mut self) {
        self.tags.iter_mut().for_each(|tag| tag.hidden.fill(0));
    }
}

fn lines(canvas: &Canvas, area: Area) -> impl Iterator<Item = &[u8]> {
    let rows = canvas.pixels().chunks_exact(canvas.width().max(1));
    let rows = rows.skip(area.y).take(area.height);
    rows.map(move |row| &row[area.x..area.x + area.width])
}

fn put(canvas: &mut Canvas, area: Area, pixels: &[u8]) {
    let width = canvas.width().max(1);
    let rows = canvas.pixels_mut().chunks_exact_mut(width).skip(area.y);
    for (row, pixels) in rows.zip(pixels.chunks_exact(area.width.max(1))) {
        row[area.x..area.x + area.width].copy_from_slice(pixels);
    }
}
