//! The key `headers`: what the answer's must be like.

use http::HeaderName;

use super::super::mistake::Mistake;
use super::super::node::{Node, Value};
use super::super::value::{Reader, shortened};
use super::{Said, is_left_out};
use crate::expect::{HeaderTest, Rule, TextTest};

impl Reader<'_, '_> {
    pub(super) fn expected_headers(&mut self, node: &Node) -> Vec<Said> {
        let mut all: Vec<(HeaderName, Said)> = Vec::new();
        for (key, node) in self.entries(node, "a map as in { Content-Type: { contains: json } }") {
            let Ok(name) = key.text.parse::<HeaderName>() else {
                let title = format!("`{}` is not the name of a header", shortened(&key.text));
                let label = "letters, digits and `-`; no blanks, no `:`";
                self.wrong(Mistake::at(key.place, title).label(label));
                continue;
            };
            if let Some((_, first)) = all.iter().find(|(known, _)| *known == name) {
                let title = format!("the header `{}` is written twice", key.text);
                let mistake = Mistake::at(key.place, title)
                    .label("again here")
                    .also(first.place, "first here")
                    .help("capitals make no difference; several tests go into a map");
                self.wrong(mistake);
                continue;
            }
            let mut said = Said {
                name: name.as_str().to_owned(),
                ..Said::new("headers", key.place)
            };
            let tests = self.header_tests(node, &mut said);
            let rule = |test| Rule::Header(name.clone(), test);
            said.rules.extend(tests.into_iter().map(rule));
            all.push((name, said));
        }
        all.into_iter().map(|(_, said)| said).collect()
    }

    fn header_tests(&mut self, node: &Node, said: &mut Said) -> Vec<HeaderTest> {
        match &node.value {
            // takes an inherited one away
            Value::Nothing if is_left_out(node) => Vec::new(),
            Value::Text(word) if word == "present" => vec![HeaderTest::Present],
            Value::Text(word) if word == "absent" => vec![HeaderTest::Absent],
            Value::Map(_) => {
                let tests = self.text_tests(node, said);
                tests.into_iter().map(HeaderTest::Text).collect()
            }
            _ => {
                let expected = "present, absent, text, or a map as in { contains: json }";
                let text = self.text(node, expected);
                let equals = text.map(|text| TextTest::Equals(said.take(&text).into()));
                equals.map(HeaderTest::Text).into_iter().collect()
            }
        }
    }
}
