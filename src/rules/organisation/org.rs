//! What Exchange keeps of Lync and of Office 365 in the configuration partition: steps 4 and 5, and the side of step 6
//! that is Exchange's.
//!
//! Sources: "Configure partner applications in Skype for Business Server and Exchange Server", "Integrate Skype for
//! Business Server 2015 and Microsoft Outlook Web App", "Configure OAuth authentication between Exchange and Exchange
//! Online organizations" (Microsoft Learn).

use super::super::level::{E, NO, W};
use super::super::{Check, Context, Example, Feature, Rule, Sink, Step};
use super::Look::{Forest, One};
use super::partner::{
    Address, FLAGS, IDENTIFIER, IM_TYPE, LYNC, METADATA, SETTINGS, TYPE, is_for_lync, is_microsoft,
    is_mistaken, is_of_lync, is_off, is_superseded, name, of_lync_pool, of_microsoft, server,
};
use crate::model::configuration::{
    Configuration, EXCHANGE_2013, Kind, LYNC_2013, Object, exchange_version, lync_version,
};
use crate::model::text::visible;

/// The names under which findings about the whole speak of what they looked at.
pub const EXCHANGE_SCHEMA: &str = "ms-Exch-Schema-Version-Pt";
/// The same of Lync.
pub const LYNC_SCHEMA: &str = "ms-RTC-SIP-SchemaVersion";
/// The class of partner applications.
pub const APPLICATION: &str = "msExchAuthPartnerApplication";
/// The class of authorization servers.
pub const AUTH_SERVER: &str = "msExchAuthAuthServer";

const PARTNERS: &str = "Configure partner applications in Skype for Business Server and Exchange Server (Microsoft Learn); KB 2614242, step 4";
const OWA: &str = "Integrate Skype for Business Server 2015 and Microsoft Outlook Web App (Microsoft Learn); KB 2614242, step 5";
const OAUTH: &str = "Configure OAuth authentication between Exchange and Exchange Online organizations (Microsoft Learn); KB 2614242, step 6";
const PREPARED: &str = "Prepare Active Directory and domains for Exchange Server (Microsoft Learn)";
const LYNC_PREPARED: &str =
    "Active Directory schema preparation for Skype for Business Server (Microsoft Learn)";

