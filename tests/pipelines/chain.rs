// SPDX-License-Identifier: MPL-2.0
//! Every element of an audio library's player in one pipeline: HLS within its bytes, decoded, equalised, measured,
//! analysed and embedded.
use crate::{model, server::Server, stream};
use gst::{glib, prelude::*};
use std::path::Path;

/// Bytes that the demuxer may hold, less than a quarter of the stream.
const CAP: u64 = 500_000;
const RATE: u64 = 48_000;
/// Frames of a message of `spectrum`, 100 ms.
const INTERVAL: u64 = RATE / 10;
/// Windows of the embeddings, in seconds.
const WINDOW: u64 = 10;
const SECOND: u64 = 1_000_000_000;

/// The chain, on a server; `capped`: behind `hlsbufcap`, which is else only there since the demuxer wants it.
fn chain(server: &Server, capped: bool) -> gst::Pipeline {
    auris_tests::init();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut file = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::io::Write::write_all(&mut file, &model::model(&model::TINY)).unwrap();
    let path = folder.join("chain-tiny.safetensors");
    file.persist(&path).unwrap();
    let cap = match capped {
        true => format!("! hlsbufcap name=cap max-size-bytes={CAP} interval=20000000 !"),
        false => "hlsbufcap manage-upstream=false demux. !".to_owned(),
    };
    let text = format!(
        "souphttpsrc location={} ! hlsdemux2 name=demux {cap} decodebin3 ! audioconvert ! audio/x-raw,format=F32LE \
         ! paraeq num-bands=2 preamp=-3 band0::type=peak band0::freq=1000 band0::gain=3 band1::type=low-shelf \
             band1::freq=120 band1::gain=-4 \
         ! drmeter loudness=integrated ! spectrum bands=128 ! clapembed name=clap model={} ! fakesink name=out sync=false",
        server.url("index.m3u8"),
        path.display()
    );
    let pipeline = gst::parse::launch(&text).unwrap();
    pipeline.downcast::<gst::Pipeline>().unwrap()
}

/// What the elements said until the end of the stream.
#[derive(Default)]
struct Heard {
    meter: Vec<gst::Structure>,
    spectra: Vec<gst::Structure>,
    embeddings: Vec<gst::Structure>,
    stats: Vec<gst::Structure>,
}

