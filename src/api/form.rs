//! What a client sends to ask for a prediction: a form with files in it, or JSON over uploaded stimuli. Both become
//! the same [`Asked`].

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use serde::Deserialize;
use utoipa::ToSchema;

use super::json::{self, JSON};
use super::{Error, State};
use crate::features::Modality;
use crate::stimulus::{STILL_S, Source, TextTiming};
use crate::store::{Incoming, Stimulus};

/// The longest value of a field that is no file (bytes).
const LONGEST_VALUE: usize = 4096;

const MULTIPART: &str = "multipart/form-data";

/// All fields of the form.
const FIELDS: &[&str] = &[
    "video",
    "audio",
    "text",
    "image",
    "events",
    "file",
    "transcript",
    "subject",
    "modalities",
    "duration",
    "timing",
    "overlap",
    "save_features",
    "model",
];

/// The form of `POST /v1/predictions`. One of `video`, `audio`, `text`, `image` and `events` is the stimulus.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read field by field as it arrives")]
pub(super) struct PredictionForm {
    #[schema(format = Binary)]
    video: Option<String>,
    #[schema(format = Binary)]
    audio: Option<String>,
    /// Text itself, or a text file.
    text: Option<String>,
    #[schema(format = Binary)]
    image: Option<String>,
    /// A BIDS `events.tsv` whose `stim_file` column names files that come with it.
    #[schema(format = Binary)]
    events: Option<String>,
    /// A file that `events` names; repeat it for several.
    #[schema(format = Binary)]
    file: Vec<String>,
    /// Words and their times: TSV, CSV, WhisperX JSON, SRT or VTT.
    #[schema(format = Binary)]
    transcript: Option<String>,
    /// A subject of the model; repeat it for several.
    subject: Vec<String>,
    /// `text`, `audio`, `video`, separated by commas: those that reach the encoder. All when left out.
    #[schema(example = "video,audio")]
    modalities: Option<String>,
    /// How long an image is shown (s).
    duration: Option<f64>,
    /// How text gets its times: `spoken` (by a voice, the default) or `estimated` (no sound).
    timing: Option<String>,
    /// Seconds that windows share, their responses faded into each other; 0, as published, when left out.
    overlap: Option<f64>,
    save_features: Option<bool>,
    /// The model that is expected to answer; refused when the server runs another.
    model: Option<String>,
}

/// The JSON of `POST /v1/predictions`: as the form, with ids of uploaded stimuli for files.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PredictionOrder {
    video: Option<String>,
    audio: Option<String>,
    text: Option<String>,
    image: Option<String>,
    events: Option<String>,
    /// The stimuli that `events` names, by the names they were uploaded with.
    #[serde(default)]
    file: Vec<String>,
    transcript: Option<String>,
    /// Names of the model's subjects; its default when empty.
    #[serde(default)]
    subject: Vec<String>,
    /// Those that reach the encoder; all when left out.
    modalities: Option<Vec<Modality>>,
    /// How long an image is shown (s).
    duration: Option<f64>,
    #[schema(value_type = Option<String>)]
    timing: Option<TextTiming>,
    /// Seconds that windows share, their responses faded into each other; 0, as published, when left out.
    overlap: Option<f64>,
    save_features: Option<bool>,
    model: Option<String>,
}

/// What is asked for, its stimuli in the store.
pub(super) struct Asked {
    pub(super) stimulus: Chosen<Stimulus>,
    pub(super) parameters: Parameters,
}

/// Everything but the files.
#[derive(Default)]
pub(super) struct Parameters {
    pub(super) subjects: Vec<String>,
    pub(super) modalities: Option<Vec<Modality>>,
    pub(super) duration_s: Option<f64>,
    pub(super) timing: Option<TextTiming>,
    pub(super) overlap_s: Option<f64>,
    pub(super) save_features: Option<bool>,
    pub(super) model: Option<String>,
}

