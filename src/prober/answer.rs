//! Whether what came is an HTTP answer, of a size that is bearable, and came to its end.

use http::{HeaderMap, Version};
use hyper::body::Body as _;
use reqwest::Response;

use super::cause::Trouble;

/// Most headers of an answer; more are a failure (`too_large`). Busy sites send about 50.
pub(super) const HEADERS_MAX: usize = 200;

/// Most bytes of an answer's headers; more are a failure (`too_large`). hyper's own limit for
/// HTTP/1, which cannot be set through reqwest. Browsers stop at 256 KiB.
pub(super) const HEADERS_BYTES_MAX: usize = 408 << 10;

/// At which HTTP/2 headers are given up while they arrive, which is then called a breach of the
/// protocol: above [`HEADERS_BYTES_MAX`], so that those a little too long are called that.
pub(super) const HTTP2_HEADERS_BYTES_MAX: u32 = 1 << 20;

/// Most of what is no HTTP that is kept, to say what it is.
const START_BYTES_MAX: usize = 64;

/// The answer, if it is one that can be gone on with.
pub(super) async fn checked(mut answer: Response) -> Result<Response, Trouble> {
    // what hyper calls that may be anything that does not begin with `HTTP/1.`
    if answer.version() == Version::HTTP_09 {
        // a read error says less than what came before it
        let chunk = answer.chunk().await.ok().flatten().unwrap_or_default();
        let start = chunk.get(..START_BYTES_MAX).unwrap_or(&chunk);
        return Err(Trouble::NotHttp(start.to_vec()));
    }
    if answer.headers().len() > HEADERS_MAX || bytes(answer.headers()) > HEADERS_BYTES_MAX {
        return Err(Trouble::HeadersTooLarge);
    }
    Ok(answer)
}

fn bytes(headers: &HeaderMap) -> usize {
    let lines = headers.iter();
    lines.map(|(n, v)| n.as_str().len() + v.len()).sum()
}

/// Whether the body came to its end, of an answer that has no more to give: hyper takes a stream
/// that is reset with `NO_ERROR` for ended.
pub(super) fn is_whole(answer: Response) -> bool {
    answer.version() != Version::HTTP_2 || reqwest::Body::from(answer).is_end_stream()
}
