use proptest::prelude::*;

use super::super::chart::timelines::{Row, Timelines};
use super::super::chart::{Chart, Drawing};
use super::super::document::{
    Block, Concession, Fields, Figure, Grid, Text, Tone, Verbatim, left, right,
};
use super::sheet::{Sheets, What};
use super::style::{BOTTOM, MARGIN, PAGE_WIDTH, TOP, WIDTH};
use super::*;
use crate::domain::availability::State;
use crate::domain::time::{Period, UnixMillis};

fn meta() -> Meta {
    Meta {
        title: "Outage report 2024-09-29 14:00:00 – 2024-09-29 18:00:00 UTC".into(),
        generator: "outwatch 0.1.0".into(),
        generated_at: UnixMillis(1_727_632_800_000),
    }
}

fn file(document: &Document) -> Vec<u8> {
    let mut out = Vec::new();
    render(document, &meta(), &mut out).unwrap();
    out
}

/// What stands on each page, line by line, in the order in which it was printed.
fn pages(document: &Document) -> Vec<Vec<String>> {
    let fonts = face::Fonts::new();
    let mut sheets = Sheets::new(&fonts);
    block::set(document, &mut sheets);
    let shown = |what: &What| match what {
        What::Line(line, _) => {
            let words: String = line.runs.iter().map(|run| run.words.as_str()).collect();
            Some(words.trim_end().to_owned())
        }
        What::Box { .. } => None,
        What::Picture(drawing) => {
            let words = drawing.words.iter().map(|words| words.text.as_str());
            Some(words.collect::<Vec<_>>().join(" "))
        }
    };
    let pages = sheets.pages.iter();
    pages
        .map(|page| {
            page.marks
                .iter()
                .filter_map(|mark| shown(&mark.what))
                .collect()
        })
        .collect()
}

fn grid(rows: usize) -> Grid {
    let mut grid = Grid::new(&[left("Name"), right("Count"), left("Why")])
        .conceding(&[Concession::Below("Why", "since ")]);
    for row in 0..rows {
        grid.row([
            Text::quoted(format!("probe {row}")),
            row.to_string().into(),
            Text::toned(Tone::Bad, "no answer"),
        ]);
    }
    grid
}

fn timelines(rows: usize) -> Chart {
    let period = Period::new(UnixMillis(0), UnixMillis(3_600_000));
    let down = Period::new(UnixMillis(600_000), UnixMillis(1_200_000));
    let row = |at: usize| Row {
        label: format!("row {at}."),
        stretches: [
            State::Down,
            State::Degraded,
            State::Unknown,
            State::Maintenance,
            State::Up,
        ]
        .map(|state| (down, state))
        .to_vec(),
        bounds: Vec::new(),
    };
    Chart {
        name: "services".into(),
        title: "Services over time".into(),
        description: "web: down once".into(),
        drawing: Drawing::Timelines(Timelines {
            period,
            rows: (0..rows).map(row).collect(),
        }),
    }
}

/// With each kind of block.
fn document() -> Document {
    let mut document = Document::default();
    document.title("Outage report");
    document.paragraph("All times are UTC.");
    document.heading("Summary");
    document.figures(vec![Figure {
        label: "Uptime".into(),
        value: Text::toned(Tone::Bad, "99.5 %"),
        note: "99.4 – 99.6 %".into(),
    }]);
    document.list(vec!["one".into(), "two".into()]);
    document.subheading("Probes");
    document.grid(grid(2));
    document.chart(timelines(1));
    let mut fields = Fields::titled("Answer");
    fields.add("status", "503");
    document.fields(fields);
    document.verbatim("Body", vec!["{".into(), "\t\"a\": 1".into(), "}".into()]);
    document
}

#[test]
fn the_same_document_gives_the_same_file() {
    let file_of = file(&document());
    assert!(file_of.starts_with(b"%PDF-1.7"));
    assert!(file_of.ends_with(b"%%EOF"));
    assert!(file_of == file(&document()), "not the same bytes");
}

