//! Lists in pages: how much is wanted, and where the next page begins.

use axum::http::{HeaderValue, header};

/// How many entries a page has where nothing is said, and at most.
const USUAL: usize = 100;
const LONGEST: usize = 1000;

/// How many entries a page has.
pub(super) fn length(limit: Option<usize>) -> usize {
    limit.unwrap_or(USUAL).clamp(1, LONGEST)
}

/// The `Link` to the page after one of `limit` entries that ends with the entry `last`, for a list at `path` that is asked
/// for with `filters`; none where the page is not full.
pub(super) fn next(
    path: &str,
    filters: &[(&str, Option<&str>)],
    entries: usize,
    limit: usize,
    last: Option<&str>,
) -> Option<[(header::HeaderName, HeaderValue); 1]> {
    let last = last.filter(|_| entries == limit)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("limit", &limit.to_string()).append_pair("cursor", last);
    for (name, value) in filters {
        query.extend_pairs(value.map(|value| (name, value)));
    }
    let link = format!("<{path}?{}>; rel=\"next\"", query.finish());
    Some([(header::LINK, HeaderValue::try_from(link).ok()?)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_names_the_next_one_and_keeps_its_filters() {
        let [(_, link)] =
            next("/v1/experiments", &[("name", Some("a b&c")), ("state", None)], 2, 2, Some("id")).unwrap();
        assert_eq!(link, "</v1/experiments?limit=2&cursor=id&name=a+b%26c>; rel=\"next\"");
        assert!(next("/v1/experiments", &[], 1, 2, Some("id")).is_none());
    }

    #[test]
    fn a_page_has_an_entry_at_least_and_a_thousand_at_most() {
        assert_eq!([None, Some(0), Some(7), Some(5000)].map(length), [100, 1, 7, 1000]);
    }
}
