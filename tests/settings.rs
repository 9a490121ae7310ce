//! The sample of the settings file says what the settings are.

use std::path::Path;
use std::{fs, io::Write};

use dirsync_audit::settings::{KEYS, Shape, Values, load};

/// The sample with the mark before every key and table taken away; a comment has a blank after its mark.
fn uncommented() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/dirsync-audit.toml");
    let sample = fs::read_to_string(path).expect("the sample is there");
    let key = |line: &str| {
        line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).map(str::to_owned)
    };
    sample.lines().map(|line| key(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[test]
fn the_sample_has_every_key_and_shows_the_defaults() {
    let text = uncommented();
    let mut file = tempfile::NamedTempFile::new().expect("a file for the test");
    file.write_all(text.as_bytes()).expect("the file can be written");
    let (settings, _) = load(Values::default(), Some(file.path()), None).expect("the sample is sound");
    let defaults = Values::defaults();
    for key in KEYS {
        let texts = |values: &Values| values.get(key.name).iter().map(|e| e.text.clone()).collect::<Vec<_>>();
        let mark = if key.shape == Shape::Table {
            format!("\n[{}]\n", key.name)
        } else {
            format!("\n{} = ", key.name)
        };
        assert!(text.contains(&mark), "`{}` is missing", key.name);
        // The scenario has no default.
        if key.name != "scenario" {
            assert_eq!(texts(&settings.values), texts(&defaults), "{}", key.name);
        }
    }
}
