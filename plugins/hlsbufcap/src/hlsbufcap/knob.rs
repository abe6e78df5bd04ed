// SPDX-License-Identifier: MPL-2.0
//! Another element's property, set for a while and put back.
use super::imp::CAT;
use gst::{glib, prelude::*};

/// A number that is ours to set until somebody else sets it.
#[derive(Debug)]
pub struct Knob {
    element: glib::WeakRef<gst::Element>,
    name: &'static str,
    before: u64,
    ours: Option<u64>,
}

impl Knob {
    /// `None` where the element has no such property, or the user has set it: `is_users` says whether
    /// a value that is not the default must be the user's.
    pub fn new(element: &gst::Element, name: &'static str, is_users: bool) -> Option<Knob> {
        let default = number(element.find_property(name)?.default_value())?;
        let before = read(element, name)?;
        (!is_users || before == default).then(|| Knob {
            element: element.downgrade(),
            name,
            before,
            ours: None,
        })
    }

    /// The value before ours.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// Sets the value. False, for good, once somebody else has set it.
    pub fn set(&mut self, value: u64) -> bool {
        let Some(element) = self.element.upgrade() else {
            return false;
        };
        let now = read(&element, self.name);
        if self.ours.is_some() && now != self.ours {
            gst::info!(CAT, obj = element, "{} was set by somebody else", self.name);
            return false;
        }
        if now != Some(value) {
            gst::debug!(CAT, obj = element, "{} = {value}", self.name);
            write(&element, self.name, value);
        }
        self.ours = Some(value);
        true
    }
}

impl Drop for Knob {
    fn drop(&mut self) {
        if let (Some(element), Some(_)) = (self.element.upgrade(), self.ours)
            && read(&element, self.name) == self.ours
        {
            write(&element, self.name, self.before);
        }
    }
}

fn number(value: &glib::Value) -> Option<u64> {
    let small = || value.get::<u32>().ok().map(u64::from);
    value.get::<u64>().ok().or_else(small)
}

fn read(element: &gst::Element, name: &str) -> Option<u64> {
    number(&element.property_value(name))
}

/// Whatever size of number it is.
fn write(element: &gst::Element, name: &str, value: u64) {
    if element.property_value(name).is::<u32>() {
        element.set_property(name, value.min(u64::from(u32::MAX)) as u32);
    } else {
        element.set_property(name, value);
    }
}
