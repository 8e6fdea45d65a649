//! An expression taken apart into numbers, names and signs.

use super::{ExpressionError, ExpressionProblem};

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    /// One of `+-*/()`.
    Sign(char),
    End,
}

/// A piece and its first column, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) column: usize,
}

impl Token {
    /// As a message calls it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Number(number) => format!("the number {number}"),
            Self::Name(name) => format!("the name {:?}", name.chars().take(40).collect::<String>()),
            Self::Sign(sign) => sign.to_string(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// The pieces of an expression, the last of which is its end.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, ExpressionError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let rest = &characters[at..];
        let (token, length) = match character {
            space if space.is_whitespace() => {
                at += 1;
                continue;
            }
            '+' | '-' | '*' | '/' | '(' | ')' => Ok((Token::Sign(character), 1)),
            '"' | '\'' => quoted(rest),
            '.' | '0'..='9' => number(rest),
            first if begins_name(first) => {
                let name: String = rest.iter().take_while(|c| continues_name(**c)).collect();
                let length = name.chars().count();
                Ok((Token::Name(name), length))
            }
            unknown => Err(ExpressionProblem::UnknownCharacter(unknown)),
        }
        .map_err(|problem| ExpressionError { column: at + 1, problem })?;
        tokens.push(Placed { token, column: at + 1 });
        at += length;
    }
    tokens.push(Placed { token: Token::End, column: at + 1 });
    Ok(tokens)
}

pub(super) fn begins_name(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

pub(super) fn continues_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.')
}

/// A name between quotes and how many characters it takes with them.
fn quoted(text: &[char]) -> Result<(Token, usize), ExpressionProblem> {
    let quote = text[0];
    let mut name = String::new();
    let mut at = 1;
    loop {
        match text.get(at) {
            None => return Err(ExpressionProblem::OpenQuote(quote)),
            Some('\\') => {
                name.push(*text.get(at + 1).ok_or(ExpressionProblem::OpenQuote(quote))?);
                at += 2;
            }
            Some(character) if *character == quote => break,
            Some(character) => {
                name.push(*character);
                at += 1;
            }
        }
    }
    if name.is_empty() { Err(ExpressionProblem::EmptyName) } else { Ok((Token::Name(name), at + 1)) }
}

/// Digits with a point and an exponent, and how many characters they take.
fn number(text: &[char]) -> Result<(Token, usize), ExpressionProblem> {
    let digits = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut length = digits(0);
    if text.get(length) == Some(&'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(text.get(length), Some('e' | 'E')) {
        let sign = usize::from(matches!(text.get(length + 1), Some('+' | '-')));
        let exponent = text.get(length + 1 + sign..).map_or(0, |_| digits(length + 1 + sign));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    let written: String = text[..length].iter().collect();
    let value = written.parse::<f64>().map_err(|_| ExpressionProblem::BadNumber(written))?;
    if value.is_finite() { Ok((Token::Number(value), length)) } else { Err(ExpressionProblem::Overflow) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Token> {
        tokens(text).unwrap().into_iter().map(|placed| placed.token).collect()
    }

    #[test]
    fn numbers_take_a_point_and_an_exponent() {
        use Token::{End, Name, Number};
        assert_eq!(of("1 .5 2. 1e-3 4E2"), [Number(1.0), Number(0.5), Number(2.0), Number(1e-3), Number(400.0), End]);
        assert_eq!(of("2e"), [Number(2.0), Name("e".into()), End]);
        assert!(matches!(tokens("."), Err(ExpressionError { problem: ExpressionProblem::BadNumber(_), column: 1 })));
        assert!(matches!(tokens("1e999"), Err(ExpressionError { problem: ExpressionProblem::Overflow, .. })));
    }

    #[test]
    fn a_dash_is_a_minus_unless_it_is_quoted() {
        use Token::{End, Name, Sign};
        assert_eq!(of("word-list"), [Name("word".into()), Sign('-'), Name("list".into()), End]);
        assert_eq!(of("\"word-list\" 'a\\'b'"), [Name("word-list".into()), Name("a'b".into()), End]);
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        let tokens = tokens("  gesichtér + ä").unwrap();
        assert_eq!(tokens.iter().map(|placed| placed.column).collect::<Vec<_>>(), [3, 13, 15, 16]);
    }
}
