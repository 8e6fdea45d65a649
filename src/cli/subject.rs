//! `encortex subject`: the lab's own subjects.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;

use super::fit::Fit;
use crate::config::Config;

#[derive(Subcommand)]
pub(crate) enum Subject {
    /// Fit a head to measured responses on the frozen encoder of --model, and keep it under a name.
    Fit(Fit),
    /// The subjects that were fitted here.
    List,
    /// What a subject was fitted to, and how well its head predicts.
    Show { name: String },
    /// Copy a subject's head, card and maps to a folder.
    Export {
        name: String,

        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Remove a subject with everything that is kept of them.
    Delete { name: String },
}

impl Subject {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let shelf = config.subjects();
        match self {
            Self::Fit(fit) => fit.run(config)?,
            Self::List => {
                for card in shelf.list()? {
                    let simulated = if card.simulated { ", simulated" } else { "" };
                    println!(
                        "{:<20} {:<16} {:>6.1} min  held-out r {:.3}{simulated}",
                        card.name, card.model, card.minutes, card.scores.held_out_r
                    );
                }
            }
            Self::Show { name } => println!("{}", serde_json::to_string_pretty(&shelf.get(&name)?)?),
            Self::Export { name, out } => {
                let card = shelf.get(&name)?;
                std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
                for file in shelf.files(&card)? {
                    let (from, to) = (shelf.folder_of(&card).join(&file), out.join(&file));
                    std::fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
                    println!("{}", to.display());
                }
            }
            Self::Delete { name } => {
                shelf.get(&name)?;
                shelf.remove(&name)?;
                println!("nothing is kept of {name}");
            }
        }
        Ok(())
    }
}
