//! The regions that are compiled into the program.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Region;

const TEXT: &str = include_str!("../regions.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Regions {
    regions: Vec<Region>,
}

pub(super) fn regions() -> &'static [Region] {
    static REGIONS: LazyLock<Vec<Region>> = LazyLock::new(|| {
        let parsed: Regions = toml::from_str(TEXT).expect("regions.toml is part of the program, and a test reads it");
        parsed.regions
    });
    &REGIONS
}
