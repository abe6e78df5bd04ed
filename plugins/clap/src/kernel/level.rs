// SPDX-License-Identifier: MPL-2.0
//! Which instruction set the kernels run on: those of `auris_dsp`, and one above them.
use auris_dsp::simd;
use std::sync::LazyLock;

/// An instruction set that this processor has.
///
/// Invariant: a value with tiles exists only where `amx::available` says that there are such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level {
    vectors: simd::Level,
    tiles: bool,
}

impl Level {
    /// The reference: plain loops.
    pub const SCALAR: Level = Level::of(simd::Level::SCALAR);
    /// What the compiler's target guarantees: SSE2 on x86-64, NEON on AArch64.
    pub const BASELINE: Level = Level::of(simd::Level::BASELINE);

    const fn of(vectors: simd::Level) -> Level {
        Level {
            vectors,
            tiles: false,
        }
    }

    /// Every level this processor can run, slowest first.
    pub fn available() -> impl Iterator<Item = Level> {
        let vectors = simd::Level::available().map(Level::of);
        vectors.chain(Level::with_tiles())
    }

    /// The fastest available level, or the one that the environment variable `AURIS_SIMD` names
    /// (`scalar`, `baseline`, `avx2`, `avx512`, `amx`) if the processor has it. Read once per
    /// process.
    pub fn best() -> Level {
        static BEST: LazyLock<Level> = LazyLock::new(|| {
            let wanted = std::env::var("AURIS_SIMD").unwrap_or_default();
            Level::available()
                .find(|level| level.name() == wanted)
                .or_else(|| Level::available().last())
                .unwrap_or(Level::BASELINE)
        });
        *BEST
    }

    /// The name by which `AURIS_SIMD` selects it.
    pub fn name(self) -> &'static str {
        match self.tiles {
            true => "amx",
            false => self.vectors.name(),
        }
    }

    /// That of its vectors.
    pub(crate) fn vectors(self) -> simd::Level {
        self.vectors
    }

    /// Whether bf16 and bytes are multiplied by tiles.
    pub(super) fn has_tiles(self) -> bool {
        self.tiles
    }

    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
    fn with_tiles() -> Option<Level> {
        let vectors = simd::Level::available().find(|level| level.is_avx512())?;
        super::amx::available().then_some(Level {
            vectors,
            tiles: true,
        })
    }

    #[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(auris_portable))))]
    fn with_tiles() -> Option<Level> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_named_apart() {
        let levels: Vec<_> = Level::available().collect();
        assert!(levels.is_sorted() && levels.contains(&Level::BASELINE));
        for pair in levels.windows(2) {
            assert_ne!(pair[0].name(), pair[1].name());
        }
        assert!(levels.contains(&Level::best()));
    }
}
