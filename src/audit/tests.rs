//! The audit over tables in memory.

mod holders;

use std::sync::Mutex;

use super::{Memory, Only, Outcome, Progress, Report, Stage, run};
use crate::error::{Error, Result};
use crate::model::Attr::{
    DistinguishedName, Mail, MailNickname, MasterAccountSid, ObjectClass, ObjectGuid, ObjectSid,
    PrimaryUserAddress, ProxyAddresses, UserPrincipalName,
};
use crate::model::lines::Lines;
use crate::model::problem::Problems;
use crate::model::record::Place;
use crate::model::{Attr, AttrSet, Block, Input, Record, User};
use crate::rules::verdict::{Judged, Plan, Status};
use crate::rules::{self, Check, Context, RuleSet, Scenario};

type Row = &'static [(Attr, &'static str)];

/// Rows in memory, so many to a block.
struct Table {
    rows: Vec<Row>,
    per_block: usize,
    /// What the table never carried.
    absent: &'static [Attr],
    changed: bool,
}

impl Input for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn carried(&self) -> AttrSet {
        AttrSet::ALL
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        let blocks = (0..self.rows.len()).step_by(self.per_block);
        Ok(Box::new(blocks.map(|start| {
            Ok(Block { text: start.to_string().into(), line: 1, bytes: 1, ..Block::default() })
        })))
    }

    fn records(&self, block: &Block, _: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        let start: usize = block.text.parse().unwrap();
        for (at, row) in (0..).zip(self.rows.iter().skip(start).take(self.per_block)) {
            let mut user = User::of(row);
            self.absent.iter().for_each(|&attr| user.lose(attr));
            each(&Record { user, place: Place { lines: &Lines::new("", 1), at: 0 }, at, incomplete: None });
        }
        Problems::default()
    }

    fn changed(&self) -> bool {
        self.changed
    }
}

/// One reported user: name, codes, messages, suggestions, and what else is said.
type Line = (String, Vec<&'static str>, Vec<String>, Vec<Option<String>>, String);

#[derive(Default)]
struct Kept(Mutex<Vec<Line>>);

impl Report for Kept {
    type Part = Vec<Line>;

    fn part(&self) -> Vec<Line> {
        Vec::new()
    }

    fn user(&self, part: &mut Vec<Line>, judged: &Judged<'_, '_>) {
        let findings = judged.findings;
        part.push((
            judged.user.name().to_owned(),
            findings.iter().map(|finding| rules::at(finding.rule).code).collect(),
            findings.iter().map(|finding| finding.message.clone()).collect(),
            findings
                .iter()
                .map(|finding| finding.suggestion.as_ref().map(|change| change.cell(&finding.value)))
                .collect(),
            format!("{:?} {:?}", judged.shown, judged.verdict),
        ));
    }

    fn take(&self, part: Vec<Line>) -> Result<()> {
        self.0.lock().unwrap().extend(part);
        Ok(())
    }
}

struct Silent;

impl Progress for Silent {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}

fn everything() -> RuleSet {
    let mut all = RuleSet::NONE;
    (0..rules::all().count()).for_each(|place| all.insert(place));
    all
}

fn audit(rows: &[Row], scenario: Scenario) -> (Vec<Line>, Outcome) {
    audit_without(rows, scenario, &[])
}

fn audit_without(rows: &[Row], scenario: Scenario, absent: &'static [Attr]) -> (Vec<Line>, Outcome) {
    let mut results = [(1, None), (3, Some(0)), (1000, None), (2, Some(0))].map(|(per_block, limit)| {
        let table = Table { rows: rows.to_vec(), per_block, absent, changed: false };
        let plan = Plan::new(Context::of(scenario), everything(), &[]);
        let (kept, memory) = (Kept::default(), Memory { limit, ..Memory::unlimited() });
        let outcome = run(&[&table], &plan, None, &memory, &Silent, &kept).unwrap();
        (kept.0.into_inner().unwrap(), outcome)
    });
    for result in &results[1..] {
        assert_eq!(results[0].0, result.0, "neither the size of blocks nor the memory must matter");
        assert_eq!(results[0].1.counts, result.1.counts, "nor to what is counted");
    }
    let last = &mut results[2];
    (std::mem::take(&mut last.0), std::mem::take(&mut last.1))
}

fn codes(rows: &[Row], prefix: &str) -> Vec<Vec<&'static str>> {
    let (lines, _) = audit(rows, Scenario::LyncHybrid);
    let own = |line: &Line| line.1.iter().copied().filter(|code| code.starts_with(prefix)).collect();
    lines.iter().map(own).collect()
}

