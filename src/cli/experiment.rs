//! `encortex experiment`: virtual experiments, from a localizer of the library or a spec of one's own.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use encortex::experiment::design::Preview;
use encortex::experiment::grid::Grid;
use encortex::experiment::{Library, Localizer, Spec};
use encortex::export::table::TableFormat;
use encortex::scanner::{self, Desk, Intake, Order, Progress, Report, Scanner, Step, SweepTable};
use indicatif::{ProgressBar, ProgressStyle};

use super::{cancelled_by_ctrl_c, load, print_training};
use crate::config::Config;

#[derive(Subcommand)]
pub(crate) enum Experiment {
    /// Run an experiment and write its maps, tables and report.
    Run(Run),
    /// Look a spec through, and show what it would do, without doing it.
    Check {
        #[command(flatten)]
        given: Given,
    },
    /// The paradigms of the library.
    Localizers,
}

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    given: Given,

    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// The format of the table of a grid, which has a row for each cell, contrast, subject and region.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    table: TableName,
}

/// A format, as files of it end.
#[derive(Clone, Copy, ValueEnum)]
enum TableName {
    Csv,
    Parquet,
    H5,
}

impl From<TableName> for TableFormat {
    fn from(name: TableName) -> Self {
        match name {
            TableName::Csv => Self::Csv,
            TableName::Parquet => Self::Parquet,
            TableName::H5 => Self::Hdf5,
        }
    }
}

#[derive(Args)]
pub(crate) struct Given {
    /// A spec (.json or .toml), or the name of a localizer.
    spec: String,

    /// A folder with a sub-folder of stimuli for each condition, in place of the spec's.
    #[arg(long, value_name = "FOLDER")]
    stimuli: Option<PathBuf>,

    /// Whose response, in place of the spec's; repeat for several.
    #[arg(long = "subject", value_name = "NAME")]
    subjects: Vec<String>,
}

impl Experiment {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        match self {
            Self::Run(run) => run.run(config),
            Self::Check { given } => given.check(config),
            Self::Localizers => {
                Library::embedded()?.localizers().iter().for_each(print_localizer);
                Ok(())
            }
        }
    }
}

impl Run {
    fn run(self, config: &Config) -> anyhow::Result<()> {
        let scanner = config.scanner()?;
        std::fs::create_dir_all(&self.out)?;
        let workdir = tempfile::tempdir_in(&self.out)?;
        self.given.taken_in(&scanner, workdir.path(), |spec, _, desk| {
            load(&scanner)?;
            let (grid, bar, cancel) = (scanner.grid(spec, desk)?, bar()?, cancelled_by_ctrl_c()?);
            let scan = |cell: u64, folder: &Path| {
                scanner.scan_cell(&grid, cell, desk, folder, &mut |progress| show(&bar, progress), &cancel)
            };
            if spec.grid.is_empty() {
                let report = scan(0, &self.out)?;
                bar.finish_and_clear();
                print_report(&report);
            } else {
                self.sweep(spec, &grid, |cell, folder| {
                    bar.set_message(format!("cell {} of {}", cell + 1, grid.cells()));
                    scan(cell, folder)
                })?;
                bar.finish_and_clear();
            }
            println!("{}", self.out.display());
            Ok(())
        })
    }

    /// Runs every cell in a folder of its own, and writes the table of all of them; of those that are done, where one fails.
    fn sweep(
        &self,
        spec: &Spec,
        grid: &Grid,
        scan: impl Fn(u64, &Path) -> Result<Report, scanner::Error>,
    ) -> anyhow::Result<()> {
        let format = TableFormat::from(self.table);
        let path = self.out.join(format!("table.{}", format.extension()));
        let mut table = SweepTable::create(&path, format, &spec.grid)?;
        let swept = grid.iter().try_for_each(|cell| {
            let folder = self.out.join(format!("cell-{}", cell.number));
            std::fs::create_dir_all(&folder)?;
            scan(cell.number, &folder).with_context(|| format!("cell {} of the grid", cell.number))?;
            Ok(table.add(&cell, &folder)?)
        });
        table.finish()?;
        swept
    }
}

impl Given {
    fn check(self, config: &Config) -> anyhow::Result<()> {
        let scanner = config.scanner()?;
        let workdir = tempfile::tempdir()?;
        self.taken_in(&scanner, workdir.path(), |_, intake, desk| {
            let find = |stimulus: &_| desk.find(stimulus);
            let order = Order { spec: &intake.spec, events: &intake.events, warnings: &[], find: &find };
            print_preview(&scanner.preview(order, workdir.path(), &cancelled_by_ctrl_c()?)?);
            Ok(())
        })
    }

