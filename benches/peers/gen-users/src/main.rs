//! `gen-users N [--seed S] [--defects PERCENT] [--ldif] [--twice] [--lf] [--bom] [--out FILE]`
//!
//! A stand-in for `Get-ADUser -Filter * -Properties … | Select … | Export-Csv -NoTypeInformation`: the first N users
//! of a seed, the same bytes on any number of threads. `--ldif` writes the same users as LDIF, as `ldapsearch` would;
//! `--twice` lists everybody a second time under another DN, so that every address has two holders.

mod people;

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};

use people::{Person, Population};
use rayon::prelude::*;

/// So many users are one piece of work for a thread, and so many pieces are held at a time.
const PIECE: u64 = 8192;
const PIECES: u64 = 16;

const HEADINGS: [&str; 10] = [
    "DistinguishedName",
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "proxyAddresses",
    "msRTCSIP-PrimaryUserAddress",
    "msRTCSIP-UserEnabled",
    "msRTCSIP-DeploymentLocator",
    "userAccountControl",
    "displayName",
];

struct Options {
    users: u64,
    population: Population,
    ldif: bool,
    twice: bool,
    line_end: &'static str,
    bom: bool,
    out: Option<String>,
}

impl Options {
    fn of_command_line() -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            users: 0,
            population: Population { seed: 1, defects: 50 },
            ldif: false,
            twice: false,
            line_end: "\r\n",
            bom: false,
            out: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--seed" => options.population.seed = value()?.parse()?,
                "--defects" => options.population.defects = (value()?.parse::<f64>()? * 10.0) as u64,
                "--out" => options.out = Some(value()?),
                "--ldif" => options.ldif = true,
                "--twice" => options.twice = true,
                "--lf" => options.line_end = "\n",
                "--bom" => options.bom = true,
                number => {
                    options.users =
                        number.replace('_', "").parse().map_err(|_| format!("no option: {number}"))?;
                }
            }
        }
        Ok(options)
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        if self.bom {
            head.extend_from_slice("\u{feff}".as_bytes());
        }
        if self.ldif {
            head.extend_from_slice(format!("version: 1{}", self.line_end).as_bytes());
        } else {
            let row = HEADINGS.map(|name| format!("\"{name}\"")).join(",");
            head.extend_from_slice(row.as_bytes());
            head.extend_from_slice(self.line_end.as_bytes());
        }
        head
    }

    fn piece(&self, numbers: std::ops::Range<u64>) -> Vec<u8> {
        let mut text = Vec::with_capacity((PIECE * 520) as usize);
        for number in numbers {
            let copy = number >= self.users;
            let number = if copy { number - self.users } else { number };
            let person = self.population.person(number, if copy { "Copies" } else { "Users" });
            if self.ldif {
                ldif_record(&mut text, &person, self.line_end);
            } else {
                csv_row(&mut text, &person, self.line_end);
            }
        }
        text
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::of_command_line()?;
    let mut out: Box<dyn Write> = match &options.out {
        Some(path) => Box::new(File::create(path).map_err(|error| format!("cannot create {path}: {error}"))?),
        None => Box::new(io::stdout()),
    };
    out.write_all(&options.head())?;
    let all = if options.twice { 2 * options.users } else { options.users };
    for start in (0..all).step_by((PIECE * PIECES) as usize) {
        let end = all.min(start + PIECE * PIECES);
        let pieces: Vec<Vec<u8>> = (0..(end - start).div_ceil(PIECE))
            .into_par_iter()
            .map(|piece| start + piece * PIECE)
            .map(|from| options.piece(from..end.min(from + PIECE)))
            .collect();
        for piece in &pieces {
            out.write_all(piece)?;
        }
    }
    Ok(())
}

/// A row as `Export-Csv` writes it: everything quoted, nothing at all where there is no value.
fn csv_row(out: &mut Vec<u8>, person: &Person, line_end: &str) {
    let proxies = person.proxies.join(";");
    let cells = [
        Some(person.dn.as_str()),
        Some(&person.sam),
        person.upn.as_deref(),
        person.mail.as_deref(),
        Some(&proxies),
        person.pua.as_deref(),
        person.enabled,
        person.locator,
        Some(person.account_control),
        Some(&person.display),
    ];
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        if let Some(text) = cell {
            out.push(b'"');
            for byte in text.bytes() {
                if byte == b'"' {
                    out.push(b'"');
                }
                out.push(byte);
            }
            out.push(b'"');
        }
    }
    out.extend_from_slice(line_end.as_bytes());
}

/// A record as `ldapsearch` writes it: base64 where RFC 2849 asks for it, lines folded.
fn ldif_record(out: &mut Vec<u8>, person: &Person, line_end: &str) {
    out.extend_from_slice(line_end.as_bytes());
    ldif_line(out, "dn", &person.dn, line_end);
    for proxy in &person.proxies {
        ldif_line(out, "proxyAddresses", proxy, line_end);
    }
    let single = [
        ("sAMAccountName", Some(person.sam.as_str())),
        ("userPrincipalName", person.upn.as_deref()),
        ("mail", person.mail.as_deref()),
        ("msRTCSIP-PrimaryUserAddress", person.pua.as_deref()),
        ("msRTCSIP-UserEnabled", person.enabled.map(|flag| if flag == "True" { "TRUE" } else { "FALSE" })),
        ("msRTCSIP-DeploymentLocator", person.locator),
        ("userAccountControl", Some(person.account_control)),
        ("displayName", Some(person.display.as_str())),
    ];
    for (name, value) in single {
        if let Some(value) = value {
            ldif_line(out, name, value, line_end);
        }
    }
}

fn ldif_line(out: &mut Vec<u8>, name: &str, value: &str, line_end: &str) {
    let safe = value.bytes().all(|byte| byte.is_ascii() && !matches!(byte, 0 | b'\r' | b'\n'))
        && !value.starts_with([' ', ':', '<'])
        && !value.ends_with(' ');
    let line =
        if safe { format!("{name}: {value}") } else { format!("{name}:: {}", base64(value.as_bytes())) };
    let (first, mut rest) = line.as_bytes().split_at(line.len().min(78));
    out.extend_from_slice(first);
    while !rest.is_empty() {
        let (part, left) = rest.split_at(rest.len().min(77));
        out.extend_from_slice(line_end.as_bytes());
        out.push(b' ');
        out.extend_from_slice(part);
        rest = left;
    }
    out.extend_from_slice(line_end.as_bytes());
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0, |bits, (place, &b)| bits | usize::from(b) << (16 - 8 * place));
        for place in 0..4 {
            let letter = LETTERS[bits >> (18 - 6 * place) & 63];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
