// SPDX-License-Identifier: MPL-2.0
//! What an element tells of itself: `hlsbufcap-stats`, documented in `plugins/hlsbufcap/README.md`.
use std::time::Duration;

/// How things stood when somebody last looked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Snapshot {
    pub level_bytes: u64,
    pub level_time: Duration,
    pub peak_bytes: u64,
    /// What this element may hold.
    pub share_bytes: u64,
    /// 0 where there is no limit.
    pub budget_bytes: u64,
    /// What all elements of the budget hold.
    pub budget_level_bytes: u64,
    pub members: u32,
    pub downloaded_bytes: u64,
    /// Bytes per second of media.
    pub rate: f64,
    pub segment_bytes: u64,
    /// What demuxers may read ahead.
    pub read_ahead: Duration,
    pub demuxers: u32,
    pub queues: u32,
    /// How often more was held than allowed.
    pub over_budget: u64,
}

/// Changes with every change of what the fields mean.
const VERSION: u32 = 1;

impl Snapshot {
    pub fn structure(&self) -> gst::Structure {
        let nanoseconds = |time: Duration| time.as_nanos().min(u128::from(u64::MAX)) as u64;
        gst::Structure::builder("hlsbufcap-stats")
            .field("version", VERSION)
            .field("current-level-bytes", self.level_bytes)
            .field("current-level-time", nanoseconds(self.level_time))
            .field("peak-level-bytes", self.peak_bytes)
            .field("share-bytes", self.share_bytes)
            .field("budget-bytes", self.budget_bytes)
            .field("budget-level-bytes", self.budget_level_bytes)
            .field("budget-members", self.members)
            .field("downloaded-bytes", self.downloaded_bytes)
            .field("bytes-per-second", self.rate)
            .field("segment-bytes", self.segment_bytes)
            .field("max-buffering-time", nanoseconds(self.read_ahead))
            .field("demuxers", self.demuxers)
            .field("queues", self.queues)
            .field("over-budget", self.over_budget)
            .build()
    }

    /// How full the buffers are, in percent of what `high_watermark` calls full.
    pub fn percent(&self, high_watermark: f64) -> i32 {
        let part = |level: f64, most: f64| if most > 0.0 { level / most } else { 1.0 };
        let bytes = part(self.level_bytes as f64, self.share_bytes as f64);
        let time = part(self.level_time.as_secs_f64(), self.read_ahead.as_secs_f64());
        let full = bytes.max(time) / high_watermark.max(0.01);
        (full * 100.0).clamp(0.0, 100.0) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_bytes_or_time_can_be_full() {
        let snapshot = Snapshot {
            level_bytes: 50,
            share_bytes: 100,
            level_time: Duration::from_secs(1),
            read_ahead: Duration::from_secs(10),
            ..Snapshot::default()
        };
        assert_eq!(snapshot.percent(1.0), 50);
        assert_eq!(snapshot.percent(0.5), 100);
        let level_time = Duration::from_secs(9);
        let late = Snapshot {
            level_time,
            ..snapshot
        };
        assert_eq!(late.percent(1.0), 90);
    }
}
