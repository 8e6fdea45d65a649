//! Token ids of contexts, read quickly when one begins as the one before.
//!
//! The splitting rule of Llama 3 puts a boundary before every space that follows anything but whitespace, and
//! nothing beyond the space changes what lies before it: there, the tokens of a text are those of its two
//! parts. So of two texts that begin alike only the rest of the second is tokenised. A tokenizer with another rule
//! is given every text whole.

use std::path::Path;

use serde_json::Value;
use tokenizers::Tokenizer;

use crate::features::Error;

const FILE: &str = "tokenizer.json";

/// The splitting rule of Llama 3, for which cuts before spaces are exact.
const LLAMA3_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A tokenizer as `tokenizer.json` describes it; special tokens are never added.
pub struct Tokens {
    tokenizer: Tokenizer,
    splits_at_spaces: bool,
}

impl Tokens {
    /// # Errors
    /// [`Error::Read`], or [`Error::Configuration`] when the file describes no tokenizer, or one with ids from
    /// `vocab_size` on.
    pub fn open(folder: &Path, vocab_size: i64) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let bytes = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        Self::parse(&bytes, vocab_size).map_err(|reason| Error::Configuration { path, reason })
    }

    fn parse(bytes: &[u8], vocab_size: i64) -> Result<Self, String> {
        let described: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| error.to_string())?;
        tokenizer.with_padding(None).with_truncation(None).map_err(|error| error.to_string())?;
        match tokenizer.get_vocab(true).into_values().max() {
            Some(id) if i64::from(id) >= vocab_size => Err(format!("token {id} is beyond the model's {vocab_size}")),
            _ => Ok(Self { tokenizer, splits_at_spaces: splits_at_spaces(&described) }),
        }
    }

    /// Reads one text after another.
    pub fn reader(&self) -> Reader<'_> {
        Reader { tokens: self, text: String::new(), ids: Vec::new(), cuts: vec![Cut::START] }
    }

    /// Where beyond `from` the text may be cut without changing its tokens.
    fn cuts<'t>(&self, text: &'t str, from: usize) -> impl Iterator<Item = usize> + use<'t> {
        let searched = if self.splits_at_spaces { &text[from..] } else { "" };
        let spaces = searched.match_indices(' ').map(move |(at, _)| from + at).filter(move |&at| at > from);
        spaces.filter(|&at| text[..at].chars().next_back().is_some_and(|before| !before.is_whitespace()))
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>, Error> {
        let encoding = self.tokenizer.encode_fast(text, false);
        Ok(encoding.map_err(|error| Error::Tokenize { reason: error.to_string() })?.get_ids().to_vec())
    }
}

/// Whether the rule is that of Llama 3 and nothing before or beside it changes the text.
fn splits_at_spaces(described: &Value) -> bool {
    let pieces = &described["pre_tokenizer"]["pretokenizers"];
    let split = &pieces[0];
    let bytes = &pieces[1];
    let is_plain = |token: &Value| {
        let may_reach_out = ["lstrip", "rstrip", "single_word"].iter().any(|flag| token[flag] != false);
        let content = token["content"].as_str();
        !may_reach_out && content.is_some_and(|content| !content.contains(char::is_whitespace))
    };
    described["normalizer"].is_null()
        && described["model"]["type"] == "BPE"
        && described["pre_tokenizer"]["type"] == "Sequence"
        && pieces.as_array().is_some_and(|pieces| pieces.len() == 2)
        && split["type"] == "Split"
        && split["pattern"]["Regex"] == LLAMA3_SPLIT
        && split["behavior"] == "Isolated"
        && split["invert"] == false
        && bytes["type"] == "ByteLevel"
        && bytes["add_prefix_space"] == false
        && bytes["use_regex"] == false
        && described["added_tokens"].as_array().is_some_and(|added| added.iter().all(is_plain))
}

/// A boundary of the last text: so many bytes are so many tokens.
#[derive(Clone, Copy)]
struct Cut {
    bytes: usize,
    tokens: usize,
}

impl Cut {
    const START: Self = Self { bytes: 0, tokens: 0 };
}

/// Tokenises texts one after another, keeping the ids of what two in a row share.
pub struct Reader<'t> {
    tokens: &'t Tokens,
    text: String,
    ids: Vec<i64>,
    cuts: Vec<Cut>,
}

