//! Free expressions in CEL, for what the other rules cannot say.

use std::sync::Arc;

use super::Needs;

/// A compiled expression that gives true or false.
#[derive(Clone)]
pub struct Expression {
    written: Arc<str>,
    program: Arc<cel::Program>,
    needs: Needs,
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

impl Expression {
    pub fn try_new(expression: &str) -> Result<Self, BadExpression> {
        match cel::Program::compile(expression) {
            Ok(program) => Ok(Self {
                written: expression.into(),
                program: Arc::new(program),
                needs: Needs {
                    body: true,
                    certificates: true,
                },
            }),
            Err(error) => Err(BadExpression {
                reason: error.to_string(),
                at: None,
            }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    pub(super) fn needs(&self) -> Needs {
        self.needs
    }

    pub(super) fn program(&self) -> &cel::Program {
        &self.program
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
