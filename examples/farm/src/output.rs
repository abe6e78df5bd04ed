// SPDX-License-Identifier: MPL-2.0
//! Where what a command makes goes.
use crate::scratch;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A stream, or a file that appears when it is complete.
pub(crate) enum Output {
    Stream {
        writer: BufWriter<Box<dyn Write + Send>>,
        name: String,
    },
    File {
        writer: BufWriter<NamedTempFile>,
        target: PathBuf,
    },
}

impl Output {
    /// Opens `file`, or standard output where there is none.
    pub(crate) fn open(file: Option<&Path>) -> io::Result<Self> {
        let Some(file) = file else {
            return Ok(Self::stream(Box::new(io::stdout())));
        };
        Self::open_file(file).map_err(|error| named(&file.display(), &error))
    }

    fn open_file(file: &Path) -> io::Result<Self> {
        // A report is written through a link, not over it.
        let target = match fs::canonicalize(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => file.to_owned(),
            found => found?,
        };
        let old = fs::metadata(&target).ok();
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            // A device, a pipe: nothing could be renamed over it.
            let writer: Box<dyn Write + Send> =
                Box::new(fs::File::options().write(true).open(&target)?);
            let name = target.display().to_string();
            return Ok(Self::Stream {
                writer: BufWriter::new(writer),
                name,
            });
        }
        // As `File::create` would: the old file's mode, or what the umask leaves of 666.
        let mode = old.as_ref().map_or(0o666, |old| old.permissions().mode());
        let temporary = scratch::beside(&target, mode)?;
        if let Some(old) = old {
            temporary.as_file().set_permissions(old.permissions())?;
        }
        Ok(Self::File {
            writer: BufWriter::new(temporary),
            target,
        })
    }

    pub(crate) fn stream(writer: Box<dyn Write + Send>) -> Self {
        Self::Stream {
            writer: BufWriter::new(writer),
            name: "report".to_owned(),
        }
    }

    pub(crate) fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Stream { writer, .. } => writer,
            Self::File { writer, .. } => writer,
        }
    }

    /// Says which output an error is of; the kind stays, so that a closed pipe can be told apart.
    pub(crate) fn explain(&self, error: io::Error) -> io::Error {
        match self {
            Self::Stream { name, .. } => named(name, &error),
            Self::File { target, .. } => named(&target.display(), &error),
        }
    }

    /// Puts a file in its place.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self {
            Self::Stream { mut writer, name } => {
                writer.flush().map_err(|error| named(&name, &error))
            }
            Self::File { writer, target } => {
                let put = || {
                    let temporary = writer
                        .into_inner()
                        .map_err(io::IntoInnerError::into_error)?;
                    temporary.as_file().sync_all()?;
                    temporary.persist(&target)?;
                    Ok(())
                };
                put().map_err(|error: io::Error| named(&target.display(), &error))
            }
        }
    }
}

fn named(name: &dyn std::fmt::Display, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{name}: {error}"))
}
