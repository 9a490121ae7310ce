//! What the objects of Exchange are: which application is Lync's, which server Microsoft's, which directory whose.

use crate::model::Tri;
use crate::model::configuration::{Configuration, Kind, Object};
use crate::model::text::visible;

/// The attribute with the identifier of an application.
pub(super) const IDENTIFIER: &str = "msExchAuthApplicationIdentifier";
/// The attribute with the address of the metadata.
pub(super) const METADATA: &str = "msExchAuthMetadataUrl";
/// The attribute with the bits Enabled (1) and, of an application, `UseAuthServer` (2).
pub(super) const FLAGS: &str = "msExchAuthFlags";
/// The attribute with `InstantMessagingType`: 0 None, 1 OCS, 2 MSN.
pub(super) const IM_TYPE: &str = "msExchOWAIMProviderType";
/// The attribute with what a virtual directory has switched on.
pub(super) const SETTINGS: &str = "msExchMailboxFolderSet";
/// The identifier of Lync, of Skype for Business Server and of Skype for Business Online.
pub(super) const LYNC: &str = "00000004-0000-0ff1-ce00-000000000000";

const ISSUER: &str = "msExchAuthIssuingUrl";
/// The attribute with what a server is: 1 Azure Access Control, 2 Facebook, 3 `LinkedIn`, 4 AD FS, 5 Azure AD.
pub(super) const TYPE: &str = "msExchAuthAuthServerType";
/// What stands in an address behind the name of a Lync pool.
const LYNC_PATH: &str = "/metadata/json/1";
/// Domains of Microsoft under which tokens are issued, in each of its clouds. Deeper below some of them customers have
/// names of their own, such as contoso.blob.core.windows.net.
const MICROSOFT: [&str; 9] = [
    ".microsoft.com",
    ".windows.net",
    ".microsoftonline.com",
    ".microsoftonline.us",
    ".microsoftonline.de",
    ".microsoftonline.cn",
    ".chinacloudapi.cn",
    ".usgovcloudapi.net",
    ".cloudapi.de",
];

/// The name of an object.
pub(super) fn name(object: &Object) -> String {
    object.names().into_iter().next().unwrap_or_default()
}

/// Whether an application has Lync's identifier, whichever Lync it is.
pub(super) fn is_of_lync(application: &Object) -> bool {
    application.text(IDENTIFIER).trim().eq_ignore_ascii_case(LYNC)
}

/// Whether it is for Lync on-premises. The one for Skype for Business Online has the same identifier; Exchange knows it
/// by an authorization server and not by metadata of its own.
pub(super) fn is_for_lync(application: &Object) -> bool {
    let online = application.text(METADATA).is_empty()
        && application.number(FLAGS).is_some_and(|flags| flags & 2 != 0);
    is_of_lync(application) && !online
}

/// Whether it is meant for Lync by its name or its address, although its identifier may say otherwise.
pub(super) fn looks_like_lync(application: &Object) -> bool {
    let name = name(application).to_lowercase();
    let named = ["lync", "skype", "sfbserver"].iter().any(|word| name.contains(word));
    let online = name.contains("online");
    (named && !online) || is_addressed_at_lync(application)
}

fn is_addressed_at_lync(application: &Object) -> bool {
    split(&application.text(METADATA)).is_some_and(|(_, _, path)| path.eq_ignore_ascii_case(LYNC_PATH))
}

/// Whether an application or a server is disabled. Exchange takes one without the attribute for enabled.
pub(super) fn is_off(object: &Object) -> Tri {
    if object.text(FLAGS).is_empty() {
        return Tri::No;
    }
    object.number(FLAGS).map_or(Tri::Unknown, |flags| Tri::from(flags & 1 == 0))
}

/// Whether an application for Lync is there that is as it should be.
fn has_sound_application(seen: &Configuration) -> bool {
    let sound = |one: &Object| is_for_lync(one) && of_lync_pool(one).is_ok() && is_off(one) == Tri::No;
    seen.objects(Kind::PartnerApplication).iter().any(sound)
}

