//! Every kind of stimulus, laid out by the real programs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::stimulus::{Limits, Source, clips};

/// Lays a source out in a folder that goes with it.
fn lay_out(source: &Source) -> Result<(Timeline, Vec<Note>), Error> {
    let folder = tempfile::tempdir().unwrap();
    lay_out_in(source, folder.path())
}

fn lay_out_in(source: &Source, folder: &Path) -> Result<(Timeline, Vec<Note>), Error> {
    source.lay_out(&clips::tools(), &Shelf::new(folder), &CancellationToken::new())
}

fn video(path: &Path) -> Source {
    Source::Video { path: path.into(), transcript: None }
}

fn audio(path: &Path) -> Source {
    Source::Audio { path: path.into(), transcript: None }
}

/// A film of `seconds`, of two tones and a test pattern.
fn film(folder: &Path, name: &str, seconds: &str, options: &[&str]) -> PathBuf {
    let picture = format!("testsrc=s=64x48:r=25:d={seconds}");
    let sound = format!("sine=frequency=440:duration={seconds}");
    let sources = ["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound, "-pix_fmt", "yuv420p"];
    clips::make(folder, name, &[sources.as_slice(), options].concat())
}

#[test]
fn a_film_with_a_transcript_is_laid_out_as_the_reference_does() {
    let Some(golden) = clips::golden() else { return };
    let stimuli = golden.join("stimuli");
    let source = Source::Video { path: stimuli.join("clip.mp4"), transcript: Some(stimuli.join("clip.tsv")) };
    let (timeline, notes) = lay_out(&source).unwrap();
    assert_eq!((timeline.sounds.len(), timeline.films.len(), timeline.words.len()), (1, 1, 35));
    assert_eq!((timeline.start(), timeline.end()), (0.0, 12.0));
    assert_eq!(timeline.windows(100.0, 0.0), [super::super::Window { start_s: 0.0, duration_s: 100.0 }]);
    let kept = (0..100).filter(|second| timeline.has_event(f64::from(*second), 1.0));
    assert!(kept.eq(0..12));
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn a_long_film_is_cut_and_its_words_are_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), "film.mp4", "98", &["-preset", "ultrafast"]);
    let transcript = folder.path().join("words.tsv");
    std::fs::write(&transcript, "text\tstart\tduration\nOnce\t1\t1\nagain.\t90\t1\n").unwrap();
    let (timeline, _) = lay_out(&Source::Video { path, transcript: Some(transcript) }).unwrap();
    let sounds: Vec<(f64, f64)> = timeline.sounds.iter().map(|sound| (sound.start, sound.offset)).collect();
    let films: Vec<(f64, f64)> = timeline.films.iter().map(|film| (film.start, film.duration)).collect();
    assert_eq!(sounds, [(0.0, 0.0), (60.0, 60.0)]);
    assert_eq!(films, [(0.0, 60.0), (60.0, 38.0)]);
    assert_eq!(timeline.words.iter().map(|word| word.start).collect::<Vec<_>>(), [1.0, 90.0]);
}

#[test]
fn what_is_absent_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = clips::counting_film(folder.path(), "film.mp4", "25", "1");
    let (timeline, notes) = lay_out(&video(&path)).unwrap();
    assert!(timeline.sounds.is_empty() && timeline.words.is_empty());
    let notes: Vec<&str> = notes.iter().map(Note::as_str).collect();
    assert!(notes[0].contains("audio is absent") && notes[1].contains("text is absent"), "{notes:?}");
}

#[test]
fn words_past_the_end_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), "film.mp4", "2", &[]);
    let transcript = folder.path().join("words.tsv");
    std::fs::write(&transcript, "text\tstart\tduration\nlate\t2.5\t1\n").unwrap();
    let error = lay_out(&Source::Video { path, transcript: Some(transcript) }).unwrap_err();
    assert!(error.to_string().contains("\"late\" starts at 2.5 s"), "{error}");
}

