//! Checks the names in an expression, and builds a meter into it.
//!
//! A body decides how often a macro like `all` goes round and how large the values are that
//! functions work on, and every judgement happens on one thread. So each round, and each value
//! that is handed to a function, takes from a fixed allowance of work; once that is used up, the
//! rounds end and the expression has failed. The macros of the crate keep their shape, which it
//! recognises to build lists without copying them.

use cel::IdedExpr;
use cel::common::ast::operators::{
    CONDITIONAL, INDEX, LOGICAL_AND, LOGICAL_NOT, LOGICAL_OR, NOT_STRICTLY_FALSE,
};
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue};

use super::context::{MATCHES, TICK, WEIGH};
use super::variables::NAMES;
use crate::expect::text::Pattern;

/// Functions that can be called. `matches` takes only a pattern that is written out.
const FUNCTIONS: [&str; 17] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "bytes",
    "type",
    "dyn",
    "value",
    "hasValue",
    "orValue",
    "or",
];

/// Functions in the namespace `optional`.
const OPTIONAL: [&str; 3] = ["of", "none", "ofNonZeroValue"];

/// As in `type(json) == list`.
const TYPES: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

/// Most levels of a tree with its meter: each takes up to 25 KB of the stack of the thread that
/// judges.
const LEVELS_MAX: usize = 48;

pub(super) struct Metered {
    pub(super) tree: IdedExpr,
    pub(super) patterns: Vec<Pattern>,
    /// That it looks at.
    pub(super) variables: Vec<&'static str>,
}

pub(super) struct Bad {
    pub(super) reason: String,
    /// Of the node that the trouble is at.
    pub(super) id: u64,
}

pub(super) fn build(tree: IdedExpr) -> Result<Metered, Bad> {
    let mut builder = Builder::default();
    let tree = builder.build(tree)?;
    if levels(&tree) > LEVELS_MAX {
        return Err(Bad {
            reason: "too many levels inside each other".to_owned(),
            id: tree.id,
        });
    }
    Ok(Metered {
        tree,
        patterns: builder.patterns,
        variables: builder.variables,
    })
}

#[derive(Default)]
struct Builder {
    patterns: Vec<Pattern>,
    variables: Vec<&'static str>,
    /// Variables of the macros around.
    scope: Vec<String>,
}

