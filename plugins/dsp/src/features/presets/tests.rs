// SPDX-License-Identifier: MPL-2.0
mod golden;
mod robust;
mod signal;
