// SPDX-License-Identifier: MPL-2.0
//! How fast a segment is handed on, so that the consumer holds a few seconds of it and the rest waits on disk.
//!
//! Arithmetic without a clock of its own. What the consumer holds is known a little late: at a few times the speed of the
//! media that matters little, and whoever stays hungry at that is served twice as fast again and again, without end.
use std::time::{Duration, Instant};

/// Times the speed of the media, for a consumer that is neither hungry nor full.
const SPEED: f64 = 8.0;
/// Beyond this, speed is no limit.
const LIMITLESS: f64 = 10_000.0;
/// Time at one speed before hunger doubles it.
const PATIENCE: Duration = Duration::from_millis(60);
/// Most bytes that are sent without another look.
const MOST: usize = 32 << 10;
/// Longest time between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// Of media, at once to who is hungry.
const BURST: f64 = 0.5;
/// In bytes, at least.
const LEAST_BURST: f64 = 65_536.0;

/// What the consumer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It does not tell, and then is not slowed.
    Untold,
    /// It does not know yet what the stream is made of: it needs some of it, but nobody knows how much.
    Coming,
    /// Time of media.
    Held(Duration),
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Hand on this many bytes at most.
    Send(usize),
    Wait(Duration),
}

/// The pace of one segment.
#[derive(Debug)]
pub struct Pace {
    /// Bytes per second of media; `None` where nobody knows.
    rate: Option<f64>,
    /// What the consumer shall hold.
    target: Duration,
    speed: f64,
    credit: f64,
    looked: Option<Instant>,
    hungry: Option<Instant>,
}

impl Pace {
    /// Of a segment of `bytes` that lasts for `seconds`; whatever is not known is without limit. `speed` is that of the
    /// segment before: who was hungry then is so still.
    pub fn new(bytes: Option<u64>, seconds: f64, target: Duration, speed: Option<f64>) -> Pace {
        let rate = bytes.map(|bytes| bytes as f64 / seconds);
        Pace {
            rate: rate.filter(|rate| rate.is_finite() && *rate > 0.0),
            target,
            speed: speed.unwrap_or(SPEED).max(SPEED),
            credit: 0.0,
            looked: None,
            hungry: None,
        }
    }

