//! What a client sends to ask for a prediction: a form with files in it, or JSON over uploaded stimuli. Both become
//! the same [`Asked`].

use std::str::FromStr;

use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use axum::body::Bytes;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Error, State};
use crate::features::Modality;
use crate::store::{Incoming, Stimulus};

/// The longest value of a field that is no file (bytes).
const LONGEST_VALUE: usize = 4096;
/// The longest JSON body (bytes).
const LONGEST_JSON: usize = 1 << 16;

const MULTIPART: &str = "multipart/form-data";
const JSON: &str = "application/json";

/// All fields of the form.
const FIELDS: &[&str] = &[
    "video", "audio", "text", "image", "events", "transcript", "subject", "modalities", "duration", "timing",
    "save_features", "model",
];

/// The form of `POST /v1/predictions`. One of `video`, `audio`, `text`, `image` and `events` is the stimulus; with
/// `events`, the others are the files that it names.
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
    /// A BIDS `events.tsv` whose `stim_file` column names the files that come with it.
    #[schema(format = Binary)]
    events: Option<String>,
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
    save_features: Option<bool>,
    /// The model that is expected to answer; refused when the server runs another.
    model: Option<String>,
}

/// The JSON of `POST /v1/predictions`: as the form, with ids of uploaded stimuli for files.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PredictionOrder {
    video: Ids,
    audio: Ids,
    text: Ids,
    image: Ids,
    events: Ids,
    transcript: Ids,
    /// Names of the model's subjects; its default when empty.
    subject: Vec<String>,
    /// Those that reach the encoder; all when left out.
    modalities: Option<Vec<Modality>>,
    /// How long an image is shown (s).
    duration: Option<f64>,
    timing: Option<Timing>,
    save_features: bool,
    model: Option<String>,
}

/// One stimulus's id, or several: events place as many as they name.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum Ids {
    One(String),
    Several(Vec<String>),
}

impl Default for Ids {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Ids {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(id) => vec![id],
            Self::Several(ids) => ids,
        }
    }
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
    pub(super) timing: Option<Timing>,
    pub(super) save_features: Option<bool>,
    pub(super) model: Option<String>,
}

/// How text gets its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Timing {
    Spoken,
    Estimated,
}

/// Fields that hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileField {
    Video,
    Audio,
    Text,
    Image,
    Events,
    Transcript,
}

impl FileField {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Image => "image",
            Self::Events => "events",
            Self::Transcript => "transcript",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let all = [Self::Video, Self::Audio, Self::Text, Self::Image, Self::Events, Self::Transcript];
        all.into_iter().find(|field| field.as_str() == name)
    }

    /// What bytes without a file name are called.
    fn default_name(self) -> &'static str {
        match self {
            Self::Text => "text.txt",
            Self::Events => "events.tsv",
            Self::Video | Self::Audio | Self::Image | Self::Transcript => self.as_str(),
        }
    }
}

/// The files of a request, each in its role.
#[derive(Debug)]
pub(super) struct Chosen<T> {
    pub(super) kind: FileField,
    pub(super) file: T,
    /// The stimuli that `events` names.
    pub(super) beside: Vec<T>,
    pub(super) transcript: Option<T>,
}