#[test]
fn what_is_no_film_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let refused = |path: &Path| lay_out(&video(path)).unwrap_err();
    assert!(matches!(refused(&file("empty.mp4", b"")), Error::Empty { .. }));
    assert!(matches!(refused(&file("text.mp4", b"Once upon a time")), Error::TextNotMedia { .. }));
    let segment = film(folder.path(), "segment.ts", "1", &[]);
    let list = format!("#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", segment.display());
    assert!(matches!(refused(&file("list.mp4", list.as_bytes())), Error::Playlist { .. }));
    let list = format!("ffconcat version 1.0\nfile '{}'\n", segment.display());
    assert!(matches!(refused(&file("list.mp4", list.as_bytes())), Error::Playlist { .. }));
    assert!(matches!(refused(&folder.path().join("none.mp4")), Error::Read { .. }));

    let sound = clips::make(folder.path(), "sound.wav", &["-f", "lavfi", "-i", "sine=duration=1"]);
    assert!(matches!(refused(&sound), Error::NoVideo { .. }));
    assert!(matches!(refused(&picture(folder.path())), Error::WrongContainer { .. }));
    let silent = clips::counting_film(folder.path(), "silent.mp4", "25", "1");
    assert!(matches!(lay_out(&audio(&silent)), Err(Error::NoAudio { .. })));
}

#[test]
fn truncated_media_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let head = |path: &Path, fraction: f64| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..(bytes.len() as f64 * fraction) as usize]).unwrap();
    };
    let path = film(folder.path(), "end.mp4", "10", &[]);
    head(&path, 0.6);
    let error = lay_out(&video(&path)).unwrap_err().to_string();
    assert!(error.contains("cannot be decoded") && !error.contains('/'), "{error}");
    let path = film(folder.path(), "start.mp4", "10", &["-movflags", "+faststart"]);
    head(&path, 0.6);
    assert!(matches!(lay_out(&video(&path)), Err(Error::Truncated { .. })));
    let path = clips::make(folder.path(), "sound.flac", &["-f", "lavfi", "-i", "anoisesrc=d=10"]);
    head(&path, 0.6);
    assert!(matches!(lay_out(&audio(&path)), Err(Error::Truncated { .. })));
    let path = film(folder.path(), "frames.mkv", "10", &["-an"]);
    head(&path, 0.05);
    let error = lay_out(&video(&path)).unwrap_err();
    assert!(matches!(error, Error::NoFrame { .. } | Error::Undecodable { .. } | Error::Truncated { .. }), "{error}");
}

#[test]
fn a_stimulus_over_the_limit_is_refused_with_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), "film.mp4", "3", &[]);
    let tools = Tools { limits: Limits { duration_s: 2.0 }, ..clips::tools() };
    for source in [video(&path), audio(&path), Source::Image { path: picture(folder.path()), duration_s: 2.5 }] {
        let error = source.lay_out(&tools, &Shelf::new(folder.path()), &CancellationToken::new()).unwrap_err();
        assert!(error.to_string().contains("the limit is 2 s"), "{error}");
    }
}

fn shown_at(onset: f64, duration: Option<f64>, stimulus: PathBuf, manipulation: Manipulation) -> Event {
    Event { onset, duration, stimulus, transcript: None, manipulation }
}

#[test]
fn a_sound_at_another_rate_is_as_much_shorter_and_so_are_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let sound = clips::make(folder.path(), "tone.wav", &["-f", "lavfi", "-i", "sine=frequency=440:duration=6"]);
    let transcript = folder.path().join("words.tsv");
    std::fs::write(&transcript, "text\tstart\tduration\nOnce\t1\t0.5\nagain.\t5.5\t0.4\n").unwrap();
    for rate in [0.5, 1.5, 2.0, 3.0] {
        let change = Manipulation { speech_rate: rate, ..Manipulation::default() };
        let event = Event { transcript: Some(transcript.clone()), ..shown_at(1.0, None, sound.clone(), change) };
        let (timeline, _) = lay_out(&Source::Sequence { events: vec![event], length_s: 20.0 }).unwrap();
        assert!((timeline.sounds[0].duration - 6.0 / rate).abs() < 1e-4, "{}", timeline.sounds[0].duration);
        let times: Vec<(f64, f64)> = timeline.words.iter().map(|word| (word.start, word.duration)).collect();
        assert_eq!(times, [(1.0 + 1.0 / rate, 0.5 / rate), (1.0 + 5.5 / rate, 0.4 / rate)]);
        let length = length_s(&sound, rate, &clips::tools(), folder.path(), &CancellationToken::new()).unwrap();
        assert_eq!(length, Some(timeline.sounds[0].duration));
    }
}