const IM: &[Feature] = &[Feature::OwaImPresence];
const MEETINGS: &[Feature] = &[Feature::OwaOnlineMeetings];
const TRUST: &[Feature] = &[Feature::UnifiedContactStore, Feature::HighResPhotos];

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "ORG001",
        name: "exchange-never-prepared",
        severity: [E, W, E, NO],
        summary: "the schema of the forest was never prepared for Exchange",
        why: "Without it there are no mailboxes on-premises in this forest, and Exchange cannot trust Lync.",
        remedy: "Check that this is the forest in which Exchange is, and that the scenario is the right one.",
        reference: PREPARED,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(Forest(no_exchange)),
        examples: &[
            Example::seen(&[("lync schema", "1150")], "never prepared for Exchange"),
            Example::sound(&[("exchange schema", "15312")]),
            Example::sound(&[("exchange schema", "none")]),
            Example::sound(&[("unread", "exchange schema")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG002",
        name: "exchange-too-old",
        severity: [E, NO, E, NO],
        summary: "the Exchange schema is older than that of Exchange Server 2013",
        why: "Server-to-server authentication with Lync begins with Exchange Server 2013; older servers have no partner \
              applications.",
        remedy: "Update the Exchange organisation to Exchange Server 2013 or later.",
        reference: PREPARED,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(Forest(old_exchange)),
        examples: &[
            Example::seen(&[("exchange schema", "14734")], "Exchange 2010"),
            Example::sound(&[("exchange schema", "15137")]),
            Example::sound(&[("exchange schema", "")]),
            Example::sound(&[]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG003",
        name: "lync-never-prepared",
        severity: [E, NO, E, NO],
        summary: "the schema of the forest was never prepared for Lync",
        why: "Without it no user can have msRTCSIP-PrimaryUserAddress: that nobody has a SIP address is normal here, and \
              no fault of the users.",
        remedy: "Check that this is the forest in which Lync is, and that the scenario is the right one; a forest is \
                 prepared with Install-CsAdServerSchema, then Enable-CsAdForest and Enable-CsAdDomain.",
        reference: LYNC_PREPARED,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(Forest(no_lync)),
        examples: &[
            Example::seen(&[("exchange schema", "15312")], "no user can have"),
            Example::sound(&[("lync schema", "1100")]),
            Example::sound(&[("lync schema", "none")]),
            Example::sound(&[("unread", "lync schema")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG004",
        name: "lync-too-old",
        severity: [E, NO, E, NO],
        summary: "the Lync schema is older than that of Lync Server 2013",
        why: "Server-to-server authentication with Exchange, and with it the Unified Contact Store and photos in high \
              resolution, begins with Lync Server 2013.",
        remedy: "Update Lync to Lync Server 2013 or to Skype for Business Server.",
        reference: LYNC_PREPARED,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(Forest(old_lync)),
        examples: &[
            Example::seen(&[("lync schema", "1100")], "Lync Server 2010"),
            Example::sound(&[("lync schema", "1150")]),
            Example::sound(&[("lync schema", "")]),
            Example::sound(&[]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG005",
        name: "no-lync-partner-application",
        severity: [E, NO, E, NO],
        summary: "there is no partner application for Lync in Exchange",
        why: "Exchange does not believe Lync who it is: no Unified Contact Store, no photos in high resolution, no \
              conversation history from the server.",
        remedy: "Run Configure-EnterprisePartnerApplication.ps1 -AuthMetadataUrl https://LYNC/metadata/json/1 \
                 -ApplicationType Lync on an Exchange server, with the name of the Lync pool for LYNC.",
        reference: PARTNERS,
        blocks: TRUST,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(Forest(no_application)),
        examples: &[
            Example::seen(&[("exchange schema", "15312")], "none with the identifier"),
            Example::seen(
                &[("application", "SfBOnline"), (IDENTIFIER, LYNC), (FLAGS, "3")],
                "Skype for Business Online alone",
            ),
            Example::seen(
                &[("application", "SharePoint"), (IDENTIFIER, "00000003-0000-0ff1-ce00-000000000000")],
                "none with the identifier",
            ),
            Example::seen(
                &[("application", "Skype for Business"), (IDENTIFIER, LYNC), (FLAGS, "3")],
                "Skype for Business Online alone",
            ),
            Example::sound(&[("application", "LyncEnterprise-1"), (IDENTIFIER, LYNC), (FLAGS, "0")]),
            Example::sound(&[("application", "Lync"), (IDENTIFIER, "00000002-0000-0ff1-ce00-000000000000")]),
            Example::sound(&[("unread", "application")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG006",
        name: "wrong-application-identifier",
        severity: [E, NO, E, NO],
        summary: "a partner application that is meant for Lync has another application's identifier",
        why: "Exchange knows who speaks by the identifier: Lync's tokens belong to no application, and are refused.",
        remedy: "Look at what the application is for; if it is Lync's, remove it with Remove-PartnerApplication, and make it again \
                 with Configure-EnterprisePartnerApplication.ps1 -ApplicationType Lync.",
        reference: PARTNERS,
        blocks: TRUST,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(One(Kind::PartnerApplication, wrong_identifier)),
        examples: &[
            Example::seen(
                &[("application", "LyncEnterprise-1"), (IDENTIFIER, "00000002-0000-0ff1-ce00-000000000000")],
                "`00000002-0000-0ff1-ce00-000000000000`",
            ),
            Example::seen(
                &[("application", "Voice"), (METADATA, "https://lync.contoso.com/metadata/json/1")],
                "no identifier",
            ),
            Example::seen(
                &[
                    ("application", "LyncEnterprise-1"),
                    (IDENTIFIER, "00000002-0000-0ff1-ce00-000000000000"),
                    (FLAGS, "0"),
                    ("server", "ACS - 9f1c"),
                    (METADATA, "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"),
                ],
                "`00000002-0000-0ff1-ce00-000000000000`",
            ),
            Example::sound(&[
                ("application", "LyncEnterprise-old"),
                (IDENTIFIER, "00000002-0000-0ff1-ce00-000000000000"),
                (FLAGS, "0"),
                ("application", "LyncEnterprise-new"),
                (IDENTIFIER, LYNC),
                (METADATA, "https://lync.contoso.com/metadata/json/1"),
            ]),
            Example::seen(
                &[
                    ("application", "LyncEnterprise-2"),
                    (IDENTIFIER, "00000002-0000-0ff1-ce00-000000000000"),
                    (METADATA, "https://lync2.contoso.com/metadata/json/1"),
                    ("application", "LyncEnterprise-1"),
                    (IDENTIFIER, LYNC),
                    (METADATA, "https://lync.contoso.com/metadata/json/1"),
                ],
                "LyncEnterprise-2",
            ),
            Example::sound(&[
                ("application", "Skype recorder"),
                (IDENTIFIER, "7a1e4b90-6f0d-4c1e-9d53-0b1f5a6c2d11"),
                (METADATA, "https://recorder.fabrikam.com/oauth/metadata"),
                ("application", "LyncEnterprise-1"),
                (IDENTIFIER, LYNC),
                (METADATA, "https://lync.contoso.com/metadata/json/1"),
            ]),
            Example::sound(&[
                ("application", "LyncEnterprise-1"),
                (IDENTIFIER, "00000004-0000-0FF1-CE00-000000000000"),
            ]),
            Example::sound(&[
                ("application", "SharePoint"),
                (IDENTIFIER, "00000003-0000-0ff1-ce00-000000000000"),
                (METADATA, "https://sp.contoso.com/_layouts/15/metadata/json/1"),
            ]),
            Example::sound(&[
                ("application", "Exchange Online"),
                (IDENTIFIER, "00000002-0000-0ff1-ce00-000000000000"),
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG007",
        name: "partner-application-disabled",
        severity: [E, NO, E, NO],
        summary: "the partner application for Lync is disabled",
        why: "Exchange refuses the tokens of a disabled application.",
        remedy: "Enable it with Set-PartnerApplication -Enabled $true.",
        reference: PARTNERS,
        blocks: TRUST,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(One(Kind::PartnerApplication, disabled_application)),
        examples: &[
            Example::seen(
                &[("application", "LyncEnterprise-1"), (IDENTIFIER, LYNC), (METADATA, "x"), (FLAGS, "6")],
                "disabled",
            ),
            Example::sound(&[
                ("application", "LyncEnterprise-1"),
                (IDENTIFIER, LYNC),
                (METADATA, "x"),
                (FLAGS, "1"),
            ]),
            Example::sound(&[("application", "LyncEnterprise-1"), (IDENTIFIER, LYNC), (METADATA, "x")]),
            Example::sound(&[("application", "LyncEnterprise-1"), (IDENTIFIER, LYNC), (FLAGS, "none")]),
            Example::sound(&[
                ("application", "LyncEnterprise-old"),
                (IDENTIFIER, LYNC),
                (METADATA, "https://old.contoso.com/metadata/json/1"),
                (FLAGS, "0"),
                ("application", "LyncEnterprise-new"),
                (IDENTIFIER, LYNC),
                (METADATA, "https://lync.contoso.com/metadata/json/1"),
                (FLAGS, "1"),
            ]),
            Example::sound(&[("application", "SharePoint"), (FLAGS, "0")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG008",
        name: "wrong-partner-metadata-address",
        severity: [E, NO, E, NO],
        summary: "the metadata address of the partner application for Lync is not https://LYNC/metadata/json/1",
        why: "Exchange fetches the certificates by which it knows Lync from this address, and again when they change.",
        remedy: "Set it with Set-PartnerApplication -AuthMetadataUrl https://LYNC/metadata/json/1, with the name of the \
                 Lync pool for LYNC.",
        reference: PARTNERS,
        blocks: TRUST,
        decides: Some(Step::TrustedApplications),
        check: Check::Organisation(One(Kind::PartnerApplication, wrong_metadata)),
        examples: &[
            Example::seen(
                &[
                    ("application", "L"),
                    (IDENTIFIER, LYNC),
                    (METADATA, "http://lync.contoso.com/metadata/json/1"),
                ],
                "`http://lync.contoso.com/metadata/json/1`",
            ),
            Example::seen(
                &[
                    ("application", "L"),
                    (IDENTIFIER, LYNC),
                    (METADATA, "https://ex.contoso.com/autodiscover/metadata/json/1"),
                ],
                "/metadata/json/1",
            ),
            Example::seen(&[("application", "L"), (IDENTIFIER, LYNC), (FLAGS, "1")], "no metadata address"),
            Example::sound(&[
                ("application", "L"),
                (IDENTIFIER, LYNC),
                (METADATA, "HTTPS://lync.contoso.com:443/Metadata/json/1"),
            ]),
            Example::sound(&[("application", "SfBOnline"), (IDENTIFIER, LYNC), (FLAGS, "3")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG009",
        name: "owa-im-type-not-ocs",
        severity: [E, NO, E, NO],
        summary: "a server's Outlook Web App does not take Lync for its instant messages",
        why: "Whoever signs in there sees no presence and can send no instant messages. The type of a new virtual \
              directory is None.",
        remedy: "Run Get-OwaVirtualDirectory -Server SERVER | Set-OwaVirtualDirectory -InstantMessagingEnabled $true \
                 -InstantMessagingType OCS, then recycle MSExchangeOWAAppPool.",
        reference: OWA,
        blocks: IM,
        decides: Some(Step::OutlookWebApp),
        check: Check::Organisation(One(Kind::OutlookWebApp, wrong_im_type)),
        examples: &[
            Example::seen(&[("owa", "owa (Default Web Site)"), (IM_TYPE, "0")], "is None"),
            Example::seen(&[("owa", "owa (Default Web Site)")], "is None"),
            Example::seen(&[("owa", "owa (Default Web Site)"), (IM_TYPE, "2")], "is MSN"),
            Example::sound(&[("owa", "owa (Default Web Site)"), (IM_TYPE, "1")]),
            Example::sound(&[("owa", "owa (Default Web Site)"), (IM_TYPE, "OCS")]),
            Example::sound(&[("owa", "owa (Exchange Back End)")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG010",
        name: "owa-im-disabled",
        severity: [E, NO, E, NO],
        summary: "a server's Outlook Web App has instant messages switched off",
        why: "Whoever signs in there sees no presence and can send no instant messages, whatever the type.",
        remedy: "Run Get-OwaVirtualDirectory -Server SERVER | Set-OwaVirtualDirectory -InstantMessagingEnabled $true, \
                 then recycle MSExchangeOWAAppPool.",
        reference: OWA,
        blocks: IM,
        decides: Some(Step::OutlookWebApp),
        check: Check::Organisation(One(Kind::OutlookWebApp, im_disabled)),
        examples: &[
            Example::seen(
                &[("owa", "owa (Default Web Site)"), (SETTINGS, "-134217729")],
                "InstantMessagingEnabled",
            ),
            Example::sound(&[("owa", "owa (Default Web Site)"), (SETTINGS, "-1")]),
            Example::sound(&[("owa", "owa (Default Web Site)")]),
            Example::sound(&[("owa", "owa (Exchange Back End)"), (SETTINGS, "0")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG011",
        name: "no-office365-auth-server",
        severity: [NO, NO, E, NO],
        summary: "there is no authentication service of Office 365 in Exchange",
        why: "Exchange and Exchange Online cannot believe one another who they are; online meetings cannot be scheduled \
              in Outlook Web App.",
        remedy: "Run the Hybrid Configuration Wizard again, or New-AuthServer -Name WindowsAzureACS -AuthMetadataUrl \
                 https://accounts.accesscontrol.windows.net/TENANT/metadata/json/1.",
        reference: OAUTH,
        blocks: MEETINGS,
        decides: Some(Step::Office365Trust),
        check: Check::Organisation(Forest(no_auth_server)),
        examples: &[
            Example::seen(&[("exchange schema", "15312")], "none is of Office 365"),
            Example::seen(
                &[
                    ("server", "ADFS"),
                    (METADATA, "https://sts.contoso.com/federationmetadata/2007-06/federationmetadata.xml"),
                ],
                "none is of Office 365",
            ),
            Example::seen(
                &[
                    ("server", "Microsoft ADFS"),
                    (METADATA, "https://sts.contoso.com/federationmetadata/2007-06/federationmetadata.xml"),
                    (TYPE, "4"),
                ],
                "none is of Office 365",
            ),
            Example::seen(
                &[
                    ("server", "Azure"),
                    (METADATA, "https://sts.contoso.com/federationmetadata/2007-06/federationmetadata.xml"),
                ],
                "none is of Office 365",
            ),
            Example::seen(&[("server", "Microsoft ADFS"), (TYPE, "4")], "none is of Office 365"),
            Example::sound(&[("server", "Azure AD"), (TYPE, "5")]),
            Example::sound(&[
                ("server", "ACS - 9f1c"),
                (METADATA, "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"),
                (FLAGS, "0"),
            ]),
            Example::sound(&[("unread", "server")]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG012",
        name: "office365-auth-server-disabled",
        severity: [NO, NO, E, NO],
        summary: "the authentication service of Office 365 is disabled in Exchange",
        why: "Exchange refuses tokens that a disabled service has signed.",
        remedy: "Enable it with Set-AuthServer -Enabled $true.",
        reference: OAUTH,
        blocks: MEETINGS,
        decides: Some(Step::Office365Trust),
        check: Check::Organisation(One(Kind::AuthServer, disabled_auth_server)),
        examples: &[
            Example::seen(
                &[
                    ("server", "ACS - 9f1c"),
                    (METADATA, "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"),
                    (FLAGS, "2"),
                ],
                "disabled",
            ),
            Example::sound(&[
                ("server", "ACS - 9f1c"),
                (METADATA, "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"),
                (FLAGS, "1"),
            ]),
            Example::sound(&[
                ("server", "ACS - 9f1c"),
                (METADATA, "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"),
                (FLAGS, "0"),
                ("server", "EvoSts - 9f1c"),
                (
                    METADATA,
                    "https://login.windows.net/contoso.com/federationmetadata/2007-06/federationmetadata.xml",
                ),
                (FLAGS, "3"),
            ]),
            Example::sound(&[("server", "ADFS"), (METADATA, "https://sts.contoso.com/x"), (FLAGS, "0")]),
            Example::sound(&[
                ("server", "Microsoft ADFS"),
                (METADATA, "https://sts.contoso.com/x"),
                (TYPE, "4"),
                (FLAGS, "0"),
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ORG013",
        name: "wrong-auth-metadata-address",
        severity: [NO, NO, E, NO],
        summary: "the metadata address of the authentication service of Office 365 does not lead to Microsoft over https",
        why: "Exchange fetches the certificates by which it knows the service from this address.",
        remedy: "Set it with Set-AuthServer -AuthMetadataUrl \
                 https://accounts.accesscontrol.windows.net/TENANT/metadata/json/1.",
        reference: OAUTH,
        blocks: MEETINGS,
        decides: Some(Step::Office365Trust),
        check: Check::Organisation(One(Kind::AuthServer, wrong_auth_metadata)),
        examples: &[
            Example::seen(
                &[
                    ("server", "ACS - 9f1c"),
                    (METADATA, "https://accounts.contoso.com/metadata/json/1"),
                    (TYPE, "1"),
                ],
                "`https://accounts.contoso.com/metadata/json/1`",
            ),
            Example::seen(
                &[("server", "ACS"), (METADATA, "https://evil.blob.core.windows.net/x/metadata/json/1")],
                "does not lead to Microsoft",
            ),
            Example::seen(
                &[
                    ("server", "ACS"),
                    (METADATA, "https://accounts.accesscontrol.windows.net//metadata/json/1"),
                ],
                "/metadata/json/1",
            ),
            Example::sound(&[
                ("server", "EvoSts"),
                (METADATA, "https://sts.windows.net/x/federationmetadata/2007-06/federationmetadata.xml"),
            ]),
            Example::sound(&[
                ("server", "Microsoft ADFS"),
                (METADATA, "https://sts.contoso.com/federationmetadata/2007-06/federationmetadata.xml"),
                (TYPE, "4"),
            ]),
            Example::seen(
                &[
                    ("server", "ACS"),
                    (METADATA, "http://accounts.accesscontrol.windows.net/x/metadata/json/1"),
                ],
                "https",
            ),
            Example::seen(
                &[("server", "ACS"), (METADATA, "https://accounts.accesscontrol.windows.net/x/metadata")],
                "/metadata/json/1",
            ),
            Example::seen(&[("server", "MicrosoftACS")], "no metadata address"),
            Example::sound(&[
                ("server", "ACS"),
                (METADATA, "https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1"),
            ]),
            Example::sound(&[
                ("server", "EvoSts"),
                (
                    METADATA,
                    "https://login.microsoftonline.com/x/federationmetadata/2007-06/federationmetadata.xml",
                ),
            ]),
            Example::sound(&[("server", "ADFS"), (METADATA, "http://sts.contoso.com/x")]),
        ],
        ..Rule::BLANK
    },
];

fn no_exchange(seen: &Configuration, _: &Context, out: &mut Sink<'_>) {
    if out.needs_shown(seen.unread_version(Kind::ExchangeSchema).is_none())
        && seen.objects(Kind::ExchangeSchema).is_empty()
    {
        out.fire(EXCHANGE_SCHEMA, "", "the schema was never prepared for Exchange: it has no version");
    }
}

fn old_exchange(seen: &Configuration, _: &Context, out: &mut Sink<'_>) {
    out.needs_shown(seen.unread_version(Kind::ExchangeSchema).is_none());
    if let Some(version) = seen.version(Kind::ExchangeSchema).filter(|&version| version < EXCHANGE_2013) {
        let name = exchange_version(version);
        out.fire(EXCHANGE_SCHEMA, version, format!("the version of the schema is {version}, of {name}"));
    }
}

fn no_lync(seen: &Configuration, _: &Context, out: &mut Sink<'_>) {
    if out.needs_shown(seen.unread_version(Kind::LyncSchema).is_none())
        && seen.objects(Kind::LyncSchema).is_empty()
    {
        let message = "the schema was never prepared for Lync: no user can have msRTCSIP-PrimaryUserAddress, which is \
                       then normal";
        out.fire(LYNC_SCHEMA, "", message);
    }
}

fn old_lync(seen: &Configuration, _: &Context, out: &mut Sink<'_>) {
    out.needs_shown(seen.unread_version(Kind::LyncSchema).is_none());
    if let Some(version) = seen.version(Kind::LyncSchema).filter(|&version| version < LYNC_2013) {
        let name = lync_version(version);
        out.fire(LYNC_SCHEMA, version, format!("the version of the schema is {version}, of {name}"));
    }
}

fn no_application(seen: &Configuration, _: &Context, out: &mut Sink<'_>) {
    let all = seen.objects(Kind::PartnerApplication);
    if all.iter().any(|one| is_for_lync(one) || is_mistaken(seen, one)) {
        return;
    }
    if out.needs_shown(seen.unread(Kind::PartnerApplication).is_none()) {
        let message = if all.iter().any(is_of_lync) {
            format!(
                "the application with the identifier {LYNC} is for Skype for Business Online alone: it has no metadata \
                     address of a Lync server"
            )
        } else {
            format!("of {} partner applications none with the identifier {LYNC} is there", all.len())
        };
        out.fire(APPLICATION, "", message);
    }
}

fn wrong_identifier((seen, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    if !is_mistaken(seen, one) {
        return;
    }
    let own = one.text(IDENTIFIER);
    let has = if own.is_empty() {
        "has no identifier".to_owned()
    } else {
        format!("has the identifier `{}`", visible(&own))
    };
    out.fire(IDENTIFIER, &own, format!("`{}` {has}; Lync's is {LYNC}", visible(&name(one))));
}

fn disabled_application((seen, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    if is_for_lync(one) && !is_superseded(seen, Kind::PartnerApplication, one) && out.holds(is_off(one)) {
        out.fire(
            FLAGS,
            one.text(FLAGS),
            format!("`{}` is disabled: the lowest bit is not set", visible(&name(one))),
        );
    }
}

fn wrong_metadata((seen, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    let judged = is_for_lync(one) && !is_superseded(seen, Kind::PartnerApplication, one);
    if let (true, Err(what)) = (judged, of_lync_pool(one)) {
        out.fire(METADATA, one.text(METADATA), what);
    }
}

fn wrong_im_type((_, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    let Some(server) = server(one) else { return };
    let text = one.text(IM_TYPE);
    let type_name = match (text.is_empty(), one.number(IM_TYPE)) {
        (true, _) | (_, Some(0)) => "None".to_owned(),
        (_, Some(1)) => return,
        (_, Some(2)) => "MSN".to_owned(),
        (_, Some(other)) => format!("{other}, which is unknown"),
        (false, None) => return out.not_evaluated(),
    };
    out.fire(
        IM_TYPE,
        &text,
        format!("InstantMessagingType of {} is {type_name}, not OCS (1)", visible(&server)),
    );
}

fn im_disabled((_, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    /// The bit of `msExchMailboxFolderSet` that is `InstantMessagingEnabled`.
    const ENABLED: i64 = 1 << 27;
    let Some(server) = server(one) else { return };
    let text = one.text(SETTINGS);
    if text.is_empty() {
        // It is on unless it was switched off.
        return;
    }
    match one.number(SETTINGS) {
        None => out.not_evaluated(),
        Some(set) if set & ENABLED == 0 => {
            let message = format!("InstantMessagingEnabled of {} is False", visible(&server));
            out.fire(SETTINGS, &text, message);
        }
        Some(_) => {}
    }
}

fn no_auth_server(seen: &Configuration, _: &Context, out: &mut Sink<'_>) {
    let all = seen.objects(Kind::AuthServer);
    if !all.iter().any(is_microsoft) && out.needs_shown(seen.unread(Kind::AuthServer).is_none()) {
        out.fire(AUTH_SERVER, "", format!("of {} authorization servers none is of Office 365", all.len()));
    }
}

fn disabled_auth_server((seen, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    if is_microsoft(one) && !is_superseded(seen, Kind::AuthServer, one) && out.holds(is_off(one)) {
        out.fire(
            FLAGS,
            one.text(FLAGS),
            format!("`{}` is disabled: the lowest bit is not set", visible(&name(one))),
        );
    }
}

fn wrong_auth_metadata((seen, one): (&Configuration, &Object), _: &Context, out: &mut Sink<'_>) {
    if !is_microsoft(one) || is_superseded(seen, Kind::AuthServer, one) {
        return;
    }
    match of_microsoft(one) {
        Address::Right => {}
        Address::Unsure => out.not_evaluated(),
        Address::Wrong(what) => {
            out.fire(METADATA, one.text(METADATA), what);
        }
    }
}
