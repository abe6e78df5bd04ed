// SPDX-License-Identifier: MPL-2.0
//! AMX: registers that hold 16 rows of 64 bytes, and their products.
//!
//! Intel, Architecture Instruction Set Extensions Programming Reference, chapter 3. The compiler has
//! no stable names for these instructions; they are assembly here, and nobody else touches the
//! registers.
#![allow(unsafe_code)]
use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::marker::PhantomData;
use std::sync::LazyLock;

/// Rows of a tile at most, and words of 32 bits in a row of one.
pub(super) const SIDE: usize = 16;
/// Rows and columns of a [`Block`]: two tiles each way.
pub(super) const BLOCK: usize = 2 * SIDE;
/// Words of a step: [`SIDE`] of each row or column of a block.
pub(super) const STEP: usize = SIDE * BLOCK;
/// Words that are fetched ahead in a step.
pub(super) const AHEAD: usize = 64;

/// Whether the processor has tiles for bf16 and for bytes, and the system lets this process have
/// them. Asked for once, for all threads.
pub(super) fn available() -> bool {
    static AVAILABLE: LazyLock<bool> = LazyLock::new(|| has_tiles() && permitted());
    *AVAILABLE
}

fn has_tiles() -> bool {
    const OSXSAVE: u32 = 1 << 27;
    const BF16_TILE_INT8: u32 = 1 << 22 | 1 << 24 | 1 << 25;
    /// Configuration and data of tiles are saved when threads change.
    const TILE_STATE: u64 = 1 << 17 | 1 << 18;
    const TILE_LEAF: u32 = 0x1d;
    if __cpuid(0).eax < TILE_LEAF || __cpuid(1).ecx & OSXSAVE == 0 {
        return false;
    }
    if __cpuid_count(7, 0).edx & BF16_TILE_INT8 != BF16_TILE_INT8 {
        return false;
    }
    // Palette 1: its tiles' size and row in bytes, how many there are, and their rows.
    let palette = __cpuid_count(TILE_LEAF, 1);
    let (size, row) = (palette.eax >> 16, palette.ebx & 0xffff);
    let (tiles, rows) = (palette.ebx >> 16, palette.ecx & 0xffff);
    // SAFETY: OSXSAVE says that the instruction is there.
    let saved = unsafe { saved_state() };
    (size, row, tiles, rows) == (1024, 64, 8, 16) && saved & TILE_STATE == TILE_STATE
}

/// # Safety
/// The processor has XSAVE.
#[target_feature(enable = "xsave")]
unsafe fn saved_state() -> u64 {
    // SAFETY: the caller's promise.
    unsafe { _xgetbv(0) }
}

/// Linux grants tiles to processes that ask, for they make what is saved of a thread much larger;
/// not where a thread's stack for signals is too small for it.
fn permitted() -> bool {
    /// From <asm/prctl.h>, and the component of the state that is asked for.
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: it takes two numbers, and no memory.
    unsafe {
        libc::syscall(
            libc::SYS_arch_prctl,
            ARCH_REQ_XCOMP_PERM,
            XFEATURE_XTILEDATA,
        ) == 0
    }
}

/// What words stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Two bf16, whose products are summed up in f32. Subnormal numbers count as zero.
    Halves,
    /// Four bytes, u8 on the left and i8 on the right, summed up in i32.
    Bytes,
}

/// Sums of a block, row by row, as bits of f32 or i32.
#[repr(C, align(64))]
pub(super) struct Block(pub [[u32; BLOCK]; BLOCK]);

/// What sums begin at that have no other beginning.
static NONE: Line = Line([0; BLOCK]);

#[repr(align(64))]
struct Line([u32; BLOCK]);

/// The memory from which tiles are configured.
#[repr(C, align(64))]
struct Configuration {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    /// Bytes of a row of each tile,
    row_bytes: [u16; 16],
    /// and rows.
    rows: [u8; 16],
}

/// This thread's tiles, configured as products want them; left empty when dropped.
///
/// Invariant: while it exists, the thread's tiles are all of [`SIDE`] rows of [`SIDE`] words.
pub(super) struct Tiles {
    /// Tiles are a thread's own.
    thread: PhantomData<*const ()>,
}

