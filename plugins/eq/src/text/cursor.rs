// SPDX-License-Identifier: MPL-2.0
//! Words and numbers of one line, in turn.

/// A number with one separator and three digits behind it, as in `1,000 Hz`, counts thousands up
/// to here. Room EQ Wizard groups digits so, and Equalizer APO always reads them so; beyond the
/// audible, a fraction is more likely.
const HIGHEST_GROUPED: f64 = 24_000.0;

/// What is left of a line.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Cursor { rest: line.trim() }
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes past `word`, in any case, if it is next and no letter follows.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let Some((head, tail)) = self.rest.split_at_checked(word.len()) else {
            return false;
        };
        let found = head.eq_ignore_ascii_case(word) && !tail.starts_with(char::is_alphabetic);
        if found {
            self.rest = tail.trim_start();
        }
        found
    }

    /// The letters that are next; maybe none.
    pub(super) fn letters(&mut self) -> &'a str {
        let len = self.rest.find(|c: char| !c.is_ascii_alphabetic());
        self.take(len.unwrap_or(self.rest.len()))
    }

    /// All up to the next blank.
    pub(super) fn word(&mut self) -> &'a str {
        let len = self.rest.find(char::is_whitespace);
        self.take(len.unwrap_or(self.rest.len()))
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (head, tail) = self.rest.split_at(len);
        self.rest = tail.trim_start();
        head
    }

    /// Whether a number is next.
    pub(super) fn is_at_number(&self) -> bool {
        self.rest.starts_with(is_numeric)
    }

    /// A finite number, with point or comma.
    pub(super) fn number(&mut self) -> Result<f64, String> {
        let lexeme = self.lexeme(false)?;
        decimal(&lexeme.replace(',', "."), lexeme)
    }

    /// A finite number that may have its thousands grouped.
    pub(super) fn frequency(&mut self) -> Result<f64, String> {
        let lexeme = self.lexeme(true)?;
        decimal(&ungrouped(lexeme), lexeme)
    }

    /// The characters of the number that is next.
    fn lexeme(&mut self, grouped: bool) -> Result<&'a str, String> {
        let mut len = 0;
        for (at, c) in self.rest.char_indices() {
            let behind = &self.rest[at + c.len_utf8()..];
            let follows = match c {
                'e' | 'E' => at > 0 && behind.starts_with(is_numeric),
                // Blanks that do not break a line group digits in some countries.
                '\u{a0}' | '\u{202f}' => {
                    grouped && behind.starts_with(|c: char| c.is_ascii_digit())
                }
                c => is_numeric(c),
            };
            if !follows {
                break;
            }
            len = at + c.len_utf8();
        }
        match len {
            0 if self.is_at_end() => Err("a number is missing at the end".into()),
            0 if self.rest.starts_with('`') => {
                Err("expressions are not supported; a number stands here, such as 3.5".into())
            }
            0 => Err(format!(
                "{} stands where a number should, such as 3.5",
                quoted(self.word())
            )),
            len => Ok(self.take(len)),
        }
    }
}

fn is_numeric(c: char) -> bool {
    // Signs as in text that went through a word processor: U+2212 and U+2013.
    c.is_ascii_digit() || matches!(c, '+' | '-' | '−' | '–' | '.' | ',')
}

fn decimal(digits: &str, lexeme: &str) -> Result<f64, String> {
    match digits.replace(['−', '–'], "-").parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(format!("{} is too large a number", quoted(lexeme))),
        Err(_) => Err(format!(
            "{} is no number; one looks like 3.5",
            quoted(lexeme)
        )),
    }
}

/// Takes out what groups the digits of `lexeme`, and makes the decimal mark a point. What is
/// grouped in no known way is left for [`decimal`] to refuse.
fn ungrouped(lexeme: &str) -> String {
    let digits = lexeme.replace(['\u{a0}', '\u{202f}'], "");
    let Some(at) = digits.rfind(['.', ',']) else {
        return digits;
    };
    let (whole, mark, tail) = (&digits[..at], &digits[at..=at], &digits[at + 1..]);
    if whole.contains(mark) {
        // A decimal mark stands once: this one groups.
        return joined(&digits, mark).unwrap_or(digits);
    }
    if whole.contains(['.', ',']) {
        let other = if mark == "." { "," } else { "." };
        return joined(whole, other).map_or(digits.clone(), |whole| format!("{whole}.{tail}"));
    }
    let grouped = joined(&digits, mark).filter(|grouped| {
        let number: Result<f64, _> = grouped.parse();
        number.is_ok_and(|number| number <= HIGHEST_GROUPED) && !whole.starts_with('0')
    });
    grouped.unwrap_or_else(|| digits.replace(',', "."))
}

/// `digits` without `mark`, if what it groups is thousands.
fn joined(digits: &str, mark: &str) -> Option<String> {
    let (first, groups) = digits.split_once(mark)?;
    let grouped = (1..=3).contains(&first.len()) && groups.split(mark).all(is_group);
    grouped.then(|| digits.replace(mark, ""))
}

fn is_group(digits: &str) -> bool {
    digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `text` for a message, cut where it gets long.
pub(super) fn quoted(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("{start:?}{more}")
}

/// How a frequency is written so that no reader takes three decimals for thousands.
pub(super) fn write_frequency(frequency: f64) -> String {
    let mut text = frequency.to_string();
    if text
        .split_once('.')
        .is_some_and(|(_, tail)| tail.len() == 3)
    {
        text.push('0');
    }
    text
}
