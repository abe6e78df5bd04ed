// SPDX-License-Identifier: MPL-2.0
//! The rules of the house, as far as a program can hold us to them.
mod dependencies;
mod licences;
mod lists;
mod reference;
