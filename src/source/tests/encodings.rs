//! Files in two encodings, with NULs, packed, from consoles.

use super::*;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Names and damage of a file.
fn names(bytes: &[u8]) -> (Vec<String>, Vec<(Problem, Vec<u64>)>) {
    let source = open_bytes(bytes).unwrap();
    let (seen, problems) = read(&source);
    let mut all = source.about().problems.clone();
    all.merge(&problems);
    (seen.iter().map(|seen| seen.get(Attr::DisplayName).to_owned()).collect(), kinds(&all))
}

const FIRST: &str = "mail,displayName\r\na@b.co,Jäger\r\n";
const SECOND: &str = "c@b.co,Müller\r\nd@b.co,Öberg\r\n";

fn ansi(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

#[test]
fn the_line_of_a_flaw_is_counted_by_any_line_end() {
    let rows = |end: &str, flaw: &str| {
        let row = |at: u32| format!("u{at}@b.co,Ċ{end}");
        format!("mail,displayName{end}{}{}c@b.co,{flaw}{end}", row(1), (2..9000).map(row).collect::<String>())
    };
    for end in ["\n", "\r\n", "\r"] {
        let text = rows(end, "x\0\0");
        assert_eq!(names(text.as_bytes()).1, [(Problem::Nuls, vec![9001])], "{end:?}");
        let narrow = ansi(&rows(end, "Müller").replace('Ċ', "C"));
        assert_eq!(names(&narrow).1, [(Problem::NotUtf8, vec![9001])], "{end:?}");
        let both = [rows(end, "x").into_bytes(), ansi("d@b.co,Öberg\r\n")].concat();
        assert_eq!(names(&both).1, [(Problem::TwoEncodings, vec![9002])], "{end:?}");
        let both = [&b"\xff\xfe"[..], &wide(&rows(end, "x")), SECOND.as_bytes()].concat();
        assert_eq!(names(&both).1, [(Problem::TwoEncodings, vec![9002])], "{end:?}");
    }
}

#[test]
fn what_was_appended_in_another_encoding_is_read() {
    let marked = |bytes: Vec<u8>| [&[0xff, 0xfe][..], &bytes].concat();
    let utf8 = FIRST.as_bytes().to_vec();
    let want = ["Jäger", "Müller", "Öberg"].map(str::to_owned).to_vec();
    for (first, second, place) in [
        (utf8.clone(), wide(SECOND), 3),
        (utf8.clone(), marked(wide(SECOND)), 3),
        (ansi(FIRST), wide(SECOND), 3),
        (marked(wide(FIRST)), SECOND.as_bytes().to_vec(), 3),
        (marked(wide(FIRST)), ansi(SECOND), 3),
        (utf8.clone(), ansi(SECOND), 3),
        (ansi(FIRST), SECOND.as_bytes().to_vec(), 2),
        ([b"\xef\xbb\xbf", &utf8[..]].concat(), ansi(SECOND), 3),
    ] {
        let (names, kinds) = names(&[first, second].concat());
        assert_eq!(names, want, "{kinds:?}");
        assert!(kinds.contains(&(Problem::TwoEncodings, vec![place])), "{kinds:?}");
    }
}

#[test]
fn long_files_in_two_encodings() {
    let mut bytes = b"mail,displayName\n".to_vec();
    for at in 0..60_000u32 {
        bytes.extend(if at % 7 == 3 { &b"a@b.co,M\xfcller\n"[..] } else { "a@b.co,Müller€\n".as_bytes() });
    }
    let (names, kinds) = names(&bytes);
    assert!(
        names.iter().enumerate().all(|(at, name)| *name == if at % 7 == 3 { "Müller" } else { "Müller€" })
    );
    assert_eq!(kinds, [(Problem::TwoEncodings, vec![5])]);
}

#[test]
fn a_long_line_has_one_encoding() {
    for start in ["", "x"] {
        let name = format!("{start}{}", "ü".repeat(700_000));
        let bytes = [format!("mail,displayName\na@b.co,{name}\n").as_bytes(), b"b@b.co,\xfc\n"].concat();
        let (names, kinds) = names(&bytes);
        assert!(names[0] == name && names[1] == "ü", "{kinds:?}");
        assert_eq!(kinds, [(Problem::TwoEncodings, vec![3])]);
    }
}

#[test]
fn files_of_one_encoding_stay_what_they_are() {
    // Chinese without a line break at the end has no NUL near its end.
    let text = format!("mail,displayName\na@b.co,{}", "王小明王小明王小明".repeat(9));
    let (seen, kinds) = names(&[&[0xff, 0xfe][..], &wide(&text)].concat());
    assert_eq!((seen.len(), kinds), (1, vec![(Problem::EndCut, vec![2])]));
    let (_, kinds) = names(b"mail,displayName\na@b.co,x\nb@b.co,\0\0\0\n");
    assert_eq!(kinds, [(Problem::Nuls, vec![3])]);
}

#[test]
fn consoles() {
    let file = file(b"mail,displayName\na@b.co,M\x81ller\n");
    let options = Options { encoding: Some("cp850".into()), ..Options::default() };
    let source = open(file.path().to_str().unwrap(), &options).unwrap();
    assert_eq!(source.about().encoding, "cp850");
    assert_eq!(read(&source).0[0].get(Attr::DisplayName), "Müller");
}

#[test]
fn packed_files() {
    let bytes = [FIRST, SECOND].concat().into_bytes();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&bytes).unwrap();
    let packed = packed.finish().unwrap();
    let source = open_bytes(&packed).unwrap();
    assert_eq!(source.about().bytes, packed.len() as u64);
    assert_eq!(source.hash().unwrap(), blake3::hash(&packed));
    assert_eq!(read(&source), read(&open_bytes(&bytes).unwrap()));
    let given: u64 = source.blocks().unwrap().map(|block| block.unwrap().bytes).sum();
    assert_eq!(given, packed.len() as u64);
}
