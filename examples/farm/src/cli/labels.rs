// SPDX-License-Identifier: MPL-2.0
//! Flags of `labels`.
use clap::Args;
use std::path::PathBuf;
use std::str::FromStr;

/// What stands for the label in a [`Template`].
const PLACE: &str = "{}";

/// Flags of `labels`.
#[derive(Debug, Clone, Args)]
pub struct LabelsArgs {
    /// Text tower of the model, exported to ONNX, or a folder with text_model.onnx in it or in its
    /// folder `onnx`
    #[arg(long, value_name = "PATH")]
    pub text_model: PathBuf,

    /// Tokenizer of the model [default: tokenizer.json beside the text tower, or one folder up]
    #[arg(long, value_name = "FILE")]
    pub tokenizer: Option<PathBuf>,

    /// Text file with a label on each line, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,

    /// Text that is embedded for a label, which takes the place of {}; of several, a label gets the mean
    #[arg(long, value_name = "TEXT", default_value = PLACE)]
    pub template: Vec<Template>,

    /// File to write, replaced only when it is complete: safetensors if its name ends so, JSON otherwise
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
}

/// A text with a place for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// The text with the label in its place.
    pub fn of(&self, label: &str) -> String {
        self.0.replace(PLACE, label)
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.contains(PLACE) {
            true => Ok(Self(text.to_owned())),
            false => Err(format!("it has no {PLACE}, where the label goes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn a_label_takes_its_place() {
        let template: Template = "This is a sound of {}.".parse().unwrap();
        assert_eq!(template.of("a dog"), "This is a sound of a dog.");
        assert_eq!("{}".parse::<Template>().unwrap().of("{}"), "{}");
        assert!("This is a sound.".parse::<Template>().is_err());
    }
}
