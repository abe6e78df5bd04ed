// SPDX-License-Identifier: MPL-2.0
//! Numbers as `GBytes`, in memory that is used again.
//!
//! What is allocated per `GBytes` is its header alone (some forty bytes, which GLib gives no way to
//! keep); the block behind it comes back when the last who held it lets it go.
#![allow(unsafe_code)]
use crate::result_sink::lock;
use glib::translate::FromGlibPtrFull;
use gst::glib;
use std::sync::{Arc, Mutex, Weak};

/// Makes `GBytes` of 32-bit little-endian floats.
#[derive(Debug)]
pub struct BlockPool(Arc<IdleBlocks>);

#[derive(Debug)]
struct IdleBlocks {
    /// Boxed, so that the address by which a `GBytes` knows its block is used again as well.
    #[allow(clippy::vec_box)]
    blocks: Mutex<Vec<Box<Block>>>,
    most: usize,
}

#[derive(Debug)]
struct Block {
    bytes: Vec<u8>,
    /// Weak: bytes that are still out when the pool is dropped are freed like any others.
    home: Weak<IdleBlocks>,
}

impl BlockPool {
    /// A pool that keeps `most` blocks while nobody else has them.
    pub fn new(most: usize) -> Self {
        BlockPool(Arc::new(IdleBlocks {
            blocks: Mutex::new(Vec::with_capacity(most)),
            most,
        }))
    }

    /// `rows`, one after the other.
    pub fn bytes<'a>(&self, rows: impl Iterator<Item = &'a [f32]>) -> glib::Bytes {
        let idle = lock(&self.0.blocks).pop();
        let mut block = idle.unwrap_or_else(|| {
            Box::new(Block {
                bytes: Vec::new(),
                home: Arc::downgrade(&self.0),
            })
        });
        block.bytes.clear();
        for row in rows {
            let start = block.bytes.len();
            block.bytes.resize(start + row.len() * 4, 0);
            let places = block.bytes[start..].as_chunks_mut::<4>().0;
            for (place, value) in places.iter_mut().zip(row) {
                *place = value.to_le_bytes();
            }
        }
        let (data, length) = (block.bytes.as_ptr(), block.bytes.len());
        // SAFETY: the bytes live in the block's own heap memory until `give_back`, which GLib calls
        // once, when nobody has the GBytes any more; nobody writes to them meanwhile.
        unsafe {
            let block = Box::into_raw(block);
            glib::Bytes::from_glib_full(glib::ffi::g_bytes_new_with_free_func(
                data.cast(),
                length,
                Some(give_back),
                block.cast(),
            ))
        }
    }
}

unsafe extern "C" fn give_back(block: glib::ffi::gpointer) {
    // SAFETY: the box of `BlockPool::bytes`, which GLib hands back once.
    let block = unsafe { Box::from_raw(block.cast::<Block>()) };
    let Some(home) = block.home.upgrade() else {
        return;
    };
    let mut blocks = lock(&home.blocks);
    if blocks.len() < home.most {
        blocks.push(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(bytes: &[u8]) -> Vec<f32> {
        let chunks = bytes.as_chunks::<4>().0.iter();
        chunks.map(|chunk| f32::from_le_bytes(*chunk)).collect()
    }

    #[test]
    fn blocks_come_back_and_what_is_kept_stays() {
        let pool = BlockPool::new(2);
        let first = pool.bytes([&[1f32, 2.0][..], &[3.0]].into_iter());
        let address = first.as_ref().as_ptr();
        let second = pool.bytes([&[4f32; 3][..]].into_iter());
        assert_eq!(floats(&first), [1.0, 2.0, 3.0]);
        assert_eq!(floats(&second), [4.0; 3]);
        drop(first);
        let third = pool.bytes([&[5f32; 3][..]].into_iter());
        assert_eq!(third.as_ref().as_ptr(), address);
        assert_eq!(floats(&third), [5.0; 3]);
        assert_eq!(floats(&second), [4.0; 3]);
        let kept: Vec<_> = (0..5).map(|_| third.clone()).collect();
        drop(third);
        assert_eq!(floats(&kept[3]), [5.0; 3]);
        drop(kept);
        let out = [0f32; 4].map(|value| pool.bytes([&[value][..]].into_iter()));
        drop(out);
        assert_eq!(lock(&pool.0.blocks).len(), 2);
    }

    #[test]
    fn bytes_need_no_pool_and_may_go_on_any_thread() {
        let pool = BlockPool::new(2);
        let bytes = pool.bytes([&[7f32; 9][..]].into_iter());
        drop(pool);
        let thread = std::thread::spawn(move || floats(&bytes));
        assert_eq!(thread.join().unwrap(), [7.0; 9]);
        assert_eq!(
            floats(&BlockPool::new(0).bytes(std::iter::empty())),
            [0f32; 0]
        );
    }
}
