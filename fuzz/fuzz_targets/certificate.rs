//! Whatever a server sends as its certificate, it is read, or found unreadable.

#![no_main]

use libfuzzer_sys::fuzz_target;
use outwatch::prober::certificate_facts;
use rustls_pki_types::CertificateDer;

fuzz_target!(|der: &[u8]| {
    if let Some(facts) = certificate_facts(&CertificateDer::from(der)) {
        // as `outwatch probe` shows them
        let _ = format!("{facts:?}");
        let _ = facts.not_after - facts.not_before;
    }
});
