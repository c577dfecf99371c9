//! Bodies that come compressed (RFC 9110 §8.4), decoded whole and within bounds.

use std::fmt;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::{Decompress, FlushDecompress, Status};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// What a request sends that asks for compressed answers: what browsers send.
pub(super) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    /// zlib's format by RFC 9110 §8.4.1.2; a bare stream of deflate by long custom.
    Deflate,
    Brotli,
    Zstd,
}

/// Why a body cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Undecodable {
    #[error("cannot decode content-encoding `{0}`")]
    Unknown(String),
    #[error("cannot decode more than {CODINGS_MAX} content-encodings one over the other")]
    TooMany,
    #[error("body is not the {0} it claims to be: {1}")]
    Broken(Coding, String),
    #[error("body decodes to more than {0} bytes")]
    TooLarge(usize),
}

/// Most codings one over the other; more than two are not seen in the wild.
const CODINGS_MAX: usize = 3;

/// Most members of a gzip and frames of a zstd body: empty ones would cost time and never reach
/// the limit on bytes. Tools that write several have blocks of 64 KiB and more.
const MEMBERS_MAX: usize = 10_000;

/// What a server may ask of whoever decodes zstd (RFC 9659 §3).
const ZSTD_WINDOW_BYTES_MAX: u64 = 8 << 20;

/// Longer bodies are decoded on a thread of their own, so that no other probe waits.
const INLINE_BYTES_MAX: usize = 64 << 10;

const CHUNK_BYTES: usize = 16 << 10;

/// Whether there is anything to decode, as far as the headers tell.
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    headers.contains_key(CONTENT_ENCODING)
}

/// The body as it was before it was compressed. No step of it exceeds `bytes_max`.
pub(super) fn decode(body: Vec<u8>, headers: &HeaderMap, bytes_max: usize) -> Decoding {
    let codings = codings(headers);
    // on the heap, so that those who decode nothing are not larger for it
    Box::pin(async move { decode_by(body, codings?, bytes_max).await })
}

type Decoding = Pin<Box<dyn Future<Output = Result<Vec<u8>, Undecodable>> + Send>>;

async fn decode_by(
    body: Vec<u8>,
    codings: Vec<Coding>,
    bytes_max: usize,
) -> Result<Vec<u8>, Undecodable> {
    // an answer without a body keeps the headers of one that had it
    if codings.is_empty() || body.is_empty() {
        return Ok(body);
    }
    if codings.len() == 1 && body.len() <= INLINE_BYTES_MAX {
        return decode_now(body, &codings, bytes_max, &AtomicBool::new(false));
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let _stop = StopOnDrop(Arc::clone(&stopped));
    let first = codings[0];
    tokio::task::spawn_blocking(move || decode_now(body, &codings, bytes_max, &stopped))
        .await
        .unwrap_or_else(|error| Err(Undecodable::Broken(first, error.to_string())))
}

/// In the order they were applied.
fn codings(headers: &HeaderMap) -> Result<Vec<Coding>, Undecodable> {
    let mut codings = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes());
        for name in value.split(',').map(str::trim) {
            let coding = match name.to_ascii_lowercase().as_str() {
                "" | "identity" => continue,
                "gzip" | "x-gzip" => Coding::Gzip,
                "deflate" => Coding::Deflate,
                "br" => Coding::Brotli,
                "zstd" => Coding::Zstd,
                _ => return Err(Undecodable::Unknown(name.to_owned())),
            };
            if codings.len() == CODINGS_MAX {
                return Err(Undecodable::TooMany);
            }
            codings.push(coding);
        }
    }
    Ok(codings)
}

