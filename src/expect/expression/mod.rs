//! Free expressions in CEL, for what the other rules cannot say.
//!
//! All that knows the crate `cel`. An expression is checked when it is made: names that nothing
//! has, patterns that are none. What a body can make it cost is metered while it is evaluated.

mod context;
mod guard;
mod metered;
#[cfg(test)]
mod tests;
mod variables;

use std::sync::Arc;

use super::Needs;
use super::json_body::{JSON_BYTES_MAX, NoJson};
use super::quote::quoted_display;
use super::subject::Subject;
use super::text::Pattern;
pub(super) use variables::Variables;

/// A compiled expression that gives true or false.
#[derive(Clone)]
pub struct Expression {
    written: Arc<str>,
    program: Arc<Program>,
}

struct Program {
    /// With the meter built in.
    tree: cel::IdedExpr,
    /// Of its calls of `matches`.
    patterns: Arc<[Pattern]>,
    needs: Needs,
    needs_json: bool,
}

/// The text is no expression that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct BadExpression {
    /// One line.
    pub reason: String,
    /// Line and column of the text that the trouble is at, from 1, if it is known.
    pub at: Option<(usize, usize)>,
}

/// What an expression gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Evaluated {
    Bool(bool),
    /// What came instead.
    Other(String),
    /// Why it gave nothing.
    Failed(String),
}

impl Expression {
    pub fn try_new(expression: &str) -> Result<Self, BadExpression> {
        guard::check(expression)?;
        std::thread::scope(|scope| {
            let reading = std::thread::Builder::new()
                .stack_size(guard::STACK_BYTES)
                .spawn_scoped(scope, || Self::read(expression));
            match reading.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(read)) => read,
                Ok(Err(_)) => Err(BadExpression {
                    reason: "cannot be read".to_owned(),
                    at: None,
                }),
                Err(error) => Err(BadExpression {
                    reason: format!("cannot be read here: {error}"),
                    at: None,
                }),
            }
        })
    }

    fn read(expression: &str) -> Result<Self, BadExpression> {
        let compiled = context::ENV
            .compile(expression)
            .map_err(|errors| syntax(&errors))?;
        let metered = metered::build(compiled.expression().clone()).map_err(|bad| {
            let place = compiled.source_info().offset_for(bad.id);
            BadExpression {
                reason: bad.reason,
                at: place.map(|(start, _)| guard::place(expression, start as usize)),
            }
        })?;
        let uses = |variable| metered.variables.contains(&variable);
        Ok(Self {
            written: expression.into(),
            program: Arc::new(Program {
                needs: Needs {
                    body: uses("body") || uses("json"),
                    certificates: uses("certificate"),
                },
                needs_json: uses("json"),
                tree: metered.tree,
                patterns: metered.patterns.into(),
            }),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub(super) fn needs(&self) -> Needs {
        self.program.needs
    }

    pub(super) fn evaluate(&self, subject: &Subject<'_>) -> Evaluated {
        let program = &*self.program;
        if let Some(body) = subject.seen.body
            && program.needs.body
            && body.len() > JSON_BYTES_MAX
        {
            let mib = JSON_BYTES_MAX >> 20;
            return Evaluated::Failed(format!("body is too long, over {mib} MiB"));
        }
        if program.needs_json
            && let Err(too_much @ NoJson::TooMuch(_)) = subject.json()
        {
            return Evaluated::Failed(too_much.to_string());
        }
        context::evaluate(program, subject)
    }
}

/// The first of them, in one line.
fn syntax(errors: &cel::ParseErrors) -> BadExpression {
    let Some(error) = errors.errors.first() else {
        return BadExpression {
            reason: "cannot be read".to_owned(),
            at: None,
        };
    };
    let message = error.msg.lines().next().unwrap_or_default();
    let message = message.trim_start_matches("Syntax error: ");
    // a list of every token there is
    let message = message.split(" expecting {").next().unwrap_or_default();
    let place = |number: isize| usize::try_from(number).ok().filter(|number| *number > 0);
    BadExpression {
        reason: quoted_display(&message).trim_matches('`').to_owned(),
        at: place(error.pos.0).zip(place(error.pos.1)),
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expression({:?})", self.written)
    }
}
