//! Hand-written SQL statements that are parsed once per connection.
//!
//! Diesel caches the queries and inserts of its builder, but neither its updates nor `sql_query`.
//! A [`Statement`] has a fixed text around its binds, so both databases can cache it. On PostgreSQL
//! it binds whole batches as arrays.

use std::any::Any;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// A part of a statement's fixed text.
pub(crate) enum Part {
    /// SQL as it is.
    Sql(&'static str),
    /// These parts.
    All(&'static [Part]),
    /// These columns, with commas between.
    Columns(&'static [&'static str]),
    /// These columns of the table with this alias.
    Of(&'static str, &'static [&'static str]),
}

impl Part {
    fn walk<Db: Backend>(&self, out: &mut AstPass<'_, '_, Db>) {
        let (alias, columns) = match self {
            Self::Sql(text) => return out.push_sql(text),
            Self::All(parts) => return parts.iter().for_each(|part| part.walk(out)),
            Self::Columns(columns) => (None, columns),
            Self::Of(alias, columns) => (Some(alias), columns),
        };
        for (at, column) in columns.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { ", " });
            if let Some(alias) = alias {
                out.push_sql(alias);
                out.push_sql(".");
            }
            out.push_sql(column);
        }
    }
}

/// The fixed text of a statement: `HEAD`, the binds with commas between, `TAIL`.
pub(crate) trait Script: Any {
    const HEAD: &'static [Part];
    const TAIL: &'static [Part];
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
        S::HEAD.iter().for_each(|part| part.walk(&mut out));
        self.binds.walk_ast(out.reborrow())?;
        S::TAIL.iter().for_each(|part| part.walk(&mut out));
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
    const TABLE: &'static str;
    /// The columns that are written.
    const SET: &'static [&'static str];
    /// The columns that are compared.
    const WHERE: &'static [&'static str];
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
        let text = [Part::Sql("update "), Part::Sql(R::TABLE), Part::Sql(" set (")];
        text.iter().for_each(|part| part.walk(&mut out));
        Part::Columns(R::SET).walk(&mut out);
        out.push_sql(") = (");
        self.new.walk_ast(out.reborrow())?;
        out.push_sql(") where (");
        Part::Columns(R::WHERE).walk(&mut out);
        out.push_sql(") = (");
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

/// The columns of a row.
pub(crate) trait Columns: Sized {
    /// Their SQL types, in order.
    type Sql;
    /// Their names, in order.
    const COLUMNS: &'static [&'static str];

    /// The rows as one array a column, for PostgreSQL.
    fn arrays(rows: &[Self]) -> impl QueryFragment<Pg> + Send;

    /// The row's values, for SQLite.
    fn binds(&self) -> impl QueryFragment<Sqlite>;
}

/// Defines a row: one list of columns gives the struct, the names in SQL, the binds of one row for
/// SQLite, and the arrays of a batch for PostgreSQL.
macro_rules! row {
    (
        $(#[$meta:meta])*
        pub(crate) struct $name:ident $(<$life:lifetime>)? in $table:ident {
            $($(#[$doc:meta])* $column:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, diesel::Queryable, diesel::Selectable, diesel::Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub(crate) struct $name $(<$life>)? {
            $($(#[$doc])* pub(crate) $column: $type,)+
        }

        impl $(<$life>)? $crate::database::statement::Columns for $name $(<$life>)? {
            type Sql = ($(diesel::dsl::SqlTypeOf<$table::$column>,)+);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),+];

            fn arrays(
                rows: &[Self],
            ) -> impl diesel::query_builder::QueryFragment<diesel::pg::Pg> + Send {
                ($($crate::database::statement::array!(
                    rows,
                    diesel::dsl::SqlTypeOf<$table::$column>,
                    |row| &row.$column
                ),)+)
            }

            fn binds(
                &self,
            ) -> impl diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite> {
                ($(diesel::IntoSql::into_sql::<diesel::dsl::SqlTypeOf<$table::$column>>(
                    &self.$column,
                ),)+)
            }
        }
    };
}

/// One field of all rows, as an array to bind.
macro_rules! array {
    ($rows:expr, $sql:ty, |$row:ident| $value:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Array<$sql>>(
            $rows.iter().map(|$row| $value).collect::<Vec<_>>(),
        )
    };
}

pub(crate) use {array, row};
