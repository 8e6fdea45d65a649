//! Contrasts: weights by condition, given as numbers or as an expression of condition names.
//!
//! ```text
//! contrast   = sum
//! sum        = product  { ("+" | "-") product }
//! product    = unary    { ("*" | "/") unary }
//! unary      = { "+" | "-" } ( number | condition | "(" sum ")" )
//! condition  = name | quoted
//! ```
//!
//! A name begins with a letter or `_` and goes on with letters, digits, `_` and `.`. Any other name of a condition is
//! written in double or single quotes, with `\` before a quote or a `\` that belongs to it: `"word-list" - sentences`.
//! A dash outside quotes is a minus. The sum must be linear: conditions are never multiplied by each other, nor
//! divided by, and no number stands alone.

mod error;
mod lexer;
mod parser;
mod weights;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use error::{ExpressionError, ExpressionProblem};
pub use parser::Expression;
pub use weights::Weights;

/// A comparison of conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    pub name: String,
    /// As in `faces - (places + bodies) / 2`; quote names that hold more than letters, digits, `_` and `.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// A weight for each condition; a condition that is left out has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<BTreeMap<String, f64>>,
}

impl Contrast {
    /// A contrast by its expression.
    pub fn new(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self { name: name.into(), expression: Some(expression.into()), weights: None }
    }

    /// The weights that it gives its conditions; those of `weights` where an expression is given too.
    pub fn weights(&self) -> Result<Weights, ExpressionError> {
        match (&self.weights, &self.expression) {
            (Some(weights), _) => Ok(weights.iter().map(|(name, weight)| (name.clone(), *weight)).collect()),
            (None, expression) => Ok(Expression::parse(expression.as_deref().unwrap_or_default())?.weights),
        }
    }
}
