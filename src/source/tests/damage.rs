//! Damaged rows and cells.

use super::*;
use proptest::prelude::*;

#[test]
fn values_that_the_export_lost() {
    let text = "mail,upn,proxyAddresses,msExchRecipientTypeDetails\n\
                a@b.co,u,System.Object[],1\n\
                b@b.co,u,\"{SMTP:a@b.co, sip:a@b.co...}\",1\n\
                c@b.co,u,SMTP:c@b.co,2.1E+09\n\
                d@b.co,N/A,{},\n";
    let (seen, problems) = read_text(text);
    let lost = |at: usize| (seen[at].carried.has(Attr::ProxyAddresses), seen[at].incomplete);
    assert_eq!([lost(0), lost(1)], [(false, Some("values lost by the export")); 2]);
    assert_eq!(lost(2), (true, Some("a number cannot be read")));
    assert!(!seen[2].carried.has(Attr::RecipientTypeDetails));
    assert_eq!((seen[3].get(Attr::UserPrincipalName), seen[3].incomplete), ("", None));
    let want = [
        (Problem::TypeName, vec![2]),
        (Problem::FormatCut, vec![3]),
        (Problem::BadNumber, vec![4]),
        (Problem::Placeholder, vec![5, 5]),
    ];
    assert_eq!(kinds(&problems), want);
}

#[test]
fn what_spreadsheet_programs_do() {
    let full = format!("SMTP:a@b.co;{}", "x".repeat(32_767 - 12));
    let text = format!(
        "sAMAccountName,mail,proxyAddresses,msRTCSIP-Line,userAccountControl\n\
         a,a@b.co,{full},tel:+1,512\n\
         b,b@b.co,{full}x,1.55501E+10,512\n\
         c,####,SMTP:c@b.co,tel:+1,9223372036854770000\n\
         \"=\"\"001\"\"\",d@b.co,SMTP:d@b.co,'+1,512\n"
    );
    let (seen, problems) = read_text(&text);
    let want = [(Problem::HashCell, vec![4]), (Problem::CellCut, vec![2]), (Problem::BadNumber, vec![3, 4])];
    assert_eq!(kinds(&problems), want);
    let lost = |at: usize, attr| !seen[at].carried.has(attr);
    assert!(lost(0, Attr::ProxyAddresses) && !lost(1, Attr::ProxyAddresses) && lost(1, Attr::Line));
    assert!(lost(2, Attr::Mail) && lost(2, Attr::UserAccountControl));
    assert_eq!((seen[3].get(Attr::SamAccountName), seen[3].get(Attr::Line)), ("001", "+1"));
}

#[test]
fn garbled_letters_are_told() {
    let (_, problems) = read_text("mail,displayName\na@b.co,MÃ¼ller\nb@b.co,Müller Âge\nc@b.co,Oâ€™Neil\n");
    assert_eq!(kinds(&problems), [(Problem::Mojibake, vec![2, 4])]);
}

#[test]
fn rows_of_other_lengths() {
    let text = "DN,mail,upn\n\
                \"CN=A,DC=b\",a@b.co\n\
                \"CN=B,DC=b\",b@b.co,u,,\n\
                CN=C\\, c,OU=x,DC=b,DC=co,c@b.co,u\n\
                x,y,z,w\n\
                ,,\n\
                \n\
                DN,mail,upn\n\
                ,,,,\n\
                ObjCount=3\n";
    let (seen, problems) = read_text(text);
    let names: Vec<_> = seen.iter().map(|seen| (seen.line, seen.get(Attr::DistinguishedName))).collect();
    assert_eq!(names, [(2, "CN=A,DC=b"), (3, "CN=B,DC=b"), (4, "CN=C\\, c,OU=x,DC=b,DC=co")]);
    assert_eq!(seen[0].incomplete, Some("cells missing at the end of the row"));
    assert!(!seen[0].carried.has(Attr::UserPrincipalName));
    let want = [
        (Problem::ShortRow, vec![2]),
        (Problem::LongRow, vec![5]),
        (Problem::SecondHeading, vec![8]),
        (Problem::UnquotedDn, vec![4]),
    ];
    assert_eq!(kinds(&problems), want);
}

/// A file that is cut says of nobody what the whole one does not say, and the cut is told, where it can be seen: behind a
/// line end it cannot.
fn no_cut_says_more(text: &str, told: impl Fn(&Problems) -> bool) {
    let (whole, _) = read_text(text);
    let start = text.find('\n').unwrap() + 1;
    for cut in (start..text.len()).filter(|&cut| text.is_char_boundary(cut)) {
        let part = &text[..cut];
        if part.ends_with(['\n', '\r']) {
            continue;
        }
        let Ok(source) = open_bytes(part.as_bytes()) else { continue };
        let (seen, mut problems) = read(&source);
        problems.merge(&source.about().problems);
        for (one, all) in seen.iter().zip(&whole) {
            for (name, value) in one.values.iter().filter(|(name, _)| **name != "distinguishedName") {
                assert_eq!(all.values.get(name), Some(value), "{name} of {part:?}");
            }
            let proxies = |seen: &Seen| (seen.carried.has(Attr::ProxyAddresses), seen.proxies.clone());
            assert!(!proxies(one).0 || proxies(one) == proxies(all), "{part:?}");
        }
        assert!(told(&problems), "{part:?} {problems:?}");
    }
}

