//! The program's own paths on measured responses of people, beside the figures that the data sets report:
//! `scripts/real_data` prints the table. None of the data is part of the repository; without it this test skips.

mod real_data {
    pub(crate) mod arrays;
    pub(crate) mod film;
    pub(crate) mod segments;
    pub(crate) mod sounds;
    pub(crate) mod table;
}

use std::error::Error;
use std::path::{Path, PathBuf};

use real_data::table::Table;

fn data(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if folder.exists() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {} does not exist, so nothing measured was compared with", folder.display());
    None
}

#[test]
fn sounds_predict_the_responses_of_the_auditory_cortex() -> Result<(), Box<dyn Error>> {
    let Some(folder) = data("natsound165_nh2015") else { return Ok(()) };
    let mut table = Table::new("165 sounds, 10 listeners (Norman-Haignere et al. 2015)");
    real_data::sounds::compare(&folder, &mut table)?;
    table.assert();
    Ok(())
}

#[test]
fn segments_of_a_film_predict_the_responses_of_its_viewers() -> Result<(), Box<dyn Error>> {
    let Some(folder) = data("sherlock_chen2017") else { return Ok(()) };
    let mut table = Table::new("a film of 50 min, 17 viewers (Chen et al. 2017)");
    real_data::film::compare(&folder, &mut table)?;
    table.assert();
    Ok(())
}
