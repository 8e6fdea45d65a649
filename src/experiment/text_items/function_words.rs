//! The words of English that carry syntax, which pseudo-word sentences keep.

/// Determiners, pronouns, prepositions, conjunctions, auxiliaries, particles and numerals, in order.
const FUNCTION_WORDS: &str = "\
    a about above across after against all along although am among an and any are around as at away back be because \
    been before behind being below beneath beside between beyond both but by can could did do does down during each \
    eight either even every few five for four from had has have he her here hers herself him himself his how i if in \
    inside into is it its itself less many may me might more most much must my near neither never nine no nor not of \
    off on one onto or other our ours out outside over own past seven several shall she should since six so some \
    still such ten than that the their theirs them themselves then there these they this those though three through \
    to too toward towards two under until up upon us was we were what when where whether which while who whom whose \
    why will with within without would yet you your yours";

/// Whether a word carries syntax, whatever its case. What follows an apostrophe does not count: `don't` is `do`.
pub(super) fn is_function_word(word: &str) -> bool {
    let stem = word.split(['\'', '’']).next().unwrap_or(word).to_lowercase();
    let is_contracted = word.len() > stem.len();
    let is_listed = |stem: &str| FUNCTION_WORDS.split(' ').any(|word| word == stem);
    is_listed(&stem) || is_contracted && is_listed(stem.trim_end_matches('n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_each_word_stands_once() {
        assert!(FUNCTION_WORDS.split(' ').is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn contractions_are_function_words_and_possessives_of_things_are_not() {
        for word in ["The", "don't", "couldn’t", "it's", "I'm", "WHOM"] {
            assert!(is_function_word(word), "{word}");
        }
        for word in ["ferry", "dog's", "then-minister", "ton"] {
            assert!(!is_function_word(word), "{word}");
        }
    }
}
