// SPDX-License-Identifier: MPL-2.0
//! The element in a harness and in pipelines.