impl Tiles {
    /// Panics where tiles are not [`available`]; a thread has one at a time.
    pub fn new() -> Tiles {
        assert!(available());
        let mut configuration = Configuration {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        configuration.row_bytes[..8].fill(4 * SIDE as u16);
        configuration.rows[..8].fill(SIDE as u8);
        // SAFETY: tiles are available, and the configuration is a valid one.
        unsafe {
            asm!(
                "ldtilecfg [{}]", in(reg) &raw const configuration,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, preserves_flags, readonly),
            );
        }
        Tiles {
            thread: PhantomData,
        }
    }

    /// [`BLOCK`] rows times as many columns. `left` has [`SIDE`] words of each row, then as many
    /// more of each, and so on; `right` a word of each column, then one more of each. Sums begin at
    /// the column's number of `starts`, or at 0 if there are none. `ahead` will be needed next: some
    /// of it is fetched into the cache.
    pub fn multiply(
        &mut self,
        words: Words,
        left: &[u32],
        right: &[u32],
        starts: &[u32],
        ahead: *const u32,
        out: &mut Block,
    ) {
        assert!(left.len() == right.len() && left.len().is_multiple_of(STEP) && !left.is_empty());
        let starts = if starts.is_empty() { &NONE.0 } else { starts };
        assert!(starts.len() >= BLOCK);
        // SAFETY: the invariant, and the lengths.
        unsafe {
            let pass = Pass {
                steps: left.len() / STEP,
                left: left.as_ptr(),
                right: right.as_ptr(),
                starts: starts.as_ptr(),
                ahead,
                out: out.0.as_mut_ptr().cast(),
            };
            match words {
                Words::Halves => halves(pass),
                Words::Bytes => bytes(pass),
            }
        }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: tiles are available.
        unsafe { asm!("tilerelease", options(nostack, preserves_flags, nomem)) }
    }
}

/// Where a product comes from and goes to.
struct Pass {
    steps: usize,
    left: *const u32,
    right: *const u32,
    starts: *const u32,
    ahead: *const u32,
    out: *mut u32,
}

/// Defines a function that fills a block by one of the instructions for products.
macro_rules! product {
    ($name:ident, $dot:literal) => {
        /// # Safety
        /// Tiles are configured; `left` and `right` have as many words as the steps need, at least
        /// one, `starts` has [`BLOCK`], and `out` room for a [`Block`].
        unsafe fn $name(pass: Pass) {
            // SAFETY: the caller's promise. Fetching ahead reads nothing.
            unsafe {
                asm!(
                    // Every row from the same place.
                    "tileloadd tmm0, [{starts}]",
                    "tileloadd tmm1, [{starts} + 64]",
                    "tileloadd tmm2, [{starts}]",
                    "tileloadd tmm3, [{starts} + 64]",
                    "2:",
                    "tileloadd tmm6, [{right} + {column}]",
                    "tileloadd tmm4, [{left} + {row}]",
                    "prefetcht1 [{ahead}]",
                    "prefetcht1 [{ahead} + 64]",
                    concat!($dot, " tmm0, tmm4, tmm6"),
                    "tileloadd tmm7, [{right} + {column} + 64]",
                    "prefetcht1 [{ahead} + 128]",
                    "prefetcht1 [{ahead} + 192]",
                    concat!($dot, " tmm1, tmm4, tmm7"),
                    "tileloadd tmm5, [{left} + {row} + 1024]",
                    concat!($dot, " tmm2, tmm5, tmm6"),
                    concat!($dot, " tmm3, tmm5, tmm7"),
                    "add {left}, 2048",
                    "add {right}, 2048",
                    "add {ahead}, 256",
                    "dec {steps}",
                    "jnz 2b",
                    "tilestored [{out} + {column}], tmm0",
                    "tilestored [{out} + {column} + 64], tmm1",
                    "tilestored [{out} + {column} + 2048], tmm2",
                    "tilestored [{out} + {column} + 2112], tmm3",
                    left = inout(reg) pass.left => _,
                    right = inout(reg) pass.right => _,
                    ahead = inout(reg) pass.ahead => _,
                    steps = inout(reg) pass.steps => _,
                    starts = in(reg) pass.starts,
                    out = in(reg) pass.out,
                    row = in(reg) 4 * SIDE,
                    column = in(reg) 4 * BLOCK,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

product!(halves, "tdpbf16ps");
product!(bytes, "tdpbusd");
