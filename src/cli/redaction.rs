//! What hides the people in a report: the settings and the key that they name.

use super::environment::Environment;
use crate::error::{Error, Result};
use crate::report::Redactor;
use crate::settings::{Redact, Settings};

/// What replaces the text of the directory in the report.
pub(super) fn redactor(settings: &Settings, environment: &Environment) -> Result<Option<Redactor>> {
    match settings.redact {
        Redact::None => Ok(None),
        Redact::Partial => {
            let lists = [&settings.sip_domains, &settings.verified_domains, &settings.routing_domains];
            Ok(Some(Redactor::partial(lists.into_iter().flatten().cloned().collect())))
        }
        Redact::Hash => Ok(Some(Redactor::hash(&redact_key(settings, environment)?))),
    }
}

/// The least octets of a key.
const KEY: usize = 16;

/// The key of the hashes, without the line end of its file.
fn redact_key(settings: &Settings, environment: &Environment) -> Result<Vec<u8>> {
    let (place, key) = match (&settings.redact_key_file, &environment.redact_key) {
        (Some(path), _) => {
            let key = std::fs::read(path).map_err(Error::io("read", path))?;
            (format!("the key in `{}`", path.display()), key)
        }
        (None, Some(key)) => ("the key in DIRSYNC_AUDIT_REDACT_KEY".to_owned(), key.clone().into_bytes()),
        (None, None) => {
            return Err(Error::usage(
                "--redact hash needs a key, so that nobody can try names until a hash fits\n  remedy: name a file \
                 with --redact-key-file, or set DIRSYNC_AUDIT_REDACT_KEY; `openssl rand -hex 32` makes a key; keep \
                 it, later reports compare only under the same one",
            ));
        }
    };
    let key = key.trim_ascii();
    if key.len() < KEY {
        let problem = format!("{place} has {} characters, at least {KEY} are needed", key.len());
        return Err(Error::usage(problem + "\n  remedy: `openssl rand -hex 32` makes a key"));
    }
    Ok(key.to_vec())
}