/// Whether an application or a server is disabled and another one of its kind is as it should be: nothing needs it.
pub(super) fn is_superseded(seen: &Configuration, kind: Kind, object: &Object) -> bool {
    let sound = |one: &Object| {
        is_microsoft(one) && !matches!(of_microsoft(one), Address::Wrong(_)) && is_off(one) == Tri::No
    };
    is_off(object).yes()
        && match kind {
            Kind::PartnerApplication => has_sound_application(seen),
            _ => seen.objects(Kind::AuthServer).iter().any(sound),
        }
}

/// Whether an application is meant for Lync and has another identifier. One that has but the name of Lync may be
/// somebody else's; beside a sound one it is not taken for Lync's.
pub(super) fn is_mistaken(seen: &Configuration, application: &Object) -> bool {
    !is_of_lync(application)
        && looks_like_lync(application)
        && !is_superseded(seen, Kind::PartnerApplication, application)
        && (is_addressed_at_lync(application) || !has_sound_application(seen))
}

/// The metadata address of an application for Lync; the error says what is wrong with it.
pub(super) fn of_lync_pool(application: &Object) -> Result<(), String> {
    let text = application.text(METADATA);
    let wrong = |what: &str| Err(format!("`{}` {what}; it must be https://LYNC{LYNC_PATH}", visible(&text)));
    if text.is_empty() {
        return Err(format!("there is no metadata address; it must be https://LYNC{LYNC_PATH}"));
    }
    match split(&text) {
        None => wrong("is no address"),
        Some((scheme, ..)) if !scheme.eq_ignore_ascii_case("https") => wrong("is not https"),
        Some((_, host, _)) if !is_host(host) => wrong("names no server"),
        Some((_, _, path)) if !path.eq_ignore_ascii_case(LYNC_PATH) => {
            wrong("is not the address of Lync's metadata")
        }
        Some(_) => Ok(()),
    }
}

/// Whether a server is Microsoft's, by its addresses, its type (1: Azure Access Control), or by the names that the wizard
/// and the documentation give it. A name decides nothing where the type or an address is somebody else's.
pub(super) fn is_microsoft(server: &Object) -> bool {
    let name = name(server).to_lowercase();
    let named = ["acs", "microsoft", "evosts", "azure", "windowsazure", "office365", "office 365", "o365"];
    let has = |attribute: &str, wanted: fn(&str, &str) -> bool| {
        split(&server.text(attribute)).is_some_and(|(scheme, host, _)| wanted(scheme, host))
    };
    let service: fn(&str, &str) -> bool = |_, host| is_access_control(host) || is_login(host);
    let theirs: fn(&str, &str) -> bool = |_, host| is_theirs(host);
    let foreign: fn(&str, &str) -> bool =
        |scheme, host| scheme.eq_ignore_ascii_case("https") && is_host(host) && !is_theirs(host);
    if has(METADATA, service) {
        return true;
    }
    let kind = server.number(TYPE);
    let others = kind.is_some_and(|kind| !matches!(kind, 0 | 1 | 5));
    !others
        && (has(METADATA, theirs)
            || has(ISSUER, theirs)
            || kind == Some(1)
            || (named.iter().any(|word| name.starts_with(word))
                && !has(METADATA, foreign)
                && !has(ISSUER, foreign)))
}

/// What is said of an address.
pub(super) enum Address {
    /// It is one that is documented.
    Right,
    /// It may be right.
    Unsure,
    /// It is wrong for this reason.
    Wrong(String),
}

