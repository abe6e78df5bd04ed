// SPDX-License-Identifier: MPL-2.0
//! Everything that is prepared for one kind of audio and one set of settings: tables, transforms and
//! memory. Made by whoever changes either, and handed to the streaming thread.
use super::classic::ClassicPath;
use super::message::Publisher;
use super::settings::{MOST_BANDS, Settings};
use auris_support::layout;
use gst_audio::AudioInfo;

pub struct Plan {
    pub info: AudioInfo,
    pub settings: Settings,
    /// How many times the settings had changed.
    pub change: u64,
    pub path: ClassicPath,
    pub publisher: Publisher,
}

impl Plan {
    /// # Errors
    /// A sentence, if there is no such analysis.
    pub fn new(info: AudioInfo, settings: Settings, change: u64) -> Result<Self, String> {
        let format = layout::sample_format(info.format())
            .ok_or_else(|| format!("sample format {} is not analysed", info.format()))?;
        let rows = match settings.multi_channel {
            true => info.channels() as usize,
            false => 1,
        };
        let values = rows.saturating_mul(settings.bands as usize);
        if values > MOST_BANDS as usize {
            return Err(format!(
                "{values} values per result are more than the {MOST_BANDS} that there may be; lower 'bands'"
            ));
        }
        let path = ClassicPath::new(format, &info, &settings)?;
        let publisher = Publisher::new(path.shape());
        Ok(Plan {
            info,
            settings,
            change,
            path,
            publisher,
        })
    }
}
