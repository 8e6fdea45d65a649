//! `encortex predict`: one stimulus in, files out.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use encortex::features::Modality;
use encortex::predict::{Format, MANIFEST, Output, PredictionRequest, Progress, Stage, files};
use encortex::stimulus::{Source, TextTiming};
use indicatif::{ProgressBar, ProgressStyle};

use super::{cancelled_by_ctrl_c, loaded};
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Predict {
    #[command(flatten)]
    stimulus: Stimulus,

    /// Words with their times: .tsv or .csv (text start duration [sentence]), WhisperX .json, .srt or .vtt.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "image", "events"])]
    transcript: Option<PathBuf>,

    /// How text is timed: spoken by espeak-ng, or estimated, without sound.
    #[arg(long, default_value = "spoken")]
    timing: Timing,

    /// Seconds that an image is shown.
    #[arg(long, default_value_t = 1.0)]
    duration: f64,

    /// Whose response; repeat for several. The average subject where none is named.
    #[arg(long = "subject", value_name = "NAME")]
    subjects: Vec<String>,

    /// The modalities that reach the encoder, such as video,audio. All where none is named.
    #[arg(long, value_delimiter = ',')]
    modalities: Option<Vec<Modality>>,

    /// Seconds that windows share, their responses faded into each other. The published pipeline has none.
    #[arg(long = "overlap", default_value_t = 0.0, value_name = "SECONDS")]
    overlap_s: f64,

    /// The folder for the files.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// Formats to write.
    #[arg(long = "format", value_delimiter = ',', default_values_t = Format::USUAL)]
    formats: Vec<Format>,

    /// Keep the features too, in prediction.h5.
    #[arg(long)]
    save_features: bool,
}

/// When the words of a text are perceived.
#[derive(Clone, Copy, ValueEnum)]
enum Timing {
    Spoken,
    Estimated,
}

impl From<Timing> for TextTiming {
    fn from(timing: Timing) -> Self {
        match timing {
            Timing::Spoken => Self::Spoken,
            Timing::Estimated => Self::Estimated,
        }
    }
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Stimulus {
    /// A film, with its sound where it has any.
    #[arg(long, value_name = "FILE")]
    video: Option<PathBuf>,

    /// A sound.
    #[arg(long, value_name = "FILE")]
    audio: Option<PathBuf>,

    /// A text file, spoken or read.
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,

    /// A picture, shown for --duration seconds.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,

    /// A BIDS events.tsv: several stimuli on one timeline.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

impl Predict {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        tokio::runtime::Runtime::new()?.block_on(self.predict(config))
    }

    async fn predict(self, config: &Config) -> anyhow::Result<()> {
        if self.formats.iter().any(|format| format.needs_surfaces()) {
            config.anatomy().check()?;
        }
        let predictor = config.predictor(&config.catalogue()?)?;
        let request = self.request();
        predictor.check(&request)?;
        loaded(&predictor).await?;
        std::fs::create_dir_all(&self.out)?;
        let folder = tempfile::tempdir_in(&self.out)?;
        let bar = Bar::new();
        let show = move |progress| bar.show(&progress);
        let prediction = predictor.run(request, folder.path().to_owned(), show, cancelled_by_ctrl_c()?).await?;
        for note in &prediction.notes {
            eprintln!("note: {note}");
        }
        for file in files::list(&prediction)?.iter().filter(|file| self.formats.contains(&file.format)) {
            let made = files::make(folder.path(), &file.name, config.anatomy())?;
            let kept = self.out.join(&file.name);
            std::fs::rename(made, &kept)?;
            println!("{}", kept.display());
        }
        std::fs::rename(folder.path().join(MANIFEST), self.out.join(MANIFEST))?;
        Ok(())
    }

    fn request(&self) -> PredictionRequest {
        let (source, path) = self.source();
        let stem =
            path.file_stem().map_or_else(|| source.kind().to_owned(), |stem| stem.to_string_lossy().into_owned());
        PredictionRequest {
            source,
            task: stem,
            subjects: self.subjects.clone(),
            modalities: self.modalities.clone(),
            overlap_s: self.overlap_s,
            save_features: self.save_features,
            output: Output::Responses,
            rows: None,
        }
    }

    /// The stimulus, and the file that names it.
    fn source(&self) -> (Source, PathBuf) {
        let Stimulus { video, audio, text, image, events } = &self.stimulus;
        let transcript = self.transcript.clone();
        let path = [video, audio, text, image, events].into_iter().flatten().next().cloned().unwrap_or_default();
        let source = if video.is_some() {
            Source::Video { path: path.clone(), transcript }
        } else if audio.is_some() {
            Source::Audio { path: path.clone(), transcript }
        } else if text.is_some() {
            Source::Text { path: path.clone(), timing: self.timing.into() }
        } else if image.is_some() {
            Source::Image { path: path.clone(), duration_s: self.duration }
        } else {
            Source::Events { path: path.clone(), files: None }
        };
        (source, path)
    }
}

/// A line on the terminal: stage, bar, windows.
struct Bar(ProgressBar);

impl Bar {
    const STEPS: u64 = 1000;

    fn new() -> Self {
        let style = ProgressStyle::with_template("{prefix:>9} [{bar:40}] {percent:>3}%  {msg}  {elapsed}");
        let bar = ProgressBar::new(Self::STEPS);
        Self(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar))
    }

    fn show(&self, progress: &Progress) {
        let stage = match progress.stage {
            Stage::Timeline => "timeline",
            Stage::Text => "text",
            Stage::Audio => "audio",
            Stage::Video => "video",
            Stage::Encoder => "encoder",
        };
        self.0.set_prefix(stage);
        self.0.set_position((progress.fraction * Self::STEPS as f64) as u64);
        self.0.set_message(format!("window {} of {}", progress.windows_done, progress.windows_total));
    }
}
