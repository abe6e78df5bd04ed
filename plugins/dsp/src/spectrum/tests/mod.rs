// SPDX-License-Identifier: MPL-2.0
mod classic;
mod common;
mod golden;
mod stft;
