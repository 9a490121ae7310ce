//! What a file is, and what its columns mean.

use super::*;
use crate::error::Error;

fn refused(bytes: &[u8]) -> String {
    match open_bytes(bytes) {
        Err(error @ Error::Source { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_are_no_table() {
    for (bytes, what) in [
        (&b""[..], "the file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "the file is empty"),
        (b"#TYPE System.String\r\n", "the file is empty"),
        (b"PK\x03\x04\x14\x00", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08\x00", "the gzip file ends too early"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x7fELF\x01\x00\x00\x00\x02\x00\x03", "no text file"),
        (b"\xff\xfe\x00\x00d\x00\x00\x00", "UTF-32"),
        (b"dn: CN=x\nchangetype: modify\nreplace: mail\n-\n", "what is to be changed"),
        (b"[{\"mail\":\"a@b.co\"}]", "JSON"),
        (b"<?xml version=\"1.0\"?>", "XML"),
        (b"\"ClassId2e4f51ef21dd47e99d3c952918aff9cd\",\"pageHeaderEntry\"\r\n\"a\",\r\n", "Format-Table"),
        (b"#TYPE System.String\r\n\"Length\"\r\n\"5\"\r\n", "lengths of texts"),
        (
            "DİSTİNGUİSHEDNAME,COMMONNAME,OBJECTCLASS,ATTRIBUTE,ERROR,VALUE,UPDATE,ACTION\n".as_bytes(),
            "IdFix",
        ),
        (b"DisplayName,Title\nA,B\n", "no column says who a row is"),
        (b"mail,\"x\n", "never closed"),
    ] {
        let error = refused(bytes);
        assert!(error.contains(what) && error.contains("remedy:"), "{error}");
    }
    let folder = open(env!("CARGO_MANIFEST_DIR"), &Options::default()).unwrap_err();
    assert!(folder.to_string().contains("folder"), "{folder}");
    assert!(matches!(open("no/such/file", &Options::default()), Err(Error::Io { doing: "open", .. })));
}

#[test]
fn a_heading_alone_is_a_directory_without_users() {
    for text in ["mail,upn", "mail,upn\r\n", "sep=;\r\nmail;upn\r\n\r\n"] {
        assert_eq!(read_text(text), (Vec::new(), Problems::default()), "{text}");
    }
}

#[test]
fn encodings_without_byte_order_mark() {
    let text = "mail,displayName\r\na@b.co,M\u{fc}ller\r\n";
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (bytes, name) in [
        (text.as_bytes().to_vec(), "UTF-8"),
        (wide(u16::to_le_bytes), "UTF-16LE"),
        (wide(u16::to_be_bytes), "UTF-16BE"),
        (latin.clone(), "windows-1252"),
    ] {
        let source = open_bytes(&bytes).unwrap();
        assert_eq!(source.about().encoding, name);
        assert_eq!(read(&source).0[0].get(Attr::DisplayName), "Müller", "{name}");
        assert_eq!(source.about().problems.iter().count(), usize::from(name == "windows-1252"));
    }
    let path = file(&latin);
    let with = |label: &str| {
        open(path.path().to_str().unwrap(), &Options { encoding: Some(label.into()), ..Options::default() })
    };
    assert_eq!(with("iso-8859-2").unwrap().about().encoding, "ISO-8859-2");
    assert!(matches!(with("utf-9"), Err(Error::Usage(_))));
}

#[test]
fn bytes_are_checked_across_pieces() {
    let mut text = "mail,displayName\n".to_owned();
    while text.len() < 3 * 256 * 1024 {
        text.push_str("a@b.co,xÄ\u{1f600}ß€\n");
    }
    let source = open_bytes(text.as_bytes()).unwrap();
    assert_eq!(source.about().encoding, "UTF-8");
    let (seen, problems) = read(&source);
    assert!(seen.iter().all(|seen| seen.get(Attr::DisplayName) == "xÄ\u{1f600}ß€"));
    assert_eq!(problems, Problems::default());
}

#[test]
fn enabled_means_what_the_exporter_means() {
    let account = read_text("mail,Enabled\na@b.co,False\n").0;
    assert_eq!(account[0].get(Attr::UserAccountControl), "514");
    let lync = read_text("UserPrincipalName,SipAddress,RegistrarPool,Enabled\na@b.co,sip:a@b.co,p,False\n").0;
    assert_eq!(lync[0].get(Attr::UserEnabled), "FALSE");
    assert_eq!(lync[0].get(Attr::PrimaryHomeServer), "p");
    let both = open_bytes(b"mail,userAccountControl,Enabled\na@b.co,66048,True\n").unwrap();
    assert_eq!(read(&both).0[0].get(Attr::UserAccountControl), "66048");
    assert_eq!(both.about().problems, Problems::default());
}

#[test]
fn two_columns_for_one_attribute() {
    let (seen, problems) = read_text("EmailAddress,mail,upn\nold@b.co,a@b.co,u\n");
    assert_eq!(seen[0].get(Attr::Mail), "a@b.co");
    assert_eq!(kinds(&problems), [(Problem::TwoColumns, vec![1])]);
    let (seen, problems) = read_text("PrimarySmtpAddress,mail,WindowsEmailAddress\np@b.co,a@b.co,w@b.co\n");
    assert_eq!((seen[0].get(Attr::Mail), kinds(&problems).len()), ("a@b.co", 0));
    let (seen, _) = read_text("PrimarySmtpAddress,WindowsEmailAddress\np@b.co,w@b.co\n");
    assert_eq!(seen[0].get(Attr::Mail), "w@b.co");
    assert!(refused(b"mail,Mail\na@b.co,c@d.co\n").contains("stands twice"));
    assert_eq!(read_text("mail,Mail\na@b.co,a@b.co\n").0.len(), 1);
    let (seen, problems) = read_text("mail,ProxyAddress_1,ProxyAddress_2\na@b.co,SMTP:a@b.co,sip:a@b.co\n");
    assert_eq!((seen[0].proxies.len(), problems), (2, Problems::default()));
}

#[test]
fn what_the_user_says_comes_first() {
    let file = file(b"E-Mail;Login Name\na@b.co|x;anna\n");
    let map = vec![("login name".to_owned(), Attr::SamAccountName), ("E-Mail".to_owned(), Attr::DisplayName)];
    let options = Options { map, delimiter: Some(b';'), ..Options::default() };
    let source = open(file.path().to_str().unwrap(), &options).unwrap();
    let seen = read(&source).0;
    assert_eq!((seen[0].get(Attr::SamAccountName), seen[0].get(Attr::DisplayName)), ("anna", "a@b.co|x"));
    assert_eq!(source.about().columns[1].note, "named by --map");
}

#[test]
fn identities() {
    let (seen, _) = read_text("Identity,ObjectId,ImmutableId\n\"CN=A,DC=b\",1,ABEiM0RVZneImaq7zN3u/w==\n");
    assert_eq!(seen[0].get(Attr::DistinguishedName), "CN=A,DC=b");
    assert_eq!(seen[0].get(Attr::ObjectGuid), "33221100-5544-7766-8899-aabbccddeeff");
    let (seen, _) = read_text("Identity,mail\nb.co/Staff/A,a@b.co\n");
    assert_eq!(seen[0].carried, AttrSet::of(&[Attr::Mail]));
}

#[test]
fn a_file_that_is_written_meanwhile_has_changed() {
    let mut file = file(b"mail\na@b.co\n");
    let source = open(file.path().to_str().unwrap(), &Options::default()).unwrap();
    assert!(!source.changed());
    file.write_all(b"b@b.co\n").unwrap();
    assert!(source.changed());
    let source = open(file.path().to_str().unwrap(), &Options::default()).unwrap();
    assert!(!source.changed());
    let about = file.as_file().metadata().unwrap();
    let later = about.modified().unwrap() + std::time::Duration::from_secs(5);
    file.as_file().set_modified(later).unwrap();
    assert!(source.changed());
}
