// SPDX-License-Identifier: MPL-2.0
//! Everything that is prepared for one kind of audio and one set of settings: tables, transforms and
//! memory. Made by whoever changes either, and handed to the streaming thread.
use super::analysis::Analysis;
use super::classic::ClassicPath;
use super::message::Publisher;
use super::settings::{MOST_BANDS, Settings};
use auris_support::layout;
use gst_audio::AudioInfo;

/// How it is analysed.
pub enum Path {
    /// As gst-plugins-good does.
    Classic(Box<ClassicPath>),
    /// As nothing but the properties beyond can say.
    Analysis(Box<Analysis>),
}

pub struct Plan {
    pub info: AudioInfo,
    pub settings: Settings,
    /// How many times the settings had changed.
    pub change: u64,
    pub path: Path,
    pub publisher: Publisher,
}

impl Plan {
    /// With pads for frames, the analysis makes frames whatever the settings say.
    ///
    /// # Errors
    /// A sentence, if there is no such analysis.
    pub fn new(
        info: AudioInfo,
        settings: Settings,
        change: u64,
        has_pads: bool,
    ) -> Result<Self, String> {
        let format = layout::sample_format(info.format())
            .ok_or_else(|| format!("sample format {} is not analysed", info.format()))?;
        let rows = match settings.has_rows() {
            true => info.channels() as usize,
            false => 1,
        };
        let values = rows.saturating_mul(settings.bands.max(settings.fft_size / 2) as usize);
        if values > MOST_BANDS as usize {
            return Err(format!(
                "{values} values per result are more than the {MOST_BANDS} that there may be; lower 'bands'"
            ));
        }
        let (path, shape) = if settings.is_classic() && !has_pads {
            let path = ClassicPath::new(format, &info, &settings)?;
            let shape = path.shape().clone();
            (Path::Classic(Box::new(path)), shape)
        } else {
            let path = Analysis::new(format, &info, &settings)?;
            let shape = path.shape().clone();
            (Path::Analysis(Box::new(path)), shape)
        };
        Ok(Plan {
            info,
            settings,
            change,
            path,
            publisher: Publisher::new(shape),
        })
    }

    /// Goes on where `before` stands, where nothing but results changes. Whether it does; if not, neither
    /// has changed.
    pub fn take_over(&mut self, before: &mut Plan) -> bool {
        match (&mut self.path, &mut before.path) {
            (Path::Analysis(path), Path::Analysis(before_path)) => {
                self.info == before.info
                    && self.settings.same_frames(&before.settings)
                    && path.take_over(before_path)
            }
            _ => false,
        }
    }
}
