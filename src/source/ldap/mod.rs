//! Live directories: users fetched over LDAP into a file that is then read like any other.
//!
//! Reading a directory and fetching it are the same, so that an audit of the directory and one of the fetched file
//! cannot differ. The directory is read in slices, several at a time; what was read is compared with a
//! count, and the file says at its end whether it is whole.

mod ask;
mod ber;
mod bind;
mod branches;
mod checkpoint;
mod collect;
mod connection;
mod dial;
mod entry;
mod fault;
mod fetch;
mod file;
mod gather;
#[cfg(feature = "kerberos")]
mod kerberos;
mod late;
mod locate;
mod names;
mod organisation;
mod outcome;
mod part;
mod parts;
mod queue;
mod read;
mod root;
mod search;
mod since;
mod slices;
mod stream;
mod task;
mod tls;
mod url;
mod watch;

pub use bind::{Account, Password};
pub use fetch::{Fetched, Request, Target, fetch};
pub use organisation::organisation;
pub use part::Packing;
pub use parts::Parts;
pub use tls::Options as Tls;
pub use url::{Scheme, Server, Url, is_ldap};
pub use watch::Watch;
