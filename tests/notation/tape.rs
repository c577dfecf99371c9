//! A transcript on a tape of numbers and texts, as plain as can be.

use std::collections::VecDeque;

use outwatch::domain::checkpoint::Checkpoint;
use outwatch::domain::observation::Detail;
use outwatch::domain::time::UnixMillis;
use outwatch::domain::transcript::{Damaged, Transcript};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Number(u64),
    Text(Detail),
}

#[derive(Default)]
pub(crate) struct Tape {
    entries: VecDeque<Entry>,
    reading: bool,
}

impl Transcript for Tape {
    fn number(&mut self, value: &mut u64) -> Result<(), Damaged> {
        if !self.reading {
            self.entries.push_back(Entry::Number(*value));
            return Ok(());
        }
        let Some(Entry::Number(number)) = self.entries.pop_front() else {
            return Err(Damaged);
        };
        *value = number;
        Ok(())
    }

    fn instant(&mut self, value: &mut UnixMillis) -> Result<(), Damaged> {
        let mut number = value.0.cast_unsigned();
        self.number(&mut number)?;
        *value = UnixMillis(number.cast_signed());
        Ok(())
    }

    fn text(&mut self, value: &mut Detail) -> Result<(), Damaged> {
        if !self.reading {
            self.entries.push_back(Entry::Text(value.clone()));
            return Ok(());
        }
        let Some(Entry::Text(text)) = self.entries.pop_front() else {
            return Err(Damaged);
        };
        *value = text;
        Ok(())
    }

    fn length(&mut self, value: usize) -> Result<usize, Damaged> {
        let mut number = value as u64;
        self.number(&mut number)?;
        usize::try_from(number)
            .ok()
            .filter(|length| !self.reading || *length <= self.entries.len())
            .ok_or(Damaged)
    }
}

/// What comes back of one that was written down.
pub(crate) fn through_tape(mut checkpoint: Checkpoint) -> Checkpoint {
    let mut tape = Tape::default();
    checkpoint
        .transcribe(&mut tape)
        .expect("writing cannot fail");
    tape.reading = true;
    let mut read = Checkpoint::default();
    read.transcribe(&mut tape).expect("it was written so");
    assert_eq!(tape.entries, [], "all of it is read");
    read
}
