//! Any bytes as LDIF.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::audit(&[b"version: 1\n", bytes].concat()));
