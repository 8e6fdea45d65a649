//! `encortex model`: what there is, what is missing, and how to get it.

use std::path::PathBuf;

use clap::Subcommand;
use encortex::catalogue::{Card, Catalogue, Hub, PullProgress};
use encortex::encoder::Artefact;
use encortex::export::Training;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

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
        let catalogue = config.catalogue()?;
        match self {
            Self::List => catalogue.list().iter().for_each(print_line),
            Self::Show { name } => print_card(&catalogue.show(&name)?),
            Self::Pull { name } => tokio::runtime::Runtime::new()?.block_on(pull(&catalogue, &name))?,
            Self::Convert { from, to } => Artefact::open(&from)?.convert(&to)?,
        }
        Ok(())
    }
}

fn print_line(card: &Card) {
    let state = if card.missing.is_empty() { "ready" } else { "incomplete" };
    println!("{:<12} {:<10} {}", card.name, state, card.description);
}

fn print_card(card: &Card) {
    let field = |name: &str, value: &str| println!("{name:<12} {value}");
    field("name", &card.name);
    field("", &card.description);
    field("licence", &card.licence);
    field(
        "trained",
        match Training::new(card.trained, card.simulated) {
            Training::None => "no: its responses mean nothing",
            Training::Simulated => "on simulated responses: its own are no evidence about brains",
            Training::Measured => "yes",
        },
    );
    let mesh = card.mesh.as_deref().unwrap_or("not a cortical mesh");
    field("space", &format!("{mesh}, {} values a second", card.vertices));
    field("subjects", &card.subjects.join(", "));
    for part in &card.parts {
        let size = part.size.map_or_else(
            || "not on this machine".to_owned(),
            |size| format!("{:.1} M parameters, {}", size.parameters as f64 / 1e6, HumanBytes(size.bytes)),
        );
        let licence = part.licence.as_ref().map(|licence| format!(", {licence}")).unwrap_or_default();
        field(&part.role, &format!("{}: {size}{licence}", part.source));
    }
    for missing in &card.missing {
        field("missing", missing);
    }
}

/// Fetches with a bar a file.
async fn pull(catalogue: &Catalogue, name: &str) -> anyhow::Result<()> {
    let mut bars = Bars::new()?;
    Ok(catalogue.pull(name, &Hub::from_environment()?, &mut |progress| bars.show(progress)).await?)
}

/// A bar for each file that is fetched.
pub(super) struct Bars {
    style: ProgressStyle,
    at_hand: Option<(String, ProgressBar)>,
}

impl Bars {
    pub(super) fn new() -> anyhow::Result<Self> {
        let style = ProgressStyle::with_template("{msg}\n[{bar:40}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta}")?;
        Ok(Self { style, at_hand: None })
    }

    pub(super) fn show(&mut self, progress: PullProgress<'_>) {
        if self.at_hand.as_ref().is_none_or(|(shown, _)| shown != progress.file) {
            let bar = ProgressBar::new(progress.total).with_style(self.style.clone());
            self.at_hand = Some((progress.file.to_owned(), bar.with_message(progress.file.to_owned())));
        }
        if let Some((_, bar)) = &self.at_hand {
            bar.set_position(progress.done);
            if progress.done == progress.total {
                bar.finish();
            }
        }
    }
}
