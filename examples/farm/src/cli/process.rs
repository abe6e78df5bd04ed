// SPDX-License-Identifier: MPL-2.0
//! Flags of `process`.
use super::{Gain, RenderArgs};
use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Flags of `process`.
#[derive(Debug, Clone, Args)]
pub struct ProcessArgs {
    /// Equaliser settings: Equalizer APO's configuration text, as AutoEQ writes it
    #[arg(long, value_name = "FILE", help_heading = "Equaliser")]
    pub eq: PathBuf,

    /// Gain in dB, on top of the settings' own preamp
    #[arg(
        long,
        value_name = "DB",
        default_value = "0",
        allow_negative_numbers = true,
        help_heading = "Equaliser"
    )]
    pub preamp: Gain,

    /// Lower the gain by what the response exceeds 0 dB anywhere
    #[arg(long, help_heading = "Equaliser")]
    pub auto_headroom: bool,

    /// Phase of the filters; either way the result is as long as the input and in time with it
    #[arg(long, value_enum, value_name = "NAME", default_value_t = PhaseArg::Minimum, help_heading = "Equaliser")]
    pub phase: PhaseArg,

    /// What is read, where results go, and how.
    #[command(flatten)]
    pub render: RenderArgs,

    /// Format of the results
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t = Target::Keep, help_heading = "Output")]
    pub format: Target,

    /// Bits per sample of lossless results [default: the input's own, 24 of lossy inputs; as near to
    /// that as the format comes]
    #[arg(short, long, value_enum, value_name = "BITS", help_heading = "Output")]
    pub bits: Option<Bits>,

    /// Whether samples are dithered (triangular noise of ±1 step) where they are rounded to fewer bits
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Dither::Auto, help_heading = "Output")]
    pub dither: Dither,

    /// Quality of mp3 (0, best, to 9.9, as lame's -V) and ogg (-1 to 10, best, as oggenc's -q)
    /// [default: 0 and 7]
    #[arg(
        long,
        value_name = "Q",
        allow_negative_numbers = true,
        conflicts_with = "bitrate",
        help_heading = "Output"
    )]
    pub quality: Option<f32>,

    /// Bit rate of lossy results in kbit/s; of mp3 at most 320, ogg 250, opus 650 [default: for opus and
    /// m4a, 96 and 128 per channel]
    #[arg(long, value_name = "KBIT", value_parser = clap::value_parser!(u32).range(8..=1024), help_heading = "Output")]
    pub bitrate: Option<u32>,
}

/// Format of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Target {
    /// That of each input
    Keep,
    /// FLAC, 16 or 24 bits
    Flac,
    /// WAV, 16, 24 or 32 bits or 32-bit float
    Wav,
    /// AIFF, 16, 24 or 32 bits
    Aiff,
    /// WavPack, 16, 24 or 32 bits
    Wavpack,
    /// Apple Lossless in M4A, 16 or 24 bits
    Alac,
    /// MP3
    Mp3,
    /// Ogg Vorbis
    Ogg,
    /// Opus in Ogg
    Opus,
    /// AAC in M4A
    M4a,
}

impl Target {
    /// The word on the command line and in the report.
    pub fn name(self) -> &'static str {
        match self {
            Target::Keep => "keep",
            Target::Flac => "flac",
            Target::Wav => "wav",
            Target::Aiff => "aiff",
            Target::Wavpack => "wavpack",
            Target::Alac => "alac",
            Target::Mp3 => "mp3",
            Target::Ogg => "ogg",
            Target::Opus => "opus",
            Target::M4a => "m4a",
        }
    }

    /// The highest `--bitrate` that its encoder takes, in kbit/s.
    pub fn most_kbit(self) -> u32 {
        match self {
            Target::Mp3 => 320,
            Target::Ogg => 250,
            Target::Opus => 650,
            _ => 1024,
        }
    }

    /// Whether coding loses anything.
    pub fn is_lossy(self) -> bool {
        matches!(self, Target::Mp3 | Target::Ogg | Target::Opus | Target::M4a)
    }
}

/// Bits per sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Bits {
    /// 16-bit integer
    #[value(name = "16")]
    B16,
    /// 24-bit integer
    #[value(name = "24")]
    B24,
    /// 32-bit integer
    #[value(name = "32")]
    B32,
    /// 32-bit float
    #[value(name = "32f")]
    Float,
}

/// When samples are dithered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dither {
    /// Where they lie between the steps of the result's 16 or 24 bits; what lies on them stays as it is
    Auto,
    /// Never: they are rounded to the nearest step
    Never,
}

/// Phase of the filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PhaseArg {
    /// Minimum phase, as analogue equalisers have it
    Minimum,
    /// Linear phase
    Linear,
}

impl ProcessArgs {
    /// Checks what clap's table cannot say.
    ///
    /// # Errors
    /// Options that the format does not know. Show it with [`clap::Error::exit`], which ends with
    /// code 2.
    pub fn check(&self) -> Result<(), clap::Error> {
        let conflict = |text: String| Err(clap::Error::raw(ErrorKind::ArgumentConflict, text));
        let name = self.format.name();
        if let Some(q) = self.quality {
            let range = match self.format {
                Target::Mp3 => 0.0..=9.9,
                Target::Ogg => -1.0..=10.0,
                _ => {
                    return conflict(format!(
                        "--quality goes with --format mp3 or ogg, not {name}\n"
                    ));
                }
            };
            if !range.contains(&q) {
                let (least, most) = (range.start(), range.end());
                return conflict(format!(
                    "--quality of {name} goes from {least} to {most}, not {q}\n"
                ));
            }
        }
        if self.bitrate.is_some() && !self.format.is_lossy() && self.format != Target::Keep {
            return conflict(format!("--bitrate goes with lossy formats, not {name}\n"));
        }
        if let Some(kbit) = self.bitrate.filter(|kbit| *kbit > self.format.most_kbit()) {
            let most = self.format.most_kbit();
            return conflict(format!(
                "--bitrate of {name} goes up to {most} kbit/s, not {kbit}\n"
            ));
        }
        let refused = match (self.format, self.bits) {
            (_, None) | (Target::Keep | Target::Wav, _) => false,
            (Target::Flac | Target::Alac, Some(bits)) => !matches!(bits, Bits::B16 | Bits::B24),
            (Target::Aiff | Target::Wavpack, Some(bits)) => bits == Bits::Float,
            _ => true,
        };
        if refused {
            return conflict(format!("{name} has no such --bits\n"));
        }
        Ok(())
    }

    /// The settings of this command line, and the text of its equaliser, that change what becomes of
    /// an input, for [`State::open`](crate::state::State::open).
    pub fn fingerprint(&self, eq: &str) -> String {
        format!(
            "process out={} format={:?} bits={:?} dither={:?} quality={:?} bitrate={:?} preamp={} \
             auto-headroom={} phase={:?} eq={eq}",
            self.render.out.display(),
            self.format,
            self.bits,
            self.dither,
            self.quality,
            self.bitrate,
            self.preamp.0,
            self.auto_headroom,
            self.phase,
        )
    }
}
