//! The parts of a user's way through an audit, on one thread: `cargo bench --bench stages [NAME]`.
//!
//! Whole runs, and what they are measured against: see `benches/README.md`.

mod data;

use std::hint::black_box;

use dirsync_audit::audit::{self, Memory, Progress, Report, Stage};
use dirsync_audit::error::Result;
use dirsync_audit::model::{Facts, User, address, fold};
use dirsync_audit::rules::unique;
use dirsync_audit::rules::verdict::{Judged, Plan, judge};
use dirsync_audit::rules::{self, Check, Context, RuleSet, Scenario, Sink};
use divan::Bencher;
use divan::counter::ItemsCount;

use data::Directory;

/// Users in one measured call: enough that most do not fit the inner caches, few enough to be done soon.
const USERS: u64 = 4096;

fn main() {
    divan::main();
}

/// Measures a function over texts.
fn texts<T>(bencher: Bencher<'_, '_>, texts: &[&str], each: impl Fn(&str) -> T + Sync) {
    bencher.counter(ItemsCount::new(texts.len())).bench(|| {
        for text in texts {
            black_box(each(black_box(text)));
        }
    });
}

/// Measures a function over every user.
fn users(bencher: Bencher<'_, '_>, each: impl Fn(&User<'_>)) {
    let directory = Directory::of(USERS);
    let users = directory.users();
    bencher.counter(ItemsCount::new(users.len())).bench_local(|| {
        for user in &users {
            each(black_box(user));
        }
    });
}

/// Measures a function over what follows from the attributes of every user.
fn facts(bencher: Bencher<'_, '_>, mut each: impl FnMut(&Facts<'_>)) {
    let directory = Directory::of(USERS);
    let users = directory.users();
    let facts: Vec<Facts<'_>> = users.iter().map(Facts::of).collect();
    bencher.counter(ItemsCount::new(facts.len())).bench_local(|| {
        for facts in &facts {
            each(black_box(facts));
        }
    });
}

#[divan::bench]
fn fold_text(bencher: Bencher<'_, '_>) {
    texts(bencher, &Directory::of(USERS).proxies(), |text| black_box(fold::fold(text)).len());
}

#[divan::bench]
fn fold_hash(bencher: Bencher<'_, '_>) {
    texts(bencher, &Directory::of(USERS).proxies(), fold::hash);
}

#[divan::bench]
fn is_mail(bencher: Bencher<'_, '_>) {
    texts(bencher, &Directory::of(USERS).mails(), address::is_mail);
}

#[divan::bench]
fn is_sip(bencher: Bencher<'_, '_>) {
    texts(bencher, &Directory::of(USERS).mails(), address::is_sip);
}

#[divan::bench]
fn facts_of_user(bencher: Bencher<'_, '_>) {
    users(bencher, |user| {
        black_box(Facts::of(user));
    });
}

#[divan::bench]
fn keys_of_user(bencher: Bencher<'_, '_>) {
    users(bencher, |user| {
        unique::keys(user, &mut |key| {
            black_box(key);
        });
    });
}

fn plan() -> Plan {
    let mut every = RuleSet::NONE;
    (0..rules::all().count()).for_each(|place| every.insert(place));
    Plan::new(Context::of(Scenario::LyncHybrid), every, &[])
}

/// The rules of one family that look at one user.
#[divan::bench(args = ["SIP", "MAIL", "PRX", "HOME", "ACC", "UPN", "ID", "LINE"])]
fn family(bencher: Bencher<'_, '_>, name: &str) {
    let plan = plan();
    let rules: Vec<_> = rules::all().enumerate().filter(|(_, rule)| rule.family() == name).collect();
    let mut findings = Vec::new();
    facts(bencher, |facts| {
        let mut open = RuleSet::NONE;
        findings.clear();
        for &(place, rule) in &rules {
            if let Check::User(check) = rule.check
                && plan.run.has(place)
            {
                check(
                    facts,
                    &plan.context,
                    &mut Sink::new(place, plan.severity[place], &mut findings, &mut open),
                );
            }
        }
        black_box((&findings, open));
    });
}

#[divan::bench]
fn verdict_without_findings(bencher: Bencher<'_, '_>) {
    let plan = plan();
    facts(bencher, |facts| {
        black_box(judge(facts, &plan, &[], RuleSet::NONE, None));
    });
}

/// All that an audit does between the source and the report: keys, who shares them, every rule, the counts.
#[divan::bench(sample_count = 20)]
fn whole_audit(bencher: Bencher<'_, '_>) {
    let directory = Directory::of(16 * USERS);
    let plan = plan();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can be started");
    bencher.counter(ItemsCount::new(directory.len())).bench_local(|| {
        let audited =
            pool.install(|| audit::run(&[&directory], &plan, None, &Memory::unlimited(), &Nowhere, &Nowhere));
        audited.expect("an input in memory can be read").counts
    });
}

/// A report that writes nothing, and progress that is not shown.
struct Nowhere;

impl Report for Nowhere {
    type Part = ();

    fn part(&self) {}

    fn user(&self, (): &mut (), judged: &Judged<'_, '_>) {
        black_box(judged);
    }

    fn take(&self, (): ()) -> Result<()> {
        Ok(())
    }
}

impl Progress for Nowhere {
    fn advance(&self, _: Stage, _: u64, _: u64) {}
}
