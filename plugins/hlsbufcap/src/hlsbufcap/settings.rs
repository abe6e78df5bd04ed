// SPDX-License-Identifier: MPL-2.0
//! What the user can set, in the terms of queue2, multiqueue and hlsdemux2.
use super::control::Wish;
use gst::{glib, prelude::*};
use std::sync::LazyLock;
use std::time::Duration;

/// What the user set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub max_size_bytes: u32,
    /// In ns; 0 for no limit.
    pub max_size_time: u64,
    /// In ns.
    pub min_buffer_time: u64,
    pub low_watermark: f64,
    pub high_watermark: f64,
    pub use_buffering: bool,
    pub manage_upstream: bool,
    pub allow_lower_variant: bool,
    pub budget_name: String,
    /// 0 for none.
    pub budget_bytes: u64,
    pub priority: u32,
    /// In ns; 0 for never.
    pub interval: u64,
    pub post_messages: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_size_bytes: 10 << 20,
            max_size_time: 0,
            min_buffer_time: 2_000_000_000,
            low_watermark: 0.01,
            high_watermark: 0.99,
            use_buffering: false,
            manage_upstream: true,
            allow_lower_variant: false,
            budget_name: "default".into(),
            budget_bytes: 0,
            priority: 100,
            interval: 1_000_000_000,
            post_messages: true,
        }
    }
}

impl Settings {
    pub fn wish(&self) -> Wish {
        Wish {
            least: Duration::from_nanos(self.min_buffer_time),
            most: (self.max_size_time > 0).then(|| Duration::from_nanos(self.max_size_time)),
        }
    }

    /// Size of the budget that others share.
    pub fn limit(&self) -> Option<u64> {
        (self.budget_bytes > 0).then_some(self.budget_bytes)
    }

    /// Sets the property `name`. GObject has checked type and range.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "max-size-bytes" => read(value, &mut self.max_size_bytes),
            "max-size-time" => read(value, &mut self.max_size_time),
            "min-buffer-time" => read(value, &mut self.min_buffer_time),
            "low-watermark" => read(value, &mut self.low_watermark),
            "high-watermark" => read(value, &mut self.high_watermark),
            "use-buffering" => read(value, &mut self.use_buffering),
            "manage-upstream" => read(value, &mut self.manage_upstream),
            "allow-lower-variant" => read(value, &mut self.allow_lower_variant),
            "budget-name" => {
                let name = value.get::<Option<String>>().ok().flatten();
                self.budget_name = name.unwrap_or_else(|| Settings::default().budget_name);
            }
            "budget-bytes" => read(value, &mut self.budget_bytes),
            "priority" => read(value, &mut self.priority),
            "interval" => read(value, &mut self.interval),
            "post-messages" => read(value, &mut self.post_messages),
            _ => {}
        }
    }

    /// The property `name`, where it is one that can be set.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "max-size-bytes" => self.max_size_bytes.to_value(),
            "max-size-time" => self.max_size_time.to_value(),
            "min-buffer-time" => self.min_buffer_time.to_value(),
            "low-watermark" => self.low_watermark.to_value(),
            "high-watermark" => self.high_watermark.to_value(),
            "use-buffering" => self.use_buffering.to_value(),
            "manage-upstream" => self.manage_upstream.to_value(),
            "allow-lower-variant" => self.allow_lower_variant.to_value(),
            "budget-name" => self.budget_name.to_value(),
            "budget-bytes" => self.budget_bytes.to_value(),
            "priority" => self.priority.to_value(),
            "interval" => self.interval.to_value(),
            "post-messages" => self.post_messages.to_value(),
            _ => return None,
        })
    }
}

fn read<'a, T: glib::value::FromValue<'a>>(value: &'a glib::Value, setting: &mut T) {
    if let Ok(value) = value.get() {
        *setting = value;
    }
}

/// The table of properties.
pub fn properties() -> &'static [glib::ParamSpec] {
    static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
        let d = Settings::default();
        let mut properties = numbers(&d);
        properties.extend(switches(&d));
        properties.extend(levels());
        properties
    });
    &PROPERTIES
}

