//! Reads charts as they are drawn in SVG.
//!
//! It knows what our own drawings are made of when they have a width: paths of straight lines, and
//! words. Tests hold it against every kind of chart; whatever else it comes across is left out.

use super::drawing::{Anchor, Colour, Drawing, Line, Outline, Shape, Words};

/// Of words, where the whole drawing says nothing else.
const SIZE: f32 = 12.0;

/// The drawing, with `scale` points to the pixel.
pub(super) fn read(svg: &str, scale: f32) -> Drawing {
    let mut drawing = Drawing::default();
    let mut rest = svg;
    let mut ground = Ground::default();
    while let Some((tag, after)) = next(rest) {
        rest = after;
        match tag.name {
            "svg" => {
                drawing.height = scale * number(tag.get("height")).unwrap_or(0.0);
                ground = Ground::of(&tag);
            }
            "path" => drawing.shapes.extend(shape(&tag, scale)),
            "text" => {
                let words = after.split('<').next().unwrap_or_default();
                drawing.words.push(ground.words(&tag, words, scale));
            }
            _ => {}
        }
    }
    drawing
}

/// What holds for all of the drawing.
#[derive(Clone, Copy, Default)]
struct Ground {
    size: f32,
    colour: [u8; 3],
}

impl Ground {
    fn of(tag: &Tag<'_>) -> Self {
        Self {
            size: number(tag.get("font-size")).unwrap_or(SIZE),
            colour: tag.get("fill").and_then(colour).unwrap_or_default(),
        }
    }

    fn words(self, tag: &Tag<'_>, words: &str, scale: f32) -> Words {
        let coordinate = |name| scale * number(tag.get(name)).unwrap_or(0.0);
        Words {
            x: coordinate("x"),
            y: coordinate("y"),
            anchor: match tag.get("text-anchor") {
                Some("middle") => Anchor::Middle,
                Some("end") => Anchor::End,
                _ => Anchor::Start,
            },
            size: scale * number(tag.get("font-size")).unwrap_or(self.size),
            colour: tag.get("fill").and_then(colour).unwrap_or(self.colour),
            text: unescaped(words),
        }
    }
}

/// The start of an element.
struct Tag<'s> {
    name: &'s str,
    attributes: &'s str,
}

impl<'s> Tag<'s> {
    fn get(&self, name: &str) -> Option<&'s str> {
        let mut rest = self.attributes;
        loop {
            let (key, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            if key.trim() == name {
                return Some(value);
            }
            rest = after;
        }
    }
}

/// The next element that starts, and what comes after its tag.
fn next(svg: &str) -> Option<(Tag<'_>, &str)> {
    let (_, start) = svg.split_once('<')?;
    let (tag, after) = start.split_once('>')?;
    let tag = tag.trim_end_matches('/');
    let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    Some((Tag { name, attributes }, after))
}

fn unescaped(words: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(words.to_owned(), |words, (escape, c)| {
        words.replace(escape, c)
    })
}

fn number(text: Option<&str>) -> Option<f32> {
    text?.parse().ok()
}

/// Of the form `#1a2b3c` or `#abc`.
fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    let digits: Option<Vec<_>> = digits.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    let pairs: Vec<_> = match digits.len() {
        3 => digits.iter().map(|digit| (*digit, *digit)).collect(),
        6 => digits.chunks_exact(2).map(|two| (two[0], two[1])).collect(),
        _ => return None,
    };
    let byte = |(high, low)| u8::try_from(high * 16 + low).unwrap_or(u8::MAX);
    let bytes: Vec<_> = pairs.into_iter().map(byte).collect();
    bytes.try_into().ok()
}

/// `None` if nothing of it can be seen.
fn shape(tag: &Tag<'_>, scale: f32) -> Option<Shape> {
    let paint = |name, opacity| {
        Some(Colour {
            shade: colour(tag.get(name)?)?,
            opacity: number(tag.get(opacity)).unwrap_or(1.0),
        })
    };
    let line = |colour| Line {
        colour,
        width: scale * number(tag.get("stroke-width")).unwrap_or(1.0),
        dashes: numbers(tag.get("stroke-dasharray").unwrap_or_default())
            .into_iter()
            .map(|length| scale * length)
            .collect(),
    };
    let fill = paint("fill", "fill-opacity");
    let stroke = paint("stroke", "stroke-opacity").map(line);
    let place = tag
        .get("transform")
        .and_then(translated)
        .unwrap_or_default();
    let outlines = outlines(tag.get("d").unwrap_or_default(), place, scale);
    let is_seen = !outlines.is_empty() && (fill.is_some() || stroke.is_some());
    is_seen.then_some(Shape {
        outlines,
        fill,
        stroke,
    })
}

/// As in `translate(3 4)`.
fn translated(transform: &str) -> Option<(f32, f32)> {
    let inner = transform.strip_prefix("translate(")?.strip_suffix(')')?;
    match numbers(inner)[..] {
        [x, y] => Some((x, y)),
        _ => None,
    }
}