impl<T> Chosen<T> {
    /// Finds the one stimulus among the files.
    fn among(files: Vec<(FileField, T)>) -> Result<Self, Error> {
        let has_events = files.iter().any(|(field, _)| *field == FileField::Events);
        let (mut stimulus, mut beside, mut transcript) = (None::<(FileField, T)>, Vec::new(), None);
        for (field, file) in files {
            match field {
                FileField::Transcript if transcript.is_some() => {
                    return Err(Error::RepeatedField { field: field.as_str() });
                }
                FileField::Transcript => transcript = Some(file),
                FileField::Events if stimulus.is_some() => return Err(Error::RepeatedField { field: field.as_str() }),
                _ if has_events && field != FileField::Events => beside.push(file),
                _ => {
                    if let Some((first, _)) = stimulus {
                        return Err(Error::TwoStimuli { first: first.as_str(), second: field.as_str() });
                    }
                    stimulus = Some((field, file));
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
        let body = axum::body::to_bytes(request.into_body(), LONGEST_JSON)
            .await
            .map_err(|_| Error::BodyTooLarge { limit: LONGEST_JSON as u64 })?;
        let PredictionOrder {
            video, audio, text, image, events, transcript,
            subject: subjects, modalities, duration: duration_s, timing, save_features, model,
        } = order(&body)?;
        let given = [
            (FileField::Video, video),
            (FileField::Audio, audio),
            (FileField::Text, text),
            (FileField::Image, image),
            (FileField::Events, events),
            (FileField::Transcript, transcript),
        ];
        let mut files = Vec::new();
        for (field, ids) in given {
            for id in ids.into_vec() {
                files.push((field, state.store.stimulus(&id)?));
            }
        }
        let parameters = Parameters { subjects, modalities, duration_s, timing, save_features: Some(save_features), model };
        let stimulus = Chosen::among(files)?;
        parameters.fit(&stimulus)?;
        Ok(Self { stimulus, parameters })
    }
}

fn order(body: &Bytes) -> Result<PredictionOrder, Error> {
    serde_json::from_slice(body).map_err(|error| Error::MalformedBody { reason: error.to_string() })
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

impl Parameters {
    /// Sets what a field of the form says.
    fn set(&mut self, field: &str, value: &str) -> Result<(), Error> {
        match field {
            "subject" => self.subjects.push(value.to_owned()),
            "modalities" => once("modalities", &mut self.modalities, modalities(value)?)?,
            "duration" => {
                once("duration", &mut self.duration_s, parse("duration", value, "a number of seconds")?)?;
            }
            "timing" => once("timing", &mut self.timing, timing(value)?)?,
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
        if self.duration_s.is_some() && chosen.kind != FileField::Image {
            return Err(misplaced("duration", "image"));
        }
        if self.timing.is_some() && chosen.kind != FileField::Text {
            return Err(misplaced("timing", "text"));
        }
        if chosen.transcript.is_some() && !matches!(chosen.kind, FileField::Video | FileField::Audio) {
            return Err(misplaced("transcript", "video and audio"));
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

fn modalities(list: &str) -> Result<Vec<Modality>, Error> {
    let modality = |name: &str| match name.trim() {
        "text" => Ok(Modality::Text),
        "audio" => Ok(Modality::Audio),
        "video" => Ok(Modality::Video),
        unknown => Err(Error::UnknownModality { value: unknown.to_owned() }),
    };
    list.split(',').map(modality).collect()
}

fn timing(value: &str) -> Result<Timing, Error> {
    match value.trim() {
        "spoken" => Ok(Timing::Spoken),
        "estimated" => Ok(Timing::Estimated),
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
    use FileField::*;
    use proptest::prelude::*;

    use super::*;

    fn among(fields: &[FileField]) -> Result<Chosen<usize>, Error> {
        Chosen::among(fields.iter().copied().zip(0..).collect())
    }

    #[test]
    fn the_stimulus_is_found_among_the_files() {
        let chosen = among(&[Transcript, Video]).unwrap();
        assert_eq!((chosen.kind, chosen.file, chosen.transcript), (Video, 1, Some(0)));
        let chosen = among(&[Video, Events, Video, Audio]).unwrap();
        assert_eq!((chosen.kind, chosen.file, chosen.beside), (Events, 1, vec![0, 2, 3]));
    }

    #[test]
    fn no_stimulus_two_stimuli_and_repeated_fields_are_refused() {
        assert!(matches!(among(&[]), Err(Error::NoStimulus)));
        assert!(matches!(among(&[Transcript]), Err(Error::NoStimulus)));
        assert!(matches!(among(&[Video, Audio]), Err(Error::TwoStimuli { first: "video", second: "audio" })));
        assert!(matches!(among(&[Text, Text]), Err(Error::TwoStimuli { .. })));
        assert!(matches!(among(&[Events, Events]), Err(Error::RepeatedField { field: "events" })));
        assert!(matches!(among(&[Video, Transcript, Transcript]), Err(Error::RepeatedField { field: "transcript" })));
    }

    #[test]
    fn what_does_not_go_with_the_stimulus_is_refused() {
        let duration = Parameters { duration_s: Some(2.0), ..Parameters::default() };
        assert!(duration.fit(&among(&[Image]).unwrap()).is_ok());
        assert!(matches!(duration.fit(&among(&[Video]).unwrap()), Err(Error::MisplacedField { field: "duration", .. })));
        let timing = Parameters { timing: Some(Timing::Estimated), ..Parameters::default() };
        assert!(timing.fit(&among(&[Text]).unwrap()).is_ok());
        assert!(matches!(timing.fit(&among(&[Audio]).unwrap()), Err(Error::MisplacedField { field: "timing", .. })));
        assert!(matches!(
            Parameters::default().fit(&among(&[Image, Transcript]).unwrap()),
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
        assert!(matches!(Parameters::default().set("duration", "long"), Err(Error::BadValue { field: "duration", .. })));
    }

    proptest! {
        #[test]
        fn any_json_is_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = order(&Bytes::from(body));
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
