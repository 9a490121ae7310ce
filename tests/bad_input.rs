//! Bad input of every kind: the exit status, a message with place and remedy, and the old report as it was.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its files has failed")]

mod common;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::program;

/// A folder with a sound `ok.csv` and the report of it in `r`.
fn prepared() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let user = "mail,displayName,userPrincipalName\r\na@contoso.com,A,a@contoso.com\r\n";
    fs::write(folder.path().join("ok.csv"), user).unwrap();
    assert_eq!(run(folder.path(), &["ok.csv"]).status.code(), Some(0));
    folder
}

/// The command of an audit into `r`.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut program = program(folder);
    program.arg("audit").args(arguments);
    if !arguments.contains(&"--scenario") {
        program.args(["--scenario", "teams"]);
    }
    if !arguments.contains(&"--out") {
        program.args(["--out", "r"]);
    }
    program
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Every file of a report with its bytes.
fn report(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder.join("r")).unwrap().map(Result::unwrap);
    let of = |entry: fs::DirEntry| {
        (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())
    };
    let mut files: Vec<_> = entries.map(of).collect();
    files.sort();
    files
}

/// What is said on standard error, which never is the text of a panic and ends with the exit status.
fn told(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("panicked") && !told.contains("internal error"), "{told}");
    let status = format!("exit status {}: ", output.status.code().unwrap());
    assert!(told.lines().last().is_some_and(|line| line.starts_with(&status)), "{told}");
    told
}

/// The run is refused with these words, and the old report is as it was.
fn refused(folder: &Path, arguments: &[&str], words: &[&str]) {
    let before = report(folder);
    let output = run(folder, arguments);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    for word in words {
        assert!(told.contains(word), "{arguments:?}: `{word}` is missing in\n{told}");
    }
    assert!(report(folder) == before, "{arguments:?} changed the report");
}

#[test]
fn sources_that_are_no_tables_of_users() {
    let folder = prepared();
    let folder = folder.path();
    fs::create_dir(folder.join("folder")).unwrap();
    // Bytes of every kind, from a simple generator.
    let mut seed = 1_u32;
    let random: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    })
    .take(5000)
    .collect();
    let files: &[(&str, &[u8])] = &[
        ("empty.csv", b""),
        ("blank.csv", b"\r\n\r\n"),
        ("cols.csv", b"color,shape\r\nred,round\r\n"),
        ("noid.csv", b"mailNickname,proxyAddresses\r\nx,SMTP:x@contoso.com\r\n"),
        ("random.csv", &random),
        ("pic.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10"),
        ("book.xlsx", b"PK\x03\x04\x14\0\x06\0\x08\0"),
        ("json.csv", b"[{\"mail\": \"a@contoso.com\"}]"),
        ("format.csv", b"ClassId2e4f51ef21dd47e99d3c952918aff9cd,pageHeaderEntry\r\n"),
        ("length.csv", b"\"Length\"\r\n\"55\"\r\n"),
        ("differ.csv", b"mail,mail,displayName\r\na@contoso.com,b@contoso.com,A\r\n"),
    ];
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let cases: &[(&str, &[&str])] = &[
        ("missing.csv", &["cannot open `missing.csv`", "remedy: check the path"]),
        ("folder", &["this is a folder", "remedy: name the files in it"]),
        ("empty.csv", &["empty.csv: the file is empty", "remedy: "]),
        ("blank.csv", &["blank.csv: the file is empty", "remedy: "]),
        ("cols.csv", &["cols.csv:1: no column says who a row is", "`color`, `shape`", "--map"]),
        ("noid.csv", &["noid.csv:1: no column says who a row is", "userPrincipalName"]),
        ("random.csv", &["random.csv: this is no text file", "remedy: "]),
        ("pic.csv", &["pic.csv: this is a picture", "remedy: "]),
        ("book.xlsx", &["Excel workbook", "remedy: unpack it, or save the sheet as CSV"]),
        ("json.csv", &["this is JSON", "remedy: "]),
        ("format.csv", &["format.csv:1: ", "remedy: "]),
        ("length.csv", &["length.csv:1: ", "remedy: "]),
        ("differ.csv", &["differ.csv:1: the heading `mail` stands twice", "remedy: remove or rename"]),
    ];
    for (source, words) in cases {
        refused(folder, &[source], words);
        refused(folder, &["ok.csv", source], words);
    }
}

