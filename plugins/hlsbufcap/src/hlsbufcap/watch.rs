// SPDX-License-Identifier: MPL-2.0
//! What an element finds in the pipeline around it: demuxers and queues, there or yet to come.
use super::gauge::Counts;
use gst::{glib, prelude::*};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex};

/// Demuxers that buffer by time.
const DEMUXERS: [&str; 3] = ["hlsdemux2", "dashdemux2", "mssdemux2"];
/// Queues that buffer by bytes as well.
const QUEUES: [&str; 3] = ["multiqueue", "queue2", "downloadbuffer"];

/// What an element is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Demuxer,
    Queue,
    /// What a demuxer parses its segments with.
    Parser,
}

impl Kind {
    pub fn of(element: &gst::Element) -> Option<Kind> {
        let factory = element.factory()?;
        let name = factory.name();
        if DEMUXERS.contains(&name.as_str()) {
            Some(Kind::Demuxer)
        } else if QUEUES.contains(&name.as_str()) {
            Some(Kind::Queue)
        } else if name == "parsebin" && parent_demuxer(element).is_some() {
            Some(Kind::Parser)
        } else {
            None
        }
    }
}

/// The demuxer that an element is directly inside of.
pub fn parent_demuxer(element: &gst::Element) -> Option<gst::Element> {
    let parent = element.parent()?.downcast::<gst::Element>().ok()?;
    (Kind::of(&parent) == Some(Kind::Demuxer)).then_some(parent)
}

/// The outermost bin that an element is in.
pub fn top_bin(element: &gst::Element) -> Option<gst::Bin> {
    let mut top = None;
    let mut object = element.upcast_ref::<gst::Object>().clone();
    while let Some(parent) = object.parent() {
        if let Some(bin) = parent.downcast_ref::<gst::Bin>() {
            top = Some(bin.clone());
        }
        object = parent;
    }
    top
}

/// hlsdemux2 refuses to start in a pipeline that is not said to know streams. gst-launch-1.0 has no
/// way to say so, and every pipeline with decodebin3 behind the demuxer does know them.
pub fn mark_streams_aware(element: &gst::Element) {
    if let Some(top) = top_bin(element) {
        top.set_bin_flags(gst::BinFlags::STREAMS_AWARE);
    }
}

/// Whether the application, and not a bin that plugs elements together by itself, put an element where
/// it is. What such an element is set to is the user's.
pub fn is_users(element: &gst::Element) -> bool {
    let mut object = element.upcast_ref::<gst::Object>().clone();
    while let Some(parent) = object.parent() {
        let plain = [gst::Bin::static_type(), gst::Pipeline::static_type()];
        if !plain.contains(&parent.type_()) {
            return false;
        }
        object = parent;
    }
    true
}

/// The elements that some instance manages, so that two never pull at one.
static MANAGED: LazyLock<Mutex<HashSet<usize>>> = LazyLock::new(Mutex::default);

/// That nobody else manages an element, for as long as this lives.
#[derive(Debug)]
pub struct Hold(usize);

impl Hold {
    pub fn take(element: &gst::Element) -> Option<Hold> {
        let address = element.as_ptr() as usize;
        let is_free = crate::budget::lock(&MANAGED).insert(address);
        // Not made, and so not dropped, where somebody else has it.
        is_free.then(|| Hold(address))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        crate::budget::lock(&MANAGED).remove(&self.0);
    }
}

/// A demuxer that was found.
#[derive(Debug, Clone)]
pub struct Demuxer {
    pub element: glib::WeakRef<gst::Element>,
    pub counts: Arc<Counts>,
}

/// What was found and is still there.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub demuxers: Vec<Demuxer>,
    pub queues: Vec<glib::WeakRef<gst::Element>>,
    parsers: Vec<glib::WeakRef<gst::Element>>,
}

impl Found {
    /// The demuxer's counts, and whether they are new.
    pub fn demuxer(&mut self, element: &gst::Element) -> (Arc<Counts>, bool) {
        let is_it = |known: &&Demuxer| known.element.upgrade().as_ref() == Some(element);
        if let Some(known) = self.demuxers.iter().find(is_it) {
            return (known.counts.clone(), false);
        }
        let counts = Arc::<Counts>::default();
        self.demuxers.push(Demuxer {
            element: element.downgrade(),
            counts: counts.clone(),
        });
        (counts, true)
    }

    /// Whether the queue is new.
    pub fn queue(&mut self, element: &gst::Element) -> bool {
        add(&mut self.queues, element)
    }

    /// Whether the parser is new.
    pub fn parser(&mut self, element: &gst::Element) -> bool {
        add(&mut self.parsers, element)
    }

    pub fn remove(&mut self, element: &gst::Element) {
        let other = |known: &glib::WeakRef<gst::Element>| {
            known.upgrade().is_some_and(|known| known != *element)
        };
        self.demuxers.retain(|known| other(&known.element));
        self.queues.retain(other);
        self.parsers.retain(other);
    }
}

fn add(list: &mut Vec<glib::WeakRef<gst::Element>>, element: &gst::Element) -> bool {
    list.retain(|known| known.upgrade().is_some());
    let new = !list
        .iter()
        .any(|known| known.upgrade().as_ref() == Some(element));
    if new {
        list.push(element.downgrade());
    }
    new
}
