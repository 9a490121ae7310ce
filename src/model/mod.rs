//! What is audited: attributes, users, addresses and what follows from them. No rule, no input or output.

pub mod address;
pub mod attribute;
pub mod charset;
pub mod class;
pub mod configuration;
pub mod dn;
pub mod dns;
pub mod domain;
pub mod facts;
pub mod fold;
pub mod guard;
pub mod home;
pub mod identity;
pub mod leb128;
pub mod lines;
pub mod marks;
pub mod octet;
pub mod organisation;
pub mod plain;
pub mod problem;
pub mod proxy;
pub mod record;
pub mod room;
pub mod text;
pub mod tri;
pub mod user;

pub use attribute::{Attr, AttrSet};
pub use facts::Facts;
pub use home::{MailboxHome, SipHome};
pub use marks::Marks;
pub use proxy::Proxy;
pub use record::{Block, BlockPlace, Brief, Input, Notes, Record};
pub use room::{BlockText, Room};
pub use tri::Tri;
pub use user::{Hidden, User};
