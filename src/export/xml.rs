//! Text inside XML.

/// Text as a CDATA section.
pub(super) fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", legal(text).replace("]]>", "]]]]><![CDATA[>"))
}

/// Text with the characters of markup escaped.
pub(super) fn escape(text: &str) -> String {
    quick_xml::escape::escape(legal(text)).into_owned()
}

/// XML 1.0 has no place for most control characters, escaped or not: the replacement character stands for them.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(cdata("a]]>b"), "<![CDATA[a]]]]><![CDATA[>b]]>");
        assert_eq!(escape("<a & b>\0"), "&lt;a &amp; b&gt;\u{fffd}");
    }
}