/// Parted by blanks, commas, signs or second points, as SVG has it.
fn numbers(text: &str) -> Vec<f32> {
    let mut words: Vec<String> = Vec::new();
    let mut is_over = true;
    for c in text.chars() {
        let has_point = || words.last().is_some_and(|word| word.contains('.'));
        match c {
            '0'..='9' if !is_over => {}
            '.' if !is_over && !has_point() => {}
            '0'..='9' | '.' | '-' => words.push(String::new()),
            _ => {
                is_over = true;
                continue;
            }
        }
        is_over = false;
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.iter().filter_map(|word| word.parse().ok()).collect()
}

/// The straight lines of a path.
fn outlines(d: &str, place: (f32, f32), scale: f32) -> Vec<Outline> {
    let mut outlines: Vec<Outline> = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let mut begun = (0.0, 0.0);
    let mut rest = d;
    while let Some(command) = rest.chars().find(char::is_ascii_alphabetic) {
        let (_, after) = rest.split_once(command).unwrap_or_default();
        let end = after
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (arguments, after) = after.split_at(end);
        rest = after;
        let is_relative = command.is_ascii_lowercase();
        let (width, steps) = match command.to_ascii_uppercase() {
            'M' | 'L' => (2, numbers(arguments)),
            'H' | 'V' => (1, numbers(arguments)),
            'Z' => {
                if let Some(outline) = outlines.last_mut() {
                    outline.is_closed = true;
                }
                (x, y) = begun;
                continue;
            }
            _ => continue,
        };
        for (at, step) in steps.chunks_exact(width).enumerate() {
            let (from_x, from_y) = if is_relative { (x, y) } else { (0.0, 0.0) };
            match (command.to_ascii_uppercase(), step) {
                ('H', [to]) => x = from_x + to,
                ('V', [to]) => y = from_y + to,
                (_, [to_x, to_y]) => (x, y) = (from_x + to_x, from_y + to_y),
                _ => {}
            }
            if command.eq_ignore_ascii_case(&'M') && at == 0 {
                begun = (x, y);
                outlines.push(Outline::default());
            }
            if let Some(outline) = outlines.last_mut() {
                let corner = (scale * (place.0 + x), scale * (place.1 + y));
                outline.corners.push(corner);
            }
        }
    }
    outlines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted_as_in_svg() {
        for (text, expected) in [
            ("", vec![]),
            ("1 2", vec![1.0, 2.0]),
            ("6-3", vec![6.0, -3.0]),
            (".5-.25.75", vec![0.5, -0.25, 0.75]),
            ("1,2.5", vec![1.0, 2.5]),
        ] {
            assert_eq!(numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_followed() {
        let corners = |d| -> Vec<_> {
            let outlines = outlines(d, (100.0, 200.0), 2.0);
            let corners = outlines.into_iter().map(|one| (one.corners, one.is_closed));
            corners.collect()
        };
        let square = vec![
            (202.0, 404.0),
            (210.0, 404.0),
            (210.0, 406.0),
            (202.0, 406.0),
        ];
        assert_eq!(corners("M1 2h4v1h-4z"), [(square.clone(), true)]);
        assert_eq!(corners("M1 2H5V3L1 3z"), [(square, true)]);
        assert_eq!(
            corners("M6-3L1 0L6 3M1 0h8"),
            [
                (vec![(212.0, 394.0), (202.0, 400.0), (212.0, 406.0)], false),
                (vec![(202.0, 400.0), (218.0, 400.0)], false),
            ]
        );
    }

    #[test]
    fn shapes_and_words_keep_their_looks() {
        let drawing = read(
            "<svg width=\"100\" height=\"50\" font-size=\"10\" fill=\"#1a1a1a\"><title>No</title>\
             <path d=\"M0 0h1\" fill=\"none\" stroke=\"#ff0000\" stroke-width=\"2\" \
             stroke-dasharray=\"1 3\"/>\
             <text x=\"5\" y=\"6\" text-anchor=\"end\" fill=\"#fff\">a &lt; b &amp;amp;</text>\
             <text x=\"1\" y=\"2\">c</text></svg>",
            0.5,
        );
        assert!((drawing.height - 25.0).abs() < 0.01);
        let [shape] = &drawing.shapes[..] else {
            panic!("{drawing:?}");
        };
        assert_eq!(shape.fill, None);
        let stroke = shape.stroke.as_ref().unwrap();
        assert_eq!(stroke.colour.shade, [255, 0, 0]);
        assert_eq!((stroke.width, &stroke.dashes[..]), (1.0, &[0.5, 1.5][..]));
        let [first, second] = &drawing.words[..] else {
            panic!("{drawing:?}");
        };
        assert_eq!(first.text, "a < b &amp;");
        assert_eq!(
            (first.anchor, first.colour, first.size),
            (Anchor::End, [255; 3], 5.0)
        );
        assert_eq!((second.colour, second.x), ([0x1a; 3], 0.5));
    }
}
