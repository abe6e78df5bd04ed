// SPDX-License-Identifier: MPL-2.0
//! `auris-farm picture`: decodes and draws; each picture appears when it is complete.
mod encode;
mod pipeline;

use crate::cli::PictureArgs;
use crate::engine::Failure;
use crate::engine::memory::Need;
use crate::inputs::Source;
use crate::integrity::Facts;
use crate::record::{Drawn, Pictured, Rendered};
use crate::render::{self, Draft, Ending, Renderer, Setup, Task, Words};
use pipeline::{Job, Seen};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// Runs the command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run(args: &PictureArgs) -> Result<ExitCode, Box<dyn Error>> {
    let setup = Setup {
        args: &args.render,
        ending: Ending::Instead("png"),
        beside: Vec::new(),
        libav: false,
        held: Need::NOTHING,
        fingerprint: args.fingerprint(),
    };
    render::run(&Picture { args }, &setup)
}

/// The command.
struct Picture<'a> {
    args: &'a PictureArgs,
}

impl Renderer for Picture<'_> {
    type Record = Pictured;
    type Form = ();
    type Product = Seen;

    const WORDS: Words = Words {
        command: "picture",
        doing: "drawing",
        done: "drawn",
        results: "pictures",
    };

    fn form(&self, _facts: Option<&Facts>) -> Result<(), Failure> {
        Ok(())
    }

    fn render(
        &self,
        task: &Task<'_>,
        _form: &(),
        draft: &mut Draft,
        _warnings: &mut Vec<String>,
    ) -> Result<Seen, Failure> {
        let pixels = u64::from(self.args.size.width) * u64::from(self.args.size.height);
        let more = |need: Need| need.with_picture(pixels);
        let seen = task.decode(more, |decode| {
            pipeline::run(&Job {
                decode,
                facts: task.look.facts.as_ref(),
                args: self.args,
                name: name(task.input),
            })
        })?;
        let written = encode::png(draft.file(), &seen);
        written.map_err(|error| task.unwritable(&error))?;
        Ok(seen)
    }

    fn describe(&self, record: &mut Pictured, _form: (), seen: Seen, bytes: u64) {
        let rendering = record.rendering_mut();
        let (rate, channels) = (seen.info.rate(), seen.info.channels());
        rendering.succeed(seen.frames, Some(rate), Some(channels));
        rendering.warnings.extend(seen.warnings);
        record.picture = Some(Drawn {
            width: seen.width,
            height: seen.height,
            title: seen.title,
            bytes,
        });
    }
}

/// What a picture is called where tags say nothing.
fn name(source: &Source) -> String {
    let stem = source.path().and_then(Path::file_stem);
    match stem {
        Some(stem) => stem.to_string_lossy().into_owned(),
        None => source.display().into_owned(),
    }
}
