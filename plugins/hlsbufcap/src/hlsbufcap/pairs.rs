// SPDX-License-Identifier: MPL-2.0
//! Pads that data goes through: `sink_%u` on request, each with a `src_%u` of the same number.
use super::imp::HlsBufCap;
use gst::{glib, prelude::*, subclass::prelude::*};
use std::sync::{Arc, LazyLock, OnceLock};

/// Sink pads come on request; each brings its source pad.
pub fn templates() -> &'static [gst::PadTemplate] {
    static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
        let any = gst::Caps::new_any();
        let template =
            |name, direction, presence| gst::PadTemplate::new(name, direction, presence, &any).ok();
        let sink = template(
            "sink_%u",
            gst::PadDirection::Sink,
            gst::PadPresence::Request,
        );
        let src = template(
            "src_%u",
            gst::PadDirection::Src,
            gst::PadPresence::Sometimes,
        );
        sink.into_iter().chain(src).collect()
    });
    &TEMPLATES
}

/// A sink pad and its source pad.
#[derive(Debug, Clone)]
pub struct Pair {
    pub sink: gst::Pad,
    pub src: gst::Pad,
}

/// The other pad of a pair: neither keeps the other alive.
type Other = Arc<OnceLock<glib::WeakRef<gst::Pad>>>;

fn get(other: &Other) -> Option<gst::Pad> {
    other.get()?.upgrade()
}

fn links(other: &Other) -> gst::Iterator<gst::Pad> {
    gst::Iterator::from_vec(get(other).into_iter().collect())
}

/// Capabilities and the like are those of what is on the other side.
fn flags() -> gst::PadFlags {
    gst::PadFlags::PROXY_CAPS | gst::PadFlags::PROXY_ALLOCATION | gst::PadFlags::PROXY_SCHEDULING
}

/// Everything is passed on as it comes.
pub fn make(element: &HlsBufCap, number: u32) -> Option<Pair> {
    let object = element.obj();
    let (to_sink, to_src) = (Other::default(), Other::default());
    let (on_event, on_query, on_links) = (to_sink.clone(), to_sink.clone(), to_sink.clone());
    let src = gst::Pad::builder_from_template(&object.pad_template("src_%u")?)
        .name(format!("src_{number}"))
        .flags(flags())
        .event_function(move |_, _, event| get(&on_event).is_some_and(|pad| pad.push_event(event)))
        .query_function(move |_, parent, query| {
            let answer = |element: &HlsBufCap| element.answer(query);
            HlsBufCap::catch_panic_pad_function(parent, || false, answer)
                || get(&on_query).is_some_and(|pad| pad.peer_query(query))
        })
        .iterate_internal_links_function(move |_, _| links(&on_links))
        .build();
    let (on_buffer, on_list) = (to_src.clone(), to_src.clone());
    let (on_event, on_query, on_links) = (to_src.clone(), to_src.clone(), to_src.clone());
    let sink = gst::Pad::builder_from_template(&object.pad_template("sink_%u")?)
        .name(format!("sink_{number}"))
        .flags(flags())
        .chain_function(move |_, _, buffer| match get(&on_buffer) {
            Some(src) => src.push(buffer),
            None => Err(gst::FlowError::Flushing),
        })
        .chain_list_function(move |_, _, list| match get(&on_list) {
            Some(src) => src.push_list(list),
            None => Err(gst::FlowError::Flushing),
        })
        .event_function(move |_, _, event| get(&on_event).is_some_and(|pad| pad.push_event(event)))
        .query_function(move |_, _, query| get(&on_query).is_some_and(|pad| pad.peer_query(query)))
        .iterate_internal_links_function(move |_, _| links(&on_links))
        .build();
    let _ = (to_sink.set(sink.downgrade()), to_src.set(src.downgrade()));
    Some(Pair { sink, src })
}
