//! What must hold of any page.

use proptest::prelude::*;

use super::*;
use crate::domain::time::{Period, UnixMillis};
use crate::report::chart::timelines::Timelines;
use crate::report::chart::{Chart, Drawing};
use crate::report::document::{Concession, Fields, Figure, Grid, Text, Tone, left, right};

fn page(document: &Document, title: &str) -> String {
    let meta = Meta {
        title: title.to_owned(),
        generator: "outwatch 1.2.3".to_owned(),
        generated_at: UnixMillis(0),
    };
    let mut out = Vec::new();
    render(document, &meta, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("it is text")
}

/// Every place in which text can stand, with this text in it.
fn everywhere(text: &str) -> Document {
    let mut document = Document::default();
    document.title(text);
    document.paragraph(Text::toned(Tone::Bad, text).then(text));
    document.figures(vec![Figure {
        label: text.to_owned(),
        value: text.into(),
        note: Text::quoted(text),
    }]);
    document.heading(text);
    document.subheading(Text::quoted(text));
    document.list(vec![Text::spare(text), Text::quoted(text)]);
    let mut grid = Grid::new(&[
        left("Name"),
        right("Sum"),
        right("Low – high"),
        left("Note"),
    ])
    .conceding(&[Concession::Below("Note", "note ")]);
    grid.row([Text::quoted(text), text.into(), text.into(), text.into()]);
    document.grid(grid);
    let mut fields = Fields::titled(text);
    fields.add(text, Text::toned(Tone::Good, text));
    document.fields(fields);
    document.verbatim(text, vec![text.to_owned(), text.to_owned()]);
    document.heading(text);
    document.chart(Chart {
        name: "of-all".to_owned(),
        title: text.to_owned(),
        description: text.to_owned(),
        drawing: Drawing::Timelines(Timelines {
            period: Period::new(UnixMillis(0), UnixMillis(3_600_000)),
            rows: Vec::new(),
        }),
    });
    document
}

/// The tags with their attributes, but for the places at which words may be broken, and the names
/// that come from headings.
fn tags(page: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for rest in page.split('<').skip(1) {
        let (tag, _) = rest.split_once('>').expect("a tag ends");
        if tag == "wbr" {
            continue;
        }
        let mut parts = tag.split('"');
        let mut shown = String::new();
        while let Some(name) = parts.next() {
            shown.push_str(name);
            let Some(value) = parts.next() else { break };
            if ["id=", "labelledby=", "href="]
                .iter()
                .any(|one| name.ends_with(one))
            {
                // charts' names have dots, and two of them a blank between
                let is_name =
                    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-. ".contains(c);
                let value = value.strip_prefix('#').unwrap_or(value);
                assert!(value.chars().all(is_name), "{tag}");
            } else {
                shown.push_str(value);
            }
        }
        tags.push(shown);
    }
    tags
}

/// As long as the other, and as easily broken.
fn meek(hostile: &str) -> String {
    let meek = |c: char| {
        let stays = c.is_alphanumeric() || c.is_whitespace();
        if stays { c } else { 'x' }
    };
    hostile.chars().map(meek).collect()
}

fn check(hostile: &str) {
    let shown = page(&everywhere(hostile), hostile);
    let meek = meek(hostile);
    let expected = page(&everywhere(&meek), &meek);
    assert_eq!(tags(&shown), tags(&expected), "{hostile:?}");
    assert_eq!(shown.matches("</style>").count(), 2, "{hostile:?}");
}

#[test]
fn what_is_known_to_break_pages_does_not() {
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></style></code></pre></svg><svg/onload=alert(1)>",
        "<!-- ",
        "--> ]]> <![CDATA[",
        "&lt;b&gt; &amp; &#60;b&#62;",
        "javascript:alert(1)",
        "\\\"; } * { display: none } /*",
        "\u{202e}\u{0}\u{1b}[2J\u{feff}",
        "{{7*7}} ${7*7} `7`",
    ] {
        check(hostile);
    }
}

