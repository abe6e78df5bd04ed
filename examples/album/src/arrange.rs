// SPDX-License-Identifier: MPL-2.0
//! From a song on paper to a mix: who plays what, when, and how loud.
use crate::{
    mix::{Stereo, echo, reverb},
    songs::{Part, Section, Song},
    synth::{self, Noise, RATE},
};

/// Room for the last notes and the reverb to die away.
const TAIL_SECONDS: f32 = 2.5;

/// Steps of a bar: sixteenths in drum patterns, eighths in melodies.
const STEPS: usize = 16;

/// What is rendered so far and where the song is.
struct Stage<'a> {
    song: &'a Song,
    dry: Stereo,
    room: Stereo,
    echoes: Stereo,
    noise: Noise,
}

/// One bar to be played.
#[derive(Clone, Copy)]
struct Bar {
    /// Seconds from the start of the song.
    start: f32,
    /// Number of the bar in its section.
    number: usize,
    /// Whether the section ends with it.
    last: bool,
    level: f32,
}

/// Plays a song from its first bar to the end of its reverb.
pub fn render(song: &Song) -> Stereo {
    let bar_seconds = song.bar_seconds();
    let bars: usize = song.sections.iter().map(|s| s.bars).sum();
    let frames = ((bars as f32 * bar_seconds + TAIL_SECONDS) * RATE) as usize;
    let mut stage = Stage {
        song,
        dry: Stereo::silence(frames),
        room: Stereo::silence(frames),
        echoes: Stereo::silence(frames),
        noise: Noise::new(song.root),
    };
    let mut start = 0.0;
    for section in song.sections {
        for number in 0..section.bars {
            let last = number + 1 == section.bars;
            let level = section.level_at(number);
            stage.bar(
                section,
                Bar {
                    start,
                    number,
                    last,
                    level,
                },
            );
            start += bar_seconds;
        }
    }
    let Stage {
        mut dry,
        mut room,
        echoes,
        ..
    } = stage;
    let echoed = echo(&echoes, bar_seconds * 3.0 / 16.0);
    dry.add_bus(&echoed, 0.35);
    room.add_bus(&echoed, 0.3);
    dry.add_bus(&reverb(&room), 0.5);
    dry
}

