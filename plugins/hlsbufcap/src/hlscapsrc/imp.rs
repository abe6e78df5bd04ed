// SPDX-License-Identifier: MPL-2.0
//! GObject, the base class and the URI handler.
use super::demuxer::{self, Downstream};
use super::properties;
use super::settings::{PREFIX, Settings};
use crate::budget::lock;
use crate::hlsbufcap::Knob;
use crate::proxy::{Host, Kind, Level, Session};
use crate::upstream::{Cancel, Failure};
use gst::{glib, prelude::*, subclass::prelude::*};
use gst_base::{prelude::*, subclass::base_src::CreateSuccess, subclass::prelude::*};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "hlscapsrc",
        gst::DebugColorFlags::empty(),
        Some("HLS by way of the disk"),
    )
});

/// See [`super::HlsCapSrc`].
#[derive(Default)]
pub struct HlsCapSrc {
    settings: Mutex<Settings>,
    /// Between READY and READY.
    session: Mutex<Option<Arc<Session>>>,
    /// Whether the playlist was sent.
    is_sent: AtomicBool,
    /// Ends the wait for the playlist.
    opening: Mutex<Cancel>,
    downstream: Mutex<Downstream>,
}

#[glib::object_subclass]
impl ObjectSubclass for HlsCapSrc {
    const NAME: &'static str = "AurisHlsCapSrc";
    type Type = super::HlsCapSrc;
    type ParentType = gst_base::PushSrc;
    type Interfaces = (gst::URIHandler,);
}

impl ObjectImpl for HlsCapSrc {
    fn properties() -> &'static [glib::ParamSpec] {
        properties::properties()
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        lock(&self.settings).set(pspec.name(), value);
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if let Some(value) = lock(&self.settings).get(pspec.name()) {
            return value;
        }
        let session = lock(&self.session).clone();
        let standing = session.map(|session| session.standing());
        let stats = standing.map(|standing| {
            gst::Structure::builder("hlscapsrc-stats")
                .field("version", 1u32)
                .field("segments", standing.segments as u32)
                .field("current-level-bytes", standing.bytes)
                .field("downloads", standing.downloads as u32)
                .field("upstream-bitrate", standing.rate)
                .build()
        });
        stats.to_value()
    }

    fn constructed(&self) {
        self.parent_constructed();
        let object = self.obj();
        object.set_format(gst::Format::Bytes);
        object.connect_notify(Some("parent"), |element, _| {
            crate::hlsbufcap::mark_streams_aware(element.upcast_ref());
        });
    }
}

impl GstObjectImpl for HlsCapSrc {}

impl ElementImpl for HlsCapSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "HLS source",
                "Source/Network",
                "Reads HLS by way of the disk, so that the demuxer holds a few seconds of it",
                "auris",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let template = gst::PadTemplate::new(
                "src",
                gst::PadDirection::Src,
                gst::PadPresence::Always,
                &gst::Caps::builder("application/x-hls").build(),
            );
            template.into_iter().collect()
        });
        &TEMPLATES
    }
}

impl BaseSrcImpl for HlsCapSrc {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        crate::hlsbufcap::mark_streams_aware(self.obj().upcast_ref());
        let settings = lock(&self.settings).clone();
        let host = Box::new(Around(self.obj().downgrade()));
        let mut handed = settings.handed();
        handed.cache = match settings.cache() {
            None => None,
            Some(Ok(cache)) => Some(cache),
            Some(Err(error)) => {
                host.warn(&format!("Nothing is kept: {error}"));
                None
            }
        };
        let session = settings
            .url()
            .and_then(|url| Session::start(url, settings.access(), handed, host))
            .map_err(|failure| gst::error_msg!(gst::ResourceError::Settings, ["{failure}"]))?;
        self.is_sent.store(false, Ordering::SeqCst);
        *lock(&self.downstream) = Downstream::default();
        *lock(&self.session) = Some(session);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let session = lock(&self.session).take();
        if let Some(session) = session {
            session.stop();
        }
        // Puts back what was set of the demuxer.
        let downstream = std::mem::take(&mut *lock(&self.downstream));
        drop(downstream);
        Ok(())
    }

    fn is_seekable(&self) -> bool {
        false
    }

    fn query(&self, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Uri(uri) => {
                let session = lock(&self.session).clone();
                let Some(session) = session else {
                    return false;
                };
                uri.set_uri(Some(session.address().as_str()));
                true
            }
            gst::QueryViewMut::Scheduling(scheduling) => {
                let flags =
                    gst::SchedulingFlags::SEQUENTIAL | gst::SchedulingFlags::BANDWIDTH_LIMITED;
                scheduling.set(flags, 1, -1, 0);
                scheduling.add_scheduling_modes([gst::PadMode::Push]);
                true
            }
            _ => BaseSrcImplExt::parent_query(self, query),
        }
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.opening).cancel();
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.opening) = Cancel::default();
        Ok(())
    }
}

