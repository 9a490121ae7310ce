//! Objects from the octets of a server to lines of LDIF (RFC 2849), in one pass; bytes and their order are kept.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ber::{Ber, Malformed, tag};
use super::fault::Fault;

/// An object: its DN, and what it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// The DN, as the server spells it.
    pub(super) dn: &'a [u8],
    attributes: Ber<'a>,
}

/// One attribute of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    /// The name without options.
    pub(super) name: &'a str,
    /// The options, each with its semicolon; a range is not among them.
    options: &'a str,
    /// Where the values start among all, and where they end; `None` when they are all.
    pub(super) range: Option<(u64, Option<u64>)>,
    /// The values.
    pub(super) values: Ber<'a>,
}

impl<'a> Entry<'a> {
    /// Takes a found entry apart.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Ber(body);
        let dn = parts.take(tag::OCTETS)?;
        Ok(Self { dn, attributes: Ber(parts.take(tag::SEQUENCE)?) })
    }

    /// The next attribute.
    pub(super) fn next(&mut self) -> Result<Option<Attribute<'a>>, Malformed> {
        if self.attributes.is_empty() {
            return Ok(None);
        }
        let mut parts = Ber(self.attributes.take(tag::SEQUENCE)?);
        let description = parts.take(tag::OCTETS)?;
        let good = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b';' | b'_' | b'=' | b'*');
        if description.is_empty() || !description.iter().all(good) {
            return Err(Malformed);
        }
        let end = description.iter().position(|&b| b == b';');
        let description = std::str::from_utf8(description).map_err(|_| Malformed)?;
        let values = Ber(parts.take(tag::SET)?);
        let Some(end) = end else {
            return Ok(Some(Attribute { name: description, options: "", range: None, values }));
        };
        let (name, options) = description.split_at(end);
        let ranged = options.rfind(';').map(|at| (at, &options[at + 1..]));
        let range = ranged.and_then(|(at, option)| {
            let (word, range) = option.split_once('=')?;
            word.eq_ignore_ascii_case("range").then_some((at, range))
        });
        let Some((at, range)) = range else {
            return Ok(Some(Attribute { name, options, range: None, values }));
        };
        let (from, to) = range.split_once('-').ok_or(Malformed)?;
        let to = if to == "*" { None } else { Some(to.parse().map_err(|_| Malformed)?) };
        let range = Some((from.parse().map_err(|_| Malformed)?, to));
        Ok(Some(Attribute { name, options: &options[..at], range, values }))
    }

    /// The first value of an attribute.
    pub(super) fn value(mut self, name: &str) -> Result<Option<&'a [u8]>, Malformed> {
        while let Some(mut attribute) = self.next()? {
            if attribute.name.eq_ignore_ascii_case(name) && !attribute.values.is_empty() {
                return attribute.values.take(tag::OCTETS).map(Some);
            }
        }
        Ok(None)
    }
}

/// The attributes that are asked for, and which of them any object had.
#[derive(Debug, Clone)]
pub(super) struct Asked<'n> {
    names: &'n [&'n str],
    /// One bit per name.
    pub(super) seen: u64,
    /// Where the name that was met last stands; objects have their attributes in one order.
    last: usize,
}

impl<'n> Asked<'n> {
    /// None was seen yet. There are at most 64 names.
    pub(super) fn new(names: &'n [&'n str]) -> Self {
        Self { names, seen: 0, last: 0 }
    }

    /// Whether an attribute was asked for; takes note of it.
    pub(super) fn takes(&mut self, name: &str) -> bool {
        let is = |place: usize| {
            let known = self.names.get(place).filter(|known| known.eq_ignore_ascii_case(name));
            known.map(|_| place)
        };
        let Some(place) = is(self.last).or_else(|| (0..self.names.len()).find_map(is)) else { return false };
        self.seen |= 1u64.checked_shl(u32::try_from(place).unwrap_or(u32::MAX)).unwrap_or(0);
        self.last = (place + 1) % self.names.len();
        true
    }
}

