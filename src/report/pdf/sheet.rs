//! Pages while they are filled, from top to bottom.

use super::drawing::Drawing;
use super::face::Fonts;
use super::line::{Line, Piece, wrapped};
use super::structure::{Content, Part, Structure};
use super::style::{BOTTOM, Ink, Setting, TOP};

/// What stands on one page.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The heading that it goes on with, unless it begins with one.
    pub(super) goes_on: Option<String>,
    pub(super) marks: Vec<Mark>,
}

#[derive(Debug)]
pub(super) struct Mark {
    pub(super) x: f32,
    /// Of a line of text, where its letters stand; of the others, their top.
    pub(super) y: f32,
    pub(super) what: What,
    /// `None` for what only helps the eye.
    pub(super) content: Option<Content>,
}

#[derive(Debug)]
pub(super) enum What {
    Line(Line, Setting),
    Box { width: f32, height: f32, ink: Ink },
    Picture(Drawing),
}

/// A heading, for those who look for their way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bookmark {
    /// 1 is the uppermost.
    pub(super) level: u16,
    pub(super) words: String,
    /// Counted from 0.
    pub(super) page: usize,
    pub(super) y: f32,
}

/// All pages, the last of them being filled.
pub(super) struct Sheets<'f> {
    pub(super) fonts: &'f Fonts,
    pub(super) pages: Vec<Sheet>,
    pub(super) structure: Structure,
    pub(super) bookmarks: Vec<Bookmark>,
    /// Where the next line begins.
    pub(super) y: f32,
}

impl<'f> Sheets<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self {
            fonts,
            pages: vec![Sheet::default()],
            structure: Structure::default(),
            bookmarks: Vec::new(),
            y: TOP,
        }
    }

    /// Counted from 0.
    pub(super) fn page(&self) -> usize {
        self.pages.len() - 1
    }

    /// Free space, which no page begins with.
    pub(super) fn skip(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Goes on to the next page if there is no room for so much, unless none has more. Whether it
    /// did.
    pub(super) fn need(&mut self, height: f32) -> bool {
        let is_over = self.y > TOP && self.y + height > BOTTOM;
        if is_over {
            let heading = self.bookmarks.iter().rfind(|bookmark| bookmark.level == 2);
            self.pages.push(Sheet {
                goes_on: heading.map(|bookmark| bookmark.words.clone()),
                marks: Vec::new(),
            });
            self.y = TOP;
        }
        is_over
    }

    /// Where the next line begins, readers find these words.
    pub(super) fn bookmark(&mut self, level: u16, words: String) {
        if let Some(sheet) = self.pages.last_mut().filter(|_| self.y <= TOP) {
            sheet.goes_on = None;
        }
        self.bookmarks.push(Bookmark {
            level,
            words,
            page: self.page(),
            y: self.y,
        });
    }

    /// A line of text whose top is where the next line begins; that stays where it is.
    pub(super) fn line(&mut self, x: f32, line: Line, setting: Setting, content: Option<Content>) {
        let y = self.y + setting.ascent();
        self.mark(x, y, What::Line(line, setting), content);
    }

    /// A box without a border, from so much below the next line's top on.
    pub(super) fn shade(&mut self, x: f32, below: f32, width: f32, height: f32, ink: Ink) {
        let y = self.y + below;
        self.mark(x, y, What::Box { width, height, ink }, None);
    }

    /// As many lines as it takes, one below the other.
    pub(super) fn lines(
        &mut self,
        pieces: &[Piece],
        setting: Setting,
        x: f32,
        width: f32,
        part: Part,
    ) {
        let lines = wrapped(self.fonts, pieces, setting.size, width);
        self.print(lines, setting, x, part);
    }

    /// Lines of one paragraph, the last of which does not stand alone on a page.
    pub(super) fn print(&mut self, lines: Vec<Line>, setting: Setting, x: f32, part: Part) {
        let count = lines.len();
        self.need_begin(count, setting);
        for (at, line) in lines.into_iter().enumerate() {
            let is_last_but_one = at + 2 == count;
            self.need(setting.leading * if is_last_but_one { 2.0 } else { 1.0 });
            let content = self.structure.content(part);
            self.line(x, line, setting, Some(content));
            self.y += setting.leading;
        }
    }

    /// Goes on to the next page if a paragraph of so many lines cannot begin here: its first line
    /// does not stand alone either.
    pub(super) fn need_begin(&mut self, lines: usize, setting: Setting) {
        let together = match lines {
            0 | 1 => 1.0,
            3 => 3.0,
            _ => 2.0,
        };
        self.need(setting.leading * together);
    }

    pub(super) fn mark(&mut self, x: f32, y: f32, what: What, content: Option<Content>) {
        let mark = Mark {
            x,
            y,
            what,
            content,
        };
        if let Some(sheet) = self.pages.last_mut() {
            sheet.marks.push(mark);
        }
    }
}
