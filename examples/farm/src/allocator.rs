// SPDX-License-Identifier: MPL-2.0
//! Memory that is given back.
#![allow(unsafe_code)]

/// Keeps glibc from setting memory aside per thread: with it, four jobs would take four times what
/// one of them needs, and keep it. `arenas` threads can allocate at once; more wait for each other.
///
/// To be called before any other thread allocates: glibc looks at the number then, and never again.
pub fn tune(arenas: u8) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt takes two integers and may be called at any time.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, i32::from(arenas));
        libc::mallopt(libc::M_TRIM_THRESHOLD, 128 << 10);
        libc::mallopt(libc::M_MMAP_THRESHOLD, 64 << 10);
    }
}
