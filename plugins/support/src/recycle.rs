// SPDX-License-Identifier: MPL-2.0
//! Element messages that are used again.
//!
//! A message that carries a list of some thousand numbers costs a hundred times more to build and to
//! free than to fill in. A [`MessagePool`] gets its messages back when the last who held one lets it
//! go, and rewrites their values in place. Whoever keeps messages keeps them: others are made.
#![allow(unsafe_code)]
use crate::result_sink::lock;
use glib::translate::{FromGlib, FromGlibPtrFull, IntoGlib, ToGlibPtr};
use gst::{ffi, glib, prelude::*};
use std::ptr::NonNull;
use std::sync::{Arc, LazyLock, Mutex, Weak};

/// Makes messages of one shape: the fields of a template, in its order, of its types and lengths.
#[derive(Debug)]
pub struct MessagePool {
    template: gst::Structure,
    idle: Arc<IdleMessages>,
}

/// An element message that has no source yet, so that one which waits for its time does not keep
/// its element alive.
#[derive(Debug)]
pub struct Draft(gst::Message);

/// The fields of a message that is being filled in.
pub struct Fields<'a> {
    structure: &'a mut gst::StructureRef,
    fits: bool,
}

impl MessagePool {
    /// A pool of copies of `template` that keeps `most` of them while nobody else has them.
    pub fn new(template: gst::Structure, most: usize) -> Self {
        MessagePool {
            template,
            idle: Arc::new(IdleMessages {
                messages: Mutex::new(Vec::with_capacity(most)),
                most,
            }),
        }
    }

    /// A message as `fill` writes it: one that came back, or else a new one.
    ///
    /// `fill` runs again, on a new message, where an application changed the shape of the first.
    pub fn message(&self, mut fill: impl FnMut(&mut Fields<'_>)) -> Draft {
        if let Some(mut recycled) = self.idle.take() {
            if filled(&mut recycled, &mut fill) {
                return Draft(recycled);
            }
            retire(recycled);
        }
        let mut fresh = self.fresh();
        let fits = filled(&mut fresh, &mut fill);
        debug_assert!(fits, "what is written is not in the template");
        Draft(fresh)
    }

    fn fresh(&self) -> gst::Message {
        let message = gst::message::Element::builder(self.template.clone()).build();
        let raw: *mut ffi::GstMessage = message.as_mut_ptr();
        // SAFETY: the message was made here and nobody else has it yet. The box lives until the
        // message is freed, which is when GStreamer calls `drop_home`.
        unsafe {
            let object = &mut (*raw).mini_object;
            let home = Box::new(Home {
                idle: Arc::downgrade(&self.idle),
                dispose: object.dispose,
                flags: object.flags,
            });
            object.dispose = Some(dispose);
            ffi::gst_mini_object_set_qdata(
                raw.cast(),
                home_quark().into_glib(),
                Box::into_raw(home).cast(),
                Some(drop_home),
            );
        }
        message
    }
}

/// Writes into a message that is the caller's alone; whether everything fitted.
fn filled(message: &mut gst::Message, fill: &mut impl FnMut(&mut Fields<'_>)) -> bool {
    let Some(message) = message.get_mut() else {
        return false;
    };
    let structure = message.structure_mut();
    let mut fields = Fields {
        structure,
        fits: true,
    };
    fill(&mut fields);
    fields.fits
}

impl Draft {
    /// A message that is used once.
    pub fn new(structure: gst::Structure) -> Self {
        Draft(gst::message::Element::builder(structure).build())
    }

    /// The message, from `source`.
    pub fn from_source(self, source: &impl IsA<gst::Object>) -> gst::Message {
        let message: *mut ffi::GstMessage = self.0.as_mut_ptr();
        // SAFETY: a Draft is the only holder of its message, and none has a source: what it points
        // to need not be given back.
        unsafe { (*message).src = source.as_ref().to_glib_full() };
        self.0
    }
}

impl Fields<'_> {
    /// Replaces a field by a value of the same type.
    pub fn set(&mut self, name: glib::Quark, value: &impl ToSendValue) {
        let (field, value) = (self.value(name), value.to_send_value());
        // SAFETY: `field` is null or a field of a structure that is borrowed mutably, `value` is an
        // initialised value of the same type.
        unsafe {
            if field.is_null() || glib::Type::from_glib((*field).g_type) != value.type_() {
                self.fits = false;
                return;
            }
            glib::gobject_ffi::g_value_copy(value.to_glib_none().0, field.cast_mut());
        }
    }

    /// Rewrites a `GstValueList` of as many floats.
    pub fn list(&mut self, name: glib::Quark, values: &[f32]) {
        let (value, list) = (self.value(name), gst::List::static_type());
        // SAFETY: `value` is null or a field of a structure that is borrowed mutably.
        self.fits &= unsafe { rewrite(value, list, values) };
    }

    /// Rewrites a `GstValueArray` of as many floats.
    pub fn array(&mut self, name: glib::Quark, values: impl ExactSizeIterator<Item = f32>) {
        let (value, array) = (self.value(name), gst::Array::static_type());
        // SAFETY: `value` is null or a field of a structure that is borrowed mutably, and so are the
        // elements of an array that is in it.
        unsafe {
            let Some(first) = elements(value, array, values.len()) else {
                self.fits = false;
                return;
            };
            for (i, value) in values.enumerate() {
                self.fits &= write(first.as_ptr().add(i), value);
            }
        }
    }

    /// Rewrites a `GstValueArray` of `GstValueArray`s of as many floats.
    pub fn rows<'b>(&mut self, name: glib::Quark, rows: impl ExactSizeIterator<Item = &'b [f32]>) {
        let (value, array) = (self.value(name), gst::Array::static_type());
        // SAFETY: `value` is null or a field of a structure that is borrowed mutably, and so are the
        // elements of an array that is in it.
        unsafe {
            let Some(first) = elements(value, array, rows.len()) else {
                self.fits = false;
                return;
            };
            for (i, row) in rows.enumerate() {
                self.fits &= rewrite(first.as_ptr().add(i), array, row);
            }
        }
    }

