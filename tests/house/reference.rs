// SPDX-License-Identifier: MPL-2.0
//! `docs/reference` is what the elements say of themselves. `UPDATE_REFERENCE=1` rewrites it.
use auris_tests::{PLUGINS, init, root};
use gst::{glib, prelude::*};
use std::{env, fmt::Write, fs};

#[test]
fn reference_is_current() {
    init();
    let folder = root().join("docs/reference");
    let update = env::var_os("UPDATE_REFERENCE").is_some();
    if update {
        fs::create_dir_all(&folder).expect("docs/reference can be made");
    }
    for plugin in PLUGINS {
        let factories = gst::Registry::get().features_by_plugin(plugin);
        assert!(!factories.is_empty(), "plugin {plugin} has no feature");
        let factories: Vec<_> = factories
            .iter()
            .filter_map(|f| f.downcast_ref::<gst::ElementFactory>())
            .collect();
        for &factory in &factories {
            // Elements that are found by several names have one page, by that of their plugin.
            let others = || factories.iter().filter(|f| f.name() != factory.name());
            let same = |other: &&&gst::ElementFactory| kind(other) == kind(factory);
            let names: Vec<_> = others().filter(same).map(|f| f.name()).collect();
            let path = folder.join(format!("{}.md", factory.name()));
            if names.iter().any(|name| name == plugin) {
                assert!(!path.exists(), "{} has a page of its own", factory.name());
                continue;
            }
            let page = page(plugin, factory, &names);
            if update {
                fs::write(&path, page).expect("the reference is writable");
            } else {
                let written = fs::read_to_string(&path).unwrap_or_default();
                assert!(
                    written == page,
                    "{} is not what the element says; UPDATE_REFERENCE=1 rewrites it. It says:\n{page}",
                    path.display()
                );
            }
        }
    }
}

fn kind(factory: &gst::ElementFactory) -> glib::Type {
    let element = factory.create().build();
    element.expect("the element can be made").type_()
}

fn page(plugin: &str, factory: &gst::ElementFactory, other_names: &[glib::GString]) -> String {
    let element = factory.create().build().expect("the element can be made");
    let about = |key| factory.metadata(key).unwrap_or_default();
    let also: String = other_names
        .iter()
        .map(|name| format!(", also found as `{name}`"))
        .collect();
    let mut page = format!(
        "<!-- Generated from introspection: UPDATE_REFERENCE=1 cargo test -p auris-tests --test house -->\n\
         # {}\n\n{}. Plugin `{plugin}`{also}, type `{}`, class {}.\n",
        factory.name(),
        about("description").trim_end_matches('.'),
        element.type_(),
        about("klass"),
    );
    pads(&mut page, factory);
    properties(&mut page, &element);
    signals(&mut page, element.type_());
    page
}

fn pads(page: &mut String, factory: &gst::ElementFactory) {
    let mut templates: Vec<_> = factory.static_pad_templates().into_iter().collect();
    templates.sort_by_key(|t| t.name_template().to_string());
    for template in templates {
        let (direction, presence) = (template.direction(), template.presence());
        let caps = template.caps();
        add(
            page,
            format_args!("\n## Pad `{}`\n", template.name_template()),
        );
        add(page, format_args!("{direction:?}, {presence:?}.\n\n```"));
        for (structure, features) in caps.iter_with_features() {
            add(page, format_args!("{}({features})", structure.name()));
            for (name, value) in structure.iter() {
                let value = value
                    .serialize()
                    .unwrap_or_else(|_| format!("{value:?}").into());
                let value = value.replace("(string)", "");
                add(page, format_args!("  {name}: {value}"));
            }
        }
        add(page, format_args!("```"));
    }
}

/// The element's own properties; what its base classes bring is GStreamer's to document.
fn properties(page: &mut String, element: &gst::Element) {
    let own = |p: &&glib::ParamSpec| p.owner_type() == element.type_();
    let all = element.list_properties();
    let mut own: Vec<_> = all.iter().filter(own).collect();
    own.sort_by_key(|p| p.name());
    if own.is_empty() {
        return;
    }
    add(page, format_args!("\n## Properties\n"));
    add(
        page,
        format_args!("| Name | Type | Range | Default | Access | |"),
    );
    add(page, format_args!("|---|---|---|---|---|---|"));
    for property in own {
        let blurb = property
            .blurb()
            .map_or_else(String::new, |b| b.replace('|', "\\|"));
        let (name, kind) = (property.name(), property.value_type());
        let (range, default) = (range(property), default(property));
        let access = access(property);
        add(
            page,
            format_args!("| `{name}` | {kind} | {range} | {default} | {access} | {blurb} |"),
        );
    }
}

