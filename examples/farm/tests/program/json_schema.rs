// SPDX-License-Identifier: MPL-2.0
//! As much of JSON Schema as `docs/audio_manifest_v1.schema.json` uses. Stricter in one thing: a field that the
//! schema does not have is an error, so that nothing is written that is not documented.
use serde_json::Value;

const SCHEMA: &str = include_str!("../../../../docs/audio_manifest_v1.schema.json");
const DOCUMENTS: [&str; 2] = [
    include_str!("../../../../docs/analyze.md"),
    include_str!("../../../../docs/measure-schema.md"),
];

/// What of a line of a manifest is not as the schema says.
pub fn mistakes(line: &Value) -> Vec<String> {
    let root: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut found = Vec::new();
    check(&root, &root, line, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let fits = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "additionalProperties" => true,
            "$ref" => {
                let name = wanted.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                check(root, &root["$defs"][name], value, place, found);
                true
            }
            "type" => match wanted {
                Value::Array(kinds) => kinds.iter().any(|kind| is(value, kind)),
                kind => is(value, kind),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.is_null() || value.as_f64() >= wanted.as_f64(),
            "maximum" => value.is_null() || value.as_f64() <= wanted.as_f64(),
            "pattern" => {
                assert_eq!(wanted, "^[0-9a-f]{64}$", "another pattern");
                value.as_str().is_none_or(|text| {
                    let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                    text.len() == 64 && text.chars().all(digit)
                })
            }
            "oneOf" => {
                let schemas = wanted.as_array().unwrap().iter();
                let fitting = schemas.filter(|schema| {
                    let mut found = Vec::new();
                    check(root, schema, value, place, &mut found);
                    found.is_empty()
                });
                fitting.count() == 1
            }
            "required" => wanted.as_array().unwrap().iter().all(|name| {
                let name = name.as_str().unwrap();
                !value.is_object() || value.get(name).is_some()
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{place}/{index}"), found);
                }
                true
            }
            "properties" => true,
            other => panic!("keyword {other}"),
        };
        if !fits {
            found.push(format!("{place}: {keyword} {wanted}: {value}"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let place = format!("{place}/{name}");
        let of_all = schema.get("additionalProperties");
        match schema
            .get("properties")
            .and_then(|p| p.get(name))
            .or(of_all)
        {
            Some(schema) => check(root, schema, field, &place, found),
            // What a reference or an alternative has is checked there.
            None if schema.get("$ref").is_some() || schema.get("oneOf").is_some() => {}
            None => found.push(format!("{place}: not in the schema")),
        }
    }
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other}"),
    }
}

/// The names of all properties, at any depth.
fn properties<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
    match schema {
        Value::Object(fields) => {
            for (keyword, inner) in fields {
                if keyword == "properties" {
                    found.extend(inner.as_object().unwrap().keys().map(String::as_str));
                }
                properties(inner, found);
            }
        }
        Value::Array(schemas) => schemas.iter().for_each(|s| properties(s, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_schema_is_explained() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut names = Vec::new();
    properties(&schema, &mut names);
    assert!(names.len() > 60);
    for name in names {
        let quoted = format!("`{name}`");
        let explained = DOCUMENTS.iter().any(|text| text.contains(&quoted));
        assert!(explained, "{name} is not in docs/analyze.md");
    }
}

#[test]
fn a_line_that_is_wrong_is_found_out() {
    let mut line = serde_json::json!({"type": "audio_manifest_v1", "schema": 1, "surprise": 1});
    let found = mistakes(&line).join("\n");
    assert!(
        found.contains("required") && found.contains("/surprise"),
        "{found}"
    );
    line["rate"] = "fast".into();
    line["sha256"] = "ABC".into();
    line["segments"] = serde_json::json!([{"index": -1}]);
    let found = mistakes(&line).join("\n");
    for wanted in [
        "/rate: type",
        "/sha256: pattern",
        "/segments/0/index: minimum",
    ] {
        assert!(found.contains(wanted), "{wanted}: {found}");
    }
}
