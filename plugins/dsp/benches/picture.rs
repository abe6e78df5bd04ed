// SPDX-License-Identifier: MPL-2.0
//! Spectrograms, per frame of audio: a minute of stereo as one picture, and a second of a picture that
//! scrolls, 30 times drawn: `cargo bench -p auris-dsp --bench picture`.
use auris_dsp::pcm::SampleFormat;
use auris_dsp::picture::live::Live;
use auris_dsp::picture::scale::FrequencyScale;
use auris_dsp::picture::settings::{Channels, Settings, Source};
use auris_dsp::picture::whole::Whole;
use auris_dsp::spectrum::intake::{Downmix, Intake, Rows};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const RATE: u32 = 48_000;
/// Frames of audio at a time, as buffers bring them.
const BUFFER: usize = 4096;
const SIZE: (usize, usize) = (1600, 900);

/// Interleaved stereo noise.
fn noise(frames: usize) -> Vec<u8> {
    let value = |i: u32| (i.wrapping_mul(2_654_435_761) as i32) as f32 / 2f32.powi(33);
    (0..2 * frames as u32)
        .flat_map(|i| value(i).to_ne_bytes())
        .collect()
}

fn feed(intake: &mut Intake, mut bytes: &[u8], mut to: impl FnMut(Rows<'_>)) {
    while !bytes.is_empty() {
        let rows = intake.rows(bytes);
        bytes = &bytes[rows.frames() * 8..];
        to(rows);
    }
}

fn pictures(c: &mut Criterion) {
    let source = Source {
        rate: RATE,
        names: vec![String::from("L"), String::from("R")],
    };
    let Ok(mut intake) = Intake::new(SampleFormat::F32, 2, Downmix::Channels, BUFFER) else {
        return;
    };
    let (minute, second) = (noise(60 * RATE as usize), noise(RATE as usize));
    let scales = [
        ("linear", FrequencyScale::Linear),
        ("log", FrequencyScale::Logarithmic),
        ("mel", FrequencyScale::Mel),
    ];
    for (name, channels) in [("mixed", Channels::Mixed), ("stacked", Channels::Stacked)] {
        let mut group = c.benchmark_group(format!("picture {name}"));
        for (scale_name, scale) in scales {
            let settings = Settings {
                scale,
                channels,
                ..Settings::default()
            };
            let frames = minute.len() as u64 / 8;
            group.throughput(Throughput::Elements(frames));
            group.sample_size(10);
            group.bench_function(BenchmarkId::new("whole", scale_name), |b| {
                b.iter(|| {
                    let whole = Whole::new(&settings, &source, SIZE, "noise", Some(frames));
                    whole.map(|mut whole| {
                        feed(&mut intake, black_box(&minute), |rows| whole.push(rows));
                        whole.finish()
                    })
                });
            });
            let Ok(mut live) = Live::new(&settings, &source, SIZE, "noise") else {
                continue;
            };
            group.throughput(Throughput::Elements(second.len() as u64 / 8));
            group.bench_function(BenchmarkId::new("live", scale_name), |b| {
                b.iter(|| {
                    for picture in black_box(&second).chunks(RATE as usize / 30 * 8) {
                        feed(&mut intake, picture, |rows| live.push(rows));
                        black_box(live.draw());
                    }
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, pictures);
criterion_main!(benches);
