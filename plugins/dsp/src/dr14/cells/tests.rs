// SPDX-License-Identifier: MPL-2.0
use super::*;

#[test]
fn block_lengths_are_the_published_ones() {
    assert_eq!(foobar_block(44_100), 132_480);
    assert_eq!(foobar_block(48_000), 144_195);
    assert_eq!(tt_block(44_100), 132_480);
    assert_eq!(tt_block(48_000), 144_000);
    for rate in [
        8_000, 11_025, 22_050, 32_000, 88_200, 96_000, 192_000, 384_000,
    ] {
        let published = (f64::from(rate) * 3.004_081_632_653_061_3).floor() as u64;
        assert_eq!(foobar_block(rate), published, "{rate} Hz");
    }
}

#[test]
fn cells_come_back_in_order_after_drops_and_truncation() {
    let grid = Grid::new(48_000);
    let mut cells = Cells::new(2, grid, 0);
    let mut ends = vec![0];
    let mut opens = vec![cells.open_block().clone()];
    for i in 0..1000 {
        if i == 512 || i == 999 {
            // Both just after and just before a chunk ends, taking back and adding again.
            cells.truncate(cells.len() - 1, ends[i - 1], &opens[i - 1]);
            assert_eq!(cells.end(), ends[i - 1]);
            cells.push(&cell(i - 1, grid.room(cells.end())));
        }
        cells.push(&cell(i, grid.room(cells.end())));
        ends.push(cells.end());
        opens.push(cells.open_block().clone());
    }
    for _ in 0..300 {
        assert!(cells.pop_front());
    }
    assert_eq!(cells.start(), ends[300]);
    cells.truncate(500, ends[800], &opens[800]);
    assert_eq!(cells.len(), 500);
    let seen: Vec<f64> = cells.iter().map(|c| c.sums[0]).collect();
    assert_eq!(seen, (300..800).map(f64::from).collect::<Vec<_>>());
    assert!(cells.iter().all(|c| c.peaks[1] == -c.sums[0]));
    let lengths: u64 = cells.iter().map(|c| c.frames).sum();
    assert_eq!(lengths, ends[800] - ends[300]);
    let starts = ends.iter().filter(|end| end.is_multiple_of(grid.foobar));
    let limited: Vec<u64> = starts
        .copied()
        .filter(|&start| start >= ends[300] && grid.foobar_end(start) <= ends[800])
        .filter(|&start| cells.limited_rms(start, 0, None).is_some())
        .collect();
    let holding = [399, 499, 599, 699, 799].map(|i| ends[i] / grid.foobar * grid.foobar);
    let ended = holding
        .into_iter()
        .filter(|&start| grid.foobar_end(start) <= ends[800]);
    assert_eq!(limited, ended.collect::<Vec<_>>());
    cells.clear(7);
    assert!(cells.is_empty() && cells.iter().next().is_none() && cells.start() == 7);
}

#[test]
fn truncation_to_whole_chunks_leaves_room_for_what_follows() {
    let grid = Grid::new(48_000);
    for dropped in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1] {
        for kept in [0, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1] {
            let kept = kept.max(dropped);
            let mut cells = Cells::new(2, grid, 0);
            let mut ends = vec![0];
            let push = |cells: &mut Cells, i: usize| {
                cells.push(&cell(i, grid.room(cells.end())));
                cells.end()
            };
            for i in 0..3 * CHUNK {
                ends.push(push(&mut cells, i));
            }
            let open = cells.open_block().clone();
            for _ in 0..dropped {
                assert!(cells.pop_front());
            }
            cells.truncate(kept - dropped, ends[kept], &open);
            for i in kept..kept + 300 {
                push(&mut cells, i);
            }
            let seen: Vec<f64> = cells.iter().map(|c| c.sums[0]).collect();
            let expected: Vec<f64> = (dropped..kept + 300).map(|i| i as f64).collect();
            assert_eq!(seen, expected, "{dropped} dropped, {kept} kept");
        }
    }
}

/// A cell that shows its number; every hundredth one exceeds full scale.
fn cell(number: usize, frames: u64) -> OwnedCell {
    let value = number as f64;
    OwnedCell {
        frames,
        sums: vec![value, -value],
        peaks: vec![value, -value],
        limited: vec![0.5, 0.5],
        over: number % 100 == 99,
    }
}
