//! Why maps cannot be compared or summarised.

use crate::brain::Hemisphere;

#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    #[error("{what} has {found} values and {expected} are needed, one a vertex of the map")]
    Length { what: &'static str, found: usize, expected: usize },
    #[error("{found} places have a finite value in both maps and a correlation needs {needed}: check mask and space")]
    TooFewPairs { found: usize, needed: usize },
    #[error("a map is constant ({value} at all {n} places): its correlation with another is undefined")]
    Constant { value: f64, n: usize },
    #[error("a fraction of {0} of the vertices was asked for: give one over 0 and under 1, such as 0.1")]
    Fraction(f64),
    #[error("a fraction of {fraction} of {vertices} valid vertices is less than one vertex")]
    NoTop { fraction: f64, vertices: usize },
    #[error("vertex {vertex} of the {hemisphere} sphere lies at its centre or is not finite: give the sphere surface")]
    Sphere { hemisphere: Hemisphere, vertex: usize },
    #[error("the {hemisphere} hemisphere has no vertices")]
    NoVertices { hemisphere: Hemisphere },
    #[error("a spin test needs at least one rotation")]
    NoRotations,
    #[error("the region names vertex {vertex} of the {hemisphere} hemisphere, which has {vertices}")]
    NoSuchVertex { hemisphere: Hemisphere, vertex: u32, vertices: usize },
    #[error("the region names vertex {vertex} of the {hemisphere} hemisphere twice")]
    RepeatedVertex { hemisphere: Hemisphere, vertex: u32 },
    #[error("no vertex of the region has a finite effect")]
    EmptyRegion,
    #[error("the region is all of the cortex that has data: there is no rest to tell it from")]
    NoRest,
    #[error("random patches were asked for and their number is 0")]
    NoPatches,
    #[error("the contrast of the region between stimuli cannot be computed")]
    Stimuli(#[from] super::Error),
    #[error(
        "{asked} components were asked for: a matrix of {vertices} vertices and {features} features allows 1 to {limit}"
    )]
    ComponentCount { asked: usize, vertices: usize, features: usize, limit: usize },
    #[error(
        "the matrix of features has {value} at vertex {vertex}, feature {feature}: only finite values can be decomposed"
    )]
    NotFinite { vertex: usize, feature: usize, value: f64 },
    #[error("the features vary along {rank} directions only and {asked} components were asked for")]
    RankDeficient { rank: usize, asked: usize },
    #[error("the eigenvalues of the features' covariance cannot be found")]
    Eigen,
}
