//! Step 1: the DNS records of a SIP domain.

use super::super::Rule;

pub(in crate::rules) static RULES: &[Rule] = &[];