    fn value(&self, name: glib::Quark) -> *const glib::gobject_ffi::GValue {
        // SAFETY: the structure is valid; null is answered for a field that it does not have.
        unsafe { ffi::gst_structure_id_get_value(self.structure.as_ptr(), name.into_glib()) }
    }
}

/// The elements of `value` if it is a `container` (a `GstValueList` or `GstValueArray`) of `length`
/// elements; `None` where there are none to write to.
///
/// # Safety
/// `value` is null or valid, and so long as what is returned is used, nobody else reads or writes
/// the container.
unsafe fn elements(
    value: *const glib::gobject_ffi::GValue,
    container: glib::Type,
    length: usize,
) -> Option<NonNull<glib::gobject_ffi::GValue>> {
    let last = u32::try_from(length).ok()?.checked_sub(1)?;
    // SAFETY: the type and the size are looked at before an element is.
    unsafe {
        if value.is_null() || glib::Type::from_glib((*value).g_type) != container {
            return None;
        }
        let (first, end) = if container == gst::List::static_type() {
            if ffi::gst_value_list_get_size(value) as usize != length {
                return None;
            }
            let at = |i| ffi::gst_value_list_get_value(value, i);
            (at(0), at(last))
        } else {
            if ffi::gst_value_array_get_size(value) as usize != length {
                return None;
            }
            let at = |i| ffi::gst_value_array_get_value(value, i);
            (at(0), at(last))
        };
        // One block of memory in every GStreamer; were it another, lists would be built anew.
        if first.wrapping_add(length - 1) != end {
            return None;
        }
        NonNull::new(first.cast_mut())
    }
}

/// Writes `values` over the floats in `value`; false, with some of them written perhaps, unless it
/// is a `container` of as many floats.
///
/// # Safety
/// As of [`elements`].
unsafe fn rewrite(
    value: *const glib::gobject_ffi::GValue,
    container: glib::Type,
    values: &[f32],
) -> bool {
    // SAFETY: there are as many elements as values, and the memory behind the pointer to const is a
    // heap block that nobody else looks at now.
    unsafe {
        let Some(first) = elements(value, container, values.len()) else {
            return false;
        };
        let mut all_floats = true;
        for (i, value) in values.iter().enumerate() {
            all_floats &= write(first.as_ptr().add(i), *value);
        }
        all_floats
    }
}

/// Writes over a float; false if it is none.
///
/// # Safety
/// `element` is an initialised value that nobody else reads or writes meanwhile.
#[inline]
unsafe fn write(element: *mut glib::gobject_ffi::GValue, value: f32) -> bool {
    // SAFETY: its type says that the union has a float.
    unsafe {
        let is_float = (*element).g_type == glib::gobject_ffi::G_TYPE_FLOAT;
        if is_float {
            (*element).data[0].v_float = value;
        }
        is_float
    }
}