    /// Reads the spec, prints what is doubtful in it, and goes on with it unless it is at fault.
    fn taken_in(
        &self,
        scanner: &Scanner,
        workdir: &Path,
        go_on: impl FnOnce(&Spec, &Intake, Desk) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (mut spec, folder) = self.spec()?;
        if let Some(stimuli) = &self.stimuli {
            let stimuli = std::path::absolute(stimuli)?;
            spec.stimuli_folder = stimuli.file_name().map(|name| name.to_string_lossy().into_owned());
            return self.with(spec, stimuli.parent().unwrap_or(&folder), scanner, workdir, go_on);
        }
        self.with(spec, &folder, scanner, workdir, go_on)
    }

    fn with(
        &self,
        mut spec: Spec,
        folder: &Path,
        scanner: &Scanner,
        workdir: &Path,
        go_on: impl FnOnce(&Spec, &Intake, Desk) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if !self.subjects.is_empty() {
            spec.subjects = self.subjects.clone();
        }
        let no_uploads = |id: &str| {
            let remedy = "uploads are a server's; name a file".to_owned();
            Err(scanner::Error::UnknownStimulus { stimulus: id.to_owned(), remedy })
        };
        let desk = Desk { folder: Some(folder), upload: &no_uploads, workdir };
        let intake = scanner.take_in(spec.clone(), desk)?;
        for warning in &intake.findings.warnings {
            eprintln!("warning: {warning}");
        }
        if !intake.findings.are_harmless() {
            let faults: Vec<String> = intake.findings.faults.iter().map(|fault| format!("  {fault}")).collect();
            bail!("{} cannot be run:\n{}", self.spec, faults.join("\n"));
        }
        go_on(&spec, &intake, desk)
    }

    /// The spec, and the folder that its files are named from.
    fn spec(&self) -> anyhow::Result<(Spec, PathBuf)> {
        let path = Path::new(&self.spec);
        if !path.exists() && Library::embedded()?.localizer(&self.spec).is_ok() {
            let spec = Spec { localizer: Some(self.spec.clone()), ..Spec::default() };
            return Ok((spec, std::env::current_dir()?));
        }
        let bytes = std::fs::read(path).with_context(|| {
            format!("{} is neither a file nor a localizer; `encortex experiment localizers` lists these", self.spec)
        })?;
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        let spec = if is_toml { Spec::from_toml(&bytes) } else { Spec::from_json(&bytes) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok((spec?, folder.to_owned()))
    }
}

pub(super) fn bar() -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{prefix:>9} [{bar:40}] {pos} of {len}  {elapsed} {msg}")?;
    Ok(ProgressBar::new(1).with_style(style))
}

pub(super) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_prefix(match progress.step {
        Step::Measure => "stimuli",
        Step::Predict => "runs",
        Step::Contrast => "contrasts",
    });
    bar.set_length(progress.total as u64);
    bar.set_position(progress.done as u64);
}

fn print_localizer(localizer: &Localizer) {
    println!("{:<24} {}", localizer.name, localizer.title);
}

fn print_preview(preview: &Preview) {
    println!(
        "{} trials in {} runs of {:.0} s together; {} forwards of the encoder",
        preview.trials,
        preview.runs.len(),
        preview.length_s,
        preview.forwards
    );
    for (number, run) in preview.runs.iter().enumerate() {
        println!("run {}: {:.1} s", number + 1, run.length_s);
        for trial in &run.trials {
            println!(
                "  {:8.2} s  {:6.2} s  {} {}",
                trial.onset_s,
                trial.duration_s,
                trial.condition,
                trial.stimulus + 1
            );
        }
    }
}

/// The table of regions, as a person reads it.
fn print_report(report: &Report) {
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    for contrast in &report.contrasts {
        let n: Vec<String> = contrast.n.iter().map(|(condition, n)| format!("{condition} {n}")).collect();
        println!("\n{} of {}: n {}", contrast.name, contrast.subject, n.join(", "));
        if let Some(vertices) = contrast.significant_vertices {
            println!("{vertices} vertices below the rate of false discoveries");
        }
        if let Some(parcels) = contrast.significant_parcels {
            println!("{parcels} parcels below the rate of false discoveries");
        }
        if let Some(permuted) = &contrast.permutations {
            println!("{} vertices with a family-wise p below 0.05", permuted.significant_vertices);
        }
        println!("{:<20} {:>9} {:>8} {:>8} {:>6} {:>16}", "region", "mean", "t", "d", "L-R", "peak (mm)");
        for row in &contrast.regions {
            let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
            let peak = row.peak_mni_mm.map_or("-".to_owned(), |[x, y, z]| format!("{x:.0} {y:.0} {z:.0}"));
            println!(
                "{:<20} {:>9.4} {:>8} {:>8} {:>6} {:>16}",
                row.region,
                row.mean,
                number(row.t),
                number(row.cohens_d),
                number(row.lateralization),
                peak
            );
        }
    }
    println!("\n{}", report.unit);
    print_training(&report.model.name, report.model.training(), "responses");
}
