// SPDX-License-Identifier: MPL-2.0
//! The arithmetic of the model, for every instruction set.
//!
//! - `lanes`: SIMD in the abstract, and in plain Rust; `x86` has the real thing.
//! - `packed`: weights, laid out for `multiply`, rows times weights, which consists of `tile`s;
//!   `product` is what the precisions do differently there, with `native` instructions where there
//!   are such, `quantise` what they do to rows, `leave` what becomes of the sums. `tiled` does the
//!   same with `amx`, whose tiles are registers.
//! - `normalise`, `attention` with its `bias`, `math`: the rest of a transformer; `attention_tiled` is
//!   attention by tiles, where the model's products are.
//!
//! All functions take an [`Isa`]. Each is one generic function, compiled once per instruction set;
//! results differ between those by rounding, and on one of them by nothing.
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
mod amx;
mod attention;
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
mod attention_tiled;
mod bias;
mod buffer;
mod lanes;
mod leave;
mod level;
mod math;
mod multiply;
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
mod native;
mod normalise;
mod packed;
mod product;
mod quantise;
#[cfg(test)]
mod tests;
mod tile;
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
mod tiled;
#[cfg(all(target_arch = "x86_64", not(auris_portable)))]
mod x86;

pub(crate) use attention::{SIDE, Scratch, TOKENS, WIDEST_HEAD, attend};
pub(crate) use bias::{Bias, Window};
pub(crate) use buffer::Buffer;
pub use level::Level;
pub(crate) use multiply::{Left, Target, multiply};
pub(crate) use normalise::{Norm, normalise};
pub(crate) use packed::Packed;
pub(crate) use quantise::{to_bytes, to_halves};

use crate::Precision;
use attention::Attend;
use lanes::{Lanes, Quad};
use multiply::{Multiply, VECTORS};
use packed::Panel;

/// Lanes of the widest vector.
const WIDEST: usize = 16;

/// The instructions that the kernels run on.
///
/// Invariant: a flag is set only where the processor has the instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Isa {
    level: Level,
    /// AVX-512 BF16.
    bf16: bool,
    /// AVX-512 VNNI.
    vnni: bool,
}

impl Isa {
    /// What the processor has at this level.
    pub fn new(level: Level) -> Isa {
        #[cfg(target_arch = "x86_64")]
        let (bf16, vnni) = (
            is_x86_feature_detected!("avx512bf16"),
            is_x86_feature_detected!("avx512vnni"),
        );
        #[cfg(not(target_arch = "x86_64"))]
        let (bf16, vnni) = (false, false);
        let wants = level.vectors().is_avx512() && !level.has_tiles();
        Isa {
            level,
            bf16: bf16 && wants,
            vnni: vnni && wants,
        }
    }

    /// The same without the instructions that only bf16 and bytes have.
    #[cfg(test)]
    pub fn plain(level: Level) -> Isa {
        Isa {
            level,
            bf16: false,
            vnni: false,
        }
    }

    /// What results may differ by, as text.
    pub fn name(self) -> String {
        let mut name = self.level.name().to_owned();
        for (has, suffix) in [(self.bf16, "+bf16"), (self.vnni, "+vnni")] {
            if has {
                name += suffix;
            }
        }
        name
    }

    /// Lanes of its vectors.
    fn lanes(self) -> usize {
        #[cfg(all(target_arch = "x86_64", not(auris_portable)))]
        {
            if self.level.vectors().is_avx512() {
                return x86::Sixteen::W;
            }
            if self.level.vectors().is_avx2() {
                return x86::Eight::W;
            }
        }
        Quad::W
    }

    /// How weights are laid out.
    fn panel(self, precision: Precision) -> Panel {
        let tiles = self.level.has_tiles() && precision != Precision::F32;
        Panel {
            lanes: self.lanes(),
            vectors: if tiles { 2 } else { VECTORS },
            tiled: tiles,
        }
    }

    /// Runs a kernel.
    #[allow(unsafe_code)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(all(target_arch = "x86_64", not(auris_portable)))]
        {
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2<K: Kernel>(kernel: K) -> K::Output {
                // SAFETY: called only where the features were detected.
                unsafe { kernel.run::<x86::Eight>() }
            }
            #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")]
            unsafe fn avx512<K: Kernel>(kernel: K) -> K::Output {
                // SAFETY: called only where the features were detected.
                unsafe { kernel.run::<x86::Sixteen>() }
            }
            if self.level.vectors().is_avx512() {
                // SAFETY: such a Level exists only where the features were detected.
                return unsafe { avx512(kernel) };
            }
            if self.level.vectors().is_avx2() {
                // SAFETY: such a Level exists only where the features were detected.
                return unsafe { avx2(kernel) };
            }
        }
        // SAFETY: plain Rust runs everywhere.
        unsafe { kernel.run::<Quad>() }
    }

    /// Runs attention, by tiles where its biases are laid out for them.
    #[allow(unsafe_code)]
    fn attend(self, task: Attend<'_>) {
        assert!(!task.bias.tiled() || self.level.has_tiles());
        #[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
        if task.bias.tiled() {
            // SAFETY: the invariant of Level.
            return unsafe { attention_tiled::attend(task) };
        }
        self.run(task);
    }

    /// Runs a product, on the instructions of its precision where there are such.
    #[allow(unsafe_code)]
    fn multiply(self, task: Multiply<'_>) {
        #[cfg(all(target_arch = "x86_64", target_os = "linux", not(auris_portable)))]
        match task.left {
            // SAFETY: the invariant of Level; what rows and weights are is checked before.
            Left::Half(_) if self.level.has_tiles() => {
                return unsafe { tiled::multiply_half(task) };
            }
            // SAFETY: as above.
            Left::Bytes(..) if self.level.has_tiles() => {
                return unsafe { tiled::multiply_bytes(task) };
            }
            _ => {}
        }
        #[cfg(all(target_arch = "x86_64", not(auris_portable)))]
        match task.left {
            // SAFETY: the invariant of Isa; what rows and weights are is checked before.
            Left::Half(_) if self.bf16 => return unsafe { native::multiply_half(task) },
            // SAFETY: as above.
            Left::Bytes(..) if self.vnni => return unsafe { native::multiply_bytes(task) },
            _ => {}
        }
        self.run(task);
    }
}

/// A function over vectors, with its arguments.
trait Kernel {
    type Output;

    /// To be `#[inline(always)]`, as everything that it calls.
    ///
    /// # Safety
    /// The processor has the instructions of `V`.
    #[allow(unsafe_code)]
    unsafe fn run<V: Lanes>(self) -> Self::Output;
}
