// SPDX-License-Identifier: MPL-2.0
//! Live pictures for settings that were changed, made by who changed them: the streaming thread goes on
//! with the old one until then.
use super::imp::Spectrogram;
use super::kinds::Mode;
use super::settings::Settings;
use super::stream::Title;
use auris_dsp::picture::live::Live;
use auris_dsp::picture::settings::Source;
use auris_support::result_sink::lock;
use gst::subclass::prelude::*;
use std::sync::Arc;

/// What a live picture depends on beside the settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    pub source: Source,
    pub size: (usize, usize),
    pub title: Title,
}

/// A picture that waits for the streaming thread.
pub struct Next {
    pub settings: Settings,
    /// How many times the settings had changed.
    pub generation: u64,
    pub context: Arc<Context>,
    pub live: Box<Live>,
}

impl Context {
    /// # Errors
    /// A sentence.
    pub fn live(&self, settings: &Settings) -> Result<Box<Live>, String> {
        let title = self.title.text(settings);
        let live = Live::new(&settings.picture(), &self.source, self.size, &title);
        live.map(Box::new).map_err(|error| error.to_string())
    }
}

impl Spectrogram {
    /// Prepares for settings that were changed, unless there is nothing to be drawn yet.
    pub(super) fn replan(&self) {
        let (settings, generation) = self.settings();
        let Some(context) = lock(&self.context).clone() else {
            return;
        };
        if settings.mode != Mode::Live {
            return;
        }
        match context.live(&settings) {
            Ok(live) => self.offer(Next {
                settings,
                generation,
                context,
                live,
            }),
            Err(why) => gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("Drawing as before: {why}")
            ),
        }
    }

    /// Of two threads that plan at once, the newer settings win.
    fn offer(&self, plan: Next) {
        let mut next = lock(&self.next);
        let newer = next.as_ref().is_none_or(|n| n.generation < plan.generation);
        let old = match newer {
            true => next.replace(plan),
            false => Some(plan),
        };
        drop(next);
        // Freed outside of the lock.
        drop(old);
    }
}
