//! What a server says about itself: its root entry (RFC 4512, 5.1) and its schema.

use super::ber::tag;
use super::connection::Connection;
use super::entry::{Asked, Entry};
use super::fault::Fault;
use super::search::{Filter, Scope, Search};
use crate::model::Attr;

/// What the root entry says.
#[derive(Debug, Clone, Default)]
pub(super) struct Root {
    /// The base of the domain, where the server has one.
    pub(super) domain: Option<String>,
    /// The bases of everything that the server has.
    pub(super) contexts: Vec<String>,
    /// Where the schema of AD is.
    pub(super) schema: Option<String>,
    /// Where the configuration of the forest is, and the base of its first domain.
    pub(super) configuration: Option<String>,
    pub(super) forest: Option<String>,
    /// Where the schema is otherwise (RFC 4512, 4.2).
    subschema: Option<String>,
    /// Whether the server is Active Directory, or says so.
    pub(super) is_ad: bool,
    /// Why it says nothing, where it refuses to.
    pub(super) refusal: Option<String>,
    /// The last change on this server, and the object that has the identity of its database.
    pub(super) last_change: Option<u64>,
    service: Option<String>,
}

const NAMES: &[&str] = &[
    "defaultNamingContext",
    "namingContexts",
    "schemaNamingContext",
    "configurationNamingContext",
    "rootDomainNamingContext",
    "subschemaSubentry",
    "supportedCapabilities",
    "highestCommittedUSN",
    "dsServiceName",
];

impl Root {
    /// Reads it.
    pub(super) fn read(connection: &mut Connection<'_>) -> Result<Self, Fault> {
        let filter = any()?;
        let search = Search { base: b"", scope: Scope::Base, filter: &filter, attributes: NAMES, page: 0 };
        let mut root = Self::default();
        let said =
            connection.find(&search, &mut |body| each_value(body, &mut |name, value| root.take(name, value)));
        match said {
            // One that says nothing about itself has objects all the same.
            Err(fault) if fault.is_of_the_search() => root.refusal = Some(fault.what()),
            said => said?,
        }
        Ok(root)
    }

    fn take(&mut self, name: &str, value: &str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let text = || Some(value.to_owned()).filter(|text| !text.is_empty());
        if is("defaultNamingContext") {
            self.domain = text();
        } else if is("namingContexts") {
            self.contexts.extend(text());
        } else if is("schemaNamingContext") {
            self.schema = text();
        } else if is("configurationNamingContext") {
            self.configuration = text();
        } else if is("rootDomainNamingContext") {
            self.forest = text();
        } else if is("subschemaSubentry") {
            self.subschema = text();
        } else if is("dsServiceName") {
            self.service = text();
        } else if is("highestCommittedUSN") {
            self.last_change = value.parse().ok();
        } else if is("supportedCapabilities") {
            self.is_ad |= value == "1.2.840.113556.1.4.800";
        }
    }

    /// The identity of the server's database; numbers of changes mean something only under the same one.
    pub(super) fn identity(&self, connection: &mut Connection<'_>) -> Result<Option<String>, Fault> {
        let Some(service) = &self.service else { return Ok(None) };
        let (filter, names) = (any()?, ["invocationId"]);
        let search = Search {
            base: service.as_bytes(),
            scope: Scope::Base,
            filter: &filter,
            attributes: &names,
            page: 0,
        };
        let mut identity = None;
        let found = connection.find(&search, &mut |body| {
            let octets = Entry::read(body)?.value("invocationId")?;
            identity =
                octets.and_then(|octets| octets.try_into().ok()).map(crate::model::identity::guid_text);
            Ok(())
        });
        tolerate(found)?;
        Ok(identity)
    }
}

/// The filter that every object fits.
pub(super) fn any() -> Result<Filter, Fault> {
    Ok(Filter::parse("(objectClass=*)")?)
}

/// What a server refuses to say is not known; other faults stay.
fn tolerate(result: Result<(), Fault>) -> Result<(), Fault> {
    match result {
        Err(fault) if fault.is_of_the_search() => Ok(()),
        other => other,
    }
}

fn each_value(body: &[u8], each: &mut dyn FnMut(&str, &str)) -> Result<(), Fault> {
    let mut entry = Entry::read(body)?;
    while let Some(mut attribute) = entry.next()? {
        while !attribute.values.is_empty() {
            let value = attribute.values.take(tag::OCTETS)?;
            each(attribute.name, std::str::from_utf8(value).unwrap_or_default());
        }
    }
    Ok(())
}

/// Which attributes a server knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Schema {
    /// Those that it knows; `None` when it does not say.
    known: Option<Vec<Attr>>,
    /// Those that a global catalogue holds; `None` when that is not known.
    catalogue: Option<Vec<Attr>>,
}

