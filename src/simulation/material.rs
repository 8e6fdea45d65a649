//! The generated pictures and sounds that films are mixed of: the folder that `scripts/stimuli --material` fills.
//!
//! A folder a category of pictures, `portraits` with a folder of pictures each, from a shut mouth to an open one, and
//! `sounds`. Every ninth stimulus is for validation, the next for the test, the next for held-out subjects, and the rest for
//! training, by the order of their names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::parallel;
use super::plan::Split;
use super::programme::{Category, Supplies};
use super::screen::{Gallery, Picture};
use super::sound::{self, RATE, Recordings};
use super::speaking::Spoken;

/// Each split has a stimulus of a kind where there are so many. `scripts/stimuli` draws kinds of things in turns of 2, 4, 8
/// and 16, with which this shares no factor, so that each split has all kinds.
const FEWEST: usize = 9;

/// Pictures and sounds with the names of their files, relative to the folder.
#[derive(Debug, Default)]
pub(super) struct Material {
    pub(super) gallery: Gallery,
    pub(super) recordings: Recordings,
    pub(super) picture_names: BTreeMap<Category, Vec<String>>,
    pub(super) portrait_names: Vec<String>,
    pub(super) sound_names: Vec<String>,
}

impl Material {
    /// Reads everything into memory.
    ///
    /// # Errors
    /// [`Error::TooFew`] where there is not enough of a kind for every split, [`Error::Picture`] and [`Error::Sound`] for a
    /// file that cannot be used, [`Error::Read`] for one that cannot be read.
    pub(super) fn open(folder: &Path, done: &(dyn Fn(usize) + Sync)) -> Result<Self, Error> {
        let mut material = Self::default();
        for category in Category::ALL {
            let files = enough(&folder.join(category.name()), "png", "pictures")?;
            let pictures = parallel::each(&files, done, |file| picture(file))?;
            material.picture_names.insert(category, names(&files, folder));
            material.gallery.pictures.insert(category, pictures);
        }
        let portraits = listed(&folder.join("portraits"), |path| path.is_dir())?;
        check(&folder.join("portraits"), "portraits", portraits.len())?;
        material.gallery.portraits = parallel::each(&portraits, done, |portrait| {
            let mouths = listed(portrait, |path| has_ending(path, "png"))?;
            match mouths.len() {
                0 | 1 => {
                    Err(Error::TooFew { folder: portrait.clone(), what: "mouths", found: mouths.len(), wanted: 2 })
                }
                _ => mouths.iter().map(|mouth| picture(mouth)).collect::<Result<_, Error>>(),
            }
        })?;
        material.portrait_names = names(&portraits, folder);
        let sounds = enough(&folder.join("sounds"), "wav", "sounds")?;
        material.recordings.sounds = parallel::each(&sounds, done, |path| {
            let bytes = fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
            sound::read(&bytes).map_err(|source| Error::Sound { path: path.clone(), source })
        })?;
        material.sound_names = names(&sounds, folder);
        Ok(material)
    }

    /// Adds the voices of the texts, and the mouths that go with them.
    pub(super) fn take_voices(&mut self, spoken: &[Spoken]) {
        self.gallery.lips = spoken.iter().map(|spoken| sound::lips(&spoken.recital.samples)).collect();
        self.recordings.utterances = spoken.iter().map(|spoken| spoken.recital.samples.clone()).collect();
    }

    /// What a split has of it. Utterances are not of the folder.
    pub(super) fn supplies(&self, split: Split) -> Supplies {
        let own = |count: usize| (0..count).filter(move |number| split_of(*number) == split);
        let length_s = |number: usize| self.recordings.sounds[number].len() as f64 / f64::from(RATE);
        let pictures = self.gallery.pictures.iter().map(|(category, all)| (*category, own(all.len()).collect()));
        Supplies {
            pictures: pictures.collect(),
            portraits: own(self.gallery.portraits.len()).collect(),
            sounds: own(self.recordings.sounds.len()).map(|number| (number, length_s(number))).collect(),
            utterances: Vec::new(),
        }
    }
}

/// The split of the stimulus with this number.
pub(super) fn split_of(number: usize) -> Split {
    match number % FEWEST {
        6 => Split::Validation,
        7 => Split::Test,
        8 => Split::HeldOut,
        _ => Split::Train,
    }
}

fn picture(path: &Path) -> Result<Picture, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Picture::from_png(&bytes).map_err(|source| Error::Picture { path: path.to_owned(), source })
}

fn enough(folder: &Path, ending: &str, what: &'static str) -> Result<Vec<PathBuf>, Error> {
    let files = listed(folder, |path| has_ending(path, ending))?;
    check(folder, what, files.len())?;
    Ok(files)
}

fn check(folder: &Path, what: &'static str, found: usize) -> Result<(), Error> {
    let wanted = FEWEST;
    if found < wanted { Err(Error::TooFew { folder: folder.to_owned(), what, found, wanted }) } else { Ok(()) }
}

/// What is in a folder and is wanted, by name.
fn listed(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Error> {
    let unread = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unread)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>().map_err(unread)?;
    paths.retain(|path| is_wanted(path));
    paths.sort();
    Ok(paths)
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

fn names(paths: &[PathBuf], folder: &Path) -> Vec<String> {
    paths.iter().map(|path| path.strip_prefix(folder).unwrap_or(path).display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_enough_is_refused_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        for category in Category::ALL {
            fs::create_dir(folder.path().join(category.name())).unwrap();
        }
        fs::write(folder.path().join("faces/notes.txt"), "no picture").unwrap();
        let error = Material::open(folder.path(), &|_| ()).unwrap_err();
        assert!(error.to_string().contains("0 pictures") && error.to_string().contains("scripts/stimuli"), "{error}");
    }

    #[test]
    fn every_split_has_its_own_stimuli() {
        let of = |split| (0..FEWEST).filter(|number| split_of(*number) == split).count();
        assert_eq!(Split::ALL.map(of), [6, 1, 1, 1]);
    }
}
