// SPDX-License-Identifier: MPL-2.0
//! From lines to a curve.
use super::super::band::{Curve, Graphic, MAX_BANDS};
use super::cursor::{Cursor, quoted};
use super::fields::{self, Syntax};
use super::{Error, channel, filter};

/// Commands that Equalizer APO obeys and a curve has no place for, with what to do instead.
const FOREIGN: [(&str, &str); 11] = [
    ("Include", "put the lines of that file here"),
    ("Convolution", "only equalisation is"),
    ("Delay", "only equalisation is"),
    ("Copy", "only equalisation is, each channel for itself"),
    ("VSTPlugin", "only equalisation is"),
    ("LoudnessCorrection", "only equalisation is"),
    ("Eval", "write the numbers"),
    ("If", "write the lines that apply"),
    ("ElseIf", "write the lines that apply"),
    ("Else", "write the lines that apply"),
    ("EndIf", "write the lines that apply"),
];

struct Reader {
    curve: Curve,
    /// What `Channel` chose.
    channels: u64,
}

pub(super) fn read(text: &str) -> Result<Curve, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        curve: Curve::default(),
        channels: channel::ALL,
    };
    let mut is_known = false;
    let mut note = None;
    for (line, text) in (1..).zip(text.lines()) {
        // No command has this character in its parameters.
        let command = text.split('#').next().unwrap_or_default();
        let known = reader
            .line(command)
            .map_err(|reason| Error { line, reason })?;
        is_known |= known;
        if !known && !command.trim().is_empty() {
            note.get_or_insert(line);
        }
    }
    match note {
        // Else anything at all would be taken for what changes nothing.
        Some(line) if !is_known => Err(Error {
            line,
            reason: "no line is understood; one of a filter looks like \"Filter 1: ON PK Fc 100 Hz Gain 3 dB Q 1\""
                .into(),
        }),
        _ => Ok(reader.curve),
    }
}

impl Reader {
    /// Whether the line is a command; others are notes.
    fn line(&mut self, line: &str) -> Result<bool, String> {
        let Some((key, value)) = line.split_once(':') else {
            return colonless(line).map(|()| false);
        };
        let key = key.trim();
        if key.eq_ignore_ascii_case("Preamp") {
            self.preamp(value)?;
        } else if numbered(key, "Filter") || starts_filter(key, value) {
            self.band(Syntax::Filter, value)?;
        } else if numbered(key, "Band") {
            self.band(Syntax::Band, value)?;
        } else if key.eq_ignore_ascii_case("GraphicEQ") {
            self.graphic(value)?;
        } else if key.eq_ignore_ascii_case("Channel") {
            self.channels = channel::mask(value)?;
        } else if key.eq_ignore_ascii_case("Device") {
            device(value)?;
        } else if key.eq_ignore_ascii_case("Stage") {
            stage(value)?;
        } else {
            return other(key, value).map(|()| false);
        }
        Ok(true)
    }

    fn preamp(&mut self, value: &str) -> Result<(), String> {
        let mut cursor = Cursor::new(value);
        let gain = cursor.number()?;
        cursor.keyword("dB");
        if !cursor.is_at_end() {
            return Err(format!(
                "{} is not understood; a preamp looks like \"Preamp: -6.2 dB\"",
                quoted(cursor.word())
            ));
        }
        let sum = if self.channels == channel::ALL {
            &mut self.curve.preamp
        } else {
            let gains = &mut self.curve.gains;
            let known = gains.iter().position(|(mask, _)| *mask == self.channels);
            let at = match known {
                Some(at) => at,
                None => {
                    room(gains, "sets of channels with a preamp")?;
                    gains.push((self.channels, 0.0));
                    gains.len() - 1
                }
            };
            &mut gains[at].1
        };
        *sum = fields::gain(*sum + gain)?;
        Ok(())
    }

    fn band(&mut self, syntax: Syntax, value: &str) -> Result<(), String> {
        let Some(band) = filter::read(syntax, value, self.channels)? else {
            return Ok(());
        };
        room(&self.curve.bands, "filters")?;
        self.curve.bands.push(band);
        Ok(())
    }

    fn graphic(&mut self, value: &str) -> Result<(), String> {
        // A comma is a decimal mark only where no point is one.
        let value = match value.contains('.') {
            true => value.replace(',', " "),
            false => value.to_owned(),
        };
        let mut points = value
            .split(';')
            .filter(|point| !point.trim().is_empty())
            .map(point)
            .collect::<Result<Vec<_>, _>>()?;
        if points.is_empty() {
            return Err("no point is given; they look like \"GraphicEQ: 20 -1.5; 21 -1.4\"".into());
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup();
        if let Some(pair) = points.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(format!(
                "{} Hz has two gains, {} dB and {} dB; one is right",
                pair[0].0, pair[0].1, pair[1].1
            ));
        }
        room(&self.curve.graphics, "GraphicEQ lines")?;
        self.curve.graphics.push(Graphic {
            points,
            channels: self.channels,
        });
        Ok(())
    }
}

