// SPDX-License-Identifier: MPL-2.0
//! `auris-farm process`: decodes, equalises, encodes; each result appears when it is complete.
mod edge;
mod job;
mod layout;
mod pipeline;
mod quantise;
mod target;

pub use pipeline::Equaliser;
pub use target::factories;

use crate::cli::ProcessArgs;
use crate::engine::Failure;
use crate::engine::memory::Need;
use crate::integrity::Facts;
use crate::record::Processed;
use crate::render::{self, Draft, Ending, Renderer, Setup, Task, Words};
use job::Product;
use std::error::Error;
use std::process::ExitCode;
use target::Encoding;

/// Reads and checks the settings of the equaliser.
///
/// # Errors
/// A sentence with the file, and where it can be told the line and what is wrong with it.
pub fn read_equaliser(args: &ProcessArgs) -> Result<Equaliser, String> {
    let name = args.eq.display();
    let bytes = std::fs::read(&args.eq).map_err(|error| format!("{name}: {error}"))?;
    let text = auris_eq::text::decode(&bytes);
    auris_eq::text::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    Ok(Equaliser {
        text,
        preamp: args.preamp.0,
        auto_headroom: args.auto_headroom,
        phase: args.phase,
    })
}

/// Runs the command. Success means that every input succeeded.
///
/// # Errors
/// What keeps the run from beginning or its report from being written.
pub fn run(args: &ProcessArgs, equaliser: Equaliser) -> Result<ExitCode, Box<dyn Error>> {
    let setup = Setup {
        args: &args.render,
        ending: target::extension(args.format).map_or(Ending::Same, Ending::Instead),
        beside: vec![&args.eq],
        libav: job::may_use_libav(args.format),
        held: Need::NOTHING,
        fingerprint: args.fingerprint(&equaliser.text),
    };
    render::run(&Process { args, equaliser }, &setup)
}

/// The command.
struct Process<'a> {
    args: &'a ProcessArgs,
    equaliser: Equaliser,
}

impl Renderer for Process<'_> {
    type Record = Processed;
    type Form = Encoding;
    type Product = Product;

    const WORDS: Words = Words {
        command: "process",
        doing: "processing",
        done: "processed",
        results: "results",
    };

    fn form(&self, facts: Option<&Facts>) -> Result<Encoding, Failure> {
        Encoding::choose(self.args, facts)
    }

    fn render(
        &self,
        task: &Task<'_>,
        encoding: &Encoding,
        draft: &mut Draft,
        warnings: &mut Vec<String>,
    ) -> Result<Product, Failure> {
        job::make(self, task, encoding, draft, warnings)
    }

    fn describe(&self, record: &mut Processed, encoding: Encoding, product: Product, bytes: u64) {
        job::describe(record, &encoding, product, bytes);
    }
}
