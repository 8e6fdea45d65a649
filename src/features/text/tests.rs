//! Text features against the published ones, and shared forwards against one a word.

use std::path::Path;

use ndarray::Array3;
use tch::{Device, Kind, Tensor};

use super::{TextExtractor, hub, tokens};
use crate::features::grid::{self, Window};
use crate::features::weights::{Linear, Weights, save_safetensors};
use crate::features::{Cancelled, Compute, Error, LayerSelection, golden};
use crate::stimulus::Word;

const LLAMA: &str = "models--meta-llama--Llama-3.2-3B";
const CPU: Compute = Compute { device: Device::Cpu, kind: Kind::Float };

fn released() -> LayerSelection {
    LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers: Some(20) }
}

fn extractor(golden: &Path) -> TextExtractor {
    TextExtractor::open(&golden::model(golden, LLAMA), &released(), CPU).expect("the golden model opens")
}

/// The words of a golden event table.
fn words(golden: &Path, name: &str) -> Vec<Word> {
    let path = golden.join("expected").join(format!("{name}.events.tsv"));
    let mut table = csv::ReaderBuilder::new().delimiter(b'\t').from_path(path).expect("a golden can be read");
    let header = table.headers().expect("it has a header").clone();
    let column = |name: &str| header.iter().position(|column| column == name).expect("it has the column");
    let (kind, text, start) = (column("type"), column("text"), column("start"));
    let (duration, context) = (column("duration"), column("context"));
    (table.records().map(|row| row.expect("it is a table")))
        .filter(|row| &row[kind] == "Word")
        .map(|row| word(&row[text], &row[context], row[start].parse().unwrap(), row[duration].parse().unwrap()))
        .collect()
}

fn word(text: &str, context: &str, start: f64, duration: f64) -> Word {
    Word { text: text.into(), start, duration, context: context.into(), surface: text.into() }
}

fn tensor(features: &Array3<f32>) -> Tensor {
    let shape: Vec<i64> = features.shape().iter().map(|&size| size as i64).collect();
    let values: Vec<f32> = features.iter().copied().collect();
    Tensor::from_slice(&values).reshape(shape)
}

#[test]
fn word_means_of_one_pass_are_the_published_ones() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden);
    let expected = golden::expected(&golden, "hamlet.text_steps.safetensors");
    let words = words(&golden, "hamlet");
    let mut plan = super::Plan::new(&words, extractor.tokens.reader(), 131_072);
    let pass = plan.pass().unwrap().unwrap();
    assert_eq!(pass.words.len(), words.len(), "one pass reads all words");
    let own = super::OwnTokens::of(&pass.words, Device::Cpu);
    let mut means = Vec::new();
    let keep = |_, state: &Tensor| {
        means.push(own.mean(state));
        Ok(())
    };
    extractor.model.hidden_states(&pass.tree, keep).unwrap();
    let means = Tensor::stack(&means, 1);
    for index in [0, 5, 20, 34] {
        let published = &expected[&format!("word.{index}.word_mean")];
        golden::assert_close(&format!("mean of word {index}, one pass"), &means.get(index), published, 1e-4);
    }
}

#[test]
fn features_on_the_grid_are_the_published_ones() {
    let Some(golden) = golden::folder() else { return };
    let extractor = extractor(&golden);
    for name in ["hamlet", "clip"] {
        let words = words(&golden, name);
        let features = extractor.words(&words, &mut |_| Ok(())).unwrap();
        let spans: Vec<(f64, f64)> = words.iter().map(|word| (word.start, word.duration)).collect();
        let mut grid = Array3::zeros((2, 32, 200));
        let window = Window { start_s: 0.0, samples: 200, hz: 2.0 };
        grid::add_words(&mut grid.view_mut(), &window, &spans, &features);
        let expected = golden::expected(&golden, &format!("{name}.golden.safetensors"));
        golden::assert_close(
            &format!("text of {name}"),
            &tensor(&grid),
            &expected["features.text"].squeeze_dim(0),
            1e-4,
        );
    }
}

/// A model of four layers with random weights, in a folder.
fn made(longest: usize, architecture: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let configuration = serde_json::json!({
        "vocab_size": tokens::tests::VOCABULARY, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "max_position_embeddings": longest, "rope_theta": 10_000.0,
    });
    std::fs::write(folder.path().join("config.json"), configuration.to_string()).unwrap();
    std::fs::write(folder.path().join("tokenizer.json"), tokens::tests::description().to_string()).unwrap();
    let weights = Weights::seeded(3, Device::Cpu, Kind::Float);
    let root = if architecture == "LlamaForCausalLM" { &weights / "model" } else { weights.clone() };
    let config = hub::read(folder.path()).unwrap();
    super::Llama::new(&root, &config);
    if architecture == "LlamaForCausalLM" {
        Linear::without_bias(&(&weights / "lm_head"), 32, tokens::tests::VOCABULARY);
    }
    save_safetensors(&weights, &folder.path().join("model.safetensors")).unwrap();
    folder
}