#[test]
fn a_table_that_is_cut_loses_its_last_cell() {
    for quote in ["", "\""] {
        let row = |name: &str| {
            let cells = [
                format!("CN={name};DC=contoso"),
                name.to_owned(),
                format!("{name}@contoso.com"),
                format!("SMTP:{name}@contoso.com"),
                format!("{name}@contoso.com"),
            ];
            cells.map(|cell| format!("{quote}{cell}{quote}")).join(",") + "\r\n"
        };
        let heading = "dn,sAMAccountName,userPrincipalName,proxyAddresses,mail\r\n";
        let text = format!("{heading}{}{}", row("ann"), row("bob"));
        // A quoted cell that is whole may be the last one.
        no_cut_says_more(&text, |problems| {
            let told = [Problem::EndCut, Problem::ShortRow, Problem::OpenQuote];
            !quote.is_empty() && problems.is_empty() || told.iter().any(|&problem| problems.has(problem))
        });
    }
    let (seen, problems) = read_text("dn,mail,proxyAddresses\n\"CN=A,DC=b\",a@b.co,SMTP:a@b.c");
    assert_eq!(kinds(&problems), [(Problem::EndCut, vec![2])]);
    assert_eq!(seen[0].incomplete, Some("the file ends inside the row"));
    assert!(!seen[0].carried.has(Attr::ProxyAddresses) && seen[0].get(Attr::Mail) == "a@b.co");
    // Nobody is left.
    let (seen, problems) = read_text("mail\na@b.co\nb@b.c");
    assert_eq!(
        (seen.len(), kinds(&problems)),
        (1, vec![(Problem::EndCut, vec![3]), (Problem::NoIdentity, vec![3])])
    );
    // Its last cell is whole.
    for whole in
        ["mail,displayName\na@b.co,\"A\"", "mail,displayName\na@b.co,A\n", "mail,displayName\na@b.co,A\n "]
    {
        assert_eq!(kinds(&read_text(whole).1), [], "{whole:?}");
    }
}

#[test]
fn a_table_with_backslashes_that_is_cut_loses_its_last_cell() {
    let text = include_str!("../../../samples/traps/jxplorer.csv");
    let (whole, problems) = read_text(text);
    assert_eq!((whole.len(), kinds(&problems)), (4, vec![]));
    let (seen, problems) = read_text(&text.trim_end()[..text.trim_end().len() - 1]);
    assert_eq!(kinds(&problems), [(Problem::EndCut, vec![5]), (Problem::ShortRow, vec![5])]);
    assert!(seen[3].incomplete.is_some() && !seen[3].carried.has(Attr::PrimaryUserAddress));
    assert_eq!(seen[3].get(Attr::Mail), "eva@contoso.com");
}

#[test]
fn ldif_that_is_cut_loses_its_last_line_and_what_follows() {
    let record = |name: &str| {
        format!(
            "dn: CN={name},DC=contoso\nobjectClass: top\nobjectClass: user\nmail: {name}@contoso.com\n\
             proxyAddresses: SMTP:{name}@contoso.com\nproxyAddresses: sip:{name}@contoso.com\n\
             displayName: {name}\n folded\nsAMAccountName: {name}\n\n"
        )
    };
    let text = record("ann") + &record("bob");
    no_cut_says_more(&text, |problems| problems.has(Problem::LineCut));
    let (seen, _) = read_text(&text[..text.len() - 5]);
    assert_eq!(seen[1].incomplete, Some("the file ends inside the record"));
    assert_eq!((seen[1].proxies.len(), seen[1].carried.has(Attr::SamAccountName)), (2, false));
}

#[test]
fn nobody() {
    let (seen, problems) = read_text("mail,displayName\n,Somebody\na@b.co,A\n");
    assert_eq!((seen.len(), kinds(&problems)), (1, vec![(Problem::NoIdentity, vec![2])]));
}

