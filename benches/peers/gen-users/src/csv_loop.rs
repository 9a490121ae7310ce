//! `csv-loop FILE`: reads a CSV file with the csv crate, one reused record, one thread, and prints how many
//! records there are. The floor: what reading alone costs in plain Rust.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: csv-loop FILE")?;
    let mut reader = csv::Reader::from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let mut records = 0u64;
    while reader.read_byte_record(&mut record)? {
        records += 1;
    }
    println!("{records}");
    Ok(())
}