impl PushSrcImpl for HlsCapSrc {
    fn create(
        &self,
        _buffer: Option<&mut gst::BufferRef>,
    ) -> Result<CreateSuccess, gst::FlowError> {
        if self.is_sent.load(Ordering::SeqCst) {
            return Err(gst::FlowError::Eos);
        }
        let session = lock(&self.session).clone();
        let session = session.ok_or(gst::FlowError::Flushing)?;
        let cancel = lock(&self.opening).clone();
        let playlist = session.open(&cancel).map_err(|failure| match failure {
            Failure::Cancelled => gst::FlowError::Flushing,
            failure => {
                self.post_failure(&failure);
                gst::FlowError::Error
            }
        })?;
        self.is_sent.store(true, Ordering::SeqCst);
        Ok(CreateSuccess::NewBuffer(gst::Buffer::from_mut_slice(
            playlist,
        )))
    }
}

impl URIHandlerImpl for HlsCapSrc {
    const URI_TYPE: gst::URIType = gst::URIType::Src;

    fn protocols() -> &'static [&'static str] {
        &["hlscap+http", "hlscap+https"]
    }

    fn uri(&self) -> Option<String> {
        let location = lock(&self.settings).location.clone()?;
        match location.starts_with(PREFIX) {
            true => Some(location),
            false => Some(format!("{PREFIX}{location}")),
        }
    }

    fn set_uri(&self, uri: &str) -> Result<(), glib::Error> {
        let mut settings = lock(&self.settings);
        let new = Settings {
            location: Some(uri.to_owned()),
            ..settings.clone()
        };
        new.url()
            .map_err(|failure| glib::Error::new(gst::URIError::BadUri, &failure.to_string()))?;
        *settings = new;
        Ok(())
    }
}

impl HlsCapSrc {
    fn post_failure(&self, failure: &Failure) {
        let location = lock(&self.settings).location.clone().unwrap_or_default();
        match failure {
            Failure::Status(404 | 410, _) => gst::element_imp_error!(
                self,
                gst::ResourceError::NotFound,
                ("{location}: {failure}")
            ),
            Failure::Status(401 | 403, _) => gst::element_imp_error!(
                self,
                gst::ResourceError::NotAuthorized,
                ("{location}: {failure}")
            ),
            Failure::Corrupt(_) => gst::element_imp_error!(
                self,
                gst::StreamError::WrongType,
                ("{location}: {failure}")
            ),
            _ => gst::element_imp_error!(
                self,
                gst::ResourceError::OpenRead,
                ("{location}: {failure}")
            ),
        }
    }
}

/// What a session knows of the element that runs it.
struct Around(glib::WeakRef<super::HlsCapSrc>);

impl Around {
    fn with_downstream<T>(&self, act: impl FnOnce(&mut Downstream, &gst::Pad) -> T) -> Option<T> {
        let element = self.0.upgrade()?;
        let pad = element.static_pad("src")?;
        let mut downstream = lock(&element.imp().downstream);
        Some(act(&mut downstream, &pad))
    }

    /// Until the source stops; where it has stopped meanwhile, the property is put back at once.
    fn keep(&self, knob: Knob) {
        let Some(element) = self.0.upgrade() else {
            return;
        };
        let source = element.imp();
        let mut downstream = lock(&source.downstream);
        let spare = match lock(&source.session).is_some() {
            true => downstream.give_back(knob),
            false => Some(knob),
        };
        // Dropping it sets a property: not under the lock.
        drop(downstream);
        drop(spare);
    }
}

impl Host for Around {
    fn level(&self, kind: Kind) -> Level {
        let demuxer = self.with_downstream(|downstream, pad| downstream.find(pad));
        demuxer
            .flatten()
            .map_or(Level::Untold, |demuxer| demuxer::level(&demuxer, kind))
    }

    fn measured(&self, rate: u64) {
        let told = self.with_downstream(|downstream, pad| downstream.rate_to_tell(pad, rate));
        let Some((mut knob, rate)) = told.flatten() else {
            return;
        };
        if knob.set(rate) {
            self.keep(knob);
        }
    }

    fn fail(&self, why: &str) {
        if let Some(element) = self.0.upgrade() {
            gst::element_error!(element, gst::ResourceError::Read, ("{why}"));
        }
    }

    fn warn(&self, why: &str) {
        if let Some(element) = self.0.upgrade() {
            gst::element_warning!(element, gst::ResourceError::NoSpaceLeft, ("{why}"));
        }
    }

    fn note(&self, what: &str) {
        gst::debug!(CAT, "{what}");
    }
}
