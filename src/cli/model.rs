//! `encortex model`: what there is, what is missing, and how to get it.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use encortex::catalogue::Card;
use encortex::encoder::Artefact;

use crate::config::Config;

#[derive(Subcommand)]
pub(crate) enum Model {
    /// The models that can be named.
    List,
    /// One model's card: parameters, sizes, space, subjects, licence, and what is missing to run it.
    Show { name: String },
    /// Fetch a model and its extractors into the Hugging Face cache (HF_ENDPOINT, HF_TOKEN, HF_HOME).
    Pull { name: String },
    /// Write a checkpoint as model.json + model.safetensors.
    Convert { from: PathBuf, to: PathBuf },
}

impl Model {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let catalogue = config.catalogue();
        match self {
            Self::List => {
                for card in catalogue.list() {
                    println!("{:<16} {}", card.name, card.description);
                }
                Ok(())
            }
            Self::Show { name } => {
                print_card(&catalogue.show(&name)?);
                Ok(())
            }
            Self::Pull { name } => super::pull::run(&catalogue, &name),
            Self::Convert { from, to } => {
                Artefact::open(&from)?.convert(&to).with_context(|| format!("cannot convert to {}", to.display()))?;
                println!("{}", to.display());
                Ok(())
            }
        }
    }
}
