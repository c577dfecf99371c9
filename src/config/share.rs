//! What many probes have alike and share: transports, expectations, sources of tokens.

use std::collections::HashMap;
use std::fmt::{self, Debug, Write as _};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use http::HeaderMap;

use crate::expect::Expectations;
use crate::prober::oauth2::OAuth2;
use crate::prober::transport::Transport;

/// Of everything that is loaded together.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) transports: Interned<Transport>,
    pub(super) expectations: Interned<Expectations>,
    pub(super) oauth2: Interned<OAuth2>,
    /// Those that differ only in what is sensitive are shown otherwise, and so kept apart.
    pub(super) headers: Interned<HeaderMap>,
}

/// Values of which equal ones are kept once.
pub(super) struct Interned<T>(HashMap<u64, Vec<Arc<T>>>);

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: PartialEq + Debug> Interned<T> {
    /// The one that is equal to it.
    pub(super) fn share(&mut self, value: T) -> Arc<T> {
        let alike = self.0.entry(print(&value)).or_default();
        if let Some(known) = alike.iter().find(|known| ***known == value) {
            return Arc::clone(known);
        }
        let value = Arc::new(value);
        alike.push(Arc::clone(&value));
        value
    }
}

/// Narrows down which values may be equal to this one. These types have no `Hash`, since what
/// they are built of has none; what they are shown as tells them apart well enough.
fn print(value: &impl Debug) -> u64 {
    let mut print = Print {
        hasher: DefaultHasher::new(),
        bytes: 0,
    };
    // ends with an error when enough was seen
    let _ = write!(print, "{value:?}");
    print.hasher.finish()
}

struct Print {
    hasher: DefaultHasher,
    bytes: usize,
}

/// A schema or a certificate is shown at length.
const PRINT_BYTES_MAX: usize = 4 << 10;

impl fmt::Write for Print {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.hash(&mut self.hasher);
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
}
