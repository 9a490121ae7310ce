//! The users that the stages work on: those of the generator of whole runs, as a source would give them.

#[path = "peers/gen-users/src/people.rs"]
mod people;

use dirsync_audit::error::Result;
use dirsync_audit::model::lines::Lines;
use dirsync_audit::model::problem::Problems;
use dirsync_audit::model::record::Place;
use dirsync_audit::model::{Attr, AttrSet, Block, Input, Record, User};
use people::{Person, Population};

/// The attributes of the generated users.
const CARRIED: [Attr; 10] = [
    Attr::DistinguishedName,
    Attr::SamAccountName,
    Attr::UserPrincipalName,
    Attr::Mail,
    Attr::ProxyAddresses,
    Attr::PrimaryUserAddress,
    Attr::UserEnabled,
    Attr::DeploymentLocator,
    Attr::UserAccountControl,
    Attr::DisplayName,
];

/// So many records are one block of [`Directory`].
const BLOCK: usize = 2048;

/// Generated users in memory, which is also an input of an audit.
pub(crate) struct Directory(Vec<Person>);

impl Directory {
    /// The first users of seed 1, 5 % of them with a defect.
    pub(crate) fn of(count: u64) -> Self {
        let population = Population { seed: 1, defects: 50 };
        Self((0..count).map(|number| population.person(number, "Users")).collect())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(crate) fn users(&self) -> Vec<User<'_>> {
        self.0.iter().map(user).collect()
    }

    /// Every value of `proxyAddresses`.
    pub(crate) fn proxies(&self) -> Vec<&str> {
        self.0.iter().flat_map(|person| &person.proxies).map(String::as_str).collect()
    }

    /// Every `mail`.
    pub(crate) fn mails(&self) -> Vec<&str> {
        self.0.iter().filter_map(|person| person.mail.as_deref()).collect()
    }
}

impl Input for Directory {
    fn name(&self) -> &'static str {
        "generated"
    }

    fn carried(&self) -> AttrSet {
        AttrSet::of(&CARRIED)
    }

    fn blocks(&self) -> Result<Box<dyn Iterator<Item = Result<Block>> + Send + '_>> {
        let starts = (0..self.0.len()).step_by(BLOCK);
        Ok(Box::new(
            starts.map(|start| Ok(Block { text: start.to_string().into(), line: 1, ..Block::default() })),
        ))
    }

    fn records(&self, block: &Block, _: AttrSet, each: &mut dyn FnMut(&Record<'_>)) -> Problems {
        let start = block.text.parse().unwrap_or(usize::MAX);
        let lines = Lines::new("", 1);
        for (at, person) in (0..).zip(self.0.iter().skip(start).take(BLOCK)) {
            each(&Record { user: user(person), place: Place { lines: &lines, at: 0 }, at, incomplete: None });
        }
        Problems::default()
    }
}

fn user(person: &Person) -> User<'_> {
    let mut user = User::new(AttrSet::of(&CARRIED));
    for proxy in &person.proxies {
        user.set(Attr::ProxyAddresses, proxy);
    }
    let single = [
        (Attr::DistinguishedName, Some(person.dn.as_str())),
        (Attr::SamAccountName, Some(&person.sam)),
        (Attr::UserPrincipalName, person.upn.as_deref()),
        (Attr::Mail, person.mail.as_deref()),
        (Attr::PrimaryUserAddress, person.pua.as_deref()),
        (Attr::UserEnabled, person.enabled),
        (Attr::DeploymentLocator, person.locator),
        (Attr::UserAccountControl, Some(person.account_control)),
        (Attr::DisplayName, Some(&person.display)),
    ];
    for (attr, value) in single {
        user.set(attr, value.unwrap_or_default());
    }
    user
}
