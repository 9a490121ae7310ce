//! What was read of the configuration partition, judged: the checks of steps 4 and 5, and of Exchange's side of step 6.

use super::super::verdict::Plan;
use super::super::{Scenario, all};
use super::by_hand::applies;
use super::org::{APPLICATION, AUTH_SERVER, EXCHANGE_SCHEMA, LYNC_SCHEMA};
use super::partner::{
    Address, FLAGS, IDENTIFIER, IM_TYPE, LYNC, METADATA, SETTINGS, is_for_lync, is_microsoft, is_mistaken,
    is_off, is_superseded, name, of_microsoft, server,
};
use super::{Look, Organisation};
use crate::model::Tri;
use crate::model::configuration::{Configuration, Kind, Object, exchange_version, lync_version};
use crate::model::organisation::{Check, State};

/// A check, and the rule without which it says nothing.
struct Row {
    code: &'static str,
    check: Check,
}

/// Runs the rules of the plan on what was read.
#[must_use]
pub fn judged(plan: &Plan, seen: &Configuration) -> Organisation {
    let (mut organisation, context) = (Organisation::default(), &plan.context);
    let whole = chosen(plan, whole(seen));
    organisation.judge(plan, (&seen.base, &seen.server), whole, |look, out| {
        let Look::Forest(rule) = look else { return false };
        rule(seen, context, out);
        true
    });
    for (kind, step) in [(Kind::PartnerApplication, 4), (Kind::OutlookWebApp, 5), (Kind::AuthServer, 6)] {
        if !applies(context.scenario, step) {
            continue;
        }
        for object in seen.objects(kind).iter().filter(|object| is_judged(seen, kind, object)) {
            let rows = chosen(plan, rows(kind, step, object));
            organisation.judge(plan, (&object.told(), &seen.server), rows, |look, out| match look {
                Look::One(of, rule) if of == kind => {
                    rule((seen, object), context, out);
                    true
                }
                _ => false,
            });
        }
    }
    for check in unread(context.scenario, seen) {
        organisation.note(check);
    }
    organisation.notes = found(seen);
    organisation
}

/// The checks of rules that are run in the scenario.
fn chosen(plan: &Plan, rows: Vec<Row>) -> Vec<Check> {
    let runs = |code: &str| {
        let place = all().position(|rule| rule.code == code);
        place.is_some_and(|place| plan.organisation.has(place))
    };
    let rows =
        rows.into_iter().filter(|row| runs(row.code) && applies(plan.context.scenario, row.check.step));
    rows.map(|row| row.check).collect()
}

/// Whether an object says anything of Lync or of Office 365.
fn is_judged(seen: &Configuration, kind: Kind, object: &Object) -> bool {
    match kind {
        Kind::PartnerApplication => {
            (is_for_lync(object) && !is_superseded(seen, kind, object)) || is_mistaken(seen, object)
        }
        Kind::AuthServer => is_microsoft(object) && !is_superseded(seen, kind, object),
        Kind::OutlookWebApp => server(object).is_some(),
        _ => false,
    }
}

fn row(
    step: u8,
    code: &'static str,
    about: &str,
    field: &'static str,
    found: String,
    expected: String,
) -> Row {
    let (state, codes, note) = (State::Passed, Vec::new(), String::new());
    Row { code, check: Check { step, state, about: about.to_owned(), field, codes, found, expected, note } }
}

impl Row {
    /// The same, not evaluated for this reason if there is one.
    fn unless(mut self, unread: Option<&str>) -> Self {
        if let Some(why) = unread {
            self.check.state = State::NotEvaluated;
            why.clone_into(&mut self.check.note);
        }
        self
    }
}

/// The checks of the whole.
fn whole(seen: &Configuration) -> Vec<Row> {
    let version = |kind: Kind, named: fn(i64) -> &'static str| {
        seen.version(kind).map_or(String::new(), |version| format!("{version} ({})", named(version)))
    };
    let names = |kind: Kind, wanted: &dyn Fn(&Object) -> bool| {
        seen.objects(kind).iter().filter(|object| wanted(object)).map(name).collect::<Vec<_>>().join("; ")
    };
    let lync = |object: &Object| is_for_lync(object) || is_mistaken(seen, object);
    let row = |step, code, field, found: String, expected: &str, kind| {
        // Something that was found is enough, even where there may be more.
        let unread = seen.unread_version(kind).filter(|_| found.is_empty());
        row(step, code, "", field, found.clone(), expected.to_owned()).unless(unread)
    };
    let (exchange, old_lync) = ("15137 (Exchange 2013) or more", "1150 (Lync Server 2013) or more");
    vec![
        row(
            4,
            "ORG001",
            EXCHANGE_SCHEMA,
            version(Kind::ExchangeSchema, exchange_version),
            exchange,
            Kind::ExchangeSchema,
        ),
        row(4, "ORG003", LYNC_SCHEMA, version(Kind::LyncSchema, lync_version), old_lync, Kind::LyncSchema),
        row(
            4,
            "ORG005",
            APPLICATION,
            names(Kind::PartnerApplication, &lync),
            &format!("an application with the identifier {LYNC}"),
            Kind::PartnerApplication,
        ),
        row(
            6,
            "ORG011",
            AUTH_SERVER,
            names(Kind::AuthServer, &is_microsoft),
            "the authentication service of Office 365",
            Kind::AuthServer,
        ),
    ]
}

