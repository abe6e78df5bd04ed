// SPDX-License-Identifier: MPL-2.0
//! The sample tables of a track, against each other and against the media data.
use super::Media;
use super::track::{Sizes, Table, Track};
use crate::integrity::Damage;
use crate::integrity::input::{Column, Input, be16, be32, be64};
use std::io::{Read, Seek};

/// Sums over all samples of a track.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub samples: u64,
    /// In the track's time scale.
    pub duration: u64,
}

/// Reads the tables and gives their sums.
pub(super) fn check<R: Read + Seek>(
    input: &mut Input<'_, R>,
    track: &Track,
    media: &Media,
) -> Result<Totals, Damage> {
    let mut sizes = SizeColumn::new(track.sizes);
    let totals = sum_times(input, track.times)?;
    if totals.samples != sizes.left {
        return Err(damaged!(
            "track {}: times for {} samples, sizes for {}",
            track.id,
            totals.samples,
            sizes.left
        ));
    }
    let declared = sizes.left;
    let width = if track.wide_chunks { 8 } else { 4 };
    let mut offsets = Column::new(track.chunks.offset, track.chunks.entries, width);
    let mut runs = Column::new(track.chunk_runs.offset, track.chunk_runs.entries, 12);
    let mut run = (0, 0);
    let mut coming = next_run(&mut runs, input)?;
    for number in 1..=track.chunks.entries {
        while let Some(next) = coming.filter(|next| next.0 <= number) {
            if next.0 < number || next.1 == 0 {
                return Err(damaged!(
                    "track {}: chunk {number} is described wrongly",
                    track.id
                ));
            }
            run = next;
            coming = next_run(&mut runs, input)?;
        }
        let Some(row) = offsets.next(input)? else {
            break;
        };
        let start = if track.wide_chunks {
            be64(row, 0)
        } else {
            u64::from(be32(row, 0))
        };
        let length = sizes
            .take(input, u64::from(run.1))
            .map_err(|problem| match problem {
                Damage::Damaged(text) => damaged!("track {}, chunk {number}: {text}", track.id),
                other => other,
            })?;
        let chunk = start..start.saturating_add(length);
        if chunk.end > input.size() {
            return Err(truncated!(
                "track {}, chunk {number} goes to {}, the file ends at {}",
                track.id,
                chunk.end,
                input.size()
            ));
        }
        if length > 0 && !media.holds(&chunk) {
            return Err(damaged!(
                "track {}, chunk {number} ({start} to {}) is not media data",
                track.id,
                chunk.end
            ));
        }
    }
    if sizes.left != 0 {
        return Err(damaged!(
            "track {}: chunks for {} of {declared} samples",
            track.id,
            declared - sizes.left
        ));
    }
    Ok(totals)
}

/// First chunk and samples per chunk of the next entry of `stsc`.
fn next_run<R: Read + Seek>(
    runs: &mut Column,
    input: &mut Input<'_, R>,
) -> Result<Option<(u64, u32)>, Damage> {
    Ok(runs
        .next(input)?
        .map(|row| (u64::from(be32(row, 0)), be32(row, 4))))
}

fn sum_times<R: Read + Seek>(input: &mut Input<'_, R>, table: Table) -> Result<Totals, Damage> {
    let mut column = Column::new(table.offset, table.entries, 8);
    let mut totals = Totals::default();
    while let Some(row) = column.next(input)? {
        let (count, delta) = (u64::from(be32(row, 0)), u64::from(be32(row, 4)));
        totals.samples += count;
        totals.duration = totals.duration.saturating_add(count * delta);
    }
    Ok(totals)
}

/// Sample sizes in order.
struct SizeColumn {
    /// Samples not yet taken.
    left: u64,
    sizes: Option<Sizes>,
    column: Column,
    /// The lower half of a byte of four-bit sizes that is not taken yet.
    nibble: Option<u8>,
}

impl SizeColumn {
    fn new(sizes: Option<Sizes>) -> Self {
        let (left, column) = match sizes {
            Some(Sizes::Equal { samples, .. }) => (samples, Column::new(0, 0, 1)),
            Some(Sizes::Each { table, bits }) => {
                let rows = (table.entries * u64::from(bits)).div_ceil(8.max(bits).into());
                (
                    table.entries,
                    Column::new(table.offset, rows, (bits as usize).div_ceil(8)),
                )
            }
            None => (0, Column::new(0, 0, 1)),
        };
        Self {
            left,
            sizes,
            column,
            nibble: None,
        }
    }

    /// Bytes in the next `count` samples.
    fn take<R: Read + Seek>(
        &mut self,
        input: &mut Input<'_, R>,
        count: u64,
    ) -> Result<u64, Damage> {
        if count > self.left {
            return Err(damaged!("{count} samples, only {} are left", self.left));
        }
        self.left -= count;
        let bits = match self.sizes {
            Some(Sizes::Equal { size, .. }) => return Ok(count * u64::from(size)),
            Some(Sizes::Each { bits, .. }) => bits,
            None => return Ok(0),
        };
        let mut sum: u64 = 0;
        for _ in 0..count {
            if let Some(nibble) = self.nibble.take() {
                sum += u64::from(nibble);
                continue;
            }
            let Some(row) = self.column.next(input)? else {
                break;
            };
            sum += match bits {
                32 => u64::from(be32(row, 0)),
                16 => u64::from(be16(row, 0)),
                8 => u64::from(row[0]),
                _ => {
                    self.nibble = Some(row[0] & 15);
                    u64::from(row[0] >> 4)
                }
            };
        }
        Ok(sum)
    }
}
