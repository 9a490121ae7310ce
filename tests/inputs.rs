//! Whole runs on every form in which a source comes: packed, piped, in several files; and every kind of damage told.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its files has failed")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use common::{Row, program, root, table};
use dirsync_audit::model::problem::{Problem, Weight};

fn trap(name: &str) -> Vec<u8> {
    fs::read(root().join("samples/traps").join(name)).unwrap()
}

/// Audits sources in a folder, with this on standard input.
fn audited(folder: &Path, sources: &[&str], input: &[u8]) -> Output {
    let mut program = program(folder);
    program.arg("audit").args(sources).args(["--scenario", "lync-hybrid", "--format", "csv", "--out", "r"]);
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    // A source that is refused leaves the pipe before it is read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What is said about each user, in any order; servers spell DNs in their own way.
fn verdicts(folder: &Path) -> BTreeSet<[String; 3]> {
    let of = |row: Row| ["user_principal_name", "status", "codes"].map(|column| row[column].clone());
    table(&folder.join("r/users.csv")).into_iter().map(of).collect()
}

fn plain() -> BTreeSet<[String; 3]> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plain.csv"), trap("plain.csv")).unwrap();
    assert_eq!(audited(folder.path(), &["plain.csv"], b"").status.code(), Some(1));
    verdicts(folder.path())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn packed_and_piped_sources_are_read_like_files() {
    let plain = plain();
    for name in ["plain.csv", "openldap-ldapsearch.ldif", "excel-unicode-tab.csv", "ldifde-u.ldf", "long.csv"]
    {
        let bytes = trap(name);
        let half = bytes.len() / 2;
        let members = [gzip(&bytes[..half]), gzip(&bytes[half..])].concat();
        let frames = [zstd(&bytes[..half]), zstd(&bytes[half..])].concat();
        for (form, packed) in [
            ("plain", bytes.clone()),
            ("gzip", gzip(&bytes)),
            ("members", members),
            ("zstd", zstd(&bytes)),
            ("frames", frames),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            // The name says nothing of the form.
            fs::write(folder.join("export.txt"), &packed).unwrap();
            for source in ["export.txt", "-"] {
                let output = audited(folder, &[source], if source == "-" { &packed } else { b"" });
                let told = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(1), "{name} {form} {source}: {told}");
                assert_eq!(verdicts(folder), plain, "{name} {form} {source}");
            }
        }
    }
}

#[test]
fn an_archive_that_was_cut_is_no_source() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (packed, kind) in [(gzip(&trap("plain.csv")), "gzip"), (zstd(&trap("plain.csv")), "zstd")] {
        for left in [packed.len() - 1, packed.len() / 2] {
            fs::write(folder.join("cut"), &packed[..left]).unwrap();
            let output = audited(folder, &["cut"], b"");
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{told}");
            let what = format!("the {kind} file ends too early: of its first {left} bytes");
            assert!(told.contains(&what) && told.contains("remedy: copy or export it again"), "{told}");
            assert!(!folder.join("r/summary.json").exists());
        }
    }
}

#[test]
fn sources_of_different_flavours_are_one_directory() {
    let plain = plain();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Each file has one user more; who stands in several is counted once.
    let ldif = String::from_utf8(trap("openldap-ldapsearch-LLL.ldif")).unwrap();
    let first = ldif.split("\n\n").next().unwrap().replace("\\2C", "\\,").replace("ou=Staff", "OU=Staff");
    fs::write(folder.join("a.ldif.gz"), gzip(format!("{first}\n").as_bytes())).unwrap();
    let text = String::from_utf8(trap("plain.csv")).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    let rows = |places: &[usize]| places.iter().flat_map(|&at| [lines[at], "\r\n"]).collect::<String>();
    let wide: Vec<u8> = rows(&[0, 2]).encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.join("b.csv"), [&[0xff, 0xfe][..], &wide].concat()).unwrap();
    fs::write(folder.join("c.csv"), rows(&[0, 2, 3])).unwrap();
    let output = audited(folder, &["a.ldif.gz", "b.csv", "c.csv", "-"], rows(&[0, 4]).as_bytes());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(verdicts(folder), plain);
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("r/summary.json")).unwrap()).unwrap();
    let of = |field: &str| {
        summary["sources"].as_array().unwrap().iter().map(|source| source[field].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        of("flavour"),
        ["LDIF", "PowerShell Export-Csv", "PowerShell Export-Csv", "PowerShell Export-Csv"]
    );
    assert_eq!(of("encoding"), ["UTF-8", "UTF-16LE", "UTF-8", "UTF-8"]);
    assert_eq!(
        (of("objects"), of("repeats")),
        (vec![1.into(), 1.into(), 1.into(), 1.into()], vec![0.into(), 0.into(), 1.into(), 0.into()])
    );
}