#[test]
fn a_sound_that_is_sped_up_keeps_its_pitch() {
    let folder = tempfile::tempdir().unwrap();
    let sound = clips::make(folder.path(), "tone.wav", &["-f", "lavfi", "-i", "sine=frequency=440:duration=4"]);
    for rate in [0.5, 2.0, 3.0] {
        let change = Manipulation { speech_rate: rate, ..Manipulation::default() };
        let source = Source::Sequence { events: vec![shown_at(0.0, None, sound.clone(), change)], length_s: 8.0 };
        let (timeline, _) = lay_out_in(&source, folder.path()).unwrap();
        let heard = timeline.sounds[0].waveform().unwrap();
        let rises = heard.row(0).windows(2).into_iter().filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        let pitch = rises as f64 / timeline.sounds[0].duration;
        assert!((pitch / 440.0 - 1.0).abs() < 0.03, "{pitch} Hz at {rate}");
    }
}

#[test]
fn a_text_at_twice_the_rate_lasts_half_as_long_and_so_does_each_of_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.txt");
    std::fs::write(&path, "Who's there? Nay, answer me.").unwrap();
    let spoken = |speech_rate| {
        let change = Manipulation { speech_rate, ..Manipulation::default() };
        let events = vec![shown_at(0.0, None, path.clone(), change)];
        lay_out_in(&Source::Sequence { events, length_s: 20.0 }, folder.path())
    };
    let usual = match spoken(1.0) {
        Err(Error::ProgramMissing { .. }) => return eprintln!("SKIPPED: espeak-ng is absent"),
        result => result.unwrap().0,
    };
    let fast = spoken(2.0).unwrap().0;
    assert!((2.0 * fast.sounds[0].duration / usual.sounds[0].duration - 1.0).abs() < 1e-3);
    for (fast, usual) in fast.words.iter().zip(&usual.words) {
        assert_eq!((2.0 * fast.start, 2.0 * fast.duration), (usual.start, usual.duration));
        assert_eq!(fast.context, usual.context);
    }
    let level = |timeline: &Timeline, from: f64, to: f64| {
        let (waveform, rate) = (timeline.sounds[0].waveform().unwrap(), f64::from(timeline.sounds[0].sample_rate));
        let heard = waveform.slice(ndarray::s![0, (from * rate) as usize..(to * rate) as usize]);
        heard.iter().map(|sample| f64::from(sample.abs())).sum::<f64>() / heard.len() as f64
    };
    let (first, last) = (&fast.words[1], &fast.words[2]);
    let pause = (first.start + first.duration, last.start);
    let quiet = level(&fast, pause.0 + 0.02, pause.1 - 0.02);
    let loud = level(&fast, last.start, last.start + last.duration);
    assert!(quiet < 0.1 * loud, "the pause between the sentences lies where the words say: {quiet} {loud}");
}

#[test]
fn a_film_has_no_other_rate() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), "film.mp4", "1", &[]);
    let change = Manipulation { speech_rate: 1.5, ..Manipulation::default() };
    let source = Source::Sequence { events: vec![shown_at(0.0, None, path, change)], length_s: 3.0 };
    let error = lay_out(&source).unwrap_err();
    assert!(error.to_string().contains("1.5 times") && error.to_string().contains("leave speech_rate out"), "{error}");
}

#[test]
fn a_picture_is_shown_changed_and_unchanged_on_one_timeline_as_two_stimuli() {
    let folder = tempfile::tempdir().unwrap();
    let path = picture(folder.path());
    let plain = Manipulation::default();
    let sequence = |change| {
        let events =
            vec![shown_at(0.0, Some(1.0), path.clone(), plain), shown_at(2.0, Some(1.0), path.clone(), change)];
        Source::Sequence { events, length_s: 4.0 }
    };
    let change = Manipulation { contrast: 0.5, ..plain };
    let (timeline, _) = lay_out(&sequence(change)).unwrap();
    assert_ne!(timeline.films[0].content, timeline.films[1].content);
    assert!(timeline.films[0].retouch.is_none() && timeline.films[1].retouch.is_some());
    assert_eq!(timeline.films[0].content, content_of(&path).unwrap());
    assert_ne!(sequence(change).content().unwrap(), sequence(plain).content().unwrap());
    let seeded = sequence(Manipulation { seed: 5, ..plain });
    assert_eq!(seeded.content().unwrap(), sequence(plain).content().unwrap(), "a seed of nothing changes nothing");
}