impl Reader<'_> {
    /// The ids of the whole text.
    ///
    /// # Errors
    /// [`Error::Tokenize`] when the tokenizer has no tokens for it.
    pub fn read(&mut self, text: &str) -> Result<&[i64], Error> {
        let shared = shared_beginning(&self.text, text);
        let is_cut = |at: usize| matches!(text.as_bytes().get(at), None | Some(b' '));
        self.cuts.retain(|cut| cut.bytes == 0 || (cut.bytes <= shared && is_cut(cut.bytes)));
        let mut cut = self.cuts.last().copied().unwrap_or(Cut::START);
        self.ids.truncate(cut.tokens);
        self.text.truncate(cut.bytes);
        for end in self.tokens.cuts(text, cut.bytes).chain([text.len()]) {
            let ids = self.tokens.encode(&text[cut.bytes..end])?;
            self.ids.extend(ids.into_iter().map(i64::from));
            cut = Cut { bytes: end, tokens: self.ids.len() };
            if end < text.len() {
                self.cuts.push(cut);
            }
        }
        self.text.push_str(&text[self.text.len()..]);
        Ok(&self.ids)
    }
}

/// Length in bytes of what two texts begin with alike.
fn shared_beginning(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A byte-level tokenizer of Llama 3's form: the printable ASCII characters, and a few merges.
    pub(in super::super) fn description() -> Value {
        let merges = [
            ("t", "h"),
            ("th", "e"),
            ("\u{120}", "the"),
            ("o", "f"),
            ("\u{120}", "of"),
            (".", "\""),
            ("1", "2"),
            ("i", "n"),
        ];
        let letters =
            (33..127u8).map(|byte| char::from(byte).to_string()).chain(["\u{120}".to_owned(), "\u{10a}".to_owned()]);
        let merged = merges.iter().map(|(left, right)| format!("{left}{right}"));
        let vocab: serde_json::Map<String, Value> =
            letters.chain(merged).enumerate().map(|(id, token)| (token, json!(id))).collect();
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": LLAMA3_SPLIT}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
            ]},
            "post_processor": null, "decoder": null,
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": true,
                "vocab": vocab, "merges": merges.map(|(left, right)| format!("{left} {right}")),
            },
        })
    }

    pub(in super::super) const VOCABULARY: i64 = 128;

    fn parse(description: &Value) -> Result<Tokens, String> {
        Tokens::parse(description.to_string().as_bytes(), VOCABULARY)
    }

    #[test]
    fn a_token_without_an_embedding_is_refused() {
        let refusal = Tokens::parse(description().to_string().as_bytes(), 100).err().unwrap();
        assert_eq!(refusal, "token 103 is beyond the model's 100");
    }

    #[test]
    fn another_splitting_rule_is_read_whole() {
        assert!(parse(&description()).unwrap().splits_at_spaces);
        let mut other = description();
        other["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = json!(r"\w+ \w+|.");
        assert!(!parse(&other).unwrap().splits_at_spaces);
        let mut spaced = description();
        spaced["added_tokens"] = json!([{
            "id": 104, "content": "<a b>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        }]);
        assert!(!parse(&spaced).unwrap().splits_at_spaces);
    }

    #[test]
    fn a_punctuation_mark_may_merge_with_what_follows() {
        let tokens = parse(&description()).unwrap();
        let mut reader = tokens.reader();
        let ends = |ids: &[i64]| ids.last().copied();
        let (dot, quote) = (ends(reader.read("the end.").unwrap()), ends(reader.read("the end.\"").unwrap()));
        assert_ne!(dot, quote);
        assert_eq!(reader.read("the end.\"").unwrap().len(), 6);
    }

    /// Texts of words, spaces of every kind, digits, marks and letters, each a small change of the one before.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        let pieces = prop::sample::select(vec![
            "the", " of", "in", " ", "  ", "\n", "\t", ".", "\"", "'s", "12", "1", "A", " the", "-",
        ]);
        prop::collection::vec((0..40usize, prop::collection::vec(pieces, 0..6)), 1..12).prop_map(|changes| {
            let mut text = String::new();
            (changes.into_iter())
                .map(|(kept, pieces)| {
                    text.truncate(kept.max(text.len().saturating_sub(8)));
                    text.extend(pieces);
                    text.clone()
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn a_text_has_the_same_tokens_after_any_other(texts in texts()) {
            let tokens = parse(&description()).unwrap();
            let mut reader = tokens.reader();
            for text in texts {
                let whole: Vec<i64> = tokens.encode(&text).unwrap().into_iter().map(i64::from).collect();
                prop_assert_eq!(reader.read(&text).unwrap(), &whole, "{:?}", text);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Tokens::parse(&bytes, VOCABULARY).is_err());
        }
    }
}
