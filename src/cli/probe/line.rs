//! One line for each asking, as it comes, with columns that stay where they are.

use std::io;

use super::asking::{Answered, InRound};
use super::page::{Ink, Page};
use super::waterfall::cut;
use super::why::why;
use crate::domain::observation::Timings;
use crate::domain::time::Micros;

/// What the lines are like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// Of the names of questions; `None` if there is only one.
    name: Option<usize>,
    /// Whether there is room for them.
    phases: bool,
}

/// Round, time, outcome, status, total.
const WIDTH: usize = 4 + 2 + 8 + 2 + 4 + 2 + 3 + 1 + 9;
const NAME_MIN: usize = 12;
const NAME_MAX: usize = 32;

/// Each with the width of its column, a blank included.
const PHASES: [(&str, usize); 5] = [
    ("DNS", 9),
    ("CONNECT", 9),
    ("TLS", 9),
    ("FIRST BYTE", 11),
    ("BODY", 9),
];

impl Columns {
    /// For questions of these names, on a page that wide.
    pub(super) fn new(names: &[String], width: Option<usize>) -> Self {
        use unicode_width::UnicodeWidthStr;
        let name = match names {
            [_] => None,
            names => names.iter().map(|name| name.width()).max(),
        };
        // of what the other columns leave, but not so little that names are all alike
        let room = width.map_or(NAME_MAX, |width| width.saturating_sub(WIDTH + 2));
        let name = name.map(|width| width.min(room.clamp(NAME_MIN, NAME_MAX)));
        let taken = WIDTH + name.map_or(0, |name| name + 2);
        let phases: usize = PHASES.iter().map(|(_, width)| width).sum();
        Self {
            name,
            phases: width.is_none_or(|width| taken + phases <= width),
        }
    }

    pub(super) fn head(self, page: &mut Page<'_>) -> io::Result<()> {
        let name = self
            .name
            .map_or(String::new(), |width| format!("{:width$}  ", ""));
        let mut line = format!("{:>4}  {:8}  {name}{:9} {:>9}", "#", "UTC", "", "TOTAL MS");
        if self.phases {
            line += &PHASES
                .map(|(title, width)| format!("{title:>width$}"))
                .concat();
        }
        let line = page.paint(Ink::Faint, &line);
        page.line(&line)
    }

    pub(super) fn line(self, answer: &InRound, page: &mut Page<'_>) -> io::Result<()> {
        let InRound {
            round, answered, ..
        } = answer;
        let reply = &answered.examination.reply;
        let kind = reply.outcome.kind();
        let outcome = page.paint(Ink::of(kind), &format!("{kind:4}"));
        let status = reply
            .answer
            .status
            .map_or("-".to_owned(), |s| s.to_string());
        let name = match self.name {
            Some(width) => padded(&answered.question.name(), width) + "  ",
            None => String::new(),
        };
        let (time, total) = (time(answered), ms(Some(reply.duration)));
        let mut line = format!("{round:>4}  {time}  {name}{outcome}  {status:>3} {total:>9}");
        if !answered.is_fine()
            && let Some(why) = why(&reply.outcome)
        {
            // below what it is about, where it is not cut
            page.line(&line)?;
            return page.paragraph(Ink::of(kind), &format!("    {why}"));
        }
        if self.phases {
            line += &figures(&reply.answer.timings);
        }
        page.line(&line)
    }
}

/// Of each phase, below its title.
fn figures(timings: &Timings) -> String {
    let phases = timings.in_order().into_iter().zip(PHASES);
    phases
        .map(|(length, (_, width))| format!("{:>width$}", ms(length)))
        .collect::<Vec<_>>()
        .concat()
}

/// As in `14:30:20`, of UTC.
fn time(answered: &Answered) -> String {
    let text = answered.ts.to_string();
    text.get(11..19).unwrap_or(&text).to_owned()
}

/// As in `41.70`; `-` for what there was none of.
pub(super) fn ms(length: Option<Micros>) -> String {
    match length {
        Some(Micros(us)) => {
            let hundredths = us.saturating_add(5) / 10;
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        }
        None => "-".to_owned(),
    }
}

fn padded(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let text = cut(text, width);
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_where_there_is_no_room() {
        let one = ["https://a.example/".to_owned()];
        let two = ["https://a.example/", "https://a.example/a/long/path/to/it"].map(str::to_owned);
        let columns = |names: &[String], width| {
            let columns = Columns::new(names, width);
            (columns.name, columns.phases)
        };
        for (width, of_one, of_two) in [
            (None, true, (Some(32), true)),
            (Some(120), true, (Some(32), true)),
            (Some(100), true, (Some(32), false)),
            (Some(80), false, (Some(32), false)),
            (Some(60), false, (Some(23), false)),
            (Some(20), false, (Some(12), false)),
        ] {
            assert_eq!(columns(&one, width), (None, of_one), "{width:?}");
            assert_eq!(columns(&two, width), of_two, "{width:?}");
        }
    }

    #[test]
    fn milliseconds_have_two_decimals() {
        for (us, text) in [
            (41_704, "41.70"),
            (41_706, "41.71"),
            (5, "0.01"),
            (4, "0.00"),
        ] {
            assert_eq!(ms(Some(Micros(us))), text);
        }
        assert_eq!(ms(None), "-");
    }
}
