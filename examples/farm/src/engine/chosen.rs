// SPDX-License-Identifier: MPL-2.0
//! What an autoplugger made of an input.
use gst::prelude::*;

/// What was found in a pipeline that has reached its end.
#[derive(Default)]
pub struct Chosen {
    /// Media types from the container inwards.
    pub media_types: Vec<String>,
    /// Factory name of the decoder.
    pub decoder: Option<String>,
    /// The length that the container declares for its audio; `None` where it would be a guess.
    pub duration: Option<gst::ClockTime>,
}

/// Streams that declare their length themselves. Of others a parser guesses it from the bit rate.
const SELF_DECLARED: [&str; 3] = ["audio/x-flac", "audio/x-wavpack", "audio/x-tta"];
/// Containers whose length is a guess as well.
const GUESSED: [&str; 2] = ["video/mpegts", "video/mpeg"];

impl Chosen {
    /// Looks through a pipeline.
    pub fn of(pipeline: &gst::Pipeline) -> Self {
        let mut chosen = Chosen::default();
        let (mut demuxers, mut sole_stream) = (0, true);
        for element in pipeline.iterate_recurse().into_iter().flatten() {
            let Some(factory) = element.factory() else {
                continue;
            };
            let klass = factory.metadata("klass").unwrap_or_default().to_owned();
            let is_decoder = klass.contains("Decoder") && klass.contains("Audio");
            if is_decoder {
                chosen.decoder = Some(factory.name().to_string());
            }
            let is_demuxer = klass.contains("Demux");
            if is_demuxer && !klass.contains("Metadata") {
                demuxers += 1;
                // With several, the length is that of the longest; playlists of segments round.
                sole_stream &= element.num_src_pads() == 1 && !klass.contains("Adaptive");
            }
            if is_decoder || is_demuxer {
                let caps = element
                    .static_pad("sink")
                    .and_then(|pad| pad.current_caps());
                let name = caps.and_then(|c| c.structure(0).map(|s| s.name().to_string()));
                chosen.media_types.extend(name);
            }
        }
        // From the sink upstream: the codec comes first.
        chosen.media_types.reverse();
        let types = &chosen.media_types;
        let any_of = |names: &[&str]| types.iter().any(|name| names.contains(&name.as_str()));
        let declares = match demuxers {
            0 => any_of(&SELF_DECLARED),
            _ => sole_stream && !any_of(&GUESSED),
        };
        if declares {
            chosen.duration = pipeline.query_duration();
        }
        chosen
    }
}
