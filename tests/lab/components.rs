//! Components of the untrained model's head, through the files that are written of them.

use encortex::scanner::{self, ComponentsRequest, MapFile, Space};
use serde_json::Value;

use crate::workplace::{Tested, anatomy, files_that, map_of, model};

#[test]
fn components_are_written_named_and_correlated_without_sign() -> Tested {
    let folder = tempfile::tempdir()?;
    let request = ComponentsRequest { subject: None, components: 3, seed: 0, reference: None };
    let first = scanner::components(&model(), request, &anatomy(), folder.path())?;
    assert_eq!((first.components.len(), first.trained, first.subject.as_str()), (3, false, "average"));
    assert!(first.components.iter().all(|row| row.correlation.is_none()));
    assert!(first.components.is_sorted_by(|a, b| a.explained >= b.explained));
    assert!(first.order_and_sign.starts_with("Order and sign mean nothing"));

    for row in &first.components {
        let map = map_of(folder.path(), &row.name)?;
        let top = map_of(folder.path(), &format!("{} top 10 %", row.name))?;
        assert_eq!(top.iter().filter(|value| **value == 1.0).count(), 2_048);
        let least =
            map.iter().zip(&top).filter(|(_, top)| **top == 1.0).map(|(value, _)| *value).fold(f32::MAX, f32::min);
        assert!(map.iter().zip(&top).all(|(value, top)| *top == 1.0 || *value <= least), "the largest tenth");
        let variance = map.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / map.len() as f64;
        assert!((variance - 1.0).abs() < 1e-3, "{variance}");
    }
    assert_eq!(files_that(folder.path(), |name| name.ends_with(".png"))?.len(), 3);
    let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("components.json"))?)?;
    assert_eq!(report["files"].as_array().map(Vec::len), Some(first.files.len()));

    // A component of the first run as the reference of a second one, which finds the same.
    let left = &files_that(folder.path(), |name| name.contains("hemi-L") && name.contains("component2_"))?[0];
    let reference = MapFile::open(left)?;
    let again = tempfile::tempdir()?;
    let request = ComponentsRequest { reference: Some((&reference, Space::Mni152)), ..request };
    let second = scanner::components(&model(), request, &anatomy(), again.path())?;
    let correlations: Vec<f64> = second.components.iter().filter_map(|row| row.correlation).collect();
    assert!((correlations[1] - 1.0).abs() < 1e-6 && correlations[0] < 0.05 && correlations[2] < 0.05);
    assert!(correlations.iter().all(|r| (0.0..=1.0).contains(r)));
    Ok(())
}

#[test]
fn a_subject_that_the_model_lacks_is_refused() -> Tested {
    let folder = tempfile::tempdir()?;
    let request = ComponentsRequest { subject: Some("nobody"), components: 5, seed: 0, reference: None };
    let refusal = scanner::components(&model(), request, &anatomy(), folder.path()).unwrap_err().to_string();
    assert!(refusal.starts_with("the model has no subject nobody; it has average"), "{refusal}");
    Ok(())
}