/// Whether one more fits: what has no limit could keep an equaliser busy for minutes.
fn room<T>(list: &[T], what: &str) -> Result<(), String> {
    match list.len() < MAX_BANDS {
        true => Ok(()),
        false => Err(format!(
            "there are {MAX_BANDS} {what} already, and no more can be"
        )),
    }
}

fn point(text: &str) -> Result<(f64, f64), String> {
    let mut cursor = Cursor::new(text);
    let wrong = |reason: &str| {
        let text = quoted(text.trim());
        format!(
            "point {text}: {reason}; a point is Hz and dB, as in \"20 -1.5\", and ; is between points"
        )
    };
    let frequency = cursor.number().map_err(|reason| wrong(&reason))?;
    let gain = cursor.number().map_err(|reason| wrong(&reason))?;
    if !cursor.is_at_end() {
        return Err(wrong("more than two numbers"));
    }
    if frequency <= 0.0 {
        return Err(wrong("the frequency must be more than 0"));
    }
    Ok((frequency, fields::gain(gain)?))
}

/// Whether `key` is `name`, or `name` and a number.
fn numbered(key: &str, name: &str) -> bool {
    key.split_at_checked(name.len())
        .is_some_and(|(head, tail)| {
            head.eq_ignore_ascii_case(name) && tail.trim().bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Equalizer APO takes whatever begins with `Filter` for it, if what follows looks like one.
fn starts_filter(key: &str, value: &str) -> bool {
    let name = key.split_at_checked("Filter".len());
    name.is_some_and(|(name, _)| name.eq_ignore_ascii_case("Filter"))
        && Cursor::new(value).keyword("ON")
}

fn device(value: &str) -> Result<(), String> {
    let all = |pattern: &str| pattern.trim().eq_ignore_ascii_case("all");
    match value.split(';').any(all) {
        true => Ok(()),
        false => Err(format!(
            "which device {} is cannot be told here; write \"Device: all\" or leave the line out",
            quoted(value.trim())
        )),
    }
}

/// Initially, and here always, what applies is what is for the mixed output and for recording.
fn stage(value: &str) -> Result<(), String> {
    let mut applies = false;
    for stage in value.split_whitespace() {
        match stage.to_ascii_lowercase().as_str() {
            "post-mix" | "capture" => applies = true,
            "pre-mix" => {}
            _ => {
                return Err(format!(
                    "stage {} is unknown; known are pre-mix, post-mix and capture",
                    quoted(stage)
                ));
            }
        }
    }
    match applies {
        true => Ok(()),
        false => {
            Err("what applies before mixing has no place here; use \"Stage: post-mix\"".into())
        }
    }
}

/// Commands that Equalizer APO does not know are notes, unless they can only be a slip.
fn other(key: &str, value: &str) -> Result<(), String> {
    if let Some((name, instead)) = FOREIGN
        .iter()
        .find(|(name, _)| key.eq_ignore_ascii_case(name))
    {
        return Err(format!("{name} is not supported; {instead}"));
    }
    let name = key.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace());
    let meant = ["Preamp", "Filter", "Channel", "GraphicEQ"]
        .into_iter()
        .find(|known| is_slip(name, known));
    if let Some(meant) = meant {
        return Err(format!(
            "command {} is unknown; perhaps {meant:?} is meant",
            quoted(key)
        ));
    }
    let mut cursor = Cursor::new(value);
    if cursor.keyword("ON") && filter::is_type(cursor.letters()) {
        return Err(format!(
            "command {} is unknown; a filter looks like \"Filter 1: ON PK …\"",
            quoted(key)
        ));
    }
    Ok(())
}

/// Lines without a colon are notes, unless only the colon is missing.
fn colonless(line: &str) -> Result<(), String> {
    let mut cursor = Cursor::new(line);
    let missing = if cursor.keyword("Filter") {
        if cursor.is_at_number() {
            cursor.word();
        }
        cursor.keyword("ON")
    } else {
        (cursor.keyword("Preamp") || cursor.keyword("GraphicEQ")) && cursor.is_at_number()
    };
    match missing {
        true => Err("the colon behind the command is missing, as in \"Filter 1: ON …\"".into()),
        false => Ok(()),
    }
}

/// Whether one letter too many, too few, wrong or in its neighbour's place makes `known` of `word`.
fn is_slip(word: &str, known: &str) -> bool {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let known: Vec<char> = known.to_lowercase().chars().collect();
    let same = word.iter().zip(&known).take_while(|(a, b)| a == b).count();
    let (word, known) = (&word[same..], &known[same..]);
    let swapped = match (word, known) {
        ([a, b, word @ ..], [c, d, known @ ..]) => a == d && b == c && word == known,
        _ => false,
    };
    swapped
        || word.get(1..) == Some(known)
        || known.get(1..) == Some(word)
        || word.get(1..) == known.get(1..)
}