    /// Times the speed of the media.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    pub fn step(&mut self, now: Instant, level: Level) -> Step {
        let Some(rate) = self.rate else {
            return Step::Send(MOST);
        };
        let is_first = self.looked.is_none();
        let looked = self.looked.replace(now).unwrap_or(now);
        let passed = now.saturating_duration_since(looked);
        match level {
            Level::Untold => return Step::Send(MOST),
            Level::Coming if is_first => {
                self.credit = (rate * self.target.as_secs_f64()).max(LEAST_BURST);
            }
            Level::Coming => {}
            Level::Held(held) if held >= self.target => {
                (self.speed, self.credit, self.hungry) = (SPEED, 0.0, None);
                return Step::Wait(LOOK);
            }
            Level::Held(held) => self.grow(now, held, rate),
        }
        if self.speed >= LIMITLESS {
            return Step::Send(MOST);
        }
        let flow = rate * self.speed;
        // What was not used for long is gone.
        let most = (flow * LOOK.as_secs_f64() * 2.0)
            .max(rate * BURST)
            .max(LEAST_BURST);
        self.credit = (self.credit + flow * passed.as_secs_f64()).min(most.max(self.credit));
        let enough = (rate * 0.05).clamp(1024.0, MOST as f64);
        if self.credit >= enough {
            return Step::Send(self.credit.min(MOST as f64) as usize);
        }
        let missing = Duration::from_secs_f64((enough - self.credit) / flow);
        Step::Wait(missing.clamp(Duration::from_millis(1), LOOK))
    }

    /// This many bytes were handed on.
    pub fn sent(&mut self, bytes: usize) {
        self.credit = (self.credit - bytes as f64).max(0.0);
    }

    /// Who holds less than half of what it shall is hungry.
    fn grow(&mut self, now: Instant, level: Duration, rate: f64) {
        if level >= self.target / 2 {
            (self.speed, self.hungry) = (SPEED, None);
            return;
        }
        match self.hungry {
            None => {
                self.credit = self.credit.max((rate * BURST).max(LEAST_BURST));
                self.hungry = Some(now);
            }
            Some(since) if now.saturating_duration_since(since) >= PATIENCE => {
                self.speed = (self.speed * 2.0).min(LIMITLESS);
                self.hungry = Some(now);
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A consumer that takes `takes` seconds of media per second and tells its level `lag` late; gives the most that it
    /// held, how often it had nothing after its first second, and how long everything took.
    fn simulate(rate: f64, seconds: f64, takes: f64, lag: Duration) -> (f64, usize, f64) {
        let total = rate * seconds;
        let mut pace = Pace::new(Some(total as u64), seconds, Duration::from_secs(3), None);
        let start = Instant::now();
        let (mut now, mut sent, mut taken) = (start, 0.0f64, 0.0f64);
        let (mut most, mut starved) = (0.0f64, 0);
        let mut history = vec![(now, 0.0)];
        while sent < total {
            let seen = history.iter().rev().find(|(at, _)| *at + lag <= now);
            let level = Duration::from_secs_f64(seen.map_or(0.0, |(_, level)| *level));
            let wait = match pace.step(now, Level::Held(level)) {
                Step::Send(bytes) => {
                    let bytes = (bytes as f64).min(total - sent);
                    sent += bytes;
                    pace.sent(bytes as usize);
                    Duration::from_micros(20)
                }
                Step::Wait(time) => time,
            };
            now += wait;
            taken = (taken + wait.as_secs_f64() * takes).min(sent / rate);
            let level = sent / rate - taken;
            most = most.max(level);
            starved += usize::from(level <= 0.0 && now - start > Duration::from_secs(1));
            history.push((now, level));
        }
        (most, starved, (now - start).as_secs_f64())
    }

    #[test]
    fn a_player_holds_little_more_than_it_shall() {
        for rate in [4e3, 32e3, 1e6, 5e6] {
            let (most, starved, time) = simulate(rate, 60.0, 1.0, Duration::from_millis(30));
            // At 4 kB a second, 64 kB at once are 16 s.
            let burst = 65_536.0 / rate;
            assert!(most < 4.0f64.max(burst * 1.5), "{most} s held at {rate}");
            assert!(most > 2.9);
            assert_eq!(starved, 0, "{rate}");
            assert!(time > 40.0 - burst);
        }
    }

    #[test]
    fn who_takes_everything_is_not_slowed() {
        let (_, _, time) = simulate(32e3, 600.0, 1e9, Duration::from_millis(30));
        assert!(time < 1.0, "{time} s for 10 minutes");
    }

    #[test]
    fn nobody_who_is_hungry_waits_long() {
        let (_, starved, _) = simulate(1e6, 100.0, 20.0, Duration::from_millis(30));
        assert_eq!(starved, 0);
    }

    #[test]
    fn what_nobody_knows_is_no_limit() {
        let (now, target) = (Instant::now(), Duration::from_secs(3));
        let full = Level::Held(Duration::from_secs(9));
        for (bytes, seconds) in [(None, 5.0), (Some(100), 0.0), (Some(0), 5.0)] {
            let mut pace = Pace::new(bytes, seconds, target, None);
            assert_eq!(pace.step(now, full), Step::Send(MOST));
        }
        let mut pace = Pace::new(Some(1 << 20), 5.0, target, None);
        assert_eq!(pace.step(now, Level::Untold), Step::Send(MOST));
        assert!(matches!(pace.step(now, full), Step::Wait(_)));
    }

    #[test]
    fn who_does_not_know_the_stream_yet_gets_enough_to_know_it() {
        let (start, target) = (Instant::now(), Duration::from_secs(3));
        let mut pace = Pace::new(Some(10_000_000), 10.0, target, None);
        let (mut now, mut sent) = (start, 0);
        while now < start + Duration::from_millis(500) {
            match pace.step(now, Level::Coming) {
                Step::Send(bytes) => {
                    pace.sent(bytes);
                    sent += bytes;
                }
                Step::Wait(time) => now += time,
            }
        }
        // 3 s at once, and then 8 times the speed.
        assert!((6_500_000..7_500_000).contains(&sent), "{sent}");
    }

    #[test]
    fn hunger_outlasts_a_segment() {
        let (now, target) = (Instant::now(), Duration::from_secs(3));
        let mut pace = Pace::new(Some(1 << 20), 5.0, target, Some(LIMITLESS));
        assert_eq!(
            pace.step(now, Level::Held(Duration::ZERO)),
            Step::Send(MOST)
        );
        assert_eq!(pace.speed(), LIMITLESS);
        pace.step(now, Level::Held(Duration::from_secs(2)));
        assert_eq!(pace.speed(), SPEED);
    }
}
