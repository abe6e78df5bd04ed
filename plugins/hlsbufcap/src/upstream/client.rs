// SPDX-License-Identifier: MPL-2.0
//! One stream's way to its servers. Connections are pooled for the whole process, cookies are each stream's own.
use super::Failure;
use super::patience::{self, Cancel, PatientConnector};
use crate::budget::lock;
use cookie_store::CookieStore;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use ureq::http::HeaderMap;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector, RustlsConnector, TcpConnector,
};
use ureq::{Agent, Proxy};
use url::Url;

/// Redirects that are followed.
const REDIRECTS: usize = 10;
/// Of a connection, in bytes; large ones only move waiting from the kernel to us.
const INPUT: usize = 16 << 10;
const OUTPUT: usize = 4 << 10;
/// Headers that are for the server that was asked, and for no other.
const SECRET: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// How a stream's servers are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// `User-Agent`; `None` for ureq's.
    pub user_agent: Option<String>,
    /// Further headers of every request.
    pub headers: Vec<(String, String)>,
    /// Address of a proxy; `None` for that of the environment.
    pub proxy: Option<String>,
    /// Longest silence of a server.
    pub timeout: Duration,
    /// Whether certificates must be good.
    pub is_strict: bool,
    /// Certificates (PEM) to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
}

impl Default for Access {
    fn default() -> Self {
        Access {
            user_agent: None,
            headers: Vec::new(),
            proxy: None,
            timeout: Duration::from_secs(15),
            is_strict: true,
            ca_file: None,
        }
    }
}

/// What of a reply's head matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    pub status: u16,
    pub length: Option<u64>,
    pub content_type: Option<String>,
    /// First byte of `Content-Range`.
    pub range_start: Option<u64>,
}

/// A server's answer; reads as its body.
pub struct Reply {
    pub head: Head,
    /// Where it came from in the end.
    pub url: Url,
    body: ureq::BodyReader<'static>,
    cancel: Cancel,
    timeout: Duration,
}

impl Reply {
    /// The whole body.
    ///
    /// # Errors
    /// The connection, or more than `most` bytes.
    pub fn read_all(mut self, most: u64) -> Result<Vec<u8>, Failure> {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.receive(&mut buffer)? {
                0 => return Ok(all),
                read => all.extend_from_slice(&buffer[..read]),
            }
            if all.len() as u64 > most {
                return Err(Failure::Corrupt(format!("it has more than {most} bytes")));
            }
        }
    }

    /// Some of the body; 0 at its end.
    ///
    /// # Errors
    /// The connection.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let body = &mut self.body;
        let result = patience::with(&self.cancel, self.timeout, || {
            loop {
                match body.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => return result,
                }
            }
        });
        result.map_err(|error| match () {
            () if self.cancel.is_cancelled() => Failure::Cancelled,
            () if is_timeout(&error) => Failure::Timeout,
            () => Failure::Network(error.to_string()),
        })
    }
}

/// One stream's way to its servers.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    access: Access,
    cookies: Mutex<CookieStore>,
    identity: Vec<u8>,
}

impl Client {
    /// # Errors
    /// What is wrong with `access`.
    pub fn new(access: Access) -> Result<Client, Failure> {
        let secrets = access.headers.iter().filter(|(name, _)| is_secret(name));
        let identity = secrets.flat_map(|(name, value)| format!("{name}: {value}\n").into_bytes());
        Ok(Client {
            agent: agent(&access)?,
            identity: identity.collect(),
            access,
            cookies: Mutex::default(),
        })
    }

