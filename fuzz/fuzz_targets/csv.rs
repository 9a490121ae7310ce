//! Any bytes as a file: encodings, archives, tables of every shape.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::audit(bytes));