/// Ends the decoding that nobody waits for any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn decode_now(
    body: Vec<u8>,
    codings: &[Coding],
    bytes_max: usize,
    stopped: &AtomicBool,
) -> Result<Vec<u8>, Undecodable> {
    let mut bytes = body;
    for coding in codings.iter().rev() {
        let mut out = Output {
            bytes: Vec::new(),
            bytes_max,
            stopped,
        };
        // these decoders come from outside, and one of them states its doubts as panics
        let decoded = catch_unwind(AssertUnwindSafe(|| match coding {
            Coding::Gzip => gunzip(&bytes, &mut out),
            Coding::Deflate => inflate_any(&bytes, &mut out),
            Coding::Brotli => unbrotli(&bytes, &mut out),
            Coding::Zstd => unzstd(&bytes, &mut out),
        }));
        match decoded {
            Ok(Ok(())) => bytes = out.bytes,
            Ok(Err(Halt::TooLarge)) => return Err(Undecodable::TooLarge(bytes_max)),
            Ok(Err(Halt::Broken(reason))) => return Err(Undecodable::Broken(*coding, reason)),
            Err(_) => return Err(Undecodable::Broken(*coding, "corrupt data".to_owned())),
        }
    }
    Ok(bytes)
}

enum Halt {
    Broken(String),
    TooLarge,
}

impl Halt {
    fn cut() -> Self {
        Self::Broken("it ends too early".to_owned())
    }

    fn broken(reason: impl fmt::Display) -> Self {
        Self::Broken(reason.to_string())
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::cut(),
            _ => Self::broken(error),
        }
    }
}

struct Output<'s> {
    bytes: Vec<u8>,
    bytes_max: usize,
    stopped: &'s AtomicBool,
}

impl Output<'_> {
    /// Asked after each little work, so that neither memory nor time are without bound.
    fn check(&self) -> Result<(), Halt> {
        if self.bytes.len() > self.bytes_max {
            Err(Halt::TooLarge)
        } else if self.stopped.load(Ordering::Relaxed) {
            Err(Halt::cut())
        } else {
            Ok(())
        }
    }

    fn read_to_end(&mut self, mut reader: impl Read) -> Result<(), Halt> {
        loop {
            let chunk = CHUNK_BYTES as u64;
            let came = reader.by_ref().take(chunk).read_to_end(&mut self.bytes)?;
            self.check()?;
            if came == 0 {
                return Ok(());
            }
        }
    }
}