#[test]
fn options_that_mean_nothing() {
    let folder = prepared();
    let folder = folder.path();
    fs::write(folder.join("file"), "x").unwrap();
    fs::write(folder.join("broken.toml"), "scenario = \"teams\nout = 3\n").unwrap();
    fs::write(folder.join("typo.toml"), "\nscenaro = \"teams\"\n").unwrap();
    fs::write(folder.join("nobody.txt"), "\n\n").unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["ok.csv", "--scenario", "teems"], &["'teems'", "lync-onprem", "'teams'"]),
        (&["ok.csv", "--select", "SIP0O1"], &["unknown rule `SIP0O1`", "did you mean `SIP001`?"]),
        (&["ok.csv", "--ignore", "no-sip-prxy"], &["did you mean `no-sip-proxy`?"]),
        (&["ok.csv", "--severity", "SIPP01=error"], &["SIPP01", "did you mean `SIP"]),
        (&["ok.csv", "--format", "cvs"], &["'cvs'", "csv"]),
        (&["ok.csv", "--fromat", "csv"], &["'--fromat'", "'--format'"]),
        (&["ok.csv", "--encoding", "utf-9"], &["utf-9", "utf-8"]),
        (&["ok.csv", "--memory", "16M"], &["--memory: `16M` is too little; the least is 32M"]),
        (&["ok.csv", "--memory", "lots"], &["--memory: `lots` is no size; write it like 256M"]),
        (&["ok.csv", "--map", "x=mial"], &["mial", "mail"]),
        (&["ok.csv", "--out", "file"], &["`file`: this is a file", "remedy: name a folder"]),
        (&["ok.csv", "--config", "broken.toml"], &["broken.toml:1: this is no TOML", "dirsync-audit config"]),
        (&["ok.csv", "--config", "typo.toml"], &["typo.toml:2: unknown key", "`scenario`"]),
        (&["ok.csv", "--config", "none.toml"], &["none.toml", "remedy: check the path"]),
        (&["ok.csv", "--only", "none.txt"], &["none.txt", "remedy: check the path"]),
        (&["ok.csv", "--only", "nobody.txt"], &["nobody.txt", "names nobody", "remedy: "]),
    ];
    for (arguments, words) in cases {
        refused(folder, arguments, words);
    }
}

#[test]
fn damage_costs_the_record_and_is_told_with_its_line() {
    let folder = prepared();
    let folder = folder.path();
    let heading = "mail,displayName,userPrincipalName\r\na@contoso.com,A,a@contoso.com\r\n";
    let more = "c@contoso.com,C,c@contoso.com\r\nd@contoso.com,D,d@contoso.com\r\n";
    let cases: &[(&str, &str, &[&str], usize)] = &[
        ("quote.csv", "b@contoso.com,\"B open,b@contoso.com\r\n", &["never ends (line 3)", "remedy: "], 3),
        ("short.csv", "b@contoso.com\r\n", &["fewer cells than the heading (line 3)", "remedy: "], 4),
        (
            "long.csv",
            "b@contoso.com,B,b@contoso.com,x,y\r\n",
            &["more cells than", "(line 3)", "remedy: "],
            3,
        ),
        ("nobody.csv", ",B,\r\n", &["nobody can say", "line 3", "remedy: "], 3),
    ];
    for (name, damaged, words, users) in cases {
        fs::write(folder.join(name), format!("{heading}{damaged}{more}")).unwrap();
        let output = run(folder, &[name]);
        assert_eq!(output.status.code(), Some(3), "{name}: {}", told(&output));
        let text = String::from_utf8_lossy(&output.stdout).replace("\n    ", " ");
        for word in *words {
            assert!(text.contains(word), "{name}: `{word}` is missing in\n{text}");
        }
        assert_eq!(common::table(&folder.join("r/users.csv")).len(), *users, "{name}");
    }
}

