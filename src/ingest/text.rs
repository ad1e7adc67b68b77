//! From the bytes of a file to text in UTF-8: gzip and zstd are unpacked, byte
//! order marks taken off, other encodings converted. A file's first bytes say
//! whether it is compressed and whether it has a mark, whatever its name says.
//!
//! Bytes that are no text in their encoding are not repaired: in their place
//! stands [`NO_TEXT`], and whoever reads records tells which have it.

use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use encoding_rs::{DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};
use flate2::bufread::MultiGzDecoder;

use crate::model::dialect::Encoding;

/// A byte that never stands in UTF-8.
pub const NO_TEXT: u8 = 0xff;

/// What some programs write in front of UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Bytes read at once.
const BLOCK: usize = 64 * 1024;

/// Whether a file that begins so is read by the engine as it lies there: not
/// compressed, and no mark of another encoding than UTF-8.
pub fn is_bare(start: &[u8]) -> bool {
    !(is_gzip(start) || is_zstd(start) || utf16_mark(start).is_some())
}

/// What a file that is no text is, going by its first bytes.
pub fn looks_like(start: &[u8]) -> &'static str {
    match start {
        [b'P', b'K', 3, 4, ..] => "a zip file or a spreadsheet",
        [b'P', b'A', b'R', b'1', ..] => "a Parquet file",
        [first, 0, ..] | [0, first, ..] if first.is_ascii_graphic() => {
            "UTF-16 without a byte order mark"
        }
        _ => "text in another encoding, such as Latin-1, or no text at all",
    }
}

fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

fn is_zstd(start: &[u8]) -> bool {
    start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
}

fn utf16_mark(start: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    match start {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The text of a file, from its first character.
///
/// # Errors
/// What reading the file says. Reading the text fails with
/// [`io::ErrorKind::UnexpectedEof`] if a compressed file is cut, and with
/// [`io::ErrorKind::InvalidData`] or the like if it is damaged.
pub fn open<'a>(file: impl Read + 'a, encoding: Encoding) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut file = BufReader::with_capacity(BLOCK, file);
    let start = file.fill_buf()?;
    let mut unpacked: Box<dyn BufRead + 'a> = if is_gzip(start) {
        Box::new(BufReader::with_capacity(BLOCK, MultiGzDecoder::new(file)))
    } else if is_zstd(start) {
        let decoder = zstd::stream::read::Decoder::with_buffer(file)?;
        Box::new(BufReader::with_capacity(BLOCK, decoder))
    } else {
        Box::new(file)
    };
    // A mark may come in two reads: nothing was consumed, so look at both.
    let start = unpacked.fill_buf()?;
    let from = match (utf16_mark(start), encoding) {
        (Some(marked), _) => marked,
        (None, Encoding::Utf16) if start.first() == Some(&0) => UTF_16BE,
        (None, Encoding::Utf16) => UTF_16LE,
        (None, Encoding::Latin1) if !start.starts_with(BOM) => WINDOWS_1252,
        (None, Encoding::Latin1 | Encoding::Utf8) => {
            if start.starts_with(BOM) {
                unpacked.consume(BOM.len());
            }
            return Ok(unpacked);
        }
    };
    Ok(Box::new(BufReader::with_capacity(
        BLOCK,
        Converted {
            from: unpacked,
            decoder: from.new_decoder_with_bom_removal(),
            text: vec![0; BLOCK].into(),
            ready: 0..0,
            ended: false,
        },
    )))
}

/// Text that is converted while it is read.
struct Converted<'a> {
    from: Box<dyn BufRead + 'a>,
    decoder: encoding_rs::Decoder,
    text: Box<[u8]>,
    /// The part of it that was not read yet.
    ready: Range<usize>,
    ended: bool,
}

impl Converted<'_> {
    /// Converts the next bytes. Leaves room for a byte behind what it writes.
    fn convert(&mut self) -> io::Result<()> {
        let bytes = self.from.fill_buf()?;
        let last = bytes.is_empty();
        let room = self.text.len() - 1;
        let (result, read, written) =
            self.decoder
                .decode_to_utf8_without_replacement(bytes, &mut self.text[..room], last);
        self.from.consume(read);
        self.ready = 0..written;
        match result {
            DecoderResult::InputEmpty => self.ended = last,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                self.text[written] = NO_TEXT;
                self.ready.end += 1;
            }
        }
        Ok(())
    }
}

impl Read for Converted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ended {
            self.convert()?;
        }
        let size = into.len().min(self.ready.len());
        into[..size].copy_from_slice(&self.text[self.ready.start..][..size]);
        self.ready.start += size;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn text(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let mut text = Vec::new();
        open(bytes, encoding)
            .unwrap()
            .read_to_end(&mut text)
            .unwrap();
        text
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn every_encoding_becomes_utf_8() {
        let words = "id,Größe €\n1,𝄞\n".repeat(9_000);
        let expected = words.as_bytes();
        let marked = format!("\u{feff}{words}");
        for (bytes, encoding) in [
            (words.clone().into_bytes(), Encoding::Utf8),
            (marked.clone().into_bytes(), Encoding::Utf8),
            (marked.clone().into_bytes(), Encoding::Latin1),
            (utf16(&marked, u16::to_le_bytes), Encoding::Utf16),
            (utf16(&marked, u16::to_be_bytes), Encoding::Utf16),
            (utf16(&marked, u16::to_be_bytes), Encoding::Utf8),
            (utf16(&words, u16::to_le_bytes), Encoding::Utf16),
            (utf16(&words, u16::to_be_bytes), Encoding::Utf16),
        ] {
            assert_eq!(text(&bytes, encoding), expected, "{encoding}");
            assert_eq!(text(&gzip(&bytes), encoding), expected, "{encoding}");
            let packed = zstd::encode_all(bytes.as_slice(), 1).unwrap();
            assert_eq!(text(&packed, encoding), expected, "{encoding}");
        }
        assert_eq!(text(b"caf\xe9 \x80", Encoding::Latin1), "café €".as_bytes());
    }

    #[test]
    fn several_streams_behind_each_other_are_one_text() {
        let packed = [gzip(b"a,b\n"), gzip(b"1,2\n")].concat();
        assert_eq!(text(&packed, Encoding::Utf8), b"a,b\n1,2\n");
        let frames = [b"a,b\n", b"1,2\n"].map(|t| zstd::encode_all(&t[..], 1).unwrap());
        assert_eq!(text(&frames.concat(), Encoding::Utf8), b"a,b\n1,2\n");
    }

    #[test]
    fn what_is_no_text_is_marked() {
        // A surrogate without its other half, and half a unit at the end.
        let bytes = [b"a\0".as_slice(), &[0, 0xd8], b"b\0c"].concat();
        assert_eq!(text(&bytes, Encoding::Utf16), b"a\xffb\xff");
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let long: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
        for packed in [gzip(&long), zstd::encode_all(long.as_slice(), 1).unwrap()] {
            let cut = &packed[..packed.len() - 9];
            let mut opened = open(cut, Encoding::Utf8).unwrap();
            let error = opened.read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }
}
