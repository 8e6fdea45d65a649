//! The files of a cohort: a folder as in BIDS, but with BOLD as NumPy arrays, and two studies that name its runs.

use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use ndarray::{ArrayBase, Data, Dimension};
use ndarray_npy::{WritableElement, WriteNpyExt};
use serde::Serialize;
use serde_json::json;

use super::Error;
use super::plan::{FilmName, Plan, Senses, Split};

/// What the folder says about itself.
const README: &str = "encortex simulated cohort
=========================

Everything here is simulated. Nobody was scanned: the responses were made by `encortex simulate` from a forward model of
BOLD, and the stimuli by a program. They serve to learn the tool, to test an analysis, and for continuous integration. They
are no evidence about brains.

stimuli/            films, some silent and some of sound alone, the times of their words (NAME.tsv), and what is on when
                    (NAME_events.tsv)
sub-*/func/         *_bold.npy: (time, output), float32; outputs are the vertices of fsaverage5, left hemisphere first, and
                    after them, where the plan says so, voxels of the subcortex
truth/              what was planted: populations, their maps in each subject, and responses without noise
study.toml          the runs of the cohort
study_heldout.toml  the runs of the subjects who are held out
plan.toml           what the cohort was made with
";

/// A run of a study, as `encortex train` reads it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Run {
    subject: String,
    split: &'static str,
    bold: String,
    tr_s: f64,
    /// Where in the run the stimulus begins (s).
    onset_s: f64,
    stimulus: Stimulus,
}

#[derive(Clone, Debug, Serialize)]
struct Stimulus {
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<String>,
    transcript: String,
}

#[derive(Serialize)]
struct Study<'a> {
    simulated: bool,
    runs: Vec<&'a Run>,
}

/// The folder of a cohort.
#[derive(Clone, Debug)]
pub(super) struct Dataset {
    folder: PathBuf,
    plan: Plan,
}

impl Dataset {
    /// Makes the folder, which is empty or not there yet, and writes what it says about itself.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], or [`Error::Write`].
    pub(super) fn create(folder: &Path, plan: Plan) -> Result<Self, Error> {
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Error::NotEmpty(folder.to_owned()));
        }
        let dataset = Self { folder: folder.to_owned(), plan };
        for part in [dataset.stimuli(), dataset.folder.join("truth")] {
            fs::create_dir_all(&part).map_err(|source| Error::Write { path: part, source })?;
        }
        dataset.text("README", README)?;
        dataset.text("plan.toml", &to_toml(&plan))?;
        dataset.json(
            "dataset_description.json",
            &json!({
                "Name": "encortex simulated cohort",
                "BIDSVersion": "1.10.0",
                "DatasetType": "raw",
                "Simulated": true,
                "License": "CC0",
                "GeneratedBy": [{
                    "Name": "encortex simulate",
                    "Version": env!("CARGO_PKG_VERSION"),
                    "Description": "Films by a program and responses by a forward model of BOLD; nobody was scanned.",
                }],
            }),
        )?;
        Ok(dataset)
    }

    pub(super) fn stimuli(&self) -> PathBuf {
        self.folder.join("stimuli")
    }

    /// `participants.tsv`.
    pub(super) fn participants(&self, cohort: &[String], held_out: &[String]) -> Result<(), Error> {
        let row = |group: &'static str| move |name: &String| format!("{name}\t{group}\tsimulated\n");
        let rows: String = cohort.iter().map(row("cohort")).chain(held_out.iter().map(row("held out"))).collect();
        self.text("participants.tsv", &format!("participant_id\tgroup\tkind\n{rows}"))
    }

    /// Writes the BOLD of one showing of a film `(time, output)` with its events and its sidecar.
    pub(super) fn run<S: Data<Elem = f32>, D: Dimension>(
        &self,
        subject: &str,
        film: &FilmName,
        repeat: usize,
        bold: &ArrayBase<S, D>,
    ) -> Result<Run, Error> {
        let stem = format!("{subject}/func/{subject}_task-{}_run-{:02}", film.name, repeat + 1);
        let folder = self.folder.join(subject).join("func");
        fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder, source })?;
        self.array(&format!("{stem}_bold.npy"), bold)?;
        self.json(
            &format!("{stem}_bold.json"),
            &json!({
                "Simulated": true,
                "RepetitionTime": self.plan.tr_s,
                "TaskName": film.name,
                "Axes": ["time", "output"],
                "Space": if self.plan.subcortex { "fsaverage5, then voxels of truth/subcortex.nii.gz" } else { "fsaverage5" },
                "Split": film.split,
            }),
        )?;
        let head = "onset\tduration\ttrial_type\tstim_file\ttranscript_file";
        let row = format!("0\t{}\tfilm\t{}\t{}.tsv", self.plan.film_s(), film.file(), film.name);
        self.text(&format!("{stem}_events.tsv"), &format!("{head}\n{row}\n"))?;
        let split = if film.split == Split::HeldOut { Split::Train.name() } else { film.split.name() };
        let path = Some(format!("stimuli/{}", film.file()));
        let (video, audio) = if film.senses == Senses::SoundAlone { (None, path) } else { (path, None) };
        Ok(Run {
            subject: subject.to_owned(),
            split,
            bold: format!("{stem}_bold.npy"),
            tr_s: self.plan.tr_s,
            onset_s: 0.0,
            stimulus: Stimulus { video, audio, transcript: format!("stimuli/{}.tsv", film.name) },
        })
    }

    /// Writes a study of these runs.
    pub(super) fn study(&self, name: &str, runs: &[&Run]) -> Result<(), Error> {
        let head = "# Runs of the encortex simulated cohort: nobody was scanned.\n\n";
        self.text(name, &format!("{head}{}", to_toml(&Study { simulated: true, runs: runs.to_vec() })))
    }

    pub(super) fn text(&self, name: &str, text: &str) -> Result<(), Error> {
        self.bytes(name, text.as_bytes())
    }

    pub(super) fn bytes(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).map_err(|source| Error::Write { path, source })
    }

    pub(super) fn array<T: WritableElement, S: Data<Elem = T>, D: Dimension>(
        &self,
        name: &str,
        values: &ArrayBase<S, D>,
    ) -> Result<(), Error> {
        let path = self.folder.join(name);
        let file = fs::File::create(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
        values.write_npy(BufWriter::new(file)).map_err(|source| Error::Array { path, source })
    }

    fn json(&self, name: &str, value: &serde_json::Value) -> Result<(), Error> {
        self.text(name, &format!("{value:#}\n"))
    }
}

fn to_toml(value: &impl Serialize) -> String {
    toml::to_string(value).expect("numbers, texts and tables are TOML. This is a bug.")
}