#[test]
fn an_open_quote_costs_the_records_up_to_the_next_good_line() {
    let text = "mail,displayName\na@b.co,\"A\nb@b.co,B\nc@b.co,\"C\nC\"\nd@b.co,D\n";
    let (seen, problems) = read_text(text);
    let mails: Vec<_> = seen.iter().map(|seen| (seen.line, seen.get(Attr::Mail))).collect();
    assert_eq!(mails, [(3, "b@b.co"), (4, "c@b.co"), (6, "d@b.co")]);
    assert_eq!(kinds(&problems), [(Problem::OpenQuote, vec![2])]);
    let (seen, problems) = read_text("mail,displayName\na@b.co,A\nb@b.co,\"B\nx\n");
    assert_eq!((seen.len(), kinds(&problems)), (1, vec![(Problem::OpenQuote, vec![3])]));
    let (seen, _) = read_text("mail,displayName\nb@b.co,\"open\nc@b.co,C\nd@b.co,D\n");
    assert_eq!(seen.iter().map(|seen| seen.line).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn nothing_is_read_behind_another_heading() {
    // The quote that is not closed shows only when the rows are read, and so does the heading behind it.
    for open in ["", "x@b.co,\"X\n"] {
        let text = format!(
            "mail,displayName,sn\na@b.co,A,a\n{open}b@b.co,B,b\nsn,mail,displayName\nc,c@b.co,C\nd,d@b.co,D\n"
        );
        for target in [8, 32, 1 << 20] {
            let (seen, problems) = read_cut(text.as_bytes(), target, 1 << 20);
            let names: Vec<_> = seen.iter().map(|seen| seen.get(Attr::Mail)).collect();
            let line = 4 + text.lines().count() as u64 - 6;
            let mut want = vec![(Problem::OtherHeading, vec![line, line + 1, line + 2])];
            if !open.is_empty() {
                want.insert(0, (Problem::OpenQuote, vec![3]));
            }
            assert_eq!((names, kinds(&problems)), (vec!["a@b.co", "b@b.co"], want), "{text} {target}");
        }
    }
}

#[test]
fn a_huge_cell_costs_its_record() {
    let mut text = "mail,displayName\na@b.co,\"".to_owned();
    text.push_str(&"x".repeat(4 << 20));
    text.push_str("\"\nb@b.co,B\n");
    let (seen, problems) = read_cut(text.as_bytes(), 1 << 16, 1 << 20);
    assert_eq!(seen.iter().map(|seen| seen.line).collect::<Vec<_>>(), [3]);
    assert_eq!(kinds(&problems), [(Problem::HugeRecord, vec![2])]);
}

#[test]
fn guards_of_reports_are_taken_off() {
    let (seen, _) = read_text("mail,msRTCSIP-Line,displayName\n'@b.co,'+15550100,'n'\n");
    assert_eq!((seen[0].get(Attr::Mail), seen[0].get(Attr::Line)), ("@b.co", "+15550100"));
    assert_eq!(seen[0].get(Attr::DisplayName), "'n'");
}

/// Reads with blocks of a size and records of at most `limit` bytes.
fn read_cut(bytes: &[u8], target: usize, limit: usize) -> (Vec<Seen>, Problems) {
    let file = file(bytes);
    let source =
        open_sized(file.path().to_str().unwrap(), &Options::default(), (target, limit), u64::MAX).unwrap();
    read(&source)
}

proptest! {
    #[test]
    fn the_size_of_blocks_does_not_matter(
        body in r#"(a@b\.co|,|,|"|""|\n|\r\n|\r|"x\ny"|"é|x|","|,\n"){0,60}"#,
        limit in prop::sample::select(vec![1usize, 5, 12, 40, 1 << 20]),
    ) {
        let text = format!("mail,displayName,upn\n{body}");
        let whole = read_cut(text.as_bytes(), 1 << 20, limit);
        for target in [1, 7, 64, 4096] {
            prop_assert_eq!(&read_cut(text.as_bytes(), target, limit), &whole);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = b"mail,proxyAddresses,objectGUID\n".to_vec();
        file.extend(bytes);
        if let Ok(source) = open_bytes(&file) {
            read(&source);
        }
    }
}

#[test]
fn pieces_do_not_matter_either() {
    // Longer than a piece of the reader, with borders inside quotes, line ends and characters.
    for shift in 0..4 {
        let mut text = format!("mail,displayName,upn\r\n{}", "y".repeat(shift));
        for at in 0..15_000 {
            match at % 5000 {
                17 => text.push_str("q@b.co,\"open,u\r\n"),
                18 => text.push_str("b@b.co,x,u\r\n"),
                _ => text.push_str("a@b.co,\"ä \"\"x\"\"\r\n€\",u\r\n"),
            }
        }
        let whole = read_cut(text.as_bytes(), 64 << 20, 1 << 20);
        assert_eq!(whole.1.count(crate::model::problem::Weight::Skipped), 3);
        assert_eq!(read_cut(text.as_bytes(), 50_000, 1 << 20), whole);
    }
}

#[test]
fn an_open_quote_before_a_record_of_several_lines() {
    let text = "mail,displayName\na@b.co,\"A\nc@b.co,\"C\nC\"\nd@b.co,D\n";
    let (seen, problems) = read_text(text);
    let names: Vec<_> = seen.iter().map(|seen| (seen.line, seen.get(Attr::DisplayName))).collect();
    assert_eq!(names, [(3, "C\nC"), (5, "D")]);
    assert_eq!(kinds(&problems), [(Problem::OpenQuote, vec![2])]);
}

#[test]
fn damage_costs_no_more_than_its_length() {
    // From each line the quotes run to the end of the file.
    let mut text = "mail,displayName\n".to_owned();
    for _ in 0..20_000 {
        text.push_str("x\",\"y\nb@b.co,B\nz\nz\n");
    }
    let start = std::time::Instant::now();
    let (seen, _) = read_text(&text);
    assert!(seen.len() >= 19_000, "{}", seen.len());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
