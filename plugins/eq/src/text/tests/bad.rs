// SPDX-License-Identifier: MPL-2.0
//! What is refused, on which line, and why.
use super::super::parse;

const BAD: &[(&str, usize, &str)] = &[
    (
        "\n\nFilter 3: ON PX Fc 100 Hz Gain 3 dB Q 1",
        3,
        "filter type \"PX\" is unknown; known are PK, PEQ, Modal, LP",
    ),
    (
        "Filter: ON LP1 Fc 100 Hz",
        1,
        "filter type \"LP1\" is unknown",
    ),
    ("Filter: ON", 1, "filter type \"\" is unknown"),
    (
        "Filter 1: PK Fc 100 Hz Gain 3 dB Q 1",
        1,
        "begins with ON or OFF",
    ),
    (
        "# one\r\nFilter 1: ON PK Gain 3 dB Q 1",
        2,
        "PK needs a frequency, as in \"Fc 100 Hz\"",
    ),
    ("Filter: ON PK Fc 100 Hz Q 1", 1, "PK needs a gain"),
    ("Filter: ON LSC Fc 100 Hz Q 1", 1, "LSC needs a gain"),
    ("Filter: ON PK Fc 100 Hz Gain 3 dB", 1, "PK needs its width"),
    ("Filter: ON AP Fc 100 Hz", 1, "AP needs its width"),
    ("Filter: ON PK Fc 100 Gain 3 dB Q 1", 1, "Hz is missing"),
    ("Filter: ON PK Fc 1.2 kHz Gain 3 dB Q 1", 1, "Hz is missing"),
    ("Filter: ON PK Fc 100 Hz Gain 3 Q 1", 1, "dB is missing"),
    (
        "Filter: ON PK Fc 100 Hz Gain 3 dB Q",
        1,
        "a number is missing at the end",
    ),
    (
        "Filter: ON PK Fc abc Hz Gain 3 dB Q 1",
        1,
        "\"abc\" stands where a number should",
    ),
    (
        "Filter: ON PK Fc `x` Hz Gain 3 dB Q 1",
        1,
        "expressions are not supported",
    ),
    (
        "Filter: ON PK Fc 1..5 Hz Gain 3 dB Q 1",
        1,
        "\"1..5\" is no number",
    ),
    (
        "Filter: ON PK Fc 1,5.3 Hz Gain 3 dB Q 1",
        1,
        "\"1,5.3\" is no number",
    ),
    (
        "Filter: ON PK Fc 1e999 Hz Gain 3 dB Q 1",
        1,
        "\"1e999\" is too large a number",
    ),
    (
        "Filter: ON PK Fc 0 Hz Gain 3 dB Q 1",
        1,
        "Fc is 0, but must be more than 0",
    ),
    ("Filter: ON PK Fc -100 Hz Gain 3 dB Q 1", 1, "Fc is -100"),
    (
        "Filter: ON PK Fc 100 Hz Gain 3 dB Q 0",
        1,
        "Q is 0, but must be more than 0",
    ),
    (
        "Filter: ON PK Fc 100 Hz Gain 3 dB BW Oct -1",
        1,
        "BW Oct is -1",
    ),
    (
        "Filter: ON PK Fc 100 Hz Gain 121 dB Q 1",
        1,
        "a gain of 121 dB is beyond ±120 dB",
    ),
    (
        "Filter: ON PK Fc 100 Hz Gain 3 dB Q 1 BW Oct 1",
        1,
        "the width is given twice",
    ),
    (
        "Filter: ON PK Fc 100 Hz Fc 200 Hz Gain 3 dB Q 1",
        1,
        "Fc is given twice",
    ),
    (
        "Filter: ON PK Fc 100 Hz Gain -9 dB BW/60 5.0",
        1,
        "BW is followed by its unit",
    ),
    (
        "Filter: ON PK Fc 100 Hz Gain -9 dB Q 1 Delay 3",
        1,
        "\"Delay\" is not understood",
    ),
    (
        "Filter: ON PK 6 dB Fc 100 Hz Gain -9 dB",
        1,
        "PK has no slope",
    ),
    (
        "Filter: ON LS 0 dB Fc 100 Hz Gain -9 dB",
        1,
        "the slope is 0",
    ),
    (
        "Filter: ON LSC 36 dB Fc 100 Hz Gain 18 dB",
        1,
        "no shelf of 18 dB climbs 36 dB per octave",
    ),
    (
        "Filter: ON LS 6 dB Fc 100 Hz Gain -9 dB Q 1",
        1,
        "the width is given twice",
    ),
    (
        "Filter: ON LS Fc 100 Hz Gain -9 dB BW Oct 1",
        1,
        "LS takes no bandwidth",
    ),
    (
        "Filter: ON LS Fc 100 Hz Gain 100 dB Q 0.001",
        1,
        "beyond all frequencies",
    ),
    (
        "Filter: ON IIR Order 1 Coefficients 1 0 1 0",
        1,
        "by coefficients are not supported",
    ),
    (
        "Band: ON Peek Fc 100 Hz Gain 1 dB",
        1,
        "band type \"Peek\" is unknown; known are Peak, LowShelf",
    ),
    ("Band: ON LowPass Fc 100 Hz Order 17", 1, "from 1 to 16"),
    ("Band: ON LowPass Fc 100 Hz Order 2.5", 1, "from 1 to 16"),
    (
        "Band: ON LowPass Fc 100 Hz Alignment Bessel",
        1,
        "known are Butterworth, LinkwitzRiley, Resonant",
    ),
    ("Band: ON Tilt Fc 100 Hz", 1, "Tilt needs a gain"),
    (
        "Filter: ON LP Fc 100 Hz Order 4",
        1,
        "\"Order\" is not understood",
    ),
    ("Preamp: loud", 1, "\"loud\" stands where a number should"),
    ("Preamp:", 1, "a number is missing"),
    ("Preamp: -3 dB -2 dB", 1, "a preamp looks like"),
    (
        "Preamp: 100 dB\nPreamp: 100 dB",
        2,
        "a gain of 200 dB is beyond",
    ),
    ("Channel:", 1, "no channel is named; known are L, R, C, LFE"),
    ("Channel: L Q", 1, "channel \"Q\" is unknown"),
    ("Channel: 65", 1, "numbers from 1 to 64"),
    ("Channel: 0", 1, "channel \"0\" is unknown"),
    ("GraphicEQ:", 1, "no point is given"),
    (
        "GraphicEQ: 20 1; 30",
        1,
        "point \"30\": a number is missing at the end",
    ),
    ("GraphicEQ: 20 1 30 2", 1, "more than two numbers"),
    ("GraphicEQ: 0 1; 30 2", 1, "must be more than 0"),
    (
        "GraphicEQ: 20 1; 30 2; 20 3",
        1,
        "20 Hz has two gains, 1 dB and 3 dB",
    ),
    ("GraphicEQ: 20 -200", 1, "beyond ±120 dB"),
    ("Device: Speakers", 1, "write \"Device: all\""),
    ("Stage: pre-mix", 1, "before mixing"),
    ("Stage: mix", 1, "stage \"mix\" is unknown"),
    (
        "Include: other.txt",
        1,
        "Include is not supported; put the lines of that file here",
    ),
    ("Convolution: room.wav", 1, "Convolution is not supported"),
    ("Delay: 10 ms", 1, "Delay is not supported"),
    ("Copy: L=R", 1, "Copy is not supported"),
    ("VSTPlugin: Library a.dll", 1, "VSTPlugin is not supported"),
    (
        "If: sampleRate == 48000\nPreamp: -3 dB\nEndIf:",
        1,
        "If is not supported; write the lines that apply",
    ),
    ("Eval: x=1", 1, "Eval is not supported"),
    (
        "Fliter 1: ON PK Fc 100 Hz Gain 1 dB Q 1",
        1,
        "perhaps \"Filter\" is meant",
    ),
    ("Premp: -3 dB", 1, "perhaps \"Preamp\" is meant"),
    ("Chanel: L", 1, "perhaps \"Channel\" is meant"),
    ("GraphicsEQ: 20 1", 1, "perhaps \"GraphicEQ\" is meant"),
    (
        "Bass: ON PK Fc 100 Hz Gain 1 dB Q 1",
        1,
        "command \"Bass\" is unknown",
    ),
    (
        "Filter 1 ON PK Fc 100 Hz Gain 1 dB Q 1",
        1,
        "the colon behind the command is missing",
    ),
    ("Preamp -3 dB", 1, "the colon behind the command is missing"),
    ("\n# list\nmilk and eggs\nbread", 3, "no line is understood"),
    (
        "{\"json\": \"of another program\"}",
        1,
        "no line is understood",
    ),
    (
        "P\0r\0e\0a\0m\0p\0:\0 \0-\x003\0",
        1,
        "no line is understood",
    ),
];