#[test]
fn what_is_no_damage() {
    let folder = prepared();
    let folder = folder.path();
    fs::write(folder.join("heading.csv"), "mail,proxyAddresses\r\n").unwrap();
    fs::write(folder.join("agree.csv"), "mail,mail\r\na@contoso.com,a@contoso.com\r\n").unwrap();
    let output = run(folder, &["heading.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("There was no user to judge."));
    let output = run(folder, &["agree.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert_eq!(common::table(&folder.join("r/users.csv")).len(), 1);
}

/// A run that waits for its input, so that it is at work for as long as the test wants.
#[cfg(unix)]
#[test]
fn two_runs_on_one_folder() {
    let folder = prepared();
    let folder = folder.path();
    let lock = fs::File::options().append(true).open(folder.join("r/.lock")).unwrap();
    lock.lock().unwrap();
    refused(folder, &["ok.csv"], &["another run is writing its report here", "remedy: wait"]);
    lock.unlock().unwrap();
    assert_eq!(run(folder, &["ok.csv"]).status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    let folder = prepared();
    // Nobody, not even root, makes a folder there.
    refused(folder.path(), &["ok.csv", "--out", "/dev/null/report"], &["/dev/null", "remedy: "]);
}

/// Files cannot grow beyond a few kilobytes, as on a disk that is full: the temporary file is what grows first.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_old_report_whole() {
    let folder = prepared();
    let mut text = String::from("mail,userPrincipalName,mailNickname,proxyAddresses\n");
    for n in 0..60_000 {
        use std::fmt::Write;
        writeln!(text, "a{n}@b.co,b{n}@b.co,n{n},smtp:c{n}@b.co;smtp:d{n}@b.co;sip:e{n}@b.co").unwrap();
    }
    fs::write(folder.path().join("many.csv"), text).unwrap();
    let before = report(folder.path());
    let audit = command(folder.path(), &["many.csv", "--memory", "32M", "--format", "csv,json"]);
    let limited = |blocks: &str| {
        // A process that ignores the signal is told by the write instead.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).stdin(Stdio::null()).env("NO_COLOR", "1");
        shell.args(["-c", &script]).arg(audit.get_program()).args(audit.get_args());
        shell.output().unwrap()
    };
    let output = limited("64");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("`r`: the temporary file of the run cannot be written there: "), "{told}");
    assert!(told.contains("remedy: make room on this disk"), "{told}");
    assert!(report(folder.path()) == before);
    assert_eq!(limited("unlimited").status.code(), Some(1));
}

#[test]
fn closed_pipes() {
    let folder = prepared();
    let folder = folder.path();
    for close_both in [false, true] {
        let mut command = command(folder, &["ok.csv", "-v", "--progress", "always"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = child.stderr.take().unwrap();
        let mut told = String::new();
        if close_both {
            drop(stderr);
        } else {
            stderr.read_to_string(&mut told).unwrap();
            assert!(told.ends_with("exit status 0: done; no finding at or above `error`\n"), "{told}");
        }
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert!(report(folder).iter().any(|(name, _)| name == "summary.json"));
}

/// A cell of 100 MB, once with its quote closed and once not: skipped, in bounded memory.
#[test]
fn a_huge_cell() {
    for end in ["\"", ""] {
        let folder = prepared();
        let folder = folder.path();
        let mut file = std::io::BufWriter::new(fs::File::create(folder.join("huge.csv")).unwrap());
        file.write_all(b"mail,displayName\r\na@contoso.com,\"").unwrap();
        let megabyte = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            file.write_all(&megabyte).unwrap();
        }
        write!(file, "{end}\r\nb@contoso.com,B\r\n").unwrap();
        file.into_inner().unwrap().sync_data().unwrap();
        let (output, peak) = measured(command(folder, &["huge.csv"]), folder);
        assert_eq!(output.status.code(), Some(3), "{}", told(&output));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("skipped: 1 ×") && text.contains("line 2"), "{text}");
        assert_eq!(common::table(&folder.join("r/users.csv")).len(), 1);
        if let Some(peak) = peak {
            assert!(peak < 100 << 20, "peak memory {} MiB", peak >> 20);
        }
    }
}

/// Runs the command; gives the largest resident size in bytes where the system tells.
fn measured(mut command: Command, folder: &Path) -> (Output, Option<u64>) {
    let sink = |name: &str| fs::File::create(folder.join(name)).unwrap();
    let mut child = command.stdout(sink("stdout")).stderr(sink("stderr")).spawn().unwrap();
    let mut peak = None;
    let status = loop {
        // The mark only grows; the last one that is seen is near the end.
        if let Ok(about) = fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let line = about.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak = kilobytes.map(|kilobytes| kilobytes << 10).or(peak);
        }
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    (Output { status, stdout: read("stdout"), stderr: read("stderr") }, peak)
}

/// Interrupted while it waits for standard input, and while it is at work.
#[cfg(unix)]
#[test]
fn interrupted() {
    let folder = prepared();
    let folder = folder.path();
    let before = report(folder);
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let mut waiting = command(folder, &["-"]);
        let mut child =
            waiting.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(300));
        let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert!(report(folder) == before);
    }
    let mut big = String::from("mail,proxyAddresses,msRTCSIP-PrimaryUserAddress\n");
    for n in 0..200_000 {
        use std::fmt::Write;
        writeln!(big, "u{n}@contoso.com,SMTP:u{n}@contoso.com;sip:u{n}@contoso.com,sip:u{n}@contoso.com")
            .unwrap();
    }
    fs::write(folder.join("big.csv"), big).unwrap();
    let mut work = command(folder, &["big.csv", "--threads", "1"]);
    let mut child = work.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // At work as soon as there are unfinished files.
    while report(folder).len() == before.len() {
        assert!(child.try_wait().unwrap().is_none(), "the run was over too soon");
    }
    Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(told(&output), "exit status 130: interrupted; an older report is as it was\n");
    assert!(report(folder) == before);
}
