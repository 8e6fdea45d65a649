//! From the text of an expression to the weights of its conditions, by recursive descent.

use std::collections::BTreeMap;

use super::lexer::{Placed, Token, tokens};
use super::{ExpressionError, ExpressionProblem, Weights};
use crate::experiment::limits::MAX_EXPRESSION_BYTES;

/// How deep parentheses and signs may be nested.
pub(super) const MAX_DEPTH: usize = 64;

/// An expression that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub weights: Weights,
    /// Each condition that is named, with the column where it is named first, counted from 1.
    pub columns: BTreeMap<String, usize>,
}

/// A number plus weighted conditions.
#[derive(Default)]
struct Linear {
    number: f64,
    weights: BTreeMap<String, f64>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// Where it is not of the grammar, not linear, nested deeper than 64, or longer than 16 KiB; each with its column.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(ExpressionError { column: 1, problem: ExpressionProblem::TooLong { bytes: text.len() } });
        }
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, columns: BTreeMap::new() };
        let sum = parser.sum(0)?;
        if parser.peek() != &Token::End {
            let found = parser.peek().describe();
            return Err(parser.error(ExpressionProblem::OperatorExpected { found }));
        }
        let whole = |problem| ExpressionError { column: 1, problem };
        if sum.number != 0.0 {
            return Err(whole(ExpressionProblem::LoneNumber(sum.number.to_string())));
        }
        let weights: Weights = sum.weights.into_iter().collect();
        if weights.is_empty() {
            return Err(whole(ExpressionProblem::NoWeight));
        }
        Ok(Self { weights, columns: parser.columns })
    }
}

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    columns: BTreeMap<String, usize>,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn column(&self) -> usize {
        self.tokens[self.at].column
    }

    fn error(&self, problem: ExpressionProblem) -> ExpressionError {
        ExpressionError { column: self.column(), problem }
    }

    /// Takes one of these signs, if it is next, with its column.
    fn take(&mut self, signs: [char; 2]) -> Option<(char, usize)> {
        match *self.peek() {
            Token::Sign(sign) if signs.contains(&sign) => {
                let column = self.column();
                self.at += 1;
                Some((sign, column))
            }
            _ => None,
        }
    }

    fn sum(&mut self, depth: usize) -> Result<Linear, ExpressionError> {
        let mut sum = self.product(depth)?;
        while let Some((sign, column)) = self.take(['+', '-']) {
            let term = self.product(depth)?;
            sum.add(term, if sign == '-' { -1.0 } else { 1.0 });
            sum.check(column)?;
        }
        Ok(sum)
    }

    fn product(&mut self, depth: usize) -> Result<Linear, ExpressionError> {
        let mut product = self.unary(depth)?;
        while let Some((sign, column)) = self.take(['*', '/']) {
            let factor = self.unary(depth)?;
            product = if sign == '*' { product.times(factor) } else { product.divided_by(&factor) }
                .map_err(|problem| ExpressionError { column, problem })?;
            product.check(column)?;
        }
        Ok(product)
    }

    fn unary(&mut self, depth: usize) -> Result<Linear, ExpressionError> {
        if depth >= MAX_DEPTH {
            return Err(self.error(ExpressionProblem::TooDeep));
        }
        if let Some((sign, _)) = self.take(['+', '-']) {
            let operand = self.unary(depth + 1)?;
            return Ok(if sign == '-' { operand.scaled(-1.0) } else { operand });
        }
        let column = self.column();
        let operand = match self.peek().clone() {
            Token::Number(number) => Linear { number, ..Linear::default() },
            Token::Name(name) => {
                self.columns.entry(name.clone()).or_insert(column);
                Linear { number: 0.0, weights: BTreeMap::from([(name, 1.0)]) }
            }
            Token::Sign('(') => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                if self.peek() == &Token::End {
                    return Err(ExpressionError { column, problem: ExpressionProblem::OpenParenthesis });
                }
                if self.peek() != &Token::Sign(')') {
                    let found = self.peek().describe();
                    return Err(self.error(ExpressionProblem::OperatorExpected { found }));
                }
                inner
            }
            other => return Err(self.error(ExpressionProblem::OperandExpected { found: other.describe() })),
        };
        self.at += 1;
        Ok(operand)
    }
}

impl Linear {
    fn add(&mut self, other: Self, sign: f64) {
        self.number += sign * other.number;
        for (name, weight) in other.weights {
            *self.weights.entry(name).or_default() += sign * weight;
        }
    }

    fn scaled(mut self, factor: f64) -> Self {
        self.number *= factor;
        self.weights.values_mut().for_each(|weight| *weight *= factor);
        self
    }