/// What can be shown, played or read to a brain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StimulusKind {
    Video,
    Audio,
    Text,
    Image,
    Events,
}

impl StimulusKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Image => "image",
            Self::Events => "events",
        }
    }

    /// What bytes without a file name are called.
    fn default_name(self) -> &'static str {
        match self {
            Self::Text => "text.txt",
            Self::Events => "events.tsv",
            Self::Video | Self::Audio | Self::Image => self.as_str(),
        }
    }
}

/// Fields that hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileField {
    Stimulus(StimulusKind),
    /// Named by `events`.
    Beside,
    Transcript,
}

impl FileField {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "video" => Self::Stimulus(StimulusKind::Video),
            "audio" => Self::Stimulus(StimulusKind::Audio),
            "text" => Self::Stimulus(StimulusKind::Text),
            "image" => Self::Stimulus(StimulusKind::Image),
            "events" => Self::Stimulus(StimulusKind::Events),
            "file" => Self::Beside,
            "transcript" => Self::Transcript,
            _ => return None,
        })
    }

    fn default_name(self) -> &'static str {
        match self {
            Self::Stimulus(kind) => kind.default_name(),
            Self::Beside => "file",
            Self::Transcript => "transcript",
        }
    }
}

/// The files of a request, each in its role.
#[derive(Debug)]
pub(super) struct Chosen<T> {
    kind: StimulusKind,
    file: T,
    /// What `events` places on its timeline.
    beside: Vec<T>,
    transcript: Option<T>,
}

impl<T> Chosen<T> {
    /// Finds the one stimulus among the files.
    fn among(files: Vec<(FileField, T)>) -> Result<Self, Error> {
        let (mut stimulus, mut beside, mut transcript) = (None::<(StimulusKind, T)>, Vec::new(), None);
        for (field, file) in files {
            match field {
                FileField::Transcript => once("transcript", &mut transcript, file)?,
                FileField::Beside => beside.push(file),
                FileField::Stimulus(kind) => {
                    if let Some((first, _)) = stimulus.replace((kind, file)) {
                        return Err(Error::TwoStimuli { first: first.as_str(), second: kind.as_str() });
                    }
                }
            }
        }
        let (kind, file) = stimulus.ok_or(Error::NoStimulus)?;
        Ok(Self { kind, file, beside, transcript })
    }
}

impl Asked {
    /// Reads a request's body, whichever of the two forms it has.
    pub(super) async fn receive(state: &State, request: Request) -> Result<Self, Error> {
        match media_type(request.headers()) {
            MULTIPART => Self::from_form(state, Multipart::from_request(request, &()).await?).await,
            JSON => Self::from_order(state, request).await,
            found => {
                let found = if found.is_empty() { "of no stated type" } else { found };
                Err(Error::UnsupportedMediaType {
                    found: found.to_owned(),
                    expected: "multipart/form-data with files, or application/json over uploaded stimuli",
                })
            }
        }
    }

    /// Streams a form's files to the store. They are kept only when the whole form is in order.
    async fn from_form(state: &State, mut form: Multipart) -> Result<Self, Error> {
        let limit = state.config.max_upload_bytes;
        let mut files = Vec::new();
        let mut parameters = Parameters::default();
        while let Some(field) = form.next_field().await.map_err(|error| Error::of_form(&error, limit))? {
            let name = field.name().unwrap_or_default().to_owned();
            match FileField::named(&name) {
                Some(file_field) => files.push((file_field, stream(state, file_field.default_name(), field).await?)),
                None => parameters.set(&name, &value(&name, field, limit).await?)?,
            }
        }
        let chosen = Chosen::among(files)?;
        parameters.fit(&chosen)?;
        Ok(Self { stimulus: chosen.keep().await?, parameters })
    }

