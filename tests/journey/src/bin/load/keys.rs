//! Measures verdicts with an idempotency key on each against verdicts without, in turns.

use anyhow::Context;

use crate::firing::{Keys, Round, median};
use crate::options::{CONNECTIONS, On, Options};
use crate::postgres::Ring;
use crate::sqlite;
use crate::table::{self, Row};

/// Target ratio of verdicts with a key to verdicts without.
const TARGET: f64 = 0.85;

pub(crate) async fn measure(options: &Options) -> anyhow::Result<()> {
    if options.database != On::Sqlite {
        let ring = Ring::open(options).await?;
        let turn = |connections, keys| ring.ours(options, connections, keys);
        compare(options, "PostgreSQL", turn).await?;
    }
    if options.database != On::Postgres {
        let dir = tempfile::tempdir().context("a directory for the prepared database")?;
        let file = dir.path().join("prepared.db");
        let members = sqlite::prepared(options, &file).await?;
        let turn =
            |connections, keys| sqlite::round(options, &file, &members, connections, (None, keys));
        compare(options, "SQLite", turn).await?;
    }
    Ok(())
}

async fn compare<Turn>(
    options: &Options,
    database: &str,
    turn: impl Fn(usize, Keys) -> Turn,
) -> anyhow::Result<()>
where
    Turn: Future<Output = anyhow::Result<Round>>,
{
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for number in 1..=options.rounds {
            let (keyed, plain) =
                (turn(connections, Keys::OneEach).await?, turn(connections, Keys::None).await?);
            table::progress(&format!(
                "{connections} connections, round {number}: {:.0}/s with keys, {:.0}/s without",
                keyed.rate, plain.rate
            ));
            with.push(keyed);
            without.push(plain);
        }
        let (ours, theirs) = (median(with)?, median(without)?.rate);
        rows.push(Row { connections, ours, theirs, target: Some(TARGET) });
    }
    table::show(&format!("{database}, an idempotency key on each verdict"), "without", &rows);
    Ok(())
}
