//! `encortex group`: one-sample t over the maps of several people.

use std::path::PathBuf;

use clap::Args;
use encortex::scanner::{self, MapFile};

use super::SpaceName;
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Group {
    /// Maps: 3-D volumes, or a 4-D one with a map a person, or surface files (of GIFTI the left one of each pair).
    #[arg(required = true, value_name = "MAP")]
    maps: Vec<PathBuf>,

    /// The space of maps that are volumes.
    #[arg(long, default_value = "mni152")]
    space: SpaceName,

    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Group {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let maps = self.maps.iter().map(|path| MapFile::open(path)).collect::<Result<Vec<_>, _>>()?;
        std::fs::create_dir_all(&self.out)?;
        let report = scanner::group(&maps, self.space.into(), config.anatomy(), &self.out)?;
        println!(
            "{} maps, {} degrees of freedom, tested in {} {}",
            report.n, report.degrees_of_freedom, report.tested, report.places
        );
        println!("q < 0.05 in {}, largest t {:.2}", report.significant, report.largest_t);
        report.files.iter().for_each(|file| println!("{}", self.out.join(file).display()));
        Ok(())
    }
}
