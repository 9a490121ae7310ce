//! The names of encodings: those of the web, those of PowerShell, and the code pages of consoles (OEM).

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use oem_cp::code_table as table;

/// An encoding.
#[derive(Debug, Clone, Copy)]
pub enum Charset {
    /// One of the Encoding Standard.
    Web(&'static Encoding),
    /// A code page of consoles: each byte is a character.
    Oem(&'static Oem),
}

/// A code page of consoles.
#[derive(Debug)]
pub struct Oem {
    /// Its name.
    name: &'static str,
    /// The characters of the bytes from 0x80 on.
    high: &'static [char; 128],
}

/// The code pages that Windows uses in consoles, and that the Encoding Standard lacks.
static OEM: &[Oem] = &[
    Oem { name: "cp437", high: &table::DECODING_TABLE_CP437 },
    Oem { name: "cp720", high: &table::DECODING_TABLE_CP720 },
    Oem { name: "cp737", high: &table::DECODING_TABLE_CP737 },
    Oem { name: "cp775", high: &table::DECODING_TABLE_CP775 },
    Oem { name: "cp850", high: &table::DECODING_TABLE_CP850 },
    Oem { name: "cp852", high: &table::DECODING_TABLE_CP852 },
    Oem { name: "cp855", high: &table::DECODING_TABLE_CP855 },
    Oem { name: "cp858", high: &table::DECODING_TABLE_CP858 },
    Oem { name: "cp860", high: &table::DECODING_TABLE_CP860 },
    Oem { name: "cp861", high: &table::DECODING_TABLE_CP861 },
    Oem { name: "cp862", high: &table::DECODING_TABLE_CP862 },
    Oem { name: "cp863", high: &table::DECODING_TABLE_CP863 },
    Oem { name: "cp865", high: &table::DECODING_TABLE_CP865 },
    Oem { name: "cp869", high: &table::DECODING_TABLE_CP869 },
];

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self::Web(UTF_8);
    /// What Windows calls ANSI in western Europe and America.
    pub const ANSI: Self = Self::Web(WINDOWS_1252);

    /// The encoding of a name in any case, such as `utf-8`, `ansi`, `cp850`, `ibm850` or `850`.
    #[must_use]
    pub fn of_label(label: &str) -> Option<Self> {
        let name = label.trim().to_ascii_lowercase();
        let number = ["cp", "ibm", "dos", "oem"].iter().find_map(|head| name.strip_prefix(head));
        let number = number.unwrap_or(&name).trim_start_matches(['-', '_']);
        let oem = OEM.iter().find(|oem| oem.name.strip_prefix("cp") == Some(number));
        match name.as_str() {
            "ansi" | "default" => Some(Self::ANSI),
            "unicode" => Some(Self::Web(UTF_16LE)),
            "bigendianunicode" => Some(Self::Web(UTF_16BE)),
            "utf8bom" | "utf8nobom" => Some(Self::UTF_8),
            _ => oem.map(Self::Oem).or_else(|| Encoding::for_label(name.as_bytes()).map(Self::Web)),
        }
    }

    /// What to call it; [`Charset::of_label`] knows the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Web(encoding) => encoding.name(),
            Self::Oem(oem) => oem.name,
        }
    }

    /// Whether it is UTF-16 of either order.
    #[must_use]
    pub fn is_utf16(self) -> bool {
        matches!(self, Self::Web(encoding) if encoding == UTF_16LE || encoding == UTF_16BE)
    }
}

impl PartialEq for Charset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Charset {}

impl Oem {
    /// Appends what bytes mean.
    pub fn decode(&self, bytes: &[u8], text: &mut String) {
        text.extend(bytes.iter().map(|&b| match self.high.get(usize::from(b).wrapping_sub(128)) {
            Some(&c) => c,
            None => char::from(b),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_every_kind() {
        for (label, name) in [
            ("UTF-8", "UTF-8"),
            ("ansi", "windows-1252"),
            ("Unicode", "UTF-16LE"),
            ("cp850", "cp850"),
            ("IBM-852", "cp852"),
            ("437", "cp437"),
            ("cp1252", "windows-1252"),
            ("cp866", "IBM866"),
        ] {
            assert_eq!(Charset::of_label(label).map(Charset::name), Some(name), "{label}");
            assert_eq!(Charset::of_label(name).map(Charset::name), Some(name), "{name}");
        }
        assert_eq!(Charset::of_label("utf-9"), None);
    }

    #[test]
    fn letters_of_consoles() {
        let Some(Charset::Oem(oem)) = Charset::of_label("cp850") else { panic!() };
        let mut text = String::new();
        oem.decode(b"M\x81ller \x8el\xe1", &mut text);
        assert_eq!(text, "Müller Älß");
    }
}
