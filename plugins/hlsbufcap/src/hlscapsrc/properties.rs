// SPDX-License-Identifier: MPL-2.0
//! The table of properties.
use super::settings::Settings;
use gst::{glib, prelude::*};
use std::sync::LazyLock;

/// All of them.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let d = Settings::default();
        let mut properties = texts();
        properties.extend(numbers(&d));
        properties.extend(others(&d));
        properties
    });
    &PROPERTIES
}

fn texts() -> Vec<glib::ParamSpec> {
    let text = |name, nick, blurb| {
        glib::ParamSpecString::builder(name)
            .nick(nick)
            .blurb(blurb)
            .mutable_ready()
            .build()
    };
    vec![
        text(
            "location",
            "Location",
            "Address of the playlist, with or without hlscap+",
        ),
        text(
            "temp-location",
            "Temporary location",
            "Folder for what is read ahead, in files without a name (unset = that of TMPDIR, or /var/tmp)",
        ),
        text(
            "cache-location",
            "Cache location",
            "Folder where segments are kept, for any number of processes (unset = they are not kept)",
        ),
        text("user-agent", "User agent", "User-Agent of every request"),
        text(
            "proxy",
            "Proxy",
            "Address of an HTTP proxy (unset = that of the environment)",
        ),
        text(
            "ssl-ca-file",
            "CA file",
            "Certificates (PEM) to trust in place of the system's",
        ),
    ]
}

fn numbers(d: &Settings) -> Vec<glib::ParamSpec> {
    let number = |name, nick, blurb, (least, most): (u32, u32), default| {
        glib::ParamSpecUInt::builder(name)
            .nick(nick)
            .blurb(blurb)
            .minimum(least)
            .maximum(most)
            .default_value(default)
            .mutable_ready()
            .build()
    };
    vec![
        glib::ParamSpecUInt64::builder("max-size-time")
            .nick("Maximum size in time")
            .blurb(
                "Time of the stream that the demuxer is given to hold, in ns; more waits on disk",
            )
            .minimum(500_000_000)
            .default_value(d.max_size_time)
            .mutable_ready()
            .build(),
        number(
            "prefetch-segments",
            "Prefetched segments",
            "Segments that are read ahead onto disk, of each playlist that is played",
            (0, 1000),
            d.prefetch_segments,
        ),
        number(
            "max-connections",
            "Maximum connections",
            "Segments that are fetched at a time",
            (1, 64),
            d.max_connections,
        ),
        glib::ParamSpecUInt64::builder("cache-max-bytes")
            .nick("Maximum bytes of the cache")
            .blurb("Bytes of segments in the cache; those that were not used for longest go first")
            .minimum(1)
            .default_value(d.cache_max_bytes)
            .mutable_ready()
            .build(),
        number(
            "cache-ttl",
            "Time to live in the cache",
            "Time after which something in the cache is fetched again, in s (0 = never)",
            (0, u32::MAX),
            d.cache_ttl,
        ),
        number(
            "timeout",
            "Timeout",
            "Longest silence of a server, in s",
            (1, 3600),
            d.timeout,
        ),
        number(
            "retries",
            "Retries",
            "Tries after the first where another may help, counted anew whenever something comes",
            (0, 1000),
            d.retries,
        ),
        glib::ParamSpecDouble::builder("retry-backoff-factor")
            .nick("Backoff factor")
            .blurb("Wait before the second try, in s; twice as long before each further one")
            .minimum(0.0)
            .maximum(30.0)
            .default_value(d.retry_backoff_factor)
            .mutable_ready()
            .build(),
    ]
}

fn others(d: &Settings) -> Vec<glib::ParamSpec> {
    vec![
        glib::ParamSpecBoolean::builder("ssl-strict")
            .nick("Strict SSL")
            .blurb("Whether certificates must be good")
            .default_value(d.ssl_strict)
            .mutable_ready()
            .build(),
        glib::ParamSpecBoxed::builder::<gst::Structure>("extra-headers")
            .nick("Extra headers")
            .blurb("Headers of every request; Authorization, Cookie and Proxy-Authorization of those to the host of the playlist or segment that was asked for, not where it redirects to")
            .mutable_ready()
            .build(),
        glib::ParamSpecBoxed::builder::<Vec<String>>("cookies")
            .nick("Cookies")
            .blurb("Cookies of every request, as name=value")
            .mutable_ready()
            .build(),
        glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
            .nick("Statistics")
            .blurb("What is on disk and what is under way")
            .read_only()
            .build(),
    ]
}