    async fn from_order(state: &State, request: Request) -> Result<Self, Error> {
        let PredictionOrder {
            video,
            audio,
            text,
            image,
            events,
            file,
            transcript,
            subject: subjects,
            modalities,
            duration: duration_s,
            timing,
            overlap: overlap_s,
            save_features,
            model,
        } = json::body(request).await?;
        let beside = file.into_iter().map(|id| (FileField::Beside, id));
        let given = [
            (FileField::Stimulus(StimulusKind::Video), video),
            (FileField::Stimulus(StimulusKind::Audio), audio),
            (FileField::Stimulus(StimulusKind::Text), text),
            (FileField::Stimulus(StimulusKind::Image), image),
            (FileField::Stimulus(StimulusKind::Events), events),
            (FileField::Transcript, transcript),
        ];
        let named = given.into_iter().filter_map(|(field, id)| Some((field, id?))).chain(beside);
        let store = state.store.clone();
        let find = move || named.map(|(field, id)| Ok((field, store.stimulus(&id)?))).collect::<Result<_, Error>>();
        let files = tokio::task::spawn_blocking(find).await??;
        let parameters = Parameters { subjects, modalities, duration_s, timing, overlap_s, save_features, model };
        let stimulus = Chosen::among(files)?;
        parameters.fit(&stimulus)?;
        Ok(Self { stimulus, parameters })
    }
}

impl Chosen<Incoming> {
    async fn keep(self) -> Result<Chosen<Stimulus>, Error> {
        let mut beside = Vec::new();
        for file in self.beside {
            beside.push(file.keep().await?);
        }
        let transcript = match self.transcript {
            Some(transcript) => Some(transcript.keep().await?),
            None => None,
        };
        Ok(Chosen { kind: self.kind, file: self.file.keep().await?, beside, transcript })
    }
}

impl Chosen<Stimulus> {
    /// The stores' names of all files.
    pub(super) fn ids(&self) -> Vec<String> {
        let files = std::iter::once(&self.file).chain(&self.beside).chain(&self.transcript);
        files.map(|stimulus| stimulus.id.clone()).collect()
    }

    /// What the stimulus is called in file names: the upload's name up to its first dot.
    pub(super) fn task(&self) -> String {
        let name = self.file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_owned()
    }

    /// As the pipeline takes it.
    pub(super) fn into_source(self, parameters: &Parameters) -> Result<Source, Error> {
        let path = self.file.path;
        let transcript = self.transcript.map(|transcript| transcript.path);
        Ok(match self.kind {
            StimulusKind::Video => Source::Video { path, transcript },
            StimulusKind::Audio => Source::Audio { path, transcript },
            StimulusKind::Text => Source::Text { path, timing: parameters.timing.unwrap_or_default() },
            StimulusKind::Image => Source::Image { path, duration_s: parameters.duration_s.unwrap_or(STILL_S) },
            StimulusKind::Events => Source::Events { path, files: Some(by_name(self.beside)?) },
        })
    }
}

/// The files of a timeline, by the names that its events call them.
fn by_name(stimuli: Vec<Stimulus>) -> Result<BTreeMap<String, PathBuf>, Error> {
    let mut files = BTreeMap::new();
    for Stimulus { name, path, .. } in stimuli {
        if files.insert(name.clone(), path).is_some() {
            return Err(Error::SameName { name });
        }
    }
    Ok(files)
}

impl Parameters {
    /// Sets what a field of the form says.
    fn set(&mut self, field: &str, value: &str) -> Result<(), Error> {
        match field {
            "subject" => self.subjects.push(value.to_owned()),
            "modalities" => once("modalities", &mut self.modalities, modalities(value)?)?,
            "duration" => once("duration", &mut self.duration_s, seconds("duration", value)?)?,
            "timing" => once("timing", &mut self.timing, timing(value)?)?,
            "overlap" => once("overlap", &mut self.overlap_s, seconds("overlap", value)?)?,
            "save_features" => {
                once("save_features", &mut self.save_features, parse("save_features", value, "true or false")?)?;
            }
            "model" => once("model", &mut self.model, value.to_owned())?,
            _ => return Err(Error::UnknownField { field: field.to_owned(), known: FIELDS }),
        }
        Ok(())
    }

