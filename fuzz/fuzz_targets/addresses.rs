//! Addresses: what is well-formed stays so when folded, and what rules say about any text.
#![no_main]

use dirsync_audit::model::address::{address_type, domain, is_domain, is_mail, is_routable, is_sip, parts};
use dirsync_audit::model::fold::{fold, hash, same};

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (text, other) = input;
    if is_mail(text) || is_sip(text) {
        assert!(text.is_ascii() && parts(text).is_some() && is_domain(domain(text)), "{text:?}");
        assert!(is_mail(&fold(text)) == is_mail(text) && is_sip(&fold(text)) == is_sip(text), "{text:?}");
    }
    let _ = (address_type(text), is_routable(domain(text)));
    assert!(same(text, text) && same(text, &fold(text)) == (fold(&fold(text)) == fold(text)), "{text:?}");
    assert_eq!(same(text, other), fold(text) == fold(other), "{text:?} {other:?}");
    assert!(!same(text, other) || hash(text) == hash(other), "{text:?} {other:?}");
});
