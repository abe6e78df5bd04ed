// SPDX-License-Identifier: MPL-2.0
//! How an impulse response is cut into partitions.

/// Equal partitions in a row. Stage `i` begins where its first result is needed just when the
/// block that it comes from is complete: at tap `block` − [`Layout::delay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stage {
    /// Taps of a partition, and frames from one run to the next; a power of two.
    pub(super) block: usize,
    /// Partitions.
    pub(super) parts: usize,
}

/// The partitions of all impulse responses of a filter, shortest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Frames by which the output is late.
    pub(super) delay: usize,
    /// Taps before the first stage, applied sample by sample.
    pub(super) head: usize,
    /// Blocks grow from stage to stage, and each is a multiple of the one before.
    pub(super) stages: Vec<Stage>,
}

/// Blocks without delay. Two short transforms per frame cost about what 128 taps do.
const IMMEDIATE: [usize; 3] = [128, 1024, 8192];
/// Blocks with delay, from the second on.
const LATE: [usize; 2] = [1024, 8192];
/// A stage with longer blocks costs a pair of transforms per frame, about as much as this many
/// partitions that it saves.
const WORTH: usize = 16;

impl Layout {
    /// For `taps` taps, without delay.
    pub(super) fn immediate(taps: usize) -> Self {
        if taps <= 2 * IMMEDIATE[0] {
            return Layout {
                delay: 0,
                head: taps,
                stages: Vec::new(),
            };
        }
        Layout::staged(taps, 0, &IMMEDIATE)
    }

    /// For `taps` taps, late by one block of 1024 frames, or less where the filter is short.
    pub(super) fn blockwise(taps: usize) -> Self {
        let first = (taps / 8).next_power_of_two().clamp(32, LATE[0]);
        Layout::staged(taps, first, &[first, LATE[1]])
    }

    fn staged(taps: usize, delay: usize, blocks: &[usize]) -> Self {
        let mut stages = Vec::new();
        let mut begin = blocks[0] - delay;
        for (i, &block) in blocks.iter().enumerate() {
            let longer = blocks.get(i + 1).map(|next| (next - delay, WORTH * block));
            match longer {
                Some((end, worth)) if taps >= end + worth => {
                    stages.push(Stage {
                        block,
                        parts: (end - begin) / block,
                    });
                    begin = end;
                }
                _ => {
                    stages.push(Stage {
                        block,
                        parts: (taps - begin.min(taps)).div_ceil(block).max(1),
                    });
                    break;
                }
            }
        }
        Layout {
            delay,
            head: blocks[0] - delay,
            stages,
        }
    }

    /// The first tap of a stage.
    pub(super) fn begin(&self, stage: &Stage) -> usize {
        stage.block - self.delay
    }

    /// Frames after which all stages have run together.
    pub(super) fn period(&self) -> usize {
        self.stages.last().map_or(Self::CHUNK, |stage| stage.block)
    }

    /// Frames at most that are dealt with at a time.
    pub(super) fn chunk(&self) -> usize {
        self.stages.first().map_or(Self::CHUNK, |stage| stage.block)
    }

    const CHUNK: usize = 256;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_cover_every_tap_once() {
        for taps in (0..300).chain([511, 512, 4096, 8192, 20_000, 32_768, 65_536]) {
            for layout in [Layout::immediate(taps), Layout::blockwise(taps)] {
                let mut end = layout.head;
                for stage in &layout.stages {
                    assert_eq!(layout.begin(stage), end, "{taps}: {layout:?}");
                    end += stage.block * stage.parts;
                }
                assert!(end >= taps, "{taps}: {layout:?}");
                let blocks = layout.stages.windows(2);
                assert!(blocks.into_iter().all(|s| s[1].block > s[0].block));
                assert!(layout.delay <= 1024);
            }
        }
    }
}