/// Messages that nobody holds.
#[derive(Debug)]
struct IdleMessages {
    messages: Mutex<Vec<Idle>>,
    most: usize,
}

/// A message without source whose only reference this is.
#[derive(Debug)]
struct Idle(NonNull<ffi::GstMessage>);

// SAFETY: a message may be used from any thread, and this is the only reference to it.
unsafe impl Send for Idle {}

impl Drop for Idle {
    fn drop(&mut self) {
        // SAFETY: the reference is ours to give up.
        drop(unsafe { gst::Message::from_glib_full(self.0.as_ptr()) });
    }
}

impl IdleMessages {
    fn take(&self) -> Option<gst::Message> {
        let idle = std::mem::ManuallyDrop::new(lock(&self.messages).pop()?);
        // SAFETY: the reference goes over from `idle`, which is not dropped.
        let message = unsafe { gst::Message::from_glib_full(idle.0.as_ptr()) };
        message.set_seqnum(gst::Seqnum::next());
        Some(message)
    }

    /// Takes in a message that nobody holds; false if there is no room.
    ///
    /// # Safety
    /// The reference count of `message` is 0, in its `dispose`, and `flags` are those it was made with.
    unsafe fn keep(&self, message: NonNull<ffi::GstMessage>, flags: u32) -> bool {
        let raw = message.as_ptr();
        let source = {
            let mut messages = lock(&self.messages);
            if messages.len() >= self.most {
                return false;
            }
            // SAFETY: nobody else has the message. A reference count of 1 revives it.
            let source = unsafe {
                let source = std::mem::replace(&mut (*raw).src, std::ptr::null_mut());
                (*raw).mini_object.flags = flags;
                (*raw).timestamp = ffi::GST_CLOCK_TIME_NONE;
                ffi::gst_mini_object_ref(raw.cast());
                source
            };
            messages.push(Idle(message));
            source
        };
        // Outside of the lock: it may be the last reference to the element that owns this pool.
        if !source.is_null() {
            // SAFETY: the message held a reference to its source.
            drop(unsafe { gst::Object::from_glib_full(source) });
        }
        true
    }
}

/// Where a message goes when nobody holds it.
struct Home {
    /// Weak: messages that are still out when the pool is dropped are freed like any other.
    idle: Weak<IdleMessages>,
    /// What GStreamer itself does: it wakes up who waits for the delivery of this message.
    dispose: ffi::GstMiniObjectDisposeFunction,
    flags: u32,
}

fn home_quark() -> glib::Quark {
    static QUARK: LazyLock<glib::Quark> =
        LazyLock::new(|| glib::Quark::from_str("auris-message-pool"));
    *QUARK
}

/// Has a message freed, which would come back otherwise.
fn retire(message: gst::Message) {
    let raw: *mut ffi::GstMessage = message.as_mut_ptr();
    // SAFETY: the caller took the message from the pool, so nobody else has it, and it has its home.
    unsafe {
        let home = ffi::gst_mini_object_get_qdata(raw.cast(), home_quark().into_glib());
        if let Some(home) = home.cast::<Home>().as_ref() {
            (*raw).mini_object.dispose = home.dispose;
        }
    }
}

/// Called when the last reference to a message is gone; TRUE lets it be freed.
unsafe extern "C" fn dispose(object: *mut ffi::GstMiniObject) -> glib::ffi::gboolean {
    // SAFETY: GStreamer calls this with the object that it was installed in, whose data under this
    // quark is the box that was put there at the same time.
    unsafe {
        let home = ffi::gst_mini_object_get_qdata(object, home_quark().into_glib());
        let (Some(home), Some(message)) = (home.cast::<Home>().as_ref(), NonNull::new(object))
        else {
            return glib::ffi::GTRUE;
        };
        if home
            .dispose
            .is_some_and(|own| own(object) == glib::ffi::GFALSE)
        {
            return glib::ffi::GFALSE;
        }
        let kept = home
            .idle
            .upgrade()
            .is_some_and(|idle| idle.keep(message.cast(), home.flags));
        (!kept).into_glib()
    }
}

unsafe extern "C" fn drop_home(home: glib::ffi::gpointer) {
    // SAFETY: the box of `MessagePool::fresh`, which GStreamer hands back once.
    drop(unsafe { Box::from_raw(home.cast::<Home>()) });
}

#[cfg(test)]
mod tests;