fn default(property: &glib::ParamSpec) -> String {
    let value = property.default_value();
    // A structure that is null cannot be written out, and GStreamer says so on standard error.
    if value.type_() == gst::Structure::static_type() {
        return "—".to_owned();
    }
    match value.get::<Option<String>>() {
        Ok(text) => text.map_or_else(|| "—".to_owned(), |text| format!("`{text}`")),
        Err(_) => match value.serialize() {
            Ok(text) if value.type_().is_a(glib::Type::BOOL) || !text.is_empty() => {
                format!("`{text}`")
            }
            _ => "—".to_owned(),
        },
    }
}

/// Smallest and largest value, or the values that there are.
fn range(property: &glib::ParamSpec) -> String {
    macro_rules! numbers {
        ($($kind:ident)*) => {$(
            if let Some(p) = property.downcast_ref::<glib::$kind>() {
                return format!("{} – {}", p.minimum(), p.maximum());
            }
        )*};
    }
    numbers!(ParamSpecInt ParamSpecUInt ParamSpecInt64 ParamSpecUInt64 ParamSpecFloat ParamSpecDouble);
    let listed = |names: Vec<String>| names.join(", ");
    let kind = property.value_type();
    if let Some(class) = glib::EnumClass::with_type(kind) {
        let value = |v: &glib::EnumValue| format!("`{}` ({})", v.nick(), v.name());
        return listed(class.values().iter().map(value).collect());
    }
    if let Some(class) = glib::FlagsClass::with_type(kind) {
        let value = |v: &glib::FlagsValue| format!("`{}` ({})", v.nick(), v.name());
        return listed(class.values().iter().map(value).collect());
    }
    String::new()
}

fn access(property: &glib::ParamSpec) -> String {
    let flags = property.flags();
    let words = [
        (glib::ParamFlags::READABLE, "read"),
        (glib::ParamFlags::WRITABLE, "write"),
        (glib::ParamFlags::CONSTRUCT_ONLY, "construct only"),
        (gst::PARAM_FLAG_CONTROLLABLE, "controllable"),
        (gst::PARAM_FLAG_MUTABLE_READY, "up to ready"),
        (gst::PARAM_FLAG_MUTABLE_PAUSED, "up to paused"),
        (gst::PARAM_FLAG_MUTABLE_PLAYING, "at any time"),
        (glib::ParamFlags::DEPRECATED, "deprecated"),
    ];
    let said = words.iter().filter(|(flag, _)| flags.contains(*flag));
    said.map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

fn signals(page: &mut String, kind: glib::Type) {
    let mut signals: Vec<_> = own_signals(kind).into_iter().map(|id| id.query()).collect();
    signals.sort_by_key(|s| s.signal_name().to_owned());
    for (i, signal) in signals.iter().enumerate() {
        if i == 0 {
            add(page, format_args!("\n## Signals\n"));
        }
        let action = if signal.flags().contains(glib::SignalFlags::ACTION) {
            ", an action"
        } else {
            ""
        };
        let parameters: Vec<_> = signal
            .param_types()
            .iter()
            .map(|t| t.type_().to_string())
            .collect();
        let (name, parameters) = (signal.signal_name(), parameters.join(", "));
        let result = signal.return_type().type_();
        add(
            page,
            format_args!("- `{name}` ({parameters}) → {result}{action}."),
        );
    }
}

/// The bindings can look a signal up but not list them.
#[allow(unsafe_code)]
fn own_signals(kind: glib::Type) -> Vec<glib::subclass::SignalId> {
    use glib::translate::{FromGlib, IntoGlib};
    let mut count = 0;
    // SAFETY: `kind` is a registered type; the array of `count` ids is ours to free with `g_free`,
    // and every id in it is valid because types are never unregistered.
    unsafe {
        let ids = glib::gobject_ffi::g_signal_list_ids(kind.into_glib(), &mut count);
        let list = (0..count as usize)
            .map(|i| glib::subclass::SignalId::from_glib(*ids.add(i)))
            .collect();
        glib::ffi::g_free(ids.cast());
        list
    }
}

fn add(page: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(page, "{line}").expect("a String takes every line");
}