fn numbers(d: &Settings) -> Vec<glib::ParamSpec> {
    let time = |name, nick, blurb, default| {
        glib::ParamSpecUInt64::builder(name)
            .nick(nick)
            .blurb(blurb)
            .default_value(default)
            .mutable_playing()
            .build()
    };
    let watermark = |name, nick, blurb, default| {
        glib::ParamSpecDouble::builder(name)
            .nick(nick)
            .blurb(blurb)
            .minimum(0.0)
            .maximum(1.0)
            .default_value(default)
            .mutable_playing()
            .build()
    };
    vec![
        glib::ParamSpecUInt::builder("max-size-bytes")
            .nick("Maximum size in bytes")
            .blurb("Most bytes that this pipeline buffers, beside one segment where segments are larger (0 = only its share of the budget)")
            .default_value(d.max_size_bytes)
            .mutable_playing()
            .build(),
        time("max-size-time", "Maximum size in time", "Most time that is read ahead, in ns (0 = no limit but hlsdemux2's 30 s)", d.max_size_time),
        time("min-buffer-time", "Minimum buffer time", "Time that is read ahead even where it leaves no room for a whole segment, in ns", d.min_buffer_time),
        watermark("low-watermark", "Low watermark", "Part of what may be buffered below which buffering begins, with use-buffering", d.low_watermark),
        watermark("high-watermark", "High watermark", "Part of what may be buffered above which buffering is over, with use-buffering", d.high_watermark),
        glib::ParamSpecUInt64::builder("budget-bytes")
            .nick("Budget in bytes")
            .blurb("Most bytes that all elements of this budget-name hold together; the smallest that any of them asks for counts (0 = no limit)")
            .default_value(d.budget_bytes)
            .mutable_playing()
            .build(),
        glib::ParamSpecUInt::builder("priority")
            .nick("Priority")
            .blurb("Part of the budget's rest that this pipeline gets, as a ratio to those of others that are as near to running dry")
            .minimum(1)
            .maximum(1000)
            .default_value(d.priority)
            .mutable_playing()
            .build(),
        time("interval", "Interval", "Time between messages in ns (0 = none)", d.interval),
    ]
}

fn switches(d: &Settings) -> Vec<glib::ParamSpec> {
    let switch = |name, nick, blurb, default| {
        glib::ParamSpecBoolean::builder(name)
            .nick(nick)
            .blurb(blurb)
            .default_value(default)
            .mutable_playing()
            .build()
    };
    vec![
        switch(
            "use-buffering",
            "Use buffering",
            "Post BUFFERING messages",
            d.use_buffering,
        ),
        switch(
            "manage-upstream",
            "Manage upstream",
            "Set the limits of demuxers and queues in the pipeline; otherwise they are only measured",
            d.manage_upstream,
        ),
        switch(
            "allow-lower-variant",
            "Allow lower variant",
            "Set max-bitrate where the budget does not last for min-buffer-time",
            d.allow_lower_variant,
        ),
        switch(
            "post-messages",
            "Post messages",
            "Post hlsbufcap-stats messages",
            d.post_messages,
        ),
        glib::ParamSpecString::builder("budget-name")
            .nick("Budget name")
            .blurb("Elements of a process that give the same name share a budget")
            .default_value(Some(d.budget_name.as_str()))
            .mutable_ready()
            .build(),
    ]
}

fn levels() -> Vec<glib::ParamSpec> {
    let level = |name, nick, blurb| {
        glib::ParamSpecUInt64::builder(name)
            .nick(nick)
            .blurb(blurb)
            .read_only()
            .build()
    };
    vec![
        level(
            "current-level-bytes",
            "Current level in bytes",
            "Bytes in demuxers and queues now",
        ),
        level(
            "current-level-time",
            "Current level in time",
            "Time in demuxers now, in ns",
        ),
        level(
            "peak-level-bytes",
            "Peak level in bytes",
            "Most bytes that there were in demuxers and queues",
        ),
        glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
            .nick("Statistics")
            .blurb("What an hlsbufcap-stats message would tell now")
            .read_only()
            .build(),
    ]
}