    /// What tells apart who gets something and who gets something else.
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Asks for a resource, or a part of it; any status is an answer.
    ///
    /// # Errors
    /// Where there is no answer.
    pub fn get(
        &self,
        url: &Url,
        range: Option<(u64, Option<u64>)>,
        cancel: &Cancel,
    ) -> Result<Reply, Failure> {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            let response = self.request(&at, same_host(&at, url), range, cancel)?;
            let headers = response.headers();
            self.keep_cookies(headers, &at);
            let status = response.status().as_u16();
            let location = text(headers, "location");
            if let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) {
                at = at
                    .join(&location)
                    .map_err(|error| Failure::Address(format!("{location}: {error}")))?;
                continue;
            }
            if status >= 400 {
                let wait = text(headers, "retry-after").and_then(|wait| wait.parse().ok());
                return Err(Failure::Status(status, wait.map(Duration::from_secs)));
            }
            return Ok(Reply {
                head: head(status, headers),
                url: at,
                body: response.into_body().into_reader(),
                cancel: cancel.clone(),
                timeout: self.access.timeout,
            });
        }
        Err(Failure::Redirects)
    }

    fn request(
        &self,
        url: &Url,
        is_asked_host: bool,
        range: Option<(u64, Option<u64>)>,
        cancel: &Cancel,
    ) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let mut request = self.agent.get(url.as_str());
        if let Some(user_agent) = &self.access.user_agent {
            request = request.header("User-Agent", user_agent);
        }
        for (name, value) in &self.access.headers {
            if is_asked_host || !is_secret(name) {
                request = request.header(name, value);
            }
        }
        if let Some((first, last)) = range {
            let last = last.map_or_else(String::new, |last| last.to_string());
            request = request.header("Range", format!("bytes={first}-{last}"));
        }
        let cookies: Vec<String> = lock(&self.cookies)
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        patience::with(cancel, self.access.timeout, || request.call()).map_err(
            |error| match error {
                _ if cancel.is_cancelled() => Failure::Cancelled,
                ureq::Error::Timeout(_) => Failure::Timeout,
                ureq::Error::BadUri(why) => Failure::Address(why),
                error => Failure::Network(error.to_string()),
            },
        )
    }

    fn keep_cookies(&self, headers: &HeaderMap, url: &Url) {
        let cookies = headers.get_all("set-cookie").iter();
        for cookie in cookies.filter_map(|cookie| cookie.to_str().ok()) {
            // One that cannot be read is none.
            let _ = lock(&self.cookies).parse(cookie, url);
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    error.kind() == io::ErrorKind::TimedOut || matches!(inner, Some(ureq::Error::Timeout(_)))
}

fn is_secret(name: &str) -> bool {
    SECRET.contains(&name.to_ascii_lowercase().as_str())
}

fn same_host(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_owned())
}

fn head(status: u16, headers: &HeaderMap) -> Head {
    let range = text(headers, "content-range");
    Head {
        status,
        length: text(headers, "content-length").and_then(|length| length.parse().ok()),
        content_type: text(headers, "content-type"),
        range_start: range.and_then(|range| {
            let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
            first.trim().parse().ok()
        }),
    }
}

/// What makes two streams unable to use the same connections.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    proxy: Option<String>,
    timeout: Duration,
    is_strict: bool,
    ca_file: Option<PathBuf>,
}

/// The pool of connections of the process, for each way to servers that was asked for.
static AGENTS: LazyLock<Mutex<Vec<(Way, Agent)>>> = LazyLock::new(Mutex::default);

fn agent(access: &Access) -> Result<Agent, Failure> {
    let way = Way {
        proxy: access.proxy.clone(),
        timeout: access.timeout,
        is_strict: access.is_strict,
        ca_file: access.ca_file.clone(),
    };
    let mut agents = lock(&AGENTS);
    if let Some((_, agent)) = agents.iter().find(|(known, _)| *known == way) {
        return Ok(agent.clone());
    }
    let agent = make_agent(&way)?;
    agents.push((way, agent.clone()));
    Ok(agent)
}

fn make_agent(way: &Way) -> Result<Agent, Failure> {
    let proxy = match &way.proxy {
        Some(address) => Some(
            Proxy::new(address).map_err(|error| Failure::Address(format!("{address}: {error}")))?,
        ),
        None => Proxy::try_from_env(),
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(way.timeout))
        .timeout_connect(Some(way.timeout))
        .proxy(proxy)
        .tls_config(tls(way)?)
        .input_buffer_size(INPUT)
        .output_buffer_size(OUTPUT)
        .build();
    let connector =
        ().chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(PatientConnector)
            .chain(RustlsConnector::default());
    Ok(Agent::with_parts(
        config,
        connector,
        DefaultResolver::default(),
    ))
}

fn tls(way: &Way) -> Result<TlsConfig, Failure> {
    let roots = match &way.ca_file {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let wrong = |why: String| Failure::Address(format!("{}: {why}", path.display()));
            let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let mut certificates: Vec<Certificate<'static>> = Vec::new();
            for item in parse_pem(&text) {
                if let PemItem::Certificate(certificate) =
                    item.map_err(|error| wrong(error.to_string()))?
                {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                return Err(wrong("there is no certificate in it".into()));
            }
            RootCerts::new_with_certs(&certificates)
        }
    };
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .disable_verification(!way.is_strict)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build())
}
