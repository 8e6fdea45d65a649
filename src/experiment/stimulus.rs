//! How a spec names a stimulus: an upload, a file, a text, or silence.

use std::fmt;
use std::path::{Component, Path};

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

const KINDS: &[&str] = &["upload", "file", "text", "silence"];

/// One stimulus of a condition. A plain string stands for a file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stimulus {
    /// The id of an uploaded stimulus.
    Upload(String),
    /// A path inside the folder of the spec, with `/` between its parts.
    File(String),
    /// The text itself, which a voice reads.
    Text(String),
    /// Seconds of nothing.
    Silence(f64),
}

/// Whether a path stays inside the folder that it is looked up in: no root, no drive, no `.` and no `..`.
pub(super) fn stays_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    !path.contains(['\\', '\0']) && parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

impl<'de> Deserialize<'de> for Stimulus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StimulusVisitor)
    }
}

struct StimulusVisitor;

impl<'de> Visitor<'de> for StimulusVisitor {
    type Value = Stimulus;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a path, {\"upload\": id}, {\"file\": path}, {\"text\": words} or {\"silence\": seconds}")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Stimulus, E> {
        Ok(Stimulus::File(path.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stimulus, A::Error> {
        let Some(kind) = map.next_key::<String>()? else { return Err(de::Error::invalid_length(0, &self)) };
        let stimulus = match kind.as_str() {
            "upload" => Stimulus::Upload(map.next_value()?),
            "file" => Stimulus::File(map.next_value()?),
            "text" => Stimulus::Text(map.next_value()?),
            "silence" => Stimulus::Silence(map.next_value()?),
            unknown => return Err(de::Error::unknown_field(unknown, KINDS)),
        };
        match map.next_key::<String>()? {
            None => Ok(stimulus),
            Some(_) => Err(de::Error::invalid_length(2, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plain_string_is_a_file_and_one_key_tells_the_rest() {
        let read = |value| serde_json::from_value::<Stimulus>(value);
        assert_eq!(read(json!("faces/a.png")).unwrap(), Stimulus::File("faces/a.png".into()));
        assert_eq!(read(json!({"upload": "id"})).unwrap(), Stimulus::Upload("id".into()));
        assert_eq!(read(json!({"silence": 4})).unwrap(), Stimulus::Silence(4.0));
        assert!(read(json!({})).is_err());
        assert!(read(json!({"upload": "a", "file": "b"})).is_err());
        let unknown = read(json!({"url": "http://x"})).unwrap_err().to_string();
        assert!(unknown.contains("unknown field `url`, expected one of `upload`, `file`"), "{unknown}");
    }

    #[test]
    fn paths_that_lead_out_of_the_folder_are_told_apart() {
        for inside in ["a.png", "faces/a b.png", "faces/..a.png"] {
            assert!(stays_inside(inside), "{inside}");
        }
        for outside in ["", ".", "..", "/etc/passwd", "../a", "a/../../b", "./a", "a\\..\\b", "a\0"] {
            assert!(!stays_inside(outside), "{outside}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(path in ".{0,20}", seconds in 0_u16..) {
            let given = [
                Stimulus::Upload(path.clone()), Stimulus::File(path.clone()), Stimulus::Text(path),
                Stimulus::Silence(seconds.into()),
            ];
            for stimulus in given {
                let text = serde_json::to_string(&stimulus).unwrap();
                prop_assert_eq!(serde_json::from_str::<Stimulus>(&text).unwrap(), stimulus);
            }
        }
    }
}
