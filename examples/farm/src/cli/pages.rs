// SPDX-License-Identifier: MPL-2.0
//! Man page and completions.
use super::Cli;
use clap::CommandFactory;
use std::io::{self, Write};

/// Writes completions for `shell`.
///
/// # Errors
/// Those of `out`.
pub fn write_completions(shell: clap_complete::Shell, out: &mut dyn Write) -> io::Result<()> {
    // clap_complete panics when it cannot write: give it memory, which always takes more.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "auris-farm", &mut script);
    out.write_all(&script)
}

/// Writes one man page for the program and its subcommands.
///
/// # Errors
/// Those of `out`.
pub fn write_man(out: &mut dyn Write) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let page = clap_mangen::Man::new(command.clone());
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    for subcommand in command.get_subcommands().filter(|c| c.get_name() != "help") {
        writeln!(out, ".SH {}", subcommand.get_name().to_uppercase())?;
        if let Some(about) = subcommand.get_about() {
            writeln!(out, "{about}.")?;
        }
        let name = format!("auris-farm {}", subcommand.get_name());
        let section = clap_mangen::Man::new(subcommand.clone().bin_name(name));
        section.render_synopsis_section(out)?;
        section.render_options_section(out)?;
    }
    page.render_version_section(out)
}
