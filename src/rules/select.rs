//! What `--select` and `--ignore` mean.
