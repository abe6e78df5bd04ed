// SPDX-License-Identifier: MPL-2.0
//! Who may be asked what a file or a picture is.
//!
//! GStreamer asks every plugin that recognises anything, and loads it for that: a cover in a FLAC or
//! MP3 file is enough to bring in libav, which takes 40 MB. Where our own inspection knows the
//! container, only GStreamer's own recognisers are wanted, which know the pictures.
use auris_support::result_sink::lock;
use gst::prelude::*;
use std::sync::Mutex;

/// The plugin of GStreamer's own recognisers.
const OWN: &str = "typefindfunctions";

static DISMISSED: Mutex<Vec<gst::PluginFeature>> = Mutex::new(Vec::new());

/// Takes the recognisers of all other plugins out of this process's registry, until [`recall_recognisers`].
pub fn dismiss_recognisers() {
    let registry = gst::Registry::get();
    let all = registry.features(gst::TypeFindFactory::static_type());
    let others = all
        .into_iter()
        .filter(|feature| feature.plugin_name().is_some_and(|name| name != OWN));
    let mut dismissed = lock(&DISMISSED);
    for feature in others {
        registry.remove_feature(&feature);
        dismissed.push(feature);
    }
}

/// Brings them back, for a file that only they may know.
pub fn recall_recognisers() {
    let registry = gst::Registry::get();
    for feature in lock(&DISMISSED).drain(..) {
        // If it fails, the file is not recognised, and its record says so.
        let _ = registry.add_feature(&feature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_and_come_back() {
        gst::init().unwrap();
        let count = || {
            gst::Registry::get()
                .features(gst::TypeFindFactory::static_type())
                .len()
        };
        let before = count();
        dismiss_recognisers();
        let own = count();
        assert!(own > 0 && own <= before, "{own} of {before}");
        recall_recognisers();
        assert_eq!(count(), before);
    }
}
