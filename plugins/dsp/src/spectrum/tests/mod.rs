// SPDX-License-Identifier: MPL-2.0
mod cases;
mod classic;
pub(super) mod common;
mod golden;
mod handover;
mod intervals;
mod stft;
