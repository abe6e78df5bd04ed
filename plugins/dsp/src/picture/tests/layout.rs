// SPDX-License-Identifier: MPL-2.0
//! Where the parts of a picture lie, and that none is drawn over another.
use crate::picture::canvas::{Area, BACKGROUND, Canvas};
use crate::picture::layout::{Layout, Orientation, Parts};
use crate::picture::scale::{FrequencyAxis, FrequencyScale};
use crate::picture::ticks::{self, Tick};

const ORIENTATIONS: [Orientation; 2] = [Orientation::Horizontal, Orientation::Vertical];

fn parts(width: usize, height: usize, plots: usize, orientation: Orientation) -> Parts {
    Parts {
        width,
        height,
        orientation,
        plots,
        axes: true,
        bar: true,
        title: true,
        levels: (-110.0, 0.0),
    }
}

fn axis() -> FrequencyAxis {
    FrequencyAxis::new(FrequencyScale::Logarithmic, 0.0, 0.0, 44_100)
}

fn layout(width: usize, height: usize, plots: usize, orientation: Orientation) -> Layout {
    Layout::new(parts(width, height, plots, orientation), axis())
}

/// Half of what a label takes along the axis.
fn half(layout: &Layout, tick: &Tick) -> f64 {
    match layout.orientation() {
        Orientation::Horizontal => 0.5 * layout.capital(),
        Orientation::Vertical => 0.5 * layout.width(&tick.label),
    }
}

fn labelled(ticks: &[Tick]) -> Vec<&Tick> {
    ticks.iter().filter(|t| !t.label.is_empty()).collect()
}

#[test]
fn labels_of_neighbours_do_not_touch() {
    let mut cleared = 0;
    let mut check = |layout: &Layout, what: &str| {
        let (rows, c) = (layout.rows() as f64, layout.capital());
        let all = layout.frequency_ticks(rows);
        let apart = layout.apart(all.clone());
        cleared += usize::from(apart != all);
        assert!(!labelled(&all).is_empty(), "{what}");
        // Along one axis,
        for pair in labelled(&all).windows(2) {
            let between = (pair[1].at - pair[0].at) * rows;
            let between = between - half(layout, pair[0]) - half(layout, pair[1]);
            assert!(between > 0.5 * c, "{what}: {pair:?}");
        }
        // and along the next.
        if let (Some(last), Some(first)) = (labelled(&all).last(), labelled(&apart).first()) {
            let end = last.at * rows + half(layout, last);
            let begin = rows + layout.gap + first.at * rows - half(layout, first);
            assert!(begin - end > 0.2 * c, "{what}: {end} {begin}");
        }
    };
    let sizes = [
        (320, 240),
        (640, 480),
        (1024, 640),
        (1280, 720),
        (9000, 3000),
    ];
    for orientation in ORIENTATIONS {
        for scale in [
            FrequencyScale::Linear,
            FrequencyScale::Logarithmic,
            FrequencyScale::Mel,
        ] {
            for (low, high) in [
                (0.0, 0.0),
                (100.0, 10_000.0),
                (0.0, 1000.0),
                (1000.0, 1010.0),
            ] {
                for (width, height) in sizes {
                    for plots in 2..9 {
                        let axis = FrequencyAxis::new(scale, low, high, 48_000);
                        let parts = parts(width, height, plots, orientation);
                        let layout = Layout::new(parts, axis);
                        let what = format!("{scale:?} {low}-{high} {width}x{height} {plots}");
                        if layout.marked {
                            check(&layout, &what);
                        }
                    }
                }
            }
        }
    }
    assert!(cleared > 100, "{cleared}");
}