impl Schema {
    /// Reads it: from the schema of AD, else from the subschema.
    pub(super) fn read(connection: &mut Connection<'_>, root: &Root) -> Result<Self, Fault> {
        let mut schema = Self::default();
        if let Some(base) = &root.schema {
            schema.of_ad(connection, base)?;
        }
        if let (None, Some(base)) = (&schema.known, &root.subschema) {
            schema.of_subschema(connection, base)?;
        }
        Ok(schema)
    }

    fn of_ad(&mut self, connection: &mut Connection<'_>, base: &str) -> Result<(), Fault> {
        let names: Vec<String> = crate::model::AttrSet::ALL
            .iter()
            .map(|attr| format!("(lDAPDisplayName={})", attr.ldap()))
            .collect();
        let filter = Filter::parse(&format!("(&(objectClass=attributeSchema)(|{}))", names.concat()))?;
        let attributes = ["lDAPDisplayName", "isMemberOfPartialAttributeSet"];
        let search = Search {
            base: base.as_bytes(),
            scope: Scope::OneLevel,
            filter: &filter,
            attributes: &attributes,
            page: 0,
        };
        let (mut known, mut catalogue) = (Vec::new(), Vec::new());
        let found = connection.find(&search, &mut |body| {
            let (mut name, mut partial) = (None, false);
            each_value(body, &mut |attribute, value| {
                if attribute.eq_ignore_ascii_case("lDAPDisplayName") {
                    name = Attr::of_ldap(value);
                } else {
                    partial = value == "TRUE";
                }
            })?;
            known.extend(name);
            catalogue.extend(name.filter(|_| partial));
            Ok(())
        });
        tolerate(found)?;
        // One who may read the schema sees at least what every schema has.
        if known.contains(&Attr::ObjectClass) {
            (self.known, self.catalogue) = (Some(known), Some(catalogue));
        }
        Ok(())
    }

    fn of_subschema(&mut self, connection: &mut Connection<'_>, base: &str) -> Result<(), Fault> {
        let (filter, names) = (any()?, ["attributeTypes"]);
        let search = Search {
            base: base.as_bytes(),
            scope: Scope::Base,
            filter: &filter,
            attributes: &names,
            page: 0,
        };
        let mut known = Vec::new();
        let mut whole = true;
        let found = connection.find(&search, &mut |body| {
            whole &= !super::entry::is_ranged(Entry::read(body)?)?;
            each_value(body, &mut |_, value| known.extend(type_names(value).filter_map(Attr::of_ldap)))
        });
        tolerate(found)?;
        if whole && known.contains(&Attr::ObjectClass) {
            self.known = Some(known);
        }
        Ok(())
    }

    /// Whether no object of the server can have an attribute, because its schema has none of the name.
    pub(super) fn lacks(&self, attr: Attr) -> bool {
        self.known.as_ref().is_some_and(|known| !known.contains(&attr))
    }

    /// Whether a global catalogue holds an attribute; what is not known is taken as no.
    pub(super) fn in_catalogue(&self, attr: Attr) -> bool {
        self.catalogue.as_ref().is_some_and(|held| held.contains(&attr)) || attr == Attr::DistinguishedName
    }
}

/// The names in the description of an attribute type: `( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )`.
fn type_names(description: &str) -> impl Iterator<Item = &str> {
    let names = description.split_once(" NAME ").map_or("", |(_, rest)| rest.trim_start());
    let (list, quoted) = match names.strip_prefix('(') {
        Some(list) => (list.split(')').next().unwrap_or_default(), usize::MAX),
        None => (names, 1),
    };
    list.split('\'').skip(1).step_by(2).take(quoted)
}

/// The attributes that were asked for and which cannot be told from those that nobody may read: no object had them,
/// and the schema knows them.
pub(super) fn unreadable(asked: &Asked<'_>, names: &[&str], schema: &Schema) -> Vec<String> {
    let unseen = names.iter().enumerate().filter(|(place, _)| asked.seen & 1 << place == 0);
    let hidden = unseen.filter(|(_, name)| Attr::of_ldap(name).is_none_or(|attr| !schema.lacks(attr)));
    hidden.map(|(_, name)| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_attribute_types() {
        let names = |text: &'static str| type_names(text).collect::<Vec<_>>();
        assert_eq!(names("( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )"), ["sn", "surname"]);
        assert_eq!(names("( 1.2 NAME 'mail' DESC 'a' )"), ["mail"]);
        assert!(names("( 1.2 )").is_empty());
    }

    #[test]
    fn what_nobody_had_is_unreadable_unless_the_schema_lacks_it() {
        let names = ["mail", "msRTCSIP-Line", "sn"];
        let mut asked = Asked::new(&names);
        asked.seen = 0b001;
        let silent = Schema::default();
        assert_eq!(unreadable(&asked, &names, &silent), ["msRTCSIP-Line", "sn"]);
        let schema = Schema { known: Some(vec![Attr::Mail, Attr::Sn]), catalogue: None };
        assert_eq!(unreadable(&asked, &names, &schema), ["sn"]);
    }
}
