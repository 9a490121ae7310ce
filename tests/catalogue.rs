//! `RULES.md` says what the catalogue says.

use std::path::Path;
use std::{env, fs};

/// `BLESS=1 cargo test --test catalogue` writes the page anew.
#[test]
fn the_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RULES.md");
    let page = dirsync_audit::cli::catalogue_page();
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &page).expect("RULES.md can be written");
    }
    let written = fs::read_to_string(&path).expect("RULES.md is there");
    let written = written.replace("\r\n", "\n");
    let line = written.lines().zip(page.lines()).position(|(old, new)| old != new);
    let line = line.map_or_else(|| "the end".to_owned(), |line| format!("line {}", line + 1));
    assert!(written == page, "RULES.md is out of date from {line} on: BLESS=1 cargo test --test catalogue");
}
