//! Words into what their letters tell: that there is one, how long it is, what it is made of, and what came before.
//!
//! Word rate, letters and phonemes are the lengths that studies of reading and listening model beside meaning (de Heer et
//! al., Journal of Neuroscience 37, 2017). What a word is made of is a sum of fixed random vectors, one a sequence of its
//! letters ([`subwords`], after Bojanowski et al., TACL 5, 2017, without what they learn), so that words which share a
//! stem are alike; its context is the same of all words so far, each a fifth weaker with every word that follows. Nothing
//! here was learnt.

pub mod spelling;
pub mod subwords;

use ndarray::{Array3, s};

use self::subwords::WIDTH;
use super::{Error, Extractor, Features, Modality, Reads, Tick};
use crate::stimulus::Word;

/// What is left of a word's part in the context when the next one has come.
const LEAK: f32 = 0.8;
/// Rate, letters and phonemes.
const COUNTS: usize = 3;
/// Values of a word.
pub const VALUES: usize = COUNTS + 2 * WIDTH;

/// Turns words into lexical features.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lexical;

impl Lexical {
    /// Features of words that follow each other.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `tick` says so.
    pub fn words(&self, words: &[Word], tick: Tick) -> Result<Features, Error> {
        tick(0.0)?;
        let mut features = Array3::zeros((1, self.width(), words.len()));
        let mut context = [0.0; WIDTH];
        for (word, mut column) in words.iter().zip(features.lanes_mut(ndarray::Axis(1))) {
            let embedding = subwords::embed(&word.text);
            context.iter_mut().zip(embedding).for_each(|(context, part)| *context = LEAK * *context + part);
            let counts = [1.0, spelling::letters(&word.text) as f32, spelling::phonemes(&word.text) as f32];
            column.slice_mut(s![..COUNTS]).assign(&ndarray::aview1(&counts));
            column.slice_mut(s![COUNTS..COUNTS + WIDTH]).assign(&ndarray::aview1(&embedding));
            column.slice_mut(s![COUNTS + WIDTH..]).assign(&ndarray::aview1(&context));
        }
        tick(1.0)?;
        Ok(features)
    }
}

impl Reads for Lexical {
    fn words(&self, words: &[Word], tick: Tick) -> Result<Features, Error> {
        Self::words(self, words, tick)
    }
}

impl Extractor for Lexical {
    fn modality(&self) -> Modality {
        Modality::Text
    }

    fn revision(&self) -> &str {
        "lexical-1"
    }

    fn settings(&self) -> String {
        format!("{WIDTH} values a word, leak {LEAK}")
    }

    fn groups(&self) -> usize {
        1
    }

    fn width(&self) -> usize {
        VALUES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(words: &[&str]) -> Features {
        let word = |text: &&str| Word {
            text: (*text).to_owned(),
            start: 0.0,
            duration: 0.0,
            context: String::new(),
            surface: String::new(),
        };
        Lexical.words(&words.iter().map(word).collect::<Vec<_>>(), &mut |_| Ok(())).unwrap()
    }

    #[test]
    fn a_word_is_counted_spelt_and_remembered() {
        let features = features(&["The", "fish", "swim"]);
        assert_eq!(features.dim(), (1, 131, 3));
        assert_eq!(features.slice(s![0, ..COUNTS, 1]).to_vec(), [1.0, 4.0, 3.0]);
        let of = |word: usize, from: usize| features.slice(s![0, from..from + WIDTH, word]).to_owned();
        assert_eq!(of(0, COUNTS), of(0, COUNTS + WIDTH), "the first word is all of its context");
        let expected = (of(0, COUNTS) * LEAK + of(1, COUNTS)) * LEAK + of(2, COUNTS);
        assert!((of(2, COUNTS + WIDTH) - expected).iter().all(|difference| difference.abs() < 1e-6));
    }

    #[test]
    fn nothing_is_made_of_no_words() {
        assert_eq!(features(&[]).dim(), (1, 131, 0));
    }
}
