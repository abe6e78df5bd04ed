// SPDX-License-Identifier: MPL-2.0
//! Arrays beside the manifest: [safetensors] with all of an input, or [NPY] files with one each. Both hold
//! 32-bit little-endian floats.
//!
//! [safetensors]: https://github.com/huggingface/safetensors#format
//! [NPY]: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
use super::artefact::Artefact;
use crate::cli::ArrayForm;
use crate::record::ArrayRef;
use crate::render::Draft;
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What the metadata of a safetensors file of ours begin with, by which it is known again.
const MARK: &[u8] = b"{\"__metadata__\":{\"format\":\"audio_manifest_v1\"";
const NPY: &[u8] = b"\x93NUMPY\x01\x00";
/// Data of NPY begins at a multiple of this.
const NPY_ALIGN: usize = 64;
/// The header of safetensors is as long as a multiple of this.
const SAFETENSORS_ALIGN: usize = 8;

/// Numbers of an array.
pub enum Numbers<'a> {
    /// An array of an artefact.
    Stored(&'a mut Artefact, &'static str),
    /// Those in memory.
    Made(Vec<f32>),
}

/// An array that is to be written.
pub struct Array<'a> {
    /// Its name there.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<u64>,
    /// Its numbers, as many as the product of these.
    pub numbers: Numbers<'a>,
}

impl<'a> Array<'a> {
    /// One of an artefact, if it is there.
    pub fn stored(name: &str, artefact: &'a mut Artefact, array: &'static str) -> Option<Self> {
        let shape = artefact.array(array)?.shape.clone();
        Some(Array {
            name: name.to_owned(),
            shape,
            numbers: Numbers::Stored(artefact, array),
        })
    }

    fn bytes(&self) -> u64 {
        self.shape.iter().product::<u64>() * size_of::<f32>() as u64
    }

