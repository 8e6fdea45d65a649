//! `…/timecourse`: a vertex or a few, over the whole of a response.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::readable::Readable;
use super::{Error, Problem, State};

/// The most vertices of a request.
const MOST: usize = 4096;

/// What is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// May be left out when the prediction has one subject.
    subject: Option<String>,
    /// Places in a row, separated by commas.
    #[param(example = "120,121,19000")]
    vertices: String,
}

/// Values over time.
#[derive(Serialize, ToSchema)]
pub(super) struct Timecourse {
    /// One a row of the response: the mean over the vertices. While the prediction runs, of the rows that are done.
    mean: Vec<f32>,
    /// Rows of the whole response.
    seconds: usize,
}

/// The mean response of some vertices, one value for every row that is done.
#[utoipa::path(
    get, path = "/v1/predictions/{id}/timecourse", tag = "predictions", params(Asked),
    responses(
        (status = 200, body = Timecourse),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The prediction has no second (yet)."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "There is no such subject or vertex."),
    )
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Timecourse>, Error> {
    let Query(Asked { subject, vertices }) = asked?;
    let readable = Readable::of(&state, &id, subject).await?;
    let places = places(&vertices, readable.prediction.vertices)?;
    let seconds = readable.prediction.seconds;
    let mean = tokio::task::spawn_blocking(move || readable.timecourse(&places)).await??;
    Ok(Json(Timecourse { mean, seconds }))
}

/// Reads places in a row of so many values.
fn places(list: &str, values: usize) -> Result<Vec<usize>, Error> {
    let bad = |expected| Error::BadValue { field: "vertices", value: list.chars().take(80).collect(), expected };
    let place = |text: &str| text.trim().parse::<usize>().ok().filter(|place| *place < values);
    let places: Option<Vec<usize>> = list.split(',').map(place).collect();
    let places = places.ok_or_else(|| bad("numbers of vertices, each less than the values of a row"))?;
    if places.len() > MOST { Err(bad("at most 4096 vertices")) } else { Ok(places) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_numbers_within_a_row() {
        assert_eq!(places("0, 7,19", 20).unwrap(), [0, 7, 19]);
        for list in ["20", "", "1,,2", "-1", "one"] {
            assert!(matches!(places(list, 20), Err(Error::BadValue { field: "vertices", .. })), "{list:?}");
        }
        assert!(places(&"1,".repeat(5000), 20).is_err());
    }

    proptest! {
        #[test]
        fn any_list_is_read_without_a_panic(list in ".{0,64}", values in 0usize..100) {
            let _ = places(&list, values);
        }
    }
}
