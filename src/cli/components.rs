//! `encortex components`: independent components of a subject's head.

use std::path::PathBuf;

use clap::Args;
use encortex::export::Training;
use encortex::scanner::{self, ComponentsReport, ComponentsRequest, MapFile};

use super::{SpaceName, print_training};
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Components {
    /// Whose head. The average subject's where none is named.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,

    /// How many components.
    #[arg(long, short, default_value_t = 5)]
    n: usize,

    /// Of the matrix that the algorithm starts from.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// A map to correlate the components with, its sign left out: the formats that `encortex compare` takes.
    #[arg(long, value_name = "MAP")]
    reference: Option<PathBuf>,

    /// The space of the reference where it is a volume.
    #[arg(long, default_value = "mni152")]
    space: SpaceName,

    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Components {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let model = config.catalogue()?.resolve(&config.model)?;
        let reference = self.reference.as_deref().map(MapFile::open).transpose()?;
        let request = ComponentsRequest {
            subject: self.subject.as_deref(),
            components: self.n,
            seed: self.seed,
            reference: reference.as_ref().map(|file| (file, self.space.into())),
        };
        std::fs::create_dir_all(&self.out)?;
        let report = scanner::components(&model, request, config.anatomy(), &self.out)?;
        print_report(&report);
        println!("{}", self.out.display());
        Ok(())
    }
}

fn print_report(report: &ComponentsReport) {
    if !report.converged {
        eprintln!("note: after {} iterations the components still turn", report.iterations);
    }
    println!("{:<14} {:>9} {:>6}", "head", "explained", "|r|");
    for row in &report.components {
        let r = row.correlation.map_or("-".to_owned(), |r| format!("{r:.3}"));
        println!("{:<14} {:>8.1}% {r:>6}", row.name, 100.0 * row.explained);
    }
    println!("{}", report.order_and_sign);
    print_training(&report.model, Training::new(report.trained, report.simulated), "components");
}
