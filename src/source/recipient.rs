//! The types of recipients by their names.

/// The names that Exchange gives to the values of msExchRecipientTypeDetails.
#[rustfmt::skip]
const RECIPIENT_TYPES: &[(&str, &str)] = &[
    ("UserMailbox", "1"), ("LinkedMailbox", "2"), ("SharedMailbox", "4"), ("LegacyMailbox", "8"),
    ("RoomMailbox", "16"), ("EquipmentMailbox", "32"), ("MailContact", "64"), ("MailUser", "128"),
    ("MailUniversalDistributionGroup", "256"), ("MailNonUniversalGroup", "512"),
    ("MailUniversalSecurityGroup", "1024"), ("DynamicDistributionGroup", "2048"), ("PublicFolder", "4096"),
    ("SystemAttendantMailbox", "8192"), ("SystemMailbox", "16384"), ("MailForestContact", "32768"),
    ("User", "65536"), ("Contact", "131072"), ("UniversalDistributionGroup", "262144"),
    ("UniversalSecurityGroup", "524288"), ("NonUniversalGroup", "1048576"), ("DisabledUser", "2097152"),
    ("MicrosoftExchange", "4194304"), ("ArbitrationMailbox", "8388608"), ("MailboxPlan", "16777216"),
    ("LinkedUser", "33554432"), ("RoomList", "268435456"), ("DiscoveryMailbox", "536870912"),
    ("RoleGroup", "1073741824"), ("RemoteUserMailbox", "2147483648"), ("Computer", "4294967296"),
    ("RemoteRoomMailbox", "8589934592"), ("RemoteEquipmentMailbox", "17179869184"),
    ("RemoteSharedMailbox", "34359738368"), ("PublicFolderMailbox", "68719476736"),
    ("TeamMailbox", "137438953472"), ("RemoteTeamMailbox", "274877906944"), ("MonitoringMailbox", "549755813888"),
    ("GroupMailbox", "1099511627776"), ("LinkedRoomMailbox", "2199023255552"),
];

/// The number of a type that Exchange names, in any case.
pub(super) fn number_of(name: &str) -> Option<&'static str> {
    let known = RECIPIENT_TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|&(_, number)| number)
}
