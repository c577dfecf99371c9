//! Texts: equal to, with something in them, or like a pattern. The keys `body`, `body_contains` and
//! `final_url`, and what stands below a header.

use reqwest::Url;

use super::super::keys::{self, names};
use super::super::mistake::Mistake;
use super::super::node::{Node, Value};
use super::super::text::Text;
use super::super::value::{Reader, shortened};
use super::Said;
use crate::expect::{Rule, TextTest};

/// The keys of a test of a text.
pub(super) const TESTS: [&str; keys::TEXT_TESTS.len()] = names(&keys::TEXT_TESTS);

impl Reader<'_, '_> {
    pub(super) fn expected_body(&mut self, node: &Node, said: &mut Said) {
        let tests = match node.value {
            Value::Map(_) => self.text_tests(node, said),
            _ => self.containing(node, said),
        };
        said.rules.extend(tests.into_iter().map(Rule::Body));
    }

    /// The short form of `body: { contains: … }`.
    pub(super) fn body_contains(&mut self, node: &Node, said: &mut Said) {
        let tests = self.containing(node, said);
        said.rules.extend(tests.into_iter().map(Rule::Body));
    }

    fn containing(&mut self, node: &Node, said: &mut Said) -> Vec<TextTest> {
        let texts = self.texts(node, "text, or a list of texts");
        let texts = texts.unwrap_or_default();
        texts
            .iter()
            .filter_map(|text| self.text_test("contains", text, said))
            .collect()
    }

    /// The redirects' last URL, as it comes out of the prober.
    pub(super) fn final_url(&mut self, node: &Node, said: &mut Said) {
        if let Value::Map(_) = node.value {
            let tests = self.text_tests(node, said);
            said.rules.extend(tests.into_iter().map(Rule::FinalUrl));
            return;
        }
        let Some(text) = self.text(node, "a URL, or a map as in { contains: /home }") else {
            return;
        };
        if let Ok(url) = Url::parse(said.take(&text).trim()) {
            let equals = TextTest::Equals(url.as_str().into());
            said.rules.push(Rule::FinalUrl(equals));
            return;
        }
        let title = format!("`{}` is not a whole URL", shortened(text.written()));
        let mistake = Mistake::at(text.place, title)
            .label("write it with its scheme and host")
            .help("a part of it is written as { contains: /home }");
        self.wrong(mistake);
    }

    /// A map of tests, which all have to pass.
    pub(super) fn text_tests(&mut self, node: &Node, said: &mut Said) -> Vec<TextTest> {
        let mut tests = Vec::new();
        for (key, node) in self.entries(node, "a map as in { contains: text }") {
            if !TESTS.contains(&&*key.text) {
                self.unknown_key(key, &TESTS);
                continue;
            }
            let Some(written) = self.texts(node, "text, or a list of texts") else {
                continue;
            };
            if key.text == "equals" && written.len() > 1 {
                let mistake = Mistake::at(node.place, "nothing equals two texts at once")
                    .label("write one of them")
                    .help("one of several is written as { matches: \"^(one|two)$\" }");
                self.wrong(mistake);
                continue;
            }
            for one in &written {
                tests.extend(self.text_test(&key.text, one, said));
            }
        }
        tests
    }

    fn text_test(&mut self, key: &str, text: &Text, said: &mut Said) -> Option<TextTest> {
        let value = said.take(text);
        if value.is_empty() && key != "equals" {
            let title = if key.starts_with("not") {
                "this is never so: nothing is in every text"
            } else {
                "this is always so: nothing is in every text"
            };
            let label = if key.ends_with("matches") {
                "write a pattern"
            } else {
                "write what to look for"
            };
            self.wrong(Mistake::at(text.place, title).label(label));
            return None;
        }
        Some(match key {
            "equals" => TextTest::Equals(value.into()),
            "contains" => TextTest::Contains(value.into()),
            "not_contains" => TextTest::NotContains(value.into()),
            "matches" => TextTest::Matches(self.pattern(text)?),
            _ => TextTest::NotMatches(self.pattern(text)?),
        })
    }
}