/// Listens to the end; an error or a minute of silence is a failure.
fn hear(pipeline: &gst::Pipeline) -> Heard {
    let bus = pipeline.bus().unwrap();
    let mut heard = Heard::default();
    loop {
        let message = bus.timed_pop(gst::ClockTime::from_seconds(60));
        let message = message.expect("the pipeline says something");
        match message.view() {
            gst::MessageView::Error(error) => panic!("{error:?}"),
            gst::MessageView::Warning(warning) => panic!("{warning:?}"),
            gst::MessageView::Eos(_) => return heard,
            gst::MessageView::Element(element) => {
                let structure = element.structure().unwrap().to_owned();
                match structure.name().as_str() {
                    "drmeter" => heard.meter.push(structure),
                    "spectrum" => heard.spectra.push(structure),
                    "clapembed" => heard.embeddings.push(structure),
                    "hlsbufcap-stats" => heard.stats.push(structure),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn stop(pipeline: &gst::Pipeline) {
    pipeline.set_state(gst::State::Null).unwrap();
}

impl Heard {
    /// What does not hang on when it was heard.
    fn results(&self) -> String {
        let meter = self.meter.iter().map(|meter| {
            let precise = meter.get::<f64>("precise").unwrap();
            let loudness = meter.get::<f64>("loudness-integrated").unwrap();
            let frames = meter.get::<u64>("frames").unwrap();
            format!("{frames} {precise} {loudness}")
        });
        let spectra = self.spectra.iter().map(|spectrum| {
            let magnitudes = spectrum.value("magnitude").unwrap();
            format!("{:?}", magnitudes.serialize().unwrap())
        });
        let embeddings = self.embeddings.iter().map(|embedding| {
            let vector = embedding.get::<glib::Bytes>("embedding").unwrap();
            format!("{:?}", &vector[..])
        });
        let all: Vec<_> = meter.chain(spectra).chain(embeddings).collect();
        all.join("\n")
    }

    /// Whether every element saw the same part of the stream, `from` its second `first` on, to the end.
    fn check(&self, first: u64) {
        let [meter] = &self.meter[..] else {
            panic!("{:?}", self.meter);
        };
        assert_eq!(meter.get::<&str>("reason"), Ok("eos"));
        assert_eq!(meter.get::<i32>("channels"), Ok(2));
        let begin = meter.get::<u64>("stream-time").unwrap();
        let frames = meter.get::<u64>("frames").unwrap();
        let near = |found: u64, seconds: u64| found.abs_diff(seconds * SECOND) < SECOND / 5;
        assert!(near(begin, first), "{begin}");
        let length = stream::LENGTH - first;
        assert!(near(frames * SECOND / RATE, length), "{frames}");

        assert_eq!(self.spectra.len() as u64, frames / INTERVAL);
        for (n, spectrum) in self.spectra.iter().enumerate() {
            let time = spectrum.get::<u64>("stream-time").unwrap();
            let expected = begin + n as u64 * SECOND / 10;
            assert!(time.abs_diff(expected) < 1_000_000, "{time} {expected}");
        }

        let kind = |wanted: &'static str| {
            let embeddings = self.embeddings.iter();
            embeddings.filter(move |embedding| embedding.get::<&str>("kind") == Ok(wanted))
        };
        let windows: Vec<u64> = kind("window")
            .map(|window| window.get("stream-time").unwrap())
            .collect();
        assert_eq!(windows.len() as u64, frames.div_ceil(WINDOW * RATE));
        for (n, time) in windows.iter().enumerate() {
            let expected = begin + n as u64 * WINDOW * SECOND;
            assert!(time.abs_diff(expected) < 1_000_000, "{time} {expected}");
        }
        assert_eq!(kind("aggregate").count(), 1);
    }
}

#[test]
fn all_of_a_stream_is_heard_by_all_of_them_as_without_the_cap() {
    let Some(folder) = stream::folder() else {
        return;
    };
    let play = |capped| {
        let server = Server::new(folder.path());
        let pipeline = chain(&server, capped);
        pipeline.set_state(gst::State::Playing).unwrap();
        let heard = hear(&pipeline);
        heard.check(0);
        (pipeline, heard)
    };
    let (pipeline, heard) = play(true);
    assert!(!heard.stats.is_empty());
    let cap = pipeline.by_name("cap").unwrap();
    let peak: u64 = cap.property("peak-level-bytes");
    assert!(
        peak > 0 && peak <= CAP + stream::largest_segment(),
        "{peak}"
    );
    let stats: gst::Structure = cap.property("stats");
    assert_eq!(stats.get::<u64>("over-budget"), Ok(0), "{stats}");
    assert_eq!(cap.property::<u64>("current-level-bytes"), 0);
    stop(&pipeline);
    let (plain, without) = play(false);
    stop(&plain);
    assert!(heard.results() == without.results());
}

#[test]
fn after_a_seek_they_hear_the_rest() {
    let Some(folder) = stream::folder() else {
        return;
    };
    let server = Server::new(folder.path());
    let pipeline = chain(&server, true);
    pipeline.set_state(gst::State::Paused).unwrap();
    let (result, state, _) = pipeline.state(gst::ClockTime::from_seconds(60));
    assert_eq!((result.is_ok(), state), (true, gst::State::Paused));
    // Until the demuxer has what it may hold: hlsdemux2 of 1.22.0 does not survive all seeks while it fetches.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let to = stream::LENGTH / 2;
    let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
    pipeline
        .seek_simple(flags, gst::ClockTime::from_seconds(to))
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let heard = hear(&pipeline);
    heard.check(to);
    let last: gst::Structure = pipeline.by_name("clap").unwrap().property("last-result");
    assert_eq!(last.get::<&str>("kind"), Ok("aggregate"));
    stop(&pipeline);
}