#[test]
fn a_sequence_lasts_as_long_as_it_says_whatever_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let event = |onset| shown_at(onset, Some(1.5), picture(folder.path()), Manipulation::default());
    let sequence = Source::Sequence { events: vec![event(2.0), event(6.0)], length_s: 20.0 };
    let (timeline, _) = lay_out(&sequence).unwrap();
    assert_eq!((timeline.start(), timeline.end()), (0.0, 20.0));
    let shown: Vec<_> = timeline.films.iter().map(|film| (film.start, film.duration)).collect();
    assert_eq!(shown, [(2.0, 1.5), (6.0, 1.5)]);
    let later = Source::Sequence { events: vec![event(2.0), event(7.0)], length_s: 20.0 };
    assert_ne!(sequence.content().unwrap(), later.content().unwrap());
}

fn picture(folder: &Path) -> PathBuf {
    clips::make(folder, "face.png", &["-f", "lavfi", "-i", "testsrc=s=40x30", "-frames:v", "1"])
}

#[test]
fn a_text_can_be_read_without_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.txt");
    std::fs::write(&path, "Who's there? Nay, answer me.").unwrap();
    let (timeline, notes) = lay_out(&Source::Text { path, timing: TextTiming::Estimated }).unwrap();
    assert!(timeline.sounds.is_empty());
    assert_eq!(timeline.words[4].context, "Who's there?. Nay, answer me");
    assert!((timeline.end() - 2.0).abs() < 1e-9);
    assert!(notes[0].as_str().contains("2.5 a second"));
}

#[test]
fn a_text_is_spoken_and_its_words_lie_within_its_sound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.txt");
    std::fs::write(&path, "Who's there? Nay, answer me.").unwrap();
    let (timeline, notes) = match lay_out(&Source::Text { path, timing: TextTiming::Spoken }) {
        Err(Error::ProgramMissing { .. }) => return eprintln!("SKIPPED: espeak-ng is absent"),
        result => result.unwrap(),
    };
    assert_eq!((timeline.sounds.len(), timeline.words.len()), (1, 5));
    assert!(timeline.words.iter().all(|word| word.start + word.duration <= timeline.sounds[0].duration));
    assert!(notes[0].as_str().contains("espeak-ng"));
}

#[test]
fn events_place_pictures_films_and_sounds() {
    let folder = tempfile::tempdir().unwrap();
    picture(folder.path());
    film(folder.path(), "film.mp4", "3", &[]);
    clips::make(folder.path(), "tone.wav", &["-f", "lavfi", "-i", "sine=duration=2"]);
    std::fs::write(folder.path().join("words.tsv"), "text\tstart\tduration\nHi\t0.5\t0.2\nyou\t1.8\t0.1\n").unwrap();
    let path = folder.path().join("events.tsv");
    let rows = "onset\tduration\ttrial_type\tstim_file\ttranscript_file\n\
        1\t2\tface\tface.png\tn/a\n4\t1\trest\tn/a\tn/a\n5\tn/a\tfilm\tfilm.mp4\tn/a\n\
        9\t1\ttone\ttone.wav\twords.tsv\n12\t2\tface\tface.png\tn/a\n";
    std::fs::write(&path, rows).unwrap();
    let source = Source::Events { path, files: None };
    let (timeline, _) = lay_out(&source).unwrap();
    let films: Vec<(f64, f64)> = timeline.films.iter().map(|film| (film.start, film.duration)).collect();
    let sounds: Vec<(f64, f64)> = timeline.sounds.iter().map(|sound| (sound.start, sound.duration)).collect();
    assert_eq!(films, [(1.0, 2.0), (5.0, 3.0), (12.0, 2.0)]);
    assert_eq!(sounds, [(5.0, 3.0), (9.0, 1.0)]);
    assert_eq!(timeline.words.iter().map(|word| (word.text.as_str(), word.start)).collect::<Vec<_>>(), [("Hi", 9.5)]);
    assert_eq!((timeline.start(), timeline.end()), (1.0, 14.0));
    assert!(!timeline.has_event(3.0, 1.0));
    let Source::Events { path, .. } = &source else { unreachable!() };
    let given = Source::Events { path: path.clone(), files: Some(BTreeMap::new()) };
    assert!(matches!(lay_out(&given), Err(Error::UnknownFile { .. })));
    let before = source.content().unwrap();
    std::fs::write(folder.path().join("tone.wav"), "changed").unwrap();
    assert_ne!(source.content().unwrap(), before);
}
