//! The invariants of ARCHITECTURE.md, held against the sources: one test each.
//!
//! Comments and test modules are left out of what is read: they may name anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The library's modules from the top down: each uses only those after it.
const LAYERS: [&str; 16] = [
    "api",
    "jobs",
    "scanner",
    "simulation",
    "experiment",
    "study",
    "predict",
    "catalogue",
    "encoder",
    "features",
    "stimulus",
    "bold",
    "analysis",
    "export",
    "brain",
    "store",
];

/// A source file, with its lines of code as they ship.
struct Source {
    /// Relative to `src/`.
    path: PathBuf,
    code: String,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
        let path = path.strip_prefix(root).expect("the file was found under its root").to_owned();
        Self { path, code: without_tests(&without_comments(&text)) }
    }

    /// The first folder or file under `src/`.
    fn module(&self) -> &str {
        let first = self.path.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
        first.trim_end_matches(".rs")
    }

    fn is_in(&self, modules: &[&str]) -> bool {
        modules.contains(&self.module())
    }

    fn is_test(&self) -> bool {
        self.path.iter().any(|part| ["tests.rs", "tests", "fixtures.rs", "golden.rs"].iter().any(|test| part == *test))
    }

    /// `file:line: text` of every match.
    fn lines_with(&self, pattern: &Regex) -> Vec<String> {
        pattern.find_iter(&self.code).map(|found| self.at(found.start(), found.as_str())).collect()
    }

    fn at(&self, byte: usize, text: &str) -> String {
        let line = self.code[..byte].matches('\n').count() + 1;
        format!("src/{}:{line}: {}", self.path.display(), text.trim())
    }
}

/// Blanks comments, so that line numbers stay; `//` within a word, as in a URL, is none.
fn without_comments(text: &str) -> String {
    let comment = Regex::new(r"(?m)(^|[\s;{}])//.*$").expect("the pattern is valid");
    comment.replace_all(text, "$1").into_owned()
}

/// Cuts the test module that ends a file.
fn without_tests(code: &str) -> String {
    let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\s*\n(#\[.*\]\s*\n)*mod \w+ \{").expect("the pattern is valid");
    tests.find(code).map_or(code, |found| &code[..found.start()]).to_owned()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder of sources can be read") {
            let path = entry.expect("the folder of sources can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(Source::read(&root, &path));
            }
        }
    }
    sources.retain(|source| !source.is_test());
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!sources.is_empty(), "no source was found under {}", root.display());
    sources
}

/// Fails with every place in the given sources where the pattern stands.
fn forbid(what: &str, pattern: &str, is_bound: impl Fn(&Source) -> bool) {
    let pattern = Regex::new(pattern).expect("the pattern is valid");
    let found: Vec<_> =
        sources().iter().filter(|source| is_bound(source)).flat_map(|source| source.lines_with(&pattern)).collect();
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// The modules of this crate that a source names, with the place of each.
fn modules_used(source: &Source) -> Vec<(String, String)> {
    let path = Regex::new(r"\bcrate::(?:(\w+)|\{)").expect("the pattern is valid");
    let mut used = Vec::new();
    for found in path.captures_iter(&source.code) {
        let start = found.get(0).expect("a match has a whole").start();
        match found.get(1) {
            Some(module) => used.push((module.as_str().to_owned(), source.at(start, &found[0]))),
            None => {
                let group = &source.code[start + "crate::{".len()..];
                used.extend(heads(group).into_iter().map(|module| {
                    let place = source.at(start, &format!("crate::{{{module}, …}}"));
                    (module, place)
                }));
            }
        }
    }
    used
}

/// First names of the paths in `a::b, c::{d, e}}…`, up to the brace that closes the group.
fn heads(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut outer = String::new();
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            character if depth == 0 => outer.push(character),
            _ => (),
        }
    }
    let head = |path: &str| path.split("::").next().unwrap_or_default().trim().to_owned();
    outer.split(',').map(head).filter(|head| !head.is_empty()).collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
}

#[test]
fn a_group_of_imports_is_taken_apart() {
    assert_eq!(heads("brain::{Mesh, Surface}, export, store::Store};\nuse std::{fs};"), ["brain", "export", "store"]);
}

#[test]
fn only_encoder_and_features_see_tensors() {
    let pattern = r"\b(tch|torch_sys)\s*(::|;)|\buse (tch|torch_sys)\b";
    forbid("tch belongs to encoder/ and features/", pattern, |source| !source.is_in(&["encoder", "features"]));
}