    fn write(&mut self, out: &mut impl Write) -> io::Result<()> {
        let expected = self.bytes();
        let written = match &mut self.numbers {
            Numbers::Stored(artefact, array) => io::copy(&mut artefact.read(array)?, out)?,
            Numbers::Made(numbers) => {
                let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
                let bytes: Vec<u8> = bytes.collect();
                out.write_all(&bytes)?;
                bytes.len() as u64
            }
        };
        match written == expected {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Extension of a result's name.
pub fn extension(form: ArrayForm) -> &'static str {
    match form {
        ArrayForm::Safetensors | ArrayForm::None => "safetensors",
        ArrayForm::Npy => "npy",
    }
}

/// The file of an array, where `target` is the place of the result.
pub fn place(form: ArrayForm, target: &Path, array: &str) -> PathBuf {
    match form {
        ArrayForm::Safetensors | ArrayForm::None => target.to_owned(),
        // a.flac.npy becomes a.flac.mel.npy
        ArrayForm::Npy => {
            let mut name = OsString::from(array);
            name.push(".npy");
            target.with_extension(name)
        }
    }
}

/// Whether this program may have written what is there.
pub fn is_ours(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = File::open(path).and_then(|file| {
        let length = (8 + MARK.len()) as u64;
        file.take(length).read_to_end(&mut begin)
    });
    let ours = |begin: &[u8]| begin.get(8..) == Some(MARK) || begin.starts_with(NPY);
    read.is_ok() && ours(&begin)
}

/// Writes arrays into drafts, each of which may replace what is there if `overwrite` says so of it. Tells
/// where they will be, as seen from `root`.
///
/// # Errors
/// The path that could not be written, and why.
pub fn write(
    form: ArrayForm,
    target: &Path,
    root: &Path,
    sha256: Option<&str>,
    arrays: &mut [Array<'_>],
    overwrite: impl Fn(&Path) -> bool,
) -> Result<(Vec<Draft>, Vec<ArrayRef>), (PathBuf, io::Error)> {
    let (mut drafts, mut places) = (Vec::new(), Vec::new());
    if form == ArrayForm::None || arrays.is_empty() {
        return Ok((drafts, places));
    }
    for array in arrays.iter() {
        let path = place(form, target, &array.name);
        let file = path.strip_prefix(root).unwrap_or(&path);
        places.push(ArrayRef {
            name: array.name.clone(),
            file: file.to_string_lossy().into_owned(),
            dtype: "float32".to_owned(),
            shape: array.shape.clone(),
        });
    }
    // All into one file, or each into its own.
    let files = match form {
        ArrayForm::Npy => arrays.chunks_mut(1),
        _ => arrays.chunks_mut(usize::MAX),
    };
    for arrays in files {
        let name = arrays.first().map_or("", |array| &array.name);
        let path = place(form, target, name);
        let made = Draft::begin(&path, overwrite(&path)).and_then(|mut draft| {
            let mut out = BufWriter::with_capacity(1 << 16, draft.file());
            match form {
                ArrayForm::Npy => out.write_all(&npy_header(&arrays[0].shape))?,
                _ => out.write_all(&safetensors_header(arrays, sha256))?,
            }
            for array in arrays {
                array.write(&mut out)?;
            }
            out.flush()?;
            drop(out);
            Ok(draft)
        });
        drafts.push(made.map_err(|error| (path, error))?);
    }
    Ok((drafts, places))
}

fn safetensors_header(arrays: &[Array<'_>], sha256: Option<&str>) -> Vec<u8> {
    let mut begin = 0;
    let mut entries = Map::new();
    for array in arrays {
        let end = begin + array.bytes();
        let entry = json!({"dtype": "F32", "shape": array.shape, "data_offsets": [begin, end]});
        entries.insert(array.name.clone(), entry);
        begin = end;
    }
    let mut header = vec![0; 8];
    header.extend_from_slice(MARK);
    if let Some(sha256) = sha256 {
        header.extend_from_slice(b",\"sha256\":");
        header.extend_from_slice(Value::from(sha256).to_string().as_bytes());
    }
    // The metadata end here, and the entries follow in the same object.
    header.extend_from_slice(b"},");
    header.extend_from_slice(&Value::from(entries).to_string().as_bytes()[1..]);
    header.resize(header.len().next_multiple_of(SAFETENSORS_ALIGN), b' ');
    let length = (header.len() - 8) as u64;
    header[..8].copy_from_slice(&length.to_le_bytes());
    header
}

fn npy_header(shape: &[u64]) -> Vec<u8> {
    let mut numbers = shape
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if shape.len() == 1 {
        // Python's tuple of one.
        numbers.push(',');
    }
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({numbers}), }}");
    let begin = NPY.len() + 2;
    // With a line feed at its end.
    let whole = (begin + text.len() + 1).next_multiple_of(NPY_ALIGN);
    let mut header = NPY.to_vec();
    header.extend(((whole - begin) as u16).to_le_bytes());
    header.extend(text.bytes());
    header.resize(whole - 1, b' ');
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays() -> Vec<Array<'static>> {
        let array = |name: &str, shape: &[u64], numbers: &[f32]| Array {
            name: name.to_owned(),
            shape: shape.to_vec(),
            numbers: Numbers::Made(numbers.to_vec()),
        };
        vec![
            array("mel", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            array("clap.aggregate", &[1], &[7.5]),
            array("none", &[0, 9], &[]),
        ]
    }

    fn put(form: ArrayForm, folder: &Path) -> Vec<ArrayRef> {
        let target = folder
            .join("sub/a.flac")
            .with_extension(format!("flac.{}", extension(form)));
        let (drafts, places) =
            write(form, &target, folder, Some("abc"), &mut arrays(), |_| false).unwrap();
        for draft in drafts {
            draft.put().unwrap();
        }
        places
    }

    #[test]
    fn another_reader_finds_all_in_safetensors() {
        let folder = tempfile::tempdir().unwrap();
        let places = put(ArrayForm::Safetensors, folder.path());
        assert!(
            places
                .iter()
                .all(|place| place.file == "sub/a.flac.safetensors")
        );
        let path = folder.path().join(&places[0].file);
        assert!(is_ours(&path));
        let bytes = std::fs::read(path).unwrap();
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = metadata.metadata().clone().unwrap();
        assert_eq!(metadata["sha256"], "abc");
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mel = file.tensor("mel").unwrap();
        assert_eq!(
            (mel.shape(), mel.dtype()),
            (&[2, 3][..], safetensors::Dtype::F32)
        );
        assert_eq!(mel.data()[20..], 6.0_f32.to_le_bytes());
        let single = file.tensor("clap.aggregate").unwrap();
        assert_eq!(single.data(), 7.5_f32.to_le_bytes());
        assert_eq!(file.tensor("none").unwrap().shape(), [0, 9]);
    }

    #[test]
    fn npy_is_what_numpy_writes() {
        let folder = tempfile::tempdir().unwrap();
        let places = put(ArrayForm::Npy, folder.path());
        let files: Vec<_> = places.iter().map(|place| place.file.as_str()).collect();
        let wanted = [
            "sub/a.flac.mel.npy",
            "sub/a.flac.clap.aggregate.npy",
            "sub/a.flac.none.npy",
        ];
        assert_eq!(files, wanted);
        let path = folder.path().join(files[0]);
        assert!(is_ours(&path));
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(bytes.len(), 128 + 24);
        // As numpy writes it.
        let header =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        assert!(bytes.starts_with(header));
        assert_eq!(bytes[127], b'\n');
        assert_eq!(bytes[128..132], 1.0_f32.to_le_bytes());
    }

    #[test]
    fn what_others_wrote_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert!(!is_ours(&path));
        for bytes in [&b""[..], b"text", &[0; 100]] {
            std::fs::write(&path, bytes).unwrap();
            assert!(!is_ours(&path));
        }
        let target = path.as_path();
        let put = |overwrite: bool| {
            let form = ArrayForm::Safetensors;
            let made = write(form, target, folder.path(), None, &mut arrays(), |_| {
                overwrite
            });
            let (drafts, _) = made.ok().unwrap();
            drafts.into_iter().try_for_each(Draft::put)
        };
        assert_eq!(put(false).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(put(true).is_ok() && is_ours(target));
    }
}
