//! What people read, apart from how it is set: headings, paragraphs, lists and grids. A terminal
//! and Markdown show the same document.

use super::chart::Chart;
use crate::domain::availability::State;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Title(Text),
    Heading(Text),
    Paragraph(Text),
    List(Vec<Text>),
    Grid(Grid),
    Fields(Fields),
    Verbatim(Verbatim),
    /// Below a heading.
    Subheading(Text),
    /// What a reader looks for first.
    Figures(Vec<Figure>),
    /// For those who see it; what it shows stands in words and numbers beside it, too.
    Chart(Box<Chart>),
}

/// One number that stands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is, in a word or two.
    pub label: String,
    pub value: Text,
    /// What belongs to it, as its bounds. May be empty.
    pub note: Text,
}

/// Values with their names, one below the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Of all of them; may be empty.
    pub title: Text,
    /// Name and value.
    pub fields: Vec<(String, Text)>,
}

/// Foreign lines, shown as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verbatim {
    pub title: Text,
    pub lines: Vec<String>,
}

/// Rows have as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Text>>,
    /// What it does without where there is no room for all of it, the first first.
    pub concessions: Vec<Concession>,
}

/// How a grid becomes narrower; columns go by their titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concession {
    /// The column's spare words are left out.
    Brief(&'static str),
    /// The column is cut as far as needed, but not below this width.
    Cut(&'static str, usize),
    /// The column's cells stand below their rows, each after these words. Spare words are left out,
    /// and so are cells that have no others.
    Below(&'static str, &'static str),
    /// The column is left out, since the others tell as much.
    Drop(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    pub align: Align,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A line of text. No part of it is markup, wherever it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Span>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    Words(String),
    /// Words that may be left out where room is short: the rest tells the same without them.
    Spare(String),
    /// Words that stand out; what the tone says is in the words too.
    Toned(Tone, String),
    /// Ids, URLs and what an endpoint answered, to be shown to the letter.
    Quoted(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Warn,
    Bad,
    Faint,
}

impl Document {
    /// What is shown where there are no pictures.
    pub fn in_words(&self) -> impl Iterator<Item = &Block> {
        let is_in_words = |block: &&Block| !matches!(block, Block::Chart(_));
        self.blocks.iter().filter(is_in_words)
    }

    pub fn title(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Title(text.into()));
    }

    pub fn heading(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    pub fn subheading(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Subheading(text.into()));
    }

    pub fn figures(&mut self, figures: Vec<Figure>) {
        self.blocks.push(Block::Figures(figures));
    }

    pub fn chart(&mut self, chart: Chart) {
        self.blocks.push(Block::Chart(Box::new(chart)));
    }

    pub fn paragraph(&mut self, text: impl Into<Text>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    pub fn list(&mut self, items: Vec<Text>) {
        self.blocks.push(Block::List(items));
    }

    pub fn grid(&mut self, grid: Grid) {
        self.blocks.push(Block::Grid(grid));
    }

    pub fn fields(&mut self, fields: Fields) {
        self.blocks.push(Block::Fields(fields));
    }

    pub fn verbatim(&mut self, title: impl Into<Text>, lines: Vec<String>) {
        let title = title.into();
        self.blocks.push(Block::Verbatim(Verbatim { title, lines }));
    }
}

impl Fields {
    pub fn titled(title: impl Into<Text>) -> Self {
        Self {
            title: title.into(),
            fields: Vec::new(),
        }
    }

    /// With their notes behind them.
    pub fn of(figures: &[Figure]) -> Self {
        let mut fields = Self::default();
        for Figure { label, value, note } in figures {
            let gap = if note.0.is_empty() { "" } else { "  " };
            fields.add(label, value.clone().then(gap).then(note.clone()));
        }
        fields
    }

    pub fn add(&mut self, name: impl Into<String>, value: impl Into<Text>) {
        self.fields.push((name.into(), value.into()));
    }

    /// If there is one.
    pub fn add_any(&mut self, name: &str, value: Option<impl Into<Text>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }
}

impl Grid {
    pub fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
            concessions: Vec::new(),
        }
    }

    /// Where there is no room for all of it, these are made, one after the other.
    #[must_use]
    pub fn conceding(mut self, concessions: &[Concession]) -> Self {
        self.concessions = concessions.to_vec();
        self
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Text>) {
        self.rows.push(cells.into_iter().collect());
    }
}

pub const fn left(title: &'static str) -> Column {
    Column {
        title,
        align: Align::Left,
    }
}

pub const fn right(title: &'static str) -> Column {
    Column {
        title,
        align: Align::Right,
    }
}

impl Text {
    pub fn quoted(text: impl Into<String>) -> Self {
        Self(vec![Span::Quoted(text.into())])
    }

    pub fn spare(words: impl Into<String>) -> Self {
        Self(vec![Span::Spare(words.into())])
    }

    pub fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self(vec![Span::Toned(tone, text.into())])
    }

    #[must_use]
    pub fn then(mut self, more: impl Into<Self>) -> Self {
        self.0.extend(more.into().0);
        self
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self(vec![Span::Words(words)])
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl Tone {
    pub const fn of(state: State) -> Self {
        match state {
            State::Up => Self::Good,
            State::Degraded => Self::Warn,
            State::Down => Self::Bad,
            State::Unknown | State::Maintenance => Self::Faint,
        }
    }
}
