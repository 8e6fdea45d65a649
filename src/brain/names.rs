//! The known names that are nearest to one that is not known.

/// How many are offered.
const OFFERED: usize = 3;

/// The known names most similar to `name`, the nearest first, regardless of case (Jaro–Winkler similarity).
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    let mut known: Vec<(f64, &str)> =
        known.into_iter().map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other)).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    known.into_iter().take(OFFERED).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        assert_eq!(nearest("ffa", ["VWFA", "V1", "FFA", "OFA"])[0], "FFA");
        assert!(nearest("x", []).is_empty());
    }
}
