//! Blocks of trials in the manner of the localizers: one stimulus, then nothing until its response is over.

use std::ops::Range;

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::stock::{Stock, pattern};
use super::{Category, Heard, Programme, Seen, Travel};
use crate::simulation::grammar::TextKind;

/// What the trials of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Pictures,
    Motion,
    /// Speech and sounds.
    Sounds,
    Texts,
    Stories,
    /// A face that speaks: seen, heard, both, and both with the voice of another sentence.
    Faces,
}

/// Nothing for so long after a trial (s).
const PAUSE_S: Range<f64> = 4.0..8.0;
/// A picture lasts as long as in the localizers (s).
const PICTURE_S: f64 = 1.0;
const PATTERN_S: f64 = 2.0;
const TEXTS: [TextKind; 6] = [
    TextKind::Sentence,
    TextKind::WordList,
    TextKind::PseudoSentence,
    TextKind::PseudoList,
    TextKind::Complex,
    TextKind::Simple,
];
const STORIES: [TextKind; 4] = [TextKind::EmotionalPain, TextKind::PhysicalPain, TextKind::Belief, TextKind::Photo];

impl Block {
    /// Pictures twice, since they are the stimuli of seven localizers.
    pub(super) const ALL: [Self; 7] =
        [Self::Pictures, Self::Motion, Self::Sounds, Self::Texts, Self::Pictures, Self::Stories, Self::Faces];

    /// Shows the block's trials from the start of the span on, as many as end within it. Returns the end of the last one's
    /// pause (s).
    pub(super) fn fill(self, film: &mut Programme, span: Range<f64>, stock: &mut Stock, rng: &mut ChaCha8Rng) -> f64 {
        let mut reached_s = span.start;
        for trial in self.trials(stock, rng) {
            if reached_s + trial.length_s() > span.end {
                break;
            }
            if let Some((seen, length_s)) = trial.seen {
                film.show(reached_s, length_s, seen);
            }
            if let Some((heard, length_s)) = trial.heard {
                film.play(reached_s, length_s, heard);
            }
            reached_s += trial.length_s() + rng.random_range(PAUSE_S);
        }
        reached_s
    }

    fn trials(self, stock: &mut Stock, rng: &mut ChaCha8Rng) -> Vec<Trial> {
        let mut trials: Vec<Option<Trial>> = match self {
            Self::Pictures => {
                let more = [Category::Faces, Category::Objects];
                Category::ALL.into_iter().chain(more).map(|category| Trial::picture(category, stock, rng)).collect()
            }
            Self::Motion => [true, false, true, false].map(|moves| Some(Trial::pattern(moves, rng))).into(),
            Self::Sounds => (0..6).map(|turn| Trial::sound(turn % 2 == 0, stock, rng)).collect(),
            Self::Texts => TEXTS.map(|kind| Trial::text(kind, stock, rng)).into(),
            Self::Stories => STORIES.map(|kind| Trial::text(kind, stock, rng)).into(),
            Self::Faces => (0..4).map(|turn| Trial::face(turn, stock, rng)).collect(),
        };
        trials.shuffle(rng);
        trials.into_iter().flatten().collect()
    }
}

/// What begins together, with lengths (s).
struct Trial {
    seen: Option<(Seen, f64)>,
    heard: Option<(Heard, f64)>,
}

impl Trial {
    fn length_s(&self) -> f64 {
        let lengths = [self.seen.map(|seen| seen.1), self.heard.map(|heard| heard.1)];
        lengths.into_iter().flatten().fold(0.0, f64::max)
    }

    fn picture(category: Category, stock: &mut Stock, rng: &mut ChaCha8Rng) -> Option<Self> {
        let number = stock.picture(category, rng)?;
        let seen = Seen::Picture { category, number, travel: Travel::HELD };
        Some(Self { seen: Some((seen, PICTURE_S)), heard: None })
    }

    fn pattern(moves: bool, rng: &mut ChaCha8Rng) -> Self {
        Self { seen: Some((Seen::Pattern { seed: pattern(rng), moves }, PATTERN_S)), heard: None }
    }

    fn sound(is_speech: bool, stock: &mut Stock, rng: &mut ChaCha8Rng) -> Option<Self> {
        if !is_speech {
            let (number, length_s) = stock.sound(rng)?;
            return Some(Self { seen: None, heard: Some((Heard::Sound { number }, length_s)) });
        }
        let (utterance, spoken) = stock.sentence(rng)?;
        Some(Self { seen: None, heard: Some((Heard::Speech { utterance }, spoken.duration_s)) })
    }

    /// Spoken, or now and then only read.
    fn text(kind: TextKind, stock: &mut Stock, rng: &mut ChaCha8Rng) -> Option<Self> {
        let (utterance, spoken) = stock.utterance(kind, rng)?;
        let manners = [Heard::Speech { utterance }, Heard::Speech { utterance }, Heard::Reading { utterance }];
        let heard = *manners.choose(rng)?;
        Some(Self { seen: None, heard: Some((heard, spoken.duration_s)) })
    }

    fn face(turn: usize, stock: &mut Stock, rng: &mut ChaCha8Rng) -> Option<Self> {
        let portrait = stock.portrait(rng)?;
        let ((lips, seen), (other, heard)) = (stock.sentence(rng)?, stock.sentence(rng)?);
        let is_own_voice = turn == 2;
        let face = (Seen::Talking { portrait, lips, is_own_voice }, seen.duration_s);
        let (own, foreign) = (
            (Heard::Speech { utterance: lips }, seen.duration_s),
            (Heard::Speech { utterance: other }, heard.duration_s),
        );
        Some(match turn {
            0 => Self { seen: Some(face), heard: None },
            1 => Self { seen: None, heard: Some(own) },
            2 => Self { seen: Some(face), heard: Some(own) },
            _ => Self { seen: Some(face), heard: Some(foreign) },
        })
    }
}
