// SPDX-License-Identifier: MPL-2.0
use super::*;
use proptest::prelude::*;

fn base() -> Url {
    Url::parse("https://example.org/a/b/list.m3u8?x=1").unwrap()
}

fn all_references(text: &str) -> Vec<(String, Referent)> {
    let mut all = Vec::new();
    let same = rewrite(text.as_bytes(), |reference| {
        all.push((reference.address.to_owned(), reference.to));
        None
    });
    assert_eq!(same, text.as_bytes());
    all
}

#[test]
fn every_address_is_found_and_nothing_else_changes() {
    let text = "\u{feff}#EXTM3U\r\n#EXT-X-VERSION:9\r\n# URI=\"a comment\"\r\n\
        #EXT-X-KEY:METHOD=AES-128,URI=\"key?a,b\",IV=0x1\r\n\
        #EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"5@0\"\r\n\
        #EXTINF:4.0,a title, URI=\"no\"\r\n  s0.m4s  \r\n\
        #EXT-X-PART:DURATION=1,URI=\"p.m4s\",INDEPENDENT=YES\r\n\
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"q.m4s\"\r\n\
        #EXT-X-DATERANGE:ID=\"1\",X-ASSET-URI=\"ad.m3u8\"\r\n\
        #EXT-X-RENDITION-REPORT:URI=\"../v.m3u8\"\r\n\
        #EXT-X-UNKNOWN\r\ns1.m4s";
    let found: Vec<_> = all_references(text);
    let expected = [
        ("key?a,b", Referent::Key),
        ("init.mp4", Referent::Map),
        ("s0.m4s", Referent::Segment),
        ("p.m4s", Referent::Part),
        ("q.m4s", Referent::Part),
        ("ad.m3u8", Referent::Other),
        ("../v.m3u8", Referent::Playlist),
        ("s1.m4s", Referent::Segment),
    ];
    let found: Vec<_> = found
        .iter()
        .map(|(address, to)| (address.as_str(), *to))
        .collect();
    assert_eq!(found, expected);
    let new = rewrite(text.as_bytes(), |reference| {
        (reference.to == Referent::Key).then(|| "K".into())
    });
    let expected = text.replace("URI=\"key?a,b\"", "URI=\"K\"");
    assert_eq!(String::from_utf8(new).unwrap(), expected);
}

#[test]
fn variants_and_renditions_are_playlists() {
    let text = "#EXTM3U\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a,b\",NAME=\"x\",URI=\"a.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a,b\"\n#EXT-X-WHATEVER:1\nv.m3u8\n\
        #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"i.m3u8\"\n";
    let found = all_references(text);
    assert_eq!(found.len(), 3);
    assert!(
        found.iter().all(|(_, to)| *to == Referent::Playlist),
        "{found:?}"
    );
    let Some(Playlist::Multivariant { audio, other }) = understand(text.as_bytes(), &base()) else {
        panic!("it is a multivariant playlist");
    };
    assert_eq!(audio, [base().join("a.m3u8").unwrap()]);
    assert!(other.is_empty());
}

#[test]
fn keys_maps_and_ranges_hold_until_the_next() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"i.mp4\"\n\
        #EXTINF:4,\n#EXT-X-BYTERANGE:10@5\none.mp4\n#EXTINF:3.5,\n#EXT-X-BYTERANGE:20\none.mp4\n\
        #EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n#EXTINF:4,\nc.mp4\n#EXTINF:4,\nd.mp4\n\
        #EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:4,\ne.mp4\n\
        #EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nf.mp4\n#EXT-X-ENDLIST\n";
    let Some(Playlist::Media {
        segments,
        is_complete,
    }) = understand(text.as_bytes(), &base())
    else {
        panic!("it is a media playlist");
    };
    assert!(is_complete);
    let range = |start, length| Some(ByteRange { start, length });
    assert_eq!(segments[0].range, range(5, 10));
    assert_eq!(segments[1].range, range(15, 20));
    assert_eq!(segments[2].range, None);
    let sealed: Vec<_> = segments.iter().map(|one| one.is_sealed).collect();
    assert_eq!(sealed, [false, false, true, true, false, false]);
    assert!(
        segments
            .iter()
            .all(|one| one.map.as_ref().unwrap().0.path() == "/a/b/i.mp4")
    );
    assert_eq!(segments[1].duration, 3.5);
}

proptest! {
    #[test]
    fn whatever_it_is_it_stays_the_same(text in "(#EXT-X-MAP:|#EXTINF:|URI=\"|[a-z,\"=\r\n# \u{e9}]){0,60}") {
        all_references(&text);
        let _ = understand(text.as_bytes(), &base());
    }
}
