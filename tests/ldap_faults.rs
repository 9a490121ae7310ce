//! Faults at random: whatever the server does and whenever, the count of users is right or the run says that it is
//! incomplete. `FAULTS=10000` makes more runs, `FAULT=17` only that one.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;

mod common;
mod dice;
mod runs;
mod wire;
use dice::Dice;
use runs::audit;
use wire::directory::Directory;
use wire::{Act, Frames, Moment, Paging, Plan};

/// A fault. What only loses people silently strikes where they are read, not where they are counted: nobody can find
/// out what a server denies throughout.
fn fault(dice: &mut Dice, reads: bool) -> Act {
    let garbage: Vec<u8> = (0..=dice.below(40)).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
    let acts = [
        Act::Drop,
        Act::Fail(51, "busy"),
        Act::Fail(52, "unavailable"),
        Act::Fail(3, "time limit"),
        Act::Fail(12, "Error processing control"),
        Act::Fail(53, "cookie is invalid"),
        Act::Fail(1, "000020D6: SvcErr"),
        Act::Refer("ldap://child.contoso.com/DC=child,DC=contoso,DC=com"),
        Act::Twice,
        Act::Nothing,
        Act::BadName,
        Act::Bytes(garbage),
        Act::Skip,
        Act::Cease,
    ];
    // A frozen connection costs a whole timeout, so there are few.
    if dice.below(60) == 0 {
        return Act::Freeze;
    }
    let losses = if reads { acts.len() } else { acts.len() - 2 };
    dice.one_of(&acts[..losses])
}

fn run(seed: u64) {
    let mut dice = Dice::of(seed);
    let users = 20 + u32::try_from(dice.below(300)).unwrap();
    let mut directory = Directory::of(users);
    directory.ordered =
        dice.one_of(&[vec!["objectguid", "usncreated", "usnchanged"], vec!["usncreated"], vec![]]);
    directory.subordinates = dice.below(2) > 0;
    let mut plan = Plan::of(directory);
    plan.frames = dice.one_of(&[Frames::Whole, Frames::Merged, Frames::Cut(13)]);
    plan.paging = dice.one_of(&[Paging::Yes, Paging::Yes, Paging::Yes, Paging::Ignored]);
    plan.limit = dice.one_of(&[1000, 50, 9]);
    let (mut left, rarity) = (dice.below(5), dice.one_of(&[10, 60, 300]));
    let options = [
        ("--page-size", dice.one_of(&["1000", "100", "17"])),
        ("--connections", dice.one_of(&["1", "2", "5"])),
        ("--timeout", "1"),
    ];
    let server = plan
        .script(move |moment: &Moment| {
            if left == 0 || dice.below(rarity) > 0 {
                return Act::Go;
            }
            left -= 1;
            fault(&mut dice, moment.reads())
        })
        .start();
    let options: Vec<&str> = options.iter().flat_map(|(name, value)| [*name, *value]).collect();
    let run = audit(&[&server.url()], &options);
    let everybody: BTreeSet<String> = (0..users).map(|number| format!("u{number:05}")).collect();
    let about = || format!("FAULT={seed}, {users} users, {options:?}: {}", run.told);
    match run.status {
        0 => assert_eq!(run.names(), everybody, "{}", about()),
        3 => assert!(run.names().is_subset(&everybody), "{}", about()),
        status => assert_eq!(status, 2, "{}", about()),
    }
}

#[test]
fn the_count_is_right_or_said_to_be_wrong() {
    dice::campaign("FAULT", 300, 8, run);
}
