//! Asks a primary and its replica how far they are.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::replica::{DatabaseIdentity, LogPosition, PrimarySample, ReplicaSample};

use super::PgStore;
use crate::database::column::At;
use crate::database::parse::moment;

/// What is confirmed is flushed, so the flushed position covers it; a replica replays nothing else.
/// The name of a log file begins with the timeline, also before the checkpoint after a promotion.
const PRIMARY: &str = "select system_identifier::text as cluster, \
    current_database()::text as name, \
    ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int as timeline, \
    (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint as position, \
    (extract(epoch from clock_timestamp()) * 1000000)::bigint as at_us \
    from pg_control_system()";

/// A replica learns of a new timeline before its next restart point.
const REPLICA: &str = "select system_identifier::text as cluster, \
    current_database()::text as name, \
    greatest(timeline_id, min_recovery_end_timeline) as timeline, \
    pg_is_in_recovery() as is_recovering, \
    (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint as replayed, \
    (extract(epoch from pg_last_xact_replay_timestamp()) * 1000000)::bigint as replayed_us \
    from pg_control_system(), pg_control_checkpoint(), pg_control_recovery()";

#[derive(QueryableByName)]
struct PrimaryRow {
    #[diesel(sql_type = Text)]
    cluster: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    timeline: i32,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = BigInt)]
    at_us: i64,
}

#[derive(QueryableByName)]
struct ReplicaRow {
    #[diesel(sql_type = Text)]
    cluster: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    timeline: i32,
    #[diesel(sql_type = Bool)]
    is_recovering: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    replayed: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    replayed_us: Option<i64>,
}

impl PgStore {
    /// How far the primary is.
    ///
    /// # Errors
    /// See [`StoreError`]; also when this database is not a primary.
    pub async fn primary_sample(&self) -> Result<PrimarySample, StoreError> {
        let ask = async |conn: &mut _| Ok(diesel::sql_query(PRIMARY).get_result(conn).await?);
        let PrimaryRow { cluster, name, timeline, position, at_us } = self.query(ask).await?;
        Ok(PrimarySample {
            database: DatabaseIdentity { cluster, name },
            timeline,
            position: LogPosition(position),
            at: moment(At(at_us), "the primary's clock")?,
        })
    }

    /// How far the replica is.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn replica_sample(&self) -> Result<ReplicaSample, StoreError> {
        let ask = async |conn: &mut _| Ok(diesel::sql_query(REPLICA).get_result(conn).await?);
        let row: ReplicaRow = self.query(ask).await?;
        let at = |at| moment(At(at), "the time of the last replayed transaction");
        Ok(ReplicaSample {
            database: DatabaseIdentity { cluster: row.cluster, name: row.name },
            timeline: row.timeline,
            is_recovering: row.is_recovering,
            replayed: row.replayed.map(LogPosition),
            replayed_at: row.replayed_us.map(at).transpose()?,
        })
    }
}
