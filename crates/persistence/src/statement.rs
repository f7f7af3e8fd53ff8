//! Hand-written SQL statements that are parsed once per connection.
//!
//! Diesel caches the queries and inserts of its builder, but neither its updates nor `sql_query`.
//! A [`Statement`] has a fixed text around its binds, so both databases can cache it. On PostgreSQL
//! it binds whole batches as arrays.

use std::any::Any;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// The fixed text of a statement: `HEAD`, the binds with commas between, `TAIL`.
pub(crate) trait Script: Any {
    const HEAD: &'static str;
    const TAIL: &'static str;
    /// The SQL types of a row that comes back.
    type Row;
}

/// A script with its binds.
pub(crate) struct Statement<S, Binds> {
    binds: Binds,
    script: PhantomData<S>,
}

/// The statement of script `S` with these binds.
pub(crate) const fn statement<S: Script, Binds>(binds: Binds) -> Statement<S, Binds> {
    Statement { binds, script: PhantomData }
}

impl<Db, S, Binds> QueryFragment<Db> for Statement<S, Binds>
where
    Db: Backend,
    S: Script,
    Binds: QueryFragment<Db>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
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

/// For SQLite; diesel-async implements its own trait for every query.
impl<S, Binds> RunQueryDsl<SqliteConnection> for Statement<S, Binds> {}

/// The fixed text of an update of one row with a version check. Only for SQLite, where
/// `update … from` builds a temporary table for each row. PostgreSQL updates whole batches.
pub(crate) trait Rewrite: Any {
    /// `update <table> set (<columns>) = (`
    const SET: &'static str;
    /// `) where (<columns>) = (`
    const WHERE: &'static str;
}

/// A rewrite with its new and its expected values.
pub(crate) struct Rewriting<R, New, Expected> {
    new: New,
    expected: Expected,
    rewrite: PhantomData<R>,
}

/// The update of rewrite `R` to the `new` values, where the `expected` ones are stored.
pub(crate) const fn rewrite<R: Rewrite, New, Expected>(
    new: New,
    expected: Expected,
) -> Rewriting<R, New, Expected> {
    Rewriting { new, expected, rewrite: PhantomData }
}

impl<R, New, Expected> QueryFragment<Sqlite> for Rewriting<R, New, Expected>
where
    R: Rewrite,
    New: QueryFragment<Sqlite>,
    Expected: QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(R::SET);
        self.new.walk_ast(out.reborrow())?;
        out.push_sql(R::WHERE);
        self.expected.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<R: Rewrite, New, Expected> QueryId for Rewriting<R, New, Expected> {
    type QueryId = R;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R, New, Expected> RunQueryDsl<SqliteConnection> for Rewriting<R, New, Expected> {}

/// One field of all rows, as an array to bind.
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

pub(crate) use {array, case_columns, effect_columns, member_columns};
