// SPDX-License-Identifier: MPL-2.0
//! A progress bar on a terminal's standard error, and nothing anywhere else.
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::VecDeque;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Redraws per second.
const REFRESH_HZ: u8 = 4;

/// Finished inputs that the current rate is taken over.
const RATE_WINDOW: usize = 32;

/// How far a run is. Cheap to update from any thread: what is drawn is limited, not what is told.
pub struct Progress {
    bar: ProgressBar,
    audio: Mutex<Audio>,
}

impl Progress {
    /// A bar for `total` inputs, which is seen only if it was `wanted` and standard error is a terminal.
    pub fn new(total: usize, wanted: bool) -> Self {
        let target = if wanted && io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(REFRESH_HZ)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        // A template of our own cannot be wrong; were it, the default bar would do.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files, {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            audio: Mutex::new(Audio::begin(Instant::now())),
        }
    }

    /// An input is finished, with this many seconds of audio (`None` where it gave none).
    pub fn advance(&self, seconds: Option<f64>) {
        let mut audio = self.audio.lock().unwrap_or_else(PoisonError::into_inner);
        audio.add(Instant::now(), seconds.unwrap_or(0.0));
        if !self.bar.is_hidden() {
            self.bar.set_message(audio.message());
        }
        drop(audio);
        self.bar.inc(1);
    }

    /// Runs `write`, which may print to the same terminal, with the bar out of the way.
    pub fn without_bar<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Audio measured so far.
struct Audio {
    seconds: f64,
    /// When the last inputs were finished, and the audio until then.
    recent: VecDeque<(Instant, f64)>,
}

impl Audio {
    fn begin(now: Instant) -> Self {
        Self {
            seconds: 0.0,
            recent: VecDeque::from([(now, 0.0)]),
        }
    }

    fn add(&mut self, now: Instant, seconds: f64) {
        if seconds.is_finite() {
            self.seconds += seconds;
        }
        if self.recent.len() == RATE_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back((now, self.seconds));
    }

    /// Seconds of audio per second, over the last inputs.
    fn rate(&self) -> Option<f64> {
        let ((first, before), (last, after)) = (self.recent.front()?, self.recent.back()?);
        let elapsed = last.duration_since(*first).as_secs_f64();
        (elapsed > 0.0).then(|| (after - before) / elapsed)
    }

    fn message(&self) -> String {
        let hours = self.seconds / 3600.0;
        let rate = self.rate().map(|rate| format!(", {rate:.0} × real time"));
        format!("{hours:.1} h of audio{}", rate.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn rate_is_that_of_the_last_inputs() {
        let start = Instant::now();
        let mut audio = Audio::begin(start);
        assert_eq!(audio.message(), "0.0 h of audio");
        // Slow at first, then ten times as fast: only the latter counts in the end.
        for i in 1..=10 {
            audio.add(start + Duration::from_secs(i * 100), 360.0);
        }
        assert_eq!(audio.message(), "1.0 h of audio, 4 × real time");
        for i in 1..=RATE_WINDOW as u64 {
            audio.add(start + Duration::from_secs(1000 + i * 10), 360.0);
        }
        assert_eq!(audio.message(), "4.2 h of audio, 36 × real time");
        audio.add(start, f64::NAN);
        assert!(audio.seconds.is_finite() && audio.recent.len() == RATE_WINDOW);
    }

    /// A terminal that keeps what was written to it.
    #[derive(Debug, Clone, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.write_str("<cleared>")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn bar_shows_files_and_audio_and_makes_way() {
        let paper = Paper::default();
        let progress = Progress::new(4, false);
        progress
            .bar
            .set_draw_target(ProgressDrawTarget::term_like(Box::new(paper.clone())));
        progress.advance(Some(7200.0));
        progress.advance(None);
        progress.bar.tick();
        let drawn = std::mem::take(&mut *paper.0.lock().unwrap());
        assert!(drawn.contains(" 2/4 files, 2.0 h of audio"), "{drawn}");
        let at_write = progress.without_bar(|| paper.0.lock().unwrap().clone());
        assert!(at_write.ends_with("<cleared>"), "{at_write}");
        progress.finish();
        assert!(paper.0.lock().unwrap().ends_with("<cleared>"));
    }

    #[test]
    fn hidden_bar_draws_nothing() {
        let progress = Progress::new(2, false);
        progress.advance(Some(1.0));
        assert!(progress.bar.is_hidden());
        assert_eq!(progress.bar.position(), 1);
    }
}
