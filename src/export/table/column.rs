//! One column of a table, and what of it waits to be written.

use super::Error;

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Whole,
    Number,
    Truth,
    Text,
}

/// What a row has in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Whole(i64),
    /// NaN where there is none.
    Number(f64),
    Truth(bool),
    Text(String),
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
}

/// Values of one kind.
pub(super) enum Values {
    Whole(Vec<i64>),
    Number(Vec<f64>),
    Truth(Vec<bool>),
    Text(Vec<String>),
}

impl Column {
    pub(super) fn new(name: String, kind: Kind) -> Self {
        let values = match kind {
            Kind::Whole => Values::Whole(Vec::new()),
            Kind::Number => Values::Number(Vec::new()),
            Kind::Truth => Values::Truth(Vec::new()),
            Kind::Text => Values::Text(Vec::new()),
        };
        Self { name, values }
    }

    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Whole(values) => values.len(),
            Values::Number(values) => values.len(),
            Values::Truth(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    pub(super) fn clear(&mut self) {
        match &mut self.values {
            Values::Whole(values) => values.clear(),
            Values::Number(values) => values.clear(),
            Values::Truth(values) => values.clear(),
            Values::Text(values) => values.clear(),
        }
    }

    /// Adds a value. A whole number is a number too, and everything can be a text.
    pub(super) fn push(&mut self, value: Value) -> Result<(), Error> {
        match (&mut self.values, value) {
            (Values::Whole(values), Value::Whole(value)) => values.push(value),
            (Values::Number(values), Value::Number(value)) => values.push(value),
            (Values::Number(values), Value::Whole(value)) => values.push(value as f64),
            (Values::Truth(values), Value::Truth(value)) => values.push(value),
            (Values::Text(values), value) => values.push(value.into_text()),
            (_, value) => return Err(Error::TableValue { column: self.name.clone(), value: value.into_text() }),
        }
        Ok(())
    }

    /// The value of a row as a text; nothing where a number is missing.
    pub(super) fn text(&self, row: usize) -> String {
        match &self.values {
            Values::Whole(values) => Value::Whole(values[row]),
            Values::Number(values) => Value::Number(values[row]),
            Values::Truth(values) => Value::Truth(values[row]),
            Values::Text(values) => return values[row].clone(),
        }
        .into_text()
    }
}

impl Value {
    /// The shortest text that reads back to the value.
    fn into_text(self) -> String {
        match self {
            Self::Whole(value) => value.to_string(),
            Self::Number(value) if value.is_nan() => String::new(),
            Self::Number(value) => format!("{value:?}"),
            Self::Truth(value) => value.to_string(),
            Self::Text(value) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_numbers_takes_whole_ones_and_no_text() {
        let mut column = Column::new("design.asynchrony_s".to_owned(), Kind::Number);
        column.push(Value::Whole(8)).unwrap();
        column.push(Value::Number(f64::NAN)).unwrap();
        column.push(Value::Number(1e-300)).unwrap();
        assert_eq!([0, 1, 2].map(|row| column.text(row)), ["8.0", "", "1e-300"]);
        let refusal = column.push(Value::Text("slow".to_owned())).unwrap_err();
        assert_eq!(refusal.to_string(), "the column \"design.asynchrony_s\" of a table takes no \"slow\"");
        assert_eq!(column.len(), 3);
    }

    #[test]
    fn a_column_of_texts_takes_everything() {
        let mut column = Column::new("subjects".to_owned(), Kind::Text);
        let values = [Value::Whole(-1), Value::Number(0.5), Value::Truth(true), Value::Text("a".to_owned())];
        values.into_iter().for_each(|value| column.push(value).unwrap());
        assert_eq!([0, 1, 2, 3].map(|row| column.text(row)), ["-1", "0.5", "true", "a"]);
    }
}
