// SPDX-License-Identifier: MPL-2.0
//! `auris-farm`: the headless batch driver.
use auris_farm::cli::{self, Cli, Command};
use auris_farm::{analyze, cache, doctor, labels, measure, merge, picture, process};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::from_env();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            let closed = error
                .downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe);
            // Whoever closed the pipe has what it wanted.
            if !closed {
                eprintln!("auris-farm: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = io::stdout().lock();
    match &cli.command {
        Command::Measure(args) => {
            drop(out);
            if let Err(error) = args.check() {
                error.exit();
            }
            start_gstreamer(args.verbose)?;
            measure::run(args)
        }
        Command::Process(args) => {
            drop(out);
            if let Err(error) = args.check() {
                error.exit();
            }
            // Before anything else: nothing is decoded for a filter that cannot be.
            let equaliser = match process::read_equaliser(args) {
                Ok(equaliser) => equaliser,
                Err(why) => {
                    eprintln!("auris-farm: {why}");
                    return Ok(ExitCode::from(2));
                }
            };
            start_gstreamer(args.render.run.verbose)?;
            process::run(args, equaliser)
        }
        Command::Picture(args) => {
            drop(out);
            if let Err(error) = args.check() {
                error.exit();
            }
            start_gstreamer(args.render.run.verbose)?;
            picture::run(args)
        }
        Command::Analyze(args) => {
            let (settings, lines) = match analyze::settings::resolve(args) {
                Ok(resolved) => resolved,
                Err(why) => {
                    eprintln!("auris-farm: {why}");
                    return Ok(ExitCode::from(2));
                }
            };
            if args.explain {
                analyze::explain(&lines, &mut out)?;
                return Ok(ExitCode::SUCCESS);
            }
            drop(out);
            start_gstreamer(args.run.verbose)?;
            analyze::run(args, settings)
        }
        Command::Merge(args) => {
            drop(out);
            merge::run(args)
        }
        Command::Labels(args) => labels::run(args),
        Command::Doctor => {
            start_gstreamer(0)?;
            Ok(doctor::run(&mut out)?)
        }
        Command::Cache(args) => {
            let code = cache::run(args, &mut out)?;
            out.flush()?;
            Ok(code)
        }
        Command::Completions { shell } => {
            cli::write_completions(*shell, &mut out)?;
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => {
            cli::write_man(&mut out)?;
            out.flush()?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// GStreamer's own messages go to standard error; without `-vv` only what `GST_DEBUG` asks for.
fn start_gstreamer(verbose: u8) -> Result<(), Box<dyn Error>> {
    gst::init().map_err(|error| format!("GStreamer cannot start: {error}"))?;
    if verbose > 1 {
        gst::log::set_default_threshold(gst::DebugLevel::Warning);
    }
    Ok(())
}
