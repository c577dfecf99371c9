//! The errors that stand behind one of reqwest's.

use std::error::Error;
use std::io;

use super::connect::NoHttp2;
use super::lookup_error::LookupError;

/// Longest chain of causes that is looked through; real ones have about six links.
const LINKS_MAX: usize = 32;

/// The errors that tell something, out of a chain of causes.
#[derive(Default)]
pub(super) struct Chain<'e> {
    pub(super) lookup: Option<&'e LookupError>,
    pub(super) tls: Option<&'e rustls::Error>,
    pub(super) h2: Option<&'e h2::Error>,
    pub(super) hyper: Option<&'e hyper::Error>,
    pub(super) io: Option<&'e io::Error>,
    pub(super) no_http_2: Option<&'e NoHttp2>,
    /// The innermost.
    pub(super) last: Option<&'e (dyn Error + 'static)>,
}

impl<'e> Chain<'e> {
    pub(super) fn of(error: &'e (dyn Error + 'static)) -> Self {
        let mut chain = Self::default();
        let mut link = Some(error);
        for _ in 0..LINKS_MAX {
            let Some(error) = link else { break };
            chain.last = Some(error);
            link = error.source();
            if let Some(error) = error.downcast_ref::<io::Error>() {
                chain.io = Some(error);
                // `source` of an io::Error skips the very error that it wraps
                if let Some(inner) = error.get_ref() {
                    link = Some(inner);
                }
            } else if let Some(error) = error.downcast_ref::<LookupError>() {
                chain.lookup = Some(error);
            } else if let Some(error) = error.downcast_ref::<NoHttp2>() {
                chain.no_http_2 = Some(error);
            } else if let Some(error) = error.downcast_ref::<rustls::Error>() {
                chain.tls = Some(error);
            } else if let Some(error) = error.downcast_ref::<h2::Error>() {
                chain.h2 = Some(error);
                // not among its sources
                chain.io = error.get_io().or(chain.io);
            } else if let Some(error) = error.downcast_ref::<hyper::Error>() {
                chain.hyper = Some(error);
            }
        }
        chain
    }
}
