//! Transcripts as a table, tab- or comma-separated: `text start duration`, and optionally `sentence`
//! with `sequence_id`, which tells apart sentences that read the same.

use csv::{ReaderBuilder, StringRecord};

use super::{Error, Sentence, TimedWord, WordOrder};
use crate::stimulus::sentences;

const WANTED: &str = "text, start, duration";

/// The columns of the table, by position.
struct Columns {
    text: usize,
    start: usize,
    duration: usize,
    sentence: Option<usize>,
    sequence: Option<usize>,
}

pub(super) fn parse(text: &str, name: &str) -> Result<Vec<Sentence>, Error> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains('\t') { b'\t' } else { b',' };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let malformed = |error: csv::Error| Error::Malformed {
        name: name.into(),
        place: error.position().map_or("its start".into(), |position| format!("line {}", position.line())),
        problem: "its cells do not match its header".into(),
    };
    let columns = Columns::find(reader.headers().map_err(malformed)?, name)?;
    let mut order = WordOrder::new(name);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let number = |index, column| number(&record, index, column, name, &place);
        let (start, duration) = (number(columns.start, "start")?, number(columns.duration, "duration")?);
        let word = order.word(&record[columns.text], start, duration, &place)?;
        rows.push((word, columns.sentence_of(&record)));
    }
    Ok(in_sentences(rows))
}

impl Columns {
    fn find(header: &StringRecord, name: &str) -> Result<Columns, Error> {
        let position = |wanted: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(wanted));
        let needed = |column| position(column).ok_or(Error::NoColumn { name: name.into(), column, wanted: WANTED });
        Ok(Columns {
            text: needed("text")?,
            start: needed("start")?,
            duration: needed("duration")?,
            sentence: position("sentence"),
            sequence: position("sequence_id"),
        })
    }

    /// The sentence of a row and what tells it apart, where the table says so.
    fn sentence_of(&self, record: &StringRecord) -> Option<(String, String)> {
        let cell = |index: usize| record.get(index).map(str::trim);
        let sentence = self.sentence.and_then(cell).filter(|sentence| !sentence.is_empty())?;
        Some((sentence.into(), self.sequence.and_then(cell).unwrap_or_default().into()))
    }
}

fn number(record: &StringRecord, index: usize, column: &'static str, name: &str, place: &str) -> Result<f64, Error> {
    let value = record[index].trim();
    value.parse().map_err(|_| Error::BadNumber {
        name: name.into(),
        place: place.into(),
        column,
        value: value.chars().take(40).collect(),
        rule: "give a number of seconds",
    })
}

/// Rows of one sentence together; rows that name none are split by their punctuation.
fn in_sentences(rows: Vec<(TimedWord, Option<(String, String)>)>) -> Vec<Sentence> {
    let mut found = Vec::new();
    for rows in rows.chunk_by(|one, next| one.1 == next.1) {
        let words = rows.iter().map(|(word, _)| word.clone()).collect();
        match &rows[0].1 {
            Some((text, _)) => found.push(Sentence { text: text.clone(), words }),
            None => found.extend(sentences::of_words(words)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rows: &str) -> String {
        parse(&format!("text\tstart\tduration\n{rows}"), "words.tsv").unwrap_err().to_string()
    }

    #[test]
    fn rows_come_in_sentences() {
        let text =
            "start,duration,text,sentence,sequence_id\n0,1,No.,No.,0\n1,1,No.,No.,1\n2,1,\"Oh, yes\",\"Oh, yes!\",2\n";
        let sentences = parse(text, "words.csv").unwrap();
        let texts: Vec<&str> = sentences.iter().map(|sentence| sentence.text.as_str()).collect();
        assert_eq!(texts, ["No.", "No.", "Oh, yes!"]);
        assert_eq!(sentences[2].words, [TimedWord { text: "Oh, yes".into(), start: 2.0, duration: 1.0 }]);
    }

    #[test]
    fn bad_rows_are_named_by_line_and_value() {
        assert!(refused("a\t1\t1\nb\t0.5\t1\n").contains("line 3: 0.5 s follows 1 s"));
        assert!(refused("  \t1\t1\n").contains("empty word at line 2"));
        assert!(refused("a\tNaN\t1\n").contains("\"NaN\" for start"));
        assert!(refused("a\t0\t-1\n").contains("\"-1\" for duration"));
        assert!(refused("a\tsoon\t1\n").contains("\"soon\" for start at line 2"));
        assert!(refused("a\t1\n").contains("line 2"));
        let error = parse("word\tstart\tduration\n", "words.tsv").unwrap_err();
        assert!(error.to_string().contains("no column text"), "{error}");
    }
}
