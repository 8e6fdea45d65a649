//! `encortex validate`: the ten contrasts of TRIBE v2's paper, beside its numbers.

use std::path::PathBuf;

use clap::Args;
use encortex::export::Training;
use encortex::scanner::{Benchmark, ValidationReport};

use super::experiment::{bar, show};
use super::{SpaceName, cancelled_by_ctrl_c, load, print_training, write_json};
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Validate {
    /// A folder with a sub-folder a localizer (faces, speech_silence …), in it one a condition. Texts need none.
    #[arg(long, value_name = "FOLDER")]
    stimuli: PathBuf,

    /// A folder with a measured map a localizer, named as it: faces.nii.gz, places.L.func.gii with places.R.func.gii …
    #[arg(long, value_name = "FOLDER")]
    maps: PathBuf,

    /// An installed atlas whose parcels are compared, such as the HCP-MMP of the paper. Vertices where none is named.
    #[arg(long, value_name = "NAME")]
    atlas: Option<String>,

    /// The space of maps that are volumes.
    #[arg(long, default_value = "mni152")]
    space: SpaceName,

    /// Whose response. The average subject where none is named.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,

    /// A file for the same as JSON.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Validate {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let scanner = config.scanner()?;
        load(&scanner)?;
        let workdir = tempfile::tempdir()?;
        let stimuli = std::path::absolute(&self.stimuli)?;
        let benchmark = Benchmark {
            stimuli: &stimuli,
            maps: &self.maps,
            atlas: self.atlas.as_deref(),
            space: self.space.into(),
            subject: self.subject.as_deref(),
        };
        let bar = bar()?;
        let mut listen = |localizer: &str, progress| {
            show(&bar, progress);
            bar.set_message(localizer.to_owned());
        };
        let report = scanner.validate(benchmark, workdir.path(), &mut listen, &cancelled_by_ctrl_c()?)?;
        bar.finish_and_clear();
        print_report(&report);
        write_json(self.out.as_deref(), &report)
    }
}

fn print_report(report: &ValidationReport) {
    println!("{} against measured maps, over {}", report.model, report.over);
    println!("{:<22} {:>9} {:>7} {:>6} {:>9}", "localizer", "statistic", "n", "R", "published");
    for row in &report.rows {
        let (n, r) =
            (row.n.map_or("-".to_owned(), |n| n.to_string()), row.r.map_or("-".to_owned(), |r| format!("{r:.2}")));
        println!("{:<22} {:>9} {n:>7} {r:>6} {:>9.2}", row.localizer, row.statistic, row.published_r);
    }
    for row in &report.rows {
        if let Some(missing) = &row.missing {
            println!("{}: {missing}", row.localizer);
        }
    }
    print_training(&report.model, Training::new(report.trained, report.simulated), "contrasts");
}
