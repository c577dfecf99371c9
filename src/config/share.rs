//! What many probes have alike and share: transports, expectations, sources of tokens, headers.

use std::collections::HashMap;
use std::fmt::{self, Debug, Write as _};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use http::HeaderMap;

use super::compiled::Compiled;
use crate::expect::Expectations;
use crate::observer::controls::Controls;
use crate::prober::oauth2::OAuth2;
use crate::prober::transport::Transport;

/// Of everything that is loaded together.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) transports: Interned<Transport>,
    pub(super) expectations: Interned<Expectations>,
    pub(super) oauth2: Interned<OAuth2>,
    pub(super) headers: Interned<HeaderMap>,
    pub(super) compiled: Compiled,
    /// How many there are in all files so far.
    pub(super) endpoints: usize,
    /// Headers, hosts and expectations that they hold for themselves.
    pub(super) held: usize,
    controls: Vec<Arc<Controls>>,
}

impl Shared {
    /// The one that is the same. Few files have controls that no other has.
    pub(super) fn controls(&mut self, controls: Controls) -> Arc<Controls> {
        let known = self.controls.iter().find(|known| known.same_as(&controls));
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let controls = Arc::new(controls);
        self.controls.push(Arc::clone(&controls));
        controls
    }
}

/// Values of which equal ones are kept once.
pub(super) struct Interned<T>(HashMap<u64, Vec<Arc<T>>>);

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: PartialEq + Print> Interned<T> {
    /// The one that is equal to it.
    pub(super) fn share(&mut self, value: T) -> Arc<T> {
        let mut hasher = DefaultHasher::new();
        value.print(&mut hasher);
        let alike = self.0.entry(hasher.finish()).or_default();
        if let Some(known) = alike.iter().find(|known| ***known == value) {
            return Arc::clone(known);
        }
        let value = Arc::new(value);
        alike.push(Arc::clone(&value));
        value
    }
}

/// Narrows down which values may be equal: most that are not have another print, also where
/// thousands differ only in their secrets, or each would be compared with all before it.
pub(super) trait Print {
    fn print(&self, hasher: &mut DefaultHasher);
}

impl Print for OAuth2 {
    fn print(&self, hasher: &mut DefaultHasher) {
        self.hash(hasher);
    }
}

impl Print for HeaderMap {
    fn print(&self, hasher: &mut DefaultHasher) {
        for (name, value) in self {
            name.hash(hasher);
            value.as_bytes().hash(hasher);
            // equal all the same, and yet not to be shared
            value.is_sensitive().hash(hasher);
        }
    }
}

impl Print for Transport {
    fn print(&self, hasher: &mut DefaultHasher) {
        print_shown(self, hasher);
        // what is not shown of it
        self.proxy.as_ref().map(|proxy| &proxy.url).hash(hasher);
    }
}

impl Print for Expectations {
    fn print(&self, hasher: &mut DefaultHasher) {
        print_shown(self, hasher);
    }
}

/// Of types without `Hash`, since what they are built of has none; what they are shown as tells
/// them apart well enough.
fn print_shown(value: &impl Debug, hasher: &mut DefaultHasher) {
    // ends with an error when enough was seen
    let _ = write!(Shown { hasher, bytes: 0 }, "{value:?}");
}

struct Shown<'h> {
    hasher: &'h mut DefaultHasher,
    bytes: usize,
}

/// A schema or a certificate is shown at length.
const PRINT_BYTES_MAX: usize = 4 << 10;

impl fmt::Write for Shown<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.hash(self.hasher);
        self.bytes += text.len();
        if self.bytes > PRINT_BYTES_MAX {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prober::transport::IpFamily;

    #[test]
    fn equal_values_are_one_and_others_are_not() {
        let mut shared = Interned::default();
        let one = shared.share(Transport::default());
        let v4 = || Transport {
            ip: IpFamily::V4,
            ..Transport::default()
        };
        let other = shared.share(v4());
        assert!(Arc::ptr_eq(&one, &shared.share(Transport::default())));
        assert!(Arc::ptr_eq(&other, &shared.share(v4())));
        assert!(!Arc::ptr_eq(&one, &other));
        // Debug does not show a proxy's password
        let proxied = |url: &str| Transport {
            proxy: Some(crate::prober::transport::Proxy {
                url: url.parse().unwrap(),
            }),
            ..Transport::default()
        };
        let a = shared.share(proxied("http://a:b@proxy/"));
        assert!(!Arc::ptr_eq(
            &a,
            &shared.share(proxied("http://a:c@proxy/"))
        ));
    }

    #[test]
    fn headers_with_secrets_of_their_own_have_prints_of_their_own() {
        let headers = |token: &str, sensitive| {
            let mut value = http::HeaderValue::try_from(token).unwrap();
            value.set_sensitive(sensitive);
            HeaderMap::from_iter([(http::header::AUTHORIZATION, value)])
        };
        let mut shared = Interned::default();
        let one = shared.share(headers("Bearer a", true));
        assert!(Arc::ptr_eq(&one, &shared.share(headers("Bearer a", true))));
        // equal by their bytes, but not to be shown alike
        let open = shared.share(headers("Bearer a", false));
        assert!(!open[http::header::AUTHORIZATION].is_sensitive());
        shared.share(headers("Bearer b", true));
        assert!(shared.0.values().all(|alike| alike.len() == 1));
    }
}
