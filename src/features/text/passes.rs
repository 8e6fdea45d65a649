//! Which contexts are read in one forward, and where in it each word lies.
//!
//! Under causal attention a token sees only what is before it, so contexts that begin alike share the hidden
//! states of their beginning. A pass takes words for as long as each context grows from the one before. Its longest
//! context is the stem; where another ends in tokens of its own, since a mark merged with what follows it, these
//! few are a branch off the stem. Nothing is approximated: every word has the states its context alone would give.

use std::collections::HashMap;
use std::ops::Range;

use super::tokens::Reader;
use crate::features::Error;
use crate::stimulus::Word;

/// Most tokens that a context may leave behind of the one before it, in the same pass.
const LONGEST_BRANCH: usize = 16;

/// Contexts that begin alike, as one row of tokens: the stem, then every branch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TokenTree {
    ids: Vec<i64>,
    stem: usize,
    branches: Vec<Branch>,
}

/// Tokens that follow the first `at` of the stem, in these rows.
#[derive(Clone, Debug, PartialEq)]
struct Branch {
    at: usize,
    rows: Range<usize>,
}

impl TokenTree {
    /// One context alone.
    pub fn of_context(ids: &[i64]) -> Self {
        Self { ids: ids.to_vec(), stem: ids.len(), branches: Vec::new() }
    }

    /// The token of each row.
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// Rows of the stem, the first ones.
    pub fn stem(&self) -> usize {
        self.stem
    }

    /// The position in its context of each row.
    pub fn positions(&self) -> Vec<i64> {
        let branches = self.branches.iter().flat_map(|branch| branch.at..branch.at + branch.rows.len());
        (0..self.stem).chain(branches).map(|position| position as i64).collect()
    }

    /// `(row of a branch, row)`, true where the first reads the second.
    pub fn branch_mask(&self) -> Vec<bool> {
        let mut mask = Vec::with_capacity((self.ids.len() - self.stem) * self.ids.len());
        for branch in &self.branches {
            for reader in branch.rows.clone() {
                mask.extend(
                    (0..self.ids.len()).map(|row| row < branch.at || (branch.rows.start..=reader).contains(&row)),
                );
            }
        }
        mask
    }

    /// Adds a branch, and tells its rows.
    fn grow(&mut self, at: usize, ids: &[i64]) -> Range<usize> {
        let rows = self.ids.len()..self.ids.len() + ids.len();
        self.ids.extend(ids);
        self.branches.push(Branch { at, rows: rows.clone() });
        rows
    }
}

/// One forward: its tokens, and the rows of each word's own tokens.
#[derive(Debug, Default, PartialEq)]
pub struct Pass {
    pub tree: TokenTree,
    pub words: Vec<Vec<i64>>,
}

impl Pass {
    fn of(contexts: &[Context]) -> Self {
        let stem = contexts.iter().map(|context| &context.ids).max_by_key(|ids| ids.len());
        let mut tree = stem.map(|ids| TokenTree::of_context(ids)).unwrap_or_default();
        let mut grown = HashMap::new();
        let words = (contexts.iter())
            .map(|context| {
                let at = shared(&context.ids, &tree.ids[..tree.stem]);
                let tail = &context.ids[at..];
                let branch = if tail.is_empty() {
                    0..0
                } else {
                    grown.entry((at, tail)).or_insert_with(|| tree.grow(at, tail)).clone()
                };
                let rows = (0..at).chain(branch).skip(context.ids.len() - context.own);
                rows.map(|row| row as i64).collect()
            })
            .collect();
        Self { tree, words }
    }
}

/// A word's context as the model reads it; its last `own` tokens are the word.
struct Context {
    ids: Vec<i64>,
    own: usize,
}

impl Context {
    fn read(word: &Word, reader: &mut Reader, longest: usize) -> Result<Self, Error> {
        let before = reader.read(prefix(word))?.len();
        let ids = reader.read(&word.context)?;
        if ids.is_empty() {
            return Err(Error::NoTokens { word: word.text.clone() });
        }
        let kept = ids.len().min(longest);
        let own = ids.len().saturating_sub(before).clamp(1, kept);
        Ok(Self { ids: ids[ids.len() - kept..].to_vec(), own })
    }

