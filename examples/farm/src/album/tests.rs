// SPDX-License-Identifier: MPL-2.0
use super::*;
use crate::inputs::Source;
use crate::samples::{failed, track};

fn inputs(tracks: &[Track]) -> Vec<Input> {
    let input = |track: &Track| Input {
        source: Source::File(track.path.clone().into()),
        below: 1,
        problem: None,
    };
    tracks.iter().map(input).collect()
}

/// All albums of `tracks`, each with the number of tracks known when it was complete.
fn albums(by: AlbumBy, dialect: Dialect, tracks: &[Track]) -> Vec<(usize, Finished)> {
    let mut grouper = Grouper::new(by, dialect, &inputs(tracks));
    let mut albums = Vec::new();
    for (index, track) in tracks.iter().enumerate() {
        grouper.push(index, track);
        albums.extend(grouper.finished(index).map(|album| (index + 1, album)));
    }
    let rest = grouper.finish(false).into_iter();
    albums.extend(rest.map(|album| (tracks.len() + 1, album)));
    albums
}

/// The value of an album whose tracks have these precise values.
fn value(dialect: Dialect, precise: &[f64]) -> AlbumDr {
    let tracks: Vec<Track> = precise
        .iter()
        .map(|precise| track("a/x", *precise))
        .collect();
    albums(AlbumBy::Folder, dialect, &tracks)[0]
        .1
        .album
        .dr
        .unwrap()
}

#[test]
fn foobar_rounds_the_mean_of_precise_values_away_from_zero() {
    let dr = value(Dialect::Foobar, &[10.0, 11.0]);
    assert_eq!((dr.official, dr.precise), (Some(11), Some(10.5)));
    assert_eq!(value(Dialect::Exact, &[-2.0, -3.0]).official, Some(-3));
    // Their officials, 10, 10 and 11, would give 10.
    assert_eq!(
        value(Dialect::Foobar, &[10.4, 10.4, 11.4]).official,
        Some(11)
    );
}

#[test]
fn tt_rounds_the_mean_of_officials_to_even() {
    let dr = value(Dialect::Tt, &[10.4, 11.4]);
    assert_eq!((dr.official, dr.precise), (Some(10), Some(10.5)));
    assert_eq!(value(Dialect::Tt, &[11.0, 12.0]).official, Some(12));
}

#[test]
fn silent_tracks_are_left_out() {
    let mut silent = track("a/s", 0.0);
    let dr = silent.dr.as_mut().unwrap();
    (dr.official, dr.precise) = (None, None);
    let album = |tracks: &[Track]| {
        albums(AlbumBy::Folder, Dialect::Foobar, tracks)[0]
            .1
            .album
            .clone()
    };
    assert_eq!(
        album(&[silent.clone(), track("a/x", 8.0)])
            .dr
            .unwrap()
            .official,
        Some(8)
    );
    let all_silent = album(&[silent]);
    assert_eq!(
        (all_silent.status, all_silent.dr.unwrap().official),
        (Status::Ok, None)
    );
}

#[test]
fn one_failed_track_fails_the_album() {
    let mut tracks = vec![track("a/ok", 9.0)];
    tracks.extend((0..5).map(|i| failed(&format!("a/{i}"), "cut")));
    let album = &albums(AlbumBy::Folder, Dialect::Foobar, &tracks)[0].1.album;
    assert_eq!(
        (album.status, album.dr, album.tracks),
        (Status::Error, None, 6)
    );
    let error = album.error.as_deref().unwrap();
    assert_eq!(error, "5 of 6 tracks failed: a/0, a/1, a/2 and 2 more");
}

#[test]
fn folders_are_complete_with_their_last_track() {
    let tracks = ["a/1", "b/1", "a/2", "c"].map(|path| track(path, 9.0));
    let albums = albums(AlbumBy::Folder, Dialect::Foobar, &tracks);
    let seen: Vec<_> = albums
        .iter()
        .map(|(at, a)| (*at, a.album.path.as_str()))
        .collect();
    assert_eq!(seen, [(2, "b"), (3, "a"), (4, ".")]);
    let members: Vec<usize> = albums[1].1.members.iter().map(|m| m.index).collect();
    assert_eq!(members, [0, 2]);
}

#[test]
fn tags_join_discs_and_part_artists() {
    let tagged = |path: &str, disc: &str, artist: &str, album: &str| {
        let mut track = track(path, 9.0);
        track.tags.insert("album-disc-number".into(), disc.into());
        track.tags.insert("album-artist".into(), artist.into());
        track.tags.insert("album".into(), album.into());
        track
    };
    let tracks = [
        tagged("cd1/1", "1", "X", "Box"),
        tagged("y/1", "1", "Y", "Box"),
        tagged("cd2/1", "2", "X", "Box"),
        failed("untagged", "cut"),
    ];
    let albums = albums(AlbumBy::Tag, Dialect::Foobar, &tracks);
    let seen: Vec<_> = albums
        .iter()
        .map(|(_, a)| (a.album.path.as_str(), a.album.tracks))
        .collect();
    assert_eq!(seen, [("X / Box", 2), ("Y / Box", 1)]);
    assert_eq!(albums[0].1.album.artist.as_deref(), Some("X"));
}

#[test]
fn titles_must_agree() {
    let mut other = track("a/2", 9.0);
    other.tags.insert("album".into(), "Valleys".into());
    let album = &albums(
        AlbumBy::Folder,
        Dialect::Foobar,
        &[track("a/1", 9.0), other],
    )[0]
    .1
    .album;
    assert_eq!(
        (album.title.as_deref(), album.artist.as_deref()),
        (None, Some("Band"))
    );
}

#[test]
fn what_was_cut_short_gives_no_album() {
    let tracks = ["a/1", "a/2"].map(|path| track(path, 9.0));
    for by in [AlbumBy::Folder, AlbumBy::Tag] {
        let mut grouper = Grouper::new(by, Dialect::Foobar, &inputs(&tracks));
        grouper.push(0, &tracks[0]);
        assert!(grouper.finished(0).is_none());
        assert_eq!(grouper.finish(true), []);
    }
}
