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

/// Gives back what is free between allocations, where many were made and freed in a row.
pub fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim touches memory that nobody owns, and may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Lets go of the program's own code as far as it was touched until now: what is needed again comes
/// back from the system's cache, and what was only needed to begin counts for nobody.
///
/// Not under a debugger, which keeps its breakpoints in those pages.
pub fn forget_code() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        if status.lines().any(|line| line == "TracerPid:\t0") {
            // SAFETY: the function keeps to the contract of the callback and takes no data.
            unsafe { libc::dl_iterate_phdr(Some(forget_program), std::ptr::null_mut()) };
        }
    }
}

/// For the first object, which is the program itself; then it ends the walk.
///
/// # Safety
/// Called by `dl_iterate_phdr` only: `info` is valid while it runs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
unsafe extern "C" fn forget_program(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: see above; the headers are part of the mapped program.
    let (base, headers) = unsafe {
        let info = &*info;
        let count = usize::from(info.dlpi_phnum);
        (
            info.dlpi_addr,
            std::slice::from_raw_parts(info.dlpi_phdr, count),
        )
    };
    // SAFETY: it has no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.max(1) as u64;
    let read_only = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0);
    for header in read_only {
        let start = (base + header.p_vaddr).next_multiple_of(page);
        let end = (base + header.p_vaddr + header.p_filesz) / page * page;
        if start < end {
            // SAFETY: whole pages of a segment that is mapped from the program's file and was never
            // written to, since it is not writable and x86-64 and AArch64 have no relocations in it:
            // when they are touched again, the system reads the same bytes.
            unsafe {
                libc::madvise(start as *mut _, (end - start) as usize, libc::MADV_DONTNEED);
            }
        }
    }
    1
}
