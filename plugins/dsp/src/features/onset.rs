// SPDX-License-Identifier: MPL-2.0
//! Onset strength after Böck and Widmer, as librosa's `onset_strength` computes it by default: the
//! mean over mel bands of what they rose by, in dB, since the frame before.

/// Per row the spectrum of the frame before and the values that are late.
#[derive(Debug, Clone)]
pub(super) struct Onset {
    bands: usize,
    delay: usize,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    begun: bool,
    before: Vec<f32>,
    /// The last `delay` values, the oldest at `next`.
    late: Vec<f32>,
    next: usize,
}

impl Onset {
    pub(super) fn new(rows: usize, bands: usize, delay: usize) -> Self {
        let row = Row {
            begun: false,
            before: vec![0.0; bands],
            late: vec![0.0; delay],
            next: 0,
        };
        Onset {
            bands,
            delay,
            rows: vec![row; rows],
        }
    }

    pub(super) fn reset(&mut self) {
        for row in &mut self.rows {
            row.begun = false;
            row.late.fill(0.0);
            row.next = 0;
        }
    }

    /// The strength `delay` frames ago; `spectrum` is that of now.
    pub(super) fn step(&mut self, row: usize, spectrum: &[f32]) -> f32 {
        let row = &mut self.rows[row];
        let mut rise = 0.0;
        if row.begun {
            let pairs = spectrum.iter().zip(&row.before);
            // A rise from what is no number to what is none is none.
            rise = pairs
                .map(|(now, before)| (now - before).max(0.0))
                .sum::<f32>();
        }
        row.begun = true;
        row.before.copy_from_slice(spectrum);
        let strength = rise / self.bands.max(1) as f32;
        if self.delay == 0 {
            return strength;
        }
        let late = std::mem::replace(&mut row.late[row.next], strength);
        row.next = (row.next + 1) % self.delay;
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_count_and_falls_do_not() {
        let mut onset = Onset::new(2, 4, 0);
        assert_eq!(onset.step(0, &[1.0, 2.0, 3.0, 4.0]), 0.0);
        assert_eq!(onset.step(1, &[0.0; 4]), 0.0);
        assert_eq!(onset.step(0, &[3.0, 1.0, 3.0, 6.0]), 1.0);
        assert_eq!(onset.step(1, &[8.0, 0.0, 0.0, 0.0]), 2.0);
        onset.reset();
        assert_eq!(onset.step(0, &[9.0; 4]), 0.0);
    }

    #[test]
    fn a_delay_shifts() {
        let mut onset = Onset::new(1, 1, 2);
        let levels = [0.0, 1.0, 3.0, 3.0, 10.0, 0.0, 0.0];
        let strengths = levels.map(|level| onset.step(0, &[level]));
        assert_eq!(strengths, [0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 7.0]);
    }

    #[test]
    fn what_is_no_number_passes() {
        let mut onset = Onset::new(1, 2, 0);
        onset.step(0, &[f32::INFINITY, f32::NAN]);
        assert_eq!(onset.step(0, &[f32::INFINITY, f32::NAN]), 0.0);
        onset.step(0, &[0.0, 0.0]);
        assert_eq!(onset.step(0, &[2.0, 0.0]), 1.0);
    }
}
