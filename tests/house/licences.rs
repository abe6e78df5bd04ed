// SPDX-License-Identifier: MPL-2.0
//! Every dependency may be shipped together with MPL-2.0 code.
use auris_tests::metadata;

/// SPDX identifiers; every one permissive or MPL itself.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether an SPDX expression can be satisfied with what is allowed. `OR` binds weaker than `AND`;
/// the old `MIT/Apache-2.0` reads as `OR`.
fn allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any(&mut rest) && rest.is_empty()
}

fn any(words: &mut &[&str]) -> bool {
    let mut satisfied = all(words);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        satisfied |= all(words);
    }
    satisfied
}

fn all(words: &mut &[&str]) -> bool {
    let mut satisfied = one(words);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        satisfied &= one(words);
    }
    satisfied
}

fn one(words: &mut &[&str]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let satisfied = any(words);
            let closed = words.first() == Some(&")");
            *words = words.get(1..).unwrap_or_default();
            satisfied && closed
        }
        [name, "WITH", exception, rest @ ..] => {
            *words = rest;
            ALLOWED.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, rest @ ..] => {
            *words = rest;
            ALLOWED.contains(name)
        }
        [] => false,
    }
}

#[test]
fn expressions_are_understood() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
    ] {
        assert!(allowed(good), "{good}");
    }
    let bad = [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT",
        "MIT)",
        "(GPL-3.0 OR MIT) AND AGPL-3.0",
    ];
    for bad in bad {
        assert!(!allowed(bad), "{bad}");
    }
}

#[test]
fn every_dependency_is_free_to_ship() {
    let metadata = metadata();
    let reached: Vec<_> = metadata
        .resolve
        .iter()
        .flat_map(|r| &r.nodes)
        .map(|n| &n.id)
        .collect();
    let refused: Vec<String> = metadata
        .packages
        .iter()
        .filter(|p| reached.contains(&&p.id))
        .filter(|p| !p.license.as_deref().is_some_and(allowed))
        .map(|p| format!("{} {}: {:?}", p.name, p.version, p.license))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}
