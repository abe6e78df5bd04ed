// SPDX-License-Identifier: MPL-2.0
//! Turns the table in [`super::settings`] into a struct and properties.
use super::kinds::{
    Averaging, DataForm, Downmix, Features, FrequencyScale, Preset, Scale, Weighting, Window,
};
use gst::glib::{self, ParamFlags, ParamSpec, prelude::*};

/// As in gst-plugins-good, whose properties say no more.
pub const CLASSIC: ParamFlags = ParamFlags::READWRITE;
/// May be set while playing.
pub const LIVE: ParamFlags = CLASSIC.union(gst::PARAM_FLAG_MUTABLE_PLAYING);

/// What the table says of a property.
pub struct About<T: Setting> {
    pub name: &'static str,
    pub nick: &'static str,
    pub blurb: &'static str,
    pub flags: ParamFlags,
    pub default: T,
    pub range: T::Range,
}

/// A type that a property can have.
pub trait Setting: Sized {
    /// Smallest and largest value, where there is such a thing.
    type Range;
    fn spec(about: About<Self>) -> ParamSpec;
}

macro_rules! numbers {
    ($($type:ty: $spec:ident)*) => {$(
        impl Setting for $type {
            type Range = ($type, $type);
            fn spec(about: About<Self>) -> ParamSpec {
                glib::$spec::builder(about.name)
                    .nick(about.nick)
                    .blurb(about.blurb)
                    .minimum(about.range.0)
                    .maximum(about.range.1)
                    .default_value(about.default)
                    .flags(about.flags)
                    .build()
            }
        }
    )*};
}
numbers!(u32: ParamSpecUInt u64: ParamSpecUInt64 i32: ParamSpecInt f64: ParamSpecDouble);

impl Setting for bool {
    type Range = ();
    fn spec(about: About<Self>) -> ParamSpec {
        glib::ParamSpecBoolean::builder(about.name)
            .nick(about.nick)
            .blurb(about.blurb)
            .default_value(about.default)
            .flags(about.flags)
            .build()
    }
}

impl Setting for Features {
    type Range = ();
    fn spec(about: About<Self>) -> ParamSpec {
        glib::ParamSpecFlags::builder::<Features>(about.name)
            .nick(about.nick)
            .blurb(about.blurb)
            .default_value(about.default)
            .flags(about.flags)
            .build()
    }
}

macro_rules! enums {
    ($($type:ty)*) => {$(
        impl Setting for $type {
            type Range = ();
            fn spec(about: About<Self>) -> ParamSpec {
                glib::ParamSpecEnum::builder_with_default(about.name, about.default)
                    .nick(about.nick)
                    .blurb(about.blurb)
                    .flags(about.flags)
                    .build()
            }
        }
    )*};
}
enums!(Averaging DataForm Downmix FrequencyScale Preset Scale Weighting Window);

/// Reads a value of the property's own type; GObject has checked range and type.
pub fn read<'a, T: glib::value::FromValue<'a>>(value: &'a glib::Value, setting: &mut T) {
    if let Ok(value) = value.get() {
        *setting = value;
    }
}

macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $default:expr, $name:literal, $nick:literal,
        $flags:expr, $range:expr, $blurb:literal;)*) => {
        /// What the user set. Cheap to copy; locked only for the length of a copy.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Settings { $($(#[$doc])* pub $field: $type),* }

        impl Default for Settings {
            fn default() -> Self {
                Settings { $($field: $default),* }
            }
        }

        impl Settings {
            /// Sets a property, if `name` is among the settings.
            pub fn set(&mut self, name: &str, value: &gst::glib::Value) {
                match name {
                    $($name => $crate::spectrum::table::read(value, &mut self.$field),)*
                    _ => {}
                }
            }

            /// The value of a property, if `name` is among the settings.
            pub fn get(&self, name: &str) -> Option<gst::glib::Value> {
                use gst::prelude::ToValue;
                match name {
                    $($name => Some(self.$field.to_value()),)*
                    _ => None,
                }
            }

            /// The table as properties.
            pub fn specs() -> Vec<gst::glib::ParamSpec> {
                use $crate::spectrum::table::{About, Setting};
                vec![$(<$type as Setting>::spec(About {
                    name: $name,
                    nick: $nick,
                    blurb: $blurb,
                    flags: $flags,
                    default: $default,
                    range: $range,
                })),*]
            }
        }
    };
}
pub(super) use settings;
