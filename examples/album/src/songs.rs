// SPDX-License-Identifier: MPL-2.0
//! The six songs on paper.
use crate::{master::Mastering, write::Format};

/// Who plays.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    Drums,
    Hats,
    Bass,
    Keys,
    Pad,
    /// Plucked arpeggio.
    Strings,
    /// Distorted, doubled left and right.
    Guitar,
    Lead,
}
use Part::{Bass, Drums, Guitar, Hats, Keys, Lead, Pad, Strings};

/// Some bars with the same players.
pub struct Section {
    pub bars: usize,
    /// Loudness of the first and of the last bar; in between it moves evenly.
    pub level: (f32, f32),
    pub parts: &'static [Part],
}

impl Section {
    pub fn level_at(&self, bar: usize) -> f32 {
        let (from, to) = self.level;
        from + (to - from) * bar as f32 / (self.bars.max(2) - 1) as f32
    }
}

/// Everything about a track but its sound.
pub struct Song {
    pub title: &'static str,
    /// Quarter notes per minute; a bar has four.
    pub tempo: f32,
    /// MIDI note of the key.
    pub root: u32,
    /// Semitones above the root.
    pub scale: &'static [i32],
    /// Degree of the scale of each bar's chord, from 0; repeated.
    pub chords: &'static [i32],
    /// How far kick and snare stand out of the rest.
    pub drums: f32,
    /// Sixteenths: `X` hard, `x` normal, `.` none.
    pub kick: &'static str,
    pub snare: &'static str,
    /// Sixteenths: `x` closed, `o` open.
    pub hats: &'static str,
    /// Sixteenths: degree above the chord's root, from 1; `-` holds.
    pub bass: &'static str,
    /// One bar each, in eighths: degree above the key's root, from 1; `-` holds.
    pub melody: &'static [&'static str],
    pub sections: &'static [Section],
    pub mastering: Mastering,
    /// What it is encoded into where the machine can.
    pub format: Format,
}

impl Song {
    pub fn bar_seconds(&self) -> f32 {
        240.0 / self.tempo
    }
}

/// What the tags say.
pub const ALBUM_TITLE: &str = "Room Tone";
/// See [`ALBUM_TITLE`].
pub const ARTIST: &str = "The Oscillators";

const MAJOR: &[i32] = &[0, 2, 4, 5, 7, 9, 11];
const MINOR: &[i32] = &[0, 2, 3, 5, 7, 8, 10];
const DORIAN: &[i32] = &[0, 2, 3, 5, 7, 9, 10];

const fn play(bars: usize, from: f32, to: f32, parts: &'static [Part]) -> Section {
    Section {
        bars,
        level: (from, to),
        parts,
    }
}