/// The examples of the rules across users; those of the others are tested beside the catalogue.
#[test]
fn every_example_of_a_shared_key_gives_its_verdict() {
    for rule in rules::all().filter(|rule| matches!(rule.check, Check::Shared(_) | Check::Taken(..))) {
        for example in rule.examples {
            let scenario = example.scenario.unwrap_or_else(|| {
                Scenario::ALL.into_iter().find(|&scenario| rule.severity_in(scenario).is_some()).unwrap()
            });
            // Two objects without any identity are two objects; the sAMAccountName keeps them in the audit.
            let rows: Vec<Row> = example
                .users
                .iter()
                .map(|user| {
                    let mut row = vec![(Attr::SamAccountName, "x")];
                    row.extend_from_slice(user);
                    &*row.leak()
                })
                .collect();
            let (lines, _) = audit_without(&rows, scenario, example.absent);
            let place = lines[0].1.iter().position(|code| *code == rule.code);
            let message = place.map(|place| lines[0].2[place].as_str());
            match example.finds {
                Some(part) => {
                    assert!(message.is_some_and(|m| m.contains(part)), "{}: {message:?}", rule.code);
                }
                None => assert_eq!(message, None, "{}", rule.code),
            }
        }
    }
}

/// The runs that are compared keep what the first reading has judged, or have no room for it.
#[test]
fn users_judged_in_the_first_reading_are_judged_alike_in_the_last() {
    let named =
        |user: &[(Attr, &'static str)]| -> Row { [&[(Attr::SamAccountName, "x")], user].concat().leak() };
    let fine = |nth: usize| -> Row {
        let text = |before: &str| -> &'static str { format!("{before}ann{nth}@contoso.com").leak() };
        let mut all = vec![(Mail, text("")), (UserPrincipalName, text("")), (ProxyAddresses, text("SMTP:"))];
        if !nth.is_multiple_of(3) {
            all.push((ProxyAddresses, text("sip:")));
        }
        if nth % 3 > 1 {
            all.extend([(PrimaryUserAddress, text("sip:")), (Attr::UserEnabled, "TRUE")]);
            all.push((Attr::DeploymentLocator, ["SRV:", "sipfed.online.lync.com"][nth % 2]));
        }
        if nth.is_multiple_of(2) {
            all.extend([(Attr::HomeMdb, "CN=DB1"), (Attr::RecipientTypeDetails, "1")]);
        }
        named(&all)
    };
    let examples = rules::all().flat_map(|rule| rule.examples).flat_map(|example| example.users);
    let rows: Vec<Row> = examples.map(|user| named(user)).chain((0..90).map(fine)).collect();
    for scenario in Scenario::ALL {
        let (lines, _) = audit(&rows, scenario);
        assert!(lines.iter().filter(|line| line.1.is_empty()).count() >= 30, "{}", scenario.name());
    }
}

#[test]
fn excluded_objects_hold_their_addresses() {
    let (lines, outcome) = audit(
        &[
            &[(Attr::SamAccountName, "ann"), (DistinguishedName, "CN=Ann"), (Mail, "info@contoso.com")],
            &[
                (ObjectClass, "top;group"),
                (DistinguishedName, "CN=Info"),
                (ProxyAddresses, "smtp:info@contoso.com"),
            ],
        ],
        Scenario::Teams,
    );
    assert!(lines[0].1.contains(&"UNQ002"));
    assert!(lines[1].1.is_empty());
    assert_eq!(outcome.counts.status[Status::Excluded as usize], 1);
}

#[test]
fn an_object_read_twice_is_one_object() {
    const GUID: &str = "00000000-0000-0000-0000-000000000001";
    let ann = [(Attr::SamAccountName, "ann"), (DistinguishedName, "CN=Ann"), (Mail, "ann@contoso.com")];
    let with_guid: Row = [ann.as_slice(), &[(ObjectGuid, GUID)]].concat().leak();
    let moved: Row = &[
        (Attr::SamAccountName, "ann"),
        (DistinguishedName, "CN=Moved"),
        (Mail, "ann@contoso.com"),
        (ObjectGuid, GUID),
    ];
    let alone: Row = ann.to_vec().leak();
    let other: Row = &[
        (Attr::SamAccountName, "ann"),
        (DistinguishedName, "cn=ann"),
        (Mail, "ann@contoso.com"),
        (ObjectGuid, "00000000-0000-0000-0000-000000000002"),
    ];
    for rows in [[with_guid, alone, moved], [alone, moved, with_guid], [alone, alone, alone]] {
        let (lines, outcome) = audit(&rows, Scenario::Teams);
        assert_eq!(lines.len(), 1);
        assert!(!lines[0].1.contains(&"UNQ002"));
        assert_eq!((outcome.sources[0].objects, outcome.sources[0].repeats), (1, 2));
    }
    let (lines, _) = audit(&[with_guid, other, alone], Scenario::Teams);
    assert_eq!(lines.len(), 2, "two objectGUIDs are two objects");
    assert!(lines.iter().all(|line| line.1.contains(&"UNQ002")));
}

#[test]
fn suggestions_of_shared_addresses_are_withheld() {
    let ann: Row = &[
        (Attr::SamAccountName, "a"),
        (DistinguishedName, "CN=Ann"),
        (PrimaryUserAddress, "sip:ann@contoso.com"),
        (Mail, "ann@contoso.com"),
        (UserPrincipalName, "ann@contoso.com"),
    ];
    let same_mail: Row = &[
        (Attr::SamAccountName, "b"),
        (DistinguishedName, "CN=Bob"),
        (Mail, "ann@contoso.com"),
        (MailNickname, "b"),
    ];
    let suggestion = |rows: &[Row]| {
        let (lines, _) = audit(rows, Scenario::LyncHybrid);
        let place = lines[0].1.iter().position(|code| *code == "SIP001").unwrap();
        lines[0].3[place].clone()
    };
    assert_eq!(suggestion(&[ann]).as_deref(), Some("sip:ann@contoso.com"));
    assert_eq!(suggestion(&[ann, same_mail]), None);
}

#[test]
fn suggestions_that_break_another_rule_are_withheld() {
    // The apostrophe is fine in mail and a risk in a SIP address.
    let row: Row = &[(Attr::SamAccountName, "a"), (Mail, "o'brien@contoso.com"), (Attr::HomeMdb, "CN=DB")];
    let (lines, _) = audit(&[row], Scenario::SfbOnline);
    let place = lines[0].1.iter().position(|code| *code == "SIP001").unwrap();
    assert_eq!(lines[0].3[place], None);
}

#[test]
fn suggestions_do_not_depend_on_the_rules_selected() {
    let rows: Vec<Row> = vec![
        &[(Attr::SamAccountName, "a"), (Mail, "o'brien@contoso.com"), (Attr::HomeMdb, "CN=DB")],
        &[(Attr::SamAccountName, "b"), (Mail, "ann@contoso.com"), (Attr::HomeMdb, "CN=DB")],
    ];
    let table = Table { rows, per_block: 1, absent: &[], changed: false };
    let mut alone = RuleSet::NONE;
    alone.insert(rules::all().position(|rule| rule.code == "SIP001").unwrap());
    let plan = Plan::new(Context::of(Scenario::SfbOnline), alone, &[]);
    let kept = Kept::default();
    run(&[&table], &plan, None, &Memory::unlimited(), &Silent, &kept).unwrap();
    let suggestions: Vec<_> = kept.0.into_inner().unwrap().into_iter().map(|line| (line.1, line.3)).collect();
    let given = |change: Option<&str>| (vec!["SIP001"], vec![change.map(str::to_owned)]);
    assert_eq!(suggestions, [given(None), given(Some("sip:ann@contoso.com"))]);
}

#[test]
fn a_part_can_be_reported_while_uniqueness_is_over_all() {
    struct Ann;
    impl Only for Ann {
        fn reports(&self, user: &User<'_>) -> bool {
            user.get(DistinguishedName) == "CN=Ann"
        }
    }
    let table = Table {
        rows: vec![
            &[(Attr::SamAccountName, "a"), (DistinguishedName, "CN=Ann"), (Mail, "info@contoso.com")],
            &[(Attr::SamAccountName, "b"), (DistinguishedName, "CN=Bob"), (Mail, "info@contoso.com")],
        ],
        per_block: 1,
        absent: &[],
        changed: false,
    };
    let plan = Plan::new(Context::of(Scenario::Teams), everything(), &[]);
    let kept = Kept::default();
    let outcome = run(&[&table], &plan, Some(&Ann), &Memory::unlimited(), &Silent, &kept).unwrap();
    let lines = kept.0.into_inner().unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].1.contains(&"UNQ002"));
    assert_eq!((outcome.counts.users, outcome.sources[0].objects), (1, 2));
}