/// Words of a text, each read at the end of all before it.
fn read_aloud(pieces: &[(&str, &str)]) -> Vec<Word> {
    let mut context = String::new();
    (pieces.iter())
        .map(|(before, text)| {
            context.push_str(before);
            context.push_str(text);
            word(text, &context, 0.0, 0.1)
        })
        .collect()
}

/// Two texts; marks that merge with what follows them, digits that do, and a word twice.
fn difficult() -> Vec<Word> {
    let first = [
        ("", "the"),
        (" ", "end."),
        ("\" ", "of"),
        (" ", "1"),
        ("", "2"),
        ("", "2"),
        (" ", "thing."),
        ("\" ", "in"),
        (" ", "the"),
        (" ", "in."),
        ("\"", "the"),
        ("\n", "end"),
        ("  ", "of"),
        (" ", "all"),
    ];
    let second = [("", "other"), (" ", "words"), (" ", "then")];
    let mut words = read_aloud(&first);
    words.push(words[3].clone());
    words.extend(read_aloud(&second));
    words
}

fn alone(extractor: &TextExtractor, words: &[Word]) -> Tensor {
    let one = |word: &Word| tensor(&extractor.words(std::slice::from_ref(word), &mut |_| Ok(())).unwrap());
    Tensor::cat(&words.iter().map(one).collect::<Vec<_>>(), 2)
}

#[test]
fn shared_forwards_give_what_each_context_gives_alone() {
    let words = difficult();
    for longest in [2_048, 9] {
        let folder = made(longest, "LlamaModel");
        let extractor = TextExtractor::open(folder.path(), &released(), CPU).unwrap();
        let together = tensor(&extractor.words(&words, &mut |_| Ok(())).unwrap());
        golden::assert_close(&format!("at most {longest} tokens"), &together, &alone(&extractor, &words), 1e-5);
    }
}

#[test]
fn a_branching_text_is_one_pass() {
    let folder = made(2_048, "LlamaModel");
    let extractor = TextExtractor::open(folder.path(), &released(), CPU).unwrap();
    let words = difficult();
    let mut plan = super::Plan::new(&words, extractor.tokens.reader(), 2_048);
    let pass = plan.pass().unwrap().unwrap();
    assert_eq!(pass.words.len(), 14);
    assert!(pass.tree.ids().len() > pass.tree.stem());
    assert!(pass.tree.ids().len() < pass.tree.stem() + 8);
    assert_eq!(plan.pass().unwrap().unwrap().words.len(), 4);
    assert_eq!(plan.pass().unwrap(), None);
}

#[test]
fn both_architectures_have_the_same_states() {
    let shapes = |architecture| {
        let folder = made(2_048, architecture);
        TextExtractor::open(folder.path(), &released(), CPU)
            .unwrap()
            .words(&difficult(), &mut |_| Ok(()))
            .unwrap()
            .dim()
    };
    assert_eq!(shapes("LlamaModel"), (2, 32, 18));
    assert_eq!(shapes("LlamaForCausalLM"), (2, 32, 18));
}

#[test]
fn bfloat16_is_close_to_float32() {
    let folder = made(2_048, "LlamaModel");
    let open = |kind| TextExtractor::open(folder.path(), &released(), Compute { kind, ..CPU }).unwrap();
    let features = |kind| tensor(&open(kind).words(&difficult(), &mut |_| Ok(())).unwrap());
    golden::assert_close("bfloat16", &features(Kind::BFloat16), &features(Kind::Float), 3e-2);
}

#[test]
fn an_extractor_stops_when_told() {
    let folder = made(2_048, "LlamaModel");
    let extractor = TextExtractor::open(folder.path(), &released(), CPU).unwrap();
    let mut told = Vec::new();
    let mut stop = |done| {
        told.push(done);
        if done > 0.3 { Err(Cancelled) } else { Ok(()) }
    };
    assert!(matches!(extractor.words(&difficult(), &mut stop), Err(Error::Cancelled(_))));
    assert!(told.is_sorted() && told.last().is_some_and(|&done| done < 1.0));
}

#[test]
fn a_word_without_tokens_is_refused() {
    let folder = made(2_048, "LlamaModel");
    let extractor = TextExtractor::open(folder.path(), &released(), CPU).unwrap();
    let refusal = extractor.words(&[word("the", "", 0.0, 0.1)], &mut |_| Ok(())).unwrap_err();
    assert_eq!(refusal.to_string(), "nothing is to be read up to the word \"the\": its context holds no token");
    assert_eq!(extractor.words(&[], &mut |_| Ok(())).unwrap().dim(), (2, 32, 0));
}