#[test]
fn the_unit_stands_clear_of_the_first_frequency() {
    for (low, high) in [(0.0, 0.0), (100.0, 10_000.0), (1000.0, 1000.5)] {
        let axis = FrequencyAxis::new(FrequencyScale::Logarithmic, low, high, 48_000);
        let layout = Layout::new(parts(1024, 640, 1, Orientation::Vertical), axis);
        let mut canvas = Canvas::new(1024, 640);
        layout.draw(&mut canvas, "");
        let (plot, c) = (layout.plots()[0], layout.capital());
        // Columns of the line in which frequencies stand that have ink, from the left.
        let rows = plot.y + plot.height + (1.1 * c) as usize..640;
        let inked = |x: usize| {
            rows.clone()
                .any(|y| canvas.pixels()[y * 1024 + x] != BACKGROUND)
        };
        let ticks = layout.frequency_ticks(plot.width as f64);
        let first = plot.x as f64 + layout.before_labels(&ticks);
        let last = (0..first as usize - 1).rfind(|x| inked(*x)).unwrap();
        assert!(first - last as f64 > 0.5 * c, "{low}: {first} {last}");
        // The whole unit is on the picture.
        let begin = (0..1024).find(|x| inked(*x)).unwrap();
        assert!(begin > 2, "{low}: {begin}");
        assert!(last - begin > (0.7 * layout.width("Hz")) as usize);
    }
}

#[test]
fn parts_lie_within_the_picture_and_apart() {
    for orientation in ORIENTATIONS {
        for (width, height) in [(1, 1), (7, 300), (320, 240), (1024, 640), (9000, 3000)] {
            for plots in [1, 2, 8, 64] {
                let layout = layout(width, height, plots, orientation);
                assert_eq!(layout.plots().len(), plots);
                for plot in layout.plots().iter().chain(&layout.bar) {
                    assert!(plot.x + plot.width <= width && plot.y + plot.height <= height);
                }
                for pair in layout.plots().windows(2) {
                    let below = pair[1].y >= pair[0].y + pair[0].height;
                    assert!(below || pair[1].x >= pair[0].x + pair[0].width);
                }
                if let Some(bar) = layout.bar {
                    let right = layout.plots().iter().map(|plot| plot.x + plot.width);
                    assert!(right.max().is_some_and(|right| right < bar.x));
                }
            }
        }
    }
}

#[test]
fn many_channels_keep_bar_title_and_time_and_fill_the_picture() {
    for (width, height, plots) in [(1280, 720, 16), (800, 600, 64), (1920, 1080, 64)] {
        for orientation in ORIENTATIONS {
            let layout = layout(width, height, plots, orientation);
            assert!(layout.axes && layout.title, "{plots}");
            let bar = layout.bar.unwrap();
            let last = layout.plots()[plots - 1];
            match orientation {
                Orientation::Horizontal => {
                    assert!(!layout.marked);
                    assert_eq!(last.y + last.height, bar.y + bar.height);
                    assert!(layout.plots().iter().all(|plot| plot.height == last.height));
                }
                Orientation::Vertical => {
                    assert!(bar.x < last.x + last.width + 2 * layout.capital() as usize)
                }
            }
        }
    }
    // Fewer have axes of their own.
    assert!(layout(1280, 720, 8, Orientation::Horizontal).marked);
    // Without axes, nothing is left at the end either.
    let bare = Parts {
        axes: false,
        bar: false,
        title: false,
        ..parts(800, 600, 64, Orientation::Horizontal)
    };
    let layout = Layout::new(bare, axis());
    let last = layout.plots()[63];
    assert_eq!(last.y + last.height, 600);
}

