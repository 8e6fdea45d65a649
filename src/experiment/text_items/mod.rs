//! x
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule { WordList, PseudoWords }
