//! The splitter of cells: values are parts of the cell, in order, without overlap.
#![no_main]

use dirsync_audit::source::split_addresses;

libfuzzer_sys::fuzz_target!(|input: (&str, bool)| {
    let (cell, escaped) = input;
    let mut end = cell.as_ptr().addr();
    split_addresses(cell, escaped, |value| {
        let start = value.as_ptr().addr();
        assert!(start >= end && !value.is_empty(), "{cell:?} {value:?}");
        end = start + value.len();
        // A value that was split off is not split again; one without type only would be where all are without.
        if value.len() < cell.len() && !escaped && value.contains(':') {
            let mut parts = 0;
            split_addresses(value.trim_matches([' ', '\t']), escaped, |_| parts += 1);
            assert!(parts <= 1, "{cell:?} {value:?}");
        }
    });
    assert!(end <= cell.as_ptr().addr() + cell.len());
});
