//! `/v1/surfaces/{mesh}`: the shape of the cortex, for programs that draw it.

use axum::body::Bytes;
use axum::extract::{self, Path};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::{Error, Problem, State};
use crate::brain::{Hemisphere, Surfaces};

/// Shapes never change; a day is for servers that are given others.
const KEPT: &str = "public, max-age=86400";

/// The surfaces of a mesh, little-endian.
///
/// Two uint32: the vertices of a hemisphere, n, and its triangles, m. Then for the left and for the right hemisphere float32:
/// 3 n coordinates of the pial surface (mm, MNI305), 3 n of the inflated one (mm, around the origin), n of sulcal depth (positive
/// in sulci), 3 n of the middle of the cortex in MNI152 (mm, by FreeSurfer's affine). Then 3 m uint16: the triangles' vertices,
/// counter-clockwise seen from outside, the same in both hemispheres. A response has the values of the left hemisphere's
/// vertices, then those of the right one's.
#[utoipa::path(
    get, path = "/v1/surfaces/{mesh}", tag = "atlases",
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("X-Vertices" = u64))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path(mesh): Path<String>,
) -> Result<Response, Error> {
    let surfaces = state.surfaces().await?;
    let served = surfaces.mesh();
    if mesh != served.to_string() {
        return Err(Error::UnknownMesh { mesh, served: served.to_string() });
    }
    let body = tokio::task::spawn_blocking(move || bytes(&surfaces)).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static(KEPT)),
        (HeaderName::from_static("x-vertices"), HeaderValue::from(served.vertices_per_hemisphere())),
    ];
    Ok((headers, body).into_response())
}

fn bytes(surfaces: &Surfaces) -> Bytes {
    let triangles = &surfaces.of(Hemisphere::Left).white.triangles;
    let counts = [surfaces.mesh().vertices_per_hemisphere(), triangles.len()];
    let mut bytes: Vec<u8> = counts.into_iter().flat_map(|count| (count as u32).to_le_bytes()).collect();
    for side in Hemisphere::BOTH {
        let shape = surfaces.of(side);
        let mni152 = surfaces.mni152(side).into_iter().flatten().map(|coordinate| coordinate as f32);
        let coordinates = [&shape.pial, &shape.inflated].map(|surface| surface.coordinates.as_flattened());
        let [pial, inflated] = coordinates;
        let values = pial.iter().chain(inflated).chain(&shape.sulcal_depth).copied().chain(mni152);
        bytes.extend(values.flat_map(f32::to_le_bytes));
    }
    bytes.extend(triangles.as_flattened().iter().flat_map(|vertex| (*vertex as u16).to_le_bytes()));
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::{Mesh, fixtures};

    #[test]
    fn the_parts_lie_where_they_are_said_to() {
        let surfaces = fixtures::surfaces(Mesh::Fsaverage3);
        let (n, m) = (Mesh::Fsaverage3.vertices_per_hemisphere(), 1280);
        let bytes = bytes(&surfaces);
        assert_eq!(bytes.len(), 8 + 2 * 4 * 10 * n + 6 * m);
        let float = |place: usize| f32::from_le_bytes(bytes[8 + 4 * place..][..4].try_into().unwrap());
        let right = surfaces.of(Hemisphere::Right);
        assert_eq!(float(10 * n + 3), right.pial.coordinates[1][0]);
        assert_eq!(float(10 * n + 6 * n), right.sulcal_depth[0]);
        let last = u16::from_le_bytes(bytes[bytes.len() - 2..].try_into().unwrap());
        assert_eq!(u32::from(last), right.white.triangles[m - 1][2]);
    }
}
