//! `encortex compare`: a predicted map against a measured one.

use std::path::PathBuf;

use clap::Args;
use encortex::scanner::{self, Agreement, CompareOptions, Correlations, MapFile};

use super::{SpaceName, write_json};
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Compare {
    /// A .nii, .nii.gz or .dscalar.nii file, or the .func.gii of the left hemisphere beside that of the right.
    #[arg(long, value_name = "MAP")]
    predicted: PathBuf,

    /// The same, as it was measured.
    #[arg(long, value_name = "MAP")]
    measured: PathBuf,

    /// Which map of the predicted file, by name. Its first where none is named.
    #[arg(long, value_name = "NAME")]
    map: Option<String>,

    /// Which map of the measured file, by name. Its first where none is named.
    #[arg(long, value_name = "NAME")]
    measured_map: Option<String>,

    /// An installed atlas, over whose parcels the maps are compared too.
    #[arg(long, value_name = "NAME")]
    atlas: Option<String>,

    /// Random rotations of the sphere that the correlation is tested by; 0 for none.
    #[arg(long, default_value_t = 1000)]
    spins: usize,

    /// Of the rotations.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// The space of maps that are volumes.
    #[arg(long, default_value = "mni152")]
    space: SpaceName,

    /// A file for the same as JSON.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Compare {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let (predicted, measured) = (MapFile::open(&self.predicted)?, MapFile::open(&self.measured)?);
        let options = CompareOptions {
            map: self.map,
            measured_map: self.measured_map,
            atlas: self.atlas,
            spins: self.spins,
            seed: self.seed,
            space: self.space.into(),
        };
        let agreement = scanner::compare(&predicted, &measured, &options, config.anatomy(), &config.atlases())?;
        print_agreement(&agreement);
        write_json(self.out.as_deref(), &agreement)
    }
}

fn print_agreement(agreement: &Agreement) {
    println!("{} (predicted) and {} (measured) on {}", agreement.predicted, agreement.measured, agreement.mesh);
    println!("{:<24} {:>7} {:>8} {:>9} {:>8}", "over", "n", "Pearson", "Spearman", "spin p");
    print_row("vertices", &agreement.vertices);
    if let Some(parcels) = &agreement.parcels {
        print_row(&format!("parcels of {}", parcels.atlas), &parcels.correlations);
        if parcels.empty > 0 {
            println!("{} parcels have no vertex with both values", parcels.empty);
        }
    }
    println!("Dice of the top 10 %: {:.3}", agreement.dice);
}

fn print_row(over: &str, found: &Correlations) {
    let spin = found.p_spin.map_or("-".to_owned(), |p| format!("{p:.4}"));
    println!("{over:<24} {:>7} {:>8.3} {:>9.3} {spin:>8}", found.n, found.pearson, found.spearman);
}
