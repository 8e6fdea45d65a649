//! Sounds from and to WAV files of 16-bit samples in one channel.

/// Why a file is no sound for the cohort.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WaveError {
    #[error("it is no WAV file with a format and samples")]
    Riff,
    #[error("it has {channels} channels of {bits} bits at {rate} Hz; a sound is mono, of 16 bits, at {wanted} Hz", wanted = super::RATE)]
    Format { channels: u16, bits: u16, rate: u32 },
}

/// The samples of a WAV file, from -1 to 1.
pub(in crate::simulation) fn read(bytes: &[u8]) -> Result<Vec<f32>, WaveError> {
    let (b"RIFF", b"WAVE") = (bytes.get(..4).unwrap_or(b""), bytes.get(8..12).unwrap_or(b"")) else {
        return Err(WaveError::Riff);
    };
    let mut rest = &bytes[12..];
    let mut is_known = false;
    while let Some((name, body)) = rest.split_at_checked(4) {
        let Some((length, body)) =
            body.split_first_chunk().map(|(length, body)| (u32::from_le_bytes(*length) as usize, body))
        else {
            break;
        };
        let chunk = &body[..length.min(body.len())];
        if name == b"fmt " {
            is_known = format(chunk)?;
        } else if name == b"data" && is_known {
            return Ok(chunk
                .as_chunks()
                .0
                .iter()
                .map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32768.0)
                .collect());
        }
        rest = body.get(length + length % 2..).unwrap_or_default();
    }
    Err(WaveError::Riff)
}

/// The WAV file of samples from -1 to 1, as [`read`] takes it.
pub(in crate::simulation) fn wave(samples: &[f32]) -> Vec<u8> {
    const HEADER: u32 = 36;
    let bytes = 2 * samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((HEADER + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(super::RATE.to_le_bytes());
    file.extend((2 * super::RATE).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    let sample = |sample: &f32| ((sample * 32768.0).round() as i16).to_le_bytes();
    file.extend(samples.iter().flat_map(sample));
    file
}

/// Whether the format is the one that is taken.
fn format(chunk: &[u8]) -> Result<bool, WaveError> {
    let two = |at: usize| chunk.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes);
    let four = |at: usize| chunk.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let (Some(coding), Some(channels), Some(rate), Some(bits)) = (two(0), two(2), four(4), two(14)) else {
        return Err(WaveError::Riff);
    };
    match (coding, channels, rate, bits) {
        (1, 1, super::RATE, 16) => Ok(true),
        _ => Err(WaveError::Format { channels, bits, rate }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunks(channels: u16, samples: &[i16]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend(channels.to_le_bytes());
        bytes.extend(super::super::RATE.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(16u16.to_le_bytes());
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend((2 * samples.len() as u32).to_le_bytes());
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        bytes
    }

    #[test]
    fn samples_are_read_past_other_chunks() {
        assert_eq!(read(&chunks(1, &[0, 16384, -32768])).unwrap(), [0.0, 0.5, -1.0]);
    }

    #[test]
    fn what_is_written_is_read() {
        let samples = [0.0, 0.25, -1.0, 32767.0 / 32768.0];
        assert_eq!(read(&wave(&samples)).unwrap(), samples);
    }

    #[test]
    fn another_format_is_named() {
        assert!(read(&chunks(2, &[0])).unwrap_err().to_string().contains("2 channels"));
        assert_eq!(read(b"RIFF"), Err(WaveError::Riff));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn damaged_files_never_panic(at in 0usize..50, value: u8) {
            let mut bytes = chunks(1, &[1, 2, 3]);
            bytes[at] = value;
            let _ = read(&bytes);
        }
    }
}
