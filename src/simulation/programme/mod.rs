//! What a film shows and plays, and when: its programme, drawn by chance from a stock of stimuli.
//!
//! A film goes to and fro between streams ([`stream`]), in which sights and sounds come on two tracks that know nothing of
//! each other but for faces that speak, and blocks of trials as localizers have them ([`trials`]).

mod courses;
mod deck;
mod stock;
mod stream;
mod trials;

#[cfg(test)]
mod tests;

pub use courses::{Measured, courses};
pub use stock::{Stock, Supplies, Utterance};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::plan::Senses;
use trials::Block;

/// What a picture is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Faces,
    Places,
    Bodies,
    Objects,
    Characters,
    Scrambled,
}

/// Something that is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// A mid-grey screen. Where nothing is seen, the screen is black.
    Grey,
    Picture {
        category: Category,
        number: usize,
        travel: Travel,
    },
    /// Dots or a grating, from a seed.
    Pattern {
        seed: u64,
        moves: bool,
    },
    /// A face whose mouth moves as an utterance is loud.
    Talking {
        portrait: usize,
        lips: usize,
        is_own_voice: bool,
    },
}

/// Something that is heard or read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    Sound {
        number: usize,
    },
    Speech {
        utterance: usize,
    },
    /// Words without a sound, at the pace of speech.
    Reading {
        utterance: usize,
    },
}

/// Where a picture goes while it is shown: shift (half sides) and size at its beginning and its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Travel {
    pub shift: [[f64; 2]; 2],
    pub size: [f64; 2],
}

impl Travel {
    pub const HELD: Self = Self { shift: [[0.0; 2]; 2], size: [1.0; 2] };
}

/// Something with a beginning and a length (s).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed<T> {
    pub onset_s: f64,
    pub duration_s: f64,
    pub what: T,
}

impl<T> Timed<T> {
    pub fn end_s(&self) -> f64 {
        self.onset_s + self.duration_s
    }
}

/// The programme of a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Programme {
    pub length_s: f64,
    /// By onset, without overlap.
    pub sights: Vec<Timed<Seen>>,
    /// By onset, without overlap.
    pub sounds: Vec<Timed<Heard>>,
}

impl Category {
    pub const ALL: [Self; 6] =
        [Self::Faces, Self::Places, Self::Bodies, Self::Objects, Self::Characters, Self::Scrambled];

    /// As the folder of its pictures is called.
    pub fn name(self) -> &'static str {
        self.channel().name()
    }

    pub fn channel(self) -> Channel {
        match self {
            Self::Faces => Channel::Faces,
            Self::Places => Channel::Places,
            Self::Bodies => Channel::Bodies,
            Self::Objects => Channel::Objects,
            Self::Characters => Channel::Characters,
            Self::Scrambled => Channel::Scrambled,
        }
    }
}

/// A stream lasts so long (s), and then comes a block of trials.
const STREAM_S: std::ops::Range<f64> = 45.0..75.0;
/// Nothing is shown or played at the end of a film (s), so that the last responses are seen in full.
const REST_S: f64 = 8.0;

impl Programme {
    /// A film of this length from what is in stock.
    pub fn draw(length_s: f64, stock: &mut Stock, rng: &mut ChaCha8Rng) -> Self {
        let mut film = Self { length_s, sights: Vec::new(), sounds: Vec::new() };
        let end_s = length_s - REST_S;
        let mut reached_s = rng.random_range(1.0..3.0);
        while reached_s < end_s {
            let until_s = end_s.min(reached_s + rng.random_range(STREAM_S));
            stream::fill(&mut film, reached_s..until_s, stock, rng);
            let block: Block = stock.block(rng);
            reached_s = block.fill(&mut film, until_s + 4.0..end_s, stock, rng) + 2.0;
        }
        film
    }

    /// What is left of it for some of the senses.
    #[must_use]
    pub fn limited_to(mut self, senses: Senses) -> Self {
        match senses {
            Senses::Both => {}
            Senses::SightAlone => self.sounds.retain(|sound| matches!(sound.what, Heard::Reading { .. })),
            Senses::SoundAlone => {
                self.sights.clear();
                self.sounds.retain(|sound| !matches!(sound.what, Heard::Reading { .. }));
            }
        }
        self
    }

    fn show(&mut self, onset_s: f64, duration_s: f64, what: Seen) {
        self.sights.push(Timed { onset_s, duration_s, what });
    }

    fn play(&mut self, onset_s: f64, duration_s: f64, what: Heard) {
        self.sounds.push(Timed { onset_s, duration_s, what });
    }
}
