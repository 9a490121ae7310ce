//! Sources as a whole.
