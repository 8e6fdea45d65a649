//! How long a word is, written and spoken.

/// Letters that are heard as one sound in English, the longest first.
const ONE_SOUND: [&str; 35] = [
    "tch", "eau", "igh", "sch", "ch", "sh", "th", "ph", "wh", "gh", "ck", "ng", "qu", "oo", "ee", "ea", "ai", "ay",
    "oa", "ou", "ow", "oi", "oy", "ie", "ei", "au", "aw", "ew", "ue", "kn", "wr", "mb", "er", "ar", "or",
];

/// Letters and digits of a word.
pub fn letters(word: &str) -> usize {
    word.chars().filter(|letter| letter.is_alphanumeric()).count()
}

/// About how many sounds an English word has, by its spelling: groups of letters that are heard as one and doubled letters
/// count once, an *e* that ends a word after a consonant not at all, *x* twice. A letter of another script is a sound.
pub fn phonemes(word: &str) -> usize {
    let letters: Vec<char> = word.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    let mut rest = letters.as_slice();
    if let [.., before, 'e'] = rest
        && letters.len() > 3
        && !is_vowel(*before)
    {
        rest = &rest[..rest.len() - 1];
    }
    let mut sounds = 0;
    while let Some(&letter) = rest.first() {
        let group = ONE_SOUND.iter().find(|group| begins_with(rest, group)).map(|group| group.len());
        let length = group.unwrap_or_else(|| rest.iter().take_while(|next| **next == letter).count());
        sounds += if letter == 'x' { 2 } else { 1 };
        rest = &rest[length..];
    }
    sounds
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn begins_with(letters: &[char], group: &str) -> bool {
    letters.len() >= group.len() && group.chars().zip(letters).all(|(expected, letter)| expected == *letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sounds_are_those_that_are_heard() {
        let counted = ["cat", "fish", "phone", "box", "letter", "night", "the", "e", "Don't", "123", ""].map(phonemes);
        assert_eq!(counted, [3, 3, 3, 4, 4, 3, 2, 1, 4, 3, 0]);
    }

    #[test]
    fn marks_are_no_letters() {
        assert_eq!(["don't", "“Yes!”", "naïve"].map(letters), [4, 3, 5]);
    }

    proptest! {
        #[test]
        fn a_word_of_letters_has_sounds_and_not_twice_as_many(word in "\\PC*") {
            let (letters, phonemes) = (letters(&word.to_lowercase()), phonemes(&word));
            prop_assert!(phonemes <= 2 * letters && (phonemes > 0) == (letters > 0));
        }
    }
}
