//! `encortex atlas`: which atlases are installed, and how to get others.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use encortex::brain::{Atlas as Parcellation, Mesh};
use encortex::catalogue::{AtlasShelf, PublishedAtlas};

use super::model::Bars;
use crate::config::Config;

/// Files are held against this mesh when they are installed, and brought to the model's when they are used.
const MESH: Mesh = Mesh::Fsaverage5;

#[derive(Subcommand)]
pub(crate) enum Atlas {
    /// The atlases that are installed, and those that can be fetched.
    List {
        /// A table of further atlases, as atlases/published.toml.
        #[arg(long, value_name = "FILE")]
        table: Option<PathBuf>,
    },
    /// Install an atlas from files: .annot or .label.gii of both hemispheres, a .dlabel.nii, or a .u16 with its .json.
    Add {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,

        /// What the atlas is called from now on.
        #[arg(long)]
        name: String,

        /// The licence that it came under, in words.
        #[arg(long, value_name = "TEXT")]
        licence: String,
    },
    /// Fetch an atlas from its publisher and install it, once its licence is accepted.
    Pull {
        name: String,

        /// Accept the licence without being asked.
        #[arg(long)]
        accept_licence: bool,

        /// A table of further atlases, as atlases/published.toml.
        #[arg(long, value_name = "FILE")]
        table: Option<PathBuf>,
    },
}

impl Atlas {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::List { table } => list(config, &config.atlas_shelf(table.as_deref())?),
            Self::Add { files, name, licence } => {
                print_installed(&config.atlases().add(&name, &files, &licence, MESH)?);
                Ok(())
            }
            Self::Pull { name, accept_licence, table } => {
                let shelf = config.atlas_shelf(table.as_deref())?;
                pull(config, &shelf, shelf.find(&name)?, accept_licence)
            }
        }
    }
}

fn list(config: &Config, shelf: &AtlasShelf) -> anyhow::Result<()> {
    let installed = config.atlases().names()?;
    for name in &installed {
        let licence = config.atlases().licence(name)?;
        println!("{name:<18} {:<10} {}", "installed", licence.lines().next().unwrap_or_default());
    }
    for atlas in shelf.list().filter(|atlas| !installed.contains(&atlas.name)) {
        println!("{:<18} {:<10} {}; {}", atlas.name, "to pull", atlas.description, atlas.licence);
    }
    Ok(())
}

fn pull(config: &Config, shelf: &AtlasShelf, atlas: &PublishedAtlas, accept_licence: bool) -> anyhow::Result<()> {
    if !shelf.is_accepted(atlas)? {
        println!("{}\n\nLicence: {}\n\n{}", atlas.description, atlas.licence, atlas.terms.trim());
        if !accept_licence && !is_agreed()? {
            bail!("the licence of {} was not accepted: pull it again with --accept-licence", atlas.name);
        }
        shelf.accept(atlas)?;
    }
    let mut bars = Bars::new()?;
    let files = tokio::runtime::Runtime::new()?.block_on(shelf.pull(atlas, &mut |progress| bars.show(progress)))?;
    let licence = format!("{}\n\n{}\n\n{}\n", atlas.licence, atlas.terms.trim(), atlas.citation);
    print_installed(&config.atlases().add(&atlas.name, &files, &licence, MESH)?);
    println!("cite {}", atlas.citation);
    Ok(())
}

/// What is typed at a terminal; where there is none, nobody agrees.
fn is_agreed() -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("\nType yes to accept: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}

fn print_installed(atlas: &Parcellation) {
    println!("installed {}: {} parcels on {}", atlas.name, atlas.parcels().len(), atlas.mesh());
}
