//! All files of a prediction in one zip archive, streamed.

use std::io::{self, Read, Write};

use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use zip::{CompressionMethod, DateTime};

use super::Error;

/// An archive to which files are appended. The same files make the same bytes.
pub struct Archive<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
}

impl<W: Write> Archive<W> {
    pub fn new(to: W) -> Self {
        Self { zip: ZipWriter::new_stream(to) }
    }

    /// Appends a file. What is compressed already is stored as it is.
    pub fn add(&mut self, name: &str, mut content: impl Read) -> Result<(), Error> {
        let compressed = [".gz", ".gii", ".h5", ".png"].iter().any(|extension| name.ends_with(extension));
        let method = if compressed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .large_file(true);
        self.zip.start_file(name, options)?;
        io::copy(&mut content, &mut self.zip)?;
        Ok(())
    }

    /// Writes the table of contents.
    pub fn finish(self) -> Result<(), Error> {
        Ok(self.zip.finish()?.into_inner().flush()?)
    }
}

#[cfg(test)]
mod tests {
    use zip::ZipArchive;

    use super::*;

    #[test]
    fn files_come_out_as_they_went_in() {
        let mut bytes = Vec::new();
        let mut archive = Archive::new(&mut bytes);
        let text = "response ".repeat(1_000);
        archive.add("sub-average/func/a.json", text.as_bytes()).unwrap();
        archive.add("b.nii.gz", &b"packed"[..]).unwrap();
        archive.finish().unwrap();
        assert!(bytes.len() < 1_000);

        let mut archive = ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let mut read = |name: &str| io::read_to_string(archive.by_name(name).unwrap()).unwrap();
        assert_eq!(read("sub-average/func/a.json"), text);
        assert_eq!(read("b.nii.gz"), "packed");
    }
}
