//! Identities as text: objectGUID and SID from the forms in which exports carry them.

use std::fmt::Write;

use super::octet::{has, starts};

/// Sixteen octets in the order of the directory, as `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
#[must_use]
pub fn guid_text(octets: &[u8; 16]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (place, &octet) in ORDER.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{:02x}", octets[octet]);
    }
    text
}

/// Whether a DN names what is left of a deleted object: in Active Directory its name has a line feed and `DEL:` with the
/// objectGUID (`[MS-ADTS]` 3.1.1.5.5), in 389 Directory Server it starts with the unique id.
#[must_use]
pub fn is_deleted(dn: &str) -> bool {
    let mark = || dn.contains("\\0ADEL:") || dn.contains("\nDEL:");
    starts(dn, "nsuniqueid=") || (has(b':', dn.as_bytes()) && mark())
}

/// A SID of the directory (`[MS-DTYP]` 2.4.2.2) as `S-1-…`; `None` when the octets are none.
#[must_use]
pub fn sid_text(octets: &[u8]) -> Option<String> {
    let (&revision, rest) = octets.split_first()?;
    let (&count, rest) = rest.split_first()?;
    if rest.len() != 6 + 4 * usize::from(count) {
        return None;
    }
    let authority = rest[..6].iter().fold(0u64, |sum, &octet| sum << 8 | u64::from(octet));
    let mut text = format!("S-{revision}-{authority}");
    for part in rest[6..].chunks_exact(4) {
        let _ = write!(text, "-{}", u32::from_le_bytes([part[0], part[1], part[2], part[3]]));
    }
    Some(text)
}

/// A GUID in one of the written forms (dashed, in braces, 32 hex digits) as dashed lower-case text.
#[must_use]
pub fn normal_guid(text: &str) -> Option<String> {
    let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
    let dashes = bare.bytes().filter(|&b| b == b'-').count();
    let hex: String = bare.chars().filter(|&c| c != '-').collect();
    if !matches!(dashes, 0 | 4) || hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let hex = hex.to_ascii_lowercase();
    Some(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// Whether the text already is a dashed GUID, so that nothing has to be copied.
#[must_use]
pub fn is_guid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, &b)| match place {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_in_every_form() {
        let octets =
            [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
        assert_eq!(guid_text(&octets), "33221100-5544-7766-8899-aabbccddeeff");
        let plain = "33221100-5544-7766-8899-aabbccddeeff";
        for form in [plain, "{33221100-5544-7766-8899-AABBCCDDEEFF}", " 33221100-5544-7766-8899-aabbccddeeff"]
        {
            assert_eq!(normal_guid(form).as_deref(), Some(plain), "{form}");
        }
        assert_eq!(normal_guid("33221100-5544-7766-8899"), None);
        assert_eq!(normal_guid("33221100554477668899aabbccddeeff").as_deref(), Some(plain));
        assert!(is_guid(plain) && !is_guid("33221100-5544-7766-8899-AABBCCDDEEFF"));
    }

    #[test]
    fn names_of_deleted_objects() {
        for dn in [
            "CN=Old\\0ADEL:0c6b9a11-2233-4455-6677-889900aabb01,CN=Deleted Objects,DC=contoso,DC=com",
            "CN=Roth\\, Jana\nDEL:0c6b9a11-2233-4455-6677-889900aabb01,CN=Deleted Objects,DC=contoso,DC=com",
            "nsuniqueid=d13ff822-e90311f1-82cfcc3d-776c9173,CN=Old,DC=contoso,DC=com",
        ] {
            assert!(is_deleted(dn), "{dn}");
        }
        // Objects of the same name, made on two servers at once, are there.
        assert!(!is_deleted("CN=Ann\\0ACNF:0c6b9a11-2233-4455-6677-889900aabb01,DC=contoso,DC=com"));
        assert!(!is_deleted("cn=Ann+nsuniqueid=d13ff822-e90311f1-82cfcc3d-776c9173,DC=contoso,DC=com"));
    }

    #[test]
    fn sids() {
        let octets = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(sid_text(&octets).as_deref(), Some("S-1-5-32-544"));
        assert_eq!(sid_text(&octets[..10]), None);
    }
}
