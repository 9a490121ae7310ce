//! `report.html` of the sample, octet by octet but for times, style and script.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// A time as the page shows it, with a `0` for every digit.
const TIME: &str = "0000-00-00 00:00:00 UTC";

/// The page with every time made the same, and without the inside of an element.
fn normal(page: &str, version: &str) -> String {
    let page = without(&without(page, "style"), "script").replace(version, "VERSION");
    let mut normal = String::new();
    let mut rest = page.as_str();
    while let Some(c) = rest.chars().next() {
        let shape = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
        if rest.get(..TIME.len()).is_some_and(|text| shape(text) == TIME) {
            normal.push_str("TIME");
            rest = &rest[TIME.len()..];
        } else {
            normal.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    normal
}

/// The page without what stands between the tags of an element, and without the hash of it.
fn without(page: &str, element: &str) -> String {
    let (open, close, policy) =
        (format!("<{element}>"), format!("</{element}>"), format!("{element}-src 'sha256-"));
    let (head, tail) = page.split_once(&open).expect("the element opens");
    let (_, tail) = tail.split_once(&close).expect("the element closes");
    let (before, after) = head.split_once(&policy).expect("the policy has the hash");
    let (_, after) = after.split_once('\'').expect("the hash ends");
    format!("{before}{policy}'{after}{open}{close}{tail}")
}

/// `BLESS=1 cargo test --test page` writes the page anew; read the difference before you keep it.
#[test]
fn the_page_of_the_sample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let home = tempfile::tempdir().expect("a folder for the test");
    let output = Command::new(env!("CARGO_BIN_EXE_dirsync-audit"))
        .args(["audit", "samples/contoso.csv", "--scenario", "lync-hybrid", "--out"])
        .arg(home.path())
        .current_dir(root)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("HOME", "/nonexistent")
        .env("APPDATA", "/nonexistent")
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(home.path().join("report.html")).expect("the page is there");
    let page = normal(&page, env!("CARGO_PKG_VERSION"));
    let golden = root.join("tests/golden/report.html");
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&golden, &page).expect("the golden page can be written");
    }
    let expected = fs::read_to_string(&golden).expect("the golden page is there").replace("\r\n", "\n");
    let differs = page.lines().zip(expected.lines()).enumerate().find(|(_, (new, old))| new != old);
    let told = differs.map(|(line, (new, old))| format!("line {}:\n  was {old}\n  is  {new}", line + 1));
    assert!(
        page == expected,
        "the page is another one; BLESS=1 cargo test --test page; {}",
        told.unwrap_or_default()
    );
}