impl Builder {
    fn build(&mut self, node: IdedExpr) -> Result<IdedExpr, Bad> {
        let id = node.id;
        let bad = |reason: String| Err(Bad { reason, id });
        let expr = match node.expr {
            literal @ Expr::Literal(_) => literal,
            Expr::Ident(name) => {
                self.look_up(&name).map_err(|reason| Bad { reason, id })?;
                Expr::Ident(name)
            }
            Expr::Select(mut select) => {
                select.operand = Box::new(self.build(*select.operand)?);
                Expr::Select(select)
            }
            Expr::List(mut list) => {
                list.elements = self.build_all(list.elements)?;
                Expr::List(list)
            }
            Expr::Map(mut map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        entry.key = self.weighed(std::mem::take(&mut entry.key))?;
                        entry.value = self.weighed(std::mem::take(&mut entry.value))?;
                    } else {
                        return bad("messages cannot be built here".to_owned());
                    }
                }
                Expr::Map(map)
            }
            Expr::Call(call) => return self.call(id, call),
            Expr::Comprehension(comprehension) => {
                Expr::Comprehension(Box::new(self.comprehension(*comprehension)?))
            }
            Expr::Struct(_) => return bad("messages cannot be built here".to_owned()),
            Expr::Unspecified => return bad("cannot be read".to_owned()),
        };
        Ok(IdedExpr { id, expr })
    }

    fn build_all(&mut self, nodes: Vec<IdedExpr>) -> Result<Vec<IdedExpr>, Bad> {
        nodes.into_iter().map(|node| self.weighed(node)).collect()
    }

    /// With its value on the scales.
    fn weighed(&mut self, node: IdedExpr) -> Result<IdedExpr, Bad> {
        let node = self.build(node)?;
        Ok(match node.expr {
            Expr::Literal(_) => node,
            _ => call(node.id, WEIGH, vec![node]),
        })
    }

    fn look_up(&mut self, name: &str) -> Result<(), String> {
        let plain = name.strip_prefix('.').unwrap_or(name);
        if let Some(known) = NAMES.into_iter().find(|known| *known == plain)
            && (plain != name || !self.scope.iter().any(|inner| inner == name))
        {
            if !self.variables.contains(&known) {
                self.variables.push(known);
            }
            return Ok(());
        }
        if self.scope.iter().any(|inner| inner == name) || TYPES.contains(&plain) {
            return Ok(());
        }
        Err(format!(
            "no variable `{name}`; there are {}",
            NAMES.join(", ")
        ))
    }

    fn call(&mut self, id: u64, written: CallExpr) -> Result<IdedExpr, Bad> {
        let name = written.func_name.as_str();
        let bad = |reason: String| Err(Bad { reason, id });
        if let Some(target) = &written.target
            && matches!(&target.expr, Expr::Ident(space) if space == "optional")
            && OPTIONAL.contains(&name)
        {
            let args = self.build_all(written.args)?;
            let expr = Expr::Call(CallExpr { args, ..written });
            return Ok(IdedExpr { id, expr });
        }
        let is_operator = !name.starts_with(|c: char| c.is_alphabetic()) && !name.is_empty();
        if !is_operator && !FUNCTIONS.contains(&name) {
            return bad(format!(
                "no function `{name}`; there are {}, and the macros has, all, exists, exists_one, map, filter",
                FUNCTIONS.join(", ")
            ));
        }
        match name {
            "matches" => self.matches(id, written),
            // these look at no more of their operands than whether they are true, or point into
            // them
            CONDITIONAL | INDEX | LOGICAL_AND | LOGICAL_NOT | LOGICAL_OR | NOT_STRICTLY_FALSE => {
                let nodes = written.args.into_iter();
                let args = nodes
                    .map(|node| self.build(node))
                    .collect::<Result<_, _>>()?;
                let expr = Expr::Call(CallExpr { args, ..written });
                Ok(IdedExpr { id, expr })
            }
            _ => {
                let target = match written.target {
                    Some(target) => Some(Box::new(self.weighed(*target)?)),
                    None => None,
                };
                let expr = Expr::Call(CallExpr {
                    target,
                    args: self.build_all(written.args)?,
                    func_name: written.func_name,
                });
                Ok(IdedExpr { id, expr })
            }
        }
    }

    /// The pattern is compiled here: the crate's own function does it at each call, and takes one
    /// out of a body too.
    fn matches(&mut self, id: u64, written: CallExpr) -> Result<IdedExpr, Bad> {
        let bad = |reason: &str| {
            let reason = reason.to_owned();
            Err(Bad { reason, id })
        };
        let target = written.target.map(|target| *target);
        let mut operands = target.into_iter().chain(written.args);
        let (Some(text), Some(pattern), None) = (operands.next(), operands.next(), operands.next())
        else {
            return bad("matches takes a text and a pattern");
        };
        let Expr::Literal(LiteralValue::String(pattern)) = &pattern.expr else {
            return bad("matches takes only a pattern that is written out");
        };
        let pattern = match Pattern::try_new(pattern.inner()) {
            Ok(pattern) => pattern,
            Err(error) => return bad(&format!("bad pattern: {error}")),
        };
        let text = self.weighed(text)?;
        let index = i64::try_from(self.patterns.len()).unwrap_or(i64::MAX);
        self.patterns.push(pattern);
        let index = Expr::Literal(LiteralValue::Int(index.into()));
        let index = IdedExpr { id, expr: index };
        Ok(call(id, MATCHES, vec![text, index]))
    }

    fn comprehension(&mut self, written: ComprehensionExpr) -> Result<ComprehensionExpr, Bad> {
        let iter_range = self.weighed(written.iter_range)?;
        let outside = self.scope.len();
        self.scope.push(written.iter_var.clone());
        self.scope.extend(written.iter_var2.clone());
        self.scope.push(written.accu_var.clone());
        let loop_step = self.step(written.loop_step, &written.accu_var)?;
        self.scope.truncate(outside);
        Ok(ComprehensionExpr {
            iter_range,
            loop_step,
            ..written
        })
    }

    /// Of a macro's step, what was written by people counts a round; what the macro put around it
    /// stays as it is.
    fn step(&mut self, node: IdedExpr, accu: &str) -> Result<IdedExpr, Bad> {
        let id = node.id;
        let expr = match node.expr {
            Expr::List(mut list) => {
                for element in &mut list.elements {
                    *element = self.step(std::mem::take(element), accu)?;
                }
                Expr::List(list)
            }
            Expr::Call(mut call) if call.args.iter().any(|node| mentions(node, accu)) => {
                for arg in &mut call.args {
                    *arg = self.step(std::mem::take(arg), accu)?;
                }
                Expr::Call(call)
            }
            literal @ Expr::Literal(_) => literal,
            Expr::Ident(name) if name == accu => Expr::Ident(name),
            expr => {
                let written = self.weighed(IdedExpr { id, expr })?;
                let ended = Expr::Literal(LiteralValue::Boolean(false.into()));
                let ended = IdedExpr { id, expr: ended };
                return Ok(call(
                    id,
                    CONDITIONAL,
                    vec![call(id, TICK, Vec::new()), written, ended],
                ));
            }
        };
        Ok(IdedExpr { id, expr })
    }
}

/// Whether the macro's own accumulator is in it; people cannot write its name.
fn mentions(node: &IdedExpr, accu: &str) -> bool {
    match &node.expr {
        Expr::Ident(name) => name == accu,
        Expr::Call(call) => call.args.iter().any(|node| mentions(node, accu)),
        Expr::List(list) => list.elements.iter().any(|node| mentions(node, accu)),
        _ => false,
    }
}

fn levels(node: &IdedExpr) -> usize {
    let all = |nodes: &mut dyn Iterator<Item = &IdedExpr>| nodes.map(levels).max().unwrap_or(0);
    let below = match &node.expr {
        Expr::Call(call) => all(&mut call.target.as_deref().into_iter().chain(&call.args)),
        Expr::Comprehension(inner) => all(&mut [
            &inner.iter_range,
            &inner.accu_init,
            &inner.loop_cond,
            &inner.loop_step,
            &inner.result,
        ]
        .into_iter()),
        Expr::List(list) => all(&mut list.elements.iter()),
        Expr::Map(map) => all(&mut map.entries.iter().flat_map(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => [&entry.key, &entry.value],
            EntryExpr::StructField(field) => [&field.value, &field.value],
        })),
        Expr::Select(select) => levels(&select.operand),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => 0,
    };
    below + 1
}

fn call(id: u64, function: &str, args: Vec<IdedExpr>) -> IdedExpr {
    let expr = Expr::Call(CallExpr {
        func_name: function.to_owned(),
        target: None,
        args,
    });
    IdedExpr { id, expr }
}
