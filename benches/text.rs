//! A thousand words in their contexts, against one forward over the same tokens.
//!
//! The two share their matrix products; what the first adds is planning, tokens and means.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use encortex::features::hub;
use encortex::features::text::TextExtractor;
use encortex::features::text::config::LlamaConfig;
use encortex::features::text::llama::Llama;
use encortex::features::text::passes::TokenTree;
use encortex::features::text::tokens::Tokens;
use encortex::features::weights::{Weights, save_safetensors};
use encortex::features::{Compute, LayerSelection};
use encortex::stimulus::Word;
use serde_json::json;
use tch::{Device, Kind};

const WORDS: usize = 1_000;
const LLAMA3_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// A small model of Llama's form, and a tokenizer of letters.
fn model(folder: &Path) -> LlamaConfig {
    let configuration = json!({
        "vocab_size": 128, "hidden_size": 320, "intermediate_size": 832, "num_hidden_layers": 4,
        "num_attention_heads": 5, "num_key_value_heads": 1, "head_dim": 64, "hidden_act": "silu", "rms_norm_eps": 1e-5,
        "max_position_embeddings": 131_072, "rope_theta": 500_000.0,
    });
    let characters = (33..127u8).map(char::from).chain(['\u{120}', '\u{10a}']);
    let vocabulary: serde_json::Map<String, serde_json::Value> =
        characters.enumerate().map(|(id, character)| (character.to_string(), json!(id))).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": LLAMA3_SPLIT}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]},
        "post_processor": null, "decoder": null, "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    });
    std::fs::write(folder.join("config.json"), configuration.to_string()).expect("the folder is writable");
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).expect("the folder is writable");
    let config = hub::read(folder).expect("the configuration is sound");
    let weights = Weights::seeded(0, Device::Cpu, Kind::Float);
    Llama::new(&weights, &config);
    save_safetensors(&weights, &folder.join("model.safetensors")).expect("the folder is writable");
    config
}

fn words() -> Vec<Word> {
    let mut context = String::new();
    (0..WORDS)
        .map(|index| {
            let text = ["a", "I", "O"][index % 3];
            context.push_str(if index == 0 { "" } else { " " });
            context.push_str(text);
            let start = index as f64 / 2.0;
            Word { text: text.into(), start, duration: 0.4, context: context.clone(), surface: text.into() }
        })
        .collect()
}

fn text(bench: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is room for a model");
    let config = model(folder.path());
    let words = words();
    let layers = LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers: Some(20) };
    let compute = Compute { device: Device::Cpu, kind: Kind::Float };
    let extractor = TextExtractor::open(folder.path(), &layers, compute).expect("the model opens");
    let tokens = Tokens::open(folder.path(), config.vocab_size).expect("the tokenizer opens");
    let mut reader = tokens.reader();
    let tree = TokenTree::of_context(reader.read(&words[WORDS - 1].context).expect("the text has tokens"));
    let llama = Llama::new(&Weights::seeded(0, Device::Cpu, Kind::Float), &config);

    let mut group = bench.benchmark_group("text");
    group.sample_size(10);
    group.bench_function(format!("one forward over {} tokens", tree.ids().len()), |bench| {
        bench.iter(|| {
            llama.hidden_states(black_box(&tree), |_, state| {
                black_box(state);
                Ok(())
            })
        });
    });
    group.bench_function("1,000 words in their contexts", |bench| {
        bench.iter(|| extractor.words(black_box(&words), &mut |_| Ok(())));
    });
    group.bench_function("tokens of 1,000 contexts", |bench| {
        bench.iter(|| {
            let mut reader = tokens.reader();
            words.iter().map(|word| reader.read(&word.context).map(<[i64]>::len)).sum::<Result<usize, _>>()
        });
    });
}

criterion_group!(benches, text);
criterion_main!(benches);
