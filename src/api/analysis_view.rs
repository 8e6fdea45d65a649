//! An analysis as clients see it: what it was, its report, and where its files are. In the store it lies as `analysis.json`
//! beside them.

use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use crate::predict;
use crate::scanner::{ComponentsReport, GroupReport};
use crate::store::{self, write_whole};

const DESCRIPTION: &str = "analysis.json";

/// What was found.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "report", rename_all = "kebab-case")]
pub(super) enum Analysis {
    GroupStatistics(GroupReport),
    Components(ComponentsReport),
}

/// An analysis, and where its files are.
#[derive(Serialize, ToSchema)]
pub(super) struct AnalysisView {
    id: String,
    #[serde(flatten)]
    analysis: Analysis,
    files: Vec<AnalysisFile>,
    href: String,
}

/// A file that can be fetched.
#[derive(Serialize, ToSchema)]
pub(super) struct AnalysisFile {
    name: String,
    href: String,
}

/// An analysis in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct AnalysisSummary {
    id: String,
    kind: &'static str,
    href: String,
}

impl Analysis {
    fn kind(&self) -> &'static str {
        match self {
            Self::GroupStatistics(_) => "group-statistics",
            Self::Components(_) => "components",
        }
    }

    fn files(&self) -> &[String] {
        match self {
            Self::GroupStatistics(report) => &report.files,
            Self::Components(report) => &report.files,
        }
    }

    /// Writes it beside its files, after them.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(DESCRIPTION);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(&path, error))?;
        Ok(write_whole(&path, &text)?)
    }
}

impl From<AnalysisView> for AnalysisSummary {
    fn from(view: AnalysisView) -> Self {
        Self { kind: view.analysis.kind(), id: view.id, href: view.href }
    }
}

impl AnalysisView {
    pub(super) fn href(&self) -> &str {
        &self.href
    }

    /// The name of a file of the analysis; a refusal names those that there are.
    pub(super) fn file(&self, name: &str) -> Result<&str, Error> {
        let known = self.analysis.files();
        let unknown = || predict::Error::UnknownFile { name: name.to_owned(), known: known.to_vec() };
        Ok(known.iter().find(|known| *known == name).ok_or_else(unknown)?)
    }

    /// Reads it where it was kept.
    pub(super) fn read(folder: &Path, id: String) -> Result<Self, Error> {
        let path = folder.join(DESCRIPTION);
        let text = std::fs::read(&path).map_err(|error| failed(&path, error))?;
        let analysis: Analysis = serde_json::from_slice(&text).map_err(|error| failed(&path, error))?;
        let href = format!("/v1/analyses/{id}");
        let file = |name: &String| AnalysisFile { href: format!("{href}/files/{name}"), name: name.clone() };
        let files = analysis.files().iter().map(file).collect();
        Ok(Self { id, analysis, files, href })
    }
}

fn failed(path: &Path, error: impl Into<std::io::Error>) -> Error {
    Error::Store(store::Error::File { path: path.to_owned(), source: error.into() })
}
