//! What the XML of GIFTI and of CIFTI-2 has in common: text between tags, attributes, and tables of labels.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// Colour (red, green, blue, alpha).
pub type Rgba = [u8; 4];

/// An entry of a `<LabelTable>`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LabelEntry {
    pub(super) key: i32,
    pub(super) name: String,
    pub(super) colour: Option<Rgba>,
}

impl LabelEntry {
    /// Reads the attributes of a `<Label>`; its name is the text that follows. `None` if it has no whole-numbered key.
    pub(super) fn of(tag: &BytesStart) -> Result<Option<Self>, quick_xml::Error> {
        let key = match attribute(tag, "Key")? {
            Some(key) => Some(key),
            None => attribute(tag, "Index")?,
        };
        let Some(key) = key.and_then(|key| key.trim().parse().ok()) else { return Ok(None) };
        let mut channels = [None; 4];
        for (channel, name) in channels.iter_mut().zip(["Red", "Green", "Blue", "Alpha"]) {
            let value = attribute(tag, name)?.and_then(|value| value.trim().parse::<f32>().ok());
            *channel = value.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
        }
        let colour = match channels {
            [Some(red), Some(green), Some(blue), alpha] => Some([red, green, blue, alpha.unwrap_or(u8::MAX)]),
            _ => None,
        };
        Ok(Some(Self { key, name: String::new(), colour }))
    }
}

/// The value of an attribute, as it is written.
pub(super) fn attribute(tag: &BytesStart, name: &str) -> Result<Option<String>, quick_xml::Error> {
    Ok(tag.try_get_attribute(name)?.map(|attribute| attribute.value.into_owned()))
}

/// Appends the characters that an event stands for; an entity that XML does not define stands for none.
pub(super) fn push_text(text: &mut String, event: &Event) -> Result<(), quick_xml::Error> {
    match event {
        Event::Text(piece) => text.push_str(piece),
        Event::CData(piece) => text.push_str(piece),
        Event::GeneralRef(entity) => match entity.resolve_char_ref()? {
            Some(character) => text.push(character),
            None => text.push_str(resolve_predefined_entity(entity).unwrap_or_default()),
        },
        _ => {}
    }
    Ok(())
}