/// The metadata address of Microsoft's server.
pub(super) fn of_microsoft(server: &Object) -> Address {
    const NEEDED: &str =
        "https://accounts.accesscontrol.windows.net/TENANT/metadata/json/1, or that of Azure AD";
    let text = server.text(METADATA);
    if text.is_empty() {
        return Address::Wrong(format!("there is no metadata address; it must be {NEEDED}"));
    }
    let wrong = |what: &str| Address::Wrong(format!("`{}` {what}; it must be {NEEDED}", visible(&text)));
    let Some((scheme, host, path)) = split(&text) else { return wrong("is no address") };
    let path = path.to_ascii_lowercase();
    if !scheme.eq_ignore_ascii_case("https") {
        wrong("is not https")
    } else if !is_theirs(host) || is_of_customer(host) {
        wrong("does not lead to Microsoft")
    } else if is_access_control(host) {
        let tenant = path.strip_prefix('/').and_then(|path| path.strip_suffix(LYNC_PATH));
        match tenant {
            Some(tenant) if !tenant.is_empty() && !tenant.contains(['/', '?', '#']) => Address::Right,
            // Written in another way it may do as well: with a last `/`, or with the tenant behind a `?`.
            _ if path.ends_with("/metadata/json/1/") || path.contains("/metadata/json/1?") => Address::Unsure,
            _ if path.contains("/metadata/json/1/?") => Address::Unsure,
            _ => wrong("is not the address of metadata"),
        }
    } else if is_login(host) && ["federationmetadata", ".well-known"].iter().any(|word| path.contains(word)) {
        Address::Right
    } else if ["metadata", ".well-known"].iter().any(|word| path.contains(word)) {
        Address::Unsure
    } else {
        wrong("is not the address of metadata")
    }
}

/// The server of a virtual directory in which people sign in; `None` for the one behind it, which has settings of its own
/// that nobody reads.
pub(super) fn server(directory: &Object) -> Option<String> {
    let names = directory.names();
    // The others of this class are those of Exchange 2000 and 2003.
    let older = ["exchange (", "public (", "exchweb (", "exadmin ("];
    let behind = names.first().map(|name| name.to_lowercase()).is_some_and(|name| {
        name.contains("exchange back end") || older.iter().any(|other| name.starts_with(other))
    });
    // owa (Default Web Site), HTTP, Protocols, SERVER, Servers, ...
    let at = names.iter().position(|name| name.eq_ignore_ascii_case("Protocols"));
    let server = at.and_then(|at| names.get(at + 1)).or(names.first());
    server.filter(|_| !behind).cloned()
}

/// Scheme, host and path of an address.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    Some((scheme, host, path))
}

fn is_host(host: &str) -> bool {
    let good = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.split('.').all(good)
}

fn is_theirs(host: &str) -> bool {
    labels(host).is_some()
}

/// The names of a host before Microsoft's domain, folded; `None` when it is not Microsoft's.
fn labels(host: &str) -> Option<String> {
    let domain = MICROSOFT.iter().find(|domain| is_host(host) && ends_with(host, domain))?;
    Some(host[..host.len() - domain.len()].to_ascii_lowercase())
}

fn is_access_control(host: &str) -> bool {
    labels(host).is_some_and(|labels| labels == "accounts.accesscontrol")
}

fn is_login(host: &str) -> bool {
    labels(host).is_some_and(|labels| matches!(labels.as_str(), "login" | "login.partner" | "login-us"))
}

