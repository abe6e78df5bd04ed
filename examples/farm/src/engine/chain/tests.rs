// SPDX-License-Identifier: MPL-2.0
use super::*;

fn facts(container: Container, codec: Codec, bits: u32) -> Facts {
    Facts {
        container,
        codec,
        rate: Some(44_100),
        channels: Some(2),
        bits: Some(bits),
        length: Length::Exact(1000),
        md5: None,
        index_entries: 0,
        metadata: 0,
        tables: 0,
        links: 1,
        links_alike: true,
        warnings: Vec::new(),
    }
}

fn factories(facts: &Facts, head: &[u8], libav: bool) -> Vec<&'static str> {
    let decoders = Decoders {
        libav,
        exists: &|_| true,
    };
    match plan(Some(facts), head, decoders) {
        Ok(Plan::Chain(chain)) => chain.steps.iter().map(|s| s.factory).collect(),
        other => panic!("{other:?}"),
    }
}

const PCM: Codec = Codec::Pcm {
    float: false,
    big_endian: cfg!(target_endian = "big"),
};

#[test]
fn chains_are_as_short_as_can_be() {
    assert_eq!(
        factories(&facts(Container::Wav, PCM, 16), b"RIFF", true),
        ["wavparse"]
    );
    assert_eq!(
        factories(&facts(Container::Wav, PCM, 8), b"RIFF", true),
        ["wavparse", "audioconvert"]
    );
    assert_eq!(
        factories(&facts(Container::Mp3, Codec::Mp3, 16), b"ID3\x04", true),
        ["id3demux", "mpegaudioparse", "mpg123audiodec", "capsfilter"]
    );
    assert_eq!(
        factories(&facts(Container::Ogg, Codec::Vorbis, 16), b"OggS", true),
        ["oggdemux", symphonia::VORBIS]
    );
    let surround = Facts {
        channels: Some(6),
        ..facts(Container::Ogg, Codec::Vorbis, 16)
    };
    assert_eq!(
        factories(&surround, b"OggS", true),
        ["oggdemux", "vorbisdec"]
    );
    assert_eq!(
        factories(&facts(Container::Ogg, Codec::Flac, 24), b"OggS", true),
        ["oggdemux", "flacparse", "flacdec"]
    );
    assert_eq!(
        factories(&facts(Container::Flac, Codec::Flac, 24), b"fLaC", true),
        ["flacparse", symphonia::FLAC]
    );
    // Twelve bits would have to be told apart from sixteen, and more channels put in order.
    for (bits, channels) in [(12, 2), (16, 6)] {
        let odd = Facts {
            channels: Some(channels),
            ..facts(Container::Flac, Codec::Flac, bits)
        };
        assert_eq!(factories(&odd, b"fLaC", true), ["flacparse", "flacdec"]);
    }
}

#[test]
fn chains_suit_what_is_rare() {
    let mut surround = facts(Container::Ogg, Codec::Opus, 16);
    surround.channels = Some(6);
    assert_eq!(factories(&surround, b"OggS", true), ["oggdemux", "opusdec"]);
    assert_eq!(
        factories(&facts(Container::Mp4, Codec::Vorbis, 16), b"", true),
        ["qtdemux", "vorbisdec"]
    );
    assert_eq!(
        factories(&facts(Container::Wav, Codec::Mp3, 16), b"RIFF", true),
        ["wavparse", "mpegaudioparse", "mpg123audiodec", "capsfilter"]
    );
}

#[test]
fn libav_is_used_only_where_it_may_be() {
    let aac = facts(Container::Mp4, Codec::Aac, 16);
    assert_eq!(factories(&aac, b"", true), ["qtdemux", "avdec_aac"]);
    assert_eq!(factories(&aac, b"", false), ["qtdemux", "faad"]);
    let alac = facts(Container::Mp4, Codec::Alac, 16);
    let tight = Decoders {
        libav: false,
        exists: &|_| true,
    };
    assert_eq!(
        plan(Some(&alac), b"", tight).unwrap_err().kind,
        Kind::Budget
    );
}

#[test]
fn a_missing_element_is_named() {
    let bare = Decoders {
        libav: true,
        exists: &|name| name != "wavpackdec",
    };
    let codec = Codec::WavPack { hybrid: false };
    let wavpack = facts(Container::WavPack, codec, 16);
    let failure = plan(Some(&wavpack), b"wvpk", bare).unwrap_err();
    assert_eq!(failure.kind, Kind::NoDecoder);
    assert!(failure.message.contains("'wavpackdec'"));
}

#[test]
fn what_the_table_does_not_know_is_left_to_gstreamer() {
    let decoders = Decoders {
        libav: true,
        exists: &|_| true,
    };
    assert_eq!(plan(None, b"", decoders), Ok(Plan::Auto));
    let speex = facts(Container::Ogg, Codec::Speex, 16);
    assert_eq!(plan(Some(&speex), b"OggS", decoders), Ok(Plan::Auto));
}
