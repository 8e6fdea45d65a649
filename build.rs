//! Lets the binary find libtorch where the build found it, and makes the built page of `web/` part of it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    if let Ok(libtorch) = env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}");
    }
    embed_page()
}

/// Writes `page.rs`, an array of `(path, bytes)` of every file of `web/dist`.
fn embed_page() -> io::Result<()> {
    let folder = |variable| PathBuf::from(env::var_os(variable).expect("cargo sets it"));
    let dist = folder("CARGO_MANIFEST_DIR").join("web/dist");
    println!("cargo:rerun-if-changed=web/dist");
    if !dist.join("index.html").exists() {
        println!(
            "cargo::error=the page is not built: web/dist/index.html is absent; run scripts/setup, which builds it"
        );
        return Ok(());
    }
    let mut table = String::from("&[\n");
    for path in files(&dist)? {
        let name = path.strip_prefix(&dist).unwrap_or(&path).display();
        writeln!(table, "    ({:?}, include_bytes!({path:?})),", name.to_string()).map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    fs::write(folder("OUT_DIR").join("page.rs"), table)
}

/// All files below a folder, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}
