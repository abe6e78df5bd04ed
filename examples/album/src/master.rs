// SPDX-License-Identifier: MPL-2.0
//! What makes the same kind of music measure DR 15 or DR 5.
use crate::{mix::Stereo, synth::RATE};

/// How a track is made ready for release. `loud_db` is the RMS of the loudest second
/// that is wanted, in dB of full scale before peaks are limited.
#[derive(Debug, Clone, Copy)]
pub enum Mastering {
    /// Only brought to the ceiling: every peak is as it was played.
    Open,
    /// Louder, its peaks limited.
    Normal { loud_db: f32 },
    /// As loud as it goes: saturated, then limited.
    BrickWall { loud_db: f32 },
}

/// Highest sample that leaves, −0.3 dB.
const CEILING: f32 = 0.966;

/// Length of the fades that keep the ends free of clicks, in seconds.
const FADE: f32 = 0.03;

/// Masters in place.
pub fn master(sound: &mut Stereo, how: Mastering) {
    fade_ends(sound);
    match how {
        Mastering::Open => {
            let gain = CEILING / peak(sound).max(f32::MIN_POSITIVE);
            sound.shape(|_| gain);
        }
        Mastering::Normal { loud_db } => {
            bring_to(sound, loud_db);
            limit(sound);
        }
        Mastering::BrickWall { loud_db } => {
            bring_to(sound, loud_db + 3.0);
            for sample in sound.left.iter_mut().chain(&mut sound.right) {
                *sample = sample.tanh();
            }
            bring_to(sound, loud_db);
            limit(sound);
        }
    }
}

fn fade_ends(sound: &mut Stereo) {
    let (frames, fade) = (sound.frames(), FADE * RATE);
    sound.shape(|i| (i.min(frames - 1 - i) as f32 / fade).min(1.0));
}

fn peak(sound: &Stereo) -> f32 {
    let samples = sound.left.iter().chain(&sound.right);
    samples.fold(0.0, |max, s| max.max(s.abs()))
}

fn bring_to(sound: &mut Stereo, loud_db: f32) {
    let window = RATE as usize;
    let loudest = |side: &[f32]| {
        let power = |w: &[f32]| w.iter().map(|s| s * s).sum::<f32>() / w.len() as f32;
        side.chunks(window).map(power).fold(0.0, f32::max)
    };
    let power = loudest(&sound.left)
        .max(loudest(&sound.right))
        .max(f32::MIN_POSITIVE);
    let gain = 10f32.powf(loud_db / 20.0) / power.sqrt();
    sound.shape(|_| gain);
}

/// Turns down before each peak that exceeds the ceiling, both sides alike, and slowly up after it.
fn limit(sound: &mut Stereo) {
    let ahead = (0.002 * RATE) as usize;
    let release = 1.0 - (-1.0 / (0.08 * RATE)).exp();
    let needed: Vec<f32> = sound
        .left
        .iter()
        .zip(&sound.right)
        .map(|(l, r)| CEILING / l.abs().max(r.abs()).max(CEILING))
        .collect();
    // Backwards: reach each peak's gain over the samples before it, in equal steps of dB.
    let attack = 10f32.powf(12.0 / 20.0 / ahead as f32);
    let mut gain = needed;
    for i in (1..gain.len()).rev() {
        gain[i - 1] = gain[i - 1].min(gain[i] * attack);
    }
    // Forwards: recover, but never above what is needed.
    let mut held = 1.0f32;
    for g in &mut gain {
        held = (held + release * (1.0 - held)).min(*g);
        *g = held;
    }
    sound.shape(|i| gain[i]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bursts() -> Stereo {
        let mut sound = Stereo::silence(44_100);
        for (i, s) in sound.left.iter_mut().enumerate() {
            let loud = if i % 11_025 < 400 { 3.0 } else { 0.2 };
            *s = loud * (i as f32 * 0.05).sin();
        }
        sound
    }

    #[test]
    fn nothing_leaves_above_the_ceiling() {
        for how in [
            Mastering::Open,
            Mastering::Normal { loud_db: -6.0 },
            Mastering::BrickWall { loud_db: -3.0 },
        ] {
            let mut sound = bursts();
            master(&mut sound, how);
            let peak = peak(&sound);
            assert!(
                (0.9..=CEILING + 1e-6).contains(&peak),
                "{how:?} peaks at {peak}"
            );
        }
    }

    #[test]
    fn what_is_below_the_ceiling_keeps_its_shape() {
        let mut sound = bursts();
        sound.shape(|_| 0.1);
        let before = sound.left.clone();
        limit(&mut sound);
        assert_eq!(before, sound.left);
    }

    #[test]
    fn silence_stays_silent() {
        let mut sound = Stereo::silence(1000);
        master(&mut sound, Mastering::BrickWall { loud_db: -3.0 });
        assert_eq!(peak(&sound), 0.0);
    }
}