/// A source for each kind of damage: its name, and its text where it is no sample.
const DAMAGED: &[(Problem, &str, &str)] = &[
    (Problem::TypeName, "type-names.csv", ""),
    (Problem::FormatCut, "braces.csv", ""),
    (Problem::RangeCut, "ranges.ldif", ""),
    (Problem::SearchCut, "openldap-limit.ldif", ""),
    (Problem::LineCut, "ldif-cut.ldif", ""),
    (Problem::EndCut, "a.csv", "mail,displayName,proxyAddresses\nc@b.co,C,\na@b.co,A,SMTP:a@b.c"),
    (
        Problem::FetchCut,
        "fetch-cut.ldif",
        "version: 1\n# dirsync-audit fetch: 1\n\ndn: CN=a,DC=b\nmail: a@b.co\n",
    ),
    (
        Problem::FetchIncomplete,
        "fetch-incomplete.ldif",
        "version: 1\n# dirsync-audit fetch: 1\n\ndn: CN=a,DC=b\nmail: a@b.co\n\n# dirsync-audit end: incomplete 1\n",
    ),
    (Problem::UrlValue, "openldap-files.ldif", ""),
    (Problem::NamesOnly, "openldap-names.ldif", ""),
    (Problem::StrayLine, "a.ldif", "dn: CN=a\nmail: a@b.co\nstray\n"),
    (Problem::NoDn, "a.ldif", "dn: CN=a\nmail: a@b.co\n\nmail: c@b.co\n"),
    (Problem::ChangeRecord, "deleted.ldf", ""),
    (Problem::DeletedObject, "deleted.csv", ""),
    (Problem::NotBase64, "ldif-by-hand.ldif", ""),
    (Problem::NotText, "a.ldif", "dn: CN=a\nmail:: 4A==\n"),
    (Problem::TwoValues, "a.ldif", "dn: CN=a\nmail: a@b.co\nmail: c@b.co\n"),
    (Problem::ShortRow, "a.csv", "mail,displayName,sn\na@b.co,A\n"),
    (Problem::LongRow, "a.csv", "mail,displayName\na@b.co,A,B\nc@b.co,C\n"),
    (Problem::OpenQuote, "open-quote.csv", ""),
    (Problem::HugeRecord, "huge.csv", ""),
    (Problem::NoIdentity, "a.csv", "mail,displayName\n,A\nc@b.co,C\n"),
    (Problem::HashCell, "spreadsheet.csv", ""),
    (Problem::CellCut, "spreadsheet.csv", ""),
    (Problem::TwoEncodings, "two-encodings.csv", ""),
    (Problem::Nuls, "nuls.csv", ""),
    (Problem::BadNumber, "spreadsheet.csv", ""),
    (Problem::BadIdentity, "a.csv", "mail,objectGUID\na@b.co,12\n"),
    (Problem::NotUtf8, "excel-sep.csv", ""),
    (Problem::OemLetters, "oem-850.csv", ""),
    (Problem::LostLetters, "a.csv", "mail,displayName\na@b.co,M?ller\n"),
    (Problem::Mojibake, "mojibake.csv", ""),
    (Problem::TypesLost, "no-types.csv", ""),
    (Problem::SecondHeading, "two-files-bom.csv", ""),
    (Problem::OtherHeading, "two-files-other.csv", ""),
    (Problem::Placeholder, "spreadsheet.csv", ""),
    (Problem::TwoColumns, "two-aliases.csv", ""),
    (Problem::UnquotedDn, "unquoted-dn.csv", ""),
];

/// Words without their line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_kind_of_damage_is_counted_and_told_with_its_remedy() {
    // One needs a sheet of a million rows, one a rule that fails: both are tested where they are found.
    let elsewhere = [Problem::RowLimit, Problem::RuleFailed];
    for problem in Problem::ALL.iter().filter(|problem| !elsewhere.contains(problem)) {
        let code = problem.code();
        let (_, name, text) = DAMAGED.iter().find(|(known, ..)| known == problem).expect(code);
        let bytes = match *name {
            "huge.csv" => {
                format!("mail,displayName\n\"a@b.co\",\"{}\"\nc@b.co,C\n", "x".repeat(17 << 20)).into()
            }
            sample if text.is_empty() => trap(sample),
            _ => text.as_bytes().to_vec(),
        };
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join(name), bytes).unwrap();
        let output = audited(folder, &[name], b"");
        let (told, printed) =
            (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        let summary: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("r/summary.json")).expect(&told)).unwrap();
        let source = &summary["sources"][0];
        let kinds = source["problems"].as_array().unwrap();
        let kind = kinds.iter().find(|kind| kind["kind"] == code || kind["code"] == code).expect(code);
        assert!(kind["count"].as_u64().unwrap() > 0, "{kind}");
        assert!(!kind["lines"].as_array().unwrap().is_empty(), "{kind}");
        let missing = kinds.iter().any(|kind| {
            let of = |known: &&Problem| kind["kind"] == known.code() || kind["code"] == known.code();
            Problem::ALL.iter().find(of).unwrap().weight() != Weight::Notice
        });
        assert_eq!(source["incomplete"], missing, "{code}");
        assert_eq!(output.status.code() == Some(3), missing, "{code}: {told}");
        let printed = words(&printed);
        for part in [problem.what(), problem.remedy()] {
            assert!(printed.contains(&words(part)), "{code}: `{part}` is missing in {printed}");
        }
    }
}