/// Whether an object has all values of its attributes, or a server gave only the first of some.
pub(super) fn is_ranged(mut entry: Entry<'_>) -> Result<bool, Malformed> {
    while let Some(attribute) = entry.next()? {
        if !matches!(attribute.range, None | Some((0, None))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives the values of a ranged attribute from a place on to the sink, up to the last.
pub(super) type Rest<'r> = dyn FnMut(&str, u64, &mut dyn FnMut(&[u8])) -> Result<bool, Fault> + 'r;

/// Appends an object as a record. Values that are missing of a ranged attribute come from `rest`; where they do not
/// come, the attribute keeps its range, so that whoever reads the record knows.
pub(super) fn write(
    mut entry: Entry<'_>,
    asked: &mut Asked<'_>,
    into: &mut Vec<u8>,
    rest: &mut Rest<'_>,
) -> Result<(), Fault> {
    line(into, "dn", "", entry.dn);
    while let Some(mut attribute) = entry.next()? {
        if !asked.takes(attribute.name) {
            continue;
        }
        let start = into.len();
        let values = attribute.values;
        while !attribute.values.is_empty() {
            line(into, attribute.name, attribute.options, attribute.values.take(tag::OCTETS)?);
        }
        let whole = match attribute.range {
            None | Some((0, None)) => true,
            Some((0, Some(last))) => rest(attribute.name, last.saturating_add(1), &mut |value| {
                line(into, attribute.name, attribute.options, value);
            })?,
            Some(_) => false,
        };
        if !whole {
            into.truncate(start);
            attribute.values = values;
            let options = format!("{};range=0-0", attribute.options);
            while !attribute.values.is_empty() {
                line(into, attribute.name, &options, attribute.values.take(tag::OCTETS)?);
            }
        }
    }
    into.push(b'\n');
    Ok(())
}

/// Appends a line.
pub(super) fn line(into: &mut Vec<u8>, name: &str, options: &str, value: &[u8]) {
    into.extend_from_slice(name.as_bytes());
    into.extend_from_slice(options.as_bytes());
    if is_safe(value) {
        into.extend_from_slice(b": ");
        into.extend_from_slice(value);
    } else {
        into.extend_from_slice(b":: ");
        let start = into.len();
        into.resize(start + value.len().div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(value, &mut into[start..]).unwrap_or(0);
        into.truncate(start + written);
    }
    into.push(b'\n');
}

/// Whether a value can stand in a line as it is.
fn is_safe(value: &[u8]) -> bool {
    let (Some(first), Some(last)) = (value.first(), value.last()) else { return true };
    // No early end: it is done for many octets at once.
    let graphic = value.iter().fold(true, |all, b| all & (0x20..0x7f).contains(b));
    graphic && !matches!(first, b' ' | b':' | b'<') && *last != b' '
}

#[cfg(test)]
mod tests {
    use super::super::ber::{nest, put};
    use super::*;
    use proptest::prelude::*;

    fn entry(dn: &[u8], attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
        let mut body = Vec::new();
        put(&mut body, tag::OCTETS, dn);
        nest(&mut body, tag::SEQUENCE, |into| {
            for (name, values) in attributes {
                nest(into, tag::SEQUENCE, |into| {
                    put(into, tag::OCTETS, name.as_bytes());
                    nest(into, tag::SET, |into| {
                        values.iter().for_each(|value| put(into, tag::OCTETS, value));
                    });
                });
            }
        });
        body
    }

    fn written(body: &[u8], names: &[&str], rest: &[&[u8]]) -> String {
        let mut into = Vec::new();
        let mut more = |_: &str, _: u64, each: &mut dyn FnMut(&[u8])| {
            for value in rest {
                each(value);
            }
            Ok(!rest.is_empty())
        };
        write(Entry::read(body).unwrap(), &mut Asked::new(names), &mut into, &mut more).unwrap();
        String::from_utf8(into).unwrap()
    }

    #[test]
    fn bytes_and_their_order_are_kept() {
        let body = entry(
            "CN=Jörg".as_bytes(),
            &[
                ("mail", &[b"a@b.co"]),
                ("proxyAddresses", &[b"\xff\xfe", b"smtp:b", b" c", b"d "]),
                ("other", &[b"x"]),
            ],
        );
        assert_eq!(
            written(&body, &["mail", "PROXYADDRESSES"], &[]),
            "dn:: Q049SsO2cmc=\nmail: a@b.co\nproxyAddresses:: //4=\nproxyAddresses: smtp:b\nproxyAddresses:: IGM=\n\
             proxyAddresses:: ZCA=\n\n"
        );
    }

    #[test]
    fn ranges_are_read_to_the_end_or_kept() {
        let body = entry(b"CN=a", &[("proxyAddresses", &[]), ("proxyAddresses;range=0-1", &[b"a", b"b"])]);
        assert!(is_ranged(Entry::read(&body).unwrap()).unwrap());
        let names = ["proxyAddresses"];
        assert_eq!(
            written(&body, &names, &[b"c"]),
            "dn: CN=a\nproxyAddresses: a\nproxyAddresses: b\nproxyAddresses: c\n\n"
        );
        let cut = written(&body, &names, &[]);
        assert!(cut.contains("proxyAddresses;range=0-0: a\n") && !cut.contains("proxyAddresses: "), "{cut}");
        let whole = entry(b"CN=a", &[("proxyAddresses;range=0-*", &[b"a"])]);
        assert!(!is_ranged(Entry::read(&whole).unwrap()).unwrap());
        assert_eq!(written(&whole, &names, &[]), "dn: CN=a\nproxyAddresses: a\n\n");
    }

    #[test]
    fn what_was_seen_is_known() {
        let names = ["mail", "sn", "cn"];
        let mut asked = Asked::new(&names);
        assert!(asked.takes("SN") && asked.takes("mail") && !asked.takes("ou"));
        assert_eq!(asked.seen, 0b011);
    }

    proptest! {
        #[test]
        fn hostile_octets_cost_the_entry_alone(body in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entry) = Entry::read(&body) {
                let mut into = Vec::new();
                let _ = write(entry, &mut Asked::new(&["a"]), &mut into, &mut |_, _, _| Ok(false));
            }
        }

        #[test]
        fn a_value_makes_one_line(value in prop::collection::vec(any::<u8>(), 0..80)) {
            let text = written(&entry(b"CN=a", &[("mail", &[&value])]), &["mail"], &[]);
            let lines: Vec<&str> = text.lines().collect();
            prop_assert_eq!(lines.len(), 3);
            let back = match lines[1].strip_prefix("mail:: ") {
                Some(coded) => STANDARD.decode(coded).unwrap(),
                None => lines[1].strip_prefix("mail: ").unwrap().as_bytes().to_vec(),
            };
            prop_assert_eq!(back, value);
        }
    }
}
