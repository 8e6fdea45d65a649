//! `encortex multisensory`: a film predicted from every set of modalities.

use std::path::PathBuf;

use clap::Args;
use encortex::predict::{Output, PredictionRequest};
use encortex::scanner::MultisensoryReport;
use encortex::stimulus::Source;

use super::experiment::{bar, show};
use super::{cancelled_by_ctrl_c, load, print_training};
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Multisensory {
    /// A film with its sound.
    #[arg(long, value_name = "FILE")]
    video: PathBuf,

    /// Words with their times: .tsv or .csv (text start duration [sentence]), WhisperX .json, .srt or .vtt.
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,

    /// Whose response; repeat for several. The average subject where none is named.
    #[arg(long = "subject", value_name = "NAME")]
    subjects: Vec<String>,

    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Multisensory {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let scanner = config.scanner()?;
        load(&scanner)?;
        std::fs::create_dir_all(&self.out)?;
        let task = self.video.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let request = PredictionRequest {
            source: Source::Video { path: self.video, transcript: self.transcript },
            task,
            subjects: self.subjects,
            modalities: None,
            overlap_s: 0.0,
            save_features: false,
            output: Output::Responses,
            rows: None,
        };
        let bar = bar()?;
        let cancel = cancelled_by_ctrl_c()?;
        let report = scanner.multisensory(&request, &self.out, &mut |progress| show(&bar, progress), &cancel)?;
        bar.finish_and_clear();
        print_report(&report);
        println!("{}", self.out.display());
        Ok(())
    }
}

fn print_report(report: &MultisensoryReport) {
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    for senses in &report.subjects {
        println!("{}: means over {} s and all vertices", senses.subject, report.seconds);
        senses.means.iter().for_each(|(subset, mean)| println!("  {subset:<5} {mean:>9.4}"));
        println!("  vertices over the max rule {}, super-additive {}", senses.over_max_rule, senses.super_additive);
        let dominant: Vec<String> =
            senses.dominant.iter().map(|(modality, vertices)| format!("{modality} {vertices}")).collect();
        println!("  vertices dominated by {}", dominant.join(", "));
    }
    println!("{}", report.proxy);
    print_training(&report.model.name, report.model.training(), "responses");
}
