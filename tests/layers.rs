//! The layers point one way: `main → cli → { audit, settings, source, report, remedy, history } → rules → finding → model → error`.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own source has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module with its height; modules of one height do not know one another.
const HEIGHTS: &[(&str, u8)] = &[
    ("error", 0),
    ("model", 1),
    ("finding", 2),
    ("rules", 3),
    ("audit", 4),
    ("history", 4),
    ("report", 4),
    ("remedy", 4),
    ("settings", 4),
    ("source", 4),
    ("cli", 5),
];

fn height(module: &str) -> Option<u8> {
    HEIGHTS.iter().find(|(name, _)| *name == module).map(|(_, height)| *height)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The top-level modules that a source file names, as `crate::module`, comments left out.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for part in code.split("crate::").skip(1) {
            let names = part.strip_prefix('{').unwrap_or(part);
            for name in names.split(',').take(if part.starts_with('{') { usize::MAX } else { 1 }) {
                let name: String =
                    name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((number + 1, name));
            }
        }
    }
    found
}

fn offences(module: &str, text: &str) -> Vec<String> {
    let own = height(module).unwrap_or_else(|| panic!("`{module}` has no place in the layers"));
    uses(text)
        .into_iter()
        .filter(|(_, used)| used != module)
        .filter(|(_, used)| height(used).is_some_and(|theirs| theirs >= own))
        .map(|(line, used)| format!("line {line}: `{module}` uses `{used}`"))
        .collect()
}

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    for file in files(&src) {
        let inside = file.strip_prefix(&src).unwrap();
        let module =
            inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if module == "main" || module == "lib" {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        all.extend(offences(module, &text).into_iter().map(|what| format!("{}: {what}", inside.display())));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn an_import_that_points_up_or_sideways_is_seen() {
    assert_eq!(offences("model", "use crate::error::Result;").len(), 0);
    assert_eq!(offences("model", "use crate::rules::Rule;").len(), 1);
    assert_eq!(offences("source", "fn f() { crate::audit::run(); }").len(), 1);
    assert_eq!(offences("rules", "use crate::{model::Attr, cli::main};").len(), 1);
    assert_eq!(offences("rules", "/// See [`crate::audit`].").len(), 0);
}

/// A newcomer finds things; no file grows beyond what one reads in one sitting. Tables may be longer.
#[test]
fn files_stay_short() {
    const TABLES: &[&str] = &["src/rules/", "src/model/attribute.rs", "src/model/problem.rs"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in files(&root.join("src")) {
        let name = file.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        let limit = if TABLES.iter().any(|table| name.starts_with(table)) { 800 } else { 400 };
        assert!(lines <= limit, "{name} has {lines} lines");
    }
}