#[test]
fn bad_lines_are_refused_with_line_and_reason() {
    for (text, line, reason) in BAD {
        let error = parse(text).expect_err(text);
        assert_eq!(error.line, *line, "{text:?}: {error}");
        assert!(error.reason.contains(reason), "{text:?}: {error}");
        assert!(error.to_string().starts_with(&format!("line {line}: ")));
    }
}

#[test]
fn there_is_no_more_than_what_an_equaliser_can_work_off() {
    let line = "Filter: ON PK Fc 100 Hz Gain 1 dB Q 1\n";
    assert_eq!(parse(&line.repeat(64)).unwrap().bands.len(), 64);
    let error = parse(&line.repeat(65)).unwrap_err();
    assert_eq!(error.line, 65);
    assert!(error.reason.contains("64 filters already"), "{error}");

    let line = "GraphicEQ: 20 1; 30 2\n";
    assert_eq!(parse(&line.repeat(64)).unwrap().graphics.len(), 64);
    let error = parse(&line.repeat(65)).unwrap_err();
    assert_eq!(error.line, 65);
    assert!(
        error.reason.contains("64 GraphicEQ lines already"),
        "{error}"
    );

    // Of the same channels preamps are one.
    let of = |channels: &dyn std::fmt::Display| format!("Channel: {channels}\nPreamp: 1 dB\n");
    assert_eq!(parse(&of(&1).repeat(65)).unwrap().gains, [(1, 65.0)]);
    let each: String = (1..=64).map(|number| of(&number)).collect();
    assert_eq!(parse(&each).unwrap().gains.len(), 64);
    let error = parse(&(each + &of(&"1 2"))).unwrap_err();
    assert_eq!(error.line, 130);
    assert!(error.reason.contains("64 sets of channels with"), "{error}");
}

#[test]
fn reasons_stay_short() {
    for text in [
        "Preamp: ",
        "Channel: ",
        "Filter: ON ",
        "GraphicEQ: ",
        "Stage: ",
        "Device: ",
    ] {
        let error = parse(&format!("{text}{}", "x".repeat(10_000))).expect_err(text);
        assert!(error.reason.len() < 250, "{text:?}: {error}");
    }
}
