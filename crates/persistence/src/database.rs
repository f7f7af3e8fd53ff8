//! The two databases: connections, migrations, and statements.

mod audit_heads;
pub(crate) mod column;
pub(crate) mod fault;
pub(crate) mod migration;
pub(crate) mod open_error;
pub(crate) mod parse;
pub(crate) mod postgres;
pub(crate) mod schema;
pub(crate) mod sqlite;
pub(crate) mod statement;
pub(crate) mod url;
