//! A `multipart/form-data` body, written by hand so that a test can also break it.

pub(crate) const BOUNDARY: &str = "encortex-test-boundary";

/// A form that grows field by field.
#[derive(Clone, Default)]
pub(crate) struct Form {
    body: Vec<u8>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn text(self, field: &str, value: &str) -> Self {
        self.part(&format!("name=\"{field}\""), value.as_bytes())
    }

    pub(crate) fn file(self, field: &str, name: &str, bytes: &[u8]) -> Self {
        self.part(&format!("name=\"{field}\"; filename=\"{name}\""), bytes)
    }

    fn part(mut self, disposition: &str, bytes: &[u8]) -> Self {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(bytes);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// The body, closed.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body
    }

    /// The body as far as it has come.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.body
    }
}
