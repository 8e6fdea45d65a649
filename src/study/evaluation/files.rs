//! An evaluation as files: `evaluation.json`, `regions.tsv`, and for each person maps as NumPy arrays and, of vertices, all of
//! them in one CIFTI-2 file.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use ndarray::ArrayView1;
use ndarray_npy::WriteNpyExt;

use super::{Evaluation, EvaluationReport};
use crate::brain::Mesh;
use crate::export::cifti::write_dscalar;
use crate::export::{Origin, SOFTWARE, ScalarMap, Statistic};
use crate::study::Error;

/// The report.
const REPORT: &str = "evaluation.json";
const REGIONS: &str = "regions.tsv";
const GROUP: &str = "group";

impl Evaluation {
    /// Writes everything into a folder, which is made where it is not, and returns the files; the report then names them.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        std::fs::create_dir_all(folder).map_err(Error::write(folder))?;
        let mut written = Vec::new();
        if self.report.people.iter().any(|person| !person.regions.is_empty()) {
            let table = folder.join(REGIONS);
            std::fs::write(&table, self.report.table()).map_err(Error::write(&table))?;
            written.push(table);
        }
        for person in &self.people {
            written.extend(self.write_maps(folder, &person.subject, &person.maps())?);
        }
        if let Some(group) = &self.group {
            written.extend(self.write_maps(folder, GROUP, &[("r_group", group.scores.r.to_vec())])?);
        }
        let names = written.iter().filter_map(|path: &PathBuf| path.file_name());
        self.report.files = names.map(|name| name.to_string_lossy().into_owned()).collect();
        let report = folder.join(REPORT);
        let json = serde_json::to_vec_pretty(&self.report).map_err(|error| Error::write(&report)(error.into()))?;
        std::fs::write(&report, json).map_err(Error::write(&report))?;
        written.push(report);
        Ok(written)
    }

    fn write_maps(&self, folder: &Path, of: &str, maps: &[(&'static str, Vec<f32>)]) -> Result<Vec<PathBuf>, Error> {
        let mut written = Vec::new();
        for (name, values) in maps {
            let path = folder.join(format!("{of}_{name}.npy"));
            let to = BufWriter::new(File::create(&path).map_err(Error::write(&path))?);
            ArrayView1::from(values).write_npy(to).map_err(|error| Error::write(&path)(io::Error::other(error)))?;
            written.push(path);
        }
        if let Some(mesh) = self.mesh {
            let path = folder.join(format!("{of}_scores.dscalar.nii"));
            let vertices: Vec<Vec<f32>> =
                maps.iter().map(|(_, values)| without_gaps(&values[..mesh.vertices()])).collect();
            let maps = maps.iter().zip(&vertices).map(|((name, _), values)| ScalarMap {
                name,
                statistic: if name.starts_with('q') { Statistic::Q } else { Statistic::Value },
                values,
            });
            let to = BufWriter::new(File::create(&path).map_err(Error::write(&path))?);
            let maps: Vec<ScalarMap> = maps.collect();
            write_dscalar(to, &maps, self.report.origin(of, mesh))
                .map_err(|source| Error::Export { path: path.clone(), source })?;
            written.push(path);
        }
        Ok(written)
    }
}

/// What has no score, as a file of finite values has it: 0.
fn without_gaps(values: &[f32]) -> Vec<f32> {
    values.iter().map(|value| if value.is_finite() { *value } else { 0.0 }).collect()
}

impl EvaluationReport {
    /// What a file of maps says of itself.
    fn origin(&self, of: &str, mesh: Mesh) -> Origin {
        let label = if self.simulated {
            "scores of a model against simulated responses"
        } else {
            "scores of a model against measured responses"
        };
        let predicted_by = self.people.iter().find(|person| person.subject == of).map(|person| &person.predicted_by);
        let predicted_by = predicted_by.or(self.group.as_ref().map(|group| &group.predicted_by));
        let mut entries = vec![
            ("Description", format!("{label}; 0 where there is none")),
            ("Model", self.model.name.clone()),
            ("Trained", self.model.trained.to_string()),
            ("TrainedOnSimulatedResponses", self.model.simulated.to_string()),
            ("SimulatedResponses", self.simulated.to_string()),
            ("WeightsSHA256", self.model.weights_sha256.clone()),
            ("License", self.model.licence.clone()),
            ("Subject", of.to_owned()),
            ("Space", mesh.to_string()),
            ("SoftwareVersion", SOFTWARE.to_owned()),
        ];
        entries.extend(predicted_by.map(|name| ("PredictedBy", name.clone())));
        Origin {
            mesh,
            label,
            warns: self.simulated || self.model.training().warns(),
            of: of.to_owned(),
            by: format!("{} on {mesh}", self.model.name),
            entries,
        }
    }

    /// A row for each region of each person; `n/a` for what there is not.
    fn table(&self) -> String {
        let mut table = "subject\tregion\tvertices\tmean_r\tr\tceiling\tlinear_r\n".to_owned();
        let number = |value: Option<f64>| value.map_or("n/a".to_owned(), |value| format!("{value:.6}"));
        for person in &self.people {
            for row in &person.regions {
                let scores = [row.mean_r, row.r, row.ceiling, row.linear_r].map(number).join("\t");
                table.push_str(&format!("{}\t{}\t{}\t{scores}\n", person.subject, row.region, row.vertices));
            }
        }
        table
    }
}