/// The checks of one object.
fn rows(kind: Kind, step: u8, object: &Object) -> Vec<Row> {
    let about = object.told();
    let of = |code, field: &'static str, expected: &str| {
        row(step, code, &about, field, object.text(field).into_owned(), expected.to_owned())
    };
    let no_number = |field: &str| {
        let garbage = !object.text(field).is_empty() && object.number(field).is_none();
        garbage.then_some("what stands there is no number")
    };
    let enabled = "an odd number, or nothing: Enabled True";
    let unsure = matches!(of_microsoft(object), Address::Unsure)
        .then_some("it is Microsoft's, and none that is documented");
    let flags = (is_off(object) == Tri::Unknown).then_some("what stands there is no number");
    match kind {
        Kind::PartnerApplication => vec![
            of("ORG006", IDENTIFIER, LYNC),
            of("ORG007", FLAGS, enabled).unless(flags),
            of("ORG008", METADATA, "https://LYNC/metadata/json/1"),
        ],
        Kind::AuthServer => vec![
            of("ORG012", FLAGS, enabled).unless(flags),
            of(
                "ORG013",
                METADATA,
                "https://accounts.accesscontrol.windows.net/TENANT/metadata/json/1, or that of Azure AD",
            )
            .unless(unsure),
        ],
        _ => vec![
            of("ORG009", IM_TYPE, "1: InstantMessagingType OCS").unless(no_number(IM_TYPE)),
            of("ORG010", SETTINGS, "bit 27 set, or nothing: InstantMessagingEnabled True")
                .unless(no_number(SETTINGS)),
        ],
    }
}

/// What could not be read beside that, each with the step that it is of use for.
fn unread(scenario: Scenario, seen: &Configuration) -> Vec<Check> {
    let check = |step: u8, state: State, field: &'static str, note: String| Check {
        step,
        state,
        about: String::new(),
        field,
        codes: Vec::new(),
        found: String::new(),
        expected: String::new(),
        note,
    };
    let mut checks = Vec::new();
    for (kind, step) in [
        (Kind::ExchangeSchema, 4),
        (Kind::LyncSchema, 4),
        (Kind::Organisation, 4),
        (Kind::Server, 5),
        (Kind::AcceptedDomain, 3),
        (Kind::OutlookWebApp, 5),
        (Kind::SipDomain, 1),
        (Kind::Pool, 4),
        (Kind::UpnSuffixes, 2),
    ] {
        // The versions have rows of their own where the scenario has the step.
        let own = matches!(kind, Kind::ExchangeSchema | Kind::LyncSchema) && applies(scenario, step);
        let needed = kind != Kind::OutlookWebApp || applies(scenario, step);
        // What is missing for the same reason as what depends on it is told with that.
        let told = |why: &str| {
            let dependent = [Kind::AcceptedDomain, Kind::OutlookWebApp];
            matches!(kind, Kind::Organisation | Kind::Server)
                && dependent.iter().any(|&other| seen.unread(other) == Some(why))
        };
        if let Some(why) = seen.unread_version(kind).filter(|why| !own && needed && !told(why)) {
            checks.push(check(step, State::NotEvaluated, kind.class(), format!("{}: {why}", kind.told())));
        }
    }
    let shown = seen.objects(Kind::OutlookWebApp).iter().any(|object| server(object).is_some());
    if !shown && seen.unread(Kind::OutlookWebApp).is_none() && applies(scenario, 5) {
        let note = "no server of this forest has one in which people sign in; Get-OwaVirtualDirectory shows those that there are";
        checks.push(check(5, State::ByHand, Kind::OutlookWebApp.class(), note.to_owned()));
    }
    checks
}

/// What was found that no rule judges.
fn found(seen: &Configuration) -> Vec<String> {
    let mut notes = Vec::new();
    for (kind, field) in [
        (Kind::SipDomain, "msRTCSIP-DomainName"),
        (Kind::AcceptedDomain, "msExchAcceptedDomainName"),
        (Kind::UpnSuffixes, "uPNSuffixes"),
        (Kind::Pool, "dNSHostName"),
    ] {
        let mut texts: Vec<String> =
            seen.objects(kind).iter().flat_map(|object| object.texts(field)).map(Into::into).collect();
        texts.sort();
        if seen.unread(kind).is_none() {
            let list = if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
            notes.push(format!("{}: {list}", kind.told()));
        }
    }
    for (kind, what, named) in [
        (Kind::ExchangeSchema, "Exchange", exchange_version as fn(i64) -> &'static str),
        (Kind::LyncSchema, "Lync", lync_version),
    ] {
        if seen.unread_version(kind).is_some() {
            continue;
        }
        notes.push(match seen.version(kind) {
            Some(version) => format!("{}: {version}, {}", kind.told(), named(version)),
            None => format!("the schema of the forest was never prepared for {what}"),
        });
        let normal = kind == Kind::LyncSchema && seen.objects(kind).is_empty();
        if normal {
            notes.push("that no user has msRTCSIP-PrimaryUserAddress is normal in this forest".to_owned());
        }
    }
    notes
}
