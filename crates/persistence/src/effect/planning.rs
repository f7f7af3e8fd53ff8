//! Plans effects inside the transaction of the change that plans them.

use diesel::prelude::*;
use madoguchi_domain::effect::Effect;

use super::Conn;
use crate::database::fault::Fault;
use crate::database::schema::effect;
use crate::effect::row::{OrderRow, StateRow};

/// Inserts effects. A unique index rejects one that cannot be planned.
pub(crate) fn plan(conn: &mut Conn, effects: &[Effect]) -> Result<(), Fault> {
    for effect in effects {
        let row = (OrderRow::from(effect), StateRow::from(effect));
        diesel::insert_into(effect::table).values(row).execute(conn)?;
    }
    Ok(())
}
