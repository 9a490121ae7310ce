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
const TYPE: &str = "msExchAuthAuthServerType";
/// What stands in an address behind the name of a Lync pool.
const LYNC_PATH: &str = "/metadata/json/1";
/// Domains of Microsoft under which tokens are issued, in each of its clouds.
const MICROSOFT: [&str; 8] = [
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
    let addressed =
        split(&application.text(METADATA)).is_some_and(|(_, _, path)| path.eq_ignore_ascii_case(LYNC_PATH));
    (named && !online) || addressed
}

/// Whether an application or a server is disabled. Exchange takes one without the attribute for enabled.
pub(super) fn is_off(object: &Object) -> Tri {
    if object.text(FLAGS).is_empty() {
        return Tri::No;
    }
    object.number(FLAGS).map_or(Tri::Unknown, |flags| Tri::from(flags & 1 == 0))
}

/// Whether an application or a server is disabled and another one like it is as it should be: nothing needs it.
pub(super) fn is_superseded(seen: &Configuration, object: &Object) -> bool {
    let sound = |other: &&Object, right: bool| right && is_off(other) == Tri::No;
    let applications = seen.objects(Kind::PartnerApplication).iter();
    let servers = seen.objects(Kind::AuthServer).iter();
    is_off(object).yes()
        && if is_of_lync(object) {
            applications
                .filter(|other| sound(other, is_for_lync(other) && of_lync_pool(other).is_ok()))
                .count()
                > 0
        } else {
            servers.filter(|other| sound(other, is_microsoft(other) && of_microsoft(other).is_ok())).count()
                > 0
        }
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
/// and the documentation give it.
pub(super) fn is_microsoft(server: &Object) -> bool {
    let name = name(server).to_lowercase();
    let named = ["acs", "microsoft", "evosts", "azure", "windowsazure", "office365", "office 365", "o365"];
    let theirs = |attribute: &str| split(&server.text(attribute)).is_some_and(|(_, host, _)| is_theirs(host));
    theirs(METADATA)
        || theirs(ISSUER)
        || server.number(TYPE) == Some(1)
        || named.iter().any(|word| name.starts_with(word))
}

/// The metadata address of Microsoft's server; the error says what is wrong with it.
pub(super) fn of_microsoft(server: &Object) -> Result<(), String> {
    const NEEDED: &str =
        "https://accounts.accesscontrol.windows.net/TENANT/metadata/json/1, or that of Azure AD";
    let text = server.text(METADATA);
    if text.is_empty() {
        return Err(format!("there is no metadata address; it must be {NEEDED}"));
    }
    let wrong = |what: &str| Err(format!("`{}` {what}; it must be {NEEDED}", visible(&text)));
    match split(&text) {
        None => wrong("is no address"),
        Some((scheme, ..)) if !scheme.eq_ignore_ascii_case("https") => wrong("is not https"),
        Some((_, host, _)) if !is_theirs(host) => wrong("does not lead to Microsoft"),
        Some((_, host, path)) if is_access_control(host) && !ends_with(path, LYNC_PATH) => {
            wrong("is not the address of metadata")
        }
        Some(_) => Ok(()),
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
    is_host(host) && MICROSOFT.iter().any(|domain| ends_with(host, domain))
}

fn is_access_control(host: &str) -> bool {
    host.split('.').nth(1).is_some_and(|label| label.eq_ignore_ascii_case("accesscontrol"))
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
