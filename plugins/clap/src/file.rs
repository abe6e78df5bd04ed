// SPDX-License-Identifier: MPL-2.0
//! Tensors from a safetensors file: 8 bytes with the length of a JSON header, the header, which
//! says where each tensor lies, and the tensors.
//!
//! Nothing that the header says is believed before it was checked, and only the tensors that are
//! asked for are read: a file often has a text tower that is much larger than the audio tower.
use crate::Error;
use crate::numbers::Kind;
use crate::weights::Weights;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};

/// Longest header that is accepted: a hundred times that of a CLAP model.
pub(crate) const LONGEST_HEADER: u64 = 16 << 20;

/// The tensors of a file.
pub(crate) struct Tensors<R> {
    file: R,
    /// Where the tensors begin in the file.
    data: u64,
    entries: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// The header, in the order of the file and with every name as often as it stands there.
struct Header(Vec<(String, Entry)>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Bytes of a number; none for types that are unknown here.
fn size_of_type(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "I8" | "U8" | "BOOL" | "F8_E5M2" | "F8_E4M3" => 1,
        _ => return None,
    })
}

impl<R: Read + Seek> Tensors<R> {
    /// Reads and checks the header.
    pub fn open(mut file: R) -> Result<Self, Error> {
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        if length < 8 {
            let problem = format!("it has {length} bytes");
            return Err(Error::NotSafetensors(problem));
        }
        let mut header = [0; 8];
        file.read_exact(&mut header)?;
        let header = u64::from_le_bytes(header);
        if header > LONGEST_HEADER {
            return Err(Error::HeaderTooLong { length: header });
        }
        let data = 8 + header;
        if data > length {
            return Err(Error::Truncated {
                needed: data,
                found: length,
            });
        }
        let mut text = Vec::new();
        (&mut file).take(header).read_to_end(&mut text)?;
        let Header(entries) = serde_json::from_slice(&text)
            .map_err(|problem| Error::NotSafetensors(format!("its header: {problem}")))?;
        check_layout(&entries, data, length)?;
        let mut tensors = HashMap::with_capacity(entries.len());
        for (name, entry) in entries {
            if tensors.contains_key(&name) {
                let problem = "it is there twice".to_owned();
                return Err(Error::Header { name, problem });
            }
            tensors.insert(name, entry);
        }
        Ok(Tensors {
            file,
            data,
            entries: tensors,
        })
    }
}

impl<R: Read + Seek> Weights for Tensors<R> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.entries.keys().map(String::as_str))
    }

    fn found(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| &entry.shape[..])
    }

    fn numbers(&mut self, name: &str) -> Result<Vec<f32>, Error> {
        let Some(entry) = self.entries.get(name) else {
            return Err(self.missing(name));
        };
        let kind = match entry.dtype.as_str() {
            "F32" => Kind::F32,
            "F16" => Kind::F16,
            "BF16" => Kind::Bf16,
            _ => {
                return Err(Error::Type {
                    name: name.to_owned(),
                    found: entry.dtype.clone(),
                });
            }
        };
        let [begin, end] = entry.data_offsets;
        self.file.seek(SeekFrom::Start(self.data + begin))?;
        let mut bytes = Vec::new();
        (&mut self.file).take(end - begin).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != end - begin {
            return Err(Error::Truncated {
                needed: self.data + end,
                found: self.data + begin + bytes.len() as u64,
            });
        }
        Ok(kind.decode(&bytes))
    }
}

/// Tensors lie one behind the other, and fill the file from `data` on.
fn check_layout(entries: &[(String, Entry)], data: u64, length: u64) -> Result<(), Error> {
    let wrong = |name: &str, problem: String| {
        Err(Error::Header {
            name: name.to_owned(),
            problem,
        })
    };
    let mut spans = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        let [begin, end] = entry.data_offsets;
        if begin > end {
            return wrong(name, format!("it begins at {begin} and ends at {end}"));
        }
        let count = entry
            .shape
            .iter()
            .try_fold(1_u64, |count, &n| count.checked_mul(n as u64));
        if let Some(size) = size_of_type(&entry.dtype)
            && count.and_then(|count| count.checked_mul(size)) != Some(end - begin)
        {
            let (shape, dtype, bytes) = (&entry.shape, &entry.dtype, end - begin);
            return wrong(
                name,
                format!("{shape:?} of {dtype} do not fill {bytes} bytes"),
            );
        }
        if end > length - data {
            return Err(Error::Truncated {
                needed: data.saturating_add(end),
                found: length,
            });
        }
        spans.push((begin, end, name));
    }
    spans.sort_unstable();
    let mut last = 0;
    for (begin, end, name) in spans {
        if begin < last {
            return wrong(name, "it overlaps another tensor".to_owned());
        }
        if begin > last {
            return wrong(
                name,
                format!("{} bytes before it are nobody's", begin - last),
            );
        }
        last = end;
    }
    if last < length - data {
        let problem = format!("{} bytes behind its tensors", length - data - last);
        return Err(Error::NotSafetensors(problem));
    }
    Ok(())
}
