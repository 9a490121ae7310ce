//! Files that are opened by their start are what they are when all of their bytes are looked at first.

use super::*;

/// Small blocks, and records that are too long soon.
const SIZES: (usize, usize) = (100_000, 50_000);

/// A table whose start says what it is taken for.
fn start(name: &str) -> Vec<u8> {
    use std::fmt::Write;
    let mut text = String::from("mail,displayName,description\r\n");
    let description = "d".repeat(2000);
    for at in 0.. {
        if text.len() > HEAD {
            break;
        }
        let _ = write!(text, "u{at}@b.co,{name},\"{description}\"\r\n");
    }
    text.into_bytes()
}

fn opened(file: &tempfile::NamedTempFile, label: Option<&str>, small: u64) -> Source {
    let options = Options { encoding: label.map(str::to_owned), ..Options::default() };
    open_sized(file.path().to_str().unwrap(), &options, SIZES, small).unwrap()
}

/// All that a source tells: its last reading is the one that counts.
fn told(source: &Source) -> String {
    read(source);
    let told = format!("{:?} {:?} {:?}", read_once(source), source.about(), source.hash().unwrap());
    assert!(source.settled().unwrap());
    told
}

/// Whether a file of these bytes is read as it was taken for; it is told the same if it is looked at first.
fn holds(bytes: &[u8], label: Option<&str>) -> bool {
    let file = file(bytes);
    let source = opened(&file, label, 0);
    // Nothing but a look or a reading of all bytes says what they are.
    assert!(source.assumed().unwrap().seen().is_none());
    let (told, looked) = (told(&source), told(&opened(&file, label, u64::MAX)));
    assert!(told == looked, "{} {}", &told[told.len() - 2000..], &looked[looked.len() - 2000..]);
    assert_eq!(source.hash().unwrap(), blake3::hash(bytes));
    assert_eq!(source.assumed().unwrap().seen().unwrap().hash, blake3::hash(bytes));
    source.assumed().unwrap().instead().is_none()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const ROWS: &str = "x@b.co,Jäger,\r\ny@b.co,\"Öberg\r\n\",\r\n";

#[test]
fn utf_8_is_read_as_it_was_taken_for() {
    let huge = format!("h@b.co,{},\r\nz@b.co,Z,\r\n", "x".repeat(SIZES.1 + SIZES.0));
    let befores = [&b""[..], b"\xef\xbb\xbf", b"#TYPE x\r\n\r\n# \xc3\xa4\r\n", b"\xef\xbb\xbfsep=,\r\n"];
    let mut befores = befores.into_iter().cycle();
    for name in ["Ann", "Änne", "M?ller"] {
        for rows in ["", ROWS, "x@b.co,J?ger,\r\n", "x@b.co,JÃ¤ger,", "x@b.co,J\"ger,\r\ny,\"", &huge] {
            let before = befores.next().unwrap();
            assert!(holds(&[before, &start(name), rows.as_bytes()].concat(), None), "{name} {rows}");
        }
        // The same rows with another start.
        befores.next();
    }
    assert!(holds(&[&start("Ann"), ROWS.as_bytes()].concat(), Some("utf8")));
}

#[test]
fn what_is_not_utf_8_is_opened_anew() {
    let ansi = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let huge = format!("h@b.co,{},\r\n", "x".repeat(SIZES.1 + SIZES.0)).into_bytes();
    let befores = [(&b""[..], None), (b"\xef\xbb\xbf", None), (b"#TYPE x\r\n", Some("utf-8"))];
    let mut befores = befores.into_iter().cycle();
    for name in ["Ann", "Änne"] {
        for rows in [
            ansi(ROWS),
            b"x@b.co,J\x84ger M\x81ller,\r\n".to_vec(),
            b"x@b.co,\0\0\0,\r\n".to_vec(),
            b"x@b.co,\xc3".to_vec(),
            wide(ROWS),
            [&[0xff, 0xfe][..], &wide(ROWS)].concat(),
            [&b"x@b.co,J\"ger,\r\n"[..], &ansi(ROWS)].concat(),
            [&huge[..], &ansi(ROWS)].concat(),
        ] {
            let (before, label) = befores.next().unwrap();
            assert!(!holds(&[before, &start(name), &rows, ROWS.as_bytes()].concat(), label));
        }
    }
}

#[test]
fn a_record_that_is_too_long_is_not_taken_for_utf_8() {
    let heading = "mail,displayName,description\r\n".len();
    for letter in [0xe4, b'a'] {
        let mut bytes = start("Ann");
        // It fills the last reading to the end of the file, so that all was seen and not all is in blocks.
        let end = heading + (bytes.len() - heading).div_ceil(SIZES.0) * SIZES.0 + SIZES.0;
        bytes.extend_from_slice(b"x@b.co,Ann,\"");
        bytes.resize(end, b'x');
        bytes[end - 9] = letter;
        assert_eq!(holds(&bytes, None), letter.is_ascii());
    }
}

#[test]
fn packed_files_are_taken_for_what_they_hold() {
    let pack = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let ldif = ldif("", "Ann", b"");
    for (bytes, label, as_taken) in [
        ([&start("Änne"), ROWS.as_bytes()].concat(), None, true),
        ([&start("Ann")[..], b"x@b.co,J\xe4ger,\r\n"].concat(), None, false),
        (ldif, None, true),
    ] {
        let packed = pack(&bytes);
        let (given, plain) = (file(&packed), file(&bytes));
        let source = opened(&given, label, 0);
        assert!(source.assumed().unwrap().seen().is_none());
        assert_eq!(source.hash().unwrap(), blake3::hash(&packed));
        let rows = read(&source);
        assert_eq!(rows, read(&opened(&plain, label, u64::MAX)));
        assert_eq!(told(&source), told(&opened(&given, label, u64::MAX)));
        assert_eq!(source.hash().unwrap(), blake3::hash(&packed));
        assert_eq!(source.assumed().unwrap().seen().unwrap().hash, blake3::hash(&packed));
        assert!(source.assumed().unwrap().seen().unwrap().utf8 == as_taken && !source.changed());
    }
}

#[test]
fn others_are_looked_at_first() {
    let ldif = format!("dn: CN=a,DC=b\nmail: a@b.co\ndescription: {}\n\n", "d".repeat(2 * HEAD));
    let adfind = format!("dn;mail\n\"CN=a,DC=b\";\"a@b.co{}\"\n", "d".repeat(2 * HEAD));
    let (name, rows) = ("Ann", [wide(ROWS), start("J\u{e4}ger")].concat());
    for (bytes, label) in [
        (ldif.into_bytes(), None),
        (adfind.into_bytes(), None),
        (wide(&String::from_utf8(start(name)).unwrap()), None),
        ([b"mail,displayName,description\r\na@b.co,\0,\r\n", &start(name)[..]].concat(), None),
        ([b"mail,displayName,description\r\na@b.co,J\xe4ger,\r\n", &start(name)[..]].concat(), None),
        (start(name), Some("cp850")),
        ([start(name), rows].concat(), Some("windows-1252")),
    ] {
        let file = file(&bytes);
        let sizes = (SIZES.0, 4 * HEAD);
        let options = Options { encoding: label.map(str::to_owned), ..Options::default() };
        let source = open_sized(file.path().to_str().unwrap(), &options, sizes, 0).unwrap();
        assert!(source.assumed().is_none(), "{:?}", source.about());
        assert_eq!(source.hash().unwrap(), blake3::hash(&bytes));
    }
    let file = file(&start(name));
    assert!(opened(&file, None, start(name).len() as u64).assumed().is_none());
}

/// How many records make a megabyte of LDIF.
const RECORDS: usize = HEAD / 1000;

/// LDIF of more than a megabyte, and what it has beside.
fn ldif(before: &str, name: &str, end: &[u8]) -> Vec<u8> {
    use std::fmt::Write;
    let (mut text, info) = (before.to_owned(), "i".repeat(1000));
    for at in 0..RECORDS {
        let _ = write!(text, "dn: CN={at},DC=b\nmail: a{at}@b.co\ndisplayName: {name}\ninfo: {info}\n\n");
    }
    [text.as_bytes(), end].concat()
}

/// How often a file of LDIF is read until that can be trusted, `None` when all of it is looked at first; it is told the
/// same in any case.
fn readings(bytes: &[u8], map: &[(String, Attr)]) -> Option<u64> {
    let file = file(bytes);
    let options = Options { map: map.to_vec(), ..Options::default() };
    let opened = |small| open_sized(file.path().to_str().unwrap(), &options, SIZES, small).unwrap();
    let (source, looked) = (opened(0), opened(u64::MAX));
    if source.assumed().is_some() {
        let about = source.about();
        assert!(about.columns.iter().all(|column| column.records.is_none()) && about.problems.is_empty());
    }
    let (mut readings, expected) = (1, read(&looked));
    let mut seen = read_once(&source);
    while !source.settled().unwrap() {
        (readings, seen) = (readings + 1, read_once(&source));
    }
    assert!(seen == expected && read_once(&source) == expected && source.settled().unwrap());
    assert_eq!(format!("{:?}", source.about()), format!("{:?}", looked.about()));
    assert_eq!((source.carried(), source.hash().unwrap()), (looked.carried(), blake3::hash(bytes)));
    let now = source.now();
    assert!(now.assumed().is_none() && now.hash().unwrap() == blake3::hash(bytes));
    assert_eq!(now.found.ascii, bytes.is_ascii());
    source.assumed().map(|_| readings)
}

const LAST: &str = "dn: CN=z,DC=b\nmail: z@b.co\ndisplayName: Jäger\nl: x\n\n";

#[test]
fn ldif_is_read_as_it_was_taken_for() {
    let fetched = "version: 1\n# dirsync-audit fetch: 1\n# dirsync-audit server: ldaps://dc1\n\
                   # dirsync-audit attributes: mail,displayName,proxyAddresses\n\
                   # dirsync-audit missing: OU=x\n# dirsync-audit records: 9\n\n";
    let search = "# extended LDIF\n#\n# LDAPv3\n#\n\n";
    let befores = ["", "\u{feff}", "# Jäger\nversion: 1\n", fetched, search];
    let names = ["Ann", "Änne", "M?ller"].into_iter().cycle();
    for (start, (before, name)) in befores.into_iter().zip(names).enumerate() {
        let plain = ldif(before, name, b"");
        let ends = [
            String::new(),
            LAST.to_owned(),
            LAST.trim_end().to_owned(),
            format!("{LAST}dn: CN=y,DC=b\nma"),
            format!("{LAST}# dirsync-audit end: complete {}\n", RECORDS + 1),
            format!("{LAST}# dirsync-audit end: incomplete {RECORDS}\n"),
            "# search result\nsearch: 2\nresult: 0 Success\n".to_owned(),
            "# search result\nsearch: 2\nresult: 4 Size limit exceeded\n".to_owned(),
            format!("{search}{LAST}"),
            "dn: CN=y,DC=b\nchangetype: modify\nreplace: sn\nsn: x\n-\n\n".to_owned(),
            "dn: CN=y,DC=b\nsn;lang-de: x\nmai\n l: y\n\nsn: stray\n\ndn:\nsn: nobody\n".to_owned(),
            "dn: CN=y,DC=b\r\nmail: y\rdn: CN=x\rcn: x\r\r\n\r".to_owned(),
        ];
        // With the first three, which say nothing of the end, every third.
        let (skip, step) = if start < 3 { (start, 3) } else { (0, 1) };
        for end in ends.into_iter().skip(skip).step_by(step) {
            assert_eq!(readings(&[&plain, end.as_bytes()].concat(), &[]), Some(1), "{before} {end}");
        }
    }
}

#[test]
fn ldif_that_is_not_what_it_was_taken_for_is_read_anew() {
    let huge = format!("dn: CN=h,DC=b\nmail: h@b.co\ndescription: {}\n\n", "x".repeat(4 * SIZES.0));
    let header = "# dirsync-audit fetch: 1\n# dirsync-audit attributes: mail,sn\n\n";
    let anew = |before: &str, name: &str, end: &[u8]| {
        let bytes = ldif(before, name, end);
        assert_eq!(readings(&bytes, &[]), Some(2), "{name} {}", String::from_utf8_lossy(&end[..20]));
    };
    for (before, name) in [("", "Ann"), ("\u{feff}", "Änne")] {
        for end in [
            b"dn: CN=z\nsn: only here\n".to_vec(),
            b"dn: CN=z\nmail: x\n\ndn: CN=y\ns\n n: only here\n".to_vec(),
            b"dn: CN=z\nproxyAddresses;range=0-1: only here".to_vec(),
            header.as_bytes().to_vec(),
            huge.clone().into_bytes(),
            format!("{huge}{LAST}dn: CN=y\nsn: only here\n").into_bytes(),
            b"dn: CN=z\nmail: J\xe4ger@b.co\n".to_vec(),
            b"dn: CN=z\nmail: \0@b.co\n".to_vec(),
            b"dn: CN=z\nsn: J\xe4ger\n".to_vec(),
            [huge.as_bytes(), b"dn: CN=z\nmail: \xe4"].concat(),
            b"dn: CN=z\nmail: \xc3".to_vec(),
        ] {
            anew(before, name, &end);
        }
        // Between two of the parts that are looked at.
        anew(before, name, &[b"dn: CN=z\nsn: only here\n\n", &ldif("", name, b"")[..]].concat());
    }
}

#[test]
fn ldif_whose_parts_do_not_say_enough_is_looked_at_first() {
    let map = |names: &[&str]| -> Vec<_> { names.iter().map(|&name| (name.into(), Attr::Sn)).collect() };
    let bytes = ldif("", "Ann", LAST.as_bytes());
    assert_eq!(readings(&bytes, &map(&["nowhere"])), None);
    assert_eq!(readings(&bytes, &map(&["info", "nowhere"])), None);
    assert_eq!(readings(&bytes, &map(&[" INFO "])), Some(1));
    let no_lines = String::from_utf8(bytes.clone()).unwrap().replace('\n', "\r");
    assert_eq!(readings(no_lines.replacen('\r', "\n", 1).as_bytes(), &[]), Some(1));
    let long = format!("dn: CN=a,DC=b\nmail: a@b.co\ndescription: {}\n\n", "d".repeat(2 * HEAD));
    assert_eq!(readings(long.as_bytes(), &[]), None);
    let ansi = ldif("", "Ann", &ldif("", "J", b""));
    let ansi = [&ansi[..], &b"dn: CN=y\nmail: \xe4\n".repeat(HEAD / 20)].concat();
    assert_eq!(readings(&ansi, &[]), None);
}

#[test]
fn ldif_of_changes_is_refused_as_ever() {
    let change = |at: usize| format!("dn: CN={at},DC=b\nchangetype: modify\nreplace: mail\nmail: a\n-\n\n");
    let changes: String = (0..HEAD / 40).map(change).collect();
    let opened = |text: &str, small| {
        let file = file(text.as_bytes());
        let source = open_sized(file.path().to_str().unwrap(), &Options::default(), SIZES, small);
        source.map_err(|error| error.to_string().replace(file.path().to_str().unwrap(), ""))
    };
    let refused = opened(&changes, 0).unwrap_err();
    assert!(refused.contains("what is to be changed in a directory"), "{refused}");
    assert_eq!(refused, opened(&changes, u64::MAX).unwrap_err());
    // One object, wherever it stands, is enough.
    let at = changes.match_indices("dn: ").nth(HEAD / 60).unwrap().0;
    let [with, without] = [LAST, ""].map(|last| [&changes[..at], last, &changes[at..]].concat());
    assert_ne!(readings(with.as_bytes(), &[]), Some(2));
    assert!(opened(&without, 0).is_err());
}

#[test]
fn ldif_that_changes_before_it_was_read_is_refused() {
    let bytes = ldif("", "Ann", LAST.as_bytes());
    let refused = |ask: bool, change: &dyn Fn(&mut std::fs::File)| {
        let mut file = file(&bytes);
        let source = opened(&file, None, 0);
        assert!(source.assumed().is_some());
        if ask {
            source.hash().unwrap();
        }
        change(file.as_file_mut());
        source.blocks().unwrap().map_while(Result::ok).for_each(|block| {
            source.records(&block, AttrSet::ALL, &mut |_| {});
        });
        let refused = source.settled().unwrap_err().to_string();
        assert!(refused.contains("changed while it was being read"), "{refused}");
    };
    for ask in [false, true] {
        refused(ask, &|file| file.set_len(HEAD as u64 / 2).unwrap());
        refused(ask, &|file| {
            use std::io::Seek;
            file.seek(std::io::SeekFrom::End(-30)).unwrap();
            file.write_all(b"\xe4").unwrap();
            let later = file.metadata().unwrap().modified().unwrap() + std::time::Duration::from_secs(5);
            file.set_modified(later).unwrap();
        });
    }
}

#[test]
fn a_reading_of_ldif_that_has_to_be_done_again_reads_no_more() {
    let last = ldif("", "Ann", b"");
    let bytes = ldif("", "Ann", &[b"dn: CN=z\nsn: only here\n\n", &last[..]].concat());
    let file = file(&bytes);
    let source = opened(&file, None, 0);
    let first = read_once(&source).0.len();
    assert!((RECORDS..RECORDS + RECORDS / 2).contains(&first), "{first}");
    assert!(!source.settled().unwrap());
    assert_eq!(read_once(&source).0.len(), 2 * RECORDS + 1);
}

#[test]
fn less_than_a_whole_reading_of_ldif_says_nothing() {
    let bytes = ldif("", "Ann", LAST.as_bytes());
    let file = file(&bytes);
    let source = opened(&file, None, 0);
    let blocks: Vec<Block> = source.blocks().unwrap().map(Result::unwrap).collect();
    for block in &blocks[1..] {
        source.records(block, AttrSet::ALL, &mut |_| {});
    }
    assert!(!source.settled().unwrap());
    assert_eq!(told(&source), told(&opened(&file, None, u64::MAX)));
}

#[test]
fn the_hash_can_be_had_before_a_reading() {
    for rows in [ROWS.as_bytes(), b"x@b.co,J\xe4ger,\r\n"] {
        let bytes = [&start("Ann"), rows].concat();
        let file = file(&bytes);
        let source = opened(&file, None, 0);
        assert_eq!(source.hash().unwrap(), blake3::hash(&bytes));
        assert_eq!(told(&source), told(&opened(&file, None, u64::MAX)));
    }
}

#[test]
fn a_file_that_changes_before_it_was_read_is_refused() {
    let bytes = [&start("Ann"), ROWS.as_bytes()].concat();
    let changes: [fn(&mut std::fs::File); 2] = [
        |file| file.set_len(HEAD as u64 + 5).unwrap(),
        |file| {
            use std::io::Seek;
            file.seek(std::io::SeekFrom::End(-30)).unwrap();
            file.write_all(b"\xe4").unwrap();
            let later = file.metadata().unwrap().modified().unwrap() + std::time::Duration::from_secs(5);
            file.set_modified(later).unwrap();
        },
    ];
    for change in changes {
        let mut file = file(&bytes);
        let source = opened(&file, None, 0);
        change(file.as_file_mut());
        read_once(&source);
        assert!(source.settled().unwrap_err().to_string().contains("changed while it was being read"));
    }
    // What is only appended is not read; whoever reads it twice asks whether it changed.
    let mut file = file(&bytes);
    let source = opened(&file, None, 0);
    file.write_all(b"\xe4").unwrap();
    read(&source);
    assert!(source.changed() && source.hash().unwrap() == blake3::hash(&bytes));
}

#[test]
fn what_stands_before_the_first_record_is_seen_too() {
    // The letter at the end of what is looked at lets more of the start be read, and `\xe4` is in that.
    let remark = ["# ", &"c".repeat(HEAD - 3), "é", &"c".repeat(50_000)].concat();
    let rows = b"J\xe4ger\r\nmail,displayName,description\r\nu1@b.co,Ann,x\r\n";
    let file = file(&[remark.as_bytes(), rows].concat());
    let (spec, options) = (file.path().to_str().unwrap(), Options::default());
    let opened = |small| open_sized(spec, &options, (SIZES.0, 4 * HEAD), small).unwrap();
    assert!(opened(0).assumed().is_some());
    assert_eq!(told(&opened(0)), told(&opened(u64::MAX)));
}
