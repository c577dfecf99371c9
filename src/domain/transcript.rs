//! States written down and read back, number by number. One walk over the fields serves both ways,
//! so that the two cannot differ.

use std::num::NonZeroU32;

use super::observation::{Cause, Detail, Epoch, Failure, Outcome, Phase, Reason};
use super::parameters::Parameters;
use super::sighting::Sighting;
use super::time::{Millis, Period, UnixMillis};

/// What is read is none that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not as it was written")]
pub struct Damaged;

/// Writes the values that it is shown, or puts in their place what was written.
pub trait Transcript {
    fn number(&mut self, value: &mut u64) -> Result<(), Damaged>;

    fn instant(&mut self, value: &mut UnixMillis) -> Result<(), Damaged>;

    fn text(&mut self, value: &mut Detail) -> Result<(), Damaged>;

    /// That of a list which follows. One that is read is bounded by what is left to read.
    fn length(&mut self, value: usize) -> Result<usize, Damaged>;
}

/// What an instant is read into.
pub(super) const BLANK_INSTANT: UnixMillis = UnixMillis(0);

type Written = Result<(), Damaged>;
type To<'a> = &'a mut dyn Transcript;

pub(super) fn count(to: To, value: &mut u32) -> Written {
    let mut wide = u64::from(*value);
    to.number(&mut wide)?;
    *value = u32::try_from(wide).map_err(|_| Damaged)?;
    Ok(())
}

pub(super) fn flag(to: To, value: &mut bool) -> Written {
    let mut number = u64::from(*value);
    to.number(&mut number)?;
    *value = number != 0;
    Ok(())
}

/// `blank` is what is read into.
pub(super) fn optional<T>(
    to: To,
    value: &mut Option<T>,
    blank: impl FnOnce() -> T,
    each: impl FnOnce(To, &mut T) -> Written,
) -> Written {
    let mut is_there = value.is_some();
    flag(to, &mut is_there)?;
    if !is_there {
        *value = None;
        return Ok(());
    }
    each(to, value.get_or_insert_with(blank))
}

pub(super) fn list<T>(
    to: To,
    values: &mut Vec<T>,
    blank: impl Fn() -> T,
    each: impl Fn(To, &mut T) -> Written,
) -> Written {
    let length = to.length(values.len())?;
    values.resize_with(length, blank);
    for value in values {
        each(to, value)?;
    }
    Ok(())
}

/// One of a list of words; `None` is 0.
fn word<T: Copy + PartialEq>(to: To, value: &mut Option<T>, all: &[T]) -> Written {
    let place = value.and_then(|value| all.iter().position(|word| *word == value));
    let mut code = place.map_or(0, |place| place as u64 + 1);
    to.number(&mut code)?;
    *value = match usize::try_from(code).map_err(|_| Damaged)? {
        0 => None,
        code => Some(*all.get(code - 1).ok_or(Damaged)?),
    };
    Ok(())
}

pub(super) fn some_instant(to: To, value: &mut Option<UnixMillis>) -> Written {
    optional(to, value, || BLANK_INSTANT, |to, at| to.instant(at))
}

pub(super) fn length(to: To, value: &mut Millis) -> Written {
    let mut number = value.0.cast_unsigned();
    to.number(&mut number)?;
    *value = Millis(number.cast_signed());
    Ok(())
}

pub(super) fn period(to: To, value: &mut Period) -> Written {
    to.instant(&mut value.from)?;
    to.instant(&mut value.to)
}

pub(super) fn reason(to: To, value: &mut Option<Reason>) -> Written {
    word(to, value, Reason::ALL)
}

fn detail(to: To, value: &mut Option<Detail>) -> Written {
    optional(to, value, || "".into(), |to, text| to.text(text))
}

pub(super) fn failure(to: To, value: &mut Failure) -> Written {
    let Failure {
        cause,
        phase,
        detail: text,
    } = value;
    word(to, cause, Cause::ALL)?;
    word(to, phase, Phase::ALL)?;
    detail(to, text)
}

pub(super) fn parameters(to: To, value: &mut Parameters) -> Written {
    let Parameters {
        interval,
        timeout,
        confirm_interval,
        failure_threshold,
        recovery_threshold,
        grace,
        flap_failures,
        flap_of,
    } = value;
    for value in [interval, timeout, confirm_interval, grace] {
        length(to, value)?;
    }
    for value in [
        failure_threshold,
        recovery_threshold,
        flap_failures,
        flap_of,
    ] {
        let mut number = value.get();
        count(to, &mut number)?;
        *value = NonZeroU32::new(number).ok_or(Damaged)?;
    }
    Ok(())
}

fn outcome(to: To, value: &mut Outcome) -> Written {
    let mut kind = value.kind() as u64;
    to.number(&mut kind)?;
    if kind != value.kind() as u64 {
        *value = match kind {
            0 => Outcome::Ok,
            1 => Outcome::Slow { detail: None },
            2 => Outcome::Fail(Failure::default()),
            3 => Outcome::Inconclusive {
                reason: None,
                detail: None,
            },
            _ => return Err(Damaged),
        };
    }
    match value {
        Outcome::Ok => Ok(()),
        Outcome::Slow { detail: text } => detail(to, text),
        Outcome::Fail(of) => failure(to, of),
        Outcome::Inconclusive {
            reason: of,
            detail: text,
        } => {
            reason(to, of)?;
            detail(to, text)
        }
    }
}

pub(super) fn sighting(to: To, value: &mut Sighting) -> Written {
    let Sighting {
        ts,
        finished,
        outcome: of,
        epoch,
        set_aside,
    } = value;
    to.instant(ts)?;
    to.instant(finished)?;
    outcome(to, of)?;
    optional(to, epoch, || Epoch(0), |to, epoch| count(to, &mut epoch.0))?;
    flag(to, set_aside)
}

/// What a sighting is read into.
pub(super) fn blank_sighting() -> Sighting {
    Sighting {
        ts: BLANK_INSTANT,
        finished: BLANK_INSTANT,
        outcome: Outcome::Ok,
        epoch: None,
        set_aside: false,
    }
}