proptest! {
    #[test]
    fn no_text_leaves_its_place(hostile in r#"[<>&"'/\\=;:!{}*a-z \-\n\u{0}-\u{300}]{1,60}"#) {
        check(&hostile);
    }

    #[test]
    fn no_number_of_rows_or_words_breaks_the_table(rows in 0_usize..90, width in 1_usize..200) {
        let mut grid = Grid::new(&[left("A"), right("B"), right("Low – high"), left("C")]);
        for _ in 0..rows {
            let cell = || Text::from("ß".repeat(width));
            grid.row([cell(), cell(), cell(), cell()]);
        }
        let mut document = Document::default();
        document.heading("Rows");
        document.grid(grid);
        let page = page(&document, "Rows");
        prop_assert_eq!(page.matches("<th scope=row>").count(), rows);
        prop_assert_eq!(page.matches(&"ß".repeat(width)).count(), rows * 4);
        prop_assert_eq!(page.contains("<details open>"), rows > 40);
    }
}

#[test]
fn nothing_is_needed_from_outside() {
    let page = page(
        &everywhere("https://example.com/a?b=c"),
        "https://example.com/",
    );
    assert!(!page.contains("<script"));
    assert!(page.contains("default-src 'none'"));
    for (name, allowed) in [("href=\"", "#"), ("src=\"", "data:"), ("url(", "#")] {
        for rest in page.split(name).skip(1) {
            assert!(rest.starts_with(allowed), "{name}{rest}");
        }
    }
}

#[test]
fn headings_lead_to_sections() {
    let mut document = Document::default();
    document.title("Report");
    document.paragraph("Above.");
    document.heading("First");
    document.subheading("Deeper");
    document.heading("Second");
    let page = page(&document, "Report of May");
    let (_, body) = page.split_once("</head>\n").expect("it has a head");
    insta::assert_snapshot!(body, @r##"
<body class="c">
<header>
<h1>Report</h1>
<p>Above.</p>
</header>
<nav aria-label="Contents">
<ul>
<li><a href="#first">First</a>
<li><a href="#second">Second</a>
</ul>
</nav>
<main>
<section aria-labelledby="first">
<h2 id="first">First</h2>
<h3>Deeper</h3>
</section>
<section aria-labelledby="second">
<h2 id="second">Second</h2>
</section>
</main>
<footer><p>Report of May · outwatch 1.2.3</p></footer>
</body>
</html>
"##);
}

#[test]
fn a_short_page_needs_no_contents() {
    let mut document = Document::default();
    document.paragraph("Nothing.");
    assert!(!page(&document, "Nothing").contains("<nav"));
    assert!(page(&Document::default(), "Empty").contains("<h1>Empty</h1>"));
}

#[test]
fn a_verdict_stands_out() {
    for (text, stands_out) in [
        (Text::toned(Tone::Good, "Never down."), true),
        (Text::from("All times are UTC."), false),
    ] {
        let mut document = Document::default();
        document.title("Report");
        document.paragraph(text);
        assert_eq!(
            page(&document, "Report").contains("class=\"v\""),
            stands_out
        );
    }
}

#[test]
fn a_row_keeps_its_bounds_and_what_stands_below_it() {
    let columns = [
        left("Probe"),
        right("Down"),
        right("Down low – high"),
        right("First"),
        right("Second"),
        right("Third"),
        left("Note"),
    ];
    let mut grid = Grid::new(&columns).conceding(&[Concession::Below("Note", "note ")]);
    let long = "365d 23h 59m 59s 999ms 9";
    grid.row([
        Text::quoted("a/b"),
        "2m".into(),
        "1m – 3m".into(),
        long.into(),
        long.into(),
        long.into(),
        Text::quoted("refused <here>, and that is not all"),
    ]);
    grid.row([
        Text::quoted("a/c"),
        Text::spare("–"),
        Text::spare("–"),
        "0".into(),
        "0".into(),
        "0".into(),
        Text::default(),
    ]);
    let mut out = String::new();
    grid::Laid::out(&grid).write(7, Some("probes"), &mut out);
    insta::assert_snapshot!(out, @r##"
<table class="t7" aria-labelledby="probes">
<thead><tr><th scope=col>Probe<th scope=col>Down <small>low – high</small><th scope=col>First<th scope=col>Second<th scope=col>Third
<tbody><tr><th scope=row>a/b<td>2m <small>1m – 3m</small><td>365d 23h 59m 59s 999ms 9<td>365d 23h 59m 59s 999ms 9<td>365d 23h 59m 59s 999ms 9
<tr class=l><td colspan=5><span class=f>note </span><code>refused &lt;here&gt;, and that is not all</code>
<tbody><tr><th scope=row>a/c<td class=f>–<td>0<td>0<td>0
</table>
"##);
}
