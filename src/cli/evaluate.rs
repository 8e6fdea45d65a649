//! `encortex evaluate`: a model against measured responses.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use encortex::study::Study;
use encortex::study::evaluation::{EvaluationOrder, EvaluationReport, GroupReport, PersonReport, evaluate};
use indicatif::ProgressBar;

use super::{cancelled_by_ctrl_c, print_training};
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Evaluate {
    /// Runs with their stimuli: a study.toml, or a BIDS folder. Those of the test split are scored, or all where none is.
    study: PathBuf,

    /// The subject of the model who predicts everybody. Everybody's own head, or else the average one, where none is named.
    #[arg(long = "as", value_name = "NAME")]
    predicted_by: Option<String>,

    /// A folder for evaluation.json, regions.tsv and maps.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// An installed atlas, whose parcels are scored beside the built-in regions.
    #[arg(long, value_name = "NAME")]
    atlas: Option<String>,

    /// The runs hold a value for each region of this set, its mean response, in place of the vertices: `builtin`, or an installed
    /// atlas. The order is that of `regions.tsv`.
    #[arg(long, value_name = "SET", conflicts_with = "atlas")]
    regions: Option<String>,
}

impl Evaluate {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let study = Study::open(&self.study)?;
        let scanner = config.scanner()?;
        let regions = match &self.regions {
            Some(set) => scanner.region_set(set)?,
            None => scanner.scored_regions(self.atlas.as_deref())?,
        };
        let (cache, cancel) = (config.pipeline()?.cache, cancelled_by_ctrl_c()?);
        let workdir = tempfile::tempdir().context("no temporary folder can be made")?;
        let resources = scanner.fit_resources(&cache, workdir.path(), &cancel);
        let order = EvaluationOrder {
            study: &study,
            predicted_by: self.predicted_by.as_deref(),
            regions: &regions,
            of_regions: self.regions.is_some(),
        };
        let bar = ProgressBar::new(0);
        let evaluated = evaluate(order, &resources, &mut |progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
        });
        bar.finish_and_clear();
        let mut evaluation = evaluated?;
        print_report(&evaluation.report);
        if let Some(folder) = &self.out {
            for file in evaluation.write(folder)? {
                println!("{}", file.display());
            }
        }
        Ok(())
    }
}

fn print_report(report: &EvaluationReport) {
    let responses = if report.simulated { "simulated responses, nobody was scanned" } else { "measured responses" };
    println!("{} against {responses}: {} runs, {} outputs", report.model.name, report.scored, report.outputs);
    println!(
        "{:<16} {:<16} {:>4} {:>6} {:>7} {:>8} {:>7} {:>7} {:>8} {:>7} {:>8} {:>9} {:>7}",
        "person",
        "predicted by",
        "runs",
        "min",
        "mean r",
        "R²",
        "q<.05",
        "shifts",
        "ceiling",
        "share",
        "top-1",
        "linear r",
        "ratio"
    );
    report.people.iter().for_each(print_person);
    if let Some(group) = &report.group {
        print_group(group);
    }
    if let Some(found) = &report.comparison {
        let over = if found.over == "people" { "people" } else { "outputs of one person, which are not independent" };
        println!(
            "against linear models, over {} {over}: difference {:+.3}, t {}, p {}",
            found.pairs,
            found.difference,
            number(found.t, 2),
            found.p.map_or("-".to_owned(), |p| format!("{p:.2e}"))
        );
    }
    for note in &report.notes {
        println!("note: {note}");
    }
    print_training(&report.model.name, report.model.training(), "scores");
}

fn print_person(person: &PersonReport) {
    let linear = person.linear.as_ref();
    let top_1 = person.retrieval.as_ref().map(|found| format!("{:.2}/{:.2}", found.top_1, found.chance));
    println!(
        "{:<16} {:<16} {:>4} {:>6.1} {:>7} {:>8} {:>7} {:>7} {:>8} {:>7} {:>8} {:>9} {:>7}",
        person.subject,
        person.predicted_by,
        person.runs,
        person.minutes,
        number(person.mean_r, 3),
        number(person.mean_r_squared, 3),
        number(person.significant, 3),
        number(person.shifts.as_ref().map(|shifts| shifts.significant), 3),
        number(person.ceiling.as_ref().map(|ceiling| ceiling.r), 3),
        number(person.ceiling.as_ref().map(|ceiling| ceiling.share), 2),
        top_1.unwrap_or("-".to_owned()),
        number(linear.and_then(|linear| linear.mean_r), 3),
        number(linear.and_then(|linear| linear.ratio), 2),
    );
    if person.masked > 0 {
        println!("  {} outputs without a score", person.masked);
    }
    for modality in linear.into_iter().flat_map(|linear| &linear.modalities) {
        println!(
            "  linear, {:<6} {:>2} components: part of R² {}, only by it {}",
            modality.modality.name(),
            modality.components,
            number(modality.part, 4),
            number(modality.unique, 4)
        );
    }
}

fn print_group(group: &GroupReport) {
    println!(
        "R_group {} ({}, {} stimuli); above the group-predictivity of {} of all people",
        number(group.mean_r, 3),
        group.predicted_by,
        group.stimuli,
        number(group.share_exceeded, 2)
    );
    for member in &group.people {
        println!(
            "  {:<14} by the others {}, by the model {}",
            member.subject,
            number(member.predictivity, 3),
            number(member.r, 3)
        );
    }
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}