/// Whether a name is so deep in Microsoft's domains that a customer may have chosen it.
fn is_of_customer(host: &str) -> bool {
    labels(host).is_some_and(|labels| labels.contains('.')) && !is_access_control(host) && !is_login(host)
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len() >= end.len()
        && text.is_char_boundary(text.len() - end.len())
        && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(split("https://a.b:443/c/d"), Some(("https", "a.b", "/c/d")));
        assert_eq!(split("https://a.b"), Some(("https", "a.b", "")));
        assert_eq!(split("lync"), None);
        for bad in ["", "a..b", "-a.b", "a b.c", "a@b", "é.com"] {
            assert!(!is_host(bad), "{bad}");
        }
        assert!(is_theirs("Accounts.AccessControl.Windows.net") && !is_theirs("windows.net.contoso.com"));
        assert!(!is_theirs("evilwindows.net") && !ends_with("é", ".windows.net"));
        assert!(
            is_access_control("accounts.AccessControl.chinacloudapi.cn") && is_login("Login.Windows.net")
        );
        assert!(is_of_customer("evil.blob.core.windows.net") && !is_of_customer("sts.windows.net"));
        assert!(
            is_of_customer("contoso.accesscontrol.windows.net")
                && is_login("login.partner.microsoftonline.cn")
        );
    }

    #[test]
    fn addresses_of_metadata() {
        let of = |address: &str| {
            let values = vec![(METADATA, address.into())];
            match of_microsoft(&Object { dn: b"CN=ACS".to_vec(), values }) {
                Address::Right => 'r',
                Address::Unsure => 'u',
                Address::Wrong(_) => 'w',
            }
        };
        for (address, expected) in [
            ("https://accounts.accesscontrol.windows.net/contoso.com/metadata/json/1", 'r'),
            ("https://Accounts.AccessControl.chinacloudapi.cn:443/x/Metadata/JSON/1", 'r'),
            ("https://accounts.accesscontrol.windows.net/metadata/json/1", 'w'),
            ("https://accounts.accesscontrol.windows.net//metadata/json/1", 'w'),
            ("https://accounts.accesscontrol.windows.net/a/b/metadata/json/1", 'w'),
            ("https://accounts.accesscontrol.windows.net/x/metadata", 'w'),
            ("https://accounts.accesscontrol.windows.net", 'w'),
            ("https://accounts.accesscontrol.windows.net/x/metadata/json/1/", 'u'),
            ("https://accounts.accesscontrol.windows.net/metadata/json/1/?realm=contoso.com", 'u'),
            ("https://contoso.accesscontrol.windows.net/x/metadata/json/1", 'w'),
            ("https://evil.blob.core.windows.net/x/metadata/json/1", 'w'),
            ("https://evil.cloudapp.chinacloudapi.cn/federationmetadata/x.xml", 'w'),
            ("https://login.windows.net.evil.com/x/federationmetadata/x.xml", 'w'),
            ("https://login.windows.net@evil.com/x/federationmetadata/x.xml", 'w'),
            ("https://login.windows.net/common/federationmetadata/2007-06/federationmetadata.xml", 'r'),
            ("https://login.windows.net/t/FederationMetadata/2007-06/FederationMetadata.xml", 'r'),
            ("https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration", 'r'),
            ("https://login.microsoftonline.us/t/federationmetadata/2007-06/federationmetadata.xml", 'r'),
            ("https://login.partner.microsoftonline.cn/t/.well-known/openid-configuration", 'r'),
            ("https://login.chinacloudapi.cn/t/federationmetadata/2007-06/federationmetadata.xml", 'r'),
            ("https://login.microsoftonline.com/t/metadata/json/1", 'u'),
            ("https://sts.windows.net/t/federationmetadata/2007-06/federationmetadata.xml", 'u'),
            ("https://login.windows.net/", 'w'),
            ("http://login.windows.net/t/federationmetadata/2007-06/federationmetadata.xml", 'w'),
        ] {
            assert_eq!(of(address), expected, "{address}");
        }
    }

    #[test]
    fn servers_of_directories() {
        let of = |dn: &str| server(&Object { dn: dn.into(), values: Vec::new() });
        let below = "CN=HTTP,CN=Protocols,CN=EX\\,1,CN=Servers,CN=x";
        assert_eq!(of(&format!("CN=owa (Default Web Site),{below}")).as_deref(), Some("EX,1"));
        assert_eq!(of(&format!("CN=owa (Exchange Back End),{below}")), None);
        assert_eq!(of(&format!("CN=Exchange (Default Web Site),{below}")), None);
        assert_eq!(of("CN=owa").as_deref(), Some("owa"));
    }
}