/// In the order of the album.
pub const ALBUM: &[Song] = &[
    Song {
        title: "First Light",
        tempo: 84.0,
        root: 60,
        scale: MAJOR,
        chords: &[0, 5, 3, 4],
        drums: 3.6,
        kick: "x...............",
        snare: "............x...",
        hats: "..x...x...x...x.",
        bass: "1-------5---3---",
        melody: &["3---5-6-", "5-----3-", "4---6-8-", "7---5---"],
        sections: &[
            play(2, 0.3, 0.35, &[Strings]),
            play(2, 0.35, 0.5, &[Strings, Keys]),
            play(4, 0.55, 0.85, &[Strings, Pad, Lead, Hats, Bass]),
            play(2, 1.0, 1.0, &[Strings, Lead, Keys, Bass, Drums, Hats]),
        ],
        mastering: Mastering::Open,
        format: Format::Flac16,
    },
    Song {
        title: "Tin Roof",
        tempo: 112.0,
        root: 57,
        scale: DORIAN,
        chords: &[0, 3, 0, 4],
        drums: 1.4,
        kick: "X.....x.X..x....",
        snare: "....X..x....X..x",
        hats: "x.xxx.xxx.xxx.o.",
        bass: "1-.1..5-1-.7..8-",
        melody: &["5.7.8-7-", "5.4.3---", "5.7.8-9-", "8-7-5---"],
        sections: &[
            play(2, 0.6, 0.7, &[Bass, Hats]),
            play(4, 0.9, 0.9, &[Bass, Hats, Drums, Keys]),
            play(4, 1.0, 1.0, &[Bass, Hats, Drums, Keys, Lead]),
            play(2, 0.6, 0.4, &[Keys, Hats]),
            play(2, 1.0, 1.0, &[Bass, Hats, Drums, Keys, Strings]),
        ],
        mastering: Mastering::Normal { loud_db: -14.5 },
        format: Format::Mp3,
    },
    Song {
        title: "Long Division",
        tempo: 124.0,
        root: 62,
        scale: MINOR,
        chords: &[0, 5, 2, 6],
        drums: 1.1,
        kick: "X...X...X...X...",
        snare: "....x.......x...",
        hats: "..o...o...o...o.",
        bass: "..1-..1-..1-..8-",
        melody: &["8---7-5-", "3-----5-", "7---8-9-", "7-5-3---"],
        sections: &[
            play(4, 0.5, 0.8, &[Strings, Hats]),
            play(4, 0.9, 1.0, &[Strings, Hats, Bass, Drums]),
            play(2, 0.5, 0.6, &[Pad, Lead]),
            play(6, 1.0, 1.0, &[Strings, Pad, Lead, Hats, Bass, Drums]),
        ],
        mastering: Mastering::Normal { loud_db: -12.0 },
        format: Format::Vorbis,
    },
    Song {
        title: "Brickwork",
        tempo: 148.0,
        root: 64,
        scale: MINOR,
        chords: &[0, 0, 5, 6],
        drums: 0.9,
        kick: "X.x...x.X.x.....",
        snare: "....X.......X...",
        hats: "o...o...o...o...",
        bass: "1-1-1-1-1-1-1-3-",
        melody: &["5-5-8-7-", "5---3---", "6-6-8-9-", "7-------"],
        sections: &[
            play(4, 1.0, 1.0, &[Guitar, Drums, Hats]),
            play(6, 1.0, 1.0, &[Guitar, Bass, Drums, Hats]),
            play(8, 1.0, 1.0, &[Guitar, Bass, Drums, Hats, Lead]),
        ],
        mastering: Mastering::BrickWall { loud_db: -8.5 },
        format: Format::Aac,
    },
    Song {
        title: "Slow Water",
        tempo: 66.0,
        root: 58,
        scale: MAJOR,
        chords: &[0, 2, 3, 0],
        drums: 1.8,
        kick: "x.........x.....",
        snare: "........x.......",
        hats: "x...x...x...x...",
        bass: "1-----------5---",
        melody: &["5-6-8---", "7-5-3---", "4-5-6---", "5-------"],
        sections: &[
            play(2, 0.4, 0.5, &[Keys]),
            play(4, 0.6, 1.0, &[Keys, Bass, Lead, Drums, Hats]),
            play(2, 0.9, 0.3, &[Keys, Pad, Bass, Lead]),
        ],
        mastering: Mastering::Open,
        format: Format::Flac24,
    },
    Song {
        title: "Last Bus",
        tempo: 100.0,
        root: 55,
        scale: MINOR,
        chords: &[0, 6, 5, 4],
        drums: 1.1,
        kick: "X..x..x...x.....",
        snare: "....X.......X..x",
        hats: "x.x.x.x.x.x.x.o.",
        bass: "1--1--3-1---5-4-",
        melody: &["8-7-5---", "7-5-4---", "5-4-3---", "2---5---"],
        sections: &[
            play(2, 0.5, 0.6, &[Keys, Hats]),
            play(4, 0.9, 1.0, &[Keys, Bass, Drums, Hats]),
            play(4, 1.0, 1.0, &[Pad, Guitar, Bass, Drums, Hats, Lead]),
            play(2, 0.6, 0.3, &[Strings, Pad]),
        ],
        mastering: Mastering::Normal { loud_db: -12.5 },
        format: Format::Wav,
    },
];
