//! Hand-written statements that are parsed and planned once per connection.
//!
//! Diesel caches what its query builder builds, never the text of `sql_query`. A [`Statement`]
//! has a fixed text around its binds, so it may be cached, and takes whole batches as arrays.

use std::any::Any;
use std::marker::PhantomData;

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// The fixed text of a statement: `HEAD`, the binds with commas between, `TAIL`.
pub(super) trait Script: Any {
    const HEAD: &'static str;
    const TAIL: &'static str;
    /// The SQL types of a row that comes back.
    type Row;
}

/// A script with its binds.
pub(super) struct Statement<S, Binds> {
    binds: Binds,
    script: PhantomData<S>,
}

/// The statement of script `S` with these binds.
pub(super) const fn statement<S: Script, Binds>(binds: Binds) -> Statement<S, Binds> {
    Statement { binds, script: PhantomData }
}

impl<S: Script, Binds: QueryFragment<Pg>> QueryFragment<Pg> for Statement<S, Binds> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(S::HEAD);
        self.binds.walk_ast(out.reborrow())?;
        out.push_sql(S::TAIL);
        Ok(())
    }
}

impl<S: Script, Binds> QueryId for Statement<S, Binds> {
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Script, Binds> Query for Statement<S, Binds> {
    type SqlType = S::Row;
}

/// One field of every row, as an array to bind.
macro_rules! array {
    ($rows:expr, $sql:ty, |$row:ident| $value:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Array<$sql>>(
            $rows.iter().map(|$row| $value).collect::<Vec<_>>(),
        )
    };
}

/// The columns of a member, in the order of its row.
macro_rules! member_columns {
    ($t:literal) => {
        concat!(
            $t,
            ".member_id, ",
            $t,
            ".arrangement_id, ",
            $t,
            ".product_name, ",
            $t,
            ".registered_level, ",
            $t,
            ".confirmed_level, ",
            $t,
            ".target_level"
        )
    };
}

/// The columns of a case, in the order of its row.
macro_rules! case_columns {
    ($t:literal) => {
        concat!(
            $t,
            ".case_id, ",
            $t,
            ".member_id, ",
            $t,
            ".attempt, ",
            $t,
            ".state, ",
            $t,
            ".version, ",
            $t,
            ".qr_serial, ",
            $t,
            ".qr_expires_at, ",
            $t,
            ".opened_at, ",
            $t,
            ".check_source, ",
            $t,
            ".check_reference, ",
            $t,
            ".checked_at, ",
            $t,
            ".decided_at, ",
            $t,
            ".target_level"
        )
    };
}

/// The columns of an effect, in the order of its row.
macro_rules! effect_columns {
    ($t:literal) => {
        concat!(
            $t,
            ".case_id, ",
            $t,
            ".member_id, ",
            $t,
            ".arrangement_id, ",
            $t,
            ".product_name, ",
            $t,
            ".level, ",
            $t,
            ".transaction_id, ",
            $t,
            ".txn_no, ",
            $t,
            ".state, ",
            $t,
            ".fence, ",
            $t,
            ".worker, ",
            $t,
            ".due_at, ",
            $t,
            ".code, ",
            $t,
            ".unsent, ",
            $t,
            ".ambiguous, ",
            $t,
            ".ambiguous_us, ",
            $t,
            ".planned_at, ",
            $t,
            ".since"
        )
    };
}

pub(super) use {array, case_columns, effect_columns, member_columns};
