//! Text as it is read: words one after another at a steady rate, without sound.

use super::{
    Note, sentences,
    transcript::{Sentence, TimedWord},
};

/// Words that are read in a second.
pub const WORDS_PER_SECOND: f64 = 2.5;

/// The words of a text at [`WORDS_PER_SECOND`], from second 0.
pub(super) fn read(text: &str) -> (Vec<Sentence>, Note) {
    let length = 1.0 / WORDS_PER_SECOND;
    let mut count = 0;
    let mut timed = |word: &str| {
        count += 1;
        TimedWord { text: word.into(), start: f64::from(count - 1) * length, duration: length }
    };
    let sentence =
        |words: Vec<&str>| Sentence { text: words.join(" "), words: words.into_iter().map(&mut timed).collect() };
    let sentences = sentences::of_text(text).into_iter().map(sentence).collect();
    (sentences, Note::new(format!("the text is not spoken: its words are timed at {WORDS_PER_SECOND} a second")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_follow_each_other_at_a_steady_rate() {
        let (sentences, note) = super::read("Who's there? Nay, answer me.");
        let starts: Vec<f64> = sentences.iter().flat_map(|s| &s.words).map(|word| word.start).collect();
        assert_eq!(sentences.len(), 2);
        assert!(starts.iter().zip(0..).all(|(start, i)| (start - 0.4 * f64::from(i)).abs() < 1e-9));
        assert!(note.as_str().contains("2.5"));
    }
}
