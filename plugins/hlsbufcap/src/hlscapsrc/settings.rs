// SPDX-License-Identifier: MPL-2.0
//! What the user can set, in the terms of souphttpsrc and queue2.
use crate::cache::{self, Cache, Limits};
use crate::proxy;
use crate::upstream::{Access, Failure};
use gst::{glib, prelude::*};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Before the protocol that is really spoken.
pub const PREFIX: &str = "hlscap+";

/// What the user set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub location: Option<String>,
    pub max_size_time: u64,
    pub prefetch_segments: u32,
    pub max_connections: u32,
    pub temp_location: Option<String>,
    pub cache_location: Option<String>,
    pub cache_max_bytes: u64,
    /// In seconds; 0 for no end.
    pub cache_ttl: u32,
    pub user_agent: Option<String>,
    pub extra_headers: Option<gst::Structure>,
    pub cookies: Vec<String>,
    pub proxy: Option<String>,
    /// In seconds.
    pub timeout: u32,
    pub retries: u32,
    /// In seconds.
    pub retry_backoff_factor: f64,
    pub ssl_strict: bool,
    pub ssl_ca_file: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let (access, handed) = (Access::default(), proxy::Settings::default());
        Settings {
            location: None,
            max_size_time: handed.held.as_nanos() as u64,
            prefetch_segments: handed.prefetch as u32,
            max_connections: handed.connections as u32,
            temp_location: None,
            cache_location: None,
            cache_max_bytes: 1 << 30,
            cache_ttl: 86_400,
            user_agent: None,
            extra_headers: None,
            cookies: Vec::new(),
            proxy: None,
            timeout: access.timeout.as_secs() as u32,
            retries: handed.retries,
            retry_backoff_factor: handed.backoff.as_secs_f64(),
            ssl_strict: access.is_strict,
            ssl_ca_file: None,
        }
    }
}

impl Settings {
    /// Where the stream is, without what is ours of its protocol.
    pub fn url(&self) -> Result<Url, Failure> {
        let location = self.location.as_deref().unwrap_or_default();
        let plain = location.strip_prefix(PREFIX).unwrap_or(location);
        let wrong = |why: &str| Failure::Address(format!("{location:?}: {why}"));
        let url = Url::parse(plain).map_err(|error| wrong(&error.to_string()))?;
        match url.scheme() {
            "http" | "https" => Ok(url),
            _ => Err(wrong("neither http nor https")),
        }
    }

    pub fn access(&self) -> Access {
        let mut headers = Vec::new();
        for (name, value) in self.extra_headers.iter().flat_map(|all| all.iter()) {
            if let Ok(text) = value.get::<String>() {
                headers.push((name.to_string(), text));
            } else if let Ok(text) = value.transform::<String>() {
                headers.extend(text.get().ok().map(|text| (name.to_string(), text)));
            }
        }
        if !self.cookies.is_empty() {
            headers.push(("Cookie".into(), self.cookies.join("; ")));
        }
        Access {
            user_agent: self.user_agent.clone(),
            headers,
            proxy: self.proxy.clone().filter(|proxy| !proxy.is_empty()),
            timeout: Duration::from_secs(u64::from(self.timeout)),
            is_strict: self.ssl_strict,
            ca_file: self.ssl_ca_file.as_ref().map(PathBuf::from),
        }
    }

    pub fn handed(&self) -> proxy::Settings {
        proxy::Settings {
            prefetch: self.prefetch_segments as usize,
            connections: self.max_connections as usize,
            held: Duration::from_nanos(self.max_size_time),
            retries: self.retries,
            backoff: Duration::from_secs_f64(self.retry_backoff_factor),
            folder: self.temp_location.as_ref().map_or_else(temp, PathBuf::from),
            cache: None,
        }
    }

    /// The cache, where there shall be one.
    pub fn cache(&self) -> Option<Result<Arc<Cache>, cache::Error>> {
        let folder = self
            .cache_location
            .as_deref()
            .filter(|folder| !folder.is_empty())?;
        let limits = Limits {
            bytes: self.cache_max_bytes,
            ttl: (self.cache_ttl > 0).then(|| Duration::from_secs(u64::from(self.cache_ttl))),
        };
        Some(Cache::open(Path::new(folder), limits))
    }

    /// Sets the property `name`. GObject has checked type and range.
    pub fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "location" => read(value, &mut self.location),
            "max-size-time" => read(value, &mut self.max_size_time),
            "prefetch-segments" => read(value, &mut self.prefetch_segments),
            "max-connections" => read(value, &mut self.max_connections),
            "temp-location" => read(value, &mut self.temp_location),
            "cache-location" => read(value, &mut self.cache_location),
            "cache-max-bytes" => read(value, &mut self.cache_max_bytes),
            "cache-ttl" => read(value, &mut self.cache_ttl),
            "user-agent" => read(value, &mut self.user_agent),
            "extra-headers" => read(value, &mut self.extra_headers),
            "cookies" => read(value, &mut self.cookies),
            "proxy" => read(value, &mut self.proxy),
            "timeout" => read(value, &mut self.timeout),
            "retries" => read(value, &mut self.retries),
            "retry-backoff-factor" => read(value, &mut self.retry_backoff_factor),
            "ssl-strict" => read(value, &mut self.ssl_strict),
            "ssl-ca-file" => read(value, &mut self.ssl_ca_file),
            _ => {}
        }
    }

    /// The property `name`, where it is one that can be set.
    pub fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "location" => self.location.to_value(),
            "max-size-time" => self.max_size_time.to_value(),
            "prefetch-segments" => self.prefetch_segments.to_value(),
            "max-connections" => self.max_connections.to_value(),
            "temp-location" => self.temp_location.to_value(),
            "cache-location" => self.cache_location.to_value(),
            "cache-max-bytes" => self.cache_max_bytes.to_value(),
            "cache-ttl" => self.cache_ttl.to_value(),
            "user-agent" => self.user_agent.to_value(),
            "extra-headers" => self.extra_headers.to_value(),
            "cookies" => self.cookies.to_value(),
            "proxy" => self.proxy.to_value(),
            "timeout" => self.timeout.to_value(),
            "retries" => self.retries.to_value(),
            "retry-backoff-factor" => self.retry_backoff_factor.to_value(),
            "ssl-strict" => self.ssl_strict.to_value(),
            "ssl-ca-file" => self.ssl_ca_file.to_value(),
            _ => return None,
        })
    }
}

/// Large files belong into /var/tmp: /tmp may be memory.
fn temp() -> PathBuf {
    let usual = || PathBuf::from("/var/tmp");
    std::env::var_os("TMPDIR").map_or_else(usual, PathBuf::from)
}

fn read<'a, T: glib::value::FromValue<'a>>(value: &'a glib::Value, setting: &mut T) {
    if let Ok(value) = value.get() {
        *setting = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_what_is_ours_and_nothing_else() {
        let url = |location: &str| {
            let settings = Settings {
                location: Some(location.into()),
                ..Settings::default()
            };
            settings.url().map(String::from)
        };
        assert_eq!(url("hlscap+https://a/b?c").unwrap(), "https://a/b?c");
        assert_eq!(url("http://a/b").unwrap(), "http://a/b");
        for wrong in ["", "file:///a", "hlscap+ftp://a", "hlscap+hlscap+http://a"] {
            assert!(matches!(url(wrong), Err(Failure::Address(_))), "{wrong}");
        }
        assert!(Settings::default().url().is_err());
    }
}
