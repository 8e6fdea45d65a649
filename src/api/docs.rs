//! `/docs`: the description in `/openapi.json`, for people. The page is whole in itself: it works without the
//! internet.

use axum::response::Html;

/// The page.
pub(super) async fn page() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