impl Stage<'_> {
    fn bar(&mut self, section: &Section, bar: Bar) {
        for part in section.parts {
            match part {
                Part::Drums => self.drums(bar),
                Part::Hats => self.hats(bar),
                Part::Bass => self.bass(bar),
                Part::Keys => self.chords(bar, 0.16, |f, length| synth::keys(f, length, 0.8)),
                Part::Pad => self.chords(bar, 0.16, synth::pad),
                Part::Strings => self.plucked(bar),
                Part::Guitar => self.guitar(bar),
                Part::Lead => self.melody(bar),
            }
        }
    }

    fn step_seconds(&self) -> f32 {
        self.song.bar_seconds() / STEPS as f32
    }

    /// Frequency in Hz of a step of the scale, 0 the root.
    fn pitch(&self, degree: i32, octave: i32) -> f32 {
        let scale = self.song.scale;
        let size = scale.len() as i32;
        let semitones =
            scale[degree.rem_euclid(size) as usize] + 12 * (octave + degree.div_euclid(size));
        440.0 * ((self.song.root as i32 + semitones - 69) as f32 / 12.0).exp2()
    }

    fn chord_of(&self, bar: Bar) -> i32 {
        self.song.chords[bar.number % self.song.chords.len()]
    }

    fn drums(&mut self, bar: Bar) {
        let step = self.step_seconds();
        let fill = bar.last.then_some("........x.xxxxXX");
        let snare = fill.unwrap_or(self.song.snare);
        let level = self.song.drums * bar.level;
        for (i, (kick, snare)) in self.song.kick.bytes().zip(snare.bytes()).enumerate() {
            let at = bar.start + i as f32 * step;
            if let Some(accent) = accent(kick) {
                self.dry.add(&synth::kick(), at, 0.0, 0.75 * accent * level);
            }
            if let Some(accent) = accent(snare) {
                let stroke = synth::snare(&mut self.noise);
                self.dry.add(&stroke, at, 0.05, 0.7 * accent * level);
                self.room.add(&stroke, at, 0.0, 0.25 * accent * level);
            }
        }
    }

    fn hats(&mut self, bar: Bar) {
        let step = self.step_seconds();
        for (i, hit) in self.song.hats.bytes().enumerate() {
            let at = bar.start + i as f32 * step;
            let open = if hit == b'o' { 0.35 } else { 0.06 };
            if hit != b'.' {
                let stroke = synth::hat(&mut self.noise, open);
                let accent = if i % 4 == 0 { 0.3 } else { 0.2 };
                self.dry.add(&stroke, at, 0.35, accent * bar.level);
            }
        }
    }

    fn bass(&mut self, bar: Bar) {
        let step = self.step_seconds();
        let chord = self.chord_of(bar);
        for (at, length, degree) in notes(self.song.bass) {
            let note = synth::bass(self.pitch(chord + degree, -2), length as f32 * step * 0.95);
            self.dry
                .add(&note, bar.start + at as f32 * step, 0.0, 0.42 * bar.level);
        }
    }

    /// Holds the bar's chord as a seventh, its notes spread over the stereo image.
    fn chords(&mut self, bar: Bar, gain: f32, voice: impl Fn(f32, f32) -> Vec<f32>) {
        // High chords an octave lower: the hand stays where it is.
        let chord = match self.chord_of(bar) {
            high @ 4.. => high - 7,
            low => low,
        };
        for (i, third) in [0, 2, 4, 6].into_iter().enumerate() {
            let frequency = self.pitch(chord + third, 0);
            let note = voice(frequency, self.song.bar_seconds());
            let pan = i as f32 / 3.0 - 0.5;
            self.dry.add(&note, bar.start, pan, gain * bar.level);
            self.room.add(&note, bar.start, pan, 0.6 * gain * bar.level);
        }
    }

    /// Breaks the chord into plucked eighths, up and down.
    fn plucked(&mut self, bar: Bar) {
        let (step, chord) = (2.0 * self.step_seconds(), self.chord_of(bar));
        for (i, third) in [0, 2, 4, 7, 9, 7, 4, 2].into_iter().enumerate() {
            let frequency = self.pitch(chord + third, -1);
            let note = synth::pluck(frequency, 2.0 * step, &mut self.noise);
            let (at, pan) = (
                bar.start + i as f32 * step,
                if i % 2 == 0 { -0.5 } else { 0.5 },
            );
            self.dry.add(&note, at, pan, 0.4 * bar.level);
            self.room.add(&note, at, pan, 0.2 * bar.level);
        }
    }

    /// Two guitars, hard left and right and slightly apart in pitch, in the rhythm of the bass.
    fn guitar(&mut self, bar: Bar) {
        let (step, chord) = (self.step_seconds(), self.chord_of(bar));
        for (at, length, degree) in notes(self.song.bass) {
            let frequency = self.pitch(chord + degree, -1);
            for (pan, detune) in [(-0.9, 0.9985), (0.9, 1.0015)] {
                let note = synth::power_chord(frequency * detune, length as f32 * step * 0.97);
                self.dry
                    .add(&note, bar.start + at as f32 * step, pan, 0.26 * bar.level);
            }
        }
    }

    fn melody(&mut self, bar: Bar) {
        let step = 2.0 * self.step_seconds();
        let phrase = self.song.melody[bar.number % self.song.melody.len()];
        for (at, length, degree) in notes(phrase) {
            let note = synth::lead(self.pitch(degree, 1), length as f32 * step);
            let start = bar.start + at as f32 * step;
            self.dry.add(&note, start, -0.1, 0.24 * bar.level);
            self.echoes.add(&note, start, 0.0, 0.2 * bar.level);
            self.room.add(&note, start, 0.0, 0.14 * bar.level);
        }
    }
}

/// How hard a drum is hit: `X` hard, `x` normally, `.` not.
fn accent(step: u8) -> Option<f32> {
    match step {
        b'X' => Some(1.0),
        b'x' => Some(0.8),
        _ => None,
    }
}

/// Reads a line of steps into (step, length in steps, degree from 0): a digit starts the note of
/// that degree (1 the root), `-` holds it, `.` rests.
fn notes(line: &str) -> impl Iterator<Item = (usize, usize, i32)> {
    let steps = line.as_bytes();
    steps
        .iter()
        .enumerate()
        .filter(|(_, s)| s.is_ascii_digit())
        .map(|(at, step)| {
            let held = steps[at + 1..].iter().take_while(|&&s| s == b'-').count();
            (at, 1 + held, i32::from(step - b'1'))
        })
}

#[cfg(test)]
mod tests {
    use super::notes;

    #[test]
    fn a_line_of_steps_becomes_notes() {
        let read: Vec<_> = notes("1--.3-58").collect();
        assert_eq!(read, [(0, 3, 0), (4, 2, 2), (6, 1, 4), (7, 1, 7)]);
    }
}