    /// Refuses what does not go with the stimulus, rather than to overlook it.
    fn fit<T>(&self, chosen: &Chosen<T>) -> Result<(), Error> {
        let misplaced = |field, goes_with| Error::MisplacedField { field, stimulus: chosen.kind.as_str(), goes_with };
        if self.duration_s.is_some() && chosen.kind != StimulusKind::Image {
            return Err(misplaced("duration", "image"));
        }
        if self.timing.is_some() && chosen.kind != StimulusKind::Text {
            return Err(misplaced("timing", "text"));
        }
        if chosen.transcript.is_some() && !matches!(chosen.kind, StimulusKind::Video | StimulusKind::Audio) {
            return Err(misplaced("transcript", "video and audio"));
        }
        if !chosen.beside.is_empty() && chosen.kind != StimulusKind::Events {
            return Err(misplaced("file", "events"));
        }
        Ok(())
    }
}

fn once<T>(field: &'static str, place: &mut Option<T>, value: T) -> Result<(), Error> {
    match place.replace(value) {
        Some(_) => Err(Error::RepeatedField { field }),
        None => Ok(()),
    }
}

fn parse<T: FromStr>(field: &'static str, value: &str, expected: &'static str) -> Result<T, Error> {
    value.trim().parse().map_err(|_| Error::BadValue { field, value: value.to_owned(), expected })
}

/// A number that JSON can hold too, for so it is stored.
fn seconds(field: &'static str, text: &str) -> Result<f64, Error> {
    let seconds: f64 = parse(field, text, "a number of seconds")?;
    let is_number = seconds.is_finite().then_some(seconds);
    is_number.ok_or_else(|| Error::BadValue { field, value: text.to_owned(), expected: "a number of seconds" })
}

fn modalities(list: &str) -> Result<Vec<Modality>, Error> {
    let modality = |name: &str| match name.trim() {
        "text" => Ok(Modality::Text),
        "audio" => Ok(Modality::Audio),
        "video" => Ok(Modality::Video),
        unknown => Err(Error::UnknownModality { value: unknown.to_owned() }),
    };
    list.split(',').map(modality).collect()
}

fn timing(value: &str) -> Result<TextTiming, Error> {
    match value.trim() {
        "spoken" => Ok(TextTiming::Spoken),
        "estimated" => Ok(TextTiming::Estimated),
        _ => Err(Error::BadValue { field: "timing", value: value.to_owned(), expected: "spoken or estimated" }),
    }
}

/// Streams a file of a form to the store.
async fn stream(state: &State, default_name: &str, mut field: Field<'_>) -> Result<Incoming, Error> {
    let limit = state.config.max_upload_bytes;
    let name = field.file_name().filter(|name| !name.is_empty()).unwrap_or(default_name).to_owned();
    let mut incoming = state.store.receive(&name, limit).await?;
    while let Some(chunk) = field.chunk().await.map_err(|error| Error::of_form(&error, limit))? {
        incoming.write(&chunk).await?;
    }
    Ok(incoming)
}

/// Reads a short field of a form.
async fn value(name: &str, mut field: Field<'_>, limit: u64) -> Result<String, Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| Error::of_form(&error, limit))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_VALUE {
            return Err(Error::FieldTooLong { field: name.to_owned(), limit: LONGEST_VALUE });
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::MalformedBody { reason: format!("{name} is not UTF-8 text") })
}

