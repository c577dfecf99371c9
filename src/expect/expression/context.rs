//! Evaluates an expression, up to an allowance of work.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelBytes, CelInt, CelList, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, ExecutionError, FunctionContext, Value};

use super::variables::NAMES;
use super::{Evaluated, Program};
use crate::expect::quote::{quoted, quoted_display};
use crate::expect::subject::Subject;
use crate::expect::text::Pattern;

/// The language's own functions, types and macros.
pub(super) static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// Most work of one expression: rounds of macros, and values that functions are handed, with all
/// that is in them. This many take some 100 ms.
const WORK_MAX: u64 = 500_000;

/// Bytes of text that are as much work as one value.
const TEXT_BYTES: u64 = 64;

/// Names that people cannot write.
pub(super) const TICK: &str = "@tick";
pub(super) const WEIGH: &str = "@weigh";
pub(super) const MATCHES: &str = "@matches";

pub(super) fn evaluate(program: &Program, subject: &Subject<'_>) -> Evaluated {
    let left = Arc::new(AtomicU64::new(WORK_MAX));
    let resolver = Resolver { subject };
    let mut context = Context::with_env(ENV.clone());
    context.set_variable_resolver(&resolver);
    if let Err(error) = add_functions(&mut context, &left, &program.patterns) {
        return Evaluated::Failed(error.to_string());
    }
    let result = Value::resolve_val(&program.tree, &context);
    if left.load(Ordering::Relaxed) == 0 {
        return Evaluated::Failed("too much work on this answer".to_owned());
    }
    match result {
        Ok(value) => match value.downcast_ref::<CelBool>() {
            Some(bool) => Evaluated::Bool(*bool.inner()),
            None => Evaluated::Other(shown(value.as_ref())),
        },
        Err(error) => Evaluated::Failed(reason(&error)),
    }
}

type Function = Box<
    dyn for<'c, 'v> Fn(&mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError>
        + Send
        + Sync,
>;

fn add_functions(
    context: &mut Context<'_, '_>,
    left: &Arc<AtomicU64>,
    patterns: &Arc<[Pattern]>,
) -> Result<(), cel::DeclarationError> {
    let allowance = left.clone();
    let tick: Function =
        Box::new(move |_| Ok(CowVal::owned(CelBool::from(spend(&allowance, 1).is_ok()))));
    let allowance = left.clone();
    let weigh: Function = Box::new(move |call| {
        let value = argument(call)?;
        let most = allowance.load(Ordering::Relaxed);
        spend(&allowance, weight(value.as_ref(), most))?;
        Ok(value)
    });
    let patterns = patterns.clone();
    let matches: Function = Box::new(move |call| {
        let index = argument(call)?;
        let index = index.downcast_ref::<CelInt>().map(|index| *index.inner());
        let pattern = index
            .and_then(|index| patterns.get(usize::try_from(index).ok()?))
            .ok_or_else(ExecutionError::missing_argument_or_target)?;
        let text = argument(call)?;
        match text.downcast_ref::<CelString>() {
            Some(text) => Ok(CowVal::owned(CelBool::from(
                pattern.is_match(text.inner().as_bytes()),
            ))),
            None => Err(ExecutionError::function_error(
                "matches",
                "it takes only a text",
            )),
        }
    });
    context.add_function(TICK, tick)?;
    context.add_function(WEIGH, weigh)?;
    context.add_function(MATCHES, matches)
}

/// The last one.
fn argument<'c, 'v>(call: &mut FunctionContext<'c, 'v>) -> Result<CowVal<'c, 'v>, ExecutionError> {
    let argument = call.args.pop();
    argument.ok_or_else(ExecutionError::missing_argument_or_target)
}

fn spend(left: &AtomicU64, work: u64) -> Result<(), ExecutionError> {
    // one thread only: nobody changes it in between
    let now = left.load(Ordering::Relaxed).saturating_sub(work);
    left.store(now, Ordering::Relaxed);
    match now {
        0 => Err(ExecutionError::function_error("meter", "used up")),
        _ => Ok(()),
    }
}

/// How many values there are in it; stops counting at `most`.
fn weight(value: &dyn Val, most: u64) -> u64 {
    let texts = |bytes: usize| 1 + bytes as u64 / TEXT_BYTES;
    if let Some(text) = value.downcast_ref::<CelString>() {
        return texts(text.inner().len());
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes>() {
        return texts(bytes.inner().len());
    }
    let mut sum = 1;
    if let Some(list) = value.downcast_ref::<CelList>() {
        for item in list.inner() {
            if sum >= most {
                break;
            }
            sum += weight(item.as_ref(), most - sum);
        }
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        for (key, item) in map.inner() {
            if sum >= most {
                break;
            }
            sum += weight(key.inner(), most);
            sum += weight(item.as_ref(), most.saturating_sub(sum));
        }
    }
    sum
}

/// Computes variables when they are asked for.
struct Resolver<'a> {
    subject: &'a Subject<'a>,
}

impl VariableResolver for Resolver<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let index = NAMES.iter().position(|name| *name == variable)?;
        let value = self.subject.variables().get(index, self.subject);
        Some(CowVal::Borrowed(value))
    }
}

fn shown(value: &dyn Val) -> String {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return quoted(text.inner());
    }
    let converted = Value::try_from(value).ok();
    let json = match &converted {
        // which would all be null
        None | Some(Value::Opaque(_)) => None,
        Some(value) => value.json().ok(),
    };
    match json {
        Some(json) => quoted_display(&json),
        None => format!("a value of type {}", value.get_type().name()),
    }
}

fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("there is no {}", quoted(key.as_bytes())),
        error => {
            let error = quoted_display(error).replace('\n', " ");
            error.trim_matches('`').to_owned()
        }
    }
}
