//! Subjects of the lab's own on the command line: who predicts, and that half a subject is none.

use std::time::Duration;

use serde_json::Value;

use super::laboratory::{Laboratory, OUTPUTS, Outcome, refusal, succeeded};

pub(crate) fn predict_everybody(laboratory: &Laboratory) -> Outcome {
    let card: Value = serde_json::from_str(&succeeded(&laboratory.fit("ann", &[])?))?;
    let scores = &card["scores"];
    assert_eq!((&card["method"], &card["runs"]), (&"ridge".into(), &5.into()));
    assert_eq!(scores["outputs"], OUTPUTS - 2, "one output is constant and one has a hole");
    assert!(gain(&card) > -0.02 && scores["ceiling"].is_f64(), "{card}");
    let said = succeeded(&laboratory.evaluate(&["--as", "ann", "--out", "by-ann"])?);
    let report = laboratory.report("by-ann")?;
    let by: Vec<&Value> = report["people"].as_array().unwrap().iter().map(|person| &person["predicted_by"]).collect();
    assert!(by.iter().all(|by| *by == "ann") && report["group"]["predicted_by"] == "ann", "{said}");

    let card: Value = serde_json::from_str(&succeeded(&laboratory.fit("bea", &["--method", "low-rank"])?))?;
    assert_eq!(card["method"], "low-rank");
    assert!(gain(&card) > -0.02, "{card}");
    assert!(refusal(&laboratory.fit("bea", &[])?).contains("bea"));
    Ok(())
}

/// Held-out r less that of the average head: both people are alike, so that there is not much to gain.
pub(crate) fn gain(card: &Value) -> f64 {
    let [own, of_average] = ["held_out_r", "average_r"].map(|score| card["scores"][score].as_f64().unwrap());
    own - of_average
}

pub(crate) fn are_made_whole_or_not_at_all(laboratory: &Laboratory) -> Outcome {
    for signal in ["-KILL", "-INT"] {
        let fit = ["--model", "model", "subject", "fit", "cat", "study.toml", "--of", "sub-01"];
        let mut fitting = laboratory.command(&fit).spawn()?;
        std::thread::sleep(Duration::from_millis(200));
        let killed = std::process::Command::new("kill").args([signal, &fitting.id().to_string()]).status()?;
        assert!(killed.success() && !fitting.wait()?.success(), "it had ended before it was killed");
        let listed = succeeded(&laboratory.encortex(&["subject", "list"])?);
        assert!(listed.contains("ann") && !listed.contains("cat"), "{listed}");
        assert!(!laboratory.path("data/subjects/cat").exists());
    }
    succeeded(&laboratory.fit("cat", &[])?);
    Ok(())
}
