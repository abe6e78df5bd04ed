// SPDX-License-Identifier: MPL-2.0
//! Virtual methods that an element leaves to its parent, without a detour.
//!
//! The bindings put a trampoline of their own into every virtual method of a class, also where all it
//! does is to call the parent's. That is some hundred instructions each, three times per buffer: as
//! much as a filter takes for a buffer of a millisecond.
#![allow(unsafe_code)]
use gst::glib;
use gst_base::ffi::GstBaseTransformClass;

/// Gives `class` its parent's `submit_input_buffer`, `generate_output` and `prepare_output_buffer`.
///
/// To be called in `class_init` of an element that overrides none of the three: what it overrides
/// would not be called.
pub fn leave_buffers_to_parent<C>(class: &mut C)
where
    C: glib::subclass::types::ClassStruct,
    C::Type: glib::subclass::types::ObjectSubclass<
            ParentType: glib::object::IsA<gst_base::BaseTransform>,
        >,
{
    let class = std::ptr::from_mut(class).cast::<GstBaseTransformClass>();
    // SAFETY: the bound says that the class derives from GstBaseTransform, so both it and its parent
    // begin with this structure; GObject is initialising it, so nobody else has it yet.
    unsafe {
        let parent = glib::gobject_ffi::g_type_class_peek_parent(class.cast());
        let parent = &*parent.cast::<GstBaseTransformClass>();
        (*class).submit_input_buffer = parent.submit_input_buffer;
        (*class).generate_output = parent.generate_output;
        (*class).prepare_output_buffer = parent.prepare_output_buffer;
    }
}

/// Gives `class` its parent's `before_transform`, which is usually none.
///
/// To be called in `class_init` of an element that does not override it.
pub fn leave_before_transform_to_parent<C>(class: &mut C)
where
    C: glib::subclass::types::ClassStruct,
    C::Type: glib::subclass::types::ObjectSubclass<
            ParentType: glib::object::IsA<gst_base::BaseTransform>,
        >,
{
    let class = std::ptr::from_mut(class).cast::<GstBaseTransformClass>();
    // SAFETY: as above.
    unsafe {
        let parent = glib::gobject_ffi::g_type_class_peek_parent(class.cast());
        (*class).before_transform = (*parent.cast::<GstBaseTransformClass>()).before_transform;
    }
}