/// All members. What follows the last and is none is left alone, as gzip and browsers do.
fn gunzip(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Halt> {
    const MAGIC: &[u8] = &[0x1f, 0x8b];
    let mut rest = bytes;
    for _ in 0..MEMBERS_MAX {
        let mut member = flate2::bufread::GzDecoder::new(rest);
        out.read_to_end(&mut member)?;
        rest = member.into_inner();
        if !rest.starts_with(MAGIC) {
            return Ok(());
        }
    }
    Err(Halt::broken(format!("more than {MEMBERS_MAX} members")))
}

fn inflate_any(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Halt> {
    // RFC 1950 §2.2: method 8, and a check over both bytes
    let is_zlib = match bytes {
        [method, flags, ..] => {
            method & 0xf == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    };
    if is_zlib {
        match inflate(bytes, true, out) {
            // a bare stream may begin like that by chance
            Err(Halt::Broken(reason)) => {
                out.bytes.clear();
                inflate(bytes, false, out).map_err(|halt| match halt {
                    Halt::Broken(_) => Halt::Broken(reason),
                    Halt::TooLarge => halt,
                })
            }
            decoded => decoded,
        }
    } else {
        inflate(bytes, false, out)
    }
}

/// Not by flate2's readers, which take a cut stream for a whole one.
fn inflate(bytes: &[u8], zlib: bool, out: &mut Output<'_>) -> Result<(), Halt> {
    let mut inflater = Decompress::new(zlib);
    let mut rest = bytes;
    loop {
        out.bytes.reserve(CHUNK_BYTES);
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let status = inflater
            .decompress_vec(rest, &mut out.bytes, FlushDecompress::None)
            .map_err(|_| Halt::broken("corrupt deflate stream"))?;
        out.check()?;
        let read = inflater.total_in() - read;
        rest = &rest[usize::try_from(read).unwrap_or(rest.len())..];
        match status {
            Status::StreamEnd => return Ok(()),
            Status::Ok | Status::BufError => {
                if read == 0 && inflater.total_out() == written {
                    return Err(Halt::cut());
                }
            }
        }
    }
}

fn unbrotli(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Halt> {
    use brotli_decompressor::BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW;
    let mut decoder = brotli_decompressor::Decompressor::new(bytes, CHUNK_BYTES);
    // windows above 16 MiB are not of RFC 7932, and up to 1 GiB
    decoder.set_parameter(BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
    out.read_to_end(&mut decoder).map_err(|halt| match halt {
        // all that it says of anything
        Halt::Broken(_) => Halt::broken("corrupt or cut short"),
        Halt::TooLarge => halt,
    })
}

/// All frames; those to be skipped are skipped.
fn unzstd(bytes: &[u8], out: &mut Output<'_>) -> Result<(), Halt> {
    let mut rest = bytes;
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
    for _ in 0..MEMBERS_MAX {
        if rest.is_empty() {
            return Ok(());
        }
        match decoder.init(&mut rest) {
            Ok(()) => unzstd_frame(&mut decoder, &mut rest, out)?,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                rest = rest.get(length..).ok_or_else(Halt::cut)?;
            }
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                return Err(Halt::broken(format!(
                    "its window of {requested} bytes is larger than the {ZSTD_WINDOW_BYTES_MAX} allowed"
                )));
            }
            Err(error) => return Err(zstd_halt(&error)),
        }
    }
    Err(Halt::broken(format!("more than {MEMBERS_MAX} frames")))
}

fn unzstd_frame(
    decoder: &mut FrameDecoder,
    rest: &mut &[u8],
    out: &mut Output<'_>,
) -> Result<(), Halt> {
    let before = out.bytes.len();
    while !decoder.is_finished() {
        decoder
            .decode_blocks(&mut *rest, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|error| zstd_halt(&error))?;
        decoder.collect_to_writer(&mut out.bytes)?;
        out.check()?;
    }
    decoder.collect_to_writer(&mut out.bytes)?;
    out.check()?;
    // 0 also if the frame does not tell
    let promised = decoder.content_size();
    if promised != 0 && promised != (out.bytes.len() - before) as u64 {
        return Err(Halt::broken("it is not as long as it says"));
    }
    match decoder.get_checksum_from_data() {
        Some(sum) if decoder.get_calculated_checksum() != Some(sum) => {
            Err(Halt::broken("its checksum does not match"))
        }
        _ => Ok(()),
    }
}

fn zstd_halt(error: &FrameDecoderError) -> Halt {
    let mut link: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = link {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::UnexpectedEof
        {
            return Halt::cut();
        }
        link = error.source();
    }
    Halt::broken(error)
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    /// Of the uncompressed text, and most of what may come of it.
    const BYTES_MAX: usize = 20_000;

    fn compressed(coding: Coding) -> Vec<u8> {
        let text = "All happy families are alike; each unhappy one in its own way. ".repeat(300);
        let text = text.as_bytes();
        match coding {
            Coding::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            Coding::Deflate => {
                let mut encoder =
                    flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(text).unwrap();
                encoder.finish().unwrap()
            }
            // what brotli makes of a megabyte of zeros: no encoder is at hand
            Coding::Brotli => vec![
                0x5b, 0xff, 0xff, 0x8f, 0x7f, 0x02, 0x20, 0x1e, 0x0b, 0x04, 0x72, 0xef, 0x1f, 0x00,
            ],
            Coding::Zstd => compress_to_vec(text, CompressionLevel::Fastest),
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_decoding_ends_within_bounds(
            coding in prop::sample::select(vec![
                Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd,
            ]),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..9),
            cut in any::<prop::sample::Index>(),
            garbage in prop::collection::vec(any::<u8>(), 0..300),
            part in 0..3,
        ) {
            let mut body = compressed(coding);
            match part {
                0 => for (at, byte) in changes {
                    let at = at.index(body.len());
                    body[at] = byte;
                },
                1 => body.truncate(cut.index(body.len())),
                _ => {
                    let at = cut.index(body.len());
                    body.splice(at..at, garbage);
                }
            }
            let started = Instant::now();
            let decoded = decode_now(body, &[coding], BYTES_MAX, &AtomicBool::new(false));
            prop_assert!(decoded.map_or(0, |bytes| bytes.len()) <= BYTES_MAX);
            prop_assert!(started.elapsed() < Duration::from_secs(5));
        }
    }
}
