// SPDX-License-Identifier: MPL-2.0
//! Makes a small album with real musical structure, to try auris on.
//!
//! Six tracks of about half a minute are synthesised, mastered from open to brick-walled and
//! encoded into the formats that the machine has encoders for. The samples depend on nothing but
//! this source; files that are there already are kept.
use std::{env, fs, path::Path, process::ExitCode, thread};

mod arrange;
mod master;
mod mix;
mod songs;
mod synth;
mod write;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: auris-album FOLDER");
        return ExitCode::from(2);
    };
    match make(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("auris-album: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the tracks that `folder` does not hold yet, all of them at once.
fn make(folder: &Path) -> Result<(), String> {
    gst::init().map_err(|e| e.to_string())?;
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    thread::scope(|scope| {
        let tracks: Vec<_> = (1..)
            .zip(songs::ALBUM)
            .map(|(number, song)| scope.spawn(move || track(folder, number, song)))
            .collect();
        tracks
            .into_iter()
            .try_for_each(|t| t.join().unwrap_or_else(|_| Err("a track panicked".into())))
    })
}

fn track(folder: &Path, number: u32, song: &songs::Song) -> Result<(), String> {
    let format = write::available(song.format)?;
    let path = folder.join(format!("{number:02} {}.{}", song.title, format.extension()));
    if path.exists() {
        return Ok(());
    }
    let mut sound = arrange::render(song);
    master::master(&mut sound, song.mastering);
    write::write(&path, format, &sound, number, song.title)
}
