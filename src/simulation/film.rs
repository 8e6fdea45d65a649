//! A film of the cohort, from its programme to its files: the film, the times of its words, and what is on when.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Error;
use super::channel::{COURSE_HZ, Courses};
use super::material::Material;
use super::plan::{FilmName, Senses};
use super::programme::{Heard, Measured, Programme, Seen, Utterance, courses};
use super::screen::{FRAME_BYTES, FRAME_HZ, SIDE, Screen, contrast};
use super::sound::{RATE, loudness, mixed, wave};
use super::speaking::Spoken;
use crate::stimulus::{Ffmpeg, FilmShape, FilmWriter, Track};

/// A film that is written.
#[derive(Clone, Debug)]
pub(super) struct Film {
    pub(super) name: FilmName,
    pub(super) courses: Courses,
}

/// Draws and mixes a film into `NAME.mp4` (`NAME.wav` where it has sound alone), `NAME.tsv` (words) and `NAME_events.tsv` of the
/// folder.
pub(super) fn write(
    name: &FilmName,
    programme: &Programme,
    material: &Material,
    spoken: &[Spoken],
    ffmpeg: &Ffmpeg,
    folder: &Path,
) -> Result<Film, Error> {
    let track = mixed(programme, &material.recordings);
    let path = folder.join(name.file());
    let sound = Track { samples: &track, sample_rate: RATE };
    let contrast = match name.senses {
        Senses::Both => draw(programme, material, Some(sound), ffmpeg, &path)?,
        Senses::SightAlone => draw(programme, material, None, ffmpeg, &path)?,
        Senses::SoundAlone => {
            fs::write(&path, wave(&track)).map_err(|source| Error::Write { path, source })?;
            vec![0.0; Courses::silent(programme.length_s).samples()]
        }
    };
    let measured = Measured { contrast, loudness: loudness(&track) };
    let utterances: Vec<Utterance> = spoken.iter().map(|spoken| spoken.utterance).collect();
    save(&folder.join(format!("{}.tsv", name.name)), &words(programme, spoken))?;
    save(&folder.join(format!("{}_events.tsv", name.name)), &events(programme, material, spoken))?;
    Ok(Film { name: name.clone(), courses: courses(programme, &utterances, &measured) })
}

/// Draws a film, and returns the contrast of what is seen at each sample of the courses.
fn draw(
    programme: &Programme,
    material: &Material,
    track: Option<Track>,
    ffmpeg: &Ffmpeg,
    path: &Path,
) -> Result<Vec<f64>, Error> {
    let shape = FilmShape { width: SIDE, height: SIDE, frame_hz: FRAME_HZ };
    let mut film = FilmWriter::start(ffmpeg, path, shape, track)?;
    let mut screen = Screen::new(programme, &material.gallery);
    let mut frame = vec![0; FRAME_BYTES];
    let mut contrasts = Vec::new();
    for number in 0..(programme.length_s * FRAME_HZ).round() as usize {
        screen.draw(number as f64 / FRAME_HZ, &mut frame);
        contrasts.push(contrast(&frame));
        film.write(&frame)?;
    }
    film.finish()?;
    let at =
        |sample: usize| contrasts[(((sample as f64 + 0.5) / COURSE_HZ * FRAME_HZ) as usize).min(contrasts.len() - 1)];
    Ok((0..Courses::silent(programme.length_s).samples()).map(at).collect())
}

fn save(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// The words of a programme with their times, as `--transcript` takes them.
fn words(programme: &Programme, spoken: &[Spoken]) -> String {
    let mut table = "text\tstart\tduration\tsentence\tsequence_id\n".to_owned();
    for (number, sound) in programme.sounds.iter().enumerate() {
        let (Heard::Speech { utterance } | Heard::Reading { utterance }) = sound.what else { continue };
        for word in &spoken[utterance].recital.words {
            let onset = sound.onset_s + word.start;
            writeln_to(
                &mut table,
                format_args!("{}\t{onset:.3}\t{:.3}\t{}\t{number}", word.text, word.duration, word.sentence),
            );
        }
    }
    table
}

/// What is on, by onset.
fn events(programme: &Programme, material: &Material, spoken: &[Spoken]) -> String {
    let mut rows: Vec<(f64, f64, String, String, String)> = Vec::new();
    for sight in &programme.sights {
        let (kind, file) = match sight.what {
            Seen::Grey => ("grey".to_owned(), "n/a".to_owned()),
            Seen::Picture { category, number, .. } => {
                (category.name().to_owned(), material.picture_names[&category][number].clone())
            }
            Seen::Pattern { moves, .. } => ((if moves { "moving" } else { "static" }).to_owned(), "n/a".to_owned()),
            Seen::Talking { portrait, is_own_voice, .. } => {
                let kind = if is_own_voice { "talking_face_congruent" } else { "talking_face" };
                (kind.to_owned(), material.portrait_names[portrait].clone())
            }
        };
        rows.push((sight.onset_s, sight.duration_s, kind, file, "n/a".to_owned()));
    }
    for sound in &programme.sounds {
        let (kind, file, text) = match sound.what {
            Heard::Sound { number } => ("sound".to_owned(), material.sound_names[number].clone(), "n/a".to_owned()),
            Heard::Speech { utterance } => named("spoken", &spoken[utterance]),
            Heard::Reading { utterance } => named("read", &spoken[utterance]),
        };
        rows.push((sound.onset_s, sound.duration_s, kind, file, text));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut table = "onset\tduration\ttrial_type\tstim_file\ttext\n".to_owned();
    for (onset, duration, kind, file, text) in rows {
        writeln_to(&mut table, format_args!("{onset:.3}\t{duration:.3}\t{kind}\t{file}\t{text}"));
    }
    table
}

fn named(manner: &str, spoken: &Spoken) -> (String, String, String) {
    (format!("{manner}_{}", spoken.text.kind.name()), "n/a".to_owned(), spoken.text.text.clone())
}

fn writeln_to(table: &mut String, line: std::fmt::Arguments) {
    let _a_string_takes_everything = writeln!(table, "{line}");
}
