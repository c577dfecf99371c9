//! The key `json`: paths into a body, and what the values must be like that they find.

use super::super::keys::{self, names};
use super::super::mistake::Mistake;
use super::super::node::{Node, Value};
use super::super::value::Reader;
use super::{Said, is_left_out};
use crate::expect::{JsonPath, JsonTest, JsonType, Rule};

/// The keys of a test of a JSON value.
pub(super) const TESTS: [&str; keys::JSON_TESTS.len()] = names(&keys::JSON_TESTS);

const EXPECTED: &str = "exists, absent, a value, or a map as in { gt: 3 }";

impl Reader<'_, '_> {
    pub(super) fn expected_json(&mut self, node: &Node) -> Vec<Said> {
        let mut all = Vec::new();
        for (key, node) in self.entries(node, "a map as in { \"$.ok\": true }") {
            let Some(path) = self.json_path(key) else {
                continue;
            };
            let mut said = Said {
                name: key.text.clone(),
                ..Said::new("json", key.place)
            };
            self.json_tests(&path, node, &mut said);
            all.push(said);
        }
        all
    }

    fn json_tests(&mut self, path: &JsonPath, node: &Node, said: &mut Said) {
        match &node.value {
            // takes an inherited one away
            Value::Nothing if is_left_out(node) => {}
            Value::Text(word) if word == "exists" => say(said, path, [JsonTest::Exists]),
            Value::Text(word) if word == "absent" => say(said, path, [JsonTest::Absent]),
            Value::Map(entries) => {
                if entries.is_empty() {
                    self.wrong(Mistake::at(node.place, "nothing is tested here").label(EXPECTED));
                }
                for (key, node) in entries {
                    if TESTS.contains(&&*key.text) {
                        let tests = self.json_test(&key.text, node, said);
                        say(said, path, tests);
                    } else {
                        self.unknown_key(key, &TESTS);
                    }
                }
            }
            // one of them, or all of them?
            Value::List(_) => {
                let mistake = Mistake::at(node.place, format!("expected {EXPECTED}"))
                    .label("this is a list")
                    .help("a whole list is compared as { equals: [1, 2] }, its items as { contains: 1 }");
                self.wrong(mistake);
            }
            _ => {
                if let Some(value) = self.json_value(node, said) {
                    say(said, path, [JsonTest::Equals(value)]);
                }
            }
        }
    }

    fn json_test(&mut self, test: &str, node: &Node, said: &mut Said) -> Vec<JsonTest> {
        let test = match test {
            "equals" => self.json_value(node, said).map(JsonTest::Equals),
            "not" => self.json_value(node, said).map(JsonTest::Not),
            "gt" => self.any_number(node, said).map(JsonTest::Gt),
            "gte" => self.any_number(node, said).map(JsonTest::Gte),
            "lt" => self.any_number(node, said).map(JsonTest::Lt),
            "lte" => self.any_number(node, said).map(JsonTest::Lte),
            "contains" => return self.each_value(node, said, JsonTest::Contains),
            "not_contains" => return self.each_value(node, said, JsonTest::NotContains),
            "matches" => return self.each_pattern(node, said, JsonTest::Matches),
            "not_matches" => return self.each_pattern(node, said, JsonTest::NotMatches),
            "length" => self.how_many(node).map(JsonTest::Length),
            _ => self.json_type(node).map(JsonTest::Type),
        };
        test.into_iter().collect()
    }

    fn json_value(&mut self, node: &Node, said: &mut Said) -> Option<serde_json::Value> {
        let json = self.json(node)?;
        said.secrets.extend(json.secrets);
        Some(json.value)
    }

    /// One value, or each of a list.
    fn each_value(
        &mut self,
        node: &Node,
        said: &mut Said,
        test: fn(serde_json::Value) -> JsonTest,
    ) -> Vec<JsonTest> {
        let values = self.json_value(node, said);
        match values {
            Some(serde_json::Value::Array(values)) => values.into_iter().map(test).collect(),
            value => value.into_iter().map(test).collect(),
        }
    }

    fn each_pattern(
        &mut self,
        node: &Node,
        said: &mut Said,
        test: fn(crate::expect::Pattern) -> JsonTest,
    ) -> Vec<JsonTest> {
        let written = self.texts(node, "a pattern as in \"^ok\", or a list of them");
        let mut tests = Vec::new();
        for one in written.unwrap_or_default() {
            said.take(&one);
            tests.extend(self.pattern(&one).map(test));
        }
        tests
    }

    fn json_type(&mut self, node: &Node) -> Option<JsonType> {
        // `null` without quotes is nothing
        if matches!(node.value, Value::Nothing) && !is_left_out(node) {
            return Some(JsonType::Null);
        }
        let types = JsonType::ALL.map(|kind| (kind.as_str(), kind));
        self.choice(node, "a type of JSON", &types)
    }
}

fn say(said: &mut Said, path: &JsonPath, tests: impl IntoIterator<Item = JsonTest>) {
    let rule = |test| Rule::Json(path.clone(), test);
    said.rules.extend(tests.into_iter().map(rule));
}