/// The body's type without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use FileField::{Beside, Transcript};
    use proptest::prelude::*;

    use super::*;

    const VIDEO: FileField = FileField::Stimulus(StimulusKind::Video);
    const AUDIO: FileField = FileField::Stimulus(StimulusKind::Audio);
    const TEXT: FileField = FileField::Stimulus(StimulusKind::Text);
    const IMAGE: FileField = FileField::Stimulus(StimulusKind::Image);
    const EVENTS: FileField = FileField::Stimulus(StimulusKind::Events);

    fn among(fields: &[FileField]) -> Result<Chosen<usize>, Error> {
        Chosen::among(fields.iter().copied().zip(0..).collect())
    }

    #[test]
    fn the_stimulus_is_found_among_the_files() {
        let chosen = among(&[Transcript, VIDEO]).unwrap();
        assert_eq!((chosen.kind, chosen.file, chosen.transcript), (StimulusKind::Video, 1, Some(0)));
        let chosen = among(&[Beside, EVENTS, Beside, Beside]).unwrap();
        assert_eq!((chosen.kind, chosen.file, chosen.beside), (StimulusKind::Events, 1, vec![0, 2, 3]));
    }

    #[test]
    fn no_stimulus_two_stimuli_and_repeated_fields_are_refused() {
        assert!(matches!(among(&[]), Err(Error::NoStimulus)));
        assert!(matches!(among(&[Transcript]), Err(Error::NoStimulus)));
        assert!(matches!(among(&[VIDEO, AUDIO]), Err(Error::TwoStimuli { first: "video", second: "audio" })));
        assert!(matches!(among(&[TEXT, TEXT]), Err(Error::TwoStimuli { .. })));
        assert!(matches!(among(&[EVENTS, EVENTS]), Err(Error::TwoStimuli { .. })));
        assert!(matches!(among(&[VIDEO, Transcript, Transcript]), Err(Error::RepeatedField { field: "transcript" })));
    }

    #[test]
    fn what_does_not_go_with_the_stimulus_is_refused() {
        let duration = Parameters { duration_s: Some(2.0), ..Parameters::default() };
        assert!(duration.fit(&among(&[IMAGE]).unwrap()).is_ok());
        assert!(matches!(
            duration.fit(&among(&[VIDEO]).unwrap()),
            Err(Error::MisplacedField { field: "duration", .. })
        ));
        let timing = Parameters { timing: Some(TextTiming::Estimated), ..Parameters::default() };
        assert!(timing.fit(&among(&[TEXT]).unwrap()).is_ok());
        assert!(matches!(timing.fit(&among(&[AUDIO]).unwrap()), Err(Error::MisplacedField { field: "timing", .. })));
        assert!(matches!(
            Parameters::default().fit(&among(&[IMAGE, Transcript]).unwrap()),
            Err(Error::MisplacedField { field: "transcript", .. })
        ));
    }

    #[test]
    fn fields_are_parsed_once_and_by_their_names() {
        let mut parameters = Parameters::default();
        parameters.set("modalities", "video, audio").unwrap();
        parameters.set("subject", "one").unwrap();
        parameters.set("subject", "two").unwrap();
        assert_eq!(parameters.modalities, Some(vec![Modality::Video, Modality::Audio]));
        assert_eq!(parameters.subjects, ["one", "two"]);
        assert!(matches!(parameters.set("modalities", "text"), Err(Error::RepeatedField { field: "modalities" })));
        assert!(matches!(parameters.set("smell", "rose"), Err(Error::UnknownField { .. })));
        assert!(matches!(Parameters::default().set("modalities", "smell"), Err(Error::UnknownModality { .. })));
        assert!(matches!(
            Parameters::default().set("duration", "long"),
            Err(Error::BadValue { field: "duration", .. })
        ));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = serde_json::from_slice::<PredictionOrder>(&body);
        }

        #[test]
        fn any_field_is_read_without_a_panic(field in "[a-z_]{0,16}", value in ".{0,64}") {
            let _ = Parameters::default().set(&field, &value);
            for name in FIELDS {
                let _ = Parameters::default().set(name, &value);
            }
        }
    }
}
