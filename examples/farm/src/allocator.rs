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

/// Gives back all that it can, at the price of some hundred page faults.
pub fn tidy() {
    trim();
    forget_code();
}

/// Gives back what is free between allocations, where many were made and freed in a row.
fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim touches memory that nobody owns, and may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Lets go of the code of the program and its libraries as far as it was touched until now: what is
/// needed again comes back from the system's cache, and what was only needed to begin counts for nobody.
///
/// Not under a debugger, which keeps its breakpoints in those pages.
pub fn forget_code() {
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        if status.lines().any(|line| line == "TracerPid:\t0") {
            // SAFETY: the function keeps to the contract of the callback and takes no data.
            unsafe { libc::dl_iterate_phdr(Some(forget_object), std::ptr::null_mut()) };
        }
    }
}

/// For one object: the program or a library.
///
/// # Safety
/// Called by `dl_iterate_phdr` only: `info` is valid while it runs.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
unsafe extern "C" fn forget_object(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    // SAFETY: see above; the headers are part of the mapped object.
    let (base, headers) = unsafe {
        let info = &*info;
        let count = usize::from(info.dlpi_phnum);
        (
            info.dlpi_addr,
            std::slice::from_raw_parts(info.dlpi_phdr, count),
        )
    };
    // SAFETY: the dynamic section of a mapped object is mapped, too, and ends with a null entry.
    if unsafe { has_text_relocations(base, headers) } {
        return 0;
    }
    // SAFETY: it has no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.max(1) as u64;
    let read_only = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0);
    for header in read_only {
        let start = (base + header.p_vaddr).next_multiple_of(page);
        let end = (base + header.p_vaddr + header.p_filesz) / page * page;
        if start < end {
            // SAFETY: whole pages of a segment that is mapped from the object's file and was never
            // written to, since it is not writable and has no relocations in it: when they are touched
            // again, the system reads the same bytes.
            unsafe {
                libc::madvise(start as *mut _, (end - start) as usize, libc::MADV_DONTNEED);
            }
        }
    }
    0
}

/// Whether the linker wrote to an object's read-only segments, which then are not what its file says.
/// So it is taken to be where that cannot be seen: the kernel's own object has no other place.
///
/// # Safety
/// `base` and `headers` are those of a mapped object.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
unsafe fn has_text_relocations(base: u64, headers: &[libc::Elf64_Phdr]) -> bool {
    const DT_NULL: u64 = 0;
    const DT_TEXTREL: u64 = 22;
    const DT_FLAGS: u64 = 30;
    const DF_TEXTREL: u64 = 4;
    let written = headers
        .iter()
        .any(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W != 0);
    let dynamic = headers
        .iter()
        .find(|header| header.p_type == libc::PT_DYNAMIC);
    let Some(dynamic) = dynamic.filter(|_| written) else {
        return true;
    };
    let mut entry = (base + dynamic.p_vaddr) as *const [u64; 2];
    loop {
        // SAFETY: entries follow each other up to the null entry.
        let [tag, value] = unsafe { entry.read() };
        match tag {
            DT_NULL => return false,
            DT_TEXTREL => return true,
            DT_FLAGS if value & DF_TEXTREL != 0 => return true,
            // SAFETY: this one is not the last.
            _ => entry = unsafe { entry.add(1) },
        }
    }
}
