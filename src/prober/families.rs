//! Both families of addresses, asked for at once.

use std::time::Duration;

use futures_util::future::{Either, select};
use hickory_resolver::lookup_ip::LookupIp;
use hickory_resolver::net::NetError;

/// `None` for a family whose answer was not waited for.
type Found = Option<Result<LookupIp, NetError>>;

/// How long IPv6 addresses are waited for once there are IPv4 ones (RFC 8305 §3, Resolution Delay).
const V6_LATER_BY: Duration = Duration::from_millis(50);

/// How long IPv4 addresses are waited for once there are IPv6 ones. RFC 8305 begins to connect at
/// once and takes them in when they come, within the time that one address has before the next is
/// tried; that is what we wait (§8, Connection Attempt Delay).
const V4_LATER_BY: Duration = Duration::from_millis(250);

/// Waits for both, but once one has addresses not long for the other: a name server that is silent
/// about one family must not spoil the other.
pub(super) async fn both(
    v6: impl Future<Output = Result<LookupIp, NetError>>,
    v4: impl Future<Output = Result<LookupIp, NetError>>,
) -> (Found, Found) {
    let (v6, v4) = (std::pin::pin!(v6), std::pin::pin!(v4));
    match select(v6, v4).await {
        Either::Left((v6, v4)) => {
            let v4 = wait(v4, has_addresses(&v6).then_some(V4_LATER_BY)).await;
            (Some(v6), v4)
        }
        Either::Right((v4, v6)) => {
            let v6 = wait(v6, has_addresses(&v4).then_some(V6_LATER_BY)).await;
            (v6, Some(v4))
        }
    }
}

async fn wait(
    other: impl Future<Output = Result<LookupIp, NetError>>,
    limit: Option<Duration>,
) -> Found {
    match limit {
        Some(limit) => tokio::time::timeout(limit, other).await.ok(),
        None => Some(other.await),
    }
}

fn has_addresses(found: &Result<LookupIp, NetError>) -> bool {
    found
        .as_ref()
        .is_ok_and(|found| found.iter().next().is_some())
}
