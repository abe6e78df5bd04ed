// SPDX-License-Identifier: MPL-2.0
//! Presets: our own, and those of GStreamer's equalizers.
//!
//! GStreamer's own reader sets only the children that are there before a preset changes their number,
//! so reading is done here.
use super::band;
use super::bands::{Content, DEFAULT_COUNT, Rest, default_state};
use super::config::content_of;
use super::settings::{self, Design, Settings};
use auris_eq::band::MAX_BANDS;
use auris_eq::text;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::path::PathBuf;

/// How the presets of one type of element say what a band is.
#[derive(Clone, Copy)]
enum Notation {
    /// `band0::gain` and so on.
    Children,
    /// `band0` is a gain; so many bands, laid out as they are by default.
    Gains(usize),
}

/// Whose presets can be loaded; a name that several have is that of the first.
const SOURCES: [(&str, Notation); 4] = [
    ("AurisParaEq", Notation::Children),
    ("GstIirEqualizerNBands", Notation::Children),
    ("GstIirEqualizer10Bands", Notation::Gains(10)),
    ("GstIirEqualizer3Bands", Notation::Gains(3)),
];

/// What a preset does not hold: `config` says how many bands there are, and the others are about
/// this machine.
const LEFT_OUT: [&str; 3] = ["num-bands", "config-file", "n-threads"];

/// Where GStreamer keeps presets, the user's first.
fn folders() -> impl Iterator<Item = PathBuf> {
    let below = |path: PathBuf| path.join("gstreamer-1.0").join("presets");
    let paths = std::env::var_os("GST_PRESET_PATH").unwrap_or_default();
    let listed: Vec<_> = std::env::split_paths(&paths).collect();
    let system = glib::system_data_dirs().into_iter().map(below);
    std::iter::once(below(glib::user_data_dir()))
        .chain(gst::Preset::app_dir())
        .chain(listed)
        .chain(system)
}

/// Every file with presets that can be loaded, by falling precedence.
fn files() -> impl Iterator<Item = (glib::KeyFile, Notation)> {
    SOURCES.iter().flat_map(|(name, notation)| {
        folders().filter_map(move |folder| {
            let file = glib::KeyFile::new();
            let path = folder.join(name).with_extension("prs");
            file.load_from_file(path, glib::KeyFileFlags::NONE).ok()?;
            Some((file, *notation))
        })
    })
}

/// Adds to `names` those of presets that other elements saved.
fn add_foreign(names: &mut Vec<glib::GString>) {
    for (file, _) in files() {
        let groups = file.groups();
        let groups = groups
            .iter()
            .map(|group| glib::GString::from(group.as_str()));
        // Beginning with an underscore is a group that is about the file.
        names.extend(groups.filter(|name| !name.starts_with('_')));
    }
    names.sort_unstable();
    names.dedup();
}

/// The properties that a preset holds: the bands as `config`, since what a band's own properties
/// leave open, and what an earlier preset of the same name left in the file, would be read back.
fn property_names() -> impl Iterator<Item = &'static str> {
    let own = settings::properties().iter().map(|p| p.name());
    own.filter(|name| !LEFT_OUT.contains(name))
}

/// A value of a preset, if it is there and the property takes it.
fn value(
    file: &glib::KeyFile,
    group: &str,
    key: &str,
    spec: &glib::ParamSpec,
) -> Option<glib::Value> {
    let text = file.string(group, key).ok()?;
    let value = glib::Value::deserialize_with_pspec(&text, spec).ok()?;
    in_range(&value, spec).then_some(value)
}

fn in_range(value: &glib::Value, spec: &glib::ParamSpec) -> bool {
    macro_rules! within {
        ($($spec:ident: $kind:ty),*) => {$(
            if let Some(spec) = spec.downcast_ref::<glib::$spec>() {
                let range = spec.minimum()..=spec.maximum();
                return value.get::<$kind>().is_ok_and(|value| range.contains(&value));
            }
        )*};
    }
    within!(ParamSpecDouble: f64, ParamSpecUInt: u32, ParamSpecUInt64: u64);
    true
}

fn spec<'a>(table: &'a [glib::ParamSpec], name: &str) -> &'a glib::ParamSpec {
    let found = table.iter().find(|spec| spec.name() == name);
    found.expect("the table has it")
}

/// Whether a file has values of the preset: GStreamer keeps what is said about a preset in a file of ours, also where the
/// preset is another element's.
fn holds(file: &glib::KeyFile, name: &str) -> bool {
    let about = |key: &str| key.starts_with("_meta/");
    let keys = file.keys(name);
    keys.is_ok_and(|keys| keys.iter().any(|key| !about(key.as_str())))
}

