//! A tokenizer of Llama 3's form that knows no merges: every byte of a text is a token.

use serde_json::{Map, Value, json};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

/// Where Llama 3 cuts a text into words before it looks for tokens.
const WORDS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Ids: one a byte, then the two that open and close a text.
pub(super) const BEGIN_OF_TEXT: usize = 256;
pub(super) const END_OF_TEXT: usize = 257;
pub(super) const VOCABULARY: usize = 258;

/// The content of `tokenizer.json`.
pub(super) fn description() -> Value {
    let mut letters: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    letters.sort_unstable();
    let ids: Map<String, Value> =
        letters.into_iter().zip(0..).map(|(letter, id)| (letter.to_string(), json!(id))).collect();
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    json!({
        "version": "1.0",
        "added_tokens": [special_token(BEGIN_OF_TEXT, "<|begin_of_text|>"), special_token(END_OF_TEXT, "<|end_of_text|>")],
        "normalizer": null,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": WORDS}, "behavior": "Isolated", "invert": false},
                byte_level,
            ],
        },
        "post_processor": null,
        "decoder": byte_level,
        "model": {"type": "BPE", "ignore_merges": true, "vocab": ids, "merges": []},
    })
}

fn special_token(id: usize, content: &str) -> Value {
    json!({
        "id": id, "content": content, "special": true,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_token() {
        let tokenizer: tokenizers::Tokenizer = description().to_string().parse().expect("a tokenizer");
        assert_eq!(tokenizer.get_vocab_size(true), VOCABULARY);
        for text in ["To be, or not to be", "naïve café — 1603\r\n", "日本語 🧠"] {
            let tokens = tokenizer.encode(text, false).expect("any text is encoded");
            assert_eq!(tokens.get_ids().len(), text.len());
            assert_eq!(tokenizer.decode(tokens.get_ids(), false).expect("and decoded"), text);
        }
    }
}