#[test]
fn only_jobs_speaks_sql() {
    let pattern = r"\b(sqlx|rusqlite|diesel)::|\b(SELECT\s[^;]*\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX))\b";
    forbid("SQL belongs to jobs/", pattern, |source| !source.is_in(&["jobs"]));
}

#[test]
fn only_api_knows_http_types() {
    let pattern = r"\b(axum|tower|tower_http|hyper|http|utoipa_axum)::";
    forbid("HTTP types belong to api/", pattern, |source| !source.is_in(&["api"]));
}

#[test]
fn only_catalogue_and_what_a_url_asks_for_reach_the_network() {
    forbid("catalogue/ fetches models; nothing else speaks HTTP", r"\b(reqwest|TcpStream|UdpSocket)::", |source| {
        !source.is_in(&["catalogue"])
    });
    forbid("a results URL is store/objects.rs's; nothing else reaches a bucket", r"\bobject_store::", |source| {
        source.path != Path::new("store/objects.rs")
    });
    forbid("objects are opened by Store::share, which only a results URL calls", r"\bObjects::open\b", |source| {
        source.path != Path::new("store/mod.rs")
    });
}

#[test]
fn only_mapped_weights_are_unsafe() {
    forbid("unsafe belongs to features/weights/mapped.rs", r"\bunsafe\b", |source| {
        source.path != Path::new("features/weights/mapped.rs")
    });
}

#[test]
fn pure_modules_do_no_input_or_output() {
    let pattern = r"\b(std::(fs|net|process|env)|use std::\{[^;]*\b(fs|net|process|env)\b|fs::\w+|File::\w+|OpenOptions|TcpStream|tempfile|tokio|reqwest)\b";
    forbid(
        "experiment/, analysis/, brain/, export/ and the models of simulation/ take readers and writers; only HDF5, whose library \
         wants a path, opens one",
        pattern,
        |source| {
            let models = ["forward", "grammar", "programme"].map(|part| Path::new("simulation").join(part));
            let is_model = models.iter().any(|model| source.path.starts_with(model));
            is_model
                || source.is_in(&["experiment", "analysis", "brain", "export"]) && !source.path.ends_with("hdf5.rs")
        },
    );
}

#[test]
fn no_module_uses_one_above_it() {
    let mut upward = Vec::new();
    for source in sources() {
        let Some(own) = layer(source.module()) else { continue };
        for (used, place) in modules_used(&source) {
            if layer(&used).is_some_and(|used| used < own) {
                upward.push(place);
            }
        }
    }
    assert!(upward.is_empty(), "a module uses only those below it in {LAYERS:?}:\n{}", upward.join("\n"));
}

#[test]
fn every_module_of_the_library_has_its_layer() {
    let library = sources().into_iter().find(|source| source.path == Path::new("lib.rs")).expect("src/lib.rs is there");
    let declared = Regex::new(r"(?m)^pub mod (\w+);").expect("the pattern is valid");
    let modules: BTreeSet<_> = declared.captures_iter(&library.code).map(|found| found[1].to_owned()).collect();
    assert_eq!(modules, LAYERS.map(str::to_owned).into(), "the modules of src/lib.rs are those of LAYERS");
}

#[test]
fn no_forward_runs_on_a_pool_of_tokio() {
    forbid(
        "encoder/ and features/ are called from the model thread and know no runtime",
        r"\b(tokio|rayon)::",
        |source| source.is_in(&["encoder", "features"]),
    );
    forbid(
        "predict/ hands work to its model thread, never to a pool",
        r"\b(spawn_blocking|block_in_place|tokio::spawn|task::spawn|rayon::\w+)",
        |source| source.is_in(&["predict"]),
    );
}

#[test]
fn forwards_run_on_named_threads_only() {
    forbid("encoder/ and features/ start no thread: a forward runs on its caller's", r"\bthread::\w+", |source| {
        source.is_in(&["encoder", "features"])
    });
    forbid(
        "predict/ starts threads by thread::Builder, whose first word is the name",
        r"\bthread::(spawn|scope)\b|\bBuilder::new\(\)\s*\.(spawn|stack_size)",
        |source| source.is_in(&["predict"]),
    );
}

#[test]
fn every_file_says_what_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|source| fs::read_to_string(root.join(&source.path)).is_ok_and(|text| !text.starts_with("//!")))
        .map(|source| format!("src/{}:1", source.path.display()))
        .collect();
    assert!(silent.is_empty(), "a file begins with a //! paragraph:\n{}", silent.join("\n"));
}