#[test]
fn every_block_is_printed_in_its_order() {
    let mut shown = pages(&document()).concat();
    let chart = shown.remove(21);
    assert!(chart.starts_with("row 0. "), "{chart}");
    assert!(chart.contains("up degraded down unobserved"), "{chart}");
    assert_eq!(
        shown,
        [
            "Outage report",
            "All times are UTC.",
            "Summary",
            "Uptime",
            "99.5 %",
            "99.4 – 99.6 %",
            "•",
            "one",
            "•",
            "two",
            "Probes",
            "Name",
            "Count",
            "Why",
            "probe 0",
            "0",
            "no answer",
            "probe 1",
            "1",
            "no answer",
            "Services over time",
            "Answer",
            "status",
            "503",
            "Body",
            "{",
            "    \"a\": 1",
            "}",
        ]
    );
}

#[test]
fn a_document_without_anything_is_a_file_all_the_same() {
    let mut odd = Document::default();
    assert!(file(&odd).starts_with(b"%PDF-1.7"));
    odd.title("");
    odd.heading("");
    odd.subheading("");
    odd.paragraph("");
    odd.list(Vec::new());
    odd.figures(Vec::new());
    odd.grid(grid(0));
    odd.grid(Grid::new(&[]));
    odd.fields(Fields::default());
    odd.blocks.push(Block::Verbatim(Verbatim::default()));
    odd.chart(Chart {
        title: String::new(),
        description: String::new(),
        ..timelines(0)
    });
    assert!(file(&odd).starts_with(b"%PDF-1.7"));
}

#[test]
fn the_titles_of_a_grid_stand_on_each_of_its_pages() {
    let mut document = Document::default();
    document.grid(grid(5000));
    let pages = pages(&document);
    assert!(pages.len() > 50, "{} pages", pages.len());
    for page in &pages {
        assert_eq!(page[..3], ["Name", "Count", "Why"]);
    }
    let rows = pages
        .concat()
        .iter()
        .filter(|line| line.starts_with("probe "))
        .count();
    assert_eq!(rows, 5000);
    let file = file(&document);
    assert!(file.len() < 10_000_000, "{} bytes", file.len());
}

#[test]
fn a_chart_goes_on_on_the_next_page_between_its_rows() {
    for title in ["short".to_owned(), "long ".repeat(700)] {
        let mut document = Document::default();
        document.chart(Chart {
            title,
            ..timelines(40)
        });
        let pages = pages(&document);
        assert!(pages.len() > 1);
        let shown = pages.concat().concat();
        for row in 0..40 {
            assert_eq!(shown.matches(&format!("row {row}.")).count(), 1, "{row}");
        }
    }
}

#[test]
fn a_page_says_what_it_goes_on_with() {
    let mut document = Document::default();
    document.title("Report");
    for heading in ["One", "Two"] {
        document.heading(heading);
        document.grid(grid(60));
    }
    let fonts = face::Fonts::new();
    let mut sheets = Sheets::new(&fonts);
    block::set(&document, &mut sheets);
    let goes_on: Vec<_> = sheets
        .pages
        .iter()
        .map(|page| page.goes_on.as_deref())
        .collect();
    assert_eq!(goes_on, [None, Some("One"), Some("Two")]);
}

#[test]
fn no_line_of_a_paragraph_stands_alone_on_a_page() {
    let long = "word ".repeat(60);
    let mut document = Document::default();
    for count in 0..80 {
        document.paragraph("short");
        document.list(vec![long.as_str().into(), long.repeat(2).into()]);
        if count % 3 == 0 {
            document.paragraph(long.as_str());
        }
    }
    let pages = pages(&document);
    assert!(pages.len() > 5);
    for page in &pages {
        let is_long = |line: &&String| line.starts_with("word");
        assert_ne!(page.iter().take_while(is_long).count(), 1, "{page:?}");
        assert_ne!(page.iter().rev().take_while(is_long).count(), 1, "{page:?}");
    }
}