/// Says after the first block that the run was interrupted.
struct Impatient(std::sync::atomic::AtomicBool);

impl Progress for Impatient {
    fn advance(&self, _: Stage, _: u64, _: u64) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    fn interrupted(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[test]
fn an_interrupted_run_ends_as_such() {
    let table =
        Table { rows: vec![&[(Mail, "a@contoso.com")]; 50], per_block: 1, absent: &[], changed: false };
    let plan = Plan::new(Context::of(Scenario::Teams), everything(), &[]);
    let kept = Kept::default();
    let ended = run(&[&table], &plan, None, &Memory::unlimited(), &Impatient(false.into()), &kept);
    assert!(matches!(ended, Err(Error::Interrupted)));
    assert!(kept.0.lock().unwrap().is_empty());
}

#[test]
fn an_input_that_changed_is_no_directory() {
    let table = Table { rows: vec![&[(Mail, "a@contoso.com")]; 5], per_block: 1, absent: &[], changed: true };
    let plan = Plan::new(Context::of(Scenario::Teams), everything(), &[]);
    let ended = run(&[&table], &plan, None, &Memory::unlimited(), &Silent, &Kept::default());
    assert!(ended.unwrap_err().to_string().contains("the file changed while it was being read"));
}

/// A report that cannot take what it is given.
struct Broken;

impl Report for Broken {
    type Part = ();

    fn part(&self) {}

    fn user(&self, (): &mut (), _: &Judged<'_, '_>) {}

    fn take(&self, (): ()) -> Result<()> {
        panic!("taken by surprise")
    }
}

#[test]
fn a_panic_on_the_way_ends_the_run_and_leaves_nobody_waiting() {
    let table =
        Table { rows: vec![&[(Mail, "a@contoso.com")]; 500], per_block: 1, absent: &[], changed: false };
    let plan = Plan::new(Context::of(Scenario::Teams), everything(), &[]);
    let run = || run(&[&table], &plan, None, &Memory::unlimited(), &Silent, &Broken).map(drop);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}

/// They fold to nothing, as what has no text does, but they are keys and that is none.
#[test]
fn texts_of_combining_marks_alone_are_shared() {
    let rows: [Row; 3] = [
        &[(PrimaryUserAddress, "sip:\u{301}"), (ProxyAddresses, "sip:")],
        &[(Mail, "\u{301}"), (ProxyAddresses, "SMTP:")],
        &[(UserPrincipalName, "\u{301}"), (PrimaryUserAddress, "sip:")],
    ];
    for (row, code) in rows.into_iter().zip(["UNQ001", "UNQ002", "UNQ003"]) {
        let row: Row = [&[(Attr::SamAccountName, "x")], row].concat().leak();
        assert_eq!(codes(&[row, row], "UNQ"), [[code], [code]]);
    }
}
