// SPDX-License-Identifier: MPL-2.0
//! Pictures that scroll.
use super::super::canvas::{Area, BACKGROUND, Canvas};
use super::super::layout::Orientation;
use super::super::live::Live;
use super::super::settings::{Channels, Settings};
use super::{bare, column, feed, sine, source};

fn live(settings: &Settings) -> Live {
    Live::new(settings, &source(1), (100, 80), "").unwrap()
}

#[test]
fn a_live_picture_has_the_newest_at_its_end() {
    for orientation in [Orientation::Horizontal, Orientation::Vertical] {
        let settings = Settings {
            orientation,
            fft_size: 512,
            ..bare()
        };
        let mut live = live(&settings);
        live.push_silence(48_000);
        assert!(live.draw().pixels().iter().all(|pixel| *pixel == 0));
        // Ten columns of a sine: their middles lie 256 samples apart.
        feed(&sine(3000.0, 0.5, 2560), 1, 100, |rows| live.push(rows));
        let canvas = live.draw().clone();
        let lit = |x: usize| match orientation {
            Orientation::Horizontal => column(&canvas, 99 - x).iter().any(|pixel| *pixel > 150),
            Orientation::Vertical => canvas
                .rows()
                .nth(x)
                .unwrap()
                .iter()
                .any(|pixel| *pixel > 150),
        };
        let bright: Vec<usize> = (0..80).filter(|x| lit(*x)).collect();
        assert!(
            (8..=10).contains(&bright.len()) && bright[0] == 0,
            "{bright:?}"
        );
        // It moves on.
        live.push_silence(256 * 20);
        let canvas = live.draw().clone();
        let lit = |x: usize| match orientation {
            Orientation::Horizontal => column(&canvas, 99 - x).iter().any(|pixel| *pixel > 150),
            Orientation::Vertical => canvas
                .rows()
                .nth(x)
                .unwrap()
                .iter()
                .any(|pixel| *pixel > 150),
        };
        assert!(!lit(0) && lit(22), "{orientation:?}");
        live.clear();
        assert!(live.draw().pixels().iter().all(|pixel| *pixel == 0));
    }
}

#[test]
fn more_new_columns_than_there_is_room_for_leave_the_newest() {
    let settings = Settings {
        fft_size: 64,
        ..bare()
    };
    let mut one = live(&settings);
    let mut other = live(&settings);
    let mut samples = sine(1000.0, 0.5, 40_000);
    samples.extend(sine(9000.0, 0.1, 2000));
    feed(&samples, 1, 4096, |rows| one.push(rows));
    feed(&samples, 1, 4096, |rows| {
        other.push(rows);
        other.draw();
    });
    assert_eq!(one.draw(), other.draw());
}

#[test]
fn a_live_picture_knows_its_delay() {
    for fft_size in [16, 255, 512] {
        let settings = Settings { fft_size, ..bare() };
        let mut live = live(&settings);
        let delay = live.delay();
        // A click at sample 0 is not on the picture before that much has come.
        let mut samples = vec![0.0; delay as usize];
        samples[0] = 1.0;
        feed(&samples[..delay as usize - 1], 1, 4096, |rows| {
            live.push(rows)
        });
        assert!(
            live.draw().pixels().iter().all(|pixel| *pixel == 0),
            "{fft_size}"
        );
        feed(&samples[delay as usize - 1..], 1, 4096, |rows| {
            live.push(rows)
        });
        assert!(
            live.draw().pixels().iter().any(|pixel| *pixel > 0),
            "{fft_size}"
        );
    }
}

#[test]
fn names_leave_no_trail_and_hide_nothing_for_good() {
    for orientation in [Orientation::Horizontal, Orientation::Vertical] {
        let settings = Settings {
            orientation,
            axes: true,
            channels: Channels::Stacked,
            fft_size: 64,
            ..bare()
        };
        let size = (400, 300);
        let mut named = Live::new(&settings, &source(2), size, "").unwrap();
        named.push_silence(64);
        let silent = named.draw().clone();
        for _ in 0..50 {
            named.push_silence(64);
            assert_eq!(*named.draw(), silent, "{orientation:?}");
        }
        // Loud all over: nothing stays dark but the names, however often they were in the way.
        let noise: Vec<f32> = (0..200_000u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) as i32) as f32 / 2f32.powi(31))
            .collect();
        feed(&noise, 2, 64, |rows| {
            named.push(rows);
            named.draw();
        });
        let canvas = named.draw().clone();
        let names: Vec<_> = named.layout.name_areas(&source(2).names).collect();
        assert_eq!(names.len(), 2);
        for plot in named.layout.plots() {
            for y in plot.y..plot.y + plot.height {
                for x in plot.x..plot.x + plot.width {
                    let hidden = names.iter().any(|a| {
                        (a.x..a.x + a.width).contains(&x) && (a.y..a.y + a.height).contains(&y)
                    });
                    let pixel = canvas.pixels()[y * canvas.width() + x];
                    assert!(hidden || pixel > 5, "{orientation:?} {x} {y}: {pixel}");
                }
            }
        }
    }
}

#[test]
fn names_beside_plots_stay() {
    for orientation in [Orientation::Horizontal, Orientation::Vertical] {
        let settings = Settings {
            channels: Channels::Stacked,
            orientation,
            fft_size: 256,
            ..Settings::default()
        };
        let size = (1000, 400);
        let mut live = Live::new(&settings, &source(24), size, "").unwrap();
        assert!(!live.layout.marked);
        live.push_silence(1000);
        let before = live.draw().clone();
        let names: Vec<String> = source(24).names;
        let areas: Vec<Area> = live.layout.name_areas(&names).collect();
        assert!(areas.len() == 24 && areas.iter().all(|area| is_inked(&before, *area)));
        live.push_silence(1000);
        assert!(live.draw() == &before, "{orientation:?}");
    }
}

/// Whether something is written there, and nothing else is.
fn is_inked(canvas: &Canvas, area: Area) -> bool {
    let rows = canvas.rows().skip(area.y).take(area.height);
    let pixels: Vec<u8> = rows
        .flat_map(|row| &row[area.x..area.x + area.width])
        .copied()
        .collect();
    pixels.iter().any(|pixel| *pixel > BACKGROUND)
        && pixels.iter().all(|pixel| *pixel >= BACKGROUND)
}