/// What the preset `name` makes of `present`; `None` if there is none that can be read.
fn load(name: &str, present: &Content) -> Option<Content> {
    let (file, notation) = files().find(|(file, _)| holds(file, name))?;
    let settings = Settings {
        preamp: 0.0,
        design: Design::Rbj,
        bypass: false,
        ..present.settings
    };
    let count = match notation {
        Notation::Gains(count) => count,
        Notation::Children => {
            let count = file.uint64(name, "num-bands");
            count.map_or(DEFAULT_COUNT, |count| count as usize)
        }
    };
    let count = count.clamp(1, MAX_BANDS);
    let mut content = Content {
        settings,
        bands: (0..count).map(|i| default_state(i, count)).collect(),
        rest: Rest::default(),
    };
    match (notation, file.has_key(name, "config")) {
        (Notation::Children, Ok(true)) => {
            let config = value(
                &file,
                name,
                "config",
                spec(settings::properties(), "config"),
            )?;
            if let Some(config) = config.get::<Option<String>>().ok()? {
                content = content_of(text::parse(&config).ok()?, settings);
            }
        }
        (Notation::Children, _) => {
            for (index, state) in content.bands.iter_mut().enumerate() {
                for property in band::properties() {
                    let key = format!("band{index}::{}", property.name());
                    if let Some(value) = value(&file, name, &key, property) {
                        state.set(property.name(), &value);
                    }
                }
            }
        }
        (Notation::Gains(_), _) => {
            let gain = spec(band::properties(), "gain");
            for (index, state) in content.bands.iter_mut().enumerate() {
                if let Some(value) = value(&file, name, &format!("band{index}"), gain) {
                    state.set("gain", &value);
                }
            }
        }
    }
    for property in settings::properties() {
        if let Some(value) = value(&file, name, property.name(), property) {
            content.settings.set(property.name(), &value);
        }
    }
    Some(content)
}

/// The bindings can implement the interface but not override what it does.
#[allow(unsafe_code)]
mod interface {
    use super::super::imp::ParaEq;
    use super::*;
    use glib::ffi::{GFALSE, gboolean};
    use glib::subclass::types::IsImplementable;
    use glib::translate::{Borrowed, IntoGlib, IntoGlibPtr, ToGlibPtr, from_glib_borrow};
    use gst::ffi::{GstPreset, GstPresetInterface};
    use std::ffi::c_char;

    // SAFETY: only function pointers are replaced, each by one of its signature.
    unsafe impl IsImplementable<ParaEq> for gst::Preset {
        fn interface_init(interface: &mut glib::Interface<Self>) {
            let table = interface.as_mut();
            table.get_preset_names = Some(get_preset_names);
            table.get_property_names = Some(get_property_names);
            table.load_preset = Some(load_preset);
        }
    }

    /// What GStreamer does by default.
    fn default() -> *const GstPresetInterface {
        // SAFETY: the type is registered, or nobody could call; the copy of the interface that the
        // bindings keep lives as long as the type.
        unsafe {
            let data = ParaEq::type_data();
            data.as_ref().parent_interface::<gst::Preset>() as *const GstPresetInterface
        }
    }

    /// # Safety
    /// `preset` must be of our type.
    unsafe fn element(preset: *mut GstPreset) -> Borrowed<crate::ParaEq> {
        // SAFETY: by contract.
        unsafe { from_glib_borrow(preset.cast::<<ParaEq as ObjectSubclass>::Instance>()) }
    }

    unsafe extern "C" fn get_preset_names(preset: *mut GstPreset) -> *mut *mut c_char {
        // SAFETY: the default function is called with what it expects, and returns an array that is
        // null or ours; so is what is returned here.
        unsafe {
            let mut names: Vec<glib::GString> = match (*default()).get_preset_names {
                Some(get) => glib::translate::FromGlibPtrContainer::from_glib_full(get(preset)),
                None => Vec::new(),
            };
            add_foreign(&mut names);
            names.to_glib_full()
        }
    }

    unsafe extern "C" fn get_property_names(_: *mut GstPreset) -> *mut *mut c_char {
        let names: glib::StrV = property_names().map(glib::GString::from).collect();
        names.into_glib_ptr()
    }

    unsafe extern "C" fn load_preset(preset: *mut GstPreset, name: *const c_char) -> gboolean {
        // SAFETY: GStreamer calls with an object of our type and a string that ends in 0.
        let (element, text) = unsafe { (element(preset), glib::GStr::from_ptr_checked(name)) };
        if let Some(content) = text.and_then(|text| load(text, &element.imp().bands.content())) {
            element.imp().replace(content);
            return true.into_glib();
        }
        // SAFETY: the default function is called with what it expects.
        unsafe {
            match (*default()).load_preset {
                Some(load) => load(preset, name),
                None => GFALSE,
            }
        }
    }
}
