//! Which container a file is, by its first bytes and never by its name.
//!
//! The decoder is told the demuxer, so that it can choose none itself: a playlist named `.mp4` is refused
//! here, before any program has seen it, and no file but the input is ever opened.

use std::{fs::File, io::Read, path::Path};

use super::{Error, error::name_of};

/// The containers accepted, for messages.
pub(super) const ACCEPTED: &str =
    "mp4, mov, mkv, webm, avi, mpg, ts, flv, wmv, wav, flac, mp3, aac, ogg, aiff, caf, png, jpeg, webp, bmp";

/// How much of a file tells its container (bytes).
const HEAD: u64 = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Mp4,
    Matroska,
    Avi,
    MpegProgram,
    MpegTransport,
    Flv,
    Asf,
    Wav,
    Flac,
    Mp3,
    Aac,
    Ogg,
    Aiff,
    Caf,
    Png,
    Jpeg,
    Webp,
    Bmp,
}

impl Container {
    /// The container of a file, or why it is refused.
    pub(super) fn of(path: &Path) -> Result<Container, Error> {
        let mut head = Vec::new();
        let file = File::open(path).map_err(Error::read(path))?;
        file.take(HEAD).read_to_end(&mut head).map_err(Error::read(path))?;
        let name = || name_of(path);
        if head.is_empty() {
            return Err(Error::Empty { name: name() });
        }
        if let Some(container) = recognise(&head) {
            return Ok(container);
        }
        match playlist(&head) {
            Some(found) => Err(Error::Playlist { name: name(), found }),
            None if is_text(&head) => Err(Error::TextNotMedia { name: name() }),
            None => Err(Error::UnknownContainer { name: name() }),
        }
    }

    /// The one demuxer of ffmpeg that may read it.
    pub(super) fn demuxer(self) -> &'static str {
        match self {
            Container::Mp4 => "mov",
            Container::Matroska => "matroska",
            Container::Avi => "avi",
            Container::MpegProgram => "mpeg",
            Container::MpegTransport => "mpegts",
            Container::Flv => "flv",
            Container::Asf => "asf",
            Container::Wav => "wav",
            Container::Flac => "flac",
            Container::Mp3 => "mp3",
            Container::Aac => "aac",
            Container::Ogg => "ogg",
            Container::Aiff => "aiff",
            Container::Caf => "caf",
            Container::Png => "png_pipe",
            Container::Jpeg => "jpeg_pipe",
            Container::Webp => "webp_pipe",
            Container::Bmp => "bmp_pipe",
        }
    }

    /// Whether it states how long it lasts; in the others the length is estimated from the bit rate.
    pub(super) fn states_length(self) -> bool {
        !matches!(self, Container::Mp3 | Container::Aac)
    }

    /// Whether it holds one picture.
    pub(super) fn is_still(self) -> bool {
        matches!(self, Container::Png | Container::Jpeg | Container::Webp | Container::Bmp)
    }
}

fn recognise(head: &[u8]) -> Option<Container> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let riff = |form: &[u8]| (at(0, b"RIFF") || at(0, b"RF64")) && at(8, form);
    let atoms: [&[u8]; 6] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"];
    let second = head.get(1).copied().unwrap_or(0);
    let layer = (second >> 1) & 3;
    Some(match () {
        () if atoms.iter().any(|atom| at(4, atom)) => Container::Mp4,
        () if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) => Container::Matroska,
        () if riff(b"AVI ") => Container::Avi,
        () if riff(b"WAVE") => Container::Wav,
        () if riff(b"WEBP") => Container::Webp,
        () if at(0, &[0, 0, 1, 0xba]) => Container::MpegProgram,
        () if at(0, b"G") && at(188, b"G") && at(376, b"G") => Container::MpegTransport,
        () if at(0, b"FLV\x01") => Container::Flv,
        () if at(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) => Container::Asf,
        () if at(0, b"fLaC") => Container::Flac,
        () if at(0, b"OggS") => Container::Ogg,
        () if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) => Container::Aiff,
        () if at(0, b"caff") => Container::Caf,
        () if at(0, b"\x89PNG\r\n\x1a\n") => Container::Png,
        () if at(0, &[0xff, 0xd8, 0xff]) => Container::Jpeg,
        () if at(0, b"BM") && at(6, &[0, 0, 0, 0]) => Container::Bmp,
        () if at(0, b"ID3") => Container::Mp3,
        () if at(0, &[0xff]) && second & 0xf6 == 0xf0 => Container::Aac,
        () if at(0, &[0xff]) && second & 0xe0 == 0xe0 && layer != 0 => Container::Mp3,
        () => return None,
    })
}

/// The name of a format that only points to other files, if the file is one.
fn playlist(head: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let signs = [
        ("#extm3u", "an HLS playlist"),
        ("#ext-x", "an HLS playlist"),
        ("ffconcat", "a concat list"),
        ("file ", "a concat list"),
        ("<mpd", "a DASH manifest"),
        ("v=0", "a session description (SDP)"),
        ("[playlist]", "a PLS playlist"),
        ("[reference]", "an ASX playlist"),
        ("<asx", "an ASX playlist"),
        ("<smil", "a SMIL presentation"),
        (";ffmetadata", "an ffmetadata file"),
    ];
    let found = signs.into_iter().find(|(sign, _)| text.starts_with(sign)).map(|(_, found)| found);
    let xml = text.starts_with("<?xml");
    found
        .or_else(|| (xml && text.contains("<mpd")).then_some("a DASH manifest"))
        .or_else(|| (xml && text.contains("<smoothstreamingmedia")).then_some("a Smooth Streaming manifest"))
        .or_else(|| (xml || text.starts_with("<svg")).then_some("an XML document"))
}

fn is_text(head: &[u8]) -> bool {
    let printable = |c: char| !c.is_control() || c.is_whitespace();
    match std::str::from_utf8(head) {
        Ok(text) => text.chars().all(printable),
        Err(cut) if cut.error_len().is_none() => {
            String::from_utf8_lossy(&head[..cut.valid_up_to()]).chars().all(printable)
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8]) -> Result<Container, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip.mp4");
        std::fs::write(&path, bytes).unwrap();
        Container::of(&path)
    }

    #[test]
    fn disguised_lists_are_refused_by_name() {
        for (text, expected) in [
            ("#EXTM3U\n#EXTINF:10,\nsecret.ts\n", "HLS"),
            ("\u{feff}#EXTM3U\n", "HLS"),
            ("ffconcat version 1.0\nfile secret.ts\n", "concat"),
            ("file 'secret.ts'\n", "concat"),
            ("<?xml version=\"1.0\"?>\n<MPD></MPD>", "DASH"),
            ("v=0\no=- 0 0 IN IP4 127.0.0.1\n", "SDP"),
            ("[playlist]\nFile1=secret.mp3\n", "PLS"),
            ("<?xml version=\"1.0\"?><svg/>", "XML"),
        ] {
            let error = of(text.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Playlist { .. }), "{text}: {error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn empty_text_and_noise_are_refused() {
        assert!(matches!(of(b""), Err(Error::Empty { .. })));
        assert!(matches!(of(b"Once upon a time"), Err(Error::TextNotMedia { .. })));
        assert!(matches!(of(&[0, 1, 2, 3, 254, 253, 7, 7, 7]), Err(Error::UnknownContainer { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(head in proptest::collection::vec(any::<u8>(), 0..512)) {
            let container = recognise(&head);
            prop_assert!(container.is_none() || playlist(&head).is_none());
            is_text(&head);
        }
    }
}
