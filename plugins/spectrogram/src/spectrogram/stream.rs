// SPDX-License-Identifier: MPL-2.0
//! What the streaming thread works on.
use super::kinds::Mode;
use super::live::Clock;
use super::output::Output;
use super::plan::{Context, Next};
use super::settings::Settings;
use auris_dsp::picture::settings::Source;
use auris_dsp::picture::whole::Whole;
use auris_dsp::spectrum::intake::{Downmix, Intake};
use auris_support::layout;
use gst_audio::AudioInfo;
use std::sync::Arc;

/// The segment that timestamps belong to.
pub type Segment = gst::FormattedSegment<gst::ClockTime>;

/// Frames that are converted at a time: they and their spectra stay in the cache.
pub const CHUNK: usize = 4096;

/// What is being drawn.
#[derive(Default)]
pub enum Drawing {
    #[default]
    Nothing,
    Live(Box<Clock>),
    Whole(Box<Whole>),
}

/// Everything from caps to pixels.
#[derive(Default)]
pub struct Stream {
    pub segment: Option<Segment>,
    /// A segment event that waits for the caps to go first.
    pub pending_segment: Option<gst::Event>,
    pub audio: Option<Audio>,
    pub output: Option<Output>,
    pub drawing: Drawing,
    /// Artist and title.
    pub tags: Option<gst::TagList>,
    /// Of the settings that the drawing was made of.
    pub generation: u64,
    /// And what else it was made of, if it is live.
    pub context: Option<Arc<Context>>,
    /// Timestamp of the first sample of a whole picture.
    pub began: Option<gst::ClockTime>,
    /// What was last said of the frequency range.
    pub doubt: Option<String>,
    /// Whether samples were seen that are no numbers.
    pub warned: bool,
    /// Whether a picture was pushed: after that, a seek to the very end is no fault.
    pub done: bool,
}

/// The audio that comes in.
pub struct Audio {
    pub info: AudioInfo,
    pub intake: Intake,
}

impl Audio {
    /// Of caps.
    ///
    /// # Errors
    /// A sentence.
    pub fn new(info: AudioInfo) -> Result<Self, String> {
        let format = layout::sample_format(info.format());
        let format = format.ok_or_else(|| format!("no samples of format {}", info.format()))?;
        let intake = Intake::new(format, info.channels() as usize, Downmix::Channels, CHUNK);
        let intake = intake.map_err(|error| error.to_string())?;
        Ok(Audio { info, intake })
    }

    fn source(&self) -> Source {
        Source {
            rate: self.info.rate(),
            names: layout::channel_names(&self.info),
        }
    }
}

/// The text above the picture where the user sets none.
#[derive(Debug, Clone, PartialEq)]
pub struct Title(String);

impl Title {
    fn of(tags: Option<&gst::TagList>) -> Self {
        let Some(tags) = tags else {
            return Title(String::new());
        };
        let artist = tags.get::<gst::tags::Artist>();
        let title = tags.get::<gst::tags::Title>();
        Title(match (artist, title) {
            (Some(artist), Some(title)) => format!("{} – {}", artist.get(), title.get()),
            (None, Some(title)) => title.get().to_owned(),
            _ => String::new(),
        })
    }

    /// That of the user, or else of the tags.
    pub fn text(&self, settings: &Settings) -> String {
        settings.title.clone().unwrap_or_else(|| self.0.clone())
    }
}

impl Stream {
    /// What is wrong with the frequency range, unless that was said before.
    pub fn doubt(&mut self, settings: &Settings) -> Option<&str> {
        let rate = self.audio.as_ref()?.info.rate();
        let doubt = settings.picture().wrong_range(rate);
        let before = std::mem::replace(&mut self.doubt, doubt);
        self.doubt
            .as_deref()
            .filter(|now| before.as_deref() != Some(*now))
    }

    /// Begins to draw what comes from `base` on, `expected` frames of it.
    ///
    /// # Errors
    /// A sentence.
    pub fn begin(
        &mut self,
        settings: &Settings,
        generation: u64,
        base: gst::ClockTime,
        expected: Option<u64>,
    ) -> Result<(), String> {
        let (Some(audio), Some(output)) = (&self.audio, &mut self.output) else {
            return Err("no caps".to_owned());
        };
        let source = audio.source();
        let picture = settings.picture();
        output.recolour(&picture.palette.colours());
        let (size, fps) = (output.size(), output.rate());
        let title = Title::of(self.tags.as_ref());
        match settings.mode {
            Mode::Live => {
                let context = Context {
                    source,
                    size,
                    title,
                };
                let live = context.live(settings)?;
                self.context = Some(Arc::new(context));
                self.drawing = Drawing::Live(Box::new(Clock::new(live, fps, base)));
            }
            Mode::Whole => {
                let title = title.text(settings);
                let whole = Whole::new(&picture, &source, size, &title, expected);
                let whole = whole.map_err(|error| error.to_string())?;
                self.drawing = Drawing::Whole(Box::new(whole));
            }
        }
        self.began = Some(base);
        self.generation = generation;
        Ok(())
    }

    /// Goes on with a picture for other settings, if it was made for what is drawn.
    pub fn take_over(&mut self, next: Next) {
        let (Some(context), Some(output), Drawing::Live(clock)) =
            (&self.context, &mut self.output, &mut self.drawing)
        else {
            return;
        };
        if next.generation <= self.generation || **context != *next.context {
            return;
        }
        output.recolour(&next.settings.picture().palette.colours());
        clock.replace(next.live);
        self.generation = next.generation;
    }
}