    fn times(self, other: Self) -> Result<Self, ExpressionProblem> {
        match (self.weights.is_empty(), other.weights.is_empty()) {
            (_, true) => Ok(self.scaled(other.number)),
            (true, false) => Ok(other.scaled(self.number)),
            (false, false) => Err(ExpressionProblem::ProductOfConditions),
        }
    }

    fn divided_by(mut self, other: &Self) -> Result<Self, ExpressionProblem> {
        if !other.weights.is_empty() {
            return Err(ExpressionProblem::DivisionByCondition);
        }
        if other.number == 0.0 {
            return Err(ExpressionProblem::DivisionByZero);
        }
        self.number /= other.number;
        self.weights.values_mut().for_each(|weight| *weight /= other.number);
        Ok(self)
    }

    fn check(&self, column: usize) -> Result<(), ExpressionError> {
        let is_finite = self.number.is_finite() && self.weights.values().all(|weight| weight.is_finite());
        if is_finite { Ok(()) } else { Err(ExpressionError { column, problem: ExpressionProblem::Overflow }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights(text: &str) -> Vec<(String, f64)> {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        expression.weights.iter().map(|(name, weight)| (name.to_owned(), weight)).collect()
    }

    fn problem(text: &str) -> (usize, ExpressionProblem) {
        let error = Expression::parse(text).unwrap_err();
        (error.column, error.problem)
    }

    fn pairs(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
        expected.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect()
    }

    #[test]
    fn own_against_the_mean_of_the_others() {
        let expected =
            [("bodies", -0.25), ("characters", -0.25), ("faces", 1.0), ("objects", -0.25), ("places", -0.25)];
        assert_eq!(weights("faces - (places + bodies + objects + characters) / 4"), pairs(&expected));
        assert_eq!(weights("5 * a - (a + b + c + d + e)")[..2], pairs(&[("a", 4.0), ("b", -1.0)]));
    }

    #[test]
    fn signs_bind_to_operands_and_products_before_sums() {
        assert_eq!(weights("-a - -2 * b"), pairs(&[("a", -1.0), ("b", 2.0)]));
        assert_eq!(weights("a * 2 / 4 * -1 + 3 * (b - a / 2)"), pairs(&[("a", -2.0), ("b", 3.0)]));
        assert_eq!(weights("2 - 1 - 1 + \"word-list\""), pairs(&[("word-list", 1.0)]));
    }

    #[test]
    fn every_error_points_at_its_column() {
        use ExpressionProblem as P;
        assert_eq!(problem("faces - * b"), (9, P::OperandExpected { found: "*".into() }));
        assert_eq!(problem("faces b"), (7, P::OperatorExpected { found: "the name \"b\"".into() }));
        assert_eq!(problem("2faces"), (2, P::OperatorExpected { found: "the name \"faces\"".into() }));
        assert_eq!(problem("a - (b + c"), (5, P::OpenParenthesis));
        assert_eq!(problem("a + b)"), (6, P::OperatorExpected { found: ")".into() }));
        assert_eq!(problem("a * b"), (3, P::ProductOfConditions));
        assert_eq!(problem("1 / a"), (3, P::DivisionByCondition));
        assert_eq!(problem("a / (1 - 1)"), (3, P::DivisionByZero));
        assert_eq!(problem("a - \"b"), (5, P::OpenQuote('"')));
        assert_eq!(problem("a − b"), (3, P::UnknownCharacter('−')));
        assert_eq!(problem("a + 3"), (1, P::LoneNumber("3".into())));
        assert_eq!(problem("a - a"), (1, P::NoWeight));
        assert_eq!(problem(""), (1, P::OperandExpected { found: "the end".into() }));
        assert_eq!(problem("1e300 * 1e300 * a"), (7, P::Overflow));
    }

    #[test]
    fn nesting_and_length_are_bounded() {
        let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Expression::parse(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(problem(&nested(MAX_DEPTH)).1, ExpressionProblem::TooDeep);
        assert_eq!(problem(&format!("{}a", "-".repeat(10_000))).1, ExpressionProblem::TooDeep);
        assert_eq!(problem(&"a".repeat(20_000)).1, ExpressionProblem::TooLong { bytes: 20_000 });
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_answered(text in "\\PC{0,200}") {
            let _ = Expression::parse(&text);
        }

        #[test]
        fn text_of_its_own_signs_is_answered(text in "[ab0-9.e+*/()\"'\\\\ -]{0,80}") {
            if let Err(error) = Expression::parse(&text) {
                prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
            }
        }
    }
}
