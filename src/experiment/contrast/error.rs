//! What can be wrong with the expression of a contrast, and where.

use super::parser::MAX_DEPTH;
use crate::experiment::limits::MAX_EXPRESSION_BYTES;

/// A problem of an expression and the character it begins at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct ExpressionError {
    /// Characters up to and including the first one of the problem, so 1 is the first column.
    pub column: usize,
    pub problem: ExpressionProblem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionProblem {
    #[error("the expression has {bytes} bytes, the limit is {MAX_EXPRESSION_BYTES}; give weights instead")]
    TooLong { bytes: usize },
    #[error("parentheses and signs are nested deeper than {MAX_DEPTH}; write the expression flatter")]
    TooDeep,
    #[error("{0:?} means nothing here; quote the name of a condition that holds it")]
    UnknownCharacter(char),
    #[error("the quote is not closed; end the name with {0}")]
    OpenQuote(char),
    #[error("a quoted name is empty; write the name of a condition")]
    EmptyName,
    #[error("{0} is no number; write digits as in 0.25 or 1e-3")]
    BadNumber(String),
    #[error("{found} follows where a condition, a number or ( is expected")]
    OperandExpected { found: String },
    #[error("{found} follows where +, -, *, / or the end is expected")]
    OperatorExpected { found: String },
    #[error("the parenthesis is not closed; add )")]
    OpenParenthesis,
    #[error("two conditions are multiplied; a contrast is linear: multiply a condition by a number")]
    ProductOfConditions,
    #[error("something is divided by a condition; a contrast is linear: divide by a number")]
    DivisionByCondition,
    #[error("something is divided by 0; divide by another number")]
    DivisionByZero,
    #[error("the number {0} stands alone; multiply a condition by it")]
    LoneNumber(String),
    #[error("a weight is too large to be a number; scale the expression down")]
    Overflow,
    #[error("no condition has a weight left; weigh at least one")]
    NoWeight,
}
