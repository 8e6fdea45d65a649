//! A folder or a zip of stimuli as a list: each sub-folder is a condition.

use std::collections::BTreeMap;

use super::stimulus::{Stimulus, stays_inside};

/// Stimuli by condition; of a condition, in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing(BTreeMap<String, Vec<Stimulus>>);

impl Listing {
    /// From the paths of files below a folder, with `/` between their parts, and the stimulus that each is.
    ///
    /// The first folder of a path names the condition. One folder that holds everything, as zips often do, counts as
    /// the folder itself. Hidden files, those of `__MACOSX`, those in no sub-folder, and paths that lead elsewhere are
    /// left out.
    pub fn new(files: impl IntoIterator<Item = (String, Stimulus)>) -> Self {
        let is_shown = |path: &str| !path.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
        let mut files: Vec<(String, Stimulus)> =
            files.into_iter().filter(|(path, _)| stays_inside(path) && is_shown(path)).collect();
        files.sort_by(|a, b| a.0.cmp(&b.0));
        let wrapper = wrapper(&files);
        let mut conditions: BTreeMap<String, Vec<Stimulus>> = BTreeMap::new();
        for (path, stimulus) in files {
            if let Some((condition, _)) = path[wrapper..].split_once('/') {
                conditions.entry(condition.to_owned()).or_default().push(stimulus);
            }
        }
        Self(conditions)
    }

    /// The names of the sub-folders that hold stimuli, in order.
    pub fn conditions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn of(&self, condition: &str) -> Option<&[Stimulus]> {
        self.0.get(condition).map(Vec::as_slice)
    }
}

/// Bytes of the folder, with its `/`, that all paths begin with, where below it all files are in folders again.
fn wrapper(files: &[(String, Stimulus)]) -> usize {
    let Some((first, _)) = files.first().and_then(|(path, _)| path.split_once('/')) else { return 0 };
    let inner =
        |path: &str| path.strip_prefix(first).and_then(|rest| rest.strip_prefix('/')).map(|rest| rest.contains('/'));
    let all_inside = files.iter().all(|(path, _)| inner(path).is_some());
    let any_deeper = files.iter().any(|(path, _)| inner(path) == Some(true));
    if all_inside && any_deeper { first.len() + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn listing(paths: &[&str]) -> Listing {
        Listing::new(paths.iter().map(|path| ((*path).to_owned(), Stimulus::File((*path).to_owned()))))
    }

    #[test]
    fn sub_folders_are_conditions() {
        let listing = listing(&["places/b.png", "faces/b.png", "faces/a.png", "README", "faces/.hidden", "../x/a.png"]);
        assert_eq!(listing.conditions().collect::<Vec<_>>(), ["faces", "places"]);
        let faces = ["faces/a.png", "faces/b.png"].map(|path| Stimulus::File(path.into()));
        assert_eq!(listing.of("faces"), Some(&faces[..]));
        assert_eq!(listing.of("bodies"), None);
    }

    #[test]
    fn one_folder_around_everything_is_looked_through() {
        let wrapped =
            listing(&["stimuli/faces/a.png", "stimuli/places/b.png", "stimuli/README", "__MACOSX/faces/a.png"]);
        assert_eq!(wrapped.conditions().collect::<Vec<_>>(), ["faces", "places"]);
        assert_eq!(listing(&["faces/a.png", "faces/b.png"]).conditions().collect::<Vec<_>>(), ["faces"]);
    }

    proptest! {
        #[test]
        fn arbitrary_paths_never_panic(paths in proptest::collection::vec("([ab/.]|\\PC){0,12}", 0..8)) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            listing(&paths);
        }
    }
}
