//! What many users have in common: all of a user but the texts.

use crate::model::{Attr, AttrSet, Facts, Marks};

/// A user without texts: marks, which attributes have a value, and what is worked out from them. Users of one profile
/// get one verdict, unless a rule that reads texts has something to say about one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profile {
    marks: Marks,
    filled: AttrSet,
    carried: AttrSet,
    /// What is one of a few, four bits each.
    few: u64,
    /// Whether the user shares no key with others.
    pub(super) alone: bool,
}

impl Profile {
    /// The profile of a user.
    #[inline]
    pub(super) fn of(facts: &Facts<'_>, alone: bool) -> Self {
        let user = facts.user;
        let hidden = user.hidden();
        let few = [
            u8::from(hidden.primary) | u8::from(hidden.sip) << 1 | u8::from(hidden.smtp) << 2,
            facts.sip_proxy as u8,
            facts.smtp_proxy as u8,
            facts.sip_enabled as u8,
            facts.mail_bearing as u8,
            facts.mailbox as u8,
            facts.sip_home as u8,
            facts.locator as u8,
            user.says(Attr::UserEnabled, true) as u8,
            u8::from(facts.sip_address.is_some()),
            u8::from(facts.sip_well_formed),
            u8::from(facts.is_contact()),
        ];
        let few = few.into_iter().fold(0, |all, one| all << 4 | u64::from(one));
        Self { marks: facts.marks, filled: user.filled(), carried: user.carried(), few, alone }
    }

    /// Its place among so many, a power of two.
    pub(super) fn place(&self, among: usize) -> usize {
        let few = self.few.wrapping_mul(0x2d35_8dcc_aa6c_78a5);
        let mixed = (self.marks.bits() ^ u64::from(self.filled.bits()) << 32 ^ few)
            .wrapping_mul(0x9fb2_1c65_1e98_df25);
        (mixed >> 40) as usize & (among - 1)
    }
}
