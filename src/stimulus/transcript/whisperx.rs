//! Transcripts as WhisperX prints them: segments, each a sentence, with aligned words.

use serde::Deserialize;

use super::{Error, Note, Sentence, WordOrder};

#[derive(Deserialize)]
struct Document {
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    text: String,
    #[serde(default)]
    words: Vec<AlignedWord>,
}

/// A word; without times where WhisperX could not align it (numerals, mostly).
#[derive(Deserialize)]
struct AlignedWord {
    word: String,
    start: Option<f64>,
    end: Option<f64>,
}

pub(super) fn parse(text: &str, name: &str) -> Result<(Vec<Sentence>, Vec<Note>), Error> {
    let document: Document = serde_json::from_str(text).map_err(|error| Error::Malformed {
        name: name.into(),
        place: format!("line {}, column {}", error.line(), error.column()),
        problem: error.to_string(),
    })?;
    let mut order = WordOrder::new(name);
    let mut sentences = Vec::new();
    let mut unaligned = 0;
    for (index, segment) in document.segments.into_iter().enumerate() {
        let mut words = Vec::new();
        for word in &segment.words {
            let (Some(start), Some(end)) = (word.start, word.end) else {
                unaligned += 1;
                continue;
            };
            words.push(order.word(&unquoted(&word.word), start, end - start, &format!("segment {index}"))?);
        }
        sentences.push(Sentence { text: unquoted(segment.text.trim()), words });
    }
    let note = || Note::new(format!("{unaligned} words of {name} have no times and are read as context only"));
    Ok((sentences, (unaligned > 0).then(note).into_iter().collect()))
}

/// Without double quotes, as the reference reads both words and sentences.
fn unquoted(text: &str) -> String {
    text.replace('"', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_sentences_and_unaligned_words_are_noted() {
        let json = r#"{"language": "en", "segments": [{"start": 0.1, "end": 2, "text": " Say \"1984\" now.",
            "words": [{"word": "Say", "start": 0.1, "end": 0.4, "score": 0.9}, {"word": "\"1984\""},
                      {"word": "now.", "start": 1.0, "end": 1.5}]}]}"#;
        let (sentences, notes) = parse(json, "words.json").unwrap();
        assert_eq!(sentences[0].text, "Say 1984 now.");
        assert_eq!(sentences[0].words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["Say", "now."]);
        assert!(notes[0].as_str().starts_with("1 words"), "{notes:?}");
    }

    #[test]
    fn malformed_json_is_named_by_line() {
        let error = parse("{\"segments\": [}", "words.json").err().unwrap().to_string();
        assert!(error.contains("line 1"), "{error}");
        let error = parse(r#"{"segments":[{"text":"b","words":[{"word":"b","start":2,"end":1}]}]}"#, "words.json");
        assert!(matches!(error, Err(Error::BadNumber { column: "duration", .. })));
    }
}