#[test]
fn names_stand_where_channels_are() {
    let names = |count: usize| -> Vec<String> { (0..count).map(|i| format!("ch{i}")).collect() };
    for orientation in ORIENTATIONS {
        for (width, height) in [(320, 240), (640, 360), (1280, 720), (3000, 2000)] {
            for plots in 2..40 {
                let layout = layout(width, height, plots, orientation);
                let areas: Vec<Area> = layout.name_areas(&names(plots)).collect();
                let all = areas.iter().zip(layout.plots());
                for (area, plot) in all {
                    assert!(area.x + area.width <= width && area.y + area.height <= height);
                    let over = area.x + area.width > plot.x
                        && area.y < plot.y + plot.height
                        && area.y + area.height > plot.y
                        && area.x < plot.x + plot.width;
                    assert_eq!(over, layout.marked, "{width}x{height} {plots}");
                }
                for pair in areas.windows(2) {
                    let below = pair[1].y >= pair[0].y + pair[0].height;
                    assert!(below || pair[1].x >= pair[0].x + pair[0].width, "{pair:?}");
                }
            }
        }
    }
    let sixteen = layout(1280, 720, 16, Orientation::Horizontal);
    assert_eq!(sixteen.name_areas(&names(16)).count(), 16);
}

#[test]
fn no_label_is_cut_off() {
    let narrow = FrequencyAxis::new(FrequencyScale::Logarithmic, 1000.0, 1000.5, 44_100);
    for (axes, bar, title) in [
        (true, true, true),
        (true, true, false),
        (true, false, false),
        (false, true, true),
        (false, true, false),
    ] {
        for orientation in ORIENTATIONS {
            for (width, height) in [(160, 120), (640, 360), (1280, 720), (3000, 2000)] {
                for axis in [axis(), narrow] {
                    let parts = Parts {
                        axes,
                        bar,
                        title,
                        levels: (-100.0, 0.0),
                        ..parts(width, height, 1, orientation)
                    };
                    let layout = Layout::new(parts, axis);
                    let mut canvas = Canvas::new(width, height);
                    layout.draw(&mut canvas, "Title");
                    layout.draw_time(&mut canvas, |room| ticks::of_time(60.0, room));
                    let what = format!("{width} {orientation:?} {axes} {bar} {title}");
                    let empty = |at: usize| canvas.pixels()[at] == BACKGROUND;
                    let mut ends = (0..width).flat_map(|x| [x, (height - 1) * width + x]);
                    assert!(ends.all(empty), "{what}");
                    let mut sides = (0..height).flat_map(|y| [y * width, (y + 1) * width - 1]);
                    // Without axes, the plot begins at the edge, and the title above it.
                    assert!(!axes || sides.all(empty), "{what}");
                }
            }
        }
    }
}

#[test]
fn without_anything_around_it_the_plot_fills_the_picture() {
    let axis = FrequencyAxis::new(FrequencyScale::Linear, 0.0, 0.0, 44_100);
    let parts = Parts {
        width: 640,
        height: 360,
        orientation: Orientation::Horizontal,
        plots: 1,
        axes: false,
        bar: false,
        title: false,
        levels: (-110.0, 0.0),
    };
    let layout = Layout::new(parts, axis);
    let whole = Area {
        x: 0,
        y: 0,
        width: 640,
        height: 360,
    };
    assert_eq!(layout.plots(), [whole]);
    let mut canvas = Canvas::new(640, 360);
    let before = canvas.clone();
    layout.draw(&mut canvas, "title");
    layout.draw_time(&mut canvas, |room| ticks::of_time(60.0, room));
    assert_eq!(canvas, before);
}

#[test]
fn nothing_is_drawn_over_the_plots_but_their_names() {
    for orientation in [Orientation::Horizontal, Orientation::Vertical] {
        let layout = layout(900, 500, 1, orientation);
        let mut canvas = Canvas::new(900, 500);
        let title = "A title that is much too long for the picture that it stands above ".repeat(3);
        layout.draw(&mut canvas, &title);
        layout.draw_time(&mut canvas, |room| ticks::of_time(4000.0, room));
        let plot = layout.plots()[0];
        for y in plot.y..plot.y + plot.height {
            for x in plot.x..plot.x + plot.width {
                assert_eq!(canvas.pixels()[y * 900 + x], BACKGROUND);
            }
        }
        let drawn = canvas.pixels().iter().filter(|p| **p != BACKGROUND).count();
        assert!(drawn > 3000);
    }
}
