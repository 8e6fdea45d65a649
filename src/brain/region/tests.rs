//! The built-in regions, and the vertices that a region stands for.

use super::*;
use crate::brain::fixtures::{nilearn_surfaces, surfaces};

#[test]
fn the_regions_that_localizers_name_are_there() {
    let names = "FFA OFA pSTS-faces PPA RSC OPA EBA FBA LOC VWFA MT A1 STG STS IFG IFGorb MFG AntTemp PostTemp AngG \
                 TPJ Precuneus mPFC pSTS-multisensory";
    for name in names.split_whitespace() {
        let region = Region::find(name).unwrap();
        assert!(Hemisphere::BOTH.iter().all(|side| region.spheres.iter().any(|sphere| sphere.hemisphere == *side)));
    }
    let refusal = Region::find("ffa").unwrap_err().to_string();
    assert!(refusal.starts_with("there is no region \"ffa\"; did you mean FFA"), "{refusal}");
}

#[test]
fn every_coordinate_is_cited_and_on_its_side() {
    let mut names = std::collections::BTreeSet::new();
    for region in Region::builtin() {
        assert!(names.insert(&region.name), "{} is there twice", region.name);
        for Sphere { hemisphere, centre_mm: [x, y, z], radius_mm, citation } in &region.spheres {
            assert_eq!(*x < 0.0, *hemisphere == Hemisphere::Left, "{}", region.name);
            assert!(x.abs() < 75.0 && (-110.0..75.0).contains(y) && (-50.0..80.0).contains(z), "{}", region.name);
            assert!((6.0..=12.0).contains(radius_mm) && citation.len() > 30, "{}", region.name);
        }
    }
}

#[test]
fn a_region_is_the_vertices_within_its_spheres_or_the_nearest() {
    let surfaces = surfaces(Mesh::Fsaverage4);
    let positions = surfaces.mni152(Hemisphere::Right);
    let sphere =
        |centre_mm, radius_mm| Sphere { hemisphere: Hemisphere::Right, centre_mm, radius_mm, citation: String::new() };
    let patch = |spheres, mesh| {
        let region = Region { name: "test".to_owned(), long_name: String::new(), spheres };
        region.patch(&surfaces, mesh).unwrap()
    };
    let near = patch(vec![sphere(positions[700], 8.0)], Mesh::Fsaverage4);
    assert!(near.vertices(Hemisphere::Left).is_empty() && near.len() > 3);
    for (vertex, position) in (0..).zip(&positions) {
        let is_within = distance(*position, positions[700]) <= 8.0;
        assert_eq!(near.vertices(Hemisphere::Right).contains(&vertex), is_within);
    }
    let [x, y, z] = positions[5];
    let far = patch(vec![sphere([1.5 * x, 1.5 * y, 1.5 * z], 0.1)], Mesh::Fsaverage3);
    assert_eq!(far.len(), 1, "the nearest vertex is always there");
    let two = patch(vec![sphere(positions[5], 0.1), sphere(positions[9], 0.1)], Mesh::Fsaverage3);
    assert_eq!(two.vertices(Hemisphere::Right), [5, 9]);
    let region = Region { name: "test".to_owned(), long_name: String::new(), spheres: Vec::new() };
    assert!(matches!(region.patch(&surfaces, Mesh::Fsaverage5), Err(Error::CoarseSurfaces { .. })));
}

#[test]
fn every_sphere_meets_the_cortex() {
    let Some(read) = nilearn_surfaces() else {
        eprintln!("SKIPPED: VIRTUAL_ENV holds no nilearn, whose fsaverage5 surfaces this test reads");
        return;
    };
    let surfaces = Surfaces::load(read).unwrap();
    let positions = Hemisphere::BOTH.map(|side| surfaces.mni152(side));
    for region in Region::builtin() {
        for sphere in &region.spheres {
            let side = &positions[sphere.hemisphere as usize];
            let nearest =
                side.iter().map(|position| distance(*position, sphere.centre_mm)).fold(f64::INFINITY, f64::min);
            assert!(nearest < 6.0, "{} {:?} lies {nearest:.1} mm from the cortex", region.name, sphere.centre_mm);
        }
        let patch = region.patch(&surfaces, Mesh::Fsaverage5).unwrap();
        let vertices = Hemisphere::BOTH.map(|side| patch.vertices(side).len());
        eprintln!("{}: {vertices:?} vertices", region.name);
        assert!(vertices.iter().all(|vertices| (10..400).contains(vertices)), "{}: {vertices:?}", region.name);
    }
}
