//! Texts by rule: a small context-free grammar of English, from which sentences and stories are drawn.

mod texts;

pub use texts::{Text, TextKind, texts};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

const RULES: &str = include_str!("rules.txt");

/// The rules of `rules.txt`, whose head says how they are written.
pub(super) struct Grammar {
    rules: BTreeMap<String, Vec<Alternative>>,
}

/// What a symbol may stand for.
type Alternative = Vec<Piece>;

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// A symbol, and the mark that ties it to all others with the same name and mark.
    Symbol {
        name: String,
        mark: Option<String>,
    },
}

/// A text that is being drawn.
struct Drawing<'a> {
    grammar: &'a Grammar,
    rng: &'a mut ChaCha8Rng,
    /// `_f` or `_m`: the person whom the text is about.
    sex: &'static str,
    /// What marked symbols stand for.
    tied: BTreeMap<String, String>,
}

impl Grammar {
    pub(super) fn embedded() -> &'static Self {
        static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::parse(RULES));
        &GRAMMAR
    }

    fn parse(text: &str) -> Self {
        let mut written: Vec<(String, String)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            match (line.starts_with(' '), line.split_once(':'), written.last_mut()) {
                (true, _, Some((_, alternatives))) => *alternatives += &format!(" {}", line.trim()),
                (false, Some((name, alternatives)), _) => written.push((name.to_owned(), alternatives.to_owned())),
                _ => panic!("a line of rules.txt is no rule: {line}. This is a bug."),
            }
        }
        let rules = written.into_iter().map(|(name, alternatives)| {
            (name, alternatives.split('|').map(|alternative| pieces(alternative.trim())).collect())
        });
        Self { rules: rules.collect() }
    }

    /// A text of this symbol, its sentences with capitals.
    pub(super) fn draw(&self, symbol: &str, rng: &mut ChaCha8Rng) -> String {
        let sex = if rng.random() { "_f" } else { "_m" };
        let drawn = Drawing { grammar: self, rng, sex, tied: BTreeMap::new() }.expand(symbol);
        with_capitals(&drawn)
    }

    /// The alternatives of a symbol, or of its form for this sex.
    fn alternatives(&self, symbol: &str, sex: &str) -> Option<&[Alternative]> {
        self.rules.get(symbol).or_else(|| self.rules.get(&format!("{symbol}{sex}"))).map(Vec::as_slice)
    }
}

impl Drawing<'_> {
    fn expand(&mut self, symbol: &str) -> String {
        let grammar = self.grammar;
        let alternatives = grammar.alternatives(symbol, self.sex);
        let alternative = alternatives.and_then(|alternatives| alternatives.choose(self.rng));
        let pieces = alternative.expect("rules.txt defines every symbol that it uses, and a test reads it");
        pieces.iter().map(|piece| self.piece(piece)).collect()
    }

    fn piece(&mut self, piece: &Piece) -> String {
        match piece {
            Piece::Text(text) => text.clone(),
            Piece::Symbol { name, mark: None } => self.expand(name),
            Piece::Symbol { name, mark: Some(mark) } => {
                let key = format!("{name}#{mark}");
                if let Some(tied) = self.tied.get(&key) {
                    return tied.clone();
                }
                let drawn = self.expand(name);
                self.tied.insert(key, drawn.clone());
                drawn
            }
        }
    }
}

fn pieces(alternative: &str) -> Alternative {
    let mut pieces = Vec::new();
    let mut rest = alternative;
    while let Some((before, after)) = rest.split_once('{') {
        let (symbol, left) = after.split_once('}').unwrap_or((after, ""));
        let (name, mark) = symbol.split_once('#').map_or((symbol, None), |(name, mark)| (name, Some(mark.to_owned())));
        pieces.extend([Piece::Text(before.to_owned()), Piece::Symbol { name: name.to_owned(), mark }]);
        rest = left;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

/// The text with a capital where a sentence begins.
fn with_capitals(text: &str) -> String {
    let mut begins = true;
    let letter = |letter: char| {
        let shown = if begins { letter.to_uppercase().next().unwrap_or(letter) } else { letter };
        begins = letter == '.' || begins && !letter.is_alphanumeric();
        shown
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::super::random::generator;
    use super::*;

    #[test]
    fn every_symbol_has_rules() {
        let grammar = Grammar::embedded();
        for (name, piece) in grammar
            .rules
            .iter()
            .flat_map(|(name, alternatives)| alternatives.iter().flatten().map(move |piece| (name, piece)))
        {
            let Piece::Symbol { name: used, .. } = piece else { continue };
            for sex in ["_f", "_m"] {
                assert!(grammar.alternatives(used, sex).is_some(), "{name} uses {used}, which has no rule");
            }
        }
        assert!(grammar.rules.values().flatten().flatten().all(|piece| match piece {
            Piece::Text(text) => !text.contains(['{', '}', '#', '_']),
            Piece::Symbol { .. } => true,
        }));
    }

    #[test]
    fn marked_symbols_are_the_same_wherever_they_come() {
        let grammar = Grammar::parse(
            "tale: {name#1} saw {her} {pet#1}. the {pet#1} saw {name#1}.\nname_f: Ann | Eve\n\
             name_m: Tom | Max\nher_f: her\nher_m: his\npet: cat | dog\n  | hen",
        );
        let mut told = std::collections::BTreeSet::new();
        for part in 0..60 {
            let text = grammar.draw("tale", &mut generator(1, &part.to_string()));
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!((words[0], words[3]), (words[7].trim_end_matches('.'), &format!("{}.", words[5])[..]), "{text}");
            assert_eq!(words[2] == "her", ["Ann", "Eve"].contains(&words[0]), "{text}");
            assert_eq!(words[4], "The");
            told.insert(text);
        }
        assert_eq!(told.len(), 12);
    }
}
