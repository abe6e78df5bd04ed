// SPDX-License-Identifier: MPL-2.0
//! Bandwidths in Hz mean what they mean in GStreamer's `equalizer-nbands`: its impulse responses
//! against the design.
use auris_eq::band::{Band, Design, Kind, Width};
use auris_eq::design;
use auris_tests::pcg64::Pcg64;
use gst::prelude::*;
use gst_check::Harness;
use std::f64::consts::{PI, TAU};

const KINDS: [Kind; 3] = [Kind::Peak, Kind::LowShelf, Kind::HighShelf];
/// The impulse response of the element set to `band`, or None if there is no such element.
fn impulse_response(band: &Band, rate: u32) -> Option<Vec<f64>> {
    auris_tests::init();
    let element = gst::ElementFactory::make("equalizer-nbands")
        .property("num-bands", 1u32)
        .build()
        .ok()?;
    let proxy = element.dynamic_cast_ref::<gst::ChildProxy>();
    let child = proxy.and_then(|proxy| proxy.child_by_name("band0"));
    let child = child.expect("it has a band");
    let kind = KINDS.iter().position(|kind| *kind == band.kind);
    child.set_property_from_str("type", &kind.expect("a kind it has").to_string());
    let Width::Hz(bandwidth) = band.width else {
        panic!("it knows nothing but Hz");
    };
    // What rings on longest has to be faded out slowly against a period of 20 Hz.
    let frames = match bandwidth >= 0.49 * f64::from(rate) {
        true => 1 << 17,
        false => 1 << 14,
    };
    for (name, value) in [
        ("freq", band.freq),
        ("bandwidth", bandwidth),
        ("gain", band.gain),
    ] {
        child.set_property(name, value);
    }
    let caps = gst_audio::AudioCapsBuilder::new_interleaved()
        .format(gst_audio::AUDIO_FORMAT_F64)
        .rate(rate as i32)
        .channels(1)
        .build();
    let mut harness = Harness::with_element(&element, Some("sink"), Some("src"));
    harness.set_caps(caps.clone(), caps);
    let mut impulse = vec![0.0f64; frames];
    impulse[0] = 1.0;
    let bytes: Vec<u8> = impulse.into_iter().flat_map(f64::to_ne_bytes).collect();
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    buffer.make_mut().set_pts(gst::ClockTime::ZERO);
    let out = harness.push_and_pull(buffer).expect("a buffer comes back");
    let map = out.map_readable().expect("it can be read");
    let samples = map.as_chunks::<8>().0.iter();
    Some(samples.map(|bytes| f64::from_ne_bytes(*bytes)).collect())
}

/// The magnitude of the spectrum of `signal`, its second half faded out, at `w` radians per sample.
///
/// A bandwidth of half the rate rings on for hours at 10⁻⁸; cut off at once, that would be seen.
fn magnitude(signal: &[f64], w: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, v) in signal.iter().enumerate() {
        let late = (2.0 * n as f64 / signal.len() as f64 - 1.0).max(0.0);
        let faded = v * 0.5 * (1.0 + (PI * late).cos());
        let (sin, cos) = (w * n as f64).sin_cos();
        re += faded * cos;
        im -= faded * sin;
    }
    f64::hypot(re, im)
}

/// Compares at tones from 20 Hz to half the rate; false if there is no such element.
fn compare(band: &Band, rate: u32) -> bool {
    let Some(theirs) = impulse_response(band, rate) else {
        return false;
    };
    let section = design::sections(band, f64::from(rate), Design::Rbj).as_slice()[0];
    // What the inverse of the section makes of it is an impulse if both are the same, however long
    // they ring.
    let [mut x1, mut x2, mut y1, mut y2] = [0.0; 4];
    let quotient: Vec<f64> = theirs
        .iter()
        .map(|x| {
            let s = section;
            let y = (x + s.a1 * x1 + s.a2 * x2 - s.b1 * y1 - s.b2 * y2) / s.b0;
            (x2, x1, y2, y1) = (x1, *x, y1, y);
            y
        })
        .collect();
    let tail = theirs[theirs.len() / 2 - 64..]
        .iter()
        .fold(0.0, |max: f64, x| max.max(x.abs()));
    let top = 0.499 * f64::from(rate);
    for i in 0..12 {
        let frequency = 20.0 * (top / 20.0).powf(f64::from(i) / 11.0);
        let w = TAU * frequency / f64::from(rate);
        let error = 20.0 * magnitude(&quotient, w).log10();
        assert!(
            error.abs() < 0.001,
            "{band:?}, {rate} Hz, at {frequency}: {error} dB"
        );
        if tail < 1e-9 {
            let (re, im) = section.response(w);
            let error = 20.0 * (magnitude(&theirs, w) / re.hypot(im)).log10();
            assert!(
                error.abs() < 0.001,
                "{band:?}, {rate} Hz, at {frequency}: {error} dB"
            );
        }
    }
    true
}

#[test]
fn a_bandwidth_in_hz_is_that_of_equalizer_nbands() {
    let mut random = Pcg64::new(3).map(|bits| (bits >> 11) as f64 / (1u64 << 53) as f64);
    let mut random = move || random.next().expect("it never ends");
    for i in 0..300 {
        let rate = [44_100, 48_000, 96_000, 192_000][i % 4];
        let half = 0.5 * f64::from(rate);
        // Every seventh at an edge of its range.
        let freq = match i % 7 {
            0 => half,
            _ => 20.0 * (half / 20.0).powf(random()),
        };
        let bandwidth = match i % 11 {
            0 => 0.0,
            1 => half,
            2 => half * random(),
            _ => (half / 0.1).powf(random()) * 0.1,
        };
        let band = Band {
            kind: KINDS[i / 4 % 3],
            freq,
            gain: -24.0 + 36.0 * random(),
            width: Width::Hz(bandwidth),
            ..Band::default()
        };
        if !compare(&band, rate) {
            eprintln!("NOT TESTED: there is no equalizer-nbands (gstreamer1.0-plugins-good)");
            return;
        }
    }
}
