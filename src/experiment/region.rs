//! How a spec names regions: a built-in sphere, an atlas, or one parcel of it.

use std::fmt;
use std::str::FromStr;

const ATLAS: &str = "atlas:";

/// What `regions` of a spec names: `FFA`, `atlas:NAME` or `atlas:NAME/parcel`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegionName {
    /// Of the built-in set of spheres.
    Sphere(String),
    /// Every parcel of an atlas.
    Atlas(String),
    Parcel {
        atlas: String,
        /// May hold `/`, as some atlases' labels do.
        parcel: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no region; write the name of a sphere, atlas:NAME or atlas:NAME/parcel")]
pub struct NoRegion(pub String);

impl FromStr for RegionName {
    type Err = NoRegion;

    fn from_str(text: &str) -> Result<Self, NoRegion> {
        let refused = || NoRegion(text.chars().take(80).collect());
        let filled = |part: &str| Some(part.to_owned()).filter(|part| !part.trim().is_empty()).ok_or_else(refused);
        let Some(rest) = text.strip_prefix(ATLAS) else { return filled(text).map(Self::Sphere) };
        match rest.split_once('/') {
            None => filled(rest).map(Self::Atlas),
            Some((atlas, parcel)) => Ok(Self::Parcel { atlas: filled(atlas)?, parcel: filled(parcel)? }),
        }
    }
}

impl fmt::Display for RegionName {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Sphere(name) => formatter.write_str(name),
            Self::Atlas(atlas) => write!(formatter, "{ATLAS}{atlas}"),
            Self::Parcel { atlas, parcel } => write!(formatter, "{ATLAS}{atlas}/{parcel}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spheres_atlases_and_parcels_are_told_apart() {
        let parse = |text: &str| text.parse::<RegionName>().unwrap();
        assert_eq!(parse("FFA"), RegionName::Sphere("FFA".into()));
        assert_eq!(parse("atlas:glasser"), RegionName::Atlas("glasser".into()));
        assert_eq!(parse("atlas:glasser/FFC"), RegionName::Parcel { atlas: "glasser".into(), parcel: "FFC".into() });
        for empty in ["", " ", "atlas:", "atlas:/FFC", "atlas:glasser/"] {
            assert!(empty.parse::<RegionName>().is_err(), "{empty:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_that_is_read_is_written_the_same(text in "(atlas:)?\\PC{0,12}(/\\PC{0,6})?") {
            if let Ok(name) = text.parse::<RegionName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