#[test]
fn a_heading_stays_with_what_follows() {
    let mut document = Document::default();
    for count in 0..60 {
        document.paragraph(format!("line {count}"));
        document.heading("Heading");
        document.subheading("Subheading");
        document.grid(grid(1));
    }
    for page in pages(&document) {
        let last = page.last().map(String::as_str);
        assert!(
            !matches!(last, Some("Heading" | "Subheading" | "Name")),
            "{page:?}"
        );
    }
}

fn text() -> impl Strategy<Value = Text> {
    let words = prop_oneof![
        any::<String>(),
        "[a-z]{0,300}",
        "[ a-z]{0,300}",
        "[\u{202a}-\u{202e}\u{e000}-\u{e010}\u{fffe}\u{ffff}\u{0}-\u{1f}日🐈]{0,9}",
    ];
    let span = (words, 0..4).prop_map(|(words, kind)| match kind {
        0 => Text::from(words),
        1 => Text::quoted(words),
        2 => Text::spare(words),
        _ => Text::toned(Tone::Bad, words),
    });
    prop::collection::vec(span, 0..3)
        .prop_map(|spans| spans.into_iter().fold(Text::default(), Text::then))
}

fn hostile_grid() -> impl Strategy<Value = Grid> {
    let row = prop::collection::vec(text(), 4);
    prop::collection::vec(row, 0..4).prop_map(|rows| {
        let columns = [
            left("Name"),
            right("Count"),
            left("Why"),
            right("Uptime low – high"),
        ];
        let mut grid =
            Grid::new(&columns).conceding(&[Concession::Brief("Count"), Concession::Cut("Why", 9)]);
        for row in rows {
            grid.row(row);
        }
        grid
    })
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        text().prop_map(Block::Title),
        text().prop_map(Block::Heading),
        text().prop_map(Block::Subheading),
        text().prop_map(Block::Paragraph),
        prop::collection::vec(text(), 0..4).prop_map(Block::List),
        hostile_grid().prop_map(Block::Grid),
        (text(), any::<String>(), text()).prop_map(|(title, name, value)| {
            let mut fields = Fields::titled(title);
            fields.add(name, value);
            Block::Fields(fields)
        }),
        (text(), prop::collection::vec(any::<String>(), 0..4))
            .prop_map(|(title, lines)| Block::Verbatim(Verbatim { title, lines })),
        (any::<String>(), text(), text()).prop_map(|(label, value, note)| {
            Block::Figures(vec![Figure { label, value, note }])
        }),
        any::<String>().prop_map(|words| {
            Block::Chart(Box::new(Chart {
                title: words.clone(),
                description: words,
                ..timelines(1)
            }))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Printing fails if the file would not be what archives and readers for the blind ask for.
    #[test]
    fn whatever_it_says_a_document_can_be_printed_and_stays_on_its_pages(
        blocks in prop::collection::vec(block(), 0..12),
    ) {
        let document = Document { blocks };
        file(&document);
        let fonts = face::Fonts::new();
        let mut sheets = Sheets::new(&fonts);
        block::set(&document, &mut sheets);
        let mut printed = vec![0; sheets.structure.contents()];
        for mark in sheets.pages.iter().flat_map(|page| &page.marks) {
            let (width, below) = match &mark.what {
                What::Line(line, setting) => (line.width, setting.leading / 2.0),
                What::Box { width, height, .. } => (*width, *height),
                What::Picture(drawing) => (WIDTH, drawing.height),
            };
            let right = PAGE_WIDTH - MARGIN + 0.2;
            prop_assert!(mark.x >= MARGIN && mark.x + width <= right, "{mark:?}");
            prop_assert!(mark.y >= TOP - 1.0 && mark.y + below <= BOTTOM + 6.0, "{mark:?}");
            if let Some(content) = mark.content {
                printed[content.0] += 1;
            }
        }
        prop_assert!(printed.iter().all(|count| *count == 1), "{printed:?}");
    }
}
