// SPDX-License-Identifier: MPL-2.0
//! From a text to its embedding.
use auris_clap::TextTower;
use std::error::Error;
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer;

/// Tokens of a text at most: positions that the text tower of CLAP models knows.
const MOST_TOKENS: usize = 512;
/// What a public export calls the tower, and where it puts it.
const TOWER: &str = "text_model.onnx";
const FOLDER: &str = "onnx";
const TOKENIZER: &str = "tokenizer.json";

/// A text tower with its tokenizer.
pub(super) struct Embedder {
    tokenizer: Tokenizer,
    tower: TextTower,
}

impl Embedder {
    /// The tower at `model`, which is a file or a folder, and the tokenizer that belongs to it.
    pub fn open(model: &Path, tokenizer: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let tower = tower_at(model)?;
        let tokenizer = match tokenizer {
            Some(path) => path.to_owned(),
            None => tokenizer_of(&tower)?,
        };
        let told = |error| format!("cannot read the tokenizer {}: {error}", tokenizer.display());
        let mut read = Tokenizer::from_file(&tokenizer).map_err(told)?;
        // A label that is cut off would not be the label, and one that is filled up would be another.
        read.with_padding(None);
        read.with_truncation(None).map_err(told)?;
        Ok(Embedder {
            tokenizer: read,
            tower: TextTower::open(&tower)?,
        })
    }

    /// The embedding of a text, of length 1.
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>, Box<dyn Error>> {
        let encoding = self.tokenizer.encode(text, true);
        let encoding = encoding.map_err(|error| format!("it has no tokens: {error}"))?;
        let tokens: Vec<i64> = encoding.get_ids().iter().map(|&id| i64::from(id)).collect();
        match tokens.len() {
            1..=MOST_TOKENS => Ok(self.tower.embed(&tokens)?),
            0 => Err("it has no tokens".into()),
            count => Err(format!("it has {count} tokens, more than {MOST_TOKENS}").into()),
        }
    }
}

fn tower_at(model: &Path) -> Result<PathBuf, String> {
    if !model.is_dir() {
        return match model.exists() {
            true => Ok(model.to_owned()),
            false => Err(format!("there is no text tower {}", model.display())),
        };
    }
    let places = [model.join(TOWER), model.join(FOLDER).join(TOWER)];
    places.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        format!(
            "there is no {TOWER} in {} or its folder {FOLDER}: export the text tower to ONNX, or name the file",
            model.display()
        )
    })
}

fn tokenizer_of(tower: &Path) -> Result<PathBuf, String> {
    let folders = tower.ancestors().skip(1).take(2);
    let places = folders.map(|folder| folder.join(TOKENIZER));
    places
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| {
            format!(
                "there is no {TOKENIZER} beside {} or one folder up: name it with --tokenizer",
                tower.display()
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_model_is_found_as_it_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(tower_at(&root.join("none")).is_err());
        assert!(tower_at(root).unwrap_err().contains(TOWER));
        fs::create_dir(root.join(FOLDER)).unwrap();
        let tower = root.join(FOLDER).join(TOWER);
        fs::write(&tower, "").unwrap();
        assert_eq!(tower_at(root).unwrap(), tower);
        assert_eq!(tower_at(&tower).unwrap(), tower);
        assert!(tokenizer_of(&tower).unwrap_err().contains("--tokenizer"));
        fs::write(root.join(TOKENIZER), "").unwrap();
        assert_eq!(tokenizer_of(&tower).unwrap(), root.join(TOKENIZER));
        let nearer = root.join(FOLDER).join(TOKENIZER);
        fs::write(&nearer, "").unwrap();
        assert_eq!(tokenizer_of(&tower).unwrap(), nearer);
    }
}