    fn grows_from(&self, before: &Self) -> bool {
        before.ids.len() - shared(&before.ids, &self.ids) <= LONGEST_BRANCH
    }
}

/// The context without as many characters as the word has, and without the space before it.
fn prefix(word: &Word) -> &str {
    let start = word
        .text
        .chars()
        .count()
        .checked_sub(1)
        .map_or(Some(word.context.len()), |last| word.context.char_indices().nth_back(last).map(|(at, _)| at));
    word.context[..start.unwrap_or(0)].trim_end()
}

/// How many tokens two contexts begin with alike.
fn shared(one: &[i64], other: &[i64]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The passes over the words, in order, each planned when it is asked for. Of a context of more than `longest` tokens
/// the last are read.
pub(super) struct Plan<'a> {
    words: std::slice::Iter<'a, Word>,
    reader: Reader<'a>,
    longest: usize,
    next: Option<Context>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(words: &'a [Word], reader: Reader<'a>, longest: usize) -> Self {
        Self { words: words.iter(), reader, longest, next: None }
    }

    fn read(&mut self) -> Result<Option<Context>, Error> {
        let word = self.words.next();
        word.map(|word| Context::read(word, &mut self.reader, self.longest)).transpose()
    }

    /// The next pass, or `None` after the last word.
    pub(super) fn pass(&mut self) -> Result<Option<Pass>, Error> {
        let first = match self.next.take() {
            Some(context) => Some(context),
            None => self.read()?,
        };
        let mut contexts: Vec<Context> = first.into_iter().collect();
        while let Some(before) = contexts.last() {
            match self.read()? {
                Some(context) if context.grows_from(before) => contexts.push(context),
                next => {
                    self.next = next;
                    return Ok(Some(Pass::of(&contexts)));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(text: &str, context: &str) -> Word {
        Word { text: text.into(), start: 0.0, duration: 0.1, context: context.into(), surface: text.into() }
    }

    /// What the last token of a word reads, itself included, with the positions of all that.
    fn read(tree: &TokenTree, row: usize) -> Vec<(i64, i64)> {
        let mask = tree.branch_mask();
        let reads = |other: &usize| match row.checked_sub(tree.stem) {
            None => *other <= row,
            Some(branch) => mask[branch * tree.ids.len() + other],
        };
        let positions = tree.positions();
        (0..tree.ids.len()).filter(reads).map(|other| (tree.ids[other], positions[other])).collect()
    }

    #[test]
    fn a_word_begins_where_as_many_characters_are_left() {
        assert_eq!(prefix(&word("sea", "a sea")), "a");
        assert_eq!(prefix(&word("troubles.", "of troubles")), "of");
        assert_eq!(prefix(&word("été", "un  été")), "un");
        assert_eq!(prefix(&word("longer", "long")), "");
        assert_eq!(prefix(&word("", "long ")), "long");
    }

    proptest! {
        #[test]
        fn every_word_reads_its_context_and_nothing_else(
            changes in prop::collection::vec((0..20usize, prop::collection::vec(0..3i64, 1..8), 1..3usize), 1..12),
        ) {
            let mut ids = Vec::new();
            let contexts: Vec<Context> = (changes.into_iter())
                .map(|(dropped, tail, own)| {
                    ids.truncate(ids.len().saturating_sub(dropped));
                    ids.extend(tail);
                    Context { own: own.min(ids.len()), ids: ids.clone() }
                })
                .collect();
            let pass = Pass::of(&contexts);
            for (context, rows) in contexts.iter().zip(&pass.words) {
                let expected: Vec<(i64, i64)> = context.ids.iter().copied().zip(0..).collect();
                prop_assert_eq!(read(&pass.tree, rows[rows.len() - 1] as usize), expected);
                let own: Vec<i64> = rows.iter().map(|&row| pass.tree.ids[row as usize]).collect();
                prop_assert_eq!(&own[..], &context.ids[context.ids.len() - context.own..]);
            }
        }
    }
}
