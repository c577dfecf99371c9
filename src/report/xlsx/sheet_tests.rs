use std::io::{Cursor, Read};

use super::*;

/// A file of the workbook.
fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive
        .by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn saved(mut book: Book) -> Vec<u8> {
    book.workbook.save_to_buffer().unwrap()
}

fn one_column(rows_max: u32, cells: impl IntoIterator<Item = Cell>) -> (Vec<u8>, u64) {
    let mut book = Book::with_rows(rows_max);
    let rows = cells.into_iter().map(|cell| [cell]);
    let count = book.table("Cells", [Column("Cell", 10.0)], rows).unwrap();
    (saved(book), count)
}

/// What stands in the cells of the column, below the heading: numbers as they are written, and texts
/// by their place among the texts.
fn written(sheet: &str) -> Vec<&str> {
    let cells = sheet.split("<c r=\"A").skip(2);
    cells
        .map(|cell| {
            let value = cell.split("<v>").nth(1).unwrap();
            value.split("</v>").next().unwrap()
        })
        .collect()
}

#[test]
fn dates_lengths_and_shares_are_numbers_with_a_format() {
    let at = |text: &str| Cell::Instant(text.parse().unwrap());
    let (bytes, _) = one_column(
        ROWS_MAX,
        [
            at("2024-09-29T12:00:00.000Z"),
            at("1970-01-01T00:00:00.001Z"),
            Cell::Length(Millis(36 * 3_600_000)),
            Cell::Percent(Percent {
                thousandths: 99_817,
            }),
            Cell::Latency(Micros(1_500)),
            Cell::Count(7),
            Cell::Weight(2_500),
        ],
    );
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    let numbers: Vec<f64> = written(&sheet)
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    assert_eq!(
        numbers,
        [
            45_564.5,
            25_569.0 + 1.0 / 86_400_000.0,
            1.5,
            0.99817,
            1.5,
            7.0,
            2.5
        ]
    );
    // none of them is a text
    assert_eq!(sheet.matches("t=\"s\"").count(), 1, "the heading: {sheet}");
    let styles = part(&bytes, "xl/styles.xml");
    for format in ["yyyy-mm-dd hh:mm:ss.000", "[h]:mm:ss.000", "0.000%"] {
        assert!(styles.contains(format), "{format}: {styles}");
    }
}

#[test]
fn what_a_number_cannot_tell_is_a_text() {
    let (bytes, _) = one_column(
        ROWS_MAX,
        [
            Cell::Instant(UnixMillis(i64::MAX)),
            Cell::Instant("1899-12-31T00:00:00.000Z".parse().unwrap()),
            Cell::Count(u64::MAX),
            Cell::Length(Millis(-90_500)),
        ],
    );
    let texts = part(&bytes, "xl/sharedStrings.xml");
    for text in [
        "9223372036854775807",
        "1899-12-31T00:00:00.000Z",
        "18446744073709551615",
        "-1m",
    ] {
        assert!(texts.contains(text), "{text}: {texts}");
    }
}

#[test]
fn no_text_is_a_formula_or_breaks_the_file() {
    let hostile = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(1)",
        "{=1}",
        "\t=1",
        "</t></si><c><f>1</f></c>",
        "_x0041_",
        "\u{0}\u{b}\u{1b}[31m\u{fffe}",
        "http://evil.example",
        "'=1",
    ];
    let (bytes, count) = one_column(ROWS_MAX, hostile.map(Cell::from));
    assert_eq!(count, hostile.len() as u64);
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    assert!(
        !sheet.contains("<f>") && !sheet.contains("hyperlink"),
        "{sheet}"
    );
    assert_eq!(sheet.matches("t=\"s\"").count(), hostile.len() + 1);
    let texts = part(&bytes, "xl/sharedStrings.xml");
    assert!(texts.contains("&lt;/t&gt;&lt;/si&gt;"), "{texts}");
    // a spreadsheet would show that as A
    assert!(texts.contains("_x005F_x0041_"), "{texts}");
    assert!(!texts.contains(['\u{0}', '\u{b}', '\u{1b}', '\u{fffe}']));
}

#[test]
fn what_has_no_room_is_said() {
    let (bytes, count) = one_column(4, (0..10u64).map(Cell::Count));
    assert_eq!(count, 10);
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    // two of them below the heading, and then the note
    assert_eq!(written(&sheet)[..2], ["0", "1"]);
    assert!(part(&bytes, "xl/sharedStrings.xml").contains("8 more have no room"));
    let (bytes, _) = one_column(4, (0..2u64).map(Cell::Count));
    assert!(!part(&bytes, "xl/sharedStrings.xml").contains("no room"));

    for text in ["x".repeat(CELL_MAX), "é".repeat(CELL_MAX)] {
        assert_eq!(fitting(&text), text);
    }
    for text in ["x".repeat(CELL_MAX + 1), "𝄞".repeat(CELL_MAX)] {
        let fitting = fitting(&text);
        let units = fitting.encode_utf16().count();
        assert!((CELL_MAX - 40..=CELL_MAX).contains(&units), "{units}");
        let (kept, note) = fitting.split_once(" … (").unwrap();
        let left_out: usize = note.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(kept.chars().count() + left_out, text.chars().count());
    }
}
