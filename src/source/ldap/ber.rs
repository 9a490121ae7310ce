//! BER as LDAP uses it (RFC 4511, 5.1): tags of one octet, definite lengths. Reading borrows and never panics.

/// The bytes are no BER as LDAP uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Universal tags and those of the protocol.
pub(super) mod tag {
    /// BOOLEAN
    pub(in crate::source::ldap) const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub(in crate::source::ldap) const INTEGER: u8 = 0x02;
    /// OCTET STRING
    pub(in crate::source::ldap) const OCTETS: u8 = 0x04;
    /// ENUMERATED
    pub(in crate::source::ldap) const ENUMERATED: u8 = 0x0a;
    /// SEQUENCE
    pub(in crate::source::ldap) const SEQUENCE: u8 = 0x30;
    /// SET
    pub(in crate::source::ldap) const SET: u8 = 0x31;
    /// The controls of a message.
    pub(in crate::source::ldap) const CONTROLS: u8 = 0xa0;
}

/// The start of an element: its tag, where its content starts, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) tag: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Reads the start of an element; `None` when more bytes are needed to know it.
pub(super) fn head(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let octets = usize::from(first & 0x7f);
    if first < 0x80 {
        return Ok(Some(Head { tag, start: 2, end: 2 + octets }));
    }
    if !(1..=4).contains(&octets) {
        return Err(Malformed);
    }
    let Some(length) = bytes.get(2..2 + octets) else { return Ok(None) };
    let length = length.iter().fold(0usize, |sum, &octet| sum << 8 | usize::from(octet));
    Ok(Some(Head { tag, start: 2 + octets, end: (2 + octets).checked_add(length).ok_or(Malformed)? }))
}

/// Elements one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ber<'a>(pub(super) &'a [u8]);

impl<'a> Ber<'a> {
    /// Whether there are no more.
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next one: its tag and its content.
    pub(super) fn next(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let head = head(self.0)?.ok_or(Malformed)?;
        let content = self.0.get(head.start..head.end).ok_or(Malformed)?;
        self.0 = self.0.get(head.end..).ok_or(Malformed)?;
        Ok((head.tag, content))
    }

    /// The content of the next one, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        let (found, content) = self.next()?;
        if found == tag { Ok(content) } else { Err(Malformed) }
    }

    /// The content of the next one if it has this tag.
    pub(super) fn take_if(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.0.first() == Some(&tag) { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// A number of the next element, which must have this tag.
    pub(super) fn number(&mut self, tag: u8) -> Result<i64, Malformed> {
        let octets = self.take(tag)?;
        let (&first, rest) = octets.split_first().ok_or(Malformed)?;
        if octets.len() > 8 {
            return Err(Malformed);
        }
        Ok(rest.iter().fold(i64::from(first.cast_signed()), |sum, &octet| sum << 8 | i64::from(octet)))
    }
}

/// Appends an element.
pub(super) fn put(into: &mut Vec<u8>, tag: u8, content: &[u8]) {
    nest(into, tag, |into| into.extend_from_slice(content));
}

/// Appends a number.
pub(super) fn put_number(into: &mut Vec<u8>, tag: u8, number: i64) {
    let octets = number.to_be_bytes();
    let spare = |&at: &usize| {
        let sign = if octets[at + 1] & 0x80 == 0 { 0 } else { 0xff };
        octets[at] == sign
    };
    let first = (0..octets.len() - 1).take_while(spare).count();
    put(into, tag, &octets[first..]);
}

/// Appends an element whose content `write` appends.
pub(super) fn nest(into: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    // The length comes when it is known; BER need not be short.
    into.extend([tag, 0x84, 0, 0, 0, 0]);
    let start = into.len();
    write(into);
    let length = u32::try_from(into.len() - start).unwrap_or(u32::MAX);
    into[start - 4..start].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_short_and_signed() {
        for (number, octets) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0, 128]),
            (-1, &[255]),
            (-129, &[255, 127]),
            (65_536, &[1, 0, 0]),
        ] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, tag::INTEGER, number);
            assert_eq!(&bytes[6..], octets, "{number}");
            assert_eq!(Ber(&bytes).number(tag::INTEGER), Ok(number));
        }
    }

    #[test]
    fn lengths_in_every_form() {
        assert_eq!(head(&[4, 3]), Ok(Some(Head { tag: 4, start: 2, end: 5 })));
        assert_eq!(head(&[4, 0x81, 200]), Ok(Some(Head { tag: 4, start: 3, end: 203 })));
        assert_eq!(head(&[4, 0x82, 1, 0]), Ok(Some(Head { tag: 4, start: 4, end: 260 })));
        assert_eq!(head(&[4, 0x82, 1]), Ok(None));
        assert_eq!(head(&[4]), Ok(None));
        for bad in [&[4, 0x80][..], &[4, 0x85, 0, 0, 0, 0, 1], &[0x1f, 1]] {
            assert_eq!(head(bad), Err(Malformed));
        }
        assert_eq!(Ber(&[4, 3, 1, 2]).next(), Err(Malformed));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<i64>(), text in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = Vec::new();
            nest(&mut bytes, tag::SEQUENCE, |into| {
                put_number(into, tag::INTEGER, number);
                put(into, tag::OCTETS, &text);
            });
            let mut outer = Ber(&bytes);
            let mut inner = Ber(outer.take(tag::SEQUENCE).unwrap());
            prop_assert_eq!(inner.number(tag::INTEGER), Ok(number));
            prop_assert_eq!(inner.take(tag::OCTETS), Ok(&text[..]));
            prop_assert!(inner.is_empty() && outer.is_empty());
        }

        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut all = Ber(&bytes);
            while let Ok((_, content)) = all.next() {
                let _ = Ber(content).number(tag::INTEGER);
            }
        }
    }
}
